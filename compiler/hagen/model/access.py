"""Who may do what in the CIB, and who is told what happens. Source: Pacemaker Explained, "ACLs" and "Alerts"."""

from typing import NamedTuple

from hagen.model.setting import Setting
from hagen.source import Pointer


class Permission(NamedTuple):
    """What may be done (read, write or deny) with what an XPath finds or an id names (`by` is xpath or id)."""

    kind: str
    by: str
    value: str
    origin: Pointer


class AclRole(NamedTuple):
    """A role and what it may do."""

    id: str
    description: str
    permissions: tuple[Permission, ...]
    origin: Pointer


class AclTarget(NamedTuple):
    """A user or group of the nodes (`kind`) and its roles."""

    kind: str
    name: str
    roles: tuple[str, ...]
    origin: Pointer


class Acls(NamedTuple):
    """Everything under `acls`."""

    enabled: bool
    roles: tuple[AclRole, ...]
    targets: tuple[AclTarget, ...]
    origin: Pointer


class Recipient(NamedTuple):
    """Somebody whom an alert tells."""

    id: str
    value: str
    description: str
    options: tuple[Setting, ...]
    meta: tuple[Setting, ...]
    origin: Pointer


class Alert(NamedTuple):
    """A program that Pacemaker runs when something happens."""

    id: str
    path: str
    description: str
    options: tuple[Setting, ...]
    meta: tuple[Setting, ...]
    recipients: tuple[Recipient, ...]
    origin: Pointer
