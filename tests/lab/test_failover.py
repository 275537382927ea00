"""Everything that CHECKLIST.md says to rehearse, and servers that die: what a client sees, against what is promised.

Each drill is done as it is written there, the operator's commands on the nodes and the rest by the lab. All VIPs are
brought to one node before, so that each drill says the same of all of them. Nothing is asked of the node that is broken.
"""

import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import pytest

from lab import client, measure, place, power, probe
from lab.cluster import Cluster, places
from lab.drills import Drill, drills
from lab.host import Host
from lab.probe import Watch
from lab.services import standing, units
from lab.table import DEVICE, HOSTS, VIPS

_VIP = "vip_management"
_URLS = {f"vip_{name}": probe.url(address) for name, address in VIPS.items()}
_ON_IT = "# on that node"
_UNLESS = "if it does not "

_AT_FIRST = "on the same node"
"""How a sentence begins that speaks of the first failure, and not of what comes of many."""

_SOON_S = 60
"""How long what a drill expects may take to show, however busy the machine is: it is the outage that has a bound."""
_QUIET_S = 15
"""How long nothing may happen until nothing is what happens: longer than Corosync and HAProxy need to notice a loss."""

_NO_START = f"HAProxy cannot be started on the node of {_VIP}"
TRIED = (
    f"planned: the node of {_VIP} goes into standby",
    f"planned: the node of {_VIP} leaves the cluster",
    f"the address of {_VIP} is deleted by hand",
    f"HAProxy dies on the node of {_VIP}",
    _NO_START,
    f"the cable of storage is pulled on the node of {_VIP}",
    f"the cable of management is pulled on the node of {_VIP}",
    "the quorum device vanishes",
    f"unplanned: the node of {_VIP} loses power",
    f"unplanned: the node of {_VIP} hangs",
    f"unplanned: the node of {_VIP} is cut off",
)
"""The drills by their titles: what leaves a node running comes first."""


def plug(host: Host) -> None:
    """Plug in whatever cable was pulled."""
    for name in ("storage", "management"):
        host.plug(name)


_BY_HAND: dict[str, Callable[[Host], None]] = {
    "# cut the power of that node at its BMC": Host.cut,
    f"# cut that node off from the other nodes and {HOSTS[DEVICE].main}, at the switch: "
    "management, public, public6, storage": Host.cut_off,
    "# connect that node again": Host.rejoin,
    "# pull the cable of storage": lambda host: host.unplug("storage"),
    "# pull the cable of management": lambda host: host.unplug("management"),
    "# plug the cable in again": plug,
    f"# cut the power of {HOSTS[DEVICE].main}": lambda _: Host(DEVICE).cut(),
    f"# give {HOSTS[DEVICE].main} its power": lambda _: Host(DEVICE).boot(),
}
"""What a person does in a rehearsal, by how CHECKLIST.md begins to say it, and how the lab does it to the node."""


@pytest.fixture
def together(cluster: Cluster) -> Iterator[Cluster]:
    """Bring every VIP to the node of the first one; afterwards repair everything, and print how long that took."""
    gather(cluster)
    yield cluster
    for host in cluster.alive():
        plug(host)
    measure.taken("    until everything is green again", cluster.settle())


def gather(cluster: Cluster) -> None:
    """Bring every VIP to the node of the first one, and leave nothing of how in the configuration."""
    home = cluster.node_of(_VIP)
    calm(home)
    for vip in _URLS:
        if places(home, vip) != {home.name}:
            home.run("crm_resource", "--resource", vip, "--move", "--node", home.name)
            calm(home)
            home.run("crm_resource", "--resource", vip, "--clear")
            calm(home)
    assert all(places(home, vip) == {home.name} for vip in _URLS)


def calm(seat: Host) -> None:
    """Wait until the cluster has done all that it wants to do."""
    seat.run("crm_resource", "--wait", "--timeout=60s", timeout=90)


