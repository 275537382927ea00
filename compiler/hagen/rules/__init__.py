"""What a schema cannot say: one module a subject, each with `check(topology)` that yields diagnostics."""

from collections.abc import Callable, Iterable

from hagen.diagnostic import Diagnostic
from hagen.model import Topology
from hagen.rules import address, fencing, haproxy_version, host, listener, name, proxy, quorum

ALL: tuple[Callable[[Topology], Iterable[Diagnostic]], ...] = (
    quorum.check,
    address.check,
    fencing.check,
    listener.check,
    proxy.check,
    haproxy_version.check,
    name.check,
    host.check,
)
"""Every rule, in the order in which they are asked."""
