"""`cloud-init/<node>.yaml`: packages, files and services of a node, for cloud-init."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from hagen.artifact import Artifact, Line, Origin
from hagen.filters import Block, indent
from hagen.model import Topology
from hagen.provision import packages, repositories, steps
from hagen.template import expand


class File(NamedTuple):
    """A file that cloud-init writes: its entry's lines, and its text."""

    path: Line
    owner: Line
    permissions: Line
    content: Block


def emit(topology: Topology, made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield a file for each node, unless the topology wants none."""
    if not topology.provisioning.cloud_init:
        return
    shared = {
        "cluster": Line(topology.cluster.name, (topology.cluster.origins["name"],)),
        "repositories": tuple(
            Line(_scalar(f"cloud-init-per once hagen-repository-{index} {command}"), (origin,))
            for index, (command, origin) in enumerate(repositories(topology), 1)
        ),
        "packages": tuple(Line(_scalar(name), (origin,)) for name, origin in packages(topology)),
        "files": tuple(_file(each) for each in made if each.target is not None),
        "steps": tuple(
            (Line(step.reason, step.origins), Line(_scalar(step.command), step.origins))
            for step in steps(topology)
        ),
    }
    for node in topology.nodes:
        origin = (Origin("topology", node.origin),)
        hostname = Line(_scalar(node.name), origin)
        # Of a name with dots cloud-init would take the part before the first one.
        names = {
            "node": Line(node.name, origin),
            "hostname": hostname,
            "fqdn": hostname if "." in node.name else None,
        }
        text, origins = expand("cloud-init.yaml.j2", {**shared, **names})
        yield Artifact(f"cloud-init/{node.name}.yaml", text, 0o644, origins, None)


def _scalar(text: str) -> str:
    """Return `text` as a YAML scalar; JSON's strings are YAML's double-quoted ones."""
    return json.dumps(text)


def _file(made: Artifact) -> File:
    assert made.target is not None  # noqa: S101  the caller chose those that have one
    why = (Origin("hagen", (), f"the node's copy of {made.path}"),)
    return File(
        path=Line(_scalar(made.target.path), why),
        owner=Line(_scalar(f"{made.target.owner}:{made.target.group}"), why),
        permissions=Line(_scalar(made.target.mode), why),
        # Indented here, once for all nodes: a file may have a hundred thousand lines.
        content=indent(Block(made.text.removesuffix("\n"), made.origins), 6),
    )
