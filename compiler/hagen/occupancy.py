"""Who takes which port of a node: HAProxy, the daemons behind it, and the cluster's own. Two on one place is a mistake.

Source: bind(2), a wildcard takes the port on every address; boothd(8), corosync.conf(5), dlm_controld(8) for the ports.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from hagen.diagnostic import Label
from hagen.model import Bind, Frontend, Service, Topology
from hagen.model.frontend import Tls
from hagen.quantity import Address
from hagen.source import Pointer

DLM = 21064
"""The TCP port on which the kernels of members lock for each other."""

DLM_AGENT = "ocf:pacemaker:controld"
"""The resource agent that makes a node need it."""

Kind: TypeAlias = Literal["server", "check", "agent", "acme", "system"]


class Listener(NamedTuple):
    """A place that HAProxy itself takes; `owner` names the VIP or node whose address it is, `service` is a name."""

    who: str
    service: str | None
    address: Address
    port: int
    owner: str
    label: Label


class Daemon(NamedTuple):
    """A program beside HAProxy that takes a port of nodes, on `addresses` or, if that is None, on all of the node's.

    A `server` is reached by the proxy, a `check` answers its checks elsewhere, an `agent` says how much a server
    can take; `system` daemons are the cluster's and the platform's own. `said` tells whether the topology itself has
    the port.
    """

    kind: Kind
    who: str
    service: Service | None
    addresses: frozenset[Address] | None
    nodes: frozenset[str]
    port: int
    protocol: Literal["tcp", "udp"]
    said: bool
    label: Label | None


def listeners(topology: Topology) -> Iterator[Listener]:
    """Yield what HAProxy listens on, all of it TCP: its own pages, frontends, services, redirects, peers."""
    proxy = topology.proxy
    for who, page in (("the stats page", proxy.stats), ("the exporter of metrics", proxy.metrics)):
        for bind in page.binds if page else ():
            yield _listener(who, None, bind)
    for frontend in topology.frontends:
        yield from _entry(f"frontend `{frontend.name}`", frontend, None)
    for service in topology.services:
        yield from _entry(f"service `{service.name}`", service, service.name)
    peers = proxy.peers
    for peer in peers.peers if peers else ():
        said = peers.origins["port"] if peers else None
        label = (
            Label(said.at)
            if said is not None and said.kind == "topology"
            else Label(("proxy", "peers"), on_key=True)
        )
        yield Listener("the exchange with peers", None, peer.address, peer.port, f"node {peer.node}", label)


def _entry(who: str, entry: Frontend | Service, service: str | None) -> Iterator[Listener]:
    for bind in entry.binds:
        yield _listener(who, service, bind)
    tls: Tls | None = entry.tls
    for bind in tls.redirects if tls else ():
        yield _listener(f"the redirect of {who}", None, bind)


def _listener(who: str, service: str | None, bind: Bind) -> Listener:
    """Return a listener of `bind`; its place is where the port was said or, if it was not, the wish to listen."""
    port = bind.origins[-1]
    here = bind.origin if port.kind != "topology" or bind.origin[-1] == "redirect_http" else port.at
    return Listener(who, service, bind.address, bind.port, bind.owner, Label(here))


def daemons(topology: Topology) -> Iterator[Daemon]:
    """Yield what else listens on the nodes: servers, what answers checks, then what belongs to no service."""
    for service in topology.services:
        yield from _of_service(service)
    acme = topology.proxy.acme
    if acme is not None and acme.servers:
        nodes = frozenset(server.node for server in acme.servers)
        label = Label((*acme.origin, "port"))
        yield Daemon("acme", "the ACME client", None, None, nodes, acme.servers[0].port, "tcp", True, label)
    yield from _system(topology)


def _of_service(service: Service) -> Iterator[Daemon]:
    check = service.check
    nodes = frozenset(each.node for each in service.servers if each.node is not None)
    if not nodes:
        return
    local = [each for each in service.servers if each.node is not None]
    port, (said, label) = local[0].port, _place(service, "servers.port", "port")
    own = frozenset(each.address for each in local if not isinstance(each.address, str))
    where = None if service.listens_everywhere else own
    who = f"the daemon of service `{service.name}`"
    yield Daemon("server", who, service, where, nodes, port, "tcp", said, label)
    if check.kind != "none" and check.port is not None and check.port != port:
        said, label = _place(service, "check.port")
        who = f"what answers the checks of service `{service.name}`"
        yield Daemon("check", who, service, None, nodes, check.port, "tcp", said, label)
    if check.kind != "none" and check.agent is not None:
        label = Label((*service.origin, "check", "agent", "port"))
        who = f"the agent of service `{service.name}`"
        yield Daemon("agent", who, service, None, nodes, check.agent.port, "tcp", True, label)


def _place(service: Service, *keys: str) -> tuple[bool, Label]:
    """Return whether any of `keys`, the first that was, is said in the topology, and where, or else the service."""
    for key in keys:
        origin = service.origins[key]
        if origin.kind == "topology":
            return True, Label(origin.at)
        if origin.kind == "catalog":
            break
    return False, Label(service.origin, on_key=True)


def _system(topology: Topology) -> Iterator[Daemon]:
    nodes = frozenset(topology.node_names)

    def own(
        who: str,
        port: int,
        protocol: Literal["tcp", "udp"],
        at: Pointer | None,
        on: frozenset[Address] | None,
    ) -> Daemon:
        label = None if at is None else Label(at, on_key=True)
        return Daemon("system", who, None, on, nodes, port, protocol, at is not None, label)

    for name, port in topology.platform.daemons.items():
        yield own(name, port, "tcp", None, None)
    for link in topology.cluster.corosync.links:
        on = frozenset(
            node.addresses[link.network.name]
            for node in topology.nodes
            if link.network.name in node.addresses
        )
        yield own("Corosync", link.port, "udp", link.origin, on)
    if topology.booth is not None:
        yield own("booth", topology.booth.port, "tcp", topology.booth.origin, None)
        yield own("booth", topology.booth.port, "udp", topology.booth.origin, None)
    for primitive in topology.resources.primitives:
        if primitive.agent == DLM_AGENT:
            yield own("the kernel's lock manager", DLM, "tcp", primitive.origin, None)
            break


def ports(topology: Topology) -> dict[int, Pointer]:
    """Return the ports that something on a node listens on, each with the place that it comes from."""
    places = [(each.port, each.label) for each in listeners(topology)]
    places += [(each.port, each.label) for each in daemons(topology) if each.label is not None]
    return {port: label.at for port, label in reversed(places)}
