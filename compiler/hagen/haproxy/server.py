"""Lines that begin with `server`.

Source: HAProxy configuration manual, section 5.2.
"""

from collections.abc import Iterator
from functools import cache

from hagen.artifact import Line, Origin
from hagen.haproxy import check
from hagen.haproxy.words import Version, place, quote
from hagen.model import Server, Service
from hagen.model.service import Pool
from hagen.source import Pointer


def servers(service: Service, has: Version) -> Iterator[Line]:
    """Yield the servers of a service, each with where it is, its check and how HAProxy speaks with it."""
    origins = service.origins
    offered = {bind.port for bind in service.binds}
    port = () if {server.port for server in service.servers} == offered else (origins["servers.port"],)
    checked, checks = check.words(service, has)
    spoken, speech = _speech(service.pool, has)
    outside, outsiders = _outside(service.pool)
    shared = " ".join(filter(None, [checked, spoken]))
    closing = service.on_marked_down
    if closing != "none":
        shared += f" on-marked-down {closing}"
        checks = (*checks, origins["on_marked_down"])
    for server in service.servers:
        own, given = _own(server, service)
        named = isinstance(server.address, str)
        words = [
            "server",
            server.name,
            place(server.address, server.port, has),
            *own,
            shared,
            outside if named else "",
        ]
        yield Line(
            " ".join(filter(None, words)),
            (_origin(server.origin), *given, *port, *checks, *speech, *(outsiders if named else ())),
        )


@cache
def _origin(at: Pointer) -> Origin:
    return Origin("topology", at)


def _own(server: Server, service: Service) -> tuple[list[str], list[Origin]]:
    """Return what is said of one server alone."""
    words: list[str] = []
    given: list[Origin] = []
    if server.backup:
        words.append("backup")
        given.append(service.origins["writer" if service.single_writer else "servers.backup"])
    if server.weight is not None:
        words += ["weight", str(server.weight)]
        given.append(service.origins["servers.weights"])
    if service.cookie is not None:
        words += ["cookie", server.name]
        given.append(service.origins["cookie"])
    # Sessions would go on with the server that stood in when the writer is back: there would be two writers. With a
    # table new ones stay with it too, until it fails.
    closing = service.on_marked_down == "shutdown-sessions" and service.stick is None
    if service.single_writer and not server.backup and closing:
        words += ["on-marked-up", "shutdown-backup-sessions"]
        given += [service.origins["writer"], service.origins["on_marked_down"]]
    return words, given


def _speech(pool: Pool, has: Version) -> tuple[str, tuple[Origin, ...]]:
    """Return how HAProxy speaks with every server."""
    words: list[str] = []
    given: list[Origin] = []
    if pool.tls is not None:
        words += _tls(pool, has)
        given.append(pool.origins["tls"])
    if pool.send_proxy != "none":
        words.append("send-proxy" if pool.send_proxy == "v1" else "send-proxy-v2")
        given.append(pool.origins["send_proxy"])
    for key, text in (
        ("maxconn", pool.maxconn),
        ("slowstart", pool.slowstart and pool.slowstart.haproxy),
        ("init_state", pool.init_state),
    ):
        if text is not None:
            words += [key.replace("_", "-"), str(text)]
            given.append(pool.origins[key])
    return " ".join(words), tuple(given)


def _tls(pool: Pool, has: Version) -> Iterator[str]:
    tls = pool.tls
    if tls is None:
        return
    yield from ("ssl", "verify", tls.verify)
    if tls.ca_file is not None:
        yield from ("ca-file", tls.ca_file)
    if tls.verify_host is not None:
        yield from ("verifyhost", tls.verify_host)
    if tls.sni is not None:
        yield from ("sni", quote(f"str({tls.sni})", has))
    if tls.certificate is not None:
        yield from ("crt", tls.certificate)


def _outside(pool: Pool) -> tuple[str, tuple[Origin, ...]]:
    """Return what is said of servers that have a host name."""
    words = ["init-addr", ",".join(pool.init_addr)]
    given = [pool.origins["init_addr"]]
    if pool.resolvers is not None:
        words = ["resolvers", pool.resolvers, *words]
        given.append(pool.origins["resolvers"])
    return " ".join(words), tuple(given)
