"""The wanted configuration of Pacemaker, as the pcs commands that build it in a file.

Command forms are those that pcs 0.9 to 0.12 take alike where there is such a form; `dialect` has the others.
"""

from collections.abc import Iterator

from hagen.cib.access import access
from hagen.cib.constraint import constraints
from hagen.cib.fencing import fencing
from hagen.cib.node import nodes, remote_nodes
from hagen.cib.policy import policy
from hagen.cib.resource import resources
from hagen.cib.section import Section
from hagen.dialect import dialect
from hagen.model import Topology

__all__ = ["Section", "sections"]


def sections(topology: Topology) -> Iterator[Section]:
    """Yield the commands that build the wanted configuration, in an order in which each finds what it names."""
    words = dialect(topology.platform)
    yield from policy(topology, words)
    yield from nodes(topology)
    yield from fencing(topology, words)
    yield from resources(topology, words)
    yield from remote_nodes(topology)
    yield from constraints(topology, words)
    yield from access(topology)
