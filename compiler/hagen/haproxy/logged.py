"""What is logged of sessions.

Source: HAProxy configuration manual, section 8.2.
"""

from collections.abc import Iterator

from hagen.artifact import Line, Origin
from hagen.haproxy.words import Version, quote
from hagen.model import Proxy

_SHARED = (
    ("time", "%Ts.%ms"),
    ("client", "%ci"),
    ("client_port", "%cp"),
    ("frontend", "%f"),
    ("backend", "%b"),
    ("server", "%s"),
    ("queue_ms", "%Tw"),
    ("connect_ms", "%Tc"),
)
_TCP = (("total_ms", "%Tt"), ("bytes", "%B"), ("termination", "%ts"))
_HTTP = (
    ("request_ms", "%TR"),
    ("response_ms", "%Tr"),
    ("total_ms", "%Ta"),
    ("status", "%ST"),
    ("bytes", "%B"),
    ("termination", "%tsc"),
    ("method", "%HM"),
    ("uri", "%[capture.req.uri,json(utf8s)]"),
)
_TEXTS = {"client", "frontend", "backend", "server", "termination", "method", "uri"}


def lines(log_format: str | None, origin: Origin, proxy: Proxy, has: Version) -> Iterator[Line]:
    """Yield what a section says of its log; `origin` is that of `log_format`."""
    if log_format is None:
        return
    if not proxy.json:
        yield Line(f"option {log_format}", (origin,))
        return
    fields = (*_SHARED, *(_HTTP if log_format == "httplog" else _TCP))
    text = ",".join(f'"{key}":"{it}"' if key in _TEXTS else f'"{key}":{it}' for key, it in fields)
    yield Line(f"log-format {quote('{' + text + '}', has)}", (origin, proxy.origins["log.format"]))
