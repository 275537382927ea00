"""Pacemaker resources that the topology names itself. Source: Pacemaker Explained, "Resources" and "Collective Resources"."""

from typing import NamedTuple

from hagen.model.setting import Setting
from hagen.quantity import Address, Duration
from hagen.source import Pointer


class Operation(NamedTuple):
    """Something that the cluster does with a resource; `settings` are written as pcs takes them, but for `role`."""

    action: str
    interval: Duration | None
    timeout: Duration | None
    role: str | None
    settings: tuple[Setting, ...]
    origin: Pointer


class Guest(NamedTuple):
    """The node that runs inside of a resource."""

    name: str
    settings: tuple[Setting, ...]
    origin: Pointer


class Primitive(NamedTuple):
    """A resource that an agent looks after; `bundle` is the bundle that it runs in, if any."""

    id: str
    agent: str
    description: str
    instance: tuple[Setting, ...]
    meta: tuple[Setting, ...]
    operations: tuple[Operation, ...]
    agent_operations: bool
    utilization: tuple[Setting, ...]
    guest: Guest | None
    bundle: str | None
    origin: Pointer


class Group(NamedTuple):
    """Resources that run together, in the order in which they start."""

    id: str
    members: tuple[str, ...]
    meta: tuple[Setting, ...]
    origin: Pointer


class Clone(NamedTuple):
    """A primitive or group, `resource`, that runs on several nodes; `custom` says that the user chose its `id`."""

    id: str
    custom: bool
    resource: str
    promotable: bool
    meta: tuple[Setting, ...]
    origin: Pointer


class BundleMap(NamedTuple):
    """A port or storage map of a bundle, as settings that pcs takes."""

    id: str
    settings: tuple[Setting, ...]
    origin: Pointer


class Bundle(NamedTuple):
    """A container that the cluster runs, of `kind` podman or docker."""

    id: str
    kind: str
    container: tuple[Setting, ...]
    network: tuple[Setting, ...]
    ports: tuple[BundleMap, ...]
    storage: tuple[BundleMap, ...]
    resource: str | None
    meta: tuple[Setting, ...]
    origin: Pointer


class Remote(NamedTuple):
    """A machine that runs resources without being a member."""

    name: str
    address: Address
    port: int
    reconnect_interval: Duration | None
    meta: tuple[Setting, ...]
    operations: tuple[Operation, ...]
    attributes: tuple[Setting, ...]
    origin: Pointer


class Tag(NamedTuple):
    """A name for several ids."""

    id: str
    ids: tuple[str, ...]
    origin: Pointer


class Resources(NamedTuple):
    """Everything under `resources`. Ids are those in the CIB."""

    primitives: tuple[Primitive, ...]
    groups: tuple[Group, ...]
    clones: tuple[Clone, ...]
    bundles: tuple[Bundle, ...]
    remotes: tuple[Remote, ...]
    tags: tuple[Tag, ...]
