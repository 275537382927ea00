"""`haproxy.cfg`: the proxy, the same file on every node."""

from collections.abc import Iterator

from hagen.artifact import Artifact, Line, Origin, Target
from hagen.haproxy import sections
from hagen.haproxy.process import defaults, process
from hagen.model import Topology
from hagen.template import expand


def emit(topology: Topology, _made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield `haproxy.cfg`."""
    text, origins = expand(
        "haproxy.cfg.j2",
        {
            "cluster": Line(topology.cluster.name, (topology.cluster.origins["name"],)),
            "description": tuple(
                Line(each, (Origin("topology", ("cluster", "description")),))
                for each in topology.cluster.description.splitlines()
            ),
            "process": tuple(process(topology)),
            "defaults": tuple(defaults(topology)),
            "sections": tuple(sections(topology)),
        },
    )
    target = Target(
        path=topology.platform.haproxy["config"],
        mode="0644",
        owner="root",
        group="root",
        nodes=topology.node_names,
        validate=("haproxy", "-c", "-f", "{}"),
        reload=(*topology.platform.reload, "haproxy.service"),
    )
    yield Artifact("haproxy.cfg", text, 0o644, origins, target)
