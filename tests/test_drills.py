"""The drills of CHECKLIST.md: which there are, what they promise, and that a program can read them."""

import json
import re

import pytest

from hagen.drill import Drill, drills
from hagen.drill.scene import tally
from hagen.model import Topology
from hagen.outcome import bound
from hagen.pipeline import check_source, compile_source
from hagen.source import Source
from test_cases import BASE, lay_over, read
from topologies import Example

_OFF = "cluster: {purpose: lab, fencing: {enabled: false, reason: only a lab, devices: {}}}"
_TWO_LINKS = """
networks: {management: {interface: eth0}, public: {interface: eth1}, storage: {cidr: 10.10.18.0/24, interface: eth2}}
nodes:
  controller1: {addresses: {storage: 10.10.18.55}}
  controller2: {addresses: {storage: 10.10.18.56}}
  controller3: {addresses: {storage: 10.10.18.58}}
cluster: {links: [{network: management}, {network: storage}]}
"""
_DRILL = re.compile(
    r"- \[ \] (?P<title>[^\n]+)\n\n"
    r"  ```sh\n(?P<commands>(?:  [^\n]+\n)+)  ```\n\n"
    r"  Expected:\n\n(?P<expected>(?:  - [^\n]+\n)+)\n"
    r"  Outage: (?P<outage>[^\n]+)\n\n"
    r"  Back:\n\n"
    r"  ```sh\n(?P<undo>(?:  [^\n]+\n)+)  ```\n"
)
"""A drill as `CHECKLIST.md` has it: what the lab relies on."""

_BOUND = re.compile(
    r"(?:at most (?P<seconds>[0-9]+(?:\.[0-9])?) s(?:, and (?P<more>[0-9]+) s more for [^:]+?)?"
    r"(?:, and the time that [^:]+ may take on top)?|none|not to be said): \S"
)
"""How a bound begins; what cannot be said at all has no number."""


def topology(*pieces: str) -> Topology:
    """Return the base topology with pieces laid over it."""
    data = read(BASE.read_text())
    for piece in pieces:
        data = lay_over(data, read(piece))
    found = check_source(Source("topology.yml", json.dumps(data).encode()))
    assert found.topology is not None, [each.message for each in found.diagnostics]
    return found.topology


def the(part: str, *pieces: str) -> Drill:
    """Return the one drill that has `part` in its title."""
    [found] = [each for each in drills(topology(*pieces)) if part in each.title]
    return found


def test_a_program_can_read_every_drill(example: Example) -> None:
    """Each drill has title, commands, outcome, bound and undo in the same form, and the bound is the computed one."""
    source = Source("topology.yml", example.topology.read_bytes())
    [text] = [each.text for each in compile_source(source).artifacts if each.path == "CHECKLIST.md"]
    found = check_source(source).topology
    assert found is not None
    expected = drills(found)
    read = [*_DRILL.finditer(text.partition("## 4. Rehearse\n")[2])]
    assert len(read) == len(expected)
    for each, drill in zip(read, expected, strict=True):
        assert [line[2:] for line in each["commands"].splitlines()] == [*drill.commands]
        assert [line[2:] for line in each["undo"].splitlines()] == [*drill.undo]
        assert each["outage"] == bound(drill)
        begins = _BOUND.match(each["outage"])
        if drill.seconds:
            assert begins
            assert float(begins["seconds"]) == pytest.approx(drill.seconds, abs=1.0)
            assert float(begins["seconds"]) >= drill.seconds - 1e-6
        else:
            assert begins
            assert each["outage"].startswith("none: " if drill.seconds == 0 else "not to be said: ")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1.5, "at most 1.5 s: "),
        (1.51, "at most 1.6 s: "),
        (8.03 + 3, "at most 12 s: "),
        (31.0, "at most 31 s: "),
    ],
)
def test_a_bound_is_never_said_too_low(seconds: float, words: str) -> None:
    """It is rounded up, to tenths where these matter."""
    assert bound(the("standby")._replace(seconds=seconds)).startswith(words)


def test_an_ipv6_address_takes_longer_to_start() -> None:
    """The kernel tries it out first: said of it where the drill is about another VIP, and counted where it is its own."""
    networks = """
networks: {six: {cidr: "2001:db8::/64"}}
nodes:
  controller1: {addresses: {six: "2001:db8::55"}}
  controller2: {addresses: {six: "2001:db8::56"}}
  controller3: {addresses: {six: "2001:db8::58"}}
"""
    beside = the("standby", networks + 'vips: {six: {address: "2001:db8::224", network: six}}')
    assert (beside.seconds, beside.tried) == (2.0, ("vip_six",))
    assert "at most 2 s, and 2 s more for `vip_six`: " in bound(beside)
    alone = networks + 'vips: {management: {address: "2001:db8::224", network: six}}'
    assert (the("standby", alone).seconds, the("standby", alone).tried) == (4.0, ())


def test_haproxy_that_moves_with_the_vip_is_stopped_and_started_first() -> None:
    """In good order it is stopped before; where the node is gone, there is nothing to stop."""
    piece = "proxy: {placement: with_vip}"
    assert the("standby", piece).seconds == pytest.approx(3 + 3 + 2)
    assert the("loses power", piece).seconds == pytest.approx(8.03 + 3 + 15 + 3 + 2)


