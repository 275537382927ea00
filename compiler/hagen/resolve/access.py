"""ACLs and alerts."""

from typing import Any

from hagen import codes
from hagen.model.access import AclRole, Acls, AclTarget, Alert, Permission, Recipient
from hagen.resolve.reading import Reading
from hagen.resolve.setting import closed, free, properties
from hagen.source import Pointer


def acls(reading: Reading) -> Acls | None:
    """Return the ACLs, if there are any."""
    said = reading.data.get("acls")
    if said is None:
        return None
    targets = []
    for kind in ("user", "group"):
        for name, roles in said[f"{kind}s"].items():
            at = ("acls", f"{kind}s", name)
            for index, role in enumerate(roles):
                reading.known(codes.UNKNOWN_ROLE, (*at, index), role, said["roles"], "ACL role")
            targets.append(AclTarget(kind, name, tuple(roles), at))
    return Acls(
        enabled=said["enabled"],
        roles=tuple(_role(name, each) for name, each in said["roles"].items()),
        targets=tuple(targets),
        origin=("acls",),
    )


def _role(name: str, said: Any) -> AclRole:
    at: Pointer = ("acls", "roles", name)
    return AclRole(
        id=name,
        description=said["description"],
        permissions=tuple(
            Permission(
                each["kind"],
                "xpath" if "xpath" in each else "id",
                each.get("xpath", each.get("reference")),
                (*at, "permissions", index),
            )
            for index, each in enumerate(said["permissions"])
        ),
        origin=at,
    )


def alerts(reading: Reading) -> tuple[Alert, ...]:
    """Return the alerts."""
    keys = properties("alerts", "*", "meta")
    found = []
    for name, said in reading.data["alerts"].items():
        at = ("alerts", name)
        recipients = []
        for other, each in said["recipients"].items():
            here = (*at, "recipients", other)
            recipients.append(
                Recipient(
                    id=other,
                    value=each["value"],
                    description=each["description"],
                    options=free((*here, "options"), each["options"]),
                    meta=closed(reading, (*here, "meta"), each["meta"], keys),
                    origin=here,
                )
            )
        found.append(
            Alert(
                id=name,
                path=said["path"],
                description=said["description"],
                options=free((*at, "options"), said["options"]),
                meta=closed(reading, (*at, "meta"), said["meta"], keys),
                recipients=tuple(recipients),
                origin=at,
            )
        )
    return tuple(found)
