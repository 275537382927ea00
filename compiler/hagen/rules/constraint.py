"""Constraints one by one, and by twos: none between a resource and itself, none said twice.

Source: pcs refuses a second colocation or order of the same resources ("duplicate constraint already exists"), a
second location of one resource and node replaces the first, and orders inside of a group are refused since 0.10.14
(https://github.com/ClusterLabs/pcs/blob/main/CHANGELOG.md).
"""

from collections.abc import Hashable, Iterator

from hagen import codes
from hagen.cast import Cast, Constraint, within
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Topology
from hagen.model.constraint import Location, ResourceSet
from hagen.naming import PROXY_CLONE
from hagen.source import Pointer

_Said = Iterator[tuple[Hashable, Pointer, str]]


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield constraints that mean nothing or are there twice."""
    cast = Cast(topology)
    found = topology.constraints
    constraints: tuple[Constraint, ...] = (*found.colocations, *found.orders)
    for constraint in constraints:
        pair = within(cast, constraint)
        if pair is None:
            continue
        one, other = pair
        what = f"{cast.name(one)} twice" if one == other else f"{cast.name(one)} and {cast.name(other)}"
        why = "" if one == other else ", which are of one group"
        yield codes.WITHIN_ITSELF.at(
            constraint.origin,
            f"`{constraint.id}` names {what}{why}",
            hint="name two resources"
            if one == other
            else "a group says it already: it is kept together, in its order",
            on_key=True,
        )
    yield from _twice(_colocations(topology, cast), "both place")
    yield from _twice(_orders(topology, cast), "both order")
    yield from _twice(_locations(topology, cast), "are both about")
    yield from _twice(_tickets(topology, cast), "are both about")


def _twice(said: _Said, verb: str) -> Iterator[Diagnostic]:
    seen: dict[Hashable, Pointer] = {}
    for key, at, what in said:
        earlier = seen.setdefault(key, at)
        if earlier != at and at[0] == "constraints":
            own = earlier[0] == "constraints"
            who = f"`{earlier[-1]}`" if own else "a constraint that hagen makes"
            yield codes.DUPLICATE_CONSTRAINT.at(
                at,
                f"`{at[-1]}` and {who} {verb} {what}",
                Label(earlier, "the other" if own else "hagen makes it for this", on_key=True),
                hint="keep one of them" if own else "remove it: hagen sees to it",
                on_key=True,
            )


def _colocations(topology: Topology, cast: Cast) -> _Said:
    resources = {vip.name: vip.resource for vip in topology.vips}
    for vip in topology.vips:
        ends = (vip.resource, PROXY_CLONE) if topology.proxy.everywhere else (PROXY_CLONE, vip.resource)
        if vip.leader is not None:
            ends = (vip.resource, resources[vip.leader])
        yield (*ends, "Started", "Started"), vip.origin, ""
    for each in topology.constraints.colocations:
        if each.resource is None or each.other is None:
            yield _sets(each.sets), each.origin, "the same sets"
            continue
        key = (each.resource, each.other, each.role or "Started", each.other_role or "Started")
        yield key, each.origin, f"{cast.name(each.resource)} with {cast.name(each.other)}"


def _orders(topology: Topology, cast: Cast) -> _Said:
    for vip in topology.vips:
        ends = (PROXY_CLONE, vip.resource) if topology.proxy.everywhere else (vip.resource, PROXY_CLONE)
        yield (*ends, "start", "start"), vip.origin, ""
    for each in topology.constraints.orders:
        if each.first is None or each.then is None:
            yield _sets(each.sets), each.origin, "the same sets"
            continue
        key = (each.first, each.then, each.first_action, each.then_action or each.first_action)
        yield key, each.origin, f"{cast.name(each.first)} before {cast.name(each.then)}"


def _sets(sets: tuple[ResourceSet, ...]) -> Hashable:
    return tuple(each.resources for each in sets)


def _locations(topology: Topology, cast: Cast) -> _Said:
    for device in topology.cluster.fencing.devices:
        if len(device.targets) == 1:
            yield (device.name, None, device.targets[0]), (*device.origin, "targets"), ""
    for each in topology.constraints.locations:
        what = f"what matches `{each.pattern}`" if each.resource is None else cast.name(each.resource)
        if each.node is not None:
            yield (each.resource, each.pattern, each.node), each.origin, f"{what} on `{each.node}`"
        else:
            yield (each.resource, each.pattern, _rule(each)), each.origin, f"{what} under the same rule"


def _rule(location: Location) -> Hashable:
    rule = location.rule
    return rule and (tuple(each.words for each in rule.all), tuple(each.words for each in rule.any))


def _tickets(topology: Topology, cast: Cast) -> _Said:
    for each in topology.constraints.tickets:
        if each.resource is None:
            yield (each.ticket, _sets(each.sets)), each.origin, f"the same sets and ticket `{each.ticket}`"
        else:
            key = (each.ticket, each.resource, each.role)
            yield key, each.origin, f"{cast.name(each.resource)} and ticket `{each.ticket}`"
