"""Failovers to rehearse, and how long a client may notice them: every bound is computed from the topology."""

from typing import NamedTuple

from hagen.clock import consensus, diskless, longest_delay, seconds_of, token, watchdog_fencing
from hagen.model import Topology
from hagen.naming import PROXY_CLONE
from hagen.source import Pointer


class Drill(NamedTuple):
    """Something to break on purpose: the commands, what must happen, within how many seconds, and why so many."""

    title: str
    commands: tuple[str, ...]
    expect: str
    seconds: float
    because: str
    undo: tuple[str, ...]
    origin: Pointer


_START_S = 5.0  # an address and its gratuitous ARP take one or two seconds; room for a busy node
_PROXY_S = 5.0  # systemd starts HAProxy, and Pacemaker asks once whether it runs
_FENCE_S = 15.0  # a power cycle through a BMC, told and confirmed


def drills(topology: Topology) -> tuple[Drill, ...]:
    """Return the failovers to rehearse, each with the outage that a client may see."""
    count = len(topology.nodes)
    move = _START_S + (0.0 if topology.proxy.everywhere else _PROXY_S)
    moved = (
        f"{move:.0f} s to start the address{'' if topology.proxy.everywhere else ' and HAProxy'} elsewhere"
    )
    vip = topology.vips[0]
    lost, noticed = _lost(topology)
    fenced, stopped = _fenced(topology)
    where = f'node=$(crm_resource --resource {vip.resource} --locate --quiet | head -n 1); echo "$node"'
    found: list[Drill] = []
    if count > 1:
        found.append(
            Drill(
                f"planned: the node of {vip.resource} goes into standby",
                (where, 'pcs node standby "$node"'),
                f"`pcs resource status` shows `{vip.resource}` on another node",
                move,
                moved,
                ('pcs node unstandby "$node"',),
                vip.origin,
            )
        )
        found.append(
            Drill(
                f"unplanned: the node of {vip.resource} loses power",
                (where,),
                "cut that node's power (at its BMC, not by a clean shutdown); the VIPs come up on another node",
                lost + fenced + move,
                noticed + stopped + moved,
                ("pcs cluster start   # on that node, if it does not rejoin by itself",),
                vip.origin,
            )
        )
    found.append(
        Drill(
            f"HAProxy dies on the node of {vip.resource}",
            ("pkill -KILL -x haproxy   # on that node",),
            "HAProxy is started again, by systemd or by Pacemaker's next look",
            topology.proxy.monitor.seconds + _PROXY_S + move,
            f"{topology.proxy.monitor.seconds:g} s until the next look, {_PROXY_S:.0f} s to start HAProxy, {moved}",
            (f"pcs resource cleanup {PROXY_CLONE}",),
            topology.proxy.origins["monitor"].at,
        )
    )
    return tuple(found)


def _lost(topology: Topology) -> tuple[float, str]:
    """Return how many seconds pass until the cluster goes on without a node, and why.

    corosync.conf(5): the token is lost, then the others agree; corosync-qdevice(8): then they wait for the device's vote,
    which comes at once unless the device does not answer.
    """
    lost = token(topology) + consensus(topology)
    because = (
        f"{lost:.1f} s until Corosync forms a cluster without it (token {token(topology):.2f} s,"
        f" consensus {consensus(topology):.2f} s), "
    )
    device = topology.cluster.corosync.device
    if device is not None:
        because += f"up to {device.sync_timeout:g} s more if the quorum device does not answer, "
    return lost, because


def _fenced(topology: Topology) -> tuple[float, str]:
    """Return how many seconds pass until the lost node is known to be stopped, and why; Pacemaker waits for that."""
    fencing = topology.cluster.fencing
    if not fencing.enabled:
        return 0.0, ""
    delay = longest_delay(topology.cluster)
    priority = seconds_of(topology.cluster.properties, "priority-fencing-delay") or 0.0
    waits = f"{delay + priority:g} s that its device may wait, " if delay + priority else ""
    if fencing.sbd is not None and diskless(topology):
        after = watchdog_fencing(topology, fencing.sbd)
        return after, f"{after:g} s until its watchdog has reset it (stonith-watchdog-timeout), "
    if fencing.sbd is not None:
        after = max(_FENCE_S, float(fencing.sbd.msgwait_timeout))
        return (
            after + delay + priority,
            f"{waits}{after:g} s until the message on SBD's disk has been read (msgwait), ",
        )
    how = f"{_FENCE_S:.0f} s to fence it (a BMC's usual power cycle; stonith-timeout allows more), "
    return _FENCE_S + delay + priority, waits + how


class Detection(NamedTuple):
    """How long HAProxy goes on using a dead server of a service, at most, in seconds.

    `refused`: nothing listens on its port any more. `silent`: its host is gone. `hung`: its daemon takes
    connections and never answers; None where the check cannot see that.
    """

    service: str
    refused: float
    silent: float
    hung: float | None
    because: str
    origin: Pointer


def detections(topology: Topology) -> tuple[Detection, ...]:
    """Return for each service how long a dead server is used.

    Source: HAProxy configuration manual, "inter", "fall" and "timeout check": a check may take the smaller of
    `inter` and `timeout connect` to connect and then `timeout check` to be answered; the next one comes `inter` later.
    """
    found = []
    for service in topology.services:
        check, inter = service.check, service.check.inter.seconds
        answer = service.timeouts.get("check", topology.proxy.timeouts["check"])
        connect = service.timeouts.get("connect", topology.proxy.timeouts["connect"])
        because = f"{check.fall} failed checks, one every {check.inter.haproxy}"
        if check.kind == "http":
            because += f", each with {answer.haproxy} to be answered"
        found.append(
            Detection(
                service=service.name,
                refused=check.fall * inter,
                silent=check.fall * (inter + min(inter, connect.seconds)),
                hung=check.fall * (inter + answer.seconds) if check.kind == "http" else None,
                because=because,
                origin=(*service.origin, "check"),
            )
        )
    return tuple(found)
