"""Resources of which each needs a node of its own: no more of them than nodes, where a VIP is among them.

Source: Pacemaker Explained, "Placing Resources Relative to other Resources": what finds no node left is not started,
and which one that is depends on priorities and on the order in which they are placed.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations, product

from hagen import codes
from hagen.cast import START, Cast
from hagen.diagnostic import Diagnostic, Label
from hagen.graph import Graph, Node
from hagen.location import Places, read_patterns
from hagen.model import Topology
from hagen.relation import Apart, aparts, both_ways, together
from hagen.source import Pointer

_MOST_LABELS = 8
_MOST_STEPS = 5000  # of a search that may need very many; what it does not find is not refused

_Pairs = Mapping[int, Mapping[int, tuple[Node, Node, Pointer]]]


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield the first set of resources that need more nodes than they may run on, and that a VIP belongs to."""
    cast = Cast(topology)
    apart = tuple(aparts(topology, cast))
    if not apart:
        return
    unit, members = _units(topology, cast, apart)
    pairs = _pairs(cast, apart, unit)
    vips = {unit.get((vip.resource, START), -1) for vip in topology.vips}
    places = Places(topology, cast, read_patterns(topology)[0])
    for clique in _cliques(pairs, vips):
        room = 0
        for each in clique:
            room |= _room(places, members[each])
        if room.bit_count() < len(clique):
            yield _crowd(cast, pairs, sorted(clique), room.bit_count())
            return


def _units(
    topology: Topology, cast: Cast, apart: tuple[Apart, ...]
) -> tuple[Mapping[Node, int], Mapping[int, list[Node]]]:
    """Return a number for what is all on one machine, and what that is."""
    graph = Graph(both_ways(cast, together(topology, cast)))
    for each in apart:
        for node in (*each.left, *each.right):
            graph.out.setdefault(node, [])
    members = {number: list(nodes) for number, nodes in enumerate(graph.components())}
    return {node: number for number, nodes in members.items() for node in nodes}, members


def _pairs(cast: Cast, apart: tuple[Apart, ...], unit: Mapping[Node, int]) -> _Pairs:
    """Return which units are apart, and two resources and the constraint by which they are."""
    found: defaultdict[int, dict[int, tuple[Node, Node, Pointer]]] = defaultdict(dict)
    for each in apart:
        both = product(each.left, each.right) if each.right else combinations(each.left, 2)
        for one, other in both:
            if cast.single(one) and cast.single(other) and unit[one] != unit[other]:
                found[unit[one]].setdefault(unit[other], (one, other, each.at))
                found[unit[other]].setdefault(unit[one], (other, one, each.at))
    return found


def _room(places: Places, nodes: list[Node]) -> int:
    room = places.everywhere
    for name, role in nodes:
        if role == START:
            room &= places.of(name)
    return room


def _cliques(pairs: _Pairs, wanted: set[int]) -> Iterator[frozenset[int]]:
    """Yield sets of units that are all apart from each other, one of `wanted` among them; the largest are among these."""
    steps = 0
    todo = [(frozenset({each}), sorted(pairs.get(each, ()))) for each in sorted(wanted)]
    while todo and steps < _MOST_STEPS:
        steps += 1
        clique, candidates = todo.pop()
        if not candidates:
            yield clique
        for index, each in enumerate(candidates):
            todo.append(
                (clique | {each}, [other for other in candidates[index + 1 :] if other in pairs[each]])
            )


def _crowd(cast: Cast, pairs: _Pairs, clique: list[int], room: int) -> Diagnostic:
    found = [pairs[one][other] for one, other in combinations(clique, 2)]
    names = dict.fromkeys(cast.name(node[0]) for one, other, _ in found for node in (one, other))
    labels = {at: f"{cast.name(one[0])} not with {cast.name(other[0])}" for one, other, at in found}
    (primary, why), *others = sorted(labels.items(), reverse=True)
    return codes.TOO_MANY_APART.at(
        Label(primary, why, on_key=True),
        f"{', '.join(names)} must be on {len(clique)} different nodes, and there are {room} for them, so that one never"
        " runs, which may be a VIP",
        *(Label(at, text, on_key=True) for at, text in others[:_MOST_LABELS]),
        hint="let some of them share a node: remove a constraint, or give it a finite score, which is a wish",
    )
