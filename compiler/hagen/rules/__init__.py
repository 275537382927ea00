"""What a schema cannot say: one module a subject, each with `check(topology)` that yields diagnostics."""

from collections.abc import Callable, Iterable

from hagen.diagnostic import Diagnostic
from hagen.model import Topology
from hagen.rules import (
    access,
    address,
    booth,
    colocation,
    constraint,
    copies,
    corosync,
    device,
    dialect,
    fencing,
    haproxy_version,
    host,
    host_address,
    identifier,
    level,
    listener,
    name,
    operation,
    order,
    placement,
    primitive,
    property,  # noqa: A004  Pacemaker's word
    proxy,
    quorum,
    resource,
    sbd,
    secret,
    timing,
)

ALL: tuple[Callable[[Topology], Iterable[Diagnostic]], ...] = (
    dialect.check,
    quorum.check,
    corosync.check,
    address.check,
    host_address.check,
    fencing.check,
    device.check,
    level.check,
    sbd.check,
    timing.check,
    listener.check,
    proxy.check,
    haproxy_version.check,
    name.check,
    identifier.check,
    host.check,
    resource.check,
    primitive.check,
    copies.check,
    operation.check,
    constraint.check,
    order.check,
    colocation.check,
    placement.check,
    secret.check,
    access.check,
    booth.check,
    property.check,
)
"""Every rule, in the order in which they are asked."""
