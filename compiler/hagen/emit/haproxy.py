"""`haproxy.cfg`: the proxy, the same file on every node."""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from hagen.artifact import Artifact, Line, Origin, Target
from hagen.filters import Block
from hagen.model import Bind, Check, Platform, Server, Service, Stats, Topology
from hagen.quantity import bracketed, written
from hagen.template import expand

_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:,@%+=[]-"
_QUOTES = (1, 6)
"""The version from which on HAProxy knows quotes, variables in them, and brackets around addresses."""
_KEEPALIVE = {"client": "clitcpka", "server": "srvtcpka", "both": "tcpka"}


class Section(NamedTuple):
    """A proxy of haproxy.cfg: what is said above it, its first line, and its settings."""

    comments: tuple[Line, ...]
    head: Line
    lines: Block


def emit(topology: Topology, _made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield `haproxy.cfg`."""
    stats = topology.proxy.stats
    modern = _modern(topology.platform)
    text, origins = expand(
        "haproxy.cfg.j2",
        {
            "cluster": Line(topology.cluster.name, (topology.cluster.origins["name"],)),
            "description": tuple(
                Line(each, (Origin("topology", ("cluster", "description")),))
                for each in topology.cluster.description.splitlines()
            ),
            "process": _process(topology),
            "defaults": _defaults(topology),
            "sections": (
                *((_stats(stats),) if stats else ()),
                *(_service(each, modern=modern) for each in topology.services),
            ),
        },
    )
    paths = topology.platform.haproxy
    target = Target(
        path=paths["config"],
        mode="0644",
        owner="root",
        group="root",
        nodes=topology.node_names,
        validate=("haproxy", "-c", "-f", "{}"),
        reload=(*topology.platform.reload, "haproxy.service"),
    )
    yield Artifact("haproxy.cfg", text, 0o644, origins, target)


def quote(text: str, *, modern: bool = True) -> str:
    """Return `text` as one word of haproxy.cfg, in which nothing is expanded.

    Source: HAProxy configuration manual, section 2.2: strong quotes keep everything but the quote itself. What is not
    `modern` takes quotes for letters and knows backslashes alone (manual of 1.5, section 2.2).
    """
    if text and not text.strip(_PLAIN):
        return text
    if modern:
        return "'" + text.replace("'", r"'\''") + "'"
    return "".join(f"\\{letter}" if letter in " #\\" else letter for letter in text)


def _modern(platform: Platform) -> bool:
    return tuple(map(int, platform.versions["haproxy"].split("."))) >= _QUOTES


def _process(topology: Topology) -> tuple[Line, ...]:
    proxy, platform = topology.proxy, topology.platform
    log = Origin("platform", (platform.name, "log", "target"))
    found = [
        Line(f"{key} {platform.haproxy[key]}", (Origin("platform", (platform.name, "haproxy", key)),))
        for key in ("chroot", "pidfile", "user", "group")
    ]
    return (
        Line(
            f"log {platform.log_target} {proxy.facility} {proxy.level}",
            (log, proxy.origins["log.facility"], proxy.origins["log.level"]),
        ),
        *found,
        Line("daemon", (Origin("hagen", (), "HAProxy runs as a service"),)),
        Line(f"maxconn {proxy.maxconn}", (proxy.origins["maxconn"],)),
    )


def _defaults(topology: Topology) -> tuple[Line, ...]:
    proxy = topology.proxy
    sent = Origin("hagen", (), "every proxy logs to where `global` says")
    again = Origin("hagen", (), "a connection that one server does not take goes to another")
    return (
        Line("log global", (sent,)),
        Line("mode tcp", (Origin("hagen", (), "what holds for services that do not say `mode: http`"),)),
        Line(f"maxconn {proxy.maxconn}", (proxy.origins["maxconn"],)),
        Line("option redispatch", (again,)),
        Line(f"retries {proxy.retries}", (proxy.origins["retries"],)),
        *(
            Line(f"timeout {key.replace('_', '-')} {value.haproxy}", (proxy.origins[f"timeouts.{key}"],))
            for key, value in proxy.timeouts.items()
        ),
    )


def _bind(bind: Bind, *, modern: bool = True) -> Line:
    return Line(f"bind {_place(bind, modern=modern)}", bind.origins)


def _stats(stats: Stats) -> Section:
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
    return Section(
        comments=(
            Line("numbers of all proxies; the password is in the environment of HAProxy's service", (page,)),
        ),
        head=Line("listen stats", (page,)),
        lines=_block(
            [
                *map(_bind, stats.binds),
                Line("mode http", (page,)),
                Line(f"http-request deny unless {{ env({stats.password_env}) -m len gt 0 }}", (closed,)),
                Line("stats enable", (page,)),
                Line(f"stats uri {quote(stats.uri)}", (stats.origins["uri"],)),
                Line(f"stats realm {quote(stats.realm)}", (stats.origins["realm"],)),
                Line(
                    f'stats auth "{stats.user}:${{{stats.password_env}}}"', (stats.origins["user"], password)
                ),
                Line(f"stats refresh {stats.refresh.haproxy}", (stats.origins["refresh"],)),
                Line("stats show-node", (plain,)),
                Line("stats show-legends", (plain,)),
                Line("stats hide-version", (plain,)),
            ]
        ),
    )


def _service(service: Service, *, modern: bool) -> Section:
    origins = service.origins
    said = Origin("topology", service.origin)
    comments = [
        Line(each, (Origin("topology", (*service.origin, "description")),))
        for each in service.description.splitlines()
    ]
    if service.title:
        comments.insert(0, Line(service.title, (origins["title"],)))
    lines = [_bind(bind, modern=modern) for bind in service.binds]
    if service.mode != "tcp":
        lines.append(Line(f"mode {service.mode}", (origins["mode"],)))
    lines.append(Line(f"balance {service.balance}", (origins["balance"],)))
    if service.tcp_keepalive in _KEEPALIVE:
        lines.append(Line(f"option {_KEEPALIVE[service.tcp_keepalive]}", (origins["tcp_keepalive"],)))
    if service.log_format:
        lines.append(Line(f"option {service.log_format}", (origins["log_format"],)))
    if service.check.kind == "http":
        lines += _http_check(
            service.check,
            origins["check.http.method"],
            origins["check.http.path"],
            origins["check.http.expect"],
            modern=modern,
        )
    lines += [
        Line(f"timeout {key} {value.haproxy}", (origins[f"timeouts.{key}"],))
        for key, value in service.timeouts.items()
    ]
    lines += _servers(service, modern=modern)
    return Section(tuple(comments), Line(f"listen {service.name}", (said,)), _block(lines))


def _block(lines: list[Line]) -> Block:
    """Put the lines of a section together: it is printed as one piece, which thousands of services notice."""
    return Block("\n".join([line.text for line in lines]), tuple([line.origins for line in lines]))


def _http_check(check: Check, method: Origin, path: Origin, expect: Origin, *, modern: bool) -> list[Line]:
    lines = [Line(f"option httpchk {check.method} {quote(check.path, modern=modern)}", (method, path))]
    if len(check.expect) == 1:
        lines.append(Line(f"http-check expect status {check.expect[0]}", (expect,)))
    elif check.expect:
        lines.append(Line(f"http-check expect rstatus ^({'|'.join(map(str, check.expect))})$", (expect,)))
    return lines


def _servers(service: Service, *, modern: bool) -> Iterator[Line]:
    check, origins = service.check, service.origins
    words = f"check{'' if check.port is None else f' port {check.port}'} inter {check.inter.haproxy} rise {check.rise} fall {check.fall}"
    if service.on_marked_down != "none":
        words += f" on-marked-down {service.on_marked_down}"
    given = [origins["servers.port"]] if service.servers[0].port != service.binds[0].port else []
    given += [origins[f"check.{key}"] for key in ("inter", "rise", "fall")]
    given += [origins["check.port"]] if check.port is not None else []
    given += [origins["on_marked_down"]] if service.on_marked_down != "none" else []
    shared = tuple(given)
    for server in service.servers:
        node = _node(server.node)
        backup = (origins["writer"],) if server.backup else ()
        yield Line(
            f"server {server.node} {_place(server, modern=modern)} {'backup ' if server.backup else ''}{words}",
            (node, *backup, *shared),
        )


@cache
def _node(name: str) -> Origin:
    return Origin("topology", ("nodes", name))


def _place(listener: Bind | Server, *, modern: bool) -> str:
    # Before 1.6 the last colon of all parts address and port.
    return f"{(bracketed if modern else written)(listener.address)}:{listener.port}"
