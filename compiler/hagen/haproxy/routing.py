"""Shared frontends: which service gets a request, by its host and path.

A rule for each host list and path, those that say most first: a rule with hosts before one without, a longer path
before a shorter one.
"""

from collections.abc import Iterator
from typing import NamedTuple

from hagen.artifact import Line, Origin
from hagen.haproxy import bind, limit, logged, redirect, traffic
from hagen.haproxy.words import Section, Version, acl, release, section
from hagen.model import Frontend, Service, Topology
from hagen.model.frontend import Route

_ANSWER = (2, 2)
"""The version from which on HAProxy answers with 404 by itself."""


class _Rule(NamedTuple):
    """A path of a route, or None for all; `name` is what its conditions are called."""

    service: str
    route: Route
    path: str | None
    name: str


def sections(frontend: Frontend, topology: Topology) -> Iterator[Section]:
    """Yield the sections of a frontend."""
    has, name = release(topology.platform), frontend.name
    said = Origin("topology", frontend.origin)
    comments = tuple(
        Line(each, (Origin("topology", (*frontend.origin, "description")),))
        for each in frontend.description.splitlines()
    )
    plain = frontend.tls is None and redirect.HTTP in {bind.port for bind in frontend.binds}
    acme = topology.proxy.acme if plain else None
    lines = [
        *bind.binds(frontend.binds, frontend.tls, "http", has),
        Line("mode http", (said,)),
        *_maxconn(frontend),
        *_keepalive(frontend),
        *traffic.challenge(acme),
        *traffic.access(frontend.access, "http", acme=acme is not None),
        *limit.lines(name, frontend.rate_limit, has, acme=acme is not None),
        *traffic.requests(frontend.http, has, acme=acme is not None),
        *traffic.forwarded(frontend.http, frontend.tls),
        *traffic.strict_transport(frontend.tls, has),
        *logged.lines(frontend.log_format, frontend.origins["log_format"], topology.proxy, has),
        *_timeouts(frontend),
        *(Line(each, (frontend.origins["extra"],)) for each in frontend.extra),
        *_conditions(_rules(name, topology)),
        *traffic.answered(acme),
        *_choices(_rules(name, topology)),
    ]
    if frontend.default_service is not None:
        lines.append(
            Line(f"default_backend {frontend.default_service}", (frontend.origins["default_service"],))
        )
    elif has >= _ANSWER:
        lines.append(Line(f"default_backend {nobody(name)}", (frontend.origins["default_service"],)))
    yield section(comments, Line(f"frontend {name}", (said,)), lines)
    yield from _nobody(frontend, has)
    yield from limit.table(name, frontend.rate_limit, topology)
    yield from redirect.redirect(name, frontend.binds, frontend.tls, topology)


def nobody(name: str) -> str:
    """Return the name of the section that answers what no route of the frontend `name` wants."""
    return f"{name}-none"


def _nobody(frontend: Frontend, has: Version) -> Iterator[Section]:
    if frontend.default_service is None and has >= _ANSWER:
        origin = (frontend.origins["default_service"],)
        yield section(
            (Line(f"what no service of {frontend.name} wants", origin),),
            Line(f"backend {nobody(frontend.name)}", origin),
            [Line("mode http", origin), Line("http-request deny deny_status 404", origin)],
        )


def _maxconn(frontend: Frontend) -> Iterator[Line]:
    if frontend.maxconn is not None:
        yield Line(f"maxconn {frontend.maxconn}", (frontend.origins["maxconn"],))


def _keepalive(frontend: Frontend) -> Iterator[Line]:
    if frontend.tcp_keepalive:
        yield Line("option clitcpka", (frontend.origins["tcp_keepalive"],))


def _timeouts(frontend: Frontend) -> Iterator[Line]:
    for key, value in frontend.timeouts.items():
        yield Line(f"timeout {key.replace('_', '-')} {value.haproxy}", (frontend.origins[f"timeouts.{key}"],))


def _rules(name: str, topology: Topology) -> list[_Rule]:
    found = [
        _Rule(service.name, route, path, f"{service.name}-{index}-{number}")
        for service in topology.services
        for index, route in enumerate(service.routes)
        if route.frontend == name
        for number, path in enumerate(route.paths or (None,))
    ]
    return sorted(found, key=lambda rule: (not rule.route.hosts, -len(rule.path or "")))


def _conditions(rules: list[_Rule]) -> Iterator[Line]:
    told = set()
    for rule in rules:
        route = rule.route
        if route.hosts and route.origin not in told:
            told.add(route.origin)
            yield from acl(_host(rule), "req.hdr(host),field(1,:) -i", route.hosts, route.origins["hosts"])
        if rule.path is not None:
            origin = (route.origins["paths"],)
            yield Line(f"acl {rule.name} path {rule.path.rstrip('/') or '/'}", origin)
            yield Line(f"acl {rule.name} path_beg {rule.path.rstrip('/')}/", origin)


def _host(rule: _Rule) -> str:
    return rule.name.rpartition("-")[0] + "-host"


def _choices(rules: list[_Rule]) -> Iterator[Line]:
    # HAProxy wants what changes a request before what chooses its backend.
    chosen = [(rule, _condition(rule)) for rule in rules]
    for rule, condition in chosen:
        if rule.route.strip_path and rule.path is not None:
            once = "!{ var(txn.prefix) -m found }"
            yield Line(
                f"http-request set-var(txn.prefix) str({rule.path.rstrip('/')}) if {' '.join([*condition, once])}",
                (rule.route.origins["strip_path"],),
            )
    for rule, condition in chosen:
        said = (Origin("topology", rule.route.origin),)
        yield Line(f"use_backend {rule.service}" + (f" if {' '.join(condition)}" if condition else ""), said)


def _condition(rule: _Rule) -> list[str]:
    return [
        *([_host(rule)] if rule.route.hosts else []),
        *([rule.name] if rule.path is not None else []),
    ]


def stripped(service: Service) -> Iterator[Line]:
    """Yield what takes the start of a path away that a frontend has remembered."""
    for route in service.routes:
        for path in route.paths if route.strip_path else ():
            start = path.rstrip("/")
            yield Line(
                f"http-request set-path %[path,regsub(^{start}/?,/)] if {{ var(txn.prefix) -m str {start} }}",
                (route.origins["strip_path"],),
            )
