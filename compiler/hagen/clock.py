"""How long the cluster takes to notice, to agree and to fence: the formulas, once, for rules and drills alike.

Source: corosync.conf(5) for token and consensus; crmsh's manual, "Timeout formulas for SBD", and sbd(8) for the rest.
"""

import re
from collections.abc import Iterable

from hagen.model import Cluster, Setting, Topology
from hagen.model.fencing import Sbd

_CONSENSUS = 1.2  # corosync.conf(5): totem.consensus, where nothing else is said, is 1.2 times the token
_ALONE = 2  # corosync.conf(5): totem.token_coefficient counts for every node beyond two
_FENCED = 60.0  # Pacemaker Explained: stonith-timeout
_SPARE = 1.2  # crmsh: a fifth more than a message on disk may take
_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0}
_DURATION = re.compile(r"([0-9]+)(ms|s|min|h)")


def seconds_of(settings: Iterable[Setting], name: str) -> float | None:
    """Return the setting `name`, a duration as Pacemaker takes it, in seconds; None where it is not said."""
    for setting in settings:
        found = _DURATION.fullmatch(setting.value) if setting.name == name else None
        if found is not None:
            return int(found[1]) * _UNITS[found[2]]
    return None


def token(topology: Topology) -> float:
    """Return after how many seconds without the token a node counts as lost, its number of nodes included."""
    corosync = topology.cluster.corosync
    return corosync.token + max(0, len(topology.nodes) - _ALONE) * corosync.coefficient


def consensus(topology: Topology) -> float:
    """Return how many seconds the nodes look for agreement before they form a membership without the lost one."""
    said = topology.cluster.corosync.consensus
    return _CONSENSUS * token(topology) if said is None else said


def least_consensus(topology: Topology) -> float:
    """Return the shortest consensus that Corosync's manual allows for this token, in seconds."""
    return _CONSENSUS * token(topology)


def longest_delay(cluster: Cluster) -> float:
    """Return how many seconds a device may wait before it fences; the delay for priorities comes on top."""
    delays = [device.delay_max or device.delay_base for device in cluster.fencing.devices]
    return max((delay.seconds for delay in delays if delay is not None), default=0.0)


def stonith_timeout(cluster: Cluster) -> float:
    """Return after how many seconds Pacemaker gives up fencing with one device."""
    return seconds_of(cluster.properties, "stonith-timeout") or _FENCED


def diskless(topology: Topology) -> bool:
    """Tell whether SBD is used and no node has a disk for it."""
    sbd = topology.cluster.fencing.sbd
    return (
        sbd is not None
        and not sbd.devices
        and not any(each.sbd and each.sbd.devices for each in topology.nodes)
    )


def watchdog_fencing(topology: Topology, sbd: Sbd) -> float:
    """Return after how many seconds a lost node is taken to have been reset by its watchdog; hagen's own is twice that."""
    said = seconds_of(topology.cluster.properties, "stonith-watchdog-timeout")
    return said if said is not None else 2.0 * sbd.watchdog_timeout


def least_stonith_timeout(topology: Topology, sbd: Sbd) -> float:
    """Return the shortest stonith-timeout in which SBD's fencing is done: a fifth more than it takes."""
    return _SPARE * (watchdog_fencing(topology, sbd) if diskless(topology) else sbd.msgwait_timeout)


def advised_stonith_timeout(topology: Topology, sbd: Sbd) -> float:
    """Return crmsh's stonith-timeout for SBD: that, a minute at the least, and what the cluster needs to agree."""
    return max(least_stonith_timeout(topology, sbd), _FENCED) + token(topology) + consensus(topology)


def least_delay_start(topology: Topology, sbd: Sbd) -> float:
    """Return how many seconds a node must wait before it starts, so that a node that reset fast is not fenced again."""
    fenced = (
        2 * sbd.watchdog_timeout
        if diskless(topology)
        else longest_delay(topology.cluster) + sbd.msgwait_timeout
    )
    return fenced + token(topology) + consensus(topology)