def starts(seat: Host, hurt: Host, resource: str) -> str:
    """Return what the cluster has kept of how a resource was started on a node."""
    path = f"//node_state[@uname='{hurt}']//lrm_resource[@id='{resource}']/lrm_rsc_op[@operation='start']"
    return seat.run("cibadmin", "--query", "--xpath", path, check=False).out


def _answers(url: str) -> bool:
    asked = ("curl", "--silent", "--fail", "--globoff", "--max-time", "1", url)
    return not client.run(*asked, check=False).code


class Rehearsal:
    """One drill on a node: done, judged, undone."""

    def __init__(self, cluster: Cluster, drill: Drill) -> None:
        """Remember how things are before."""
        self.drill = drill
        self.nodes = tuple(cluster.nodes.values())
        self.hurt = cluster.node_of(_VIP)
        self.seat = cluster.other_than(self.hurt)
        self._switched = len(power.switched())
        self._starts = {vip: starts(self.seat, self.hurt, vip) for vip in _URLS}

    def act(self) -> None:
        """Do what the drill says."""
        for line in self.drill.commands:
            self._do(line)

    def let_it_look(self) -> None:
        """Let HAProxy be started anew, so that the cluster has just looked and does so again as late as it may."""
        self.hurt.run("pkill", "-KILL", "-x", "haproxy")
        self.await_return()
        calm(self.seat)

    def undo(self) -> None:
        """Do what the drill says to come back; what it says for a host that does not do so by itself is not needed."""
        for line in self.drill.undo:
            if _UNLESS not in line:
                self._do(line)

    def _do(self, line: str) -> None:
        if line.startswith("node="):
            assert self.seat.sh(line).out.split() == [self.hurt.name]
        elif line.startswith("#"):
            (by_hand,) = (do for said, do in _BY_HAND.items() if line.startswith(said))
            by_hand(self.hurt)
        else:
            shell = self.hurt if _ON_IT in line else self.seat
            shell.sh(f"node={self.hurt}\n{line}", timeout=120)

    def await_return(self) -> None:
        """Wait until every VIP answers."""
        for vip, url in _URLS.items():
            place.until(partial(_answers, url), _SOON_S, f"{vip} to answer")

    @property
    def repeats(self) -> int:
        """How often to act: until the last failure that is spoken of, or twice where the same node recovers."""
        said = [int(each.split()[1]) for each in self.drill.expected if each.startswith("after ")]
        again = any(each.startswith(_AT_FIRST) for each in self.drill.expected)
        return max([*said, 2 if again else 1])

    def judge(self, *, at_first: bool) -> None:
        """Require what the drill expects, each within a while: of its first failure, or what it comes to in the end."""
        for sentence in self.drill.expected:
            if sentence.startswith(_AT_FIRST) is not at_first:
                continue
            fulfilled = self._fulfilled(sentence)
            place.until(fulfilled, _SOON_S, f"{self.drill.title}: {sentence}", 0.3)

    def _fulfilled(self, sentence: str) -> Callable[[], bool]:
        """Return how to find out whether a sentence is true; one that nobody has taught the lab fails."""
        seat, hurt, named = self.seat, self.hurt, self.drill.named(sentence)
        meanings: dict[str, Callable[[], bool]] = {
            r"on the same node `": lambda: all(hurt.name in places(seat, each) for each in named),
            r"no longer there: ": lambda: all(hurt.name not in places(seat, each) for each in named),
            r"(after \d+ failures )?on another node(, if there before)?: ": lambda: all(
                places(seat, each) not in (set(), {hurt.name}) for each in named
            ),
            r"untouched if there: ": lambda: all(self._is_untouched(each) for each in named),
            r"nothing moves$": lambda: all(self._is_untouched(vip) for vip in _URLS),
            r"the node is fenced: ": lambda: self._was_fenced(
                dict(zip(named[::2], named[1::2], strict=True))
            ),
            r"`corosync-cfgtool -s` on that node shows which link is down": lambda: (
                "disconnected" in hurt.run("corosync-cfgtool", "-s").out
            ),
            r"`corosync-quorumtool -s` on a node: quorate, with ": lambda: self._has_votes(sentence),
            # What comes of a further loss is not part of this drill: the next test has it.
            r"until it is back, the loss of any node takes quorum from the others$": lambda: True,
            r"`crm_mon -1` shows it": lambda: not seat.run("crm_mon", "-1", check=False).code,
        }
        for said, meaning in meanings.items():
            if re.match(said, sentence):
                return meaning
        raise AssertionError(f"nobody has told the lab what this means: {sentence}")

    def _is_untouched(self, resource: str) -> bool:
        same = starts(self.seat, self.hurt, resource) == self._starts[resource]
        return same and places(self.seat, resource) == {self.hurt.name}

    def _has_votes(self, sentence: str) -> bool:
        said = re.search(r"quorate, with (\d+) of (\d+) votes; (\d+) are needed", sentence)
        assert said, sentence
        out = self.seat.run("corosync-quorumtool", "-s", check=False).out
        wanted = (
            "Quorate: +Yes",
            f"Total votes: +{said[1]}",
            f"Expected votes: +{said[2]}",
            f"Quorum: +{said[3]}",
        )
        return all(re.search(rf"^{each}\b", out, re.MULTILINE) for each in wanted)

    def _was_fenced(self, devices: dict[str, str]) -> bool:
        """Tell whether the node's power was switched, once, and the cluster says by which device."""
        name = self.hurt.name
        # A node that has no power already is switched on, and not off.
        if power.switched()[self._switched :] not in ([f"{name} off", f"{name} on"], [f"{name} on"]):
            return False
        said = f"targeting {name} using {devices[name]} returned 0"
        others = (host for host in self.nodes if host.name != name)
        return any(
            said in host.sh("journalctl -b -q -t pacemaker-fenced", check=False).out for host in others
        )


