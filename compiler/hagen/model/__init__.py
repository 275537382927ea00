"""The resolved topology: what rules judge and emitters write down. Frozen, complete, without default values.

Every part knows its `origin`, the pointer of the node it was made from; where single values may come from the
catalog or the schema instead, `origins` gives the Origin of each by its key.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hagen.artifact import Origins
from hagen.model.access import Acls, Alert
from hagen.model.cluster import Cluster
from hagen.model.constraint import Booth, Constraints
from hagen.model.fencing import Fencing, FencingDevice
from hagen.model.frontend import Bind, Frontend
from hagen.model.network import Network, Node, Vip
from hagen.model.platform import Platform
from hagen.model.proxy import Proxy, Stats
from hagen.model.resource import Resources
from hagen.model.service import Check, Server, Service
from hagen.model.setting import Secret, Setting

__all__ = [
    "Acls",
    "Alert",
    "Bind",
    "Booth",
    "Check",
    "Cluster",
    "Constraints",
    "Fencing",
    "FencingDevice",
    "Frontend",
    "Network",
    "Node",
    "Platform",
    "Provisioning",
    "Proxy",
    "Resources",
    "Secret",
    "Server",
    "Service",
    "Setting",
    "Stats",
    "Topology",
    "Vip",
]


class Provisioning(NamedTuple):
    """What makes the nodes ready."""

    cloud_init: bool
    kickstart: bool
    firewall: bool
    packages: tuple[str, ...]
    origins: Origins


def binds(proxy: Proxy, frontends: Iterable[Frontend], services: Iterable[Service]) -> tuple[Bind, ...]:
    """Return what HAProxy listens on: its own pages, then frontends and services, each with its redirects."""
    found = [part.binds for part in (proxy.stats, proxy.metrics) if part is not None]
    entries: tuple[Frontend | Service, ...] = (*frontends, *services)
    for entry in entries:
        found += [entry.binds, entry.tls.redirects if entry.tls else ()]
    return tuple(bind for each in found for bind in each)


class Topology(NamedTuple):
    """Everything that was said, found in the catalog, taken as default or derived."""

    platform: Platform
    cluster: Cluster
    networks: Mapping[str, Network]
    nodes: tuple[Node, ...]
    vips: tuple[Vip, ...]
    proxy: Proxy
    frontends: tuple[Frontend, ...]
    services: tuple[Service, ...]
    resources: Resources
    constraints: Constraints
    booth: Booth | None
    acls: Acls | None
    alerts: tuple[Alert, ...]
    sysctls: tuple[Setting, ...]
    provisioning: Provisioning

    @property
    def binds(self) -> tuple[Bind, ...]:
        """Everything that HAProxy listens on for clients and for people."""
        return binds(self.proxy, self.frontends, self.services)

    @property
    def node_names(self) -> tuple[str, ...]:
        """The names of all nodes, in the order of the topology."""
        return tuple(node.name for node in self.nodes)
