"""Pacemaker's simulator does with the real CIB what the drills of the checklist say: on every node, in every scenario.

The CIBs are built by each topology's own pcs.sh. What must happen is read from the drills themselves and written down
nowhere else; what they leave open is not looked at. Cluster times are not simulated.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import pytest

import dialects
from dialects import Dialect, roots
from dialects.node import RootNode
from hagen.diagnostic import has_errors
from hagen.drill import Drill, drills
from hagen.drill.network import STILL
from hagen.model import Topology
from hagen.naming import PROXY, PROXY_CLONE
from hagen.outcome import bound, outcome
from hagen.pipeline import check_source, compile_source
from hagen.source import Source
from sandbox import simulate
from sandbox.simulate import Simulated
from topologies import EXAMPLES, ROOT, secrets

pytestmark = pytest.mark.dialects

_PLATFORM = re.compile(r"^(?P<key> +platform: *)\S+", re.MULTILINE)
_ANACONDA = re.compile(r"\bkickstart: *true\b")
_NOT_FOR = "# not for "
_DUMMY = {"agent": "ocf:pacemaker:Dummy", "agent_operations": False}

Tree = dict[str, Any]


def cluster(names: str, of_cluster: Tree | None = None, *, fenced: bool = True, **sections: Any) -> str:
    """Return a topology of nodes with names of one letter, a VIP called one, and whatever else `sections` say."""
    device = {
        "agent": "fence_apc_snmp",
        "targets": list(names),
        "options": {"ip": "192.0.2.250", "pcmk_host_map": ";".join(f"{each}:{each}" for each in names)},
        "delay_max": "5s",
    }
    off = {"enabled": False, "reason": "it is only simulated"}
    whole: Tree = {
        "hagen": 1,
        "cluster": {
            "name": "simulated",
            "platform": "debian12",
            "purpose": "lab",
            "fencing": {"devices": {"pdu": device}} if fenced else off,
            **(of_cluster or {}),
        },
        "networks": {"lan": {"cidr": "192.0.2.0/24"}},
        "nodes": {each: {"addresses": {"lan": f"192.0.2.{number}"}} for number, each in enumerate(names, 11)},
        "vips": {"one": {"address": "192.0.2.101", "network": "lan"}},
        "services": {
            "web": {
                "vips": ["one"],
                "port": 80,
                "mode": "tcp",
                "check": {"type": "tcp"},
                "servers": {"port": 81},
            }
        },
    }
    for name, value in sections.items():
        whole[name] = {**whole.get(name, {}), **value}
    return json.dumps(whole)


def dummies(*names: str, **others: Tree) -> Tree:
    """Return primitives that do nothing; `others` say more."""
    return {**dict.fromkeys(names, _DUMMY), **{name: {**_DUMMY, **more} for name, more in others.items()}}


_SECOND_VIP = {"two": {"address": "192.0.2.102", "network": "lan", "with": "one"}}
_STATEFUL = {
    "agent": "ocf:pacemaker:Stateful",
    "agent_operations": False,
    "operations": [{"action": "monitor", "interval": "10s", "role": "Promoted"}],
}

MADE_UP = {
    "two nodes": cluster(
        "ab",
        {"resource_defaults": {"migration-threshold": 2}},
        resources={"primitives": dummies("apart", "late")},
        constraints={
            "colocation": {"away": {"resource": "apart", "with": "vip_one", "score": "-INFINITY"}},
            "order": {"later": {"first": "apart", "then": "late"}},
        },
    ),
    "two nodes, no fencing, all on one": cluster(
        "ab", fenced=False, vips=_SECOND_VIP, proxy={"placement": "with_vip"}
    ),
    "freeze, all on one": cluster(
        "abc",
        {
            "quorum": {"on_loss": "freeze"},
            "resource_defaults": {"migration-threshold": 2, "resource-stickiness": 200},
        },
        vips=_SECOND_VIP,
        proxy={"placement": "with_vip"},
        resources={"primitives": dummies("follower")},
        constraints={"colocation": {"c": {"resource": "follower", "with": "vip_two"}}},
    ),
    "freeze, no fencing": cluster(
        "abc",
        {"quorum": {"on_loss": "freeze"}},
        fenced=False,
        resources={"primitives": dummies("alone"), "clones": {}},
    ),
    "demote": cluster(
        "abc",
        {"quorum": {"on_loss": "demote"}},
        resources={
            "primitives": {**dummies("disk", "db", "spread", "with-writer"), "state": _STATEFUL},
            "groups": {"data": {"members": ["disk", "db"]}},
            "clones": {"state": {"promotable": True}, "spread": {"meta": {"interleave": True}}},
        },
        constraints={
            "colocation": {
                "address": {"resource": "vip_one", "with": "data"},
                "writer": {"resource": "with-writer", "with": "state", "with_role": "Promoted"},
            },
            "order": {"first-data": {"first": "data", "then": "vip_one"}},
        },
    ),
    "suicide": cluster(
        "abcd",
        {"quorum": {"on_loss": "suicide", "auto_tie_breaker": True}},
        resources={
            "primitives": dummies(
                "follower",
                off={"meta": {"target-role": "Stopped"}},
                wild={"meta": {"is-managed": False}},
                hardy={"meta": {"requires": "nothing"}},
            ),
        },
        constraints={"colocation": {"c": {"resource": "follower", "with": "vip_one"}}},
    ),
    "ignore": cluster("abc", {"quorum": {"on_loss": "ignore"}}),
    "places": cluster(
        "abcd",
        {
            "quorum": {"on_loss": "stop", "auto_tie_breaker": True},
            "properties": {"placement-strategy": "balanced"},
        },
        nodes={
            "c": {"addresses": {"lan": "192.0.2.13"}, "attributes": {"disks": "none"}},
            "d": {"addresses": {"lan": "192.0.2.14"}, "attributes": {"disks": "san"}, "standby": True},
            "b": {
                "addresses": {"lan": "192.0.2.12"},
                "attributes": {"disks": "san"},
                "utilization": {"cpu": 1},
            },
            "a": {
                "addresses": {"lan": "192.0.2.11"},
                "attributes": {"disks": "SAN"},
                "utilization": {"cpu": 1},
            },
        },
        resources={
            "primitives": dummies(
                "pinned",
                "shy",
                "diskful",
                "rider",
                "apart",
                "sited",
                "first",
                "second",
                "third",
                "pinged",
                big={"utilization": {"cpu": 1}},
                large={"utilization": {"cpu": 1}},
            )
        },
        constraints={
            "location": {
                "b-not": {"resource": "pinned", "node": "b", "score": "-INFINITY"},
                "c-not": {"resource": "pinned", "node": "c", "score": "-INFINITY"},
                "c-rather-not": {"resource": "shy", "node": "c", "score": -10},
                "on-disks": {
                    "resource": "diskful",
                    "score": "-INFINITY",
                    "rule": {"any": [{"attribute": "disks", "operation": "ne", "value": "san"}]},
                },
                "where-it-pings": {
                    "resource": "pinged",
                    "score": "-INFINITY",
                    "rule": {"any": [{"attribute": "pingd", "operation": "not_defined"}]},
                },
            },
            "colocation": {
                "riding": {"resource": "rider", "with": "diskful"},
                "away": {"resource": "apart", "with": "vip_one", "score": "-INFINITY"},
            },
            "order": {
                "one-by-one": {"sets": [{"resources": ["first", "second"]}, {"resources": ["third"]}]},
            },
            "ticket": {"needed": {"ticket": "site", "resource": "sited", "loss_policy": "stop"}},
        },
        booth={
            "sites": {"here": "192.0.2.240", "there": "198.51.100.1"},
            "arbitrators": ["203.0.113.1"],
            "tickets": {"site": {}},
        },
    ),
    "opt in": cluster(
        "abc",
        {"properties": {"symmetric-cluster": False}},
        constraints={
            "location": {
                f"{name}-{node}": {"pattern": f"^{what}", "node": node, "score": 0}
                for name, what in {"pdu": "pdu", "vip": "vip_", "proxy": "lb-"}.items()
                for node in "ab"
            }
        },
    ),
}
"""What no example has: every policy, fewer nodes, placements, and resources that are in doubt for some reason."""

RICH = {path.stem: path.read_text() for path in sorted(ROOT.glob("tests/dialects/*.yml"))}
TEXTS = {**{each.name: each.topology.read_text() for each in EXAMPLES}, **RICH, **MADE_UP}
_FILES = {each.name: each.topology for each in EXAMPLES} | {
    path.stem: path for path in ROOT.glob("tests/dialects/*.yml")
}


class Case(NamedTuple):
    """A topology, what its checklist says, the CIB of its script, and a folder for what becomes of it."""

    topology: Topology
    drills: tuple[Drill, ...]
    checklist: str
    cib: Path
    folder: Path
    up: Simulated


def started(topology: Topology, cib: Path, run: simulate.Run) -> Simulated:
    """Bring the cluster up with everything that it needs; what runs inside of resources has to be told to the simulator."""
    made = topology.resources
    inside = [each.guest.name for each in made.primitives if each.guest is not None]
    for bundle in made.bundles:
        [replicas] = [int(each.value) for each in bundle.container if each.name == "replicas"]
        inside += [f"{bundle.id}-{number}" for number in range(replicas)]
    tickets = [each.name for each in topology.booth.tickets] if topology.booth else []
    return simulate.all_up(cib, [*topology.node_names, *inside], cib.with_name("up.xml"), run, tickets)


def in_root(node: RootNode) -> simulate.Run:
    """Return what runs Pacemaker's programs in a dialect's root."""

    def run(command: Sequence[str | Path], files: Mapping[str, Path]) -> str:
        return node.run(command, {name: str(node._inside(path)) for name, path in files.items()}).stdout

    return run


_SCRIPTS = """
printf '%s\\0' "$@" | xargs -0 -P 4 -I @ bash -c 'bash @/pcs.sh cib @/cib.xml >@/said 2>&1 || { echo @; cat @/said; exit 255; }'
"""


def cases_of(names: Sequence[str], dialect: Dialect, folder: Path, *, there: bool = False) -> dict[str, Case]:
    """Compile topologies for a dialect's platform, and let their scripts build the CIBs in the dialect's root.

    The clusters are simulated by this machine's Pacemaker, or by that `there`.
    """
    known = [secrets(_FILES[name]) for name in names if name in _FILES]
    files = {path: text for each in known for path, text in each.files.items()}
    env = {name: value for each in known for name, value in each.env.items()}
    node = RootNode(dialect, folder, files=files)
    made = {}
    for number, name in enumerate(names):
        text = _ANACONDA.sub("kickstart: false", _PLATFORM.sub(rf"\g<key>{dialect.platform}", TEXTS[name]))
        source = Source("topology.yml", text.encode())
        result = compile_source(source)
        assert not has_errors(result.diagnostics), [each.message for each in result.diagnostics]
        topology = check_source(source).topology
        assert topology is not None
        texts = {each.path: each.text for each in result.artifacts}
        place = folder / f"case-{number}"
        place.mkdir(parents=True)
        (place / "pcs.sh").write_text(texts["pcs.sh"])
        made[name] = (topology, texts["CHECKLIST.md"], place)
    ran = node.run(["bash", "-c", _SCRIPTS, "bash", *(place for _, _, place in made.values())], env)
    assert ran.code == 0, ran.output
    run = in_root(node) if there else simulate.on_host
    found = {}
    for name, (topology, checklist, place) in made.items():
        up = started(topology, place / "cib.xml", run)
        found[name] = Case(topology, drills(topology), checklist, place / "cib.xml", place, up)
    return found


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Case]:
    """Return every topology's case, for Debian 12."""
    roots.need()
    [dialect] = [each for each in dialects.ALL if each.platform == "debian12"]
    # The longest scripts first, so that none is left alone in the end.
    return cases_of(
        sorted(TEXTS, key=lambda name: -len(TEXTS[name])), dialect, tmp_path_factory.mktemp("cases")
    )


