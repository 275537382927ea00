"""Failovers to rehearse, and how long a client may notice them: every bound is computed from the topology."""

from collections.abc import Iterator
from typing import NamedTuple

from hagen.clock import consensus, token
from hagen.failover import Failover, changes_failures, threshold
from hagen.fencer import Fencer, fencers, fencing_time
from hagen.ground import says
from hagen.model import Topology
from hagen.naming import PROXY_CLONE
from hagen.source import Pointer


class Drill(NamedTuple):
    """Something to break on purpose on the node of a VIP: the commands, what is sure to happen, how soon, and why then.

    Ids of the CIB say what happens: `moves` comes up on another node, all on the same one, after `failures` of them or
    at once; `also` does so too if it ran there; `stops` no longer runs on the node; `recovers` is started again on it;
    `stays` goes on there untouched, if it ran there. `fenced` says how the other nodes stop the node. `twice`: both
    parts of the cluster go on. `seconds` None: there is no bound, and `because` says why not; `longer` is what may need
    more time than hagen knows.
    """

    title: str
    commands: tuple[str, ...]
    moves: tuple[str, ...]
    failures: int
    also: tuple[str, ...]
    stops: tuple[str, ...]
    recovers: tuple[str, ...]
    stays: tuple[str, ...]
    fenced: tuple[Fencer, ...]
    twice: bool
    seconds: float | None
    longer: tuple[str, ...]
    because: str
    undo: tuple[str, ...]
    origin: Pointer


_START_S = 5.0  # an address and its gratuitous ARP take one or two seconds; room for a busy node
_PROXY_S = 5.0  # systemd starts HAProxy, and Pacemaker asks once whether it runs
_PAIR = 2  # nodes, of which each has quorum alone where nobody else votes
_ENDLESS = (
    "it lasts until the node sees the others again: until then both parts answer for the same addresses"
)


def drills(topology: Topology) -> tuple[Drill, ...]:
    """Return the failovers to rehearse, each with the outage that a client may see."""
    return tuple(_Rehearsals(topology))


