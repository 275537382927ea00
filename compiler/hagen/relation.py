"""Constraints, the user's and hagen's own, as edges of graphs: what waits for what, what follows what.

Source: Pacemaker Explained, "Resource Constraints", "Resource Sets" and "Groups". A sequential set is a chain; of
two sets, the last of a sequential one meets the first of the next, and all of the others meet each other.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from hagen.cast import START, Cast, within
from hagen.graph import Edge, Node
from hagen.model import Topology
from hagen.model.constraint import INFINITY, Colocation, Order, ResourceSet
from hagen.naming import PROXY
from hagen.source import Pointer

HUB = "…"
"""What is done with a node that stands between two sets and is no resource."""

_INVERSE = {"stop": START, "demote": "promote"}
_ROLES = {None: START, "Started": START, "Promoted": "promote", "Unpromoted": "unpromote"}


class Apart(NamedTuple):
    """None of `left` may be where one of `right` is; without `right`, each of `left` is alone."""

    left: tuple[Node, ...]
    right: tuple[Node, ...]
    at: Pointer


def orders(topology: Topology, cast: Cast) -> tuple[Edge, ...]:
    """Return what waits for what, of every kind: Pacemaker gives up a transition over any circle of them."""
    edges = tuple(_orders(topology, cast))
    started = (
        Edge((cast.last(node[0]), START), node, at, "started first") for node, at in _special(edges).items()
    )
    return (*edges, *started)


def _special(edges: Iterable[Edge]) -> dict[Node, Pointer]:
    """Return the nodes that are about a role and not about running at all, and where they are named first."""
    found: dict[Node, Pointer] = {}
    for edge in edges:
        for node in (edge.tail, edge.head):
            if node[1] not in {START, HUB}:
                found.setdefault(node, edge.at)
    return found


def _orders(topology: Topology, cast: Cast) -> Iterator[Edge]:
    for group, earlier, later in cast.chains():
        yield Edge((earlier, START), (later, START), ("resources", "groups", group), "in this group")
    for vip in topology.vips:
        ends = (PROXY, vip.resource) if topology.proxy.everywhere else (vip.resource, PROXY)
        yield Edge((ends[0], START), (ends[1], START), vip.origin, "as hagen orders them")
    for order in topology.constraints.orders:
        if within(cast, order):
            continue
        if order.first is not None and order.then is not None:
            then_action = order.then_action or order.first_action
            yield from _ordered(cast, order, (order.first,), order.first_action, (order.then,), then_action)
            continue
        yield from _ordered_sets(cast, order)


def _ordered_sets(cast: Cast, order: Order) -> Iterator[Edge]:
    for part in order.sets:
        if part.sequential is not False:
            for first, then in pairwise(part.resources):
                yield from _ordered(cast, order, (first,), _action(part), (then,), _action(part))
    for left, right in pairwise(order.sets):
        # Where one of a set is enough, none of them is waited for.
        if left.require_all is not False or len(left.resources) == 1:
            yield from _ordered(
                cast, order, _tail(left), _action(left), _head(right), _action(right), _hub(left)
            )


def _action(part: ResourceSet) -> str:
    return part.action or START


def _head(part: ResourceSet) -> tuple[str, ...]:
    return part.resources if part.sequential is False else part.resources[:1]


def _tail(part: ResourceSet) -> tuple[str, ...]:
    return part.resources if part.sequential is False else part.resources[-1:]


def _hub(part: ResourceSet) -> Node:
    return ".".join(map(str, part.origin)), HUB


def _ordered(
    cast: Cast,
    order: Order,
    first: Sequence[str],
    first_action: str,
    then: Sequence[str],
    then_action: str,
    hub: Node = ("", HUB),
) -> Iterator[Edge]:
    """Yield edges for an order of starts and promotions, or for what an order of stops and demotions means for those."""
    inverse = first_action in _INVERSE
    if inverse != (then_action in _INVERSE):
        return
    if inverse:
        if order.symmetrical is False or order.kind == "Serialize":
            return
        first, then = then, first
        first_action, then_action = _INVERSE[then_action], _INVERSE[first_action]
    tails = [(cast.last(each) if first_action == START else each, first_action) for each in first]
    heads = [(cast.first(each) if then_action == START else each, then_action) for each in then]
    yield from _joined(tails, heads, order.origin, hub)


def _joined(tails: Sequence[Node], heads: Sequence[Node], at: Pointer, hub: Node) -> Iterator[Edge]:
    """Yield edges from all of `tails` to all of `heads`, through `hub` where that is fewer."""
    if len(tails) > 1 and len(heads) > 1:
        for tail in tails:
            yield Edge(tail, hub, at, "")
        tails = [hub]
    for tail in tails:
        for head in heads:
            yield Edge(tail, head, at, "")


def together(topology: Topology, cast: Cast) -> tuple[Edge, ...]:
    """Return what must be placed where what is; the tail follows the head."""
    edges = tuple(_together(topology, cast))
    running = (Edge(node, (cast.last(node[0]), START), at, "") for node, at in _special(edges).items())
    return (*edges, *running)


def _together(topology: Topology, cast: Cast) -> Iterator[Edge]:
    for group, earlier, later in cast.chains():
        yield Edge((later, START), (earlier, START), ("resources", "groups", group), "in this group")
    resources = {vip.name: vip.resource for vip in topology.vips}
    for vip in topology.vips:
        if vip.leader is not None:
            tail, head, why = vip.resource, resources[vip.leader], "by `with`"
        else:
            tail, head = (vip.resource, PROXY) if topology.proxy.everywhere else (PROXY, vip.resource)
            why = "as hagen places them"
        yield Edge((tail, START), (head, START), vip.origin, why)
    for colocation in topology.constraints.colocations:
        if colocation.score.number >= INFINITY and not within(cast, colocation):
            for lefts, rights, hub in _pairs(colocation, positive=True):
                tails = list(_placed(lefts, cast.first))
                heads = list(_placed(rights, cast.last))
                yield from _joined(tails, heads, colocation.origin, hub)


def both_ways(cast: Cast, edges: Sequence[Edge]) -> Iterator[Edge]:
    """Yield `edges`, and those that hold the other way round since both ends are single: who follows one is where it is.

    What then leads to itself is all on one machine. What follows a promoted copy is where a copy is.
    """
    hubs = {edge.tail for edge in edges if edge.tail[1] == HUB and cast.single(edge.head)}
    for edge in edges:
        yield edge
        if (cast.single(edge.tail) or edge.tail in hubs) and (cast.single(edge.head) or edge.head in hubs):
            yield Edge(edge.head, edge.tail, edge.at, edge.why)


def aparts(topology: Topology, cast: Cast) -> Iterator[Apart]:
    """Yield what must not be placed where something else is."""
    for colocation in topology.constraints.colocations:
        if colocation.score.number <= -INFINITY and not within(cast, colocation):
            for lefts, rights, _ in _pairs(colocation, positive=False):
                yield Apart(
                    tuple(_placed(lefts, cast.first)),
                    tuple(_placed(rights, cast.first)),
                    colocation.origin,
                )


_Roled: TypeAlias = list[tuple[str, str | None]]


def _placed(those: _Roled, end: Callable[[str], str]) -> Iterator[Node]:
    """Yield a node for each resource in a role; where it does not run it is nowhere."""
    for resource, role in those:
        if role in _ROLES:
            place = _ROLES[role]
            yield (end(resource) if place == START else resource), place


def _pairs(colocation: Colocation, *, positive: bool) -> Iterator[tuple[_Roled, _Roled, Node]]:
    """Yield what is placed, what it follows or avoids, and a hub for them."""
    if colocation.resource is not None and colocation.other is not None:
        yield (
            [(colocation.resource, colocation.role)],
            [(colocation.other, colocation.other_role)],
            ("", HUB),
        )
        return
    for part in colocation.sets:
        if part.sequential is not False:
            if not positive:
                yield _roled(part.resources, part), [], _hub(part)
                continue
            for earlier, later in pairwise(part.resources):
                yield _roled((later,), part), _roled((earlier,), part), _hub(part)
    for left, right in pairwise(colocation.sets):
        yield _roled(_head(left), left), _roled(_tail(right), right), _hub(left)


def _roled(resources: Iterable[str], part: ResourceSet) -> _Roled:
    return [(each, part.role) for each in resources]
