"""One module an artifact, each with `emit(topology, made)` that yields artifacts; none imports another.

`made` is what the emitters before it in `ALL` have yielded: provisioning carries those files, and checks know
their digests.
"""

from collections.abc import Callable, Iterable

from hagen.artifact import Artifact
from hagen.emit import (
    booth,
    checklist,
    cloud_init,
    firewall,
    haproxy,
    haproxy_service,
    kickstart,
    pcs,
    rsyslog,
    sbd,
    sysctl,
    verify,
    watchdog,
)
from hagen.model import Topology

ALL: tuple[Callable[[Topology, tuple[Artifact, ...]], Iterable[Artifact]], ...] = (
    haproxy.emit,
    haproxy_service.emit,
    sysctl.emit,
    rsyslog.emit,
    firewall.emit,
    watchdog.emit,
    sbd.emit,
    booth.emit,
    pcs.emit,
    cloud_init.emit,
    kickstart.emit,
    verify.emit,
    checklist.emit,
)
"""Every emitter, in the order in which they work."""
