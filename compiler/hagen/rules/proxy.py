"""HAProxy itself: where it runs, and sections of its own that somebody uses.

Source: HAProxy configuration manual, "peers" and "resolvers"; RFC 8555, section 8.3; Pacemaker Explained, "colocation".
"""

from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Frontend, Proxy, Service, Topology, Vip
from hagen.said import place

_HTTP = 80
"""The port to which an ACME server comes with a challenge of type http-01."""


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with the proxy and its services."""
    if not topology.proxy.everywhere:
        yield from _torn(topology)
    yield from _acme(topology)
    yield from _state(topology.proxy)
    yield from _peers(topology)
    used = {service.pool.resolvers for service in topology.services}
    for resolvers in topology.proxy.resolvers:
        if resolvers.name not in used:
            yield codes.UNUSED_SECTION.at(
                resolvers.origin,
                f"no service has its host names resolved by `{resolvers.name}`",
                hint=f"say at a service `servers: {{resolvers: {resolvers.name}}}`, or remove the section",
                on_key=True,
            )


def _acme(topology: Topology) -> Iterator[Diagnostic]:
    """Yield it when challenges come to a port on which nobody listens, or only somebody who does not know them."""
    acme = topology.proxy.acme
    if acme is None:
        return
    entries: tuple[Frontend | Service, ...] = (*topology.frontends, *topology.services)
    for entry in entries:
        plain = isinstance(entry, Frontend) or entry.mode == "http"
        listening = entry.tls.redirects if entry.tls else entry.binds if plain else ()
        if any(bind.port == _HTTP for bind in listening):
            return
    yield codes.ACME_WITHOUT_PORT_80.at(
        acme.origin,
        "challenges of ACME come by plain HTTP to port 80, where nothing of the proxy listens in mode http",
        hint="say `redirect_http: 80` under `tls` of the frontend or service that the certificate is for",
        on_key=True,
    )


def _state(proxy: Proxy) -> Iterator[Diagnostic]:
    if proxy.server_state is not None and proxy.stats_socket is None:
        yield codes.STATE_WITHOUT_SOCKET.at(
            ("proxy", "server_state"),
            "a reload asks HAProxy for the states of its servers, and there is no socket to ask at",
            hint="say `stats_socket: {}` beside it",
            on_key=True,
        )


def _peers(topology: Topology) -> Iterator[Diagnostic]:
    peers = topology.proxy.peers
    shared = [service for service in topology.services if service.stick is not None and service.stick.peers]
    limits = [each.rate_limit for each in topology.frontends] + [
        each.rate_limit for each in topology.services
    ]
    if peers is not None and not shared and not any(limits):
        yield codes.UNUSED_SECTION.at(
            peers.origin,
            "the proxies have peers, and no service has a table that they could share",
            hint="say at a service `stick: {peers: true}`, or remove `peers`",
            on_key=True,
        )
    for service in shared if peers is None else ():
        yield codes.TABLE_WITHOUT_PEERS.at(
            place(service.origins, ("stick.peers", "stick"), service.origin),
            f"service `{service.name}` shares its table with the other proxies, and none of them is known",
            hint="say on which network they talk: proxy: {peers: {network: …}}, or remove `peers: true`",
        )


def _torn(topology: Topology) -> Iterator[Diagnostic]:
    """With `with_vip` the proxy follows all VIPs, so all of them must be on one node."""
    leaders = {vip.name: vip.leader for vip in topology.vips}
    first = topology.vips[0]
    root = _root(first, leaders)
    for vip in topology.vips[1:]:
        # Those that follow another VIP are where that one is, so one diagnostic for each group is enough.
        if vip.leader is None and vip.name != root:
            yield codes.PROXY_TORN.at(
                vip.origin,
                f"with `placement: with_vip` the proxy cannot be with both `{first.name}` and `{vip.name}`",
                Label(("proxy", "placement"), "the proxy follows the VIPs"),
                hint=f"say `with: {first.name}` here, which keeps both on one node, or `placement: everywhere`",
                on_key=True,
            )


def _root(vip: Vip, leaders: dict[str, str | None]) -> str:
    name = vip.name
    while (leader := leaders[name]) is not None:
        name = leader
    return name
