"""Ids of the CIB and names of machines: each is there once, and none is one that hagen, pcs or Pacemaker makes.

Source: an id is unique in the whole CIB, whatever it is the id of (XML's type ID); Pacemaker Explained, "Bundles",
for the resources and nodes that a bundle makes; Pacemaker Remote, for remote nodes that are resources as well.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Topology
from hagen.naming import PROXY, PROXY_CLONE, vip_resource
from hagen.source import Pointer

_PREFIXES = (
    vip_resource(""),
    PROXY,
    "order-",
    "colocation-",
    "location-",
    "cib-bootstrap-options",
    "rsc_defaults",
    "op_defaults",
    "build-resource-",
    "nodes-",
    "status-",
    "cli-ban-",
    "cli-prefer-",
    "cli-standby",
)
"""What ids in the CIB begin with that hagen, pcs and Pacemaker make."""

_PARTS = re.compile(
    "(?:instance_attributes|meta_attributes|utilization)(?:-.*)?|operations|[a-z][a-z_]*-interval-.*"
)
_PARTS_OF = {
    "bundle": re.compile("network|(?:podman|docker)-.*|(?:port|storage)-map-.*|ip-.*|[0-9]+"),
    "location": re.compile("rule.*"),
    "defaults": re.compile("rule.*"),
}
"""What stands behind an id and a dash in the ids of its parts: of anything, and of some kinds besides."""

_FIREWALL_FILES = re.compile(r"hagen.*\.(?:nft|service|xml)")
"""Files of the nodes' firewall; the files of another machine are in a folder beside them, of the machine's name."""


class _Id(NamedTuple):
    """An id: what it is the id of, and where the topology says it; `kind` is the key that it stands under."""

    text: str
    kind: str
    what: str
    at: Pointer
    on_key: bool


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield ids and names that are taken."""
    said = [each for each in _said(topology) if not _is_prefixed(each)]
    owners: dict[str, _Id] = {each.text: each for each in _derived(topology)}
    for each in said:
        owner = owners.setdefault(each.text, each)
        if owner.at != each.at:
            yield _taken(each, f"`{each.text}` is already the id of {owner.what}", owner, "this one")
    for each in _said(topology):
        if _is_prefixed(each):
            prefix = next(prefix for prefix in _PREFIXES if each.text.startswith(prefix))
            yield _taken(
                each,
                f"`{each.text}` begins with `{prefix}`, as ids do that hagen and pcs make in the same cluster",
            )
    for each in said:
        for dash in re.finditer("-", each.text):
            whole = owners.get(each.text[: dash.start()])
            if whole is not None and _is_part(whole, each.text[dash.end() :]):
                yield _taken(
                    each, f"`{each.text}` is what pcs calls a part of {whole.what}", whole, "part of this"
                )
    yield from _machines(topology)


def _is_part(whole: _Id, rest: str) -> bool:
    special = _PARTS_OF.get(whole.kind)
    return _PARTS.fullmatch(rest) is not None or (special is not None and special.fullmatch(rest) is not None)


def _taken(each: _Id, message: str, owner: _Id | None = None, text: str = "") -> Diagnostic:
    related = () if owner is None else (Label(owner.at, text, on_key=owner.on_key),)
    return codes.RESERVED_NAME.at(each.at, message, *related, hint="take another name", on_key=each.on_key)


def _is_prefixed(each: _Id) -> bool:
    """Tell whether an id begins like those that are made; a constraint may begin with what kind it is of."""
    return each.kind != "vip" and any(
        each.text.startswith(prefix) for prefix in _PREFIXES if prefix != f"{each.kind}-"
    )


def _derived(topology: Topology) -> Iterator[_Id]:
    """Yield the ids that hagen and pcs make for what is in the topology."""
    everywhere = topology.proxy.everywhere
    resources = {vip.name: vip.resource for vip in topology.vips}
    for vip in topology.vips:
        first, then = (PROXY_CLONE, vip.resource) if everywhere else (vip.resource, PROXY_CLONE)
        one, other = (then, first) if everywhere else (PROXY_CLONE, vip.resource)
        if vip.leader is not None:
            one, other = vip.resource, resources[vip.leader]
        what = f"a constraint that hagen makes for VIP `{vip.name}`"
        yield _Id(f"order-{first}-{then}", "order", what, vip.origin, on_key=True)
        yield _Id(f"colocation-{one}-{other}", "colocation", what, vip.origin, on_key=True)
    for device in topology.cluster.fencing.devices:
        if len(device.targets) == 1:
            what = f"the constraint that keeps fencing device `{device.name}` off its target"
            text = f"location-{device.name}-{device.targets[0]}--INFINITY"
            yield _Id(text, "location", what, device.origin, on_key=True)
    yield from _of_pcs(topology)


def _of_pcs(topology: Topology) -> Iterator[_Id]:
    """Yield the ids that pcs makes up for what has no name: levels, permissions, sets, defaults."""
    taken: set[str] = set()
    for level in topology.cluster.fencing.levels:
        target = level.node or level.pattern or (level.attribute or ("",))[0]
        text = _next(re.sub("[^A-Za-z0-9_.-]", "", f"fl-{target}-{level.level}"), taken)
        yield _Id(text, "level", f"a fencing level {level.level}", level.origin, on_key=False)
    for role in topology.acls.roles if topology.acls is not None else ():
        for permission in role.permissions:
            text = _next(f"{role.id}-{permission.kind}", taken)
            yield _Id(text, "permission", f"a permission of `{role.id}`", permission.origin, on_key=False)
    found = topology.constraints
    sets = [(each.id, part) for each in found.colocations for part in each.sets]
    sets += [(each.id, part) for each in found.orders for part in each.sets]
    sets += [(each.id, part) for each in found.tickets for part in each.sets]
    for constraint, part in sets:
        text = _next(f"{constraint}_set", taken)
        yield _Id(text, "set", f"a set of constraint `{constraint}`", part.origin, on_key=False)
    cluster = topology.cluster
    for defaults in (*cluster.resource_defaults_sets, *cluster.operation_defaults_sets):
        for setting in defaults.values:
            text, what = f"{defaults.id}-{setting.name}", f"a value of the defaults `{defaults.id}`"
            yield _Id(text, "value", what, setting.origin.at, on_key=False)


