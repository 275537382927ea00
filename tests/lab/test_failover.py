"""Everything that CHECKLIST.md says to rehearse, and servers that die: what a client sees, against what is promised.

Each drill is done as it is written there, the operator's commands on the nodes and the rest by the lab. All VIPs are
brought to one node before, so that each drill says the same of all of them. Nothing is asked of the node that is broken.
"""

import time
from collections.abc import Callable, Iterator
from itertools import takewhile

import pytest

from lab import client, measure, place, power, probe
from lab.cluster import SECRETS, Cluster
from lab.drills import Drill, drills
from lab.host import Host
from lab.probe import Watch
from lab.services import standing, units
from lab.table import DEVICE, HOSTS, VIPS

_VIP = "vip_management"
_URLS = {f"vip_{name}": probe.url(address) for name, address in VIPS.items()}
_ON_IT = "# on that node"
_UNLESS = "if it does not rejoin by itself"

_SOON_S = 60
"""How long what a drill expects may take to show, however busy the machine is: it is the outage that has a bound."""
_QUIET_S = 20
"""How long nothing may happen until nothing is what happens: longer than Corosync and HAProxy need to notice a loss."""

_STANDBY = f"planned: the node of {_VIP} goes into standby"
_LEAVES = f"planned: the node of {_VIP} leaves the cluster"
_POWER = f"unplanned: the node of {_VIP} loses power"
_HANGS = f"unplanned: the node of {_VIP} hangs"
_CUT_OFF = f"unplanned: the node of {_VIP} is cut off"
_LINK = f"unplanned: the node of {_VIP} loses one of its links"
_DEVICE = "unplanned: the quorum device is lost"
_ADDRESS = f"the address of {_VIP} is deleted by hand"
_DIES = f"HAProxy dies on the node of {_VIP}"
_NO_START = f"HAProxy cannot be started on the node of {_VIP}"

_BY_HAND: dict[str, Callable[[Host], None]] = {
    "# cut the power of that node": Host.cut,
    "# cut that node off from": Host.cut_off,
    "# freeze": Host.freeze,
    "# pull": lambda host: host.unplug("storage"),
    f"# cut the power of {HOSTS[DEVICE].main}": lambda _: Host(DEVICE).cut(),
}
"""What a person does in a rehearsal, by how CHECKLIST.md begins to say it, and how the lab does it to the node."""


@pytest.fixture
def together(cluster: Cluster) -> Iterator[Cluster]:
    """Bring every VIP to the node of the first one; afterwards repair everything, and print how long that took."""
    gather(cluster)
    yield cluster
    for host in cluster.alive():
        host.plug("storage")
    measure.taken("    until everything is green again", cluster.settle())


def gather(cluster: Cluster) -> None:
    """Bring every VIP to the node of the first one, and leave nothing of how in the configuration."""
    home = cluster.node_of(_VIP)
    for vip in _URLS:
        if where(home, vip) != {home.name}:
            home.run("crm_resource", "--resource", vip, "--move", "--node", home.name)
            place.until(lambda vip=vip: where(home, vip) == {home.name}, _SOON_S, f"{vip} on {home}", 0.3)
            home.run("crm_resource", "--resource", vip, "--clear")
    place.until(lambda: all(where(home, vip) == {home.name} for vip in _URLS), _SOON_S, f"VIPs on {home}", 0.3)


def where(seat: Host, resource: str) -> set[str]:
    """Return the names of the nodes that run a resource, as one node sees it."""
    return set(seat.run("crm_resource", "--resource", resource, "--locate", "--quiet", check=False).out.split())


def starts(seat: Host, hurt: Host, resource: str) -> str:
    """Return what the cluster has kept of how a resource was started on a node."""
    path = f"//node_state[@uname='{hurt}']//lrm_resource[@id='{resource}']/lrm_rsc_op[@operation='start']"
    return seat.run("cibadmin", "--query", "--xpath", path, check=False).out


