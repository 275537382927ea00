"""What has to hold once the artifacts are applied: the checklist tells people, `verify.sh` asks the nodes.

Both are made from these values, so that they cannot say different things.
"""

from hagen.artifact import Artifact
from hagen.model import Topology
from hagen.verification.cluster import cluster, policy
from hagen.verification.host import host
from hagen.verification.proxy import proxy
from hagen.verification.resource import resources
from hagen.verification.verification import Verification

__all__ = ["Verification", "verifications"]


def verifications(topology: Topology, files: tuple[Artifact, ...]) -> tuple[Verification, ...]:
    """Return everything that has to hold on a node, in the order in which a person would look."""
    return (
        *cluster(topology),
        *policy(topology),
        *resources(topology),
        *proxy(topology),
        *host(topology, files),
    )
