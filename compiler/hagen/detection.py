"""How long HAProxy goes on using a server that is dead: computed from the checks of each service."""

from typing import NamedTuple

from hagen.model import Topology
from hagen.source import Pointer


class Detection(NamedTuple):
    """How long HAProxy goes on using a dead server of a service, at most, in seconds.

    `refused`: nothing listens on its port any more. `silent`: its host is gone. `hung`: its daemon takes
    connections and never answers; None where the check cannot see that.
    """

    service: str
    refused: float
    silent: float
    hung: float | None
    because: str
    origin: Pointer


def detections(topology: Topology) -> tuple[Detection, ...]:
    """Return for each service how long a dead server is used.

    Source: HAProxy configuration manual, "inter", "fall" and "timeout check": a check may take the smaller of
    `inter` and `timeout connect` to connect and then `timeout check` to be answered; the next one comes `inter` later.
    """
    found = []
    for service in topology.services:
        check, inter = service.check, service.check.inter.seconds
        answer = service.timeouts.get("check", topology.proxy.timeouts["check"])
        connect = service.timeouts.get("connect", topology.proxy.timeouts["connect"])
        because = f"{check.fall} failed checks, one every {check.inter.haproxy}"
        if check.kind == "http":
            because += f", each with {answer.haproxy} to be answered"
        found.append(
            Detection(
                service=service.name,
                refused=check.fall * inter,
                silent=check.fall * (inter + min(inter, connect.seconds)),
                hung=check.fall * (inter + answer.seconds) if check.kind == "http" else None,
                because=because,
                origin=(*service.origin, "check"),
            )
        )
    return tuple(found)