def test_a_node_that_hangs_is_fenced_like_one_without_power() -> None:
    """What is bounded is bounded alike; it takes a process of the node to stop nothing more."""
    hangs, dead = the(" hangs"), the("loses power")
    assert (hangs.seconds, hangs.moves, hangs.fenced) == (dead.seconds, dead.moves, dead.fenced)
    assert hangs.commands[1].startswith("kill -STOP -1 ")


def test_a_node_that_hangs_and_is_not_fenced_has_no_bound() -> None:
    """Its kernel goes on answering for its addresses, so nothing is said to move."""
    hangs = the(" hangs", _OFF)
    assert (hangs.seconds, hangs.moves, hangs.also, hangs.stops) == (None, (), (), ())
    assert bound(hangs).startswith("not to be said: without fencing nobody stops the node")
    assert the("loses power", _OFF).seconds == pytest.approx(8.03 + 3 + 2)


@pytest.mark.parametrize(
    ("nodes", "algorithm", "votes"),
    [
        (2, "ffsplit", (3, 2, 0)),
        (4, "ffsplit", (5, 3, 1)),
        (6, "ffsplit", (7, 4, 2)),
        (2, "lms", (3, 2, 0)),
        (3, "lms", (5, 3, 0)),
        (16, "lms", (31, 16, 0)),
    ],
)
def test_what_the_nodes_have_left_without_the_device(
    nodes: int, algorithm: str, votes: tuple[int, int, int]
) -> None:
    """Votes, how many are needed, and how many nodes may be lost then."""
    device = topology("cluster: {quorum: {device: {host: 10.10.17.10}}}").cluster.corosync.device
    assert device is not None
    assert tally(nodes, device._replace(algorithm=algorithm)) == votes


def test_clients_do_not_notice_the_loss_of_the_device() -> None:
    """It is said what it costs: with `lms` every node is needed then, and the power drill does not promise otherwise."""
    piece = "cluster: {quorum: {device: {host: 10.10.17.10, algorithm: lms}}}"
    lost = the("the quorum device vanishes", piece)
    assert lost.seconds == 0
    assert any("with 3 of 5 votes; 3 are needed" in each for each in lost.remarks)
    assert any("the loss of any node takes quorum" in each for each in lost.remarks)
    assert "without it the others have no quorum" in the("loses power", piece).because


def test_with_four_nodes_one_may_be_lost_after_the_device() -> None:
    """It is waited for as long as the device's vote is, where both are lost at once."""
    piece = """
cluster:
  quorum: {device: {host: 10.10.17.10, algorithm: ffsplit, sync_timeout: 12s}}
  fencing: {devices: {ipmi-controller4: {agent: fence_ipmilan, targets: [controller4], options: {ip: 10.10.20.59}}}}
nodes: {controller4: {addresses: {management: 10.10.16.59, public: 203.0.113.59}}}
"""
    remarks = " ".join(the("the quorum device vanishes", piece).remarks)
    assert "with 4 of 5 votes; 3 are needed" in remarks
    assert "1 node may be lost, and not one more" in remarks
    assert "waited for up to 12 s longer" in remarks
    assert "up to 12 s if it does not answer" in the("loses power", piece).because


def pulled(*pieces: str) -> dict[str, float | None]:
    """Return the bound of each cable that is pulled, by its network."""
    return {
        match[1]: each.seconds
        for each in drills(topology(*pieces))
        if (match := re.match(r"the cable of (\S+) is pulled", each.title))
    }


def test_a_cable_without_vips_may_be_pulled() -> None:
    """No client notices that; the cable behind the VIP is another matter, since nobody has to look at it."""
    assert pulled(_TWO_LINKS) == {"storage": 0.0, "management": None}
    assert the("the cable of storage", _TWO_LINKS).remarks[0] == "nothing moves"
    assert "ocf:heartbeat:ethmonitor" in bound(the("the cable of management", _TWO_LINKS))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("services: {keystone: {servers: {network: storage}}}", {"storage": None, "management": None}),
        ("vips: {inner: {address: 10.10.18.224, network: storage}}", {"management": None}),
        ("networks: {storage: {interface: eth0}}", {}),
        (
            """
            resources: {primitives: {disk: {agent: "ocf:pacemaker:Dummy"}}}
            constraints: {colocation: {near: {resource: vip_management, with: disk}}}
            """,
            {"storage": None, "management": None},
        ),
    ],
    ids=["servers", "a VIP of its own", "the same cable", "a resource with the VIP"],
)
def test_a_cable_that_clients_need_is_not_promised(more: str, expected: dict[str, float | None]) -> None:
    """Neither where servers are behind it, nor where a VIP is on it, nor where both networks have one cable."""
    assert pulled(_TWO_LINKS, more) == expected


def test_the_only_cable_of_corosync_is_no_drill_of_its_own() -> None:
    """Whoever pulls it cuts the node off."""
    assert pulled() == {}
    assert pulled("vips: {management: {address: 203.0.113.224, network: public}}") == {"public": None}
