"""What Pacemaker keeps about nodes."""

from collections.abc import Iterator

from hagen.artifact import Line
from hagen.cib.section import Section, assigned, command, said, section
from hagen.filters import quote
from hagen.model import Node, Topology


def nodes(topology: Topology) -> Iterator[Section]:
    """Yield what the topology says of nodes; what it does not say stays as the operator has set it."""
    for node in topology.nodes:
        lines = tuple(_node(node))
        if lines:
            yield section(f"node {node.name}", node.origin, lines)


def remote_nodes(topology: Topology) -> Iterator[Section]:
    """Yield the attributes of remote nodes, which come after the resources that connect to them."""
    for remote in topology.resources.remotes:
        if remote.attributes:
            name, at = quote(remote.name), said((*remote.origin, "attributes"))
            yield section(
                f"remote node {remote.name}",
                remote.origin,
                (
                    Line(f"add_node {name} {name} remote", at),
                    *command(f"node attribute {name}", at, assigned(remote.attributes)),
                ),
            )


def _node(node: Node) -> Iterator[Line]:
    name = quote(node.name)
    if node.attributes:
        at = said((*node.origin, "attributes"))
        yield from command(f"node attribute {name}", at, assigned(node.attributes))
    if node.utilization:
        at = said((*node.origin, "utilization"))
        yield from command(f"node utilization {name}", at, assigned(node.utilization))
    for key, value in (("standby", node.standby), ("maintenance", node.maintenance)):
        if value is not None:
            yield from command(f"node {'' if value else 'un'}{key} {name}", said((*node.origin, key)))
