"""What HAProxy does with requests needs mode http, and what is not HTTP needs mode tcp.

Source: HAProxy configuration manual, "mode", and the table of keywords in section 4.1; kolla-ansible once had MongoDB,
a binary protocol, in mode http.
"""

from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic
from hagen.model import Service, Topology
from hagen.said import place, said

_REQUESTS = (
    "http",
    "rate_limit",
    "cookie",
    "tls.redirect_http",
    "tls.hsts",
    "tls.http2",
    "timeouts.http_request",
    "timeouts.http_keep_alive",
)
"""Keys of a service that say something of requests."""
_HASHED = frozenset({"uri", "url_param", "hdr"})
_OTHER = frozenset({"mysql", "pgsql", "redis", "smtp", "ldap"})
"""Kinds of check for services that do not speak HTTP."""


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what does not go with the mode of a service."""
    for service in topology.services:
        if service.mode == "http":
            yield from _tcp_only(service)
        else:
            yield from _http_only(service)


def _http_only(service: Service) -> Iterator[Diagnostic]:
    origins = service.origins
    if service.log_format == "httplog":
        yield codes.HTTP_LOG_WITHOUT_HTTP.at(
            place(origins, ("log_format", "mode"), service.origin),
            f"service `{service.name}` logs HTTP requests, and in mode {service.mode} HAProxy sees none",
            hint="say `mode: http`, or `log_format: tcplog`",
        )
    keys = [key for key in _REQUESTS if said(origins, key)]
    keys += ["balance"] if service.balance.algorithm in _HASHED and said(origins, "balance") else []
    for key in keys:
        what = key if key != "balance" else f"balance: {service.balance.algorithm}"
        yield codes.NEEDS_MODE_HTTP.at(
            origins[key].at,
            f"`{what}` of service `{service.name}` is about requests, and in mode tcp HAProxy sees none",
            hint=f"say `mode: http`, or remove `{key}`",
            on_key=True,
        )


def _tcp_only(service: Service) -> Iterator[Diagnostic]:
    origins, check_ = service.origins, service.check
    if service.balance.algorithm == "rdp-cookie":
        yield codes.NEEDS_MODE_TCP.at(
            place(origins, ("balance", "mode"), service.origin),
            f"service `{service.name}` looks for the cookie of RDP, which is not HTTP, in mode http",
            hint="say `mode: tcp`, or another `balance`",
        )
        return
    spoken = service.fact.protocol
    # HAProxy opens the TLS of servers itself when `servers.tls` says so, and what is inside may be HTTP.
    if spoken == "tls" and service.pool.tls is not None:
        return
    own = {server.port for server in service.servers}
    if not spoken and check_.kind in _OTHER and (check_.port is None or check_.port in own):
        spoken = check_.kind
    if spoken not in {"", "http"}:
        yield codes.NEEDS_MODE_TCP.at(
            place(origins, ("mode", "type"), service.origin),
            f"service `{service.name}` is in mode http, and its port speaks {spoken}",
            hint="say `mode: tcp`",
        )
