"""Since when, and until when, the programs of a platform have what a topology can want: the table.

Source of the versions: CHANGELOG.md of https://github.com/ClusterLabs/pcs and ChangeLog of
https://github.com/ClusterLabs/pacemaker, where no other is named.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeAlias

from hagen.model import Setting, Topology
from hagen.model.constraint import Rule
from hagen.source import Pointer

Find: TypeAlias = Callable[[Topology], Iterable[Pointer]]
"""Where a topology wants something."""


class Gate(NamedTuple):
    """Something that `program` has from version `since` on."""

    what: str
    program: str
    since: str
    find: Find


class Gone(NamedTuple):
    """Something that `program` no longer has from version `since` on, and what to do instead."""

    what: str
    program: str
    since: str
    find: Find
    instead: str


def _places(settings: Iterable[Setting], names: Iterable[str], value: str | None = None) -> Iterator[Pointer]:
    """Yield where settings of these names, and perhaps this value, stand in the topology."""
    wanted = frozenset(names)
    return (
        each.origin.at
        for each in settings
        if each.name in wanted and value in {None, each.value} and each.origin.kind == "topology"
    )


def _property(*names: str) -> Find:
    return lambda topology: _places(topology.cluster.properties, names)


def _other_property(*names: str) -> Find:
    return lambda topology: _places(topology.cluster.other_properties, names)


def metas(topology: Topology) -> Iterator[Setting]:
    """Yield every meta attribute of a resource, and the defaults of all."""
    cluster, made = topology.cluster, topology.resources
    yield from cluster.resource_defaults
    for defaults in cluster.resource_defaults_sets:
        yield from defaults.values
    own = [each.meta for each in made.primitives] + [each.meta for each in made.groups]
    own += [each.meta for each in made.clones] + [each.meta for each in made.bundles]
    for meta in (*own, *(each.meta for each in made.remotes)):
        yield from meta


def _meta(*names: str, value: str | None = None) -> Find:
    return lambda topology: _places(metas(topology), names, value)


def _demoted(topology: Topology) -> Iterator[Pointer]:
    cluster, made = topology.cluster, topology.resources
    settings = [*cluster.operation_defaults]
    settings += [each for defaults in cluster.operation_defaults_sets for each in defaults.values]
    own = [each.operations for each in made.primitives] + [each.operations for each in made.remotes]
    settings += [each for operations in own for operation in operations for each in operation.settings]
    return _places(settings, ["on-fail"], "demote")


def _rules(topology: Topology) -> Iterator[Rule]:
    cluster = topology.cluster
    sets = (*cluster.resource_defaults_sets, *cluster.operation_defaults_sets)
    rules = [each.rule for each in sets] + [each.rule for each in topology.constraints.locations]
    yield from (rule for rule in rules if rule is not None)


def _numbers(topology: Topology) -> Iterator[Pointer]:
    for rule in _rules(topology):
        for expression in (*rule.all, *rule.any):
            if expression.words[2:3] == ("number",):
                yield (*expression.origin, "type")


def _said(*at: str) -> Find:
    """Return what finds a key of the cluster that was said; its value is a tuple of the model."""
    return lambda topology: [("cluster", *at)] if getattr(topology.cluster, at[0]) else []


def _transport(*names: str) -> Find:
    return lambda topology: _places(topology.cluster.corosync.transport.options, names)


def _knet(topology: Topology) -> Iterator[Pointer]:
    if topology.cluster.corosync.transport.kind == "knet":
        yield ("cluster", "transport", "type")


_OLD_TOTEM = frozenset(
    {"token", "token_coefficient", "join", "consensus", "miss_count_const", "fail_recv_const"}
)
"""What `cluster setup` of pcs 0.9 takes, see its pcs(8)."""


def _totem(topology: Topology) -> Iterator[Pointer]:
    settings = topology.cluster.corosync.totem
    return _places(settings, {each.name for each in settings} - _OLD_TOTEM - {"block_unlisted_ips"})


def _alerts(topology: Topology) -> Iterator[Pointer]:
    for alert in topology.alerts:
        yield from _places(alert.meta, ["enabled"])
        for recipient in alert.recipients:
            yield from _places(recipient.meta, ["enabled"])


GATES: tuple[Gate, ...] = (
    Gate("knet needs", "corosync", "3.0", _knet),
    Gate("this transport option needs", "pcs", "0.10", _transport("netmtu", "ip_version")),
    Gate("this totem option needs", "pcs", "0.10", _totem),
    # rhbz#1720221
    Gate(
        "`block_unlisted_ips` needs",
        "pcs",
        "0.10.9",
        lambda topology: _places(topology.cluster.corosync.totem, ["block_unlisted_ips"]),
    ),
    # rhbz#1664828
    Gate(
        "the timeout action of SBD needs",
        "pcs",
        "0.10.2",
        lambda topology: (
            [("cluster", "fencing", "sbd", "timeout_action")]
            if topology.cluster.fencing.sbd and topology.cluster.fencing.sbd.timeout_action
            else []
        ),
    ),
    Gate("a tag needs", "pcs", "0.10.6", lambda topology: [each.origin for each in topology.resources.tags]),
    Gate("sets of defaults need", "pcs", "0.10.7", _said("resource_defaults_sets")),
    Gate("sets of defaults need", "pcs", "0.10.7", _said("operation_defaults_sets")),
    Gate(
        "an id of a clone's own needs",
        "pcs",
        "0.10.7",
        lambda topology: [(*each.origin, "id") for each in topology.resources.clones if each.custom],
    ),
    Gate("comparing as numbers needs", "pcs", "0.10.7", _numbers),
    # Pacemaker's own change, which pcs 0.10.7 follows.
    Gate("`on-fail: demote` needs", "pacemaker", "2.0.5", _demoted),
    Gate(
        "`on_loss: demote` needs",
        "pacemaker",
        "2.0.5",
        lambda topology: [("cluster", "quorum", "on_loss")] if topology.cluster.on_loss == "demote" else [],
    ),
    # podman: Pacemaker 2.0.1; `pcs resource bundle` of 0.9 knows docker alone.
    Gate(
        "podman needs",
        "pacemaker",
        "2.0.1",
        lambda topology: [
            (*each.origin, "container", "type")
            for each in topology.resources.bundles
            if each.kind == "podman"
        ],
    ),
    Gate(
        "`promoted_max` needs",
        "pcs",
        "0.10.1",
        lambda topology: [
            (*each.origin, "container", "promoted_max")
            for each in topology.resources.bundles
            if any(setting.name == "promoted-max" for setting in each.container)
        ],
    ),
    # Before 2.0.0 these were crmd-finalization-timeout, crmd-integration-timeout and crmd-transition-delay.
    Gate(
        "this property needs",
        "pacemaker",
        "2.0.0",
        _property("join-finalization-timeout", "join-integration-timeout", "transition-delay"),
    ),
    Gate("`fence-reaction` needs", "pacemaker", "2.0.3", _property("fence-reaction")),
    Gate("this property needs", "pacemaker", "2.0.4", _property("shutdown-lock", "shutdown-lock-limit")),
    Gate("`priority-fencing-delay` needs", "pacemaker", "2.0.4", _property("priority-fencing-delay")),
    Gate("`node-pending-timeout` needs", "pacemaker", "2.1.7", _property("node-pending-timeout")),
    Gate("`critical` needs", "pacemaker", "2.1.0", _meta("critical")),
    Gate("`allow-unhealthy-nodes` needs", "pacemaker", "2.1.3", _meta("allow-unhealthy-nodes")),
    Gate("`stop_unexpected` needs", "pacemaker", "2.1.3", _meta("multiple-active", value="stop_unexpected")),
    Gate(
        "roles of groups need",
        "pacemaker",
        "2.1.5",
        lambda topology: (
            [("acls", "groups")]
            if topology.acls and any(each.kind == "group" for each in topology.acls.targets)
            else []
        ),
    ),
    Gate("`enabled` of alerts needs", "pacemaker", "2.1.6", _alerts),
    Gate(
        "a property `fencing-…` needs",
        "pacemaker",
        "3.0.2",
        _other_property("fencing-enabled", "fencing-action"),
    ),
)
"""Everything that some platform's programs are too old for."""

GONE: tuple[Gone, ...] = (
    Gone(
        "`remove-after-stop`",
        "pacemaker",
        "3.0.0",
        _property("remove-after-stop"),
        "remove it: false was its only safe value",
    ),
    Gone(
        "this property",
        "pacemaker",
        "3.0.0",
        _other_property("crmd-finalization-timeout", "crmd-integration-timeout", "crmd-transition-delay"),
        "say it under cluster.properties by its new name: join-finalization-timeout, join-integration-timeout,"
        " transition-delay",
    ),
)
"""Everything that some platform's programs no longer have."""
