"""Who is who among resources: what an id of the CIB stands for, and how to speak of it.

Source: Pacemaker Explained, "Collective Resources": a constraint about a clone is about what it copies; one about a
group is about its first member when the group depends on something, and about its last when something depends on it.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import TypeAlias

from hagen.graph import Node
from hagen.model import Topology
from hagen.model.constraint import Colocation, Order
from hagen.naming import PROXY, PROXY_CLONE

START = "start"
"""What is done with a node of a graph that is a resource which runs at all."""


class Cast:
    """Who is who: what an id of the CIB stands for, and what stands for it in a graph."""

    def __init__(self, topology: Topology) -> None:
        """Learn the resources of `topology`."""
        found = topology.resources
        self.inner = {clone.id: clone.resource for clone in found.clones} | {PROXY_CLONE: PROXY}
        self.members = {group.id: group.members for group in found.groups}
        self.group: dict[str, str] = {}
        for group in found.groups:
            for member in group.members:
                self.group.setdefault(member, group.id)
        self._vips = {vip.resource: f"VIP `{vip.name}`" for vip in topology.vips}
        cloned = set(self.inner.values())
        self._several = cloned | {bundle.id for bundle in found.bundles}
        self._several |= {member for member, group_ in self.group.items() if group_ in cloned}

    def name(self, resource: str) -> str:
        """Return what to call a resource when speaking to people."""
        if resource in {PROXY, PROXY_CLONE}:
            return "the proxy"
        return self._vips.get(resource) or f"`{self.inner.get(resource, resource)}`"

    def whole(self, resource: str) -> str:
        """Return the group that `resource` is, is a clone of or is a member of; else what it is a clone of, or itself."""
        core = self.inner.get(resource, resource)
        return self.group.get(core, core)

    def first(self, resource: str) -> str:
        """Return what of a resource comes first: a group's first member, what is cloned, or itself."""
        core = self.inner.get(resource, resource)
        return self.members[core][0] if core in self.members else core

    def last(self, resource: str) -> str:
        """Return what of a resource comes last."""
        core = self.inner.get(resource, resource)
        return self.members[core][-1] if core in self.members else core

    def single(self, node: Node) -> bool:
        """Tell whether there is only one of a node, so that what follows it is on the same machine."""
        return node[1] == START and node[0] not in self._several

    def chains(self) -> Iterator[tuple[str, str, str]]:
        """Yield each group, a member, and the next one."""
        for group, members in self.members.items():
            for earlier, later in pairwise(members):
                yield group, earlier, later


Constraint: TypeAlias = Colocation | Order


def named(constraint: Constraint) -> tuple[str, ...]:
    """Return every id that a constraint names, in its order."""
    one, other = (
        (constraint.resource, constraint.other)
        if isinstance(constraint, Colocation)
        else (constraint.first, constraint.then)
    )
    return (
        *(each for each in (one, other) if each is not None),
        *(each for part in constraint.sets for each in part.resources),
    )


def within(cast: Cast, constraint: Constraint) -> tuple[str, str] | None:
    """Return two ids of a constraint that are one resource or belong to one group, if there are any."""
    seen: dict[str, str] = {}
    for each in named(constraint):
        if (whole := cast.whole(each)) in seen:
            return seen[whole], each
        seen[whole] = each
    return None
