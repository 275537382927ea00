"""Sections of a service: one `listen`, or a frontend and a backend if shared frontends lead to it too."""

from collections.abc import Iterator

from hagen.artifact import Line, Origin
from hagen.haproxy import bind, check, limit, logged, redirect, traffic
from hagen.haproxy.routing import stripped
from hagen.haproxy.server import servers
from hagen.haproxy.words import PEERS, Section, Version, release, section
from hagen.model import Service, Topology
from hagen.model.proxy import Acme

_KEEPALIVE = {"client": "clitcpka", "server": "srvtcpka", "both": "tcpka"}
_FRONT = frozenset({"client", "http_request", "http_keep_alive"})
"""Timeouts of the clients' side."""


def sections(service: Service, topology: Topology) -> Iterator[Section]:
    """Yield the sections of a service."""
    has, name = release(topology.platform), service.name
    comments, said = tuple(_comments(service)), (Origin("topology", service.origin),)
    acme = _acme(service, topology)
    front = [*_binds(service, has), *_mode(service), *traffic.challenge(acme)]
    last = [*_extra(service), *servers(service, has)]
    if not service.routes:
        both = [
            *front,
            *_rules(service, has, acme=acme is not None),
            *_clients(service, has),
            *traffic.answered(acme),
            *_balance(service),
            *_keepalive(service, "client", "server"),
            *logged.lines(service.log_format, service.origins["log_format"], topology.proxy, has),
            *check.lines(service, has),
            *_timeouts(service, front=True, back=True),
        ]
        yield section(comments, Line(f"listen {name}", said), [*both, *last])
    else:
        if service.binds:
            entry = [
                *front,
                *_clients(service, has),
                *_keepalive(service, "client"),
                *logged.lines(service.log_format, service.origins["log_format"], topology.proxy, has),
                *_timeouts(service, front=True, back=False),
                *traffic.answered(acme),
                Line(f"default_backend {name}", said),
            ]
            yield section(comments, Line(f"frontend {entry_name(name)}", said), entry)
        rest = [
            *_mode(service),
            *stripped(service),
            *_rules(service, has, acme=False),
            *_balance(service),
            *_keepalive(service, "server"),
            *check.lines(service, has),
            *_timeouts(service, front=False, back=True),
        ]
        head = Line(f"backend {name}", said)
        yield section(() if service.binds else comments, head, [*rest, *last])
    yield from limit.table(name, service.rate_limit, topology)
    yield from redirect.redirect(name, service.binds, service.tls, topology)


def entry_name(name: str) -> str:
    """Return the name of the frontend of a service that also has a backend: HAProxy 3.3 wants them to differ."""
    return f"{name}-front"


def _acme(service: Service, topology: Topology) -> Acme | None:
    """Return where challenges go, if clients come here with plain HTTP on its usual port."""
    plain = service.mode == "http" and service.tls is None
    return topology.proxy.acme if plain and redirect.HTTP in {bind.port for bind in service.binds} else None


def _comments(service: Service) -> Iterator[Line]:
    if service.fact.title:
        yield Line(service.fact.title, (service.origins["title"],))
    for each in service.description.splitlines():
        yield Line(each, (Origin("topology", (*service.origin, "description")),))


def _binds(service: Service, has: Version) -> Iterator[Line]:
    yield from bind.binds(service.binds, service.tls, service.mode, has)
    if service.maxconn is not None:
        yield Line(f"maxconn {service.maxconn}", (service.origins["maxconn"],))


def _mode(service: Service) -> Iterator[Line]:
    if service.mode != "tcp":
        yield Line(f"mode {service.mode}", (service.origins["mode"],))


def _rules(service: Service, has: Version, *, acme: bool) -> Iterator[Line]:
    yield from traffic.access(service.access, service.mode, acme=acme)
    if service.mode == "http":
        yield from limit.lines(
            service.name, service.rate_limit, has, acme=acme, counter=int(bool(service.routes))
        )
        yield from traffic.requests(service.http, has, acme=acme)


def _clients(service: Service, has: Version) -> Iterator[Line]:
    if service.mode == "http":
        yield from traffic.forwarded(service.http, service.tls)
        yield from traffic.strict_transport(service.tls, has)


def _balance(service: Service) -> Iterator[Line]:
    balance, origins = service.balance, service.origins
    words = balance.algorithm
    given = [origins["balance"]]
    if balance.algorithm in {"hdr", "rdp-cookie"} and balance.name is not None:
        words += f"({balance.name})"
    elif balance.name is not None:
        words += f" {balance.name}"
    if balance.draws is not None:
        words += f"({balance.draws})"
    words += f" len {balance.length}" if balance.length is not None else ""
    words += f" depth {balance.depth}" if balance.depth is not None else ""
    words += " whole" if balance.whole else ""
    if words != balance.algorithm:
        given.append(origins["balance_options"])
    yield Line(f"balance {words}", tuple(given))
    hashed = service.hash_type
    if hashed is not None:
        function = f" {hashed.function}" if hashed.function else ""
        mixed = " avalanche" if hashed.avalanche else ""
        yield Line(f"hash-type {hashed.method}{function}{mixed}", (service.origins["hash_type"],))
    yield from _sticky(service)


def _sticky(service: Service) -> Iterator[Line]:
    cookie, stick = service.cookie, service.stick
    if cookie is not None:
        words = (
            ["insert", "indirect", "nocache", "httponly"]
            if cookie.mode == "insert"
            else ["prefix", "nocache"]
        )
        words += ["secure"] if cookie.secure else []
        words += [f"maxidle {cookie.max_idle.haproxy}"] if cookie.max_idle else []
        words += [f"maxlife {cookie.max_life.haproxy}"] if cookie.max_life else []
        yield Line(f"cookie {cookie.name} {' '.join(words)}", (service.origins["cookie"],))
    if stick is not None:
        origin = (service.origins["stick"],)
        v6 = any(bind.address.version == 6 for bind in service.binds)  # noqa: PLR2004
        words = [f"type {'ipv6' if v6 or not service.binds else 'ip'}", f"size {stick.size}"]
        words += [f"expire {stick.expire.haproxy}"] if stick.expire else []
        words += [f"peers {PEERS}"] if stick.peers else []
        yield Line(f"stick-table {' '.join(words)}", origin)
        yield Line(f"stick on {stick.on}", origin)


def _keepalive(service: Service, *sides: str) -> Iterator[Line]:
    wanted = [each for each in sides if service.tcp_keepalive in {each, "both"}]
    if wanted:
        option = _KEEPALIVE["both" if len(wanted) > 1 else wanted[0]]
        yield Line(f"option {option}", (service.origins["tcp_keepalive"],))


def _timeouts(service: Service, *, front: bool, back: bool) -> Iterator[Line]:
    for key, value in service.timeouts.items():
        if (front and key in _FRONT) or (back and key not in _FRONT):
            yield Line(
                f"timeout {key.replace('_', '-')} {value.haproxy}", (service.origins[f"timeouts.{key}"],)
            )


def _extra(service: Service) -> Iterator[Line]:
    for each in service.extra:
        yield Line(each, (service.origins["extra"],))
