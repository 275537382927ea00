"""Fencing devices among themselves: what each reaches, from where, and who shoots first.

Source: Pacemaker Explained, "Fencing"; pacemaker-fenced(7) and pacemaker-schedulerd(7).
"""

from collections.abc import Iterator
from ipaddress import ip_address

from hagen import codes, plug
from hagen.clock import longest_delay, seconds_of
from hagen.diagnostic import Diagnostic, Label
from hagen.feature import metas
from hagen.model import FencingDevice, Topology
from hagen.model.constraint import INFINITY


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with the devices, where fencing is on."""
    if not topology.cluster.fencing.enabled:
        return
    for device in topology.cluster.fencing.devices:
        yield from _reach(topology, device)
        yield from _one_plug(device)
        yield from _address(topology, device)
        if device.delay_base and device.delay_max and device.delay_max.seconds < device.delay_base.seconds:
            yield codes.DELAY_REVERSED.at(
                (*device.origin, "delay_max"),
                f"fencing device `{device.name}` waits at least {_said(device, 'base')} and at most {_said(device, 'max')}",
                Label((*device.origin, "delay_base"), "the least"),
                hint="make `delay_max` the longer one; it is the sum of the base delay and a random one",
            )
    yield from _shared(topology)
    yield from _priority_delay(topology)


def _said(device: FencingDevice, which: str) -> str:
    delay = device.delay_base if which == "base" else device.delay_max
    return delay.haproxy if delay else "0s"


def _reach(topology: Topology, device: FencingDevice) -> Iterator[Diagnostic]:
    """Yield it when bans leave nobody but one of its targets to use a device of several.

    A device with one target is kept away from it by hagen, so that the rules about constraints see what is wrong there.
    """
    bans = {
        each.node: each
        for each in topology.constraints.locations
        if each.resource == device.name and each.node and each.score.number <= -INFINITY
    }
    others = [node for node in topology.node_names if node not in bans]
    if bans and len(device.targets) > 1 and len(others) == 1 and others[0] in device.targets:
        yield codes.DEVICE_ON_ITS_TARGET.at(
            next(iter(bans.values())).origin,
            f"only node `{others[0]}` may use fencing device `{device.name}`, which is to stop that node too",
            Label((*device.origin, "targets"), "what it stops"),
            hint="remove the constraint: at least two nodes must be able to use a device that is for several",
            on_key=True,
        )


def _one_plug(device: FencingDevice) -> Iterator[Diagnostic]:
    """Yield it when a device of several nodes is told to stop one and the same thing."""
    if len(device.targets) == 1:
        return
    fixed = plug.option(device, (*plug.PLUGS, "nodename"))
    names = ", ".join(f"`{each}`" for each in device.targets)
    if fixed is not None:
        yield codes.ONE_PLUG.at(
            (*device.origin, "options", fixed[0]),
            f"whichever of {names} is to be stopped, `{device.name}` stops `{fixed[1]}`",
            Label((*device.origin, "targets"), "several nodes"),
            hint="say what the device calls each of them: pcmk_host_map: node1:plug1;node2:plug2",
        )
    elif plug.is_board(device):
        yield codes.ONE_PLUG.at(
            (*device.origin, "targets"),
            f"`{device.agent}` talks to one machine's own board, so `{device.name}` would stop one node for all of {names}",
            hint="make a device for each node, with the address of its board",
        )
    else:
        yield from _one_plug_of_two(device)


def _one_plug_of_two(device: FencingDevice) -> Iterator[Diagnostic]:
    """Yield it when a device's map calls two nodes the same."""
    owner: dict[str, str] = {}
    for target, name, said in plug.plugs(device):
        first = owner.setdefault(name, target)
        if first != target:
            yield codes.ONE_PLUG.at(
                (*device.origin, "options", said or "pcmk_host_map"),
                f"whichever of `{first}` and `{target}` is to be stopped, `{device.name}` stops `{name}`",
                Label((*device.origin, "targets"), "several nodes"),
                hint="say what the device calls each of them, and no name twice",
            )
            return


