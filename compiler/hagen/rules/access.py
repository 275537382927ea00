"""ACLs: roles that somebody has.

Source: Pacemaker Explained, "Access Control Lists": a role grants nothing until a user or group has it.
"""

from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic
from hagen.model import Topology


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield roles that nobody has."""
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
