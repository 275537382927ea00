"""Clones and bundles: numbers of copies that fit each other, and roles only where copies have them.

Source: Pacemaker Explained, "Clone Options", "Promotable Clones" and "Bundles"; Pacemaker ignores `clone-node-max`
of an anonymous clone, and a `target-role` that its resource cannot have.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from hagen import codes
from hagen.cast import Cast
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Setting, Topology
from hagen.model.constraint import Order, ResourceSet
from hagen.source import Pointer

_ROLES = frozenset({"Promoted", "Unpromoted"})
_ACTIONS = frozenset({"promote", "demote"})
_MEND = "say `promotable: true` at its clone, or `promoted_max` at its bundle"


class _Said(NamedTuple):
    """A role or action that something is to have, and where that is written."""

    at: Pointer
    what: str
    resource: str


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield numbers that contradict each other, and roles of what cannot be promoted."""
    nodes = len(topology.nodes) + len(topology.resources.remotes)
    nodes += sum(each.guest is not None for each in topology.resources.primitives)
    for clone in topology.resources.clones:
        yield from _numbers(_values(clone.meta), "clone-max", "clone-node-max", "promoted-max", nodes)
        yield from _clone(_values(clone.meta))
        yield from _promoted(_values(clone.meta), nodes)
        for setting in clone.meta:
            if setting.name in {"promoted-max", "promoted-node-max"} and not clone.promotable:
                yield codes.NOT_PROMOTABLE.at(
                    setting.origin.at,
                    f"`{setting.name}` is said of `{clone.resource}`, whose copies cannot be promoted",
                    hint="say `promotable: true`, or remove it",
                )
    for bundle in topology.resources.bundles:
        values = _values(bundle.container)
        yield from _numbers(values, "replicas", "replicas-per-host", "promoted-max", nodes)
    cast = Cast(topology)
    able = _able(topology, cast)
    for each in (*_of_resources(topology), *_of_constraints(topology)):
        if each.resource not in able:
            yield codes.NOT_PROMOTABLE.at(
                each.at,
                f"{each.what} is said of {cast.name(each.resource)}, which cannot be promoted",
                hint=f"{_MEND}, or remove it",
            )


def _values(settings: Iterable[Setting]) -> Mapping[str, Setting]:
    return {setting.name: setting for setting in settings}


def _numbers(
    values: Mapping[str, Setting], most: str, per_node: str, promoted: str, nodes: int
) -> Iterator[Diagnostic]:
    """Yield it when there are to be more copies than places, or more promoted ones than copies."""
    each = int(values[per_node].value) if per_node in values else 1
    if most in values and int(values[most].value) > nodes * each:
        yield codes.COPIES_MISFIT.at(
            values[most].origin.at,
            f"{values[most].value} copies do not fit on {nodes} nodes with {each} on each",
            hint=f"at most {nodes * each}",
        )
    if promoted in values and most in values and int(values[promoted].value) > int(values[most].value):
        yield codes.COPIES_MISFIT.at(
            values[promoted].origin.at,
            f"{values[promoted].value} copies cannot be promoted of {values[most].value}",
            Label(values[most].origin.at, "how many there are"),
            hint=f"at most {values[most].value}",
        )


def _clone(values: Mapping[str, Setting]) -> Iterator[Diagnostic]:
    least, most, per_node = (values.get(name) for name in ("clone-min", "clone-max", "clone-node-max"))
    if least is not None and most is not None and int(least.value) > int(most.value):
        yield codes.COPIES_MISFIT.at(
            least.origin.at,
            f"{least.value} copies are waited for, and there are {most.value} at most",
            Label(most.origin.at, "how many there are"),
            hint=f"at most {most.value}",
        )
    unique = values.get("globally-unique")
    if per_node is not None and int(per_node.value) > 1 and (unique is None or unique.value != "true"):
        yield codes.COPIES_MISFIT.at(
            per_node.origin.at,
            f"{per_node.value} copies on a node cannot be told apart, so there is only one",
            hint="say `globally-unique: true` if the agent can tell its copies apart, or remove it",
        )