def _address(topology: Topology, device: FencingDevice) -> Iterator[Diagnostic]:
    """Yield it when the device would be reached at an address that dies or moves with a node."""
    option = plug.option(device, plug.ADDRESSES)
    if option is None:
        return
    name, text = option
    at = Label((*device.origin, "options", name))
    for node in topology.nodes:
        for network, address in node.addresses.items():
            if _same(text, str(address)):
                yield codes.BMC_IS_NODE.at(
                    at,
                    f"fencing device `{device.name}` would be reached at {text}, an address of node `{node.name}` itself",
                    Label((*node.origin, "addresses", network), "this node's own"),
                    hint="write the address of the board or switch that stops the node",
                )
    for vip in topology.vips:
        if _same(text, str(vip.address)):
            yield codes.BMC_IS_NODE.at(
                at,
                f"fencing device `{device.name}` would be reached at {text}, which is VIP `{vip.name}`",
                Label((*vip.origin, "address"), "this VIP"),
                hint="write the address of the board or switch that stops the node",
            )


def _same(one: str, other: str) -> bool:
    try:
        return ip_address(one) == ip_address(other)
    except ValueError:
        return False


def _shared(topology: Topology) -> Iterator[Diagnostic]:
    """Yield it when devices of different nodes are one board or one plug."""
    seen: dict[tuple[str, ...], tuple[FencingDevice, plug.Reached]] = {}
    told: set[str] = set()
    for device in topology.cluster.fencing.devices:
        if len(device.targets) > 1 and (plug.is_board(device) or plug.option(device, plug.PLUGS)):
            continue  # it would stop one node for all of them, which is said
        for each in plug.reached(device):
            first, earlier = seen.setdefault(each.thing, (device, each))
            if first is device or earlier.target == each.target or device.name in told:
                continue
            told.add(device.name)
            yield codes.SHARED_BMC.at(
                (*device.origin, "options", each.option),
                f"`{device.name}` for node `{each.target}` and `{first.name}` for node `{earlier.target}` reach"
                " the same thing: one of the two nodes can never be stopped, the other one dies for it",
                Label(
                    (*first.origin, "options", earlier.option),
                    f"the same {'board' if each.thing[0] == 'board' else 'plug'}",
                ),
                hint="give each node the address of its own board, or a plug of its own",
            )


def _priority_delay(topology: Topology) -> Iterator[Diagnostic]:
    """Yield it when priority-fencing-delay cannot do what it is for.

    pacemaker-schedulerd(7): it should be significantly greater than, safely twice, the longest other delay, and it is
    for the node with the highest sum of priorities.
    """
    cluster = topology.cluster
    at = ("cluster", "properties", "priority-fencing-delay")
    delay = seconds_of(cluster.properties, at[-1])
    if delay is None:
        return
    longest = longest_delay(cluster)
    if delay < 2 * longest:
        device = next(
            each.name
            for each in cluster.fencing.devices
            if (own := each.delay_max or each.delay_base) and own.seconds == longest
        )
        yield codes.PRIORITY_DELAY_TOO_SHORT.at(
            at,
            f"fencing device `{device}` may wait {longest:g}s by itself, so the node with the higher priority may still lose",
            Label(("cluster", "fencing", "devices", device), "this delay is added", on_key=True),
            hint=f"write twice that or more: {2 * longest:g}s",
        )
    if not any(each.name == "priority" and each.value != "0" for each in metas(topology)):
        yield codes.PRIORITY_DELAY_WITHOUT_PRIORITY.at(
            at,
            "no resource has a priority, so no node is worth more than another and nobody waits",
            hint="give resources one, for all of them: cluster.resource_defaults: {priority: 1}",
            on_key=True,
        )