def spoken_of(drill: Drill) -> tuple[str, ...]:
    """Return every resource that a drill says something of."""
    said = (*drill.moves, *drill.also, *drill.stops, *drill.recovers, *drill.stays)
    return tuple(dict.fromkeys(said))


def vip_of(drill: Drill) -> str:
    """Return the VIP whose node a drill is about: the one that its first command asks for, or none."""
    found = re.search(r"crm_resource --resource (\S+) --locate", drill.commands[0])
    assert found or not spoken_of(drill), drill.commands
    return found[1] if found else ""


def provoke(drill: Drill, case: Case, node: str) -> Iterator[tuple[Simulated, bool]]:
    """Do on `node` what a drill asks for; yield what becomes of it, and whether that is how the others see it."""
    up, after, title = case.up, case.folder / "after.xml", drill.title
    others = [each for each in case.topology.node_names if each != node]
    if "goes into standby" in title:
        yield simulate.node_in_standby(up, node, after), True
    elif "leaves the cluster" in title:
        yield simulate.node_leaves(up, node, after), True
    elif "loses power" in title or (title.endswith(" hangs") and drill.fenced):
        yield simulate.node_fails(up, node, after=after), True
    elif "is cut off" in title:
        votes = drill.twice and case.topology.cluster.on_loss not in {"ignore", "freeze"}
        yield simulate.node_fails(up, *others, after=after, quorum=votes), False
        yield simulate.node_fails(up, node, after=after), True
    elif title.endswith(" hangs") or " is pulled " in title or "vanishes" in title:
        yield simulate.again(up, after), True  # nobody tells Pacemaker, or what it would do decides nothing
    elif "deleted by hand" in title:
        yield monitor_fails(case, up, vip_of(drill), node, after), True
    elif "HAProxy dies" in title:
        yield monitor_fails(case, up, PROXY, node, after), True
    elif "HAProxy cannot be started" in title:
        yield simulate.start_fails(up, PROXY, node, look(case, PROXY), after), True
    else:
        raise AssertionError(f"no scenario for the drill “{title}”")


