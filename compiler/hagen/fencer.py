"""How each node is stopped: which devices, in which order, and of two nodes which one first.

Source: Pacemaker Explained, "Fencing Topologies" and "Special Options for Fencing Resources"; which levels a node gets,
when the watchdog is waited for and how delays are counted, in Pacemaker's daemon that fences, `pacemaker-fenced`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hagen.clock import diskless, longest_delay, seconds_of, stonith_timeout, watchdog_fencing
from hagen.defaults import settings_of
from hagen.feature import metas
from hagen.model import FencingDevice, Node, Setting, Topology
from hagen.model.fencing import FencingLevel
from hagen.pattern import Pattern
from hagen.source import Pointer

WATCHDOG = "watchdog"
"""Pacemaker's own name for the device that waits until a node's watchdog has fired."""

_BYSTANDERS = frozenset({"fence_heuristics_ping", "fence_kdump"})
"""Agents that stop nobody: they say whether the other devices should."""

POWER_CYCLE_S = 15.0
"""How many seconds a power cycle takes, told and confirmed; the device decides, and some need more.

fence_ipmilan asks, switches off, waits 2 s, asks, switches on and asks: with a BMC that answers and obeys at once that
was measured to take 3 s for a node that had no power any more, and up to 7 s for one that had, on busy processors.
"""

_RANDOM = 2  # pacemaker-fenced adds rand() % (longest - base), in whole seconds: below 2 that is always 0


class Fencer(NamedTuple):
    """How a node is stopped: the devices of each level, tried in this order; none if it is not sure which."""

    node: str
    levels: tuple[tuple[str, ...], ...]


def fencers(topology: Topology) -> tuple[Fencer, ...]:
    """Return how each node is stopped; nothing if fencing is off."""
    fencing = topology.cluster.fencing
    if not fencing.enabled:
        return ()
    # Without levels, Pacemaker waits for the watchdog once no device could stop the node.
    last = ((WATCHDOG,),) if diskless(topology) else ()
    found = []
    for node in topology.nodes:
        devices = [each.name for each in _devices(topology, node.name)]
        levels = _levels(fencing.levels, node.name, node.attributes)
        if levels is None:
            levels = ((devices[0],), *last) if len(devices) == 1 else () if devices else last
        found.append(Fencer(node.name, tuple(each for each in levels if not _has_idle(topology, each))))
    return tuple(found)


def fencing_time(topology: Topology) -> tuple[float, str]:
    """Return how many seconds pass until a lost node is known to be stopped, and why; Pacemaker waits for that."""
    fencing = topology.cluster.fencing
    if not fencing.enabled:
        return 0.0, ""
    delay = longest_delay(topology.cluster)
    priority = seconds_of(topology.cluster.properties, "priority-fencing-delay") or 0.0
    waits = f"{delay + priority:g} s that its device may wait, " if delay + priority else ""
    after, how = POWER_CYCLE_S, "a device that obeys at once takes 3 to 7 s"
    if stonith_timeout(topology.cluster) > POWER_CYCLE_S:
        how += f"; one that takes more than {POWER_CYCLE_S:g} s adds it, up to stonith-timeout"
    if fencing.sbd is not None and diskless(topology):
        watchdog = watchdog_fencing(topology, fencing.sbd)
        alone = {each.levels == ((WATCHDOG,),) for each in fencers(topology)}
        if alone == {True}:
            return watchdog, f"{watchdog:g} s until its watchdog has reset it (stonith-watchdog-timeout), "
        if True in alone:
            after, how = max(after, watchdog), f"{how}, or stonith-watchdog-timeout where there is no device"
    elif fencing.sbd is not None:
        after = max(POWER_CYCLE_S, float(fencing.sbd.msgwait_timeout))
        return (
            after + delay + priority,
            f"{waits}{after:g} s until the message on SBD's disk has been read (msgwait), ",
        )
    return after + delay + priority, f"{waits}{after:.0f} s to fence it ({how}), "


def idle(topology: Topology, device: FencingDevice) -> Pointer | None:
    """Return what switches a device off, so that Pacemaker never asks it: a `target-role`, its own or a default."""
    own = [each for each in device.meta if each.name == "target-role"]
    said = own or settings_of(topology, f"stonith:{device.agent}", "target-role")
    # Of several defaults the score decides; it is certain only if all of them say it.
    return said[0].origin.at if said and {each.value for each in said} == {"Stopped"} else None


def stoppable(topology: Topology, name: str, attributes: Iterable[Setting]) -> bool:
    """Tell whether some device that is not switched off, or some level of such devices, can stop a node or remote host."""
    if not any(_devices(topology, name)):
        return False
    levels = _levels(topology.cluster.fencing.levels, name, attributes)
    return not levels or not all(_has_idle(topology, each) for each in levels)


def _devices(topology: Topology, name: str) -> Iterator[FencingDevice]:
    devices = topology.cluster.fencing.devices
    yield from (each for each in devices if name in each.targets and idle(topology, each) is None)


def _has_idle(topology: Topology, level: Iterable[str]) -> bool:
    devices = topology.cluster.fencing.devices
    return any(each.name in level and idle(topology, each) is not None for each in devices)


def _levels(
    said: Iterable[FencingLevel], node: str, attributes: Iterable[Setting]
) -> tuple[tuple[str, ...], ...] | None:
    """Return the devices of a node's levels; None if it has none. What names it by its name goes before all others."""
    has = {(each.name, each.value) for each in attributes}
    by_name: dict[int, tuple[str, ...]] = {}
    others: defaultdict[object, dict[int, tuple[str, ...]]] = defaultdict(dict)
    for level in said:
        if level.node == node:
            by_name[level.level] = level.devices
        elif (level.pattern is not None and _matches(level.pattern, node)) or level.attribute in has:
            others[level.pattern, level.attribute][level.level] = level.devices
    if not by_name and len(others) > 1:
        return ()  # which of them Pacemaker takes is not said anywhere
    for chosen in (by_name, *others.values()):
        if chosen:
            return tuple(chosen[number] for number in sorted(chosen))
    return None


