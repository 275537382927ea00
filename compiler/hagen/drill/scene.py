"""What the drills of a topology have in common: their VIP, what moves with it, and how long that takes."""

from hagen.clock import consensus, token
from hagen.drill.drill import Drill
from hagen.drill.pace import DAD_S, DECIDE_S, UNIT_S, VOTE_S, start
from hagen.failover import Failover, changes_failures
from hagen.fencer import fencing_time
from hagen.model import Topology
from hagen.model.corosync import QuorumDevice
from hagen.naming import PROXY_CLONE

_PAIR = 2  # nodes, of which each has quorum alone where nobody else votes


class Scene:
    """What every drill of a topology needs to know.

    `vip` is the VIP of which most can be said: the first one that is sure to move, if there is any; `unit` is what
    moves together with it, and `longer` what of that is neither a VIP nor HAProxy. `any_node`: any one node can be
    lost; with a tie breaker in place of a device, one of two cannot. `usual`: a failure brings about a new start, here
    or elsewhere. `start` is how long the address takes to come up, `move` with HAProxy if that has to come up with it,
    and `moved` says so.
    """

    def __init__(self, topology: Topology) -> None:
        """Read `topology`."""
        self.topology = topology
        self.sure = sure = Failover(topology)
        self.vip = next((each for each in topology.vips if each.resource in sure.moves), topology.vips[0])
        self.unit = sure.unit(self.vip.resource)
        known = {PROXY_CLONE, *(each.resource for each in topology.vips)}
        self.longer = tuple(each for each in self.unit if each not in known)
        self.also = tuple(each for each in sure.moves if each not in self.unit)
        proxy = "" if topology.proxy.everywhere else " and HAProxy"
        self.start = start(self.vip)
        self.move = self.start + (UNIT_S if proxy else 0.0)
        self.moved = f"{self.move:g} s to start the address{proxy} elsewhere"
        where = f"$(crm_resource --resource {self.vip.resource} --locate --quiet | head -n 1)"
        self.where = f'node={where}; echo "$node"'
        self.usual = not sure.at_rest and not changes_failures(topology)
        corosync = topology.cluster.corosync
        self.pair = len(topology.nodes) == _PAIR and corosync.device is None
        self.any_node = len(topology.nodes) > 1 and not (self.pair and corosync.chosen("auto_tie_breaker"))

    def drill(self, *, seconds: float, because: str) -> Drill:
        """Return what happens when the node of the VIP is gone and everything else is as it was.

        There is no bound where the VIP is not sure to move.
        """
        unsure = f"whether {self.vip.resource} comes up elsewhere depends on more than the topology says"
        return Drill(
            title="",
            commands=(),
            moves=self.unit,
            failures=0,
            also=self.also,
            stops=() if self.sure.at_rest else self.sure.clones,
            recovers=(),
            stays=(),
            fenced=(),
            twice=False,
            remarks=(),
            seconds=seconds if self.unit else None,
            tried=self.tried((*self.unit, *self.also)),
            longer=self.longer,
            because=because if self.unit else unsure,
            undo=(),
            origin=self.vip.origin,
        )

    def tried(self, resources: tuple[str, ...]) -> tuple[str, ...]:
        """Return of `resources` the VIPs whose addresses take longer to start than that of the drill's own VIP."""
        vips = {each.resource: each for each in self.topology.vips}
        return tuple(each for each in resources if each in vips and start(vips[each]) - self.start >= DAD_S)

    def gone(self) -> tuple[float, str]:
        """Return how many seconds the VIP is away when its node is lost, and why.

        corosync.conf(5): the token is lost, then the others agree; corosync-qdevice(8): then they wait for the device's
        vote; then Pacemaker decides, has the node fenced, and starts what ran there.
        """
        topology, device = self.topology, self.topology.cluster.corosync.device
        seconds = token(topology) + consensus(topology)
        because = (
            f"{seconds:.1f} s until Corosync forms a cluster without it (token {token(topology):.2f} s,"
            f" consensus {consensus(topology):.2f} s), "
        )
        if device is not None:
            vote = min(VOTE_S, device.sync_timeout)
            seconds += vote
            because += f"{vote:g} s for the quorum device's vote ({_without(len(topology.nodes), device)}), "
        fenced, stopped = fencing_time(topology)
        because += f"{DECIDE_S:g} s for Pacemaker to decide, {stopped}{self.moved}"
        return seconds + DECIDE_S + fenced + self.move, because


def _without(nodes: int, device: QuorumDevice) -> str:
    """Return what it means for a node's loss that the device does not vote."""
    if tally(nodes, device)[2]:
        return f"up to {device.sync_timeout:g} s if it does not answer"
    return "without it the others have no quorum"


def tally(nodes: int, found: QuorumDevice) -> tuple[int, int, int]:
    """Return how many votes there are, how many give quorum, and how many nodes may be lost once the device is.

    Source: corosync-qdevice(8): a device of `lms` has a vote less than there are nodes, one of `ffsplit` has one;
    votequorum(5): quorum is more than half of all votes.
    """
    votes = nodes + (nodes - 1 if found.algorithm == "lms" else 1)
    needed = votes // 2 + 1
    return votes, needed, nodes - needed
