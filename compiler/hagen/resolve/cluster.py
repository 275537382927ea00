"""The Pacemaker cluster as a whole: properties, defaults, permissions."""

from typing import Any

from hagen.artifact import Origin
from hagen.model.cluster import Cluster, DefaultsSet, PcsPermission
from hagen.model.network import Network, Node
from hagen.model.platform import Platform
from hagen.model.setting import Secret, Setting
from hagen.resolve.corosync import corosync
from hagen.resolve.fencing import fencing
from hagen.resolve.reading import Reading
from hagen.resolve.rule import RESOURCES, Context, rule
from hagen.resolve.setting import closed, free, properties


def cluster(
    reading: Reading, platform: Platform, networks: dict[str, Network], nodes: tuple[Node, ...]
) -> Cluster:
    """Return the cluster."""
    said = reading.data["cluster"]
    return Cluster(
        name=said["name"],
        description=said["description"],
        openstack_release=said.get("openstack_release"),
        production=said["purpose"] == "production",
        corosync=corosync(reading, platform, networks, nodes),
        password=Secret(said["password"].get("env"), said["password"].get("file")),
        on_loss=said["quorum"]["on_loss"],
        fencing=fencing(reading, nodes),
        properties=_named(reading, "properties"),
        other_properties=free(("cluster", "other_properties"), said["other_properties"]),
        resource_defaults=_named(reading, "resource_defaults"),
        resource_defaults_sets=_sets(reading, "resource_defaults_sets", RESOURCES),
        operation_defaults=_named(reading, "operation_defaults"),
        operation_defaults_sets=_sets(reading, "operation_defaults_sets", RESOURCES | {"action"}),
        permissions=tuple(
            PcsPermission(
                each["type"], each["name"], tuple(each["allow"]), ("cluster", "pcs_permissions", index)
            )
            for index, each in enumerate(said.get("pcs_permissions", ()))
        ),
        origin=("cluster",),
        origins=reading.origins("cluster"),
    )


def _named(reading: Reading, key: str) -> tuple[Setting, ...]:
    return closed(reading, ("cluster", key), reading.data["cluster"][key], properties("cluster", key))


def _sets(reading: Reading, key: str, context: Context) -> tuple[DefaultsSet, ...]:
    found = []
    for name, said in reading.data["cluster"][key].items():
        at = ("cluster", key, name)
        score = said.get("score")
        values: Any = properties("#", "meta") if key.startswith("resource") else properties("#", "operation")
        found.append(
            DefaultsSet(
                id=name,
                score=None
                if score is None
                else Setting("score", str(score).removeprefix("+"), "", Origin("topology", (*at, "score"))),
                rule=rule(reading, (*at, "rule"), said["rule"], context) if "rule" in said else None,
                values=closed(reading, (*at, "values"), said["values"], values),
                origin=at,
            )
        )
    return tuple(found)