def look(case: Case, resource: str) -> int:
    """Return how often a VIP or HAProxy is monitored, in milliseconds."""
    monitors = {vip.resource: vip.monitor for vip in case.topology.vips} | {
        PROXY: case.topology.proxy.monitor
    }
    return round(monitors[resource].seconds * 1000)


def monitor_fails(case: Case, up: Simulated, resource: str, node: str, after: Path) -> Simulated:
    """Let the monitor of a VIP or of HAProxy fail on a node."""
    return simulate.monitor_fails(up, resource, node, look(case, resource), after)


def judge(drill: Drill, case: Case, node: str) -> int:
    """Require that what a drill says comes true on a node; return how many times a resource did what was said of it."""
    names = spoken_of(drill)
    before = case.up.places()
    counted = 0
    for end, others_see_it in provoke(drill, case, node):
        where = f"{drill.title} ({node}): {end.account}"
        after, summary = end.places(), end.summary()
        here = [each for each in names if node in before[each]]
        counted += len(here)
        fences = any(line.startswith(f"Fence (reboot) {node} ") for line in summary)
        if others_see_it:
            assert fences == bool(drill.fenced), where
            moving = [each for each in (*drill.moves, *drill.also) if each in here and not drill.failures]
            for each in moving:
                assert before[each] == [node], where
                assert len(after[each]) == 1, f"{each}: {where}"
                assert after[each] != [node], f"{each}: {where}"
            assert len({after[each][0] for each in drill.moves if each in moving}) <= 1, where
            untouched = () if "is cut off" in drill.title else drill.stays
            recovers = [each for each in drill.recovers if each in here]
        else:
            untouched, recovers = drill.stays, []
        if not others_see_it or "is cut off" not in drill.title:
            for each in drill.stops:
                assert fences or node not in after[each], f"{each}: {where}"
            for each in untouched:
                assert (node in before[each]) <= (node in after[each]), f"{each}: {where}"
                assert not any(re.search(rf" {each}\b", line) for line in summary if node in before[each]), (
                    where
                )
        if STILL in drill.remarks:
            assert after == before, where
        for each in recovers:
            core = PROXY if each == PROXY_CLONE else each
            assert any(re.match(rf"Recover {core}\b", line) for line in summary), f"{each}: {where}"
            assert node in after[each], f"{each}: {where}"
    return counted


