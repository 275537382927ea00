"""Primitives that the cluster has from elsewhere, or whose guest would be there several times.

Source: Pacemaker Remote, "Remote nodes" and "Guest nodes": a guest node has one name, and one resource that it
is inside of; systemd knows a unit once on each host, whatever resources speak of it.
"""

from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Topology
from hagen.source import Pointer

_REMOTE = "ocf:pacemaker:remote"
_PROXY = frozenset(
    f"{kind}:haproxy{suffix}"
    for kind, suffix in (("systemd", ""), ("systemd", ".service"), ("service", ""), ("lsb", ""))
)


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield primitives that must not be as they are."""
    for primitive in topology.resources.primitives:
        at = (*primitive.origin, "agent")
        if primitive.agent == _REMOTE:
            yield codes.MADE_BY_HAGEN.at(
                at,
                f"`{primitive.id}` is a remote node, of which hagen has to know more than its agent",
                hint=f"say resources.remotes: {{{primitive.id}: {{address: …}}}}",
            )
        if primitive.agent in _PROXY:
            yield codes.MADE_BY_HAGEN.at(
                at,
                f"`{primitive.id}` runs the unit of HAProxy, which hagen's own resource `lb-haproxy` runs already",
                hint="remove it; constraints can name `lb-haproxy`",
            )
    yield from _guests(topology)


def _guests(topology: Topology) -> Iterator[Diagnostic]:
    """Yield guest nodes in what is cloned, or runs in a container."""
    found = topology.resources
    groups = {member: group.id for group in found.groups for member in group.members}
    clones: dict[str, Pointer] = {clone.resource: clone.origin for clone in found.clones}
    bundles: dict[str, Pointer] = {
        bundle.resource: bundle.origin for bundle in found.bundles if bundle.resource is not None
    }
    for primitive in found.primitives:
        if primitive.guest is None:
            continue
        group = groups.get(primitive.id, "")
        place = clones.get(primitive.id) or clones.get(group) or bundles.get(primitive.id)
        if place is not None:
            kind = "a bundle" if primitive.id in bundles else "a clone"
            yield codes.GUEST_IN_COPIES.at(
                (*primitive.guest.origin, "name"),
                f"guest `{primitive.guest.name}` runs inside of `{primitive.id}`, which is in {kind}: "
                "a node is there once",
                Label(place, "this has copies", on_key=True),
                hint="take the resource out of it, or remove `guest`",
            )
