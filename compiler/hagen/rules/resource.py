"""Resources: each in one place at most, bundles that can be reached, utilization that is looked at.

Source: Pacemaker Explained, "Collective Resources", "Bundles" and "Utilization and Placement Strategy".
"""

import posixpath
from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Topology
from hagen.model.resource import Bundle, BundleMap
from hagen.source import Pointer

_SOURCES = ({"port", "range"}, {"source-dir", "source-dir-root"})
_PORTS = 65535
_HINTS = ("`port` and `range`", "`source` and `source_root`")


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with how resources are put together."""
    yield from _owners(topology)
    for bundle in topology.resources.bundles:
        names = {setting.name for setting in bundle.network}
        if bundle.resource is not None and names.isdisjoint({"ip-range-start", "control-port"}):
            yield codes.UNREACHABLE_BUNDLE.at(
                bundle.origin,
                f"bundle `{bundle.id}` has no address or port at which the cluster reaches `{bundle.resource}` inside",
                Label((*bundle.origin, "resource"), "it runs inside"),
                hint="say network: {control_port: 3121}, or {ip_range_start: …} for an address for each copy",
                on_key=True,
            )
        for each in (*bundle.ports, *bundle.storage):
            yield from _map(each)
        yield from _ranges(bundle)
        yield from _targets(bundle)
    yield from _utilization(topology)


def _owners(topology: Topology) -> Iterator[Diagnostic]:
    """Yield it when two groups, clones or bundles want the same resource."""
    found = topology.resources
    owners: dict[str, tuple[str, Pointer, bool]] = {}
    said: list[tuple[str, str, Pointer, bool]] = []
    for group in found.groups:
        said += [
            (member, f"group `{group.id}`", (*group.origin, "members", index), False)
            for index, member in enumerate(group.members)
        ]
    said += [
        (bundle.resource, f"bundle `{bundle.id}`", (*bundle.origin, "resource"), False)
        for bundle in found.bundles
        if bundle.resource is not None
    ]
    said += [(clone.resource, f"clone `{clone.id}`", clone.origin, True) for clone in found.clones]
    for resource, owner, at, on_key in said:
        if resource in owners:
            other, place, other_on_key = owners[resource]
            yield codes.OWNED_TWICE.at(
                at,
                f"`{resource}` is to be in {owner}, and it is in {other} already",
                Label(place, f"in {other}", on_key=other_on_key),
                hint="take it out of one of them; a group is cloned as a whole, under its own name",
                on_key=on_key,
            )
        owners.setdefault(resource, (owner, at, on_key))


def _map(each: BundleMap) -> Iterator[Diagnostic]:
    """Yield it unless a port map or storage map says one source, and a range alone."""
    names = {setting.name for setting in each.settings}
    sources = _SOURCES["target-dir" in names]
    both = sorted(names & sources)
    if len(both) > 1:
        what = f"it says both {_HINTS[sources == _SOURCES[1]]}"
    elif not both:
        what = "it does not say what is mapped"
    elif {"range", "internal-port"} <= names:
        what = "a range is the same inside, so `internal_port` has no meaning"
    else:
        return
    yield codes.BAD_BUNDLE_MAP.at(
        each.origin,
        f"the map `{each.id}` cannot be made: {what}",
        hint=f"say one of {_HINTS[sources == _SOURCES[1]]}",
    )


def _ranges(bundle: Bundle) -> Iterator[Diagnostic]:
    """Yield ranges that are none, and ports of the host that two maps want."""
    seen: list[tuple[BundleMap, range]] = []
    for each in bundle.ports:
        values = {setting.name: setting.value for setting in each.settings}
        first, _, last = values.get("range", values.get("port", "")).partition("-")
        if not first:
            continue
        ports = range(int(first), int(last or first) + 1)
        if not ports or ports[-1] > _PORTS:
            yield codes.BAD_BUNDLE_MAP.at(
                (*each.origin, "range"),
                f"the map `{each.id}` cannot be made: {first}-{last} is no range of ports",
                hint=f"a range goes upwards, to {_PORTS} at most",
            )
            continue
        for other, others in seen:
            if max(ports[0], others[0]) <= min(ports[-1], others[-1]):
                yield codes.BAD_BUNDLE_MAP.at(
                    (*each.origin, "range" if last else "port"),
                    f"the map `{each.id}` cannot be made: port {max(ports[0], others[0])} is of `{other.id}` already",
                    Label((*other.origin, "id"), "this map has it"),
                    hint="map each port of the host once",
                )
        seen.append((each, ports))


def _targets(bundle: Bundle) -> Iterator[Diagnostic]:
    """Yield places in the container at which two things are to be."""
    seen: dict[str, BundleMap] = {}
    for each in bundle.storage:
        target = next(setting.value for setting in each.settings if setting.name == "target-dir")
        other = seen.setdefault(posixpath.normpath(target), each)
        if other is not each:
            yield codes.BAD_BUNDLE_MAP.at(
                (*each.origin, "target"),
                f"the map `{each.id}` cannot be made: `{other.id}` is at {target} already",
                Label((*other.origin, "target"), "this map has it"),
                hint="give each map a target of its own",
            )


def _utilization(topology: Topology) -> Iterator[Diagnostic]:
    """Yield it, once, when utilization is said and no strategy is: Pacemaker's own one does not look at it."""
    settings = (*topology.cluster.properties, *topology.cluster.other_properties)
    if any(setting.name == "placement-strategy" for setting in settings):
        return
    said = [setting for node in topology.nodes for setting in node.utilization]
    said += [setting for primitive in topology.resources.primitives for setting in primitive.utilization]
    if said:
        yield codes.INERT_UTILIZATION.at(
            said[0].origin.at[:-1],
            "utilization says nothing to Pacemaker while `placement-strategy` is not set",
            hint="say how it counts: cluster.properties: {placement-strategy: utilization}, or `default` to leave it off",
            on_key=True,
        )