@pytest.mark.parametrize("name", TEXTS)
def test_the_drills_come_true_on_every_node(cases: Mapping[str, Case], name: str) -> None:
    """What is said of a VIP's node holds on whatever node it is, and for what else happens to run there."""
    case = cases[name]
    places = case.up.places()
    for drill in case.drills:
        home = places[vip_of(drill)]
        assert all(places[each] == home for each in drill.moves if each in places), drill.title
        where = {node for each in (vip_of(drill), *drill.also) for node in places[each]}
        if not vip_of(drill):
            where = {*case.topology.node_names}
        counted = [judge(drill, case, node) for node in sorted(where & {*case.topology.node_names})]
        assert bool(spoken_of(drill)) <= any(counted), f"{drill.title}: it was about nothing that runs"


@pytest.mark.parametrize("name", TEXTS)
def test_an_address_moves_after_as_many_failures_as_said(cases: Mapping[str, Case], name: str) -> None:
    """Before that number of failures it comes back where it was."""
    case = cases[name]
    for drill in case.drills:
        if drill.failures:
            vip, up = vip_of(drill), case.up
            [home] = up.where(vip)
            for number in range(drill.failures):
                assert up.where(vip) == [home], up.account
                up = monitor_fails(case, up, vip, home, case.folder / f"failed-{number}.xml")
            places = up.places()
            [[elsewhere]] = {tuple(places[each]) for each in drill.moves}
            assert elsewhere != home, up.account


