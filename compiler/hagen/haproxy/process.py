"""What `global` and `defaults` say."""

from collections.abc import Iterator

from hagen.artifact import Line, Origin
from hagen.haproxy import bind
from hagen.haproxy.words import Version, place, release
from hagen.model import Proxy, Topology
from hagen.model.frontend import Tls

_HANDED_OVER = (1, 8)
"""The version from which on a new process gets the old one's listeners by the stats socket."""

_JSON_LENGTH = 8192
"""How long a line of the log may be: 1024 bytes of a URI (REQURI_LEN), each six letters of JSON at most, and the rest.

HAProxy would cut it after 1024, and a half object is none.
"""


def process(topology: Topology) -> Iterator[Line]:
    """Yield the lines of `global`."""
    proxy, platform, has = topology.proxy, topology.platform, release(topology.platform)
    level = (proxy.origins["log.facility"], proxy.origins["log.level"])
    log = Origin("platform", (platform.name, "log", "target"))
    length, given = (f" len {_JSON_LENGTH}", (proxy.origins["log.format"],)) if proxy.json else ("", ())
    yield Line(f"log {platform.log_target}{length} {proxy.facility} {proxy.level}", (log, *level, *given))
    if proxy.log_target is not None:
        target = proxy.log_target
        yield Line(
            f"log {place(target.address, target.port, has)}{length} {proxy.facility} {proxy.level}",
            (Origin("topology", target.origin), *level, *given),
        )
    for key in ("chroot", "user", "group"):
        yield Line(f"{key} {platform.haproxy[key]}", (Origin("platform", (platform.name, "haproxy", key)),))
    yield Line("daemon", (Origin("hagen", (), "HAProxy runs as a service"),))
    yield Line(f"maxconn {proxy.maxconn}", (proxy.origins["maxconn"],))
    if proxy.threads is not None:
        yield Line(f"nbthread {proxy.threads}", (proxy.origins["threads"],))
    if proxy.hard_stop_after is not None:
        yield Line(f"hard-stop-after {proxy.hard_stop_after.haproxy}", (proxy.origins["hard_stop_after"],))
    yield from _socket(proxy, has)
    if proxy.server_state is not None:
        yield Line(f"server-state-file {proxy.server_state}", (proxy.origins["server_state.file"],))
    yield from bind.defaults(_every_tls(topology), has)
    for each in proxy.extra_global:
        yield Line(each, (proxy.origins["extra.global"],))


def _socket(proxy: Proxy, has: Version) -> Iterator[Line]:
    socket = proxy.stats_socket
    if socket is None:
        return
    owner = f"mode 660 group {socket.group}" if socket.group else "mode 600"
    handed = " expose-fd listeners" if has >= _HANDED_OVER else ""
    yield Line(
        f"stats socket {socket.path} {owner} level {socket.level}{handed}",
        (Origin("topology", socket.origin), socket.origins["path"], socket.origins["level"]),
    )


def _every_tls(topology: Topology) -> tuple[Tls, ...]:
    every = [each.tls for each in topology.frontends] + [each.tls for each in topology.services]
    return tuple(tls for tls in every if tls is not None)


def defaults(topology: Topology) -> Iterator[Line]:
    """Yield the lines of `defaults`."""
    proxy = topology.proxy
    sent = Origin("hagen", (), "every proxy logs to where `global` says")
    again = Origin("hagen", (), "a connection that one server does not take goes to another")
    yield Line("log global", (sent,))
    yield Line("mode tcp", (Origin("hagen", (), "what holds for services that do not say `mode: http`"),))
    yield Line(f"maxconn {proxy.service_maxconn}", (proxy.origins["service_maxconn"],))
    yield Line("option redispatch", (again,))
    yield Line(f"retries {proxy.retries}", (proxy.origins["retries"],))
    for key, value in proxy.timeouts.items():
        yield Line(f"timeout {key.replace('_', '-')} {value.haproxy}", (proxy.origins[f"timeouts.{key}"],))
    if proxy.server_state is not None:
        yield Line("load-server-state-from-file global", (proxy.origins["server_state.file"],))
    for status, path in proxy.error_files.items():
        yield Line(f"errorfile {status} {path}", (proxy.origins[f"error_files.{status}"],))
    for each in proxy.extra_defaults:
        yield Line(each, (proxy.origins["extra.defaults"],))
