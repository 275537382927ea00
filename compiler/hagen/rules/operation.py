"""Operations that the cluster takes, and what needs fencing only where there is fencing.

Source: Pacemaker Explained, "Resource Operations" and "Tickets"; pcs refuses two operations of one name and interval,
also for two roles; Pacemaker resets `on-fail: fence`, `requires: fencing` and a ticket's `fence` without fencing.
"""

from collections.abc import Iterable, Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Setting, Topology
from hagen.model.resource import Operation
from hagen.source import Pointer

_ONCE = frozenset({"start", "stop", "promote", "demote", "migrate_to", "migrate_from"})
_OF_MONITOR = 60_000
"""A monitor's interval in milliseconds where none is said, as pcs has it."""


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield operations that would be refused or ignored."""
    for each in topology.resources.primitives:
        yield from _operations(each.id, each.operations)
    for remote in topology.resources.remotes:
        yield from _operations(remote.name, remote.operations)
    if not topology.cluster.fencing.enabled:
        yield from _without_fencing(topology)


def _operations(resource: str, operations: Iterable[Operation]) -> Iterator[Diagnostic]:
    seen: dict[tuple[str, int], Pointer] = {}
    for each in operations:
        usual = _OF_MONITOR if each.action == "monitor" else 0
        interval = usual if each.interval is None else each.interval.milliseconds
        if each.action in _ONCE and interval:
            yield codes.BAD_OPERATION.at(
                (*each.origin, "interval"),
                f"`{each.action}` of `{resource}` is to happen again and again, which only a monitor does",
                hint="remove `interval`",
            )
        earlier = seen.setdefault((each.action, interval), each.origin)
        if earlier != each.origin:
            yield codes.BAD_OPERATION.at(
                (*each.origin, "action"),
                f"`{resource}` has two operations `{each.action}` with one interval, and Pacemaker tells them apart by that",
                Label((*earlier, "action"), "the other"),
                hint="give them different intervals, 10s and 11s, also where their roles differ",
            )
        for setting in each.settings:
            if setting.name == "on-fail" and setting.value == "demote" and not _may_demote(each, interval):
                yield codes.BAD_OPERATION.at(
                    setting.origin.at,
                    f"`{resource}` cannot be demoted when this operation fails",
                    hint="`demote` goes with `promote`, and with a `monitor` that says `role: Promoted`",
                )


def _may_demote(operation: Operation, interval: int) -> bool:
    if operation.action == "promote":
        return True
    return operation.action == "monitor" and operation.role == "Promoted" and interval > 0


def _without_fencing(topology: Topology) -> Iterator[Diagnostic]:
    cluster, found = topology.cluster, topology.resources
    settings: list[Setting] = [*cluster.resource_defaults, *cluster.operation_defaults]
    for defaults in (*cluster.resource_defaults_sets, *cluster.operation_defaults_sets):
        settings += defaults.values
    for primitive in found.primitives:
        settings += primitive.meta
        settings += (setting for operation in primitive.operations for setting in operation.settings)
    for remote in found.remotes:
        settings += remote.meta
        settings += (setting for operation in remote.operations for setting in operation.settings)
    settings += (setting for group in found.groups for setting in group.meta)
    settings += (setting for clone in found.clones for setting in clone.meta)
    settings += (setting for bundle in found.bundles for setting in bundle.meta)
    for setting in settings:
        if (setting.name, setting.value) in {
            ("on-fail", "fence"),
            ("requires", "fencing"),
            ("requires", "unfencing"),
        }:
            yield _needs(setting.origin.at, f"`{setting.name}: {setting.value}`")
    for ticket in topology.constraints.tickets:
        if ticket.loss_policy == "fence":
            yield _needs((*ticket.origin, "loss_policy"), "`loss_policy: fence`")
    if cluster.on_loss == "suicide":
        yield _needs(("cluster", "quorum", "on_loss"), "`on_loss: suicide`")


def _needs(at: Pointer, what: str) -> Diagnostic:
    return codes.NEEDS_FENCING.at(
        at,
        f"{what} stops a node, or waits until one is stopped, and fencing is off",
        Label(("cluster", "fencing", "enabled"), "off"),
        hint="turn fencing on, or remove it",
    )