def _promoted(values: Mapping[str, Setting], nodes: int) -> Iterator[Diagnostic]:
    """Yield it when there are to be more promoted copies than nodes that may each have so many."""
    most, per_node = values.get("promoted-max"), values.get("promoted-node-max")
    each = int(per_node.value) if per_node is not None else 1
    if most is not None and int(most.value) > nodes * each:
        yield codes.COPIES_MISFIT.at(
            most.origin.at,
            f"{most.value} copies cannot be promoted on {nodes} nodes with {each} on each",
            hint=f"at most {nodes * each}",
        )


def _able(topology: Topology, cast: Cast) -> frozenset[str]:
    """Return everything that is promotable, or inside of something that is."""
    found = topology.resources
    able = {each for clone in found.clones if clone.promotable for each in (clone.id, clone.resource)}
    for bundle in found.bundles:
        if any(setting.name == "promoted-max" and setting.value != "0" for setting in bundle.container):
            able |= {bundle.id, bundle.resource or bundle.id}
    return frozenset(able | {member for member, group in cast.group.items() if group in able})


def _of_resources(topology: Topology) -> Iterator[_Said]:
    found = topology.resources
    metas: list[tuple[str, tuple[Setting, ...]]] = [(each.id, each.meta) for each in found.primitives]
    metas += [(each.id, each.meta) for each in found.groups] + [(each.id, each.meta) for each in found.clones]
    metas += [(each.id, each.meta) for each in found.bundles]
    metas += [(each.name, each.meta) for each in found.remotes]
    metas += [(each.name, each.meta) for each in topology.cluster.fencing.devices]
    for resource, meta in metas:
        for setting in meta:
            if setting.name == "target-role" and setting.value in _ROLES:
                yield _Said(setting.origin.at, f"`target-role: {setting.value}`", resource)
    operations = [(each.id, each.operations) for each in found.primitives]
    operations += [(each.name, each.operations) for each in found.remotes]
    for resource, those in operations:
        for operation in those:
            if operation.role in _ROLES:
                yield _Said((*operation.origin, "role"), f"an operation in role {operation.role}", resource)


def _of_constraints(topology: Topology) -> Iterator[_Said]:
    found = topology.constraints
    for location in found.locations:
        yield from _roles(location.origin, (location.resource, location.role, "role"))
    for colocation in found.colocations:
        yield from _roles(
            colocation.origin,
            (colocation.resource, colocation.role, "role"),
            (colocation.other, colocation.other_role, "with_role"),
        )
        yield from _of_sets(colocation.sets)
    for order in found.orders:
        yield from _of_order(order)
    for ticket in found.tickets:
        yield from _roles(ticket.origin, (ticket.resource, ticket.role, "role"))
        demoted = ticket.loss_policy == "demote"
        if ticket.resource is not None and demoted:
            yield _Said((*ticket.origin, "loss_policy"), "`loss_policy: demote`", ticket.resource)
        yield from _of_sets(ticket.sets, demoted=demoted)


def _of_order(order: Order) -> Iterator[_Said]:
    # The second action is the first one's where nothing is said of it.
    then_at = "then" if order.then_action in {None, order.first_action} else "then_action"
    ends = (
        (order.first, order.first_action, "first_action"),
        (order.then, order.then_action or order.first_action, then_at),
    )
    for resource, action, key in ends:
        if action in _ACTIONS and resource is not None:
            yield _Said((*order.origin, key), f"`{action}`", resource)
    yield from _of_sets(order.sets)


def _roles(origin: Pointer, *said: tuple[str | None, str | None, str]) -> Iterator[_Said]:
    for resource, role, key in said:
        if role in _ROLES and resource is not None:
            yield _role((*origin, key), role, resource)


def _role(at: Pointer, role: str | None, resource: str) -> _Said:
    return _Said(at, f"role {role}", resource)


def _of_sets(sets: tuple[ResourceSet, ...], *, demoted: bool = False) -> Iterator[_Said]:
    for part in sets:
        for index, resource in enumerate(part.resources):
            at = (*part.origin, "resources", index)
            if part.role in _ROLES:
                yield _role(at, part.role, resource)
            elif part.action in _ACTIONS:
                yield _Said(at, f"`{part.action}`", resource)
            elif demoted:
                yield _Said(at, "`loss_policy: demote`", resource)