def _next(wanted: str, taken: set[str]) -> str:
    """Return the id that pcs takes where it wants `wanted`, and take it: one that is taken gets a number."""
    text, number = wanted, 0
    while text in taken:
        number += 1
        text = f"{wanted}-{number}"
    taken.add(text)
    return text


def _said(topology: Topology) -> Iterator[_Id]:
    """Yield every id that the topology says, in the order in which they become part of the CIB."""
    for vip in topology.vips:
        yield _Id(vip.resource, "vip", f"VIP `{vip.name}`", vip.origin, on_key=True)
    for device in topology.cluster.fencing.devices:
        yield _Id(device.name, "device", f"fencing device `{device.name}`", device.origin, on_key=True)
    yield from _of_resources(topology)
    found = topology.constraints
    for location in found.locations:
        yield _Id(location.id, "location", f"location `{location.id}`", location.origin, on_key=True)
    for colocation in found.colocations:
        yield _Id(
            colocation.id, "colocation", f"colocation `{colocation.id}`", colocation.origin, on_key=True
        )
    for order in found.orders:
        yield _Id(order.id, "order", f"order `{order.id}`", order.origin, on_key=True)
    for ticket in found.tickets:
        yield _Id(ticket.id, "ticket", f"ticket constraint `{ticket.id}`", ticket.origin, on_key=True)
    cluster = topology.cluster
    for defaults in (*cluster.resource_defaults_sets, *cluster.operation_defaults_sets):
        yield _Id(defaults.id, "defaults", f"the defaults `{defaults.id}`", defaults.origin, on_key=True)
    yield from _of_access(topology)


def _of_resources(topology: Topology) -> Iterator[_Id]:
    found = topology.resources
    for primitive in found.primitives:
        yield _Id(primitive.id, "primitive", f"resource `{primitive.id}`", primitive.origin, on_key=True)
        if primitive.guest is not None:
            guest = primitive.guest
            yield _Id(guest.name, "guest", f"guest `{guest.name}`", (*guest.origin, "name"), on_key=False)
    for group in found.groups:
        yield _Id(group.id, "group", f"group `{group.id}`", group.origin, on_key=True)
    for bundle in found.bundles:
        yield _Id(bundle.id, "bundle", f"bundle `{bundle.id}`", bundle.origin, on_key=True)
        for part in (*bundle.ports, *bundle.storage):
            yield _Id(part.id, "map", f"a map of bundle `{bundle.id}`", (*part.origin, "id"), on_key=False)
    for clone in found.clones:
        at = (*clone.origin, "id") if clone.custom else clone.origin
        yield _Id(clone.id, "clone", f"the clone of `{clone.resource}`", at, on_key=not clone.custom)
    for remote in found.remotes:
        yield _Id(remote.name, "remote", f"remote node `{remote.name}`", remote.origin, on_key=True)
    for tag in found.tags:
        yield _Id(tag.id, "tag", f"tag `{tag.id}`", tag.origin, on_key=True)


def _of_access(topology: Topology) -> Iterator[_Id]:
    if topology.acls is not None:
        for role in topology.acls.roles:
            yield _Id(role.id, "acl", f"ACL role `{role.id}`", role.origin, on_key=True)
        for target in topology.acls.targets:
            yield _Id(target.name, "acl", f"ACL {target.kind} `{target.name}`", target.origin, on_key=True)
    for alert in topology.alerts:
        yield _Id(alert.id, "alert", f"alert `{alert.id}`", alert.origin, on_key=True)
        for recipient in alert.recipients:
            yield _Id(recipient.id, "alert", f"recipient `{recipient.id}`", recipient.origin, on_key=True)


def _machines(topology: Topology) -> Iterator[Diagnostic]:
    """Yield machines with the name of another one, or of a file of hagen's.

    That two remote or guest nodes have one name is said of their ids.
    """
    nodes = {node.name: node for node in topology.nodes}
    for each in _of_resources(topology):
        node = nodes.get(each.text) if each.kind in {"remote", "guest"} else None
        if node is not None:
            owner = _Id(node.name, "node", "", node.origin, on_key=True)
            yield _taken(each, f"{each.what} has the name of a node of the cluster", owner, "this node")
    machines = [each for each in _of_resources(topology) if each.kind in {"remote", "guest"}]
    device = topology.cluster.corosync.device
    if device is not None and device.machine is not None:
        machine = device.machine
        at = (*machine.origin, "name")
        each = _Id(machine.name, "machine", f"the quorum device's host `{machine.name}`", at, on_key=False)
        named = [_Id(node.name, "node", f"node `{node.name}`", node.origin, True) for node in nodes.values()]
        for owner in (*named, *machines):
            if owner.text == machine.name:
                yield _taken(each, f"{each.what} has the name of {owner.what}", owner, "this one")
        machines.append(each)
    for each in machines:
        if each.kind != "guest" and _FIREWALL_FILES.fullmatch(each.text):
            yield _taken(each, f"{each.what} is named like a file of the nodes' firewall, and needs a folder")