@pytest.mark.parametrize("title", TRIED)
def test_a_drill_ends_as_the_checklist_says(together: Cluster, title: str) -> None:
    """What is broken is made good as it says, within the time that it says, which is not far from what is seen."""
    drill = drills(together.built / "CHECKLIST.md")[title]
    rehearsal = Rehearsal(together, drill)
    if title == _NO_START:
        rehearsal.let_it_look()
    waits = not drill.bound(_VIP)
    try:
        with probe.watching(*_URLS.values()) as watches:
            for number in range(rehearsal.repeats):
                rehearsal.act()
                if waits:
                    time.sleep(_QUIET_S)
                else:
                    rehearsal.await_return()
                if number == 0:
                    rehearsal.judge(at_first=True)
                if number + 1 < rehearsal.repeats:
                    # What fails right after the cluster has looked is noticed as late as it may be.
                    calm(rehearsal.seat)
            rehearsal.judge(at_first=False)
            if waits:
                rehearsal.undo()
            rehearsal.await_return()
    finally:
        rehearsal.undo()
    compare(drill, watches)


def test_without_the_quorum_device_the_next_loss_takes_quorum(cluster: Cluster) -> None:
    """What the drill says of the time until the device is back holds: no VIP is left, and all of it comes back by itself."""
    (device,) = (each for each in drills(cluster.built / "CHECKLIST.md").values() if "device" in each.title)
    assert "until it is back, the loss of any node takes quorum from the others" in device.expected
    lost = cluster.node_of(_VIP)
    left = [host for host in cluster.alive() if host.name != lost.name]
    try:
        cluster.hosts[DEVICE].cut()
        place.until(lambda: _quorate(left[0], "Total votes: +3"), _SOON_S, "the device's votes to be missed")
        lost.cut()
        place.until(lambda: _quorate(left[0], "Quorate: +No"), _SOON_S, "quorum to be lost")
        place.until(lambda: not any(map(_addresses, left)), _SOON_S, "every address to be taken away")
        assert not any(map(_answers, _URLS.values()))
    finally:
        cluster.hosts[DEVICE].boot()
        seconds = cluster.settle()
    measure.taken("a node and the quorum device were lost: until all is green, once they are back", seconds)


