"""The cluster as a whole."""

from typing import NamedTuple

from hagen.artifact import Origins
from hagen.model.constraint import Rule
from hagen.model.corosync import Corosync
from hagen.model.fencing import Fencing
from hagen.model.setting import Secret, Setting
from hagen.source import Pointer


class DefaultsSet(NamedTuple):
    """Defaults that hold where `rule` does, or everywhere; a higher `score` wins."""

    id: str
    score: Setting | None
    rule: Rule | None
    values: tuple[Setting, ...]
    origin: Pointer


class PcsPermission(NamedTuple):
    """What the user or group (`kind`) called `name` may do through pcsd."""

    kind: str
    name: str
    allow: tuple[str, ...]
    origin: Pointer


class Cluster(NamedTuple):
    """The Pacemaker cluster; `other_properties` are those that hagen does not know."""

    name: str
    description: str
    openstack_release: str | None
    production: bool
    corosync: Corosync
    password: Secret
    on_loss: str
    fencing: Fencing
    properties: tuple[Setting, ...]
    other_properties: tuple[Setting, ...]
    resource_defaults: tuple[Setting, ...]
    resource_defaults_sets: tuple[DefaultsSet, ...]
    operation_defaults: tuple[Setting, ...]
    operation_defaults_sets: tuple[DefaultsSet, ...]
    permissions: tuple[PcsPermission, ...]
    origin: Pointer
    origins: Origins
