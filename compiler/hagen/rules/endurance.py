"""Timeouts that last as long as the silence of a service.

Source: HAProxy configuration manual, "timeout client", "timeout server", "timeout tunnel" and "option clitcpka"; how
long a service is silent is in hagen's catalog, with its source.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hagen import codes
from hagen.artifact import Origins
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Frontend, Service, Topology
from hagen.quantity import Duration
from hagen.reach import leading
from hagen.said import place

_LONG = 3_600_000
"""An hour, in milliseconds: middleboxes forget connections that were silent for so long, and mostly earlier."""


class _Timeout(NamedTuple):
    """A timeout that decides, its key, and where it is said, if it is."""

    key: str
    value: Duration
    place: Label


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield timeouts that are too short, and long ones without keep-alives."""
    shared = leading(topology)
    for service in topology.services:
        if service.fact.at_least:
            yield from _short(service, shared.get(service.name, ()), topology)
        yield from _half_open(service)


def _short(service: Service, frontends: tuple[Frontend, ...], topology: Topology) -> Iterator[Diagnostic]:
    told = set()
    for wanted, least in service.fact.at_least.items():
        for each in _deciding(wanted, service, frontends, topology):
            if each.value.milliseconds >= least.milliseconds or each.place in told:
                continue
            told.add(each.place)
            yield codes.TIMEOUT_TOO_SHORT.at(
                each.place,
                f"clients of service `{service.name}` are cut off after {_words(each.value)} of silence by `timeouts.{each.key}`, and need {_words(least)}",
                hint=f"say at least `timeouts: {{{each.key}: {_words(least)}}}`; `hagen catalog {service.type}` has the reason",
            )


def _words(duration: Duration) -> str:
    return f"{duration.number}{duration.unit}"


def _deciding(
    wanted: str, service: Service, frontends: tuple[Frontend, ...], topology: Topology
) -> Iterator[_Timeout]:
    """Yield the timeouts that end a session of `service` which is silent as `wanted` says.

    In mode tcp a session becomes a tunnel as soon as it stands, and `tunnel`, if there is one, takes the place of both
    others. A websocket without `tunnel` keeps those. What clients of a shared frontend meet is the frontend's.
    """
    own = (service.timeouts, service.origins, service.origin)
    tunnel = _of("tunnel", own, topology)
    if tunnel is not None and (
        wanted == "tunnel" or (service.mode == "tcp" and wanted in {"client", "server"})
    ):
        yield tunnel
        return
    for key in ("client", "server") if wanted == "tunnel" else (wanted,):
        holders = [own] if key != "client" or service.binds else []
        holders += [(it.timeouts, it.origins, it.origin) for it in frontends if key == "client"]
        for holder in holders:
            found = _of(key, holder, topology)
            if found is not None:
                yield found


def _of(
    key: str, holder: tuple[Mapping[str, Duration], Origins, tuple[str | int, ...]], topology: Topology
) -> _Timeout | None:
    """Return the timeout `key` of a service or frontend, or else the proxy's."""
    timeouts, origins, whole = holder
    if key in timeouts:
        return _Timeout(key, timeouts[key], place(origins, (f"timeouts.{key}",), whole))
    proxy = topology.proxy
    if key in proxy.timeouts:
        return _Timeout(key, proxy.timeouts[key], place(proxy.origins, (f"timeouts.{key}",), whole))
    return None


def _half_open(service: Service) -> Iterator[Diagnostic]:
    """Yield it when one side may be silent for long and nobody would notice that it is gone.

    In mode http silence means that a server works, and the proxy's own timeouts are for all services alike.
    """
    if service.mode != "tcp" or service.tcp_keepalive == "both":
        return
    timeouts = service.timeouts
    for side in ("client", "server"):
        key = "tunnel" if "tunnel" in timeouts else side
        if key in timeouts and timeouts[key].milliseconds > _LONG and service.tcp_keepalive != side:
            yield codes.HALF_OPEN_SESSIONS.at(
                place(service.origins, ("tcp_keepalive", f"timeouts.{key}"), service.origin),
                f"a {side} of service `{service.name}` that is gone holds its connection for {_words(timeouts[key])}",
                hint="say `tcp_keepalive: both`",
            )
            return
