"""`verify.sh`: the checklist's checks as a script that speaks TAP."""

from collections.abc import Iterator

from hagen.artifact import Artifact, Line
from hagen.filters import quote
from hagen.model import Topology
from hagen.template import expand
from hagen.verification import verifications


def emit(topology: Topology, made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield `verify.sh`."""
    checks = verifications(topology, made)
    text, origins = expand(
        "verify.sh.j2",
        {
            "cluster": Line(topology.cluster.name, (topology.cluster.origins["name"],)),
            "count": str(len(checks)),
            "checks": tuple(
                Line(" ".join(map(quote, ("check", each.title, *each.test))), each.origins) for each in checks
            ),
        },
    )
    yield Artifact("verify.sh", text, 0o755, origins, None)
