"""Quorum: who may go on when the cluster is split.

Source: votequorum(5) and corosync-qdevice(8); Pacemaker Explained, "no-quorum-policy"; what pcs refuses.
"""

from collections.abc import Iterator, Mapping

from hagen import codes
from hagen.clock import diskless
from hagen.diagnostic import Diagnostic, Label
from hagen.fencer import race_decided
from hagen.model import Setting, Topology
from hagen.model.corosync import QuorumDevice
from hagen.source import Pointer

_PAIR = 2  # pcs sets corosync's two_node for two nodes without a device or a tie breaker, and never else
_CROWD = 3  # from here on a majority can survive the loss of a node
_AT: Pointer = ("cluster", "quorum")
_WITHOUT_DEVICE = ("auto_tie_breaker", "last_man_standing", "last_man_standing_window")
"""votequorum(5): with any of these the quorum device is disabled, so pcs refuses them beside one."""


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with the quorum arithmetic."""
    cluster, device = topology.cluster, topology.cluster.corosync.device
    yield from _even(topology)
    if cluster.on_loss == "ignore" and len(topology.nodes) >= _CROWD:
        yield codes.QUORUM_IGNORED.at(
            (*_AT, "on_loss"),
            f"with `ignore`, every part of a split cluster of {len(topology.nodes)} nodes takes the VIPs",
            hint="write `stop`: the part without a majority then stops its resources",
            lab=not cluster.production,
        )
    yield from _options(topology)
    if device is not None:
        yield from _place(topology, device)
        yield from _use(topology, device)
        yield from _times(device)


def _even(topology: Topology) -> Iterator[Diagnostic]:
    """Yield it when the nodes can split into equal halves, and no half or both would go on."""
    corosync, count = topology.cluster.corosync, len(topology.nodes)
    if count % 2 or corosync.device is not None:
        return
    if corosync.chosen("auto_tie_breaker"):
        if count == _PAIR:
            first, second = topology.node_names
            yield codes.ONE_NODE_DECIDES.at(
                (*_AT, "auto_tie_breaker"),
                f"the half that has node `{first}` goes on, so when `{first}` dies, `{second}` stops everything too",
                Label(("nodes", first), "the node with the lowest id", on_key=True),
                hint="add a quorum device instead: cluster.quorum.device: {host: …}",
            )
        return
    if diskless(topology):
        return  # worse than that, and said by the rules about SBD
    message = f"{count} nodes can split into two halves of {count // 2}, and neither has a majority"
    hint = "add a quorum device: cluster.quorum.device: {host: …}, use an odd number of nodes, or say which half goes on:"
    hint += " `auto_tie_breaker: true`"
    if count == _PAIR:
        if race_decided(topology):
            return  # two_node and wait_for_all, and whoever is fenced first has lost
        message = "2 nodes that lose sight of each other both go on, and fence each other at the same moment or not at all"
        hint = "add a quorum device: cluster.quorum.device: {host: …}, or let one of them win: `delay_base: 5s` on the"
        hint += " fencing device that is tried first for the node that is to live"
    yield codes.EVEN_NODES.at(
        ("nodes",), message, hint=hint, on_key=True, lab=not topology.cluster.production
    )


def _options(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with votequorum's options among themselves."""
    corosync = topology.cluster.corosync
    said = {each.name: each for each in corosync.quorum}
    for name in _WITHOUT_DEVICE:
        if corosync.device is not None and name in said:
            yield codes.QUORUM_OPTION_WITH_DEVICE.at(
                (*_AT, name),
                f"`{name}` turns the quorum device off",
                Label(corosync.device.origin, "this device would never vote", on_key=True),
                hint=f"remove `{name}`, or the device; a device with `algorithm: lms` lets the last node go on",
                on_key=True,
            )
            return
    standing = corosync.chosen("last_man_standing") is True
    if "last_man_standing_window" in said and not standing:
        yield codes.WINDOW_WITHOUT_FEATURE.at(
            (*_AT, "last_man_standing_window"),
            "`last_man_standing_window` says how long last_man_standing waits, and that is off",
            hint="add `last_man_standing: true`, or remove the window",
            on_key=True,
        )
    lab, waits = not topology.cluster.production, corosync.chosen("wait_for_all")
    if standing and not waits:
        yield codes.ALONE_AFTER_START.at(
            (*_AT, "last_man_standing"),
            "with `last_man_standing` and no `wait_for_all`, a part that starts by itself fences the rest and goes on",
            hint="add `wait_for_all: true`",
            lab=lab,
        )
    pair = len(topology.nodes) == _PAIR and corosync.device is None
    if pair and waits is False and not corosync.chosen("auto_tie_breaker"):
        yield codes.ALONE_AFTER_START.at(
            (*_AT, "wait_for_all"),
            "without `wait_for_all`, each of 2 nodes that start without seeing the other fences it and goes on",
            hint="remove `wait_for_all`: with two nodes Corosync turns it on by itself",
            lab=lab,
        )


