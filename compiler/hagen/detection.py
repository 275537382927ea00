"""How long HAProxy goes on using a server that is dead: computed from the checks of each service."""

from typing import NamedTuple

from hagen.model import Service, Topology
from hagen.source import Pointer

ASKING = frozenset({"http", "mysql", "pgsql", "redis", "smtp", "ldap", "ssl-hello"})
"""Kinds of checks that wait for an answer: a daemon that hangs does not pass them."""


LATE_S = 0.5
"""How late HAProxy's timers may be altogether on a busy machine, in seconds: measured in the lab."""


class Detection(NamedTuple):
    """How long HAProxy goes on using a dead server of a service, at most, in seconds; None: for ever.

    `refused`: nothing listens on its port any more. `silent`: its host is gone. `hung`: its daemon takes
    connections and never answers; None where the check cannot see that.
    """

    service: str
    refused: float | None
    silent: float | None
    hung: float | None
    because: str
    origin: Pointer


def detections(topology: Topology) -> tuple[Detection, ...]:
    """Return for each service how long a dead server is used.

    Source: HAProxy configuration manual, "inter", "fastinter", "fall" and "timeout check": a check may take the
    smaller of `inter` and `timeout connect` to connect and then `timeout check` to be answered; the next one comes
    `inter` later, or `fastinter` once a check has failed.
    """
    return tuple(_detection(service, topology) for service in topology.services)


def _detection(service: Service, topology: Topology) -> Detection:
    check, at = service.check, (*service.origin, "check")
    if check.kind == "none":
        return Detection(service.name, None, None, None, "its servers are not checked", at)
    inter, asking = check.inter.seconds, check.kind in ASKING or bool(check.tls)
    answer = service.timeouts.get("check", topology.proxy.timeouts["check"])
    connect = service.timeouts.get("connect", topology.proxy.timeouts["connect"])
    because = f"{check.fall} failed checks, one every {check.inter.haproxy}"
    waits = inter
    if check.fastinter is not None:
        because += f", then every {check.fastinter.haproxy}"
        waits = check.fastinter.seconds
    connecting = min(check.inter, connect, key=lambda each: each.seconds)
    # HAProxy up to 2.6 does not end a check before the time to connect is over, and none does within TLS's handshake.
    patience = max(answer, connecting, key=lambda each: each.seconds)
    if asking:
        because += f", each with {patience.haproxy} to be answered"
    pauses = inter + (check.fall - 1) * waits
    return Detection(
        service=service.name,
        refused=pauses,
        silent=pauses + check.fall * connecting.seconds,
        hung=pauses + check.fall * patience.seconds if asking else None,
        because=because,
        origin=at,
    )


def words(found: Detection) -> tuple[str, str, str]:
    """Return how long a server is used that refuses, that is silent, that hangs, with `LATE_S`, in words."""
    never = "for ever: there is no check"
    blind = never if found.refused is None else "not noticed: the check only connects"
    refused, silent, hung = (
        otherwise if seconds is None else f"{seconds + LATE_S:g} s"
        for seconds, otherwise in ((found.refused, never), (found.silent, never), (found.hung, blind))
    )
    return refused, silent, hung