def _matches(pattern: str, node: str) -> bool:
    try:
        return Pattern(pattern).found_in(node)
    except ValueError:  # no regular expression, which a rule says
        return False


class _Shot(NamedTuple):
    """When a node is hit, in seconds after both were told to shoot: between these, or at random."""

    earliest: float
    latest: float
    random: bool


def race_decided(topology: Topology) -> bool:
    """Tell whether of two nodes that fence each other one is hit first: by the delays of what shoots first at each of them.

    A delay that differs, or a random one, decides; so do priorities, with a priority-fencing-delay of a second or more.
    """
    fencing = topology.cluster.fencing
    if not fencing.enabled or not fencing.devices:
        return False
    one, other = ([*_shots(topology, node)] for node in topology.nodes)
    pairs = [(left, right) for left in one for right in other]
    if pairs and all(_differ(left, right) for left, right in pairs):
        return True
    weighed = any(each.name == "priority" and each.value != "0" for each in metas(topology))
    return weighed and (seconds_of(topology.cluster.properties, "priority-fencing-delay") or 0.0) >= 1.0


def _differ(left: _Shot, right: _Shot) -> bool:
    return left.random or right.random or left.latest < right.earliest or right.latest < left.earliest


def _shots(topology: Topology, node: Node) -> Iterator[_Shot]:
    """Yield how a node may be hit: by its first level that hits it at all; without levels, by any device that it has."""
    devices = [each for each in _devices(topology, node.name) if each.agent not in _BYSTANDERS]
    for level in _levels(topology.cluster.fencing.levels, node.name, node.attributes) or ():
        if _has_idle(topology, level):
            continue
        hits = [each for name in level for each in devices if each.name == name]
        if hits:
            yield _shot(hits)
            return
    yield from (_shot([each]) for each in devices)


def _shot(devices: list[FencingDevice]) -> _Shot:
    """Return how one level hits: perhaps with its first device, with its last one for certain."""
    waits, random = [], False
    for each in devices:
        base = each.delay_base.seconds if each.delay_base else 0.0
        most = each.delay_max.seconds if each.delay_max else base
        waits.append(min(base, most))
        random |= most - base >= _RANDOM
    return _Shot(waits[0], sum(waits), random)
