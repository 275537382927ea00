"""`watchdog/<node>/…`: which kernel modules drive a node's watchdog, and which must not.

Source: modules-load.d(5), modprobe.d(5).
"""

from collections.abc import Iterator

from hagen.artifact import Artifact, Line, Origin, Target
from hagen.model import Node, Topology
from hagen.template import expand


def emit(topology: Topology, _made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield the files of each node that says something of its modules."""
    for node in topology.nodes:
        if node.sbd is not None and node.sbd.modules:
            at = (*node.origin, "sbd", "watchdog_modules")
            lines = [Line(name, (Origin("topology", at),)) for name in node.sbd.modules]
            yield _file(topology, node, lines, "modules-load")
        if node.sbd is not None and node.sbd.blocklist:
            at = (*node.origin, "sbd", "watchdog_modules_blocklist")
            # `blacklist` is modprobe's own word.
            lines = [Line(f"blacklist {name}", (Origin("topology", at),)) for name in node.sbd.blocklist]
            yield _file(topology, node, lines, "modprobe")


def _file(topology: Topology, node: Node, lines: list[Line], kind: str) -> Artifact:
    text, origins = expand(
        "watchdog.conf.j2",
        {
            "node": Line(node.name, (Origin("topology", node.origin),)),
            "cluster": Line(topology.cluster.name, (topology.cluster.origins["name"],)),
            "verb": "drive" if kind == "modules-load" else "must not drive",
            "lines": tuple(lines),
        },
    )
    target = Target(
        path=f"/etc/{kind}.d/hagen-watchdog.conf",
        mode="0644",
        owner="root",
        group="root",
        nodes=(node.name,),
        validate=(),
        reload=("systemctl", "restart", "systemd-modules-load.service"),
    )
    return Artifact(f"watchdog/{node.name}/{kind}.conf", text, 0o644, origins, target)
