"""Since which version HAProxy has what a topology can want: the table. What hagen can write otherwise is not in it.

Source: HAProxy's CHANGELOG, and the configuration manual of each branch, https://docs.haproxy.org/, that has a word
first; tests/test_haproxy_features.py lets real ones judge what lies between the branches that can be had.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from hagen.feature import Find, Gate
from hagen.model import Frontend, Service, Topology
from hagen.model.frontend import Http, RateLimit, Tls
from hagen.source import Pointer

_Entry: TypeAlias = Frontend | Service

_HTTPS = 443
ERROR_FILES: Mapping[str, str] = {
    **dict.fromkeys(("405", "429"), "1.6"),
    "425": "1.8",
    **dict.fromkeys(("401", "404", "407", "410", "413"), "2.2"),
    "501": "2.4",
}
"""Since when HAProxy takes a page for a status code; it always did for those that are not here."""


def _entries(topology: Topology) -> Iterator[_Entry]:
    yield from topology.frontends
    yield from topology.services


def _proxy(key: str, *at: str) -> Find:
    """Return what finds a part of `proxy` that was said; the model has it under `key`."""
    return lambda topology: [("proxy", *(at or (key,)))] if getattr(topology.proxy, key) else []


def _tls(find: Callable[[Tls], Iterable[Pointer]]) -> Find:
    return lambda topology: [
        at for entry in _entries(topology) if entry.tls is not None for at in find(entry.tls)
    ]


def _oldest(tls: Tls) -> Iterator[Pointer]:
    if tls.min_version == "TLSv1.3":
        yield (*tls.origin, "min_version")
    elif tls.min_version is None and tls.profile == "modern":
        yield (*tls.origin, "profile")


def _http2(tls: Tls) -> Iterator[Pointer]:
    said = tls.origins["http2"]
    if tls.http2 and said.kind == "topology":
        yield said.at


def _redirect(topology: Topology) -> Iterator[Pointer]:
    for entry in _entries(topology):
        if entry.tls is not None and entry.tls.redirects and entry.binds[0].port != _HTTPS:
            yield (*entry.tls.origin, "redirect_http")


def _http(find: Callable[[Http, Pointer], Iterable[Pointer]]) -> Find:
    return lambda topology: [
        at for entry in _entries(topology) for at in find(entry.http, (*entry.origin, "http"))
    ]


def _limits(topology: Topology) -> Iterator[Pointer]:
    for entry in _entries(topology):
        limit: RateLimit | None = entry.rate_limit
        if limit is not None:
            yield limit.origin


def _services(find: Callable[[Service], Iterable[str | tuple[str, ...]]]) -> Find:
    """Return what finds keys of services: `find` yields them, or ways to them, as they are in the topology."""

    def places(topology: Topology) -> Iterator[Pointer]:
        for service in topology.services:
            for key in find(service):
                origin = service.origins[key if isinstance(key, str) else ".".join(key)]
                yield origin.at if origin.kind == "topology" else service.origin

    return places


def _named(topology: Topology) -> Iterator[Pointer]:
    for service in topology.services:
        for server in service.servers:
            if isinstance(server.address, str):
                yield (*server.origin, "host")


def _routes(key: str) -> Find:
    return lambda topology: [
        (*route.origin, key)
        for service in topology.services
        for route in service.routes
        if getattr(route, key)
    ]


def _error_files(since: str) -> Find:
    return lambda topology: [
        ("proxy", "error_files", status)
        for status in topology.proxy.error_files
        if ERROR_FILES.get(status) == since
    ]


def _quoted(topology: Topology) -> Iterator[Pointer]:
    proxy = topology.proxy
    sections: list[tuple[Pointer, tuple[str, ...]]] = [
        (("proxy", "extra", "global"), proxy.extra_global),
        (("proxy", "extra", "defaults"), proxy.extra_defaults),
    ]
    sections += [((*entry.origin, "extra"), entry.extra) for entry in _entries(topology)]
    for at, lines in sections:
        yield from ((*at, index) for index, line in enumerate(lines) if "'" in line or '"' in line)


def _password(service: Service) -> Iterator[str]:
    if service.check.kind == "redis" and service.check.redis_password_env is not None:
        yield "check.redis.password"


def _plain_check(service: Service) -> Iterator[str]:
    check = service.check
    if check.kind != "none" and check.tls is False and check.port is None and service.pool.tls is not None:
        yield "check.tls"


def _when(key: str, holds: Callable[[Service], object]) -> Find:
    return _services(lambda service: [key] if holds(service) else [])


def _gate(what: str, since: str, find: Find) -> Gate:
    return Gate(what, "haproxy", since, find)


GATES: tuple[Gate, ...] = (
    # Quotes, variables in arguments and `env()` came with 1.6, and a password needs all three.
    _gate("`proxy.stats`, whose password comes from the environment, needs", "1.6", _proxy("stats")),
    _gate("a check's password, which comes from the environment, needs", "1.6", _services(_password)),
    _gate("`server_state` needs", "1.6", _proxy("server_state")),
    # The section came with 1.6, its `timeout resolve` with 1.8.
    _gate("`resolvers` needs", "1.8", _proxy("resolvers")),
    _gate("`threads` needs", "1.8", _proxy("threads")),
    _gate("`hard_stop_after` needs", "1.8", _proxy("hard_stop_after")),
    # %TR and %Ta are of 1.7, the converter `json` of 1.6.
    _gate("`format: json` needs", "1.7", _proxy("json", "log", "format")),
    _gate("`metrics` needs", "2.0", _proxy("metrics")),
    *(
        _gate("an error file for this status needs", since, _error_files(since))
        for since in ("1.6", "1.8", "2.2", "2.4")
    ),
    _gate("version 1.3 of TLS needs", "1.8", _tls(_oldest)),
    _gate("`http2` needs", "1.8", _tls(_http2)),
    # The host without its port is the converter `field`.
    _gate("a redirect to another port than 443 needs", "1.6", _redirect),
    _gate(
        "`ocsp_update` needs",
        "3.0",
        _tls(lambda tls: [(*tls.origin, "ocsp_update")] if tls.ocsp_update else []),
    ),
    _gate("`rate_limit` needs", "1.6", _limits),
    # Before 1.7 a path could only be judged as it was written, so that `/%61dmin` is not `/admin`.
    _gate(
        "`deny_paths` needs",
        "1.7",
        _http(lambda http, at: [(*at, "deny_paths")] if http.deny_paths else []),
    ),
    # `deny_status` is of 1.6, and before 2.2 it took 413 for 403.
    _gate(
        "`max_body` needs",
        "2.2",
        _http(lambda http, at: [(*at, "max_body")] if http.max_body is not None else []),
    ),
    _gate("choosing by host needs", "1.6", _routes("hosts")),
    _gate("`strip_path` needs", "1.6", _routes("strip_path")),
    _gate(
        "`balance: random` needs",
        "2.0",
        _when("balance", lambda service: service.balance.algorithm == "random"),
    ),
    _gate(
        "the hash function crc32 needs",
        "1.6",
        _when(
            "hash_type.function", lambda service: service.hash_type and service.hash_type.function == "crc32"
        ),
    ),
    _gate("`check.tls: false` needs", "1.8", _services(_plain_check)),
    _gate(
        "`check.sni` needs",
        "1.8",
        _when("check.sni", lambda service: service.check.kind != "none" and service.check.sni),
    ),
    _gate(
        "`servers.tls.sni` needs",
        "1.6",
        _when("servers.tls.sni", lambda service: service.pool.tls and service.pool.tls.sni),
    ),
    # HAProxy 1.5 takes quotes for letters, and `#` between them for the start of a comment.
    _gate("a quote in an extra line needs", "1.6", _quoted),
    # `init-addr`, which says what holds until the name is resolved.
    _gate("a server with a host name needs", "1.7", _named),
    _gate("`init_state` needs", "3.1", _when("servers.init_state", lambda service: service.pool.init_state)),
)
"""Everything that some platform's HAProxy is too old for."""
