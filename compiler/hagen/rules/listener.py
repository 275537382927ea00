"""Listeners: who takes which address and port on a node. HAProxy itself accepts two on one place.

Source: haproxy/haproxy#868 ("works as designed"); bind(2): a wildcard takes the port on every address.
"""

from collections.abc import Iterator
from typing import NamedTuple

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Bind, Service, Topology
from hagen.quantity import Address
from hagen.source import Pointer


class _Listener(NamedTuple):
    """A bind of the proxy: whose it is, and where its port was said or, if it was not, the bind itself."""

    bind: Bind
    owner: str
    service: str | None
    place: Pointer


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield listeners that get in each other's way."""
    listeners = tuple(_listeners(topology))
    yield from _among_proxies(listeners)
    by_port: dict[int, list[_Listener]] = {}
    for each in listeners:
        by_port.setdefault(each.bind.port, []).append(each)
    ours = {(each.bind.address, each.bind.port): each for each in listeners if each.service is None}
    for service in topology.services:
        if service.listens_everywhere:
            yield from _with_wildcard(by_port.get(service.servers[0].port, []), service)
        else:
            yield from _with_servers(ours, service)
    for listener in listeners:
        for daemon, port in topology.platform.daemons.items():
            if listener.bind.port == port:
                yield codes.DAEMON_COLLISION.at(
                    listener.place,
                    f"{listener.owner} wants port {port}, and {daemon} takes it on every address of the nodes",
                    hint="take another port",
                )


def _listeners(topology: Topology) -> Iterator[_Listener]:
    stats = topology.proxy.stats
    for bind in stats.binds if stats else ():
        # The origin is the entry of `bind` or its `vip`; the port always stands beside it.
        yield _Listener(bind, "the stats page", None, (*bind.origin[:4], "port"))
    for service in topology.services:
        said = service.origins["port"]
        for bind in service.binds:
            place = said.at if said.kind == "topology" else bind.origin
            yield _Listener(bind, f"service `{service.name}`", service.name, place)


def _among_proxies(listeners: tuple[_Listener, ...]) -> Iterator[Diagnostic]:
    seen: dict[tuple[Address, int], _Listener] = {}
    for each in listeners:
        bind = each.bind
        first = seen.setdefault((bind.address, bind.port), each)
        # Two VIPs, or a VIP and a node, of one address are wrong themselves, which is said elsewhere.
        if first is not each and first.bind.owner == bind.owner:
            yield codes.LISTENER_COLLISION.at(
                each.place,
                f"{each.owner} and {first.owner} both listen on {bind.address} port {bind.port}",
                Label(first.place, f"{first.owner} listens here"),
                hint="give one of them another port or VIP",
            )


def _with_wildcard(listeners: list[_Listener], service: Service) -> Iterator[Diagnostic]:
    """Yield collisions of `listeners`, all on its port, with a daemon that takes it on every address of its nodes."""
    port = service.servers[0].port
    for each in listeners:
        if each.service == service.name:
            yield codes.DAEMON_COLLISION.at(
                each.place,
                f"{each.owner} wants port {port}, and its own daemon takes it on every address of the nodes",
                hint=f"let the proxy listen on another port and keep `servers: {{port: {port}}}`, or, if the daemon "
                "is bound to its node's address, say `servers: {listen: address}`",
            )
        else:
            yield codes.DAEMON_COLLISION.at(
                each.place,
                f"{each.owner} wants port {port}, and the daemon of service `{service.name}` takes it on every address of the nodes",
                Label(service.origin, "its daemon", on_key=True),
                hint="take another port, or, if that daemon is bound to its node's address, say so there: "
                "`servers: {listen: address}`",
            )


def _with_servers(ours: dict[tuple[Address, int], _Listener], service: Service) -> Iterator[Diagnostic]:
    """Yield collisions of the proxy's own listeners, `ours`, with daemons that take their node's address.

    A VIP is never a node's address, see `address`.
    """
    told = set()
    for server in service.servers:
        each = ours.get((server.address, server.port))
        if each is not None and each.bind.owner.startswith("node ") and each.place not in told:
            told.add(each.place)  # it is the same on all nodes
            yield codes.DAEMON_COLLISION.at(
                each.place,
                f"{each.owner} wants {server.address} port {server.port}, where the daemon of service `{service.name}` listens",
                Label(service.origin, "its daemon", on_key=True),
                hint="give one of them another port",
            )
