"""ACLs: roles that somebody has. Rights at pcsd: once for each user and group.

Source: Pacemaker Explained, "Access Control Lists": a role grants nothing until a user or group has it; pcs' configuration
of pcsd, in which a user or group has one list of rights.
"""

from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Topology
from hagen.source import Pointer


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield rights that are given twice, and roles that nobody has."""
    yield from _permissions(topology)
    if topology.acls is None:
        return
    given = {role for target in topology.acls.targets for role in target.roles}
    for role in topology.acls.roles:
        if role.id not in given:
            yield codes.UNUSED_ROLE.at(
                role.origin,
                f"nobody has the role `{role.id}`",
                hint="give it to a user or group, under acls.users or acls.groups, or remove it",
                on_key=True,
            )


def _permissions(topology: Topology) -> Iterator[Diagnostic]:
    seen: dict[tuple[str, str], Pointer] = {}
    for each in topology.cluster.permissions:
        place = seen.setdefault((each.kind, each.name), each.origin)
        if place != each.origin:
            yield codes.DUPLICATE_PERMISSION.at(
                (*each.origin, "name"),
                f"what the {each.kind} `{each.name}` may do through pcsd is said twice",
                Label((*place, "name"), "here already"),
                hint="say everything in one `allow`",
            )
