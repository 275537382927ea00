"""`cloud-init/<machine>.yaml`: packages, files and services of a machine, for cloud-init.

Source: cloud-init's documentation of its modules; `write_files.defer` exists since 21.3.
"""

import json
from collections.abc import Iterator
from typing import NamedTuple

from hagen.artifact import Artifact, Line, Origin, Target
from hagen.filters import Block, indent, quote
from hagen.machine import Group, Host, groups
from hagen.model import Topology
from hagen.template import expand

STAGE = "/var/lib/hagen/staged"
"""Where files wait for the packages, if cloud-init is too old to write them afterwards."""


class File(NamedTuple):
    """A file that cloud-init writes: its entry's lines, and its text."""

    path: Line
    owner: Line
    permissions: Line
    content: Block


def emit(topology: Topology, made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield a file for each machine, unless the topology wants none."""
    if not topology.provisioning.cloud_init:
        return
    for group in groups(topology):
        shared = {
            "cluster": Line(topology.cluster.name, (topology.cluster.origins["name"],)),
            "what": group.what,
            "by_hand": group.by_hand,
        }
        contents = _contents(group, files := group.files(made))
        for host in group.hosts:
            own = group.own_files(host, made)
            values = {**shared, **(_contents(group, files + own) if own else contents)}
            text, origins = expand("cloud-init.yaml.j2", {**values, **_names(host)})
            yield Artifact(f"cloud-init/{host.name}.yaml", text, 0o644, origins, None)


def _contents(group: Group, files: tuple[Artifact, ...]) -> dict[str, object]:
    """Return what hosts of a group with the same files have in common."""
    deferred = group.platform.defers_files
    places = [(each, each.target) for each in files if each.target is not None]
    staged = () if deferred else tuple(_unstage(made.path, target) for made, target in places)
    return {
        "repositories": tuple(
            Line(_scalar(f"cloud-init-per once hagen-repository-{index} {command}"), (origin,))
            for index, (command, origin) in enumerate(group.repositories, 1)
        ),
        "packages": tuple(Line(_scalar(name), (origin,)) for name, origin in group.packages),
        "defer": deferred,
        "files": tuple(_file(made, target, "" if deferred else STAGE) for made, target in places),
        "steps": (
            *staged,
            *(
                (Line(step.reason, step.origins), Line(_scalar(step.command), step.origins))
                for step in group.steps
            ),
        ),
    }


def _names(host: Host) -> dict[str, Line | None]:
    origin = (Origin("topology", host.origin),)
    hostname = Line(_scalar(host.name), origin)
    # Of a name with dots cloud-init would take the part before the first one.
    return {
        "node": Line(host.name, origin),
        "hostname": hostname,
        "fqdn": hostname if "." in host.name else None,
    }


def _scalar(text: str) -> str:
    """Return `text` as a YAML scalar; JSON's strings are YAML's double-quoted ones."""
    return json.dumps(text)


def _file(made: Artifact, target: Target, stage: str) -> File:
    why = (Origin("hagen", (), f"the machine's copy of {made.path}"),)
    return File(
        path=Line(_scalar(stage + target.path), why),
        owner=Line(_scalar(f"{target.owner}:{target.group}"), why),
        permissions=Line(_scalar(target.mode), why),
        # Indented here, once for all nodes: a file may have a hundred thousand lines.
        content=indent(Block(made.text.removesuffix("\n"), made.origins), 6),
    )


def _unstage(path: str, target: Target) -> tuple[Line, Line]:
    """Return the step that puts a file that waited where it belongs, with the reason for it."""
    why = (Origin("hagen", (), f"the machine's copy of {path}"),)
    command = f"install -D -o {target.owner} -g {target.group} -m {target.mode}"
    words = f"{command} {quote(STAGE + target.path)} {quote(target.path)}"
    return Line(f"{path} goes to its place now that the packages are there", why), Line(_scalar(words), why)