class Rehearsal:
    """One drill on a node: done, judged, undone."""

    def __init__(self, cluster: Cluster, drill: Drill) -> None:
        """Remember how things are before."""
        self.drill = drill
        self.hurt = cluster.node_of(_VIP)
        self.seat = cluster.other_than(self.hurt)
        self._switched = len(power.switched())
        self._starts = {vip: starts(self.seat, self.hurt, vip) for vip in _URLS}

    def act(self) -> None:
        """Do what the drill says, and find that it speaks of the same node."""
        ask, *then = self.drill.commands
        if "node=" in ask:
            assert self.seat.sh(ask).out.split() == [self.hurt.name]
        else:
            then = list(self.drill.commands)
        for line in then:
            self._do(line)

    def undo(self) -> None:
        """Do what the drill says to come back; what it says for a node that does not rejoin is not needed."""
        for line in self.drill.undo:
            if _UNLESS not in line:
                self._do(line)

    def _do(self, line: str) -> None:
        if line.startswith("#"):
            (by_hand,) = (do for said, do in _BY_HAND.items() if line.startswith(said))
            by_hand(self.hurt)
        else:
            shell = self.hurt if _ON_IT in line else self.seat
            shell.sh(f"node={self.hurt}\n{line}", timeout=120)

    def await_return(self) -> None:
        """Wait until every VIP answers."""
        for vip, url in _URLS.items():
            asked = ("curl", "--silent", "--fail", "--globoff", "--max-time=1", "--output=/dev/null", url)
            place.until(lambda asked=asked: not client.run(*asked, check=False).code, _SOON_S, f"{vip} to answer")

    @property
    def repeats(self) -> int:
        """How often to act: until the last failure that is spoken of, or twice where the same node recovers."""
        said = [int(each.split()[1]) for each in self.drill.expected if each.startswith("after ")]
        again = any(each.startswith("on the same node") for each in self.drill.expected)
        return max([*said, 2 if again else 1])

    def judge(self) -> None:
        """Require everything that the drill expects, each within a while; a sentence that nobody knows fails."""
        for sentence in self.drill.expected:
            fulfilled = self._fulfilled(sentence)
            place.until(fulfilled, _SOON_S, f"{self.drill.title}: {sentence}", 0.3)

    def _fulfilled(self, sentence: str) -> Callable[[], bool]:
        seat, hurt, named = self.seat, self.hurt.name, self.drill.named(sentence)
        said = sentence.split(" ", 3)[-1] if sentence.startswith("after ") else sentence
        if said.startswith("on the same node"):
            return lambda: all(hurt in where(seat, each) for each in named)
        if said.startswith("no longer there: "):
            return lambda: all(hurt not in where(seat, each) for each in named)
        if said.startswith(("on another node: ", "on another node, if there before: ")):
            return lambda: all(where(seat, each) not in (set(), {hurt}) for each in named)
        if said.startswith("untouched if there: "):
            return lambda: all(
                where(seat, each) == {hurt} and starts(seat, self.hurt, each) == self._starts[each]
                for each in named
            )
        if said.startswith("the node is fenced"):
            device = dict(zip(named[::2], named[1::2], strict=True))[hurt]
            return lambda: self._was_fenced() and f"via {device}" in seat.run("stonith_admin", "--history", hurt, "--verbose").out
        if said.startswith("`crm_mon -1` shows it"):
            return lambda: not seat.run("crm_mon", "-1", check=False).code
        raise AssertionError(f"{self.drill.title}: nobody has taught the lab what this means: {sentence}")

    def _was_fenced(self) -> bool:
        done = power.switched()[self._switched :]
        return done == [f"{self.hurt} off", f"{self.hurt} on"]


def test_every_drill_is_tried(cluster: Cluster) -> None:
    """CHECKLIST.md rehearses nothing that is not below, and what is below is in it."""
    assert set(drills(cluster.built / "CHECKLIST.md")) == set(TRIED)


TRIED = (_STANDBY, _LEAVES, _ADDRESS, _DIES, _NO_START, _POWER, _HANGS, _CUT_OFF, _LINK, _DEVICE)


@pytest.mark.parametrize("title", TRIED)
def test_a_drill_ends_as_the_checklist_says(together: Cluster, title: str) -> None:
    """What is broken is made good as it says, within the time that it says, which is not far from what is seen."""
    drill = drills(together.built / "CHECKLIST.md")[title]
    rehearsal = Rehearsal(together, drill)
    with probe.watching(*_URLS.values()) as watches:
        for _ in range(rehearsal.repeats):
            rehearsal.act()
            began = time.monotonic()
            if drill.bound == 0:
                time.sleep(_QUIET_S)
            rehearsal.await_return()
            # The next failure comes right after the cluster has looked: that is as long as it may take to be seen.
            time.sleep(1)
        rehearsal.judge()
        rehearsal.await_return()
    compare(drill, watches)
    rehearsal.undo()


def compare(drill: Drill, watches: list[Watch]) -> None:
    """Hold what a client saw of each VIP against the bound."""
    seen = {vip: watch.stop().longest for vip, watch in zip(_URLS, watches, strict=True)}
    for vip, seconds in seen.items():
        measure.taken(f"{drill.title}: {vip}", seconds)
    assert drill.bound is not None, drill.outage
    if drill.bound:
        measure.holds(drill.title, max(seen.values()), drill.bound)
    else:
        assert max(seen.values()) <= measure.NOTHING_S, drill.title
