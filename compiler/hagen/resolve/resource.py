"""Resources: primitives, groups, clones, bundles, remote nodes, tags."""

from collections.abc import Iterable, Mapping
from typing import Any

from hagen import codes
from hagen.diagnostic import did_you_mean
from hagen.model.network import Vip
from hagen.model.platform import Platform
from hagen.model.resource import (
    Bundle,
    BundleMap,
    Clone,
    Group,
    Guest,
    Operation,
    Primitive,
    Remote,
    Resources,
    Tag,
)
from hagen.model.setting import Setting
from hagen.naming import PROXY, PROXY_CLONE, vip_resource
from hagen.resolve.reading import Reading
from hagen.resolve.setting import closed, free, properties
from hagen.source import Pointer

_OPERATION_NAMES = {
    "on-fail": "on-fail",
    "start-delay": "start-delay",
    "enabled": "enabled",
    "record-pending": "record-pending",
    "check-level": "OCF_CHECK_LEVEL",
}
_GUEST_NAMES = {
    "name": "remote-node",
    "address": "remote-addr",
    "port": "remote-port",
    "connect_timeout": "remote-connect-timeout",
}


def resources(reading: Reading, platform: Platform) -> Resources:
    """Return the resources that the topology names; references between them are checked."""
    said = reading.data["resources"]
    inside = {each["resource"]: name for name, each in said["bundles"].items() if "resource" in each}
    return Resources(
        primitives=tuple(
            _primitive(reading, name, each, inside) for name, each in said["primitives"].items()
        ),
        groups=tuple(_group(reading, name, each) for name, each in said["groups"].items()),
        clones=tuple(_clone(reading, platform, name, each) for name, each in said["clones"].items()),
        bundles=tuple(_bundle(reading, name, each) for name, each in said["bundles"].items()),
        remotes=tuple(_remote(reading, name, each) for name, each in said["remotes"].items()),
        tags=tuple(_tags(reading)),
    )


def constrained(reading: Reading, found: Resources, vips: Iterable[Vip]) -> dict[str, str]:
    """Return for each resource's name the id that a constraint has to name: that of its clone or bundle, or its own."""
    names = {vip.resource: vip.resource for vip in vips}
    names |= {PROXY: PROXY_CLONE}
    names |= {name: name for name in reading.data["cluster"]["fencing"]["devices"]}
    names |= {each.id: each.bundle or each.id for each in found.primitives}
    names |= {each.id: each.id for each in found.groups} | {each.id: each.id for each in found.bundles}
    names |= {each.name: each.name for each in found.remotes}
    clones = {each.resource: each.id for each in found.clones}
    # A member of a cloned group is still named by its own id.
    return {name: clones.get(name, at) for name, at in names.items()}


def known(reading: Reading, at: Pointer, name: str, among: Mapping[str, Any], what: str = "resource") -> bool:
    """Tell whether there is a resource `name`; if not, that is a diagnostic."""
    if name in among:
        return True
    clone = name.removesuffix("-clone").removesuffix("-master")
    hint = did_you_mean(name, list(among))
    if clone != name and clone in among:
        hint = f"write `{clone}`: a resource is named by its own name even where it is cloned"
    reading.diagnostics.append(codes.UNKNOWN_RESOURCE.at(at, f"there is no {what} `{name}`", hint=hint))
    return False


def _primitive(reading: Reading, name: str, said: Any, inside: Mapping[str, str]) -> Primitive:
    at = ("resources", "primitives", name)
    return Primitive(
        id=name,
        agent=said["agent"],
        description=said["description"],
        instance=free((*at, "instance"), said["instance"]),
        meta=_meta(reading, at, said),
        operations=_operations(reading, at, said),
        agent_operations=said["agent_operations"],
        utilization=free((*at, "utilization"), said["utilization"]),
        guest=_guest(reading, (*at, "guest"), said["guest"]) if "guest" in said else None,
        bundle=inside.get(name),
        origin=at,
    )


def _meta(reading: Reading, at: Pointer, said: Any, kind: str = "meta") -> tuple[Setting, ...]:
    return closed(reading, (*at, "meta"), said["meta"], properties("#", kind))


def _operations(reading: Reading, at: Pointer, said: Any) -> tuple[Operation, ...]:
    keys = properties("#", "operation")
    found = []
    for index, each in enumerate(said["operations"]):
        here = (*at, "operations", index)
        found.append(
            Operation(
                action=each["action"],
                interval=reading.duration(*here, "interval", value=each["interval"])
                if "interval" in each
                else None,
                timeout=reading.duration(*here, "timeout", value=each["timeout"])
                if "timeout" in each
                else None,
                role=each.get("role"),
                settings=closed(reading, here, each, keys, names=_OPERATION_NAMES),
                origin=here,
            )
        )
    return tuple(found)


