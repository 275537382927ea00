"""What is sure to happen to resources when their node is gone: what follows from the topology, whatever else runs.

Whatever depends on a ticket, on what an agent finds out, on free capacity or on where others run is left out.
Source: Pacemaker Explained, "Resource Constraints", "Resource Options" and "Cluster Options"; the simulator of
Pacemaker agrees in the tests.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from hagen.cast import START, Cast, named
from hagen.ground import Grounds, says
from hagen.model import Setting, Topology
from hagen.model.cluster import DefaultsSet
from hagen.model.constraint import Order
from hagen.naming import PROXY, PROXY_CLONE
from hagen.relation import together

_HARMLESS = {
    "target-role": {"started"},
    "is-managed": {"true"},
    "maintenance": {"false"},
    "requires": {"fencing", "quorum", "unfencing"},
}
"""Meta attributes that can keep a resource from being started, stopped or moved, and the values that do not."""

_COPIES = frozenset({"clone-max", "clone-min"})
_AT_REST = frozenset({"maintenance-mode", "stop-all-resources"})
_ENOUGH = 2  # nodes: one that is lost, and another one


class Failover:
    """What is sure of each resource. Groups stand for their members, and what is cloned for its clone."""

    def __init__(self, topology: Topology) -> None:
        """Read the resources and constraints of `topology`."""
        self._topology = topology
        self._cast = Cast(topology)
        self._heads: defaultdict[str, set[str]] = defaultdict(set)
        self._after: defaultdict[str, set[str]] = defaultdict(set)
        self._stuck = {self._cast.whole(each) for each in _stuck(topology)}
        self._doubt = set(self._stuck)
        self._read_colocations()
        for order in topology.constraints.orders:
            if order.kind == "Mandatory":
                self._read_order(order)
        for ticket in topology.constraints.tickets:
            ids = [ticket.resource] if ticket.resource else []
            ids += [each for part in ticket.sets for each in part.resources]
            self._doubt.update(map(self._cast.whole, ids))
        self._read_capacity()
        self._grounds = Grounds(topology, self._cast)
        self._rooms: dict[str, frozenset[str]] = {}
        self.at_rest = _at_rest(topology)

    @property
    def moves(self) -> tuple[str, ...]:
        """The ids of what comes up on another node once its own is gone: never more than one of each runs."""
        if self.at_rest:
            return ()
        return tuple(self._id(each) for each in self._singles() if self._room(each))

    def unit(self, resource: str) -> tuple[str, ...]:
        """Return what of `moves` is where `resource` is, itself included if it is sure to move."""
        root = self._root(resource)
        return tuple(each for each in self.moves if self._root(each) == root)

    @property
    def clones(self) -> tuple[str, ...]:
        """The ids of the clones whose copy stops with its node and is not started instead of it elsewhere."""
        found = (PROXY_CLONE, *(each.id for each in self._topology.resources.clones))
        return tuple(
            each for each in found if each not in self.moves and self._cast.whole(each) not in self._stuck
        )

    @property
    def stops(self) -> tuple[str, ...]:
        """The ids of what stops where quorum is lost, if that is what the cluster does there."""
        if self.at_rest:
            return ()
        made = self._topology.resources
        held = {
            self._cast.whole(each)
            for order in self._topology.constraints.orders
            if order.kind == "Mandatory"
            for each in self._held(order)
        }
        guests = {each.id for each in made.primitives if each.guest is not None}
        found = (PROXY, *self._singles(), *(self._cast.whole(each.id) for each in made.clones))
        return tuple(
            dict.fromkeys(self._id(each) for each in found if each not in self._stuck | held | guests)
        )

    @property
    def promotable(self) -> frozenset[str]:
        """The ids of the clones that have promoted copies."""
        return frozenset(each.id for each in self._topology.resources.clones if each.promotable)

    @property
    def proxy_is_first(self) -> bool:
        """Tell whether something has to be started again after HAProxy was."""
        return any(PROXY in firsts for firsts in self._after.values())

    def _held(self, order: Order) -> Iterator[str]:
        """Yield what can only stop after others have stopped, which may be on nodes that nobody sees any more."""
        if order.first is None or order.then is None:
            yield from named(order)
        elif self._root(order.then) != self._root(order.first):
            yield order.first

    def _id(self, whole: str) -> str:
        """Return the id of the CIB that is asked where it runs."""
        return next((clone for clone, inner in self._cast.inner.items() if inner == whole), whole)

    def _singles(self) -> Iterator[str]:
        made, cloned = self._topology.resources, set(self._cast.inner.values())
        yield from (vip.resource for vip in self._topology.vips)
        if not self._topology.proxy.everywhere:
            yield PROXY
        yield from (group.id for group in made.groups if group.id not in cloned)
        for each in made.primitives:
            if each.bundle is None and each.id not in cloned and each.id not in self._cast.group:
                yield each.id

    def _is_single(self, whole: str) -> bool:
        if whole == PROXY:
            return not self._topology.proxy.everywhere
        return whole not in self._cast.inner.values()

    def _read_colocations(self) -> None:
        cast = self._cast
        for edge in together(self._topology, cast):
            tail, head = cast.whole(edge.tail[0]), cast.whole(edge.head[0])
            if edge.tail[1] != START:
                continue
            if edge.head[1] != START:
                self._doubt.add(tail)  # it follows a role, which agents give, or one of several
            elif tail != head:
                self._heads[tail].add(head)
        for colocation in self._topology.constraints.colocations:
            if colocation.score.number < 0:
                self._doubt.update(map(cast.whole, named(colocation)))

    def _read_order(self, order: Order) -> None:
        steps = [part.resources for part in order.sets]
        actions = {part.action or START for part in order.sets}
        if order.first is not None and order.then is not None:
            steps, actions = [(order.first,), (order.then,)], {order.first_action, order.then_action or START}
        wholes = [self._cast.whole(each) for step in steps for each in step]
        if actions == {START}:
            for index, then in enumerate(wholes):
                self._after[then].update(each for each in wholes[:index] if each != then)
        else:  # who is promoted, agents say
            self._doubt.update(wholes[1:] if order.first_action == "promote" else wholes)

    def _read_capacity(self) -> None:
        """Doubt what needs capacity, and what it follows: that is placed with regard to both."""
        if not says(self._topology.cluster.properties, "placement-strategy", {"default"}):
            return
        todo = [self._cast.whole(each.id) for each in self._topology.resources.primitives if each.utilization]
        while todo:
            each = todo.pop()
            todo += self._heads[each] - self._doubt
            self._doubt.add(each)

    def _root(self, resource: str) -> str:
        """Return the one that decides where `resource` is."""
        seen: list[str] = []
        whole = self._cast.whole(resource)
        while whole not in seen:
            seen.append(whole)
            heads = sorted(filter(self._is_single, self._heads.get(whole, ())))
            whole = heads[0] if len(heads) == 1 else whole
        return whole

    def _room(self, whole: str) -> frozenset[str]:
        """Return the nodes on which a resource can run for sure, two at least; nothing if it is in doubt."""
        if whole not in self._rooms:
            self._rooms[whole] = frozenset()  # what leads to itself is in doubt
            room = self._find_room(whole)
            self._rooms[whole] = room if len(room) >= _ENOUGH else frozenset()
        return self._rooms[whole]

    def _find_room(self, whole: str) -> frozenset[str]:
        nothing: frozenset[str] = frozenset()
        heads = self._heads.get(whole, set())
        leaders = [each for each in heads if self._is_single(each)]
        if whole in self._doubt or len(leaders) > 1 or (heads and not self._is_single(whole)):
            return nothing
        if not all(map(self._room, self._after.get(whole, ()))):
            return nothing
        surely = self._grounds.surely(whole)
        for each in heads:
            if not self._is_single(each):
                surely &= self._room(each)
        if not leaders:
            return surely & self._grounds.members
        return self._room(leaders[0]) if surely >= self._grounds.perhaps(leaders[0]) else nothing


def _harmful(settings: Iterable[Setting]) -> bool:
    return any(
        each.name in _COPIES or (each.name in _HARMLESS and each.value.lower() not in _HARMLESS[each.name])
        for each in settings
    )


def _stuck(topology: Topology) -> Iterator[str]:
    """Yield what may not start, stop or move as others do, by what its meta attributes say."""
    made = topology.resources
    yield from (each.id for each in made.primitives if _harmful(each.meta))
    yield from (each.id for each in made.groups if _harmful(each.meta))
    yield from (each.id for each in made.clones if _harmful(each.meta))
    yield from (each.id for each in made.bundles)


def _at_rest(topology: Topology) -> bool:
    """Tell whether the cluster, a node or every resource is left alone, or may be."""
    cluster = topology.cluster
    defaults = (*cluster.resource_defaults, *_every(cluster.resource_defaults_sets))
    settings = (*cluster.properties, *cluster.other_properties)
    return (
        _harmful(defaults)
        or any(each.maintenance for each in topology.nodes)
        or any(says(settings, name, {"false"}) for name in _AT_REST)
    )


def changes_failures(topology: Topology) -> bool:
    """Tell whether a failure may bring about something else than a new start, for all that operation defaults say."""
    cluster = topology.cluster
    found = (*cluster.operation_defaults, *_every(cluster.operation_defaults_sets))
    return any(each.name == "on-fail" and each.value != "restart" for each in found)


def _every(sets: tuple[DefaultsSet, ...]) -> Iterator[Setting]:
    for each in sets:
        yield from each.values


def threshold(topology: Topology) -> int | None:
    """Return after how many failures a resource leaves its node; 1 or 0, never, if it may be so; None if unsaid or unsure."""
    said, rules = topology.cluster.resource_defaults, _every(topology.cluster.resource_defaults_sets)
    always, perhaps = (
        [each.value for each in those if each.name == "migration-threshold"] for those in (said, rules)
    )
    for extreme in ("1", "0"):
        if extreme in (*always, *perhaps):
            return int(extreme)
    return int(always[0]) if always and not perhaps and always[0].isdigit() else None
