"""`kickstart/<node>.ks`: what cloud-init does, for Anaconda; to be included by a kickstart file of one's own."""

from collections.abc import Iterator
from typing import NamedTuple

from hagen.artifact import Artifact, Line, Origin
from hagen.filters import Block, continued, quote
from hagen.model import Topology
from hagen.provision import packages, repositories, steps
from hagen.template import expand

END = "end-of-file-made-by-hagen"
"""The here-document's delimiter; no artifact has a line like it."""

_NEEDED = Origin("hagen", (), "what a node of the cluster needs")


class File(NamedTuple):
    """A file that the installer writes: the commands around it, and its text."""

    folder: Line
    path: Line
    content: Block
    owner: Line
    mode: Line


def emit(topology: Topology, made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield a file for each node, if the topology wants them."""
    if not topology.provisioning.kickstart:
        return
    shared = {
        "cluster": Line(topology.cluster.name, (topology.cluster.origins["name"],)),
        "end": END,
        "repositories": tuple(Line(command, (origin,)) for command, origin in repositories(topology)),
        "install": continued(
            [
                ("dnf -y install", (_NEEDED,)),
                *((quote(name), (origin,)) for name, origin in packages(topology)),
            ]
        ),
        "files": tuple(_file(each) for each in made if each.target is not None),
        "steps": tuple(
            (Line(step.reason, step.origins), Line(step.command, step.origins))
            for step in steps(topology)
            if not step.running
        ),
    }
    for node in topology.nodes:
        name = Line(node.name, (Origin("topology", node.origin),))
        text, origins = expand("kickstart.ks.j2", {**shared, "node": name})
        yield Artifact(f"kickstart/{node.name}.ks", text, 0o644, origins, None)


def _file(made: Artifact) -> File:
    assert made.target is not None  # noqa: S101  the caller chose those that have one
    why = (Origin("hagen", (), f"the node's copy of {made.path}"),)
    path = made.target.path
    return File(
        folder=Line(quote(path.rpartition("/")[0]), why),
        path=Line(quote(path), why),
        content=Block(made.text.removesuffix("\n"), made.origins),
        owner=Line(f"{made.target.owner}:{made.target.group}", why),
        mode=Line(made.target.mode, why),
    )
