"""Plain HTTP that is led to TLS, past which challenges of ACME go."""

from collections.abc import Iterator

from hagen.artifact import Line, Origin
from hagen.haproxy import bind, logged, traffic
from hagen.haproxy.words import ACME, Section, release, section
from hagen.model import Bind, Topology
from hagen.model.frontend import Tls

HTTP, HTTPS = 80, 443
"""The ports that a browser takes by itself."""


def redirecting(name: str) -> str:
    """Return the name of the section that leads clients of the frontend or service `name` to TLS."""
    return f"{name}-http"


def redirect(
    name: str, listening: tuple[Bind, ...], tls: Tls | None, topology: Topology
) -> Iterator[Section]:
    """Yield the section that answers plain HTTP for what listens at `listening`, if one is wanted."""
    if tls is None or not tls.redirects:
        return
    origin = Origin("topology", tls.redirects[0].origin)
    has, acme = release(topology.platform), topology.proxy.acme
    ours = acme if tls.redirects[0].port == HTTP else None
    port = listening[0].port
    where = "scheme https"
    if port != HTTPS:
        where = f"location https://%[req.hdr(host),field(1,:)]:{port}%[capture.req.uri]"
    spared = f" unless {ACME}" if ours else ""
    yield section(
        (Line(f"plain HTTP for {name}: clients are sent to TLS", (origin,)),),
        Line(f"frontend {redirecting(name)}", (origin,)),
        [
            *bind.binds(tls.redirects, None, "http", has),
            Line("mode http", (origin,)),
            *logged.lines("httplog", origin, topology.proxy, has),
            *traffic.challenge(ours),
            Line(f"http-request redirect {where} code 301{spared}", (origin,)),
            *traffic.answered(ours),
        ],
    )
