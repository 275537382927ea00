"""Daemons: two programs that want one port of a node. One program may be offered twice, by two services.

Source: bind(2); HAProxy's doc/proxy-protocol.txt: a receiver must not guess whether the protocol is there.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Service, Topology
from hagen.occupancy import Daemon, daemons
from hagen.quantity import Address

_SPOKEN = {"http", "mysql", "pgsql", "redis", "smtp", "ldap"}
"""Kinds of checks that are answered in a protocol of their own."""

_SYSTEM = {"sshd": ("ssh", False), "pcsd": ("http", True)}
_VAGUE = {"", "tcp", "tls"}
"""Words of the catalog for a port that says nothing of the protocol in it."""


class _Speech(NamedTuple):
    """What is spoken on a port; None is unknown. `proxied`: HAProxy sends the PROXY protocol before."""

    protocol: str | None
    tls: bool | None
    proxied: bool | None


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield daemons that cannot be one and want one port of a node, once for each two that they belong to."""
    by_port: dict[tuple[str, int], list[Daemon]] = defaultdict(list)
    for daemon in daemons(topology):
        by_port[daemon.protocol, daemon.port].append(daemon)
    told: set[tuple[str, str]] = set()
    for together in by_port.values():
        # Those that are alike are never apart: one of them stands for all, of which there may be thousands.
        kinds = {_kind(each): each for each in reversed(together)}
        for first, second in combinations(reversed(kinds.values()), 2):
            whose = (_owner(first), _owner(second))
            judged = whose not in told and _meet(first, second) and not _told_of_proxies(first, second)
            reason = _apart(first, second) if judged else ""
            if reason:
                told.add(whose)
                yield from _collision(first, second, reason)


def _owner(daemon: Daemon) -> str:
    return daemon.service.name if daemon.service else f" {daemon.who}"


def _kind(daemon: Daemon) -> tuple[object, ...]:
    """Return everything that daemons are judged by, besides their port."""
    place = (daemon.addresses, daemon.nodes)
    return daemon.kind, _product(daemon), _speech(daemon), daemon.said, *place


def _meet(first: Daemon, second: Daemon) -> bool:
    """Tell whether the two want one place of some node."""
    if first.addresses is None or second.addresses is None:
        return not first.nodes.isdisjoint(second.nodes)
    return not first.addresses.isdisjoint(second.addresses)


def _told_of_proxies(first: Daemon, second: Daemon) -> bool:
    """Tell whether the proxy's own listeners get in the way there, too: `listener` says so, and the mend is the same."""
    ours, theirs = _listening(first), _listening(second)
    if not ours.isdisjoint(theirs):
        return True
    return (second.addresses is None and first.port in {port for _, port in ours}) or (
        first.addresses is None and first.port in {port for _, port in theirs}
    )


def _listening(daemon: Daemon) -> set[tuple[Address, int]]:
    return {(bind.address, bind.port) for bind in daemon.service.binds} if daemon.service else set()


def _apart(first: Daemon, second: Daemon) -> str:
    """Return why the two cannot be one program, or an empty text if they can."""
    kinds = {first.kind, second.kind}
    # Within one service the rules of checks judge ports.
    if kinds == {"agent"} or first.who == second.who or _owner(first) == _owner(second):
        return ""
    if "agent" in kinds:
        return "an agent is a program of its own"
    ours, theirs = _speech(first), _speech(second)
    if None not in {ours.protocol, theirs.protocol} and ours.protocol != theirs.protocol:
        return f"one speaks {ours.protocol}, the other {theirs.protocol}"
    if None not in {ours.tls, theirs.tls} and ours.tls != theirs.tls:
        return "one speaks TLS, the other does not"
    if None not in {ours.proxied, theirs.proxied} and ours.proxied != theirs.proxied:
        return "one wants the PROXY protocol, the other does not"
    return "they are different programs" if _different(first, second, ours) else ""


def _different(first: Daemon, second: Daemon, speech: _Speech) -> bool:
    """Tell whether two that speak alike are known to be two: by their types, unless the topology says both ports."""
    one, other = _product(first), _product(second)
    if one is not None and other is not None and _related(one, other):
        return False
    kinds = {first.kind, second.kind}
    if not kinds & {"acme", "system"}:
        if first.said and second.said:
            return False
        # What answers on a port of the catalog's, such as clustercheck, is a program that is known.
        if kinds == {"server", "check"} and not (first if first.kind == "check" else second).said:
            return True
    # A database or a broker may be offered by two types, and an API is a program of its own.
    alike = speech.protocol not in {None, "http"} and not kinds & {"acme", "system"}
    return one is not None and other is not None and not alike


def _product(daemon: Daemon) -> str | None:
    if daemon.service is not None:
        return daemon.service.type
    return "certbot" if daemon.kind == "acme" else daemon.who


def _related(one: str, other: str) -> bool:
    """Tell whether two types are parts of one program, such as `rabbitmq` and `rabbitmq-management`."""
    return one == other or one.startswith(f"{other}-") or other.startswith(f"{one}-")


def _speech(daemon: Daemon) -> _Speech:
    service = daemon.service
    if service is None:
        protocol, tls = _SYSTEM.get(
            daemon.who, ("http", False) if daemon.kind == "acme" else (daemon.who, None)
        )
        return _Speech(protocol, tls, None)
    if daemon.kind == "check":
        kind = service.check.kind
        own_words = kind if kind in _SPOKEN else service.fact.answers.get(daemon.port, "")
        tls = kind == "ssl-hello" or service.check.tls is True
        return _Speech(_known(own_words), tls or (False if kind in _SPOKEN else None), None)
    return _of_server(service)


def _of_server(service: Service) -> _Speech:
    asked = service.check.kind if service.check.port in {None, service.servers[0].port} else ""
    protocol = _known(service.fact.protocol) or (asked if asked in _SPOKEN else None)
    if protocol is None and service.mode == "http":
        protocol = "http"
    encrypted = service.pool.tls is not None or asked == "ssl-hello" or service.fact.protocol == "tls"
    plain = service.mode == "http" or (asked == "http" and not service.check.tls)
    tls = True if encrypted or (asked and service.check.tls) else (False if plain else None)
    return _Speech(protocol, tls, service.pool.send_proxy != "none")


def _known(protocol: str) -> str | None:
    return None if protocol in _VAGUE else protocol


def _collision(first: Daemon, second: Daemon, reason: str) -> Iterator[Diagnostic]:
    taken, late = (first, second) if second.label is not None else (second, first)
    if late.label is None:
        return
    related = () if taken.label is None else (taken.label._replace(text=f"{taken.who} listens there"),)
    hint = "give one of them another port"
    if late.service is not None and taken.service is not None:
        hint += ", or nodes of its own: `servers: {nodes: […]}`"
    if reason == "they are different programs" and {first.kind, second.kind} <= {"server", "check"}:
        unsaid = taken if not taken.said else late
        key = "servers" if unsaid.kind == "server" else "check"
        hint += f"; if they are one program, say so in its service too: `{key}: {{port: {unsaid.port}}}`"
    yield codes.TWO_DAEMONS.at(
        Label(late.label.at, on_key=late.label.on_key),
        f"{late.who} cannot have port {late.port}, where {taken.who} listens: {reason}",
        *related,
        hint=hint,
    )