def _guest(reading: Reading, at: Pointer, said: Any) -> Guest:
    if "address" in said:
        reading.address((*at, "address"), said["address"])
    keys = properties("resources", "primitives", "*", "guest")
    return Guest(said["name"], closed(reading, at, said, keys, names=_GUEST_NAMES), at)


def _group(reading: Reading, name: str, said: Any) -> Group:
    at = ("resources", "groups", name)
    for index, member in enumerate(said["members"]):
        known(reading, (*at, "members", index), member, reading.data["resources"]["primitives"], "primitive")
    return Group(name, tuple(said["members"]), _meta(reading, at, said), at)


def _clone(reading: Reading, platform: Platform, name: str, said: Any) -> Clone:
    at = ("resources", "clones", name)
    among = [*reading.data["resources"]["primitives"], *reading.data["resources"]["groups"]]
    if name not in among:
        reading.known(
            codes.UNKNOWN_RESOURCE, at, name, dict.fromkeys(among), "primitive or group", on_key=True
        )
    # pcs 0.9 names the clone of a resource that can be promoted after Pacemaker's old word for it.
    old = platform.versions["pcs"].startswith("0.9") and said["promotable"]
    return Clone(
        id=said.get("id", f"{name}-master" if old else f"{name}-clone"),
        custom="id" in said,
        resource=name,
        promotable=said["promotable"],
        meta=_meta(reading, at, said, "clone_meta"),
        origin=at,
    )


def _bundle(reading: Reading, name: str, said: Any) -> Bundle:
    at = ("resources", "bundles", name)
    keys = properties(*at[:2], "*")
    if "resource" in said:
        known(
            reading, (*at, "resource"), said["resource"], reading.data["resources"]["primitives"], "primitive"
        )
    network = said.get("network", {})
    if "ip_range_start" in network:
        reading.address((*at, "network", "ip_range_start"), network["ip_range_start"])
    container = keys["container"]["properties"]
    return Bundle(
        id=name,
        kind=said["container"]["type"],
        container=_dashed(reading, (*at, "container"), said["container"], container, "type"),
        network=_dashed(reading, (*at, "network"), network, keys["network"]["properties"], ""),
        ports=_maps(reading, (*at, "ports"), said["ports"], keys["ports"]["items"]["properties"]),
        storage=_maps(reading, (*at, "storage"), said["storage"], keys["storage"]["items"]["properties"]),
        resource=said.get("resource"),
        meta=_meta(reading, at, said),
        origin=at,
    )


def _dashed(
    reading: Reading, at: Pointer, said: Mapping[str, Any], keys: Mapping[str, Any], without: str
) -> tuple[Setting, ...]:
    """Return the settings of a part of a bundle; in the CIB their names have dashes, and so in pcs."""
    names = {key: _CIB_NAMES.get(key, key.replace("_", "-")) for key in keys if key != without}
    return closed(reading, at, said, keys, names=names)


_CIB_NAMES = {"source": "source-dir", "source_root": "source-dir-root", "target": "target-dir"}


def _maps(
    reading: Reading, at: Pointer, said: Iterable[Mapping[str, Any]], keys: Mapping[str, Any]
) -> tuple[BundleMap, ...]:
    return tuple(
        BundleMap(each["id"], _dashed(reading, (*at, index), each, keys, ""), (*at, index))
        for index, each in enumerate(said)
    )


def _remote(reading: Reading, name: str, said: Any) -> Remote:
    at = ("resources", "remotes", name)
    address = reading.address((*at, "address"), said["address"])
    return Remote(
        name=name,
        # A diagnostic keeps the topology from being used where there is no address.
        address=address,  # type: ignore[arg-type]
        port=said["port"],
        reconnect_interval=reading.duration(*at, "reconnect_interval", value=said["reconnect_interval"])
        if "reconnect_interval" in said
        else None,
        meta=_meta(reading, at, said),
        operations=_operations(reading, at, said),
        attributes=free((*at, "attributes"), said["attributes"]),
        origin=at,
    )


def _tags(reading: Reading) -> Iterable[Tag]:
    said = reading.data["resources"]["tags"]
    ids = {name: name for name in (*map(vip_resource, reading.data["vips"]), PROXY)}
    for kind in ("primitives", "groups", "bundles", "remotes"):
        ids |= {name: name for name in reading.data["resources"][kind]}
    ids |= {name: name for name in reading.data["cluster"]["fencing"]["devices"]}
    for name, members in said.items():
        at = ("resources", "tags", name)
        for index, member in enumerate(members):
            known(reading, (*at, index), member, ids)
        yield Tag(name, tuple(members), at)
