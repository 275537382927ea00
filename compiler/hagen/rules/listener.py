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
    # The stats page on the nodes' own addresses is as many listeners, and one mistake.
    told_once = tuple({each.place: each for each in reversed(listeners)}.values())[::-1]
    yield from _with_wildcards(told_once, topology)
    ours = {(each.bind.address, each.bind.port): each for each in listeners if each.service is None}
    for service in topology.services:
        if not service.listens_everywhere:
            yield from _with_servers(ours, service)
    for listener in told_once:
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
    twice: set[Pointer] = set()
    for each in listeners:
        bind = each.bind
        first = seen.setdefault((bind.address, bind.port), each)
        # Two VIPs, or a VIP and a node, of one address are wrong themselves, which is said elsewhere.
        if first is each or first.bind.owner != bind.owner:
            continue
        if first.owner != each.owner:
            yield codes.LISTENER_COLLISION.at(
                each.place,
                f"{each.owner} and {first.owner} both listen on {bind.address} port {bind.port}",
                Label(first.place, f"{first.owner} listens here"),
                hint="give one of them another port or VIP",
            )
        elif each.place not in twice:  # it is the same on all nodes
            twice.add(each.place)
            yield codes.LISTENER_COLLISION.at(
                each.place,
                f"{each.owner} listens there twice",
                Label(first.place, "first here"),
                hint="remove one, or give it another port",
            )


def _with_wildcards(listeners: tuple[_Listener, ...], topology: Topology) -> Iterator[Diagnostic]:
    """Yield collisions with daemons that take a port on every address of their nodes, one for each listener."""
    daemons: dict[int, Service] = {}
    own: set[tuple[str | None, int]] = set()
    answering: dict[int, Service] = {}
    for service in topology.services:
        port = service.servers[0].port
        if service.listens_everywhere:
            daemons.setdefault(port, service)
            own.add((service.name, port))
        if service.check.port is not None and service.check.port != port:
            answering.setdefault(service.check.port, service)
    for each in listeners:
        port = each.bind.port
        if (each.service, port) in own:
            yield codes.DAEMON_COLLISION.at(
                each.place,
                f"{each.owner} wants port {port}, and its own daemon takes it on every address of the nodes",
                hint=f"let the proxy listen on another port and keep `servers: {{port: {port}}}`, or, if the daemon "
                "is bound to its node's address, say `servers: {listen: address}`",
            )
        elif port in daemons:
            yield codes.DAEMON_COLLISION.at(
                each.place,
                f"{each.owner} wants port {port}, and the daemon of service `{daemons[port].name}` takes it on every address of the nodes",
                Label(daemons[port].origin, "its daemon", on_key=True),
                hint="take another port, or, if that daemon is bound to its node's address, say so there: "
                "`servers: {listen: address}`",
            )
        elif port in answering:
            yield codes.DAEMON_COLLISION.at(
                each.place,
                f"{each.owner} wants port {port}, where a daemon answers the checks of service `{answering[port].name}` on every address of the nodes",
                Label(answering[port].origin, "its checks ask there", on_key=True),
                hint="take another port",
            )


def _with_servers(ours: dict[tuple[Address, int], _Listener], service: Service) -> Iterator[Diagnostic]:
    """Yield collisions of the proxy's own listeners, `ours`, with daemons that take their node's address.

    A VIP is never a node's address, see `address`.
    """
    told = set()
    for server in service.servers:
        if isinstance(server.address, str):
            continue
        each = ours.get((server.address, server.port))
        if each is not None and each.bind.owner.startswith("node ") and each.place not in told:
            told.add(each.place)  # it is the same on all nodes
            yield codes.DAEMON_COLLISION.at(
                each.place,
                f"{each.owner} wants {server.address} port {server.port}, where the daemon of service `{service.name}` listens",
                Label(service.origin, "its daemon", on_key=True),
                hint="give one of them another port",
            )
