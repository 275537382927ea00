"""`kickstart/<machine>.ks`: what cloud-init does, for Anaconda; to be included by a kickstart file of one's own."""

from collections.abc import Iterator
from typing import NamedTuple

from hagen.artifact import Artifact, Line, Origin, Target
from hagen.filters import Block, continued, quote
from hagen.machine import Group, groups
from hagen.model import Topology
from hagen.template import expand

END = "end-of-file-made-by-hagen"
"""The here-document's delimiter; no artifact has a line like it."""

_NEEDED = Origin("hagen", (), "what the machine needs")


class File(NamedTuple):
    """A file that the installer writes: the commands around it, and its text."""

    folder: Line
    path: Line
    content: Block
    owner: Line
    mode: Line


def emit(topology: Topology, made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield a file for each machine that Anaconda can install, if the topology wants them."""
    if not topology.provisioning.kickstart:
        return
    for group in groups(topology):
        if group.platform.kickstart is None:
            continue
        shared = {
            "cluster": Line(topology.cluster.name, (topology.cluster.origins["name"],)),
            "what": group.what,
            "by_hand": group.by_hand,
            "end": END,
        }
        contents = _contents(group, files := group.files(made))
        for host in group.hosts:
            own = group.own_files(host, made)
            values = {**shared, **(_contents(group, files + own) if own else contents)}
            name = Line(host.name, (Origin("topology", host.origin),))
            text, origins = expand("kickstart.ks.j2", {**values, "node": name})
            yield Artifact(f"kickstart/{host.name}.ks", text, 0o644, origins, None)


def _contents(group: Group, files: tuple[Artifact, ...]) -> dict[str, object]:
    """Return what hosts of a group with the same files have in common."""
    return {
        "repositories": tuple(Line(command, (origin,)) for command, origin in group.repositories),
        "install": continued(
            [
                (group.platform.install, (_NEEDED,)),
                *((quote(name), (origin,)) for name, origin in group.packages),
            ]
        ),
        "files": tuple(_file(each, each.target) for each in files if each.target is not None),
        "steps": tuple(
            (Line(step.reason, step.origins), Line(step.command, step.origins))
            for step in group.steps
            if not step.running
        ),
    }


def _file(made: Artifact, target: Target) -> File:
    why = (Origin("hagen", (), f"the machine's copy of {made.path}"),)
    return File(
        folder=Line(quote(target.path.rpartition("/")[0]), why),
        path=Line(quote(target.path), why),
        content=Block(made.text.removesuffix("\n"), made.origins),
        owner=Line(f"{target.owner}:{target.group}", why),
        mode=Line(target.mode, why),
    )
