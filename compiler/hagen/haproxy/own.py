"""Sections of HAProxy's own: its pages, its peers, its name servers, and where challenges of ACME go."""

from collections.abc import Iterator

from hagen.artifact import Line, Origin
from hagen.haproxy import bind
from hagen.haproxy.words import PEERS, Section, Version, acl, networks, place, quote, release, section
from hagen.model import Stats, Topology
from hagen.model.proxy import Acme, Metrics, Peers, Resolvers


def sections(topology: Topology) -> Iterator[Section]:
    """Yield the sections that belong to no service."""
    proxy, has = topology.proxy, release(topology.platform)
    if proxy.peers is not None:
        yield _peers(proxy.peers, has)
    for resolvers in proxy.resolvers:
        yield _resolvers(resolvers, has)
    if proxy.stats is not None:
        yield _stats(proxy.stats, has)
    if proxy.metrics is not None:
        yield _metrics(proxy.metrics, has)
    if proxy.acme is not None:
        yield _acme(proxy.acme, has)


def _peers(peers: Peers, has: Version) -> Section:
    origin = Origin("topology", peers.origin)
    why = Line(
        "the proxies tell each other their stick tables; each finds itself by its host name", (origin,)
    )
    lines = [
        Line(
            f"peer {peer.node} {place(peer.address, peer.port, has)}",
            (origin, Origin("topology", ("nodes", peer.node))),
        )
        for peer in peers.peers
    ]
    return section((why,), Line(f"peers {PEERS}", (origin,)), lines)


def _resolvers(resolvers: Resolvers, has: Version) -> Section:
    origin, origins = Origin("topology", resolvers.origin), resolvers.origins
    lines = [
        Line(
            f"nameserver {each.name} {place(each.address, each.port, has)}",
            (Origin("topology", each.origin),),
        )
        for each in resolvers.nameservers
    ]
    lines += [
        Line(f"resolve_retries {resolvers.retries}", (origins["retries"],)),
        Line(f"timeout resolve {resolvers.timeout.haproxy}", (origins["timeout"],)),
        Line(f"timeout retry {resolvers.timeout.haproxy}", (origins["timeout"],)),
        Line(f"hold valid {resolvers.hold_valid.haproxy}", (origins["hold_valid"],)),
    ]
    return section((), Line(f"resolvers {resolvers.name}", (origin,)), lines)


def _stats(stats: Stats, has: Version) -> Section:
    password = Origin("topology", (*stats.origin, "password", "env"))
    page = Origin("topology", stats.origin)
    plain = Origin(
        "hagen",
        stats.origin,
        "the page says which node answers and how its colours are meant, and no version",
    )
    closed = Origin(
        "hagen",
        password.at,
        "HAProxy takes an unset variable for an empty password: then nobody may see the page",
    )
    return section(
        (Line("numbers of all proxies; the password is in the environment of HAProxy's service", (page,)),),
        Line("listen stats", (page,)),
        [
            *bind.binds(stats.binds, None, "http", has),
            Line("mode http", (page,)),
            Line(f"http-request deny unless {{ env({stats.password_env}) -m len gt 0 }}", (closed,)),
            Line("stats enable", (page,)),
            Line(f"stats uri {quote(stats.uri, has)}", (stats.origins["uri"],)),
            Line(f"stats realm {quote(stats.realm, has)}", (stats.origins["realm"],)),
            Line(f'stats auth "{stats.user}:${{{stats.password_env}}}"', (stats.origins["user"], password)),
            Line(f"stats refresh {stats.refresh.haproxy}", (stats.origins["refresh"],)),
            Line("stats show-node", (plain,)),
            Line("stats show-legends", (plain,)),
            Line("stats hide-version", (plain,)),
        ],
    )


def _metrics(metrics: Metrics, has: Version) -> Section:
    origin, path = Origin("topology", metrics.origin), metrics.origins["path"]
    allow: list[Line] = []
    if metrics.allow is not None:
        readers = metrics.origins["allow"]
        allow = [
            *acl("allowed_source", "src", networks(metrics.allow), readers),
            Line("http-request deny if !allowed_source", (readers,)),
        ]
    return section(
        (Line("numbers for Prometheus", (origin,)),),
        Line("frontend metrics", (origin,)),
        [
            *bind.binds(metrics.binds, None, "http", has),
            Line("mode http", (origin,)),
            *allow,
            Line(f"http-request use-service prometheus-exporter if {{ path {metrics.path} }}", (path,)),
            Line("http-request deny", (path,)),
        ],
    )


def _acme(acme: Acme, has: Version) -> Section:
    origin = Origin("topology", acme.origin)
    seldom = Origin("hagen", acme.origin, "an ACME client answers only while it fetches a certificate")
    lines = [Line("mode http", (origin,))]
    lines += [
        Line(
            f"server {each.node} {place(each.address, each.port, has)} check inter 2s rise 1 fall 2",
            (Origin("topology", ("nodes", each.node)), acme.origins["port"], seldom),
        )
        for each in acme.servers
    ]
    why = Line("challenges of ACME go to the node whose client is fetching a certificate", (origin,))
    return section((why,), Line("backend acme", (origin,)), lines)
