"""Listeners: who takes which address and port on a node. HAProxy itself accepts two on one place.

Source: haproxy/haproxy#868 ("works as designed"); bind(2): a wildcard takes the port on every address.
"""

from collections.abc import Iterator
from itertools import chain

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Bind, Topology
from hagen.quantity import Address


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield listeners that get in each other's way."""
    yield from _among_proxies(topology)
    yield from _with_daemons(topology)
    yield from _with_platform(topology)


def _owned_binds(topology: Topology) -> Iterator[tuple[Bind, str]]:
    services = (
        (bind, f"service `{service.name}`") for service in topology.services for bind in service.binds
    )
    stats = topology.proxy.stats
    return chain(((bind, "the stats page") for bind in (stats.binds if stats else ())), services)


def _among_proxies(topology: Topology) -> Iterator[Diagnostic]:
    seen: dict[tuple[Address, int], tuple[Bind, str]] = {}
    for bind, owner in _owned_binds(topology):
        place = (bind.address, bind.port)
        if place in seen:
            earlier, other = seen[place]
            yield codes.LISTENER_COLLISION.at(
                bind.origin,
                f"{owner} and {other} both listen on {bind.address} port {bind.port}",
                Label(earlier.origin, f"{other} listens here"),
                hint="give one of them another port or VIP",
            )
        seen.setdefault(place, (bind, owner))


def _with_daemons(topology: Topology) -> Iterator[Diagnostic]:
    """Yield collisions with the daemons of the services themselves, which run on the proxy's nodes."""
    by_port: dict[int, list[tuple[Bind, str]]] = {}
    by_place: dict[tuple[Address, int], tuple[Bind, str]] = {}
    for bind, owner in _owned_binds(topology):
        by_port.setdefault(bind.port, []).append((bind, owner))
        by_place[bind.address, bind.port] = (bind, owner)
    for service in topology.services:
        if service.listens_everywhere:
            for bind, owner in by_port.get(service.servers[0].port, ()):
                yield codes.DAEMON_COLLISION.at(
                    bind.origin,
                    f"{owner} wants port {bind.port} of {bind.owner}, and the daemon of service `{service.name}` takes it on every address of the nodes",
                    Label(service.origin, "its daemon", on_key=True),
                    hint=f"let the proxy listen on another port and keep `servers: {{port: {bind.port}}}`, or, if the daemon is bound "
                    "to its node's address, say `servers: {listen: address}`",
                )
            continue
        for server in service.servers:
            if (server.address, server.port) in by_place:
                bind, owner = by_place[server.address, server.port]
                yield codes.DAEMON_COLLISION.at(
                    bind.origin,
                    f"{owner} wants {bind.address} port {bind.port}, where the daemon of service `{service.name}` listens on node `{server.node}`",
                    Label(service.origin, "its daemon", on_key=True),
                    hint="give one of them another port",
                )


def _with_platform(topology: Topology) -> Iterator[Diagnostic]:
    for bind, owner in _owned_binds(topology):
        for daemon, port in topology.platform.daemons.items():
            if bind.port == port:
                yield codes.DAEMON_COLLISION.at(
                    bind.origin,
                    f"{owner} wants port {port} of {bind.owner}, and {daemon} takes it on every address of the nodes",
                    hint="take another port",
                )