@pytest.mark.parametrize("name", TEXTS)
def test_a_node_is_fenced_by_the_devices_that_are_named(cases: Mapping[str, Case], name: str) -> None:
    """The CIB has these devices for this node, and the levels in this order."""
    case = cases[name]
    root = ET.fromstring(case.cib.read_text())  # noqa: S314  written by pcs a moment ago
    devices = {
        each.attrib["id"]: " ".join(
            pair.attrib["value"] for pair in each.iterfind("instance_attributes/nvpair")
        )
        for each in root.iterfind(".//primitive[@class='stonith']")
    }
    for fencer in next((each.fenced for each in case.drills if each.fenced), ()):
        level_of = {
            number: tuple(each.attrib["devices"].split(","))
            for number, each in ((int(each.attrib["index"]), each) for each in root.iter("fencing-level"))
            if each.get("target") == fencer.node
        }
        for each in {device for level in fencer.levels for device in level}:
            assert re.search(rf"\b{fencer.node}\b", devices[each]), (each, fencer.node)
        if level_of:
            assert fencer.levels == tuple(level_of[number] for number in sorted(level_of))


@pytest.mark.parametrize("name", TEXTS)
def test_the_checklist_says_what_the_drills_say(cases: Mapping[str, Case], name: str) -> None:
    """Each drill has its place in CHECKLIST.md, with every resource and device that it is about, and its bound."""
    case = cases[name]
    chapter = case.checklist.partition("## 4. Rehearse\n")[2]
    parts = re.split(r"^- \[ \] ", chapter, flags=re.MULTILINE)[1:]
    assert len(parts) == len(case.drills)
    for part, drill in zip(parts, case.drills, strict=True):
        expected = part.partition("Expected:\n")[2].partition("Outage:")[0]
        assert [line[4:] for line in expected.splitlines() if line.startswith("  - ")] == [*outcome(drill)]
        for each in (
            *spoken_of(drill),
            *(one for it in drill.fenced for level in it.levels for one in level),
        ):
            assert f"`{each}`" in expected, (drill.title, each)
        assert bound(drill) in part


