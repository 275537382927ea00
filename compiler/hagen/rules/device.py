"""Fencing devices among themselves: what each reaches, from where, and who shoots first.

Source: Pacemaker Explained, "Fencing"; pacemaker-fenced(7) and pacemaker-schedulerd(7).
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address

from hagen import codes
from hagen.clock import seconds_of
from hagen.diagnostic import Diagnostic, Label
from hagen.model import FencingDevice, Topology
from hagen.model.constraint import INFINITY

_PAIR = 2
_ADDRESSES = ("ip", "ipaddr")
_PORTS = ("ipport",)
_PLUGS = ("plug", "port")
_ONE_MACHINE = frozenset(
    {
        "fence_amt",
        "fence_amt_ws",
        "fence_idrac",
        "fence_ilo",
        "fence_ilo2",
        "fence_ilo3",
        "fence_ilo4",
        "fence_ilo5",
        "fence_ilo_mp",
        "fence_ilo_ssh",
        "fence_imm",
        "fence_ipmilan",
        "fence_ipmilanplus",
        "fence_rsa",
        "fence_rsb",
    }
)
"""Agents that talk to the management board of one machine; those of chassis and hypervisors are told which one."""


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
    yield from _race(topology)
    yield from _priority_delay(topology)


def _said(device: FencingDevice, which: str) -> str:
    delay = device.delay_base if which == "base" else device.delay_max
    return delay.haproxy if delay else "0s"


def _option(device: FencingDevice, names: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the first of the options `names` that the device says, with its value."""
    return next(((name, device.options[name]) for name in names if name in device.options), None)


def _reach(topology: Topology, device: FencingDevice) -> Iterator[Diagnostic]:
    """Yield it when location constraints leave nobody but a target to use the device.

    hagen keeps a device with one target away from it, so that INFINITY for it there cannot be kept either.
    """
    here = [each for each in topology.constraints.locations if each.resource == device.name and each.node]
    banned = {each.node: each for each in here if each.score.number <= -INFINITY}
    wanted = {each.node: each for each in here if each.score.number >= INFINITY}
    others = [node for node in topology.node_names if node not in banned]
    for target in device.targets:
        alone = others in ([], [target])
        pinned = wanted.get(target) if len(device.targets) == 1 else None
        place = pinned or (next(iter(banned.values()), None) if alone and len(topology.nodes) > 1 else None)
        if place is not None:
            yield codes.DEVICE_ON_ITS_TARGET.at(
                place.origin,
                f"fencing device `{device.name}` would be kept on node `{target}`, which it is to stop",
                Label((*device.origin, "targets"), "what it stops"),
                hint="remove the constraint: hagen itself keeps a device with one target away from that node",
                on_key=True,
            )
            return


def _one_plug(device: FencingDevice) -> Iterator[Diagnostic]:
    """Yield it when a device of several nodes is told to stop one and the same thing."""
    if len(device.targets) == 1:
        return
    plug = _option(device, (*_PLUGS, "nodename"))
    names = ", ".join(f"`{each}`" for each in device.targets)
    if plug is not None:
        yield codes.ONE_PLUG.at(
            (*device.origin, "options", plug[0]),
            f"whichever of {names} is to be stopped, `{device.name}` stops `{plug[1]}`",
            Label((*device.origin, "targets"), "several nodes"),
            hint="say what the device calls each of them: pcmk_host_map: node1:plug1;node2:plug2",
        )
    elif device.agent in _ONE_MACHINE:
        yield codes.ONE_PLUG.at(
            (*device.origin, "targets"),
            f"`{device.agent}` talks to one machine's own board, so `{device.name}` would stop one node for all of {names}",
            hint="make a device for each node, with the address of its board",
        )


def _address(topology: Topology, device: FencingDevice) -> Iterator[Diagnostic]:
    """Yield it when the device would be reached at an address that dies or moves with a node."""
    option = _option(device, _ADDRESSES)
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
    seen: dict[tuple[str | None, ...], FencingDevice] = {}
    for device in topology.cluster.fencing.devices:
        address = _option(device, _ADDRESSES)
        plug = _option(device, _PLUGS)
        if address is None or len(device.targets) > 1 or not (plug or device.agent in _ONE_MACHINE):
            continue
        port = _option(device, _PORTS)
        key = (device.agent, address[1].lower(), port and port[1], plug and plug[1])
        first = seen.setdefault(key, device)
        if first.targets != device.targets:
            there = _option(first, _ADDRESSES)
            yield codes.SHARED_BMC.at(
                (*device.origin, "options", address[0]),
                f"`{device.name}` for node `{device.targets[0]}` and `{first.name}` for node `{first.targets[0]}` reach"
                " the same thing: one of the two nodes can never be stopped, the other one dies for it",
                Label((*first.origin, "options", there[0] if there else ""), "the same address"),
                hint="give each device the address of its own node's board",
            )


def _delays(topology: Topology) -> Mapping[str, float]:
    """Return the longest delay, in seconds, of the devices that have one."""
    return {
        device.name: delay.seconds
        for device in topology.cluster.fencing.devices
        if (delay := device.delay_max or device.delay_base) is not None
    }


def _race(topology: Topology) -> Iterator[Diagnostic]:
    """Yield it when two nodes without a device would fence each other at the same moment, or after the same delay."""
    cluster = topology.cluster
    devices = cluster.fencing.devices
    lonely = len(topology.nodes) == _PAIR and cluster.corosync.device is None
    if not devices or not lonely or cluster.corosync.chosen("auto_tie_breaker"):
        return
    random = any(device.delay_max for device in devices)
    static = {device.delay_base.seconds if device.delay_base else 0.0 for device in devices}
    if not random and len(static) == 1 and seconds_of(cluster.properties, "priority-fencing-delay") is None:
        yield codes.FENCING_RACE.at(
            ("cluster", "fencing", "devices"),
            "2 nodes that lose sight of each other fence each other at the same moment, and both go down",
            hint="let one of them win: `delay_base: 5s` on the device of the node that is to survive, or"
            " priority-fencing-delay with priorities; or add a quorum device",
            on_key=True,
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
    device, longest = max(_delays(topology).items(), key=lambda each: each[1], default=("", 0.0))
    if delay < 2 * longest:
        yield codes.PRIORITY_DELAY_TOO_SHORT.at(
            at,
            f"fencing device `{device}` may wait {longest:g}s by itself, so the node with the higher priority may still lose",
            Label(("cluster", "fencing", "devices", device), "this delay is added", on_key=True),
            hint=f"write twice that or more: {2 * longest:g}s",
        )
    resources = topology.resources
    metas = [cluster.resource_defaults, *(each.values for each in cluster.resource_defaults_sets)]
    metas += [each.meta for each in (*resources.primitives, *resources.groups, *resources.clones)]
    metas += [each.meta for each in (*resources.bundles, *resources.remotes)]
    if not any(each.name == "priority" and each.value != "0" for meta in metas for each in meta):
        yield codes.PRIORITY_DELAY_WITHOUT_PRIORITY.at(
            at,
            "no resource has a priority, so no node is worth more than another and nobody waits",
            hint="give resources one, for all of them: cluster.resource_defaults: {priority: 1}",
            on_key=True,
        )