def _addresses(host: Host) -> list[str]:
    """Return the VIPs that a node has, whatever the cluster says."""
    return [each for each in VIPS.values() if host.run("ip", "-o", "address", "show", "to", each).out]


def _quorate(seat: Host, line: str) -> bool:
    """Tell whether Corosync's state of quorum has a line like this."""
    return bool(re.search(line, seat.run("corosync-quorumtool", "-s", check=False).out))


def compare(drill: Drill, watches: list[Watch]) -> None:
    """Hold what a client saw of each VIP against the bound; a VIP that the drill does not touch may see nothing of it."""
    for vip, watch in zip(_URLS, watches, strict=True):
        what, seen, bound = f"{drill.title}: {vip}", watch.stop().longest, drill.bound(vip)
        if bound is None:
            measure.taken(f"{what} (as long as it lasted)", seen)
        elif bound == 0 or (vip != _VIP and seen <= measure.NOTHING_S):
            measure.taken(f"{what} (nothing)", seen)
            assert seen <= measure.NOTHING_S, what
        else:
            measure.holds(what, seen, bound)


def test_every_drill_is_tried(cluster: Cluster) -> None:
    """CHECKLIST.md rehearses what is above, and nothing else."""
    assert set(drills(cluster.built / "CHECKLIST.md")) == set(TRIED)


# --- servers that die -------------------------------------------------------------------------------------------------

_SILENT = """\
table inet lab_silent {
    chain input {
        type filter hook input priority filter - 1; policy accept;
        tcp dport { 5672, 6081, 8080, 9200 } drop
    }
}
"""
"""To whoever asks the servers of this host, there is no such host: nftables(8)."""


class Harm(NamedTuple):
    """What is done to a server: the column of CHECKLIST.md's table, of which services it is one, the words, the way back."""

    column: str
    services: tuple[str, ...]
    words: tuple[str, ...]
    given: str
    mend: tuple[str, ...]


_HARMS = (
    Harm("refuses", ("web",), ("systemctl", "stop", units.WEB), "", ("systemctl", "start", units.WEB)),
    Harm(
        "hangs",
        ("web", "events"),
        ("systemctl", "kill", "--signal=STOP", units.WEB, units.EVENTS),
        "",
        ("systemctl", "kill", "--signal=CONT", units.WEB, units.EVENTS),
    ),
    Harm(
        "silent",
        ("web", "events", "database", "messages"),
        ("nft", "-f", "-"),
        _SILENT,
        ("nft", "delete", "table", "inet", "lab_silent"),
    ),
)


@pytest.mark.parametrize("harm", _HARMS, ids=lambda harm: harm.column)
def test_a_dead_server_is_noticed_in_time(together: Cluster, harm: Harm) -> None:
    """HAProxy stops using it within what the table says, and that long at most a client loses the requests that it is given."""
    checklist = (together.built / "CHECKLIST.md").read_text()
    proxy = together.node_of(_VIP)
    dead = together.other_than(proxy)
    bounds = {each: getattr(standing.bounds(checklist, each), harm.column) for each in harm.services}
    try:
        with probe.watching(*_URLS.values()) as watches:
            began = time.time()
            dead.run(*harm.words, stdin=harm.given)
            # When within its command a server dies, nobody knows: from its end on it certainly is dead.
            harmed = time.time()
            for service, bound in bounds.items():
                given = standing.until_given_up(proxy, f"{service}/{dead}", began, bound + 5)
                what = f"{service}: a server that {'is' if harm.column == 'silent' else ''} {harm.column}"
                measure.holds(" ".join(what.split()), given.at - harmed, bound)
        for vip, watch in zip(_URLS, watches, strict=True):
            what = f"web: a server {harm.column}: requests to {vip} are lost now and then"
            measure.holds(what, watch.stop().now_and_then, bounds["web"])
    finally:
        dead.run(*harm.mend)