def test_what_nothing_restricts_is_sure_to_move(cases: Mapping[str, Case]) -> None:
    """The drills are not true by saying nothing: where there are other nodes, every VIP without constraints is named."""
    for name, case in cases.items():
        if len(case.topology.nodes) == 1 or case.topology.constraints.locations:
            continue
        named = {
            each
            for colocation in case.topology.constraints.colocations
            for each in (colocation.resource, colocation.other)
        }
        free = {vip.resource for vip in case.topology.vips} - named
        said = {
            each for drill in case.drills if "standby" in drill.title for each in (*drill.moves, *drill.also)
        }
        assert free <= said, name


@pytest.mark.parametrize(
    ("of_cluster", "of_nodes"),
    [
        ({"properties": {"maintenance-mode": True}}, {}),
        ({"resource_defaults": {"is-managed": False}}, {}),
        ({}, {"a": {"addresses": {"lan": "192.0.2.11"}, "maintenance": True}}),
    ],
    ids=["cluster in maintenance", "unmanaged", "node in maintenance"],
)
def test_nothing_is_promised_of_a_cluster_that_is_left_alone(of_cluster: Tree, of_nodes: Tree) -> None:
    """Where Pacemaker is told to keep its hands off, no drill says that anything moves, stops or comes back."""
    found = check_source(Source("t", cluster("abc", of_cluster, nodes=of_nodes).encode())).topology
    assert found is not None
    assert [each.title for each in drills(found) if spoken_of(each) or each.seconds is not None] == []


@pytest.mark.parametrize("action", ["ignore", "stop", "block"])
def test_no_bound_where_a_failure_brings_about_something_else(action: str) -> None:
    """Where nothing is started again after a failure, no drill says how long HAProxy is away once it dies."""
    text = cluster("abc", {"operation_defaults": {"on-fail": action}})
    found = check_source(Source("t", text.encode())).topology
    assert found is not None
    bounds = {each.title: each.seconds for each in drills(found)}
    assert bounds.pop("HAProxy dies on the node of vip_one") is None
    assert None not in bounds.values()


def test_no_node_of_two_can_be_lost_for_sure_where_one_breaks_ties() -> None:
    """With auto_tie_breaker, who goes on depends on which node is lost, so no drill loses one."""
    text = cluster("ab", {"quorum": {"auto_tie_breaker": True}})
    found, complaints = (
        check_source(Source("t", text.encode())).topology,
        check_source(Source("t", text.encode())),
    )
    assert found is not None, complaints.diagnostics
    assert [each.title for each in drills(found) if "unplanned" in each.title or "leaves" in each.title] == []


@pytest.mark.parametrize("dialect", dialects.ALL, ids=str)
def test_every_pacemaker_agrees(dialect: Dialect, tmp_path: Path) -> None:
    """The simulators of all dialects' Pacemakers let the drills of the OpenStack example come true."""
    roots.need()
    [openstack] = cases_of(["openstack-ha"], dialect, tmp_path, there=True).values()
    for drill in openstack.drills:
        [home] = openstack.up.where(vip_of(drill) or "vip_management")
        assert bool(judge(drill, openstack, home)) == bool(spoken_of(drill))