class _Rehearsals:
    """What every drill of a topology needs to know."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._sure = sure = Failover(topology)
        # The VIP of which most can be said: the first one that is sure to move, if there is any.
        self._vip = next((each for each in topology.vips if each.resource in sure.moves), topology.vips[0])
        self._unit = sure.unit(self._vip.resource)
        known = {PROXY_CLONE, *(each.resource for each in topology.vips)}
        self._longer = tuple(each for each in self._unit if each not in known)
        self._also = tuple(each for each in sure.moves if each not in self._unit)
        proxy = "" if topology.proxy.everywhere else " and HAProxy"
        self._move = _START_S + (_PROXY_S if proxy else 0.0)
        self._moved = f"{self._move:.0f} s to start the address{proxy} elsewhere"
        self._lost, self._noticed = _lost(topology)
        self._fenced, self._stopped = fencing_time(topology)
        where = f"$(crm_resource --resource {self._vip.resource} --locate --quiet | head -n 1)"
        self._where = f'node={where}; echo "$node"'
        self._usual = not sure.at_rest and not changes_failures(topology)

    def __iter__(self) -> Iterator[Drill]:
        topology, vip, several = self._topology, self._vip.resource, len(self._topology.nodes) > 1
        quiet = self._drill(seconds=self._move, because=self._moved)
        if several:
            yield quiet._replace(
                title=f"planned: the node of {vip} goes into standby",
                commands=(self._where, 'pcs node standby "$node"'),
                undo=('pcs node unstandby "$node"',),
            )
        if several and self._goes_on:
            if not says(topology.cluster.properties, "shutdown-lock", {"false"}):
                yield quiet._replace(
                    title=f"planned: the node of {vip} leaves the cluster",
                    commands=(self._where, 'pcs cluster stop "$node"'),
                    undo=('pcs cluster start "$node"',),
                )
            yield self._power()
            yield self._split()
        if self._usual:
            yield from self._address()
        yield from self._proxy()

    def _drill(self, *, seconds: float, because: str) -> Drill:
        """Return what happens when the node of the VIP is gone and everything else is as it was.

        There is no bound where the VIP is not sure to move.
        """
        unsure = f"not to be said: whether {self._vip.resource} comes up elsewhere depends on more than the topology says"
        return Drill(
            title="",
            commands=(),
            moves=self._unit,
            failures=0,
            also=self._also,
            stops=() if self._sure.at_rest else self._sure.clones,
            recovers=(),
            stays=(),
            fenced=(),
            twice=False,
            seconds=seconds if self._unit else None,
            longer=self._longer,
            because=because if self._unit else unsure,
            undo=(),
            origin=self._vip.origin,
        )

    @property
    def _goes_on(self) -> bool:
        """Tell whether any one node can be lost; with a tie breaker in place of a device, one of two cannot."""
        corosync = self._topology.cluster.corosync
        pair = len(self._topology.nodes) == _PAIR and corosync.device is None
        return not (pair and corosync.chosen("auto_tie_breaker"))

    def _power(self) -> Drill:
        return self._drill(
            seconds=self._lost + self._fenced + self._move,
            because=self._noticed + self._stopped + self._moved,
        )._replace(
            title=f"unplanned: the node of {self._vip.resource} loses power",
            commands=(self._where, "# cut the power of that node at its BMC, not by a clean shutdown"),
            fenced=fencers(self._topology),
            undo=("pcs cluster start   # on that node, if it does not rejoin by itself",),
        )

    def _split(self) -> Drill:
        """Return what happens when a node is alone: it has no quorum, unless there are two nodes and nobody else votes.

        Source: Pacemaker Explained, "no-quorum-policy"; votequorum(5), "two_node".
        """
        topology, sure, fenced = self._topology, self._sure, fencers(self._topology)
        device, policy, everything = topology.cluster.corosync.device, topology.cluster.on_loss, sure.stops
        twice = policy == "ignore" or (len(topology.nodes) == _PAIR and device is None)
        keeps = twice or policy == "freeze"
        promotable = tuple(each for each in everything if policy == "demote" and each in sure.promotable)
        moves = not twice and (not keeps or bool(fenced))
        bounded = bool(fenced) or not keeps
        networks = ", ".join(link.network.name for link in topology.cluster.corosync.links)
        others = f"the other nodes{f' and {device.host}' if device else ''}"
        power = self._power()
        return power._replace(
            title=f"unplanned: the node of {self._vip.resource} is cut off",
            commands=(self._where, f"# cut that node off from {others}, at the switch: {networks}"),
            moves=self._unit if moves else (),
            also=self._also if moves else (),
            stops=() if keeps else tuple(each for each in everything if each not in promotable),
            stays=everything if keeps and not (twice and fenced) else promotable,
            twice=twice or not bounded,
            seconds=power.seconds if bounded else None,
            because=power.because if bounded else _ENDLESS,
        )

    def _address(self) -> Iterator[Drill]:
        vip, failures = self._vip, threshold(self._topology)
        if failures == 1:
            return
        device = vip.network.interface or f'"$(ip -o address show to {vip.address} | cut -d " " -f 2)"'
        yield self._drill(seconds=0.0, because="")._replace(
            seconds=vip.monitor.seconds + _START_S,
            because=f"{vip.monitor.seconds:g} s until the next look, {_START_S:.0f} s to start the address",
            title=f"the address of {vip.resource} is deleted by hand",
            commands=(
                self._where,
                f"ip address del {vip.address}/{vip.network.cidr.prefixlen} dev {device}   # on that node",
            ),
            moves=self._unit if failures else (),
            failures=(failures or 0) if self._unit else 0,
            also=(),
            stops=(),
            longer=(),
            recovers=(vip.resource,),
            undo=(f"pcs resource cleanup {vip.resource}",),
            origin=vip.origins["monitor"].at,
        )

    def _proxy(self) -> Iterator[Drill]:
        """Yield HAProxy that dies, and HAProxy that cannot come back, which ends as the loss of the node would."""
        topology, sure, vip, unit = self._topology, self._sure, self._vip.resource, self._unit
        look = topology.proxy.monitor.seconds
        waits = f"{look:g} s until the next look, {_PROXY_S:.0f} s to start HAProxy, {self._moved}"
        healed = self._usual and threshold(topology) != 1
        ends = healed or (self._usual and bool(unit))
        unsure = "not to be said: what a failure brings about is not the usual new start, here or elsewhere"
        dead = self._drill(seconds=0.0, because="")._replace(
            seconds=look + _PROXY_S + self._move if ends else None,
            because=waits if ends else unsure,
            also=(),
            undo=(f"pcs resource cleanup {PROXY_CLONE}",),
            origin=topology.proxy.origins["monitor"].at,
        )
        vips = tuple(each.resource for each in topology.vips)
        yield dead._replace(
            title=f"HAProxy dies on the node of {vip}",
            commands=(self._where, "pkill -KILL -x haproxy   # on that node"),
            moves=(),
            stops=(),
            recovers=(PROXY_CLONE,) if healed else (),
            stays=() if sure.proxy_is_first or not healed else vips,
            longer=(),
        )
        fatal = threshold(topology) != 0 and not says(
            topology.cluster.properties, "start-failure-is-fatal", {"true"}
        )
        if self._usual and fatal and unit and (topology.proxy.everywhere or PROXY_CLONE in unit):
            yield dead._replace(
                title=f"HAProxy cannot be started on the node of {vip}",
                commands=(self._where, "systemctl mask --runtime --now haproxy.service   # on that node"),
                stops=() if PROXY_CLONE in unit else (PROXY_CLONE,),
                undo=("systemctl unmask --runtime haproxy.service   # on that node", *dead.undo),
            )


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
