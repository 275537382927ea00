"""Where resources may run: somewhere at all, and VIPs on two nodes at least.

Source: Pacemaker Explained, "Deciding Which Nodes a Resource Can Run On"; that a pattern is matched with the ids of
resources that are in no other one, and that a score of 0 lets a resource onto a node of an opt-in cluster, was tried
with crm_simulate of Pacemaker 2.1.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from hagen import codes
from hagen.cast import START, Cast
from hagen.diagnostic import Diagnostic, Label
from hagen.graph import Graph, Node
from hagen.location import Places, read_patterns
from hagen.model import Topology
from hagen.relation import both_ways, together
from hagen.source import Pointer

_MOST_LABELS = 8
_ENOUGH_NODES = 2


class _Unit(NamedTuple):
    """What is all on one machine, if it runs: its nodes of the graph, where it may be, and where it stands among the others."""

    nodes: tuple[Node, ...]
    allowed: int
    narrowed: bool


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield patterns that say nothing, what can run nowhere, and VIPs that cannot move."""
    patterns, faults = read_patterns(topology)
    for location, message, hint in faults:
        yield codes.BAD_PATTERN.at((*location.origin, "pattern"), message, hint=hint)
    cast = Cast(topology)
    places = Places(topology, cast, patterns)
    graph = Graph(both_ways(cast, together(topology, cast)))
    origins = _origins(topology)
    for resource in origins:
        graph.out.setdefault((resource, START), [])
    units = _units(graph, places)
    for unit in dict.fromkeys(units.values()):
        if unit.allowed == 0 and unit.narrowed:
            reasons = _reasons(graph, places, unit.nodes)
            # Without both, it is the device of the only node, which hagen keeps off that node.
            if reasons or places.opt_in:
                yield _nowhere(cast, reasons, unit, origins)
    yield from _vips(topology, places, graph, units)


def _origins(topology: Topology) -> Mapping[str, Pointer]:
    """Return the resources that have to run somewhere, and where the topology has them."""
    resources = topology.resources
    return {
        **{vip.resource: vip.origin for vip in topology.vips},
        **{device.name: device.origin for device in topology.cluster.fencing.devices},
        **{each.id: each.origin for each in resources.primitives if each.bundle is None},
        **{each.id: each.origin for each in resources.bundles},
        **{each.name: each.origin for each in resources.remotes},
    }


def _units(graph: Graph, places: Places) -> Mapping[Node, _Unit]:
    """Return for each node of the graph its unit; `narrowed` says that no other unit alone is the reason for nothing."""
    units: dict[Node, _Unit] = {}
    for component in graph.components():
        inside = frozenset(component)
        allowed, fine = places.everywhere, True
        for node in component:
            if node[1] == START:
                allowed &= places.of(node[0])
            for edge in graph.out[node]:
                if edge.head not in inside:
                    allowed &= units[edge.head].allowed
                    fine &= units[edge.head].allowed != 0
        unit = _Unit(component, allowed, fine)
        units.update(dict.fromkeys(component, unit))
    return units


def _reasons(graph: Graph, places: Places, nodes: Iterable[Node]) -> list[tuple[Pointer, str]]:
    """Return the constraints that narrow where `nodes` may be: their own first, then those of what they follow."""
    found: dict[Pointer, str] = {}
    seen = dict.fromkeys(nodes)
    todo = list(seen)
    for node in todo:
        if len(found) > _MOST_LABELS:
            break
        for at, text in places.reasons(node[0]):
            found.setdefault(at, text)
        for edge in graph.out[node]:
            if edge.head not in seen:
                seen[edge.head] = None
                todo.append(edge.head)
    return list(found.items())


def _nowhere(
    cast: Cast, reasons: list[tuple[Pointer, str]], unit: _Unit, origins: Mapping[str, Pointer]
) -> Diagnostic:
    names = sorted({cast.name(node[0]) for node in unit.nodes if node[1] == START})
    message = f"{names[0]} can run nowhere" if names else "the resources of these sets can run nowhere"
    if len(names) > 1:
        message = f"{', '.join(names)} must be on one node, and none is left for them"
    if reasons:
        hint = "leave a node that all of these constraints allow"
        primary = Label(reasons[0][0], reasons[0][1], on_key=True)
    else:
        hint = "say where it may run, under constraints.location: `symmetric-cluster` is false"
        own = [origins[node[0]] for node in unit.nodes if node[0] in origins]
        primary = Label(own[0] if own else ("cluster", "properties", "symmetric-cluster"), on_key=True)
    others = (Label(at, text, on_key=True) for at, text in reasons[1:_MOST_LABELS])
    return codes.RUNS_NOWHERE.at(primary, message, *others, hint=hint)


def _vips(
    topology: Topology, places: Places, graph: Graph, units: Mapping[Node, _Unit]
) -> Iterator[Diagnostic]:
    """Yield it, once for all VIPs that it touches, when constraints leave them one node."""
    if len(topology.nodes) < _ENOUGH_NODES:
        return
    resting = [
        ((*node.origin, "standby"), f"node `{node.name}` runs nothing")
        for node in topology.nodes
        if node.standby
    ]
    awake = sum(places.bit(node.name) for node in topology.nodes if not node.standby)
    stuck: dict[tuple[tuple[tuple[Pointer, str], ...], int], list[str]] = {}
    for vip in topology.vips:
        unit = units[vip.resource, START]
        allowed = unit.allowed & awake
        if unit.allowed and allowed.bit_count() < _ENOUGH_NODES:
            reasons = [*_reasons(graph, places, unit.nodes), *resting] or [(vip.origin, "")]
            stuck.setdefault((tuple(reasons), allowed), []).append(vip.name)
    for (found, allowed), names in stuck.items():
        left = places.names(allowed)
        whom = f"VIP{'s' if len(names) > 1 else ''} {', '.join(f'`{name}`' for name in names)}"
        where = f"only node `{left[0]}`" if left else "no node of the cluster"
        yield codes.VIP_CANNOT_MOVE.at(
            Label(found[0][0], found[0][1], on_key=True),
            f"{where} is left for {whom}, so that nothing takes over when it fails",
            *(Label(at, text, on_key=True) for at, text in found[1:_MOST_LABELS]),
            hint="allow a second node, or give a finite score, which is a wish"
            if len(found) > len(resting)
            else "leave two nodes out of standby: `pcs node standby` is for a while, and hagen lets it be",
            lab=not topology.cluster.production,
        )
