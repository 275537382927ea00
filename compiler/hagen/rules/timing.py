"""Times that must fit each other: token and consensus, fencing and its timeout, monitors and what is forgotten.

Source: corosync.conf(5); Pacemaker Explained, "Operations" and "Resource Meta-Attributes"; crmsh's manual, "Timeout formulas".
"""

from collections.abc import Iterator

from hagen import codes
from hagen.clock import (
    advised_stonith_timeout,
    consensus,
    diskless,
    least_consensus,
    least_stonith_timeout,
    seconds_of,
    stonith_timeout,
    token,
)
from hagen.diagnostic import Diagnostic, Label
from hagen.fencer import POWER_CYCLE_S
from hagen.model import FencingDevice, Setting, Topology
from hagen.plug import is_board
from hagen.source import Pointer

_TOTEM: Pointer = ("cluster", "totem")
_LEAST = 30  # corosync.conf(5): no time of totem's may be shorter, in milliseconds
_LEAST_ONES = ("token", "token_retransmit", "join", "consensus", "merge", "downcheck")
_JOIN = 50  # corosync.conf(5): totem.join, in milliseconds
_RETRANSMITS = 4  # corosync.conf(5): totem.token_retransmits_before_loss_const
_PAIR = 2
_NEVER = 1_000_000  # Pacemaker's INFINITY
_PATIENCE = (
    20.0  # an operation's timeout in seconds, where none is said; what hagen gives a VIP's monitor too
)
_LOOK = 60.0  # the interval of a monitor in seconds, where pcs is told none


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield times that do not fit each other."""
    yield from _totem(topology)
    yield from _consensus(topology)
    if topology.cluster.fencing.enabled:
        yield from _fencing(topology)
        yield from _watchdog(topology)
    yield from _forgotten(topology)


def _totem(topology: Topology) -> Iterator[Diagnostic]:
    """Yield times that Corosync refuses, or that come after what they are to prevent."""
    said = {each.name: int(each.value) for each in topology.cluster.corosync.totem if each.value.isdigit()}
    lost = int(token(topology) * 1000)
    for name in _LEAST_ONES:
        if said.get(name, _LEAST) < _LEAST:
            yield codes.TOTEM_TIMING.at(
                (*_TOTEM, name),
                f"a time below {_LEAST}ms is one that Corosync refuses",
                hint="leave it out: Corosync's own value fits the token",
            )
            return
    retransmits = said.get("token_retransmits_before_loss_const", _RETRANSMITS)
    if "token_retransmit" not in said and lost / (retransmits + 0.2) < _LEAST:
        at = "token" if "token" in said else "token_retransmits_before_loss_const"
        yield codes.TOTEM_TIMING.at(
            (*_TOTEM, at),
            f"within a token of {lost}ms, {retransmits} retransmissions would be less than {_LEAST}ms apart, which"
            " Corosync refuses",
            hint=f"make the token at least {int(_LEAST * (retransmits + 0.2)) + 1}ms",
        )
    for name in ("token_retransmit", "hold"):
        if said.get(name, 0) >= lost:
            yield codes.TOTEM_TIMING.at(
                (*_TOTEM, name),
                f"after {said[name]}ms the token is long lost: that is after {lost}ms",
                hint="leave it out: Corosync's own value fits the token",
            )


def _consensus(topology: Topology) -> Iterator[Diagnostic]:
    """Yield it when nodes give up agreeing too early; two nodes need only more than the time to join."""
    if topology.cluster.corosync.consensus is None:
        return
    said, join = consensus(topology), _milliseconds(topology, "join", _JOIN) / 1000
    if len(topology.nodes) > _PAIR and said < least_consensus(topology) - 0.0005:
        yield codes.CONSENSUS_TOO_SHORT.at(
            (*_TOTEM, "consensus"),
            f"{len(topology.nodes)} nodes with a token of {token(topology):g}s need a consensus of"
            f" {least_consensus(topology):g}s, 1.2 times that",
            hint="leave `consensus` out: Corosync takes just that",
        )
    elif said <= join:
        yield codes.CONSENSUS_TOO_SHORT.at(
            (*_TOTEM, "consensus"),
            f"nodes wait {join:g}s for others to join, and would have to agree within {said:g}s",
            hint="leave `consensus` out: Corosync takes 1.2 times the token",
        )


def _milliseconds(topology: Topology, name: str, otherwise: int) -> int:
    return next((int(each.value) for each in topology.cluster.corosync.totem if each.name == name), otherwise)


def _fencing(topology: Topology) -> Iterator[Diagnostic]:
    """Yield it when fencing is given up before SBD or a device that waits first can have done it."""
    cluster = topology.cluster
    at: Pointer = ("cluster", "properties", "stonith-timeout")
    said = seconds_of(cluster.properties, "stonith-timeout") is not None
    given, sbd = stonith_timeout(cluster), cluster.fencing.sbd
    # Without disks Pacemaker waits for the watchdog by a time of its own; only what was said can be too short.
    if sbd is not None and (said or not diskless(topology)) and given < least_stonith_timeout(topology, sbd):
        what = "a watchdog" if diskless(topology) else "a message on disk"
        yield codes.STONITH_TIMEOUT_TOO_SHORT.at(
            at if said else sbd.origin,
            f"fencing is given up after {given:g}s, and {what} needs {least_stonith_timeout(topology, sbd):g}s",
            hint=f"write cluster.properties: {{stonith-timeout: {advised_stonith_timeout(topology, sbd):.0f}s}}: a fifth"
            " more than it takes, at least 60 s, and token and consensus",
            on_key=not said,
        )
    elif given < POWER_CYCLE_S:
        board = next(
            (each for each in cluster.fencing.devices if is_board(each) and not _own_time(each)), None
        )
        if board is not None:
            yield codes.FENCING_HURRIED.at(
                at,
                f"fencing is given up after {given:g}s, and a power cycle through a board like that of `{board.name}` may"
                f" take {POWER_CYCLE_S:g}s",
                Label(board.origin, "this device", on_key=True),
                hint="leave it out: 60s are Pacemaker's own",
            )
    priority = seconds_of(cluster.properties, "priority-fencing-delay") or 0.0
    for device in cluster.fencing.devices:
        delay = device.delay_max or device.delay_base
        if delay is not None and delay.seconds + priority >= given:
            yield codes.STONITH_TIMEOUT_TOO_SHORT.at(
                (*device.origin, "delay_max" if device.delay_max else "delay_base"),
                f"fencing device `{device.name}` may wait {delay.seconds + priority:g}s, and after {given:g}s Pacemaker"
                " gives it up",
                *([Label(at, "this is how long it has")] if said else []),
                hint=f"write a shorter delay, or cluster.properties: {{stonith-timeout: {delay.seconds + priority + 60:.0f}s}}",
            )


def _own_time(device: FencingDevice) -> bool:
    """Tell whether a device has a time of its own, in place of stonith-timeout."""
    return any(f"pcmk_{action}_timeout" in device.options for action in ("reboot", "off"))


def _watchdog(topology: Topology) -> Iterator[Diagnostic]:
    """Yield a stonith-watchdog-timeout after which a node may still live, or which nothing backs."""
    said = seconds_of(topology.cluster.properties, "stonith-watchdog-timeout")
    sbd = topology.cluster.fencing.sbd
    if said is None:
        return
    at: Pointer = ("cluster", "properties", "stonith-watchdog-timeout")
    if sbd is None or not diskless(topology):
        yield codes.WATCHDOG_FENCING_TIMEOUT.at(
            at,
            f"after {said:g}s a lost node would be taken to have reset itself, and no SBD without disks is there to do it",
            *([] if sbd is None else [Label(sbd.origin, "this one has disks", on_key=True)]),
            hint="remove it, or use SBD without disks: cluster.fencing: {sbd: {}}",
            on_key=True,
        )
    elif said < 2 * sbd.watchdog_timeout:
        yield codes.WATCHDOG_FENCING_TIMEOUT.at(
            at,
            f"after {said:g}s a lost node is taken to have reset itself, and its watchdog may take until"
            f" {2 * sbd.watchdog_timeout}s",
            hint="remove it: hagen writes twice the watchdog's time",
        )


def _named(settings: tuple[Setting, ...], name: str) -> Setting | None:
    return next((each for each in settings if each.name == name), None)


def _looks(topology: Topology) -> Iterator[tuple[str, tuple[Setting, ...], float]]:
    """Yield each resource's name, its meta attributes, and how long it may hang before its monitor has failed.

    Pacemaker starts a monitor `interval` after the last one was done, and gives it `timeout`.
    """
    patience = seconds_of(topology.cluster.operation_defaults, "timeout") or _PATIENCE
    for vip in topology.vips:
        yield vip.resource, (), vip.monitor.seconds + _PATIENCE
    resources = topology.resources
    own = [(each.id, each.meta, each.operations) for each in resources.primitives]
    own += [(each.name, each.meta, each.operations) for each in resources.remotes]
    for name, meta, operations in own:
        monitors = [
            (one.interval.seconds if one.interval else _LOOK)
            + (one.timeout.seconds if one.timeout else patience)
            for one in operations
            if one.action == "monitor"
        ]
        if monitors:
            yield name, meta, min(monitors)


def _forgotten(topology: Topology) -> Iterator[Diagnostic]:
    """Yield a failure-timeout that is over before the next failure: they never add up to the threshold."""
    defaults = topology.cluster.resource_defaults
    told: set[Pointer] = set()
    for name, meta, noticed in _looks(topology):
        timeout = _named(meta, "failure-timeout") or _named(defaults, "failure-timeout")
        threshold = _named(meta, "migration-threshold") or _named(defaults, "migration-threshold")
        if timeout is None or threshold is None or timeout.origin.at in told:
            continue
        forgotten = seconds_of((timeout,), "failure-timeout") or 0.0
        if 1 < int(threshold.value) < _NEVER and 0 < forgotten <= noticed:
            told.add(timeout.origin.at)
            yield codes.FAILURE_FORGOTTEN.at(
                timeout.origin.at,
                f"a hang of `{name}` is noticed only after {noticed:g}s (a monitor's interval and timeout), and the last"
                f" failure is forgotten after {forgotten:g}s",
                Label(threshold.origin.at, "so this is never reached"),
                hint=f"write {noticed * int(threshold.value):g}s or more: that long {threshold.value} failures can take",
            )
