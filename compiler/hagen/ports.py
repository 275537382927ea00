"""The one table of addresses and ports: where a machine is reached, by whom, and why. Firewalls are made from it.

Source: corosync.conf(5) for `mcastport`, pcs' README for pcsd, corosync-qnetd(8), pacemaker-remoted(8), boothd(8),
dlm_controld(8).
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from hagen.artifact import Origin
from hagen.model import Frontend, Service, Topology
from hagen.occupancy import DLM, DLM_AGENT
from hagen.quantity import Address
from hagen.source import Pointer

QNETD = 5403
"""The TCP port on which corosync-qnetd listens, unless it is told another one."""

Audience: TypeAlias = Literal["everyone", "members", "sites"]
"""Who has a reason to connect: anybody; the nodes of the cluster; the sites that share tickets, and their members."""


class Row(NamedTuple):
    """A place where a machine listens.

    `address` None is every address of the machine. `closed` places are of the cluster's own daemons: nobody outside
    their audience has any business there.
    """

    address: Address | None
    port: int
    protocol: Literal["tcp", "udp", "sctp"]
    audience: Audience
    closed: bool
    reason: str
    origins: tuple[Origin, ...]


def of_nodes(topology: Topology) -> tuple[Row, ...]:
    """Return the places of the cluster's nodes: first the cluster's own daemons, then servers, then the proxy."""
    return (*_daemons(topology), *_servers(topology), *_listeners(topology))


def of_device(topology: Topology) -> tuple[Row, ...]:
    """Return the places of the quorum device's host.

    None of them is closed: it may serve other clusters too, of which nobody here knows. Neither daemon serves strangers
    (corosync-qnetd asks for a certificate that it has signed, pcsd for the password of hacluster).
    """
    device = topology.cluster.corosync.device
    if device is None:
        return ()
    asked = (Origin("topology", device.origin),)
    pcsd = topology.platform.daemons["pcsd"]
    return (
        Row(None, device.port or QNETD, "tcp", "everyone", False, "nodes ask for a vote", asked),
        Row(None, pcsd, "tcp", "everyone", False, "pcs fetches the device's certificates", asked),
    )


def of_remote(topology: Topology, name: str) -> tuple[Row, ...]:
    """Return the places of the Pacemaker remote host `name`: the nodes connect to it, it connects to nobody."""
    (remote,) = [each for each in topology.resources.remotes if each.name == name]
    said = (Origin("topology", remote.origin),)
    pcsd = topology.platform.daemons["pcsd"]
    return (
        Row(None, remote.port, "tcp", "members", True, "Pacemaker runs resources on the host", said),
        Row(None, pcsd, "tcp", "members", True, "pcs hands the host its key", said),
    )


def sources(topology: Topology, audience: Audience) -> tuple[tuple[Address, Pointer], ...]:
    """Return the addresses that an audience connects from, each with its place; nothing for everyone.

    A VIP is an address of whichever node has it, and the kernel may choose it for what that node sends.
    """
    if audience == "everyone":
        return ()
    found: dict[Address, Pointer] = {}
    for node in topology.nodes:
        for network, address in node.addresses.items():
            found.setdefault(address, (*node.origin, "addresses", network))
    for vip in topology.vips:
        found.setdefault(vip.address, vip.origin)
    if audience == "sites" and topology.booth is not None:
        others = [address for _, address in topology.booth.sites]
        for address in (*others, *topology.booth.arbitrators):
            found.setdefault(address, topology.booth.origin)
    return tuple(found.items())


def _daemons(topology: Topology) -> Iterator[Row]:
    for link in topology.cluster.corosync.links:
        for node in topology.nodes:
            if link.network.name in node.addresses:
                yield Row(
                    node.addresses[link.network.name],
                    link.port,
                    "sctp" if link.sctp else "udp",
                    "members",
                    closed=True,
                    reason="Corosync: nodes hear each other",
                    origins=(Origin("topology", link.origin),),
                )
    yield Row(
        None,
        topology.platform.daemons["pcsd"],
        "tcp",
        "members",
        closed=True,
        reason="pcsd: pcs on one node commands the others",
        origins=(Origin("platform", (topology.platform.name, "daemons", "pcsd")),),
    )
    for primitive in topology.resources.primitives:
        if primitive.agent == DLM_AGENT:
            said, reason = (Origin("topology", primitive.origin),), "DLM: nodes lock for each other"
            yield Row(None, DLM, "tcp", "members", True, reason, said)
            break
    booth = topology.booth
    if booth is not None:
        said, reason = (Origin("topology", booth.origin),), "booth: sites agree on tickets"
        yield Row(None, booth.port, "tcp", "sites", True, reason, said)
        yield Row(None, booth.port, "udp", "sites", True, reason, said)


def _servers(topology: Topology) -> Iterator[Row]:
    seen: set[tuple[Address, int]] = set()
    for service in topology.services:
        reason = f"the proxy of any node reaches {service.name}"
        origins = (Origin("topology", service.origin),)
        for server in service.servers:
            if server.node is None or isinstance(server.address, str):
                continue
            agent = service.check.agent
            asked = (server.port, service.check.port, agent.port if agent else None)
            for port in dict.fromkeys(each for each in asked if each is not None):
                if (server.address, port) not in seen:
                    seen.add((server.address, port))
                    yield Row(server.address, port, "tcp", "members", False, reason, origins)


def _listeners(topology: Topology) -> Iterator[Row]:
    proxy = topology.proxy
    pages = [
        (proxy.stats, "people look at the stats page"),
        (proxy.metrics, "Prometheus reads HAProxy's numbers"),
    ]
    for page, reason in pages:
        for bind in page.binds if page else ():
            yield Row(bind.address, bind.port, "tcp", "everyone", False, reason, bind.origins)
    entries: list[Frontend | Service] = [*topology.frontends, *topology.services]
    for entry in entries:
        for bind in entry.binds:
            reason = f"clients reach {entry.name}"
            yield Row(bind.address, bind.port, "tcp", "everyone", False, reason, bind.origins)
        for bind in entry.tls.redirects if entry.tls else ():
            reason = f"clients of {entry.name} are sent to TLS"
            yield Row(bind.address, bind.port, "tcp", "everyone", False, reason, bind.origins)
    peers, acme = proxy.peers, proxy.acme
    for peer in peers.peers if peers else ():
        origins = (Origin("topology", peers.origin),) if peers else ()
        yield Row(
            peer.address, peer.port, "tcp", "members", True, "proxies share their stick tables", origins
        )
    for server in acme.servers if acme else ():
        origins = (Origin("topology", acme.origin),) if acme else ()
        reason = "the proxy of any node reaches the ACME client"
        yield Row(server.address, server.port, "tcp", "members", False, reason, origins)
