"""How many connections the proxy takes, its services take and their daemons can take.

Source: HAProxy configuration manual, "maxconn" of global, proxies and servers; MariaDB, "max_connections".
"""

from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Frontend, Service, Topology
from hagen.reach import leading, proxies
from hagen.said import place


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield limits that cannot hold together."""
    yield from _crowded(topology)
    shared = leading(topology)
    for service in topology.services:
        if service.pool.max_connections is not None:
            yield from _daemon(service, shared.get(service.name, ()), topology)


def _crowded(topology: Topology) -> Iterator[Diagnostic]:
    """Yield it when one service can take all connections, or else when the limits that are said exceed the whole."""
    proxy = topology.proxy
    entries: list[Frontend | Service] = [*topology.frontends]
    entries += [service for service in topology.services if service.binds]
    if len(entries) == 1:
        return
    whole = Label(("proxy", "maxconn")) if proxy.origins["maxconn"].kind == "topology" else None
    greedy = False
    if proxy.service_maxconn >= proxy.maxconn and any(entry.maxconn is None for entry in entries):
        greedy = True
        yield codes.CROWDED_PROXY.at(
            place(proxy.origins, ("service_maxconn", "maxconn"), ("proxy",)),
            f"a service takes {proxy.service_maxconn} connections and the whole proxy {proxy.maxconn}, so a busy one leaves nothing to the others",
            hint="let `proxy.service_maxconn` be smaller than `proxy.maxconn`: half of it, say",
        )
    for entry in entries:
        if entry.maxconn is not None and entry.maxconn >= proxy.maxconn:
            greedy = True
            yield codes.CROWDED_PROXY.at(
                place(entry.origins, ("maxconn",), entry.origin),
                f"`{entry.name}` takes {entry.maxconn} connections and the whole proxy {proxy.maxconn}, so it can leave nothing to the others",
                *([whole._replace(text="all together")] if whole else []),
                hint="say less here, or more in `proxy.maxconn`",
            )
    limited = [entry for entry in entries if entry.maxconn is not None]
    total = sum(entry.maxconn or 0 for entry in limited)
    if not greedy and total > proxy.maxconn:
        last = limited[-1]
        yield codes.CROWDED_PROXY.at(
            whole or place(last.origins, ("maxconn",), last.origin),
            f"the limits of {', '.join(f'`{entry.name}`' for entry in limited)} are {total} connections together, and the proxy takes {proxy.maxconn}",
            hint=f"say `proxy: {{maxconn: …}}` of {total} or more, or lower limits",
        )


def _daemon(service: Service, frontends: tuple[Frontend, ...], topology: Topology) -> Iterator[Diagnostic]:
    """Yield it when the daemon of one server can get more connections than it takes.

    The worst case counts, in which all other servers are down.
    """
    proxy, limit = topology.proxy, service.pool.max_connections or 0
    entries: list[Frontend | Service] = [*frontends, *([service] if service.binds else [])]
    taken = sum(entry.maxconn or proxy.service_maxconn for entry in entries)
    each = min(taken, proxy.maxconn, service.pool.maxconn or taken)
    count = max(proxies(entry, topology) for entry in entries)
    if each * count <= limit:
        return
    who = f"the proxies of {count} nodes" if count > 1 else "the proxy"
    yield codes.CROWDED_DAEMON.at(
        place(service.origins, ("servers.max_connections",), service.origin),
        f"{who} may open {each * count} connections to a server of `{service.name}`, which takes {limit}",
        hint=f"say `servers: {{maxconn: {max(limit // count, 1)}}}`, so that the others wait, or let the daemon take more",
    )
