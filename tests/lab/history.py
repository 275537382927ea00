"""What has happened on the cluster so far: comparing it before and after says what was started, stopped or changed."""

import xml.etree.ElementTree as ET  # the documents are the lab's own
from collections.abc import Iterable
from typing import NamedTuple

from lab.host import Host

_DAEMONS = ("corosync.service", "pacemaker.service", "haproxy.service")
_CHANGES = ("start", "stop", "promote", "demote", "migrate_to", "migrate_from")

Objects = dict[str, tuple[str, ...]]


class History(NamedTuple):
    """The starts and stops that Pacemaker remembers, by node, resource and call, and the daemons that run, by node."""

    operations: frozenset[tuple[str, ...]]
    daemons: frozenset[tuple[str, ...]]

    def of(self, *resources: str) -> frozenset[tuple[str, ...]]:
        """Return the starts and stops of some resources."""
        return frozenset(each for each in self.operations if each[1] in resources)


def history(hosts: Iterable[Host]) -> History:
    """Ask the cluster, and each of its nodes."""
    hosts = tuple(hosts)
    status = ET.fromstring(hosts[0].run("cibadmin", "--query", "--scope", "status").out)  # noqa: S314
    operations = frozenset(
        (
            node.get("uname", ""),
            resource.get("id", ""),
            operation.get("operation_key", ""),
            operation.get("last-rc-change", ""),
        )
        for node in status.iter("node_state")
        for resource in node.iter("lrm_resource")
        for operation in resource.iter("lrm_rsc_op")
        if operation.get("operation") in _CHANGES
    )
    asked = ("systemctl", "show", "--property=MainPID,ActiveEnterTimestampMonotonic", *_DAEMONS)
    daemons = frozenset((host.name, *sorted(host.run(*asked).out.split())) for host in hosts)
    return History(operations, daemons)


def objects(host: Host) -> Objects:
    """Return everything in the cluster's configuration that has an id, but the nodes: its tag and attributes by the id."""
    root = ET.fromstring(host.run("cibadmin", "--query", "--scope", "configuration").out)  # noqa: S314
    nodes = root.find("nodes")
    if nodes is not None:
        root.remove(nodes)
    return {
        each.get("id", ""): (each.tag, *(f"{name}={value}" for name, value in sorted(each.attrib.items())))
        for each in root.iter()
        if each.get("id") and each.get("name") not in {"last-lrm-refresh", "have-watchdog", "dc-version"}
    }


def changed(before: Objects, after: Objects) -> set[str]:
    """Return the ids of what came, went, or has other attributes."""
    return {each for each in before.keys() | after.keys() if before.get(each) != after.get(each)}