def _place(topology: Topology, device: QuorumDevice) -> Iterator[Diagnostic]:
    """Yield it when the device is part of what it judges."""
    for vip in topology.vips:
        if device.host == str(vip.address):
            yield codes.DEVICE_IS_NODE.at(
                (*device.origin, "host"),
                f"the quorum device {device.host} is VIP `{vip.name}`, which the cluster itself moves around",
                Label((*vip.origin, "address"), "this VIP"),
                hint="run corosync-qnetd on a host outside the cluster",
            )
    for node in topology.nodes:
        if device.host == node.name or device.host in {str(address) for address in node.addresses.values()}:
            yield codes.DEVICE_IS_NODE.at(
                (*device.origin, "host"),
                f"the quorum device `{device.host}` is node `{node.name}` of the cluster it votes in",
                Label(node.origin, "this node", on_key=True),
                hint="run corosync-qnetd on a host outside the cluster",
            )


_QNETD = 5403  # corosync-qnetd(8): its port, and hagen's provisioning leaves it at that


def _use(topology: Topology, device: QuorumDevice) -> Iterator[Diagnostic]:
    """Yield what is wrong with the device's algorithm, tie breaker and port."""
    count = len(topology.nodes)
    if device.algorithm == "ffsplit" and count % 2 and count > 1:
        yield codes.USELESS_FFSPLIT.at(
            device.origin,
            f"`ffsplit` decides between equal halves, and {count} nodes have none: the device only adds a vote that can"
            " be missing",
            hint="remove the device, or say `algorithm: lms`, with which the last node may go on",
            on_key=True,
        )
    breaker = _value(device.net, "tie_breaker") or "lowest"
    # pcs numbers the nodes from 1 in the order in which it is given them.
    if breaker.isdigit() and int(breaker) > count:
        yield codes.UNKNOWN_TIE_BREAKER.at(
            (*device.origin, "tie_breaker"),
            f"no node has the id {breaker}: {count} nodes have the ids 1 to {count}",
            hint="write `lowest`, `highest` or one of these ids",
        )
    if device.machine is not None and device.port not in {None, _QNETD}:
        yield codes.QNETD_PORT.at(
            (*device.origin, "port"),
            f"the nodes would ask port {device.port}, and corosync-qnetd on `{device.machine.name}` listens on {_QNETD}",
            Label(device.machine.origin, "hagen makes this host ready", on_key=True),
            hint="remove `port`, or remove `machine` and set the host up yourself",
        )


def _value(settings: tuple[Setting, ...], name: str) -> str | None:
    return next((each.value for each in settings if each.name == name), None)


_HALF_MINUTE = 30_000
_LIMITS: Mapping[tuple[str, ...], tuple[int, int]] = {
    ("connect_timeout",): (1_000, 120_000),
    ("heuristics", "timeout"): (1_000, 120_000),
    ("heuristics", "sync_timeout"): (1_000, 120_000),
    ("heuristics", "interval"): (1_000, 3_600_000),
}
"""corosync-qdevice(8), "advanced settings": what the daemon accepts, in milliseconds."""


def _times(device: QuorumDevice) -> Iterator[Diagnostic]:
    """Yield times that corosync-qdevice does not accept, or after which nobody waits for an answer any more."""
    said: dict[tuple[str, ...], str] = {(each.name,): each.value for each in (*device.generic, *device.net)}
    said |= {("heuristics", each.name): each.value for each in device.heuristics}
    for at, (least, most) in _LIMITS.items():
        if at in said and not least <= int(said[at]) <= most:
            yield codes.DEVICE_TIMING.at(
                (*device.origin, *at),
                f"corosync-qdevice does not accept {_seconds(said[at])} here",
                hint=f"write something from {_seconds(least)} to {_seconds(most)}",
            )
    for name, otherwise in (("timeout", 10_000), ("sync_timeout", _HALF_MINUTE)):
        own, whole = said.get(("heuristics", name)), int(said.get((name,), otherwise))
        if own is not None and int(own) >= whole:
            yield codes.DEVICE_TIMING.at(
                (*device.origin, "heuristics", name),
                f"the heuristics may take {_seconds(own)}, and the vote is waited for no longer than {_seconds(whole)}",
                hint=f"write less than {_seconds(whole)}; left out, it is half of that",
            )
    if ("heuristics", "interval") in said and said.get(("heuristics", "mode")) != "on":
        yield codes.INERT_HEURISTICS.at(
            (*device.origin, "heuristics", "interval"),
            f"`interval` has no effect in mode `{said.get(('heuristics', 'mode'), 'off')}`",
            hint="say `mode: on`, or remove `interval`",
            on_key=True,
        )


def _seconds(milliseconds: int | str) -> str:
    return f"{int(milliseconds) / 1000:g}s"
