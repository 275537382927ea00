"""How each node is stopped: which devices, in which order.

Source: Pacemaker Explained, "Fencing Topologies"; which levels a node gets, in Pacemaker's daemon that fences.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from hagen.clock import diskless
from hagen.model import Setting, Topology
from hagen.model.fencing import FencingLevel
from hagen.pattern import Pattern


class Fencer(NamedTuple):
    """How a node is stopped: the devices of each level, tried in this order; none if it is not sure which."""

    node: str
    levels: tuple[tuple[str, ...], ...]


def fencers(topology: Topology) -> tuple[Fencer, ...]:
    """Return how each node is stopped; nothing if fencing is off."""
    fencing = topology.cluster.fencing
    if not fencing.enabled:
        return ()
    if diskless(topology):  # Pacemaker's own name for the device that waits until the watchdog has fired
        return tuple(Fencer(name, (("watchdog",),)) for name in topology.node_names)
    found = []
    for node in topology.nodes:
        devices = [each.name for each in fencing.devices if node.name in each.targets]
        levels = _levels(fencing.levels, node.name, node.attributes)
        if levels is None:
            levels = ((devices[0],),) if len(devices) == 1 else ()
        found.append(Fencer(node.name, levels))
    return tuple(found)


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
        elif (level.pattern is not None and Pattern(level.pattern).found_in(node)) or level.attribute in has:
            others[level.pattern, level.attribute][level.level] = level.devices
    if not by_name and len(others) > 1:
        return ()  # which of them Pacemaker takes is not said anywhere
    for chosen in (by_name, *others.values()):
        if chosen:
            return tuple(chosen[number] for number in sorted(chosen))
    return None
