"""`systemd/sbd.conf`: lets SBD wait as long before a start as it was told to. Source: sbd(8), SBD_DELAY_START."""

from collections.abc import Iterator
from math import ceil

from hagen.artifact import Artifact, Line, Origin, Target
from hagen.model import Topology
from hagen.model.fencing import Sbd
from hagen.template import expand

_PATIENCE = 90  # systemd-system.conf(5): DefaultTimeoutStartSec, in seconds
_SPARE = 1.2  # crmsh's manual, "Timeout formulas for SBD": a fifth more than the delay


def emit(topology: Topology, _made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield the file if systemd would lose patience with SBD before the delay is over."""
    sbd = topology.cluster.fencing.sbd
    wanted = 0 if sbd is None else ceil(_SPARE * _delay(sbd))
    if sbd is None or wanted <= _PATIENCE:
        return
    reason = "SBD waits before it starts, and systemd has to wait for it"
    text, origins = expand(
        "sbd.conf.j2",
        {
            "cluster": Line(topology.cluster.name, (topology.cluster.origins["name"],)),
            "timeout": Line(f"TimeoutSec={wanted}", (Origin("hagen", (*sbd.origin, "delay_start"), reason),)),
        },
    )
    target = Target(
        path="/etc/systemd/system/sbd.service.d/hagen.conf",
        mode="0644",
        owner="root",
        group="root",
        nodes=topology.node_names,
        validate=(),
        reload=("systemctl", "daemon-reload"),
    )
    yield Artifact("systemd/sbd.conf", text, 0o644, origins, target)


def _delay(sbd: Sbd) -> int:
    """Return how long SBD waits before a start, in seconds; ``yes`` is as long as a message may take."""
    if sbd.delay_start == "no":
        return 0
    if sbd.delay_start == "yes":
        return sbd.msgwait_timeout if sbd.devices else 2 * sbd.watchdog_timeout
    return int(sbd.delay_start)
