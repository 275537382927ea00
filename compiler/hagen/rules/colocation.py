"""Where resources are placed beside each other: no circle, and nothing both together and apart.

Source: Pacemaker Explained, "Placing Resources Relative to other Resources": what a resource is placed with is
placed before it, so that in a circle Pacemaker has to begin somewhere, and what began does not wait for the rest.
"""

from collections.abc import Iterator

from hagen import codes
from hagen.cast import Cast
from hagen.diagnostic import Diagnostic, Label
from hagen.graph import Edge, Graph, Node
from hagen.model import Topology
from hagen.relation import HUB, Apart, aparts, both_ways, together

_MOST_LABELS = 8


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield circles and contradictions of mandatory colocations."""
    cast = Cast(topology)
    edges = together(topology, cast)
    for circle in Graph(edges).circles():
        yield _circle(cast, circle)
    yield from _contradictions(cast, edges, tuple(aparts(topology, cast)))


def _circle(cast: Cast, circle: tuple[Edge, ...]) -> Diagnostic:
    steps = [edge for edge in circle if edge.head[1] != HUB]
    labels = {edge.at: _why(cast, edge) for edge in circle}
    own = [edge.at for edge in circle if edge.at[0] == "constraints"]
    primary = own[-1] if own else circle[-1].at
    route = " with ".join(cast.name(edge.head[0]) for edge in (steps[-1], *steps))
    others = [Label(at, text, on_key=True) for at, text in labels.items() if at != primary]
    return codes.COLOCATION_CIRCLE.at(
        Label(primary, labels[primary], on_key=True),
        f"each of these is to be placed where the next one is, in a circle: {route}",
        *others[:_MOST_LABELS],
        hint="remove one of them: what the others are placed with is placed first",
    )


def _why(cast: Cast, edge: Edge) -> str:
    if HUB in {edge.tail[1], edge.head[1]}:
        return "by these sets"
    return f"{cast.name(edge.tail[0])} with {cast.name(edge.head[0])}{edge.why and f', {edge.why}'}"


def _contradictions(cast: Cast, edges: tuple[Edge, ...], apart: tuple[Apart, ...]) -> Iterator[Diagnostic]:
    if not apart:
        return
    graph = Graph(both_ways(cast, edges))
    component: dict[Node, int] = {}
    components = graph.components()
    for number, nodes in enumerate(components):
        component |= dict.fromkeys(nodes, number)
    between: dict[tuple[int, int], Edge] = {}
    for out in graph.out.values():
        for edge in out:
            between.setdefault((component[edge.tail], component[edge.head]), edge)
    told: set[int] = set()
    for each in apart:
        pair = _meeting(each, component)
        if pair is None:
            continue
        one, other = pair
        place = component[one]
        if place == component[other]:
            if place in told:
                continue
            told.add(place)
            way = graph.path(one, other, frozenset(components[place]))
        else:
            met = between.get((place, component[other])) or between.get((component[other], place))
            if met is None:
                continue
            way = (met,)
        labels = {edge.at: _why(cast, edge) for edge in way if edge.at != each.at}
        yield codes.TOGETHER_AND_APART.at(
            each.at,
            f"{cast.name(one[0])} and {cast.name(other[0])} must not share a node, and must by other constraints",
            *(Label(at, text, on_key=True) for at, text in list(labels.items())[:_MOST_LABELS]),
            hint="remove one of the constraints, or give it a finite score: then it is a wish",
            on_key=True,
        )


def _meeting(apart: Apart, component: dict[Node, int]) -> tuple[Node, Node] | None:
    """Return two of what is to be apart: two that are surely together, if any are, else the only two if there are two."""
    if not apart.right:
        seen: dict[int, Node] = {}
        for node in apart.left:
            number = component.get(node, -1)
            if number in seen and number >= 0:
                return seen[number], node
            seen[number] = node
        return None
    left = {component[node]: node for node in apart.left if node in component}
    for node in apart.right:
        if node in component and component[node] in left:
            return left[component[node]], node
    if len(apart.left) == len(apart.right) == 1 and left and apart.right[0] in component:
        return apart.left[0], apart.right[0]
    return None
