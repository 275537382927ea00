"""`pcs.sh auth` and `setup` take up what was cut short, take over what packages start, and leave the rest alone."""

import json
import re
from pathlib import Path

import pytest

import dialects
import programs
import sandbox
from dialects import Dialect, roots
from hagen import provision
from hagen.pipeline import check_source
from hagen.source import Source
from pcs_script import PASSWORD, SMALL, changed, script
from sandbox import Node, Ran
from topologies import EXAMPLES, secrets

EXAMPLE = next(example for example in EXAMPLES if example.name == "two-nodes-quorum-device")
PAIR = EXAMPLE.topology.read_text()
KNOWN = secrets(EXAMPLE.topology)
READY_MADE = """\
totem {
	version: 2
	cluster_name: debian
	crypto_cipher: none
}
nodelist {
	node {
		name: node1
		nodeid: 1
		ring0_addr: 127.0.0.1
	}
}
"""
"""What the corosync package of Debian and Ubuntu installs, but for its comments."""
SBD = (
    "fencing: {enabled: true, sbd: {watchdog_timeout: 10s, delay_start: 30s, timeout_action: 'flush,reboot'}}"
)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """Return a pretended node that knows the secrets and has no cluster."""
    programs.need("pcs", "crm_verify", "unshare")
    live = sandbox.live_cib(tmp_path / "live.xml", ("left", "right"), "pair")
    return Node(tmp_path / "node", files=KNOWN.files, live=live, running=True, hostname="left")


def run(node: Node, path: Path, *steps: str) -> Ran:
    """Run steps of the script."""
    return node.script(path, *steps, env={**KNOWN.env, **PASSWORD})


def made(node: Node, path: Path) -> Ran:
    """Authenticate and make the cluster."""
    assert run(node, path, "auth").code == 0
    ran = run(node, path, "setup")
    assert ran.code == 0, ran.output
    return ran


def test_a_setup_that_was_cut_short_is_taken_up(node: Node, tmp_path: Path) -> None:
    """Corosync's configuration is there, but nothing was started or enabled: the next run does it, and no more."""
    path = script(tmp_path, PAIR)
    made(node, path)
    for name in ("started", "corosync.unit", "pacemaker.unit"):
        (node.state / name).unlink()

    again = run(node, path, "setup")
    assert again.code == 0, again.output
    assert again.called("pcs", "cluster", "setup") == []
    assert len(again.called("pcs", "cluster", "start")) == 1
    assert len(again.called("pcs", "cluster", "enable")) == 1
    assert again.called("pcs", "quorum", "device", "add") == []

    third = run(node, path, "setup")
    assert (third.code, third.stdout) == (0, "setup: cluster pair exists already\n")
    assert third.called("pcs") == []


def test_dry_run_names_every_command(node: Node, tmp_path: Path) -> None:
    """On a bare node a dry run says what it would do, from the set-up to the quorum device, and does nothing."""
    seen = run(node, script(tmp_path, PAIR), "--dry-run", "setup")

    assert seen.code == 0, seen.output
    for words in (
        "pcs cluster setup pair",
        "pcs cluster start",
        "pcs cluster enable",
        "pcs quorum device add model net",
    ):
        assert f"would run: {words}" in seen.output
    assert seen.called("pcs", "cluster") == []


def test_another_cluster_is_left_alone(node: Node, tmp_path: Path) -> None:
    """Whatever the step, a host that belongs to somebody else is only named."""
    made(node, script(tmp_path, PAIR))
    path = script(tmp_path, changed(PAIR, ("name: pair", "name: other")))

    for step in (("setup",), ("push",), ("all",), ("join", "left"), ("leave", "gone"), ("corosync",)):
        seen = run(node, path, *step)
        assert (step, seen.code) == (step, 1)
        assert "belongs to another cluster, 'pair'" in seen.stderr
        assert [call.argv for call in seen.calls if call.argv[:2] == ("pcs", "cluster")] == []


def test_a_password_that_is_not_there_is_asked_for(node: Node, tmp_path: Path) -> None:
    """Neither a file nor an environment variable is taken for granted."""
    (node.folder / "etc/hagen/hacluster").unlink()
    assert "cannot be read from /etc/hagen/hacluster" in run(node, script(tmp_path, PAIR), "auth").stderr

    bare = node.script(script(tmp_path), "auth")
    assert "not in the environment variable HACLUSTER_PASSWORD" in bare.stderr


@pytest.mark.parametrize("state", ["running", "stopped", "never started"])
def test_the_cluster_of_the_packages_is_taken_over(node: Node, tmp_path: Path, state: str) -> None:
    """Debian's packages start an empty one-node cluster: it goes before pcs authenticates, and ours is made."""
    node.write("/etc/corosync/corosync.conf", READY_MADE)
    if state == "running":
        (node.state / "started").touch()
    if state == "stopped":
        stored = node.folder / "var/lib/pacemaker/cib/cib.xml"
        stored.parent.mkdir(parents=True)
        stored.write_text(programs.run("cibadmin", "--empty").require())
    path = script(tmp_path, PAIR)

    dry = run(node, path, "--dry-run", "all")
    assert dry.code == 0, dry.output
    assert "would run: pcs cluster destroy" in dry.output
    assert "would run: pcs cluster setup pair" in dry.output
    assert dry.called("pcs", "cluster") == []

    ran = run(node, path, "auth")
    assert ran.code == 0, ran.output
    assert [call.argv[1:3] for call in ran.calls if call.argv[0] == "pcs"] == [
        ("cluster", "destroy"),
        ("status", "pcsd"),
        ("host", "auth"),
    ]
    assert made(node, path).called("pcs", "cluster", "destroy") == []


@pytest.mark.parametrize("state", ["empty", "new", "used", "elsewhere", "other"])
def test_provisioning_ends_only_what_the_packages_start(node: Node, state: str) -> None:
    """The step of cloud-init and CHECKLIST.md leaves a cluster alone that has resources, or lives on a real address."""
    topology = check_source(Source("topology.yml", PAIR.encode())).topology
    assert topology is not None
    (step,) = (each for each in provision.steps(topology) if "pcs cluster destroy" in each.command)
    conf = {
        "elsewhere": ("127.0.0.1", "192.0.2.7"),
        "other": ("cluster_name: debian", "cluster_name: theirs"),
    }
    node.write("/etc/corosync/corosync.conf", changed(READY_MADE, conf.get(state, ("debian", "debian"))))
    if state != "new":
        stored = programs.run("cibadmin", "--empty").require()
        node.write(
            "/var/lib/pacemaker/cib/cib.xml",
            stored.replace("<resources/>", "<resources><primitive/></resources>")
            if state == "used"
            else stored,
        )

    ran = node.run(["bash", "-c", step.command])
    assert ran.code == 0, ran.output
    assert bool(ran.called("pcs", "cluster", "destroy")) is (state in {"empty", "new"})


@pytest.mark.parametrize("state", ["running", "stopped"])
def test_a_cluster_of_the_packages_that_is_used_is_left_alone(node: Node, tmp_path: Path, state: str) -> None:
    """Somebody has put a resource into it: nothing is destroyed."""
    node.write("/etc/corosync/corosync.conf", READY_MADE)
    used = programs.run("cibadmin", "--empty").require()
    used = used.replace(
        "<resources/>",
        '<resources><primitive id="a" class="ocf" provider="pacemaker" type="Dummy"/></resources>',
    )
    if state == "running":
        (node.state / "started").touch()
        (tmp_path / "live.xml").write_text(used)
    else:
        stored = node.folder / "var/lib/pacemaker/cib/cib.xml"
        stored.parent.mkdir(parents=True)
        stored.write_text(used)

    seen = run(node, script(tmp_path, PAIR), "setup")
    assert seen.code == 1
    assert "there are resources in it" in seen.stderr
    assert seen.called("pcs", "cluster") == []


@pytest.mark.parametrize(
    "change",
    [("name: node1", "name: node2"), ("127.0.0.1", "192.0.2.7"), ("cluster_name: debian", "cluster_name: theirs")],
    ids=["name", "address", "cluster"],
)  # fmt: skip
def test_what_only_looks_like_it_is_left_alone(node: Node, tmp_path: Path, change: tuple[str, str]) -> None:
    """A cluster that somebody has made of the packages' example is a real one."""
    node.write("/etc/corosync/corosync.conf", changed(READY_MADE, change))

    seen = run(node, script(tmp_path, PAIR), "all")
    assert seen.code == 1
    assert "belongs to another cluster" in seen.stderr
    assert seen.called("pcs", "cluster") == []


def test_a_host_that_is_in_the_way_is_explained(node: Node, tmp_path: Path) -> None:
    """Pacemaker's pcs refuses hosts that are in a cluster; where that is the packages' own, the script says what to do there."""
    (node.state / "authenticated").write_text("")

    seen = run(node, script(tmp_path, PAIR), "setup")
    assert seen.code == 1
    assert "pcs cluster destroy" in seen.stderr
    other = run(node, script(tmp_path, changed(PAIR, ("platform: debian12", "platform: el9"))), "setup")
    assert (other.code, other.stderr) == (1, "Error: hosts are not known to pcs\n")


def test_sbd_is_there_before_the_first_start(node: Node, tmp_path: Path) -> None:
    """It is enabled between set-up and start, once; later its options are only compared."""
    (node.folder / "hostname").write_text("a")
    text = changed(SMALL, ("fencing: {enabled: false, reason: nobody depends on it}", SBD))
    ran = made(node, script(tmp_path, text))
    order = [" ".join(call.argv[1:4]) for call in ran.calls if call.argv[0] == "pcs"]
    assert order.index("stonith sbd enable") in range(order.index("cluster setup small"), len(order))
    assert order.index("stonith sbd enable") < order.index("cluster start --all")
    (call,) = ran.called("pcs", "stonith", "sbd")
    assert call.argv[4:] == (
        "watchdog=/dev/watchdog",
        "SBD_WATCHDOG_TIMEOUT=10",
        "SBD_DELAY_START=30",
        "SBD_STARTMODE=always",
        "SBD_TIMEOUT_ACTION=flush,reboot",
    )

    again = run(node, script(tmp_path, text), "setup")
    assert (again.code, again.stdout) == (0, "setup: cluster small exists already\n")
    seen = run(node, script(tmp_path, changed(text, ("timeout: 10s", "timeout: 15s"))), "setup")
    assert "sbd.SBD_WATCHDOG_TIMEOUT is 10 and should be 15" in seen.stdout
    assert "the whole cluster has to stop" in seen.stdout
    gone = run(node, script(tmp_path), "corosync")
    assert gone.code == 1
    assert "    pcs stonith sbd disable\n" in gone.stdout


FOURTH = ("vips:\n", "  d: {addresses: {main: 192.0.2.14, other: 198.51.100.14}}\nvips:\n")
DISKLESS = (
    "fencing: {enabled: false, reason: nobody depends on it}",
    "fencing: {sbd: {watchdog_timeout: 40s, delay_start: 90s}}",
)
NO_THIRD = ("  c: {addresses: {main: 192.0.2.13, other: 198.51.100.13}}\n", "")
VOTE = ("networks:\n", "  quorum: {device: {host: 203.0.113.9, algorithm: ffsplit}}\nnetworks:\n")


@pytest.mark.parametrize("nodes", [NO_THIRD, FOURTH], ids=["two", "four"])
def test_the_quorum_device_comes_before_sbd(node: Node, tmp_path: Path, nodes: tuple[str, str]) -> None:
    """Without one, pcs turns on a tie breaker for SBD, and then adds no device to a cluster that runs."""
    (node.folder / "hostname").write_text("a")
    text = changed(SMALL, DISKLESS, VOTE, nodes)
    path = script(tmp_path, text)
    ran = made(node, path)

    assert [call.argv[1:4] for call in ran.calls if call.argv[0] == "pcs"] == [
        ("cluster", "setup", "small"),
        ("quorum", "device", "add"),
        ("stonith", "sbd", "enable"),
        ("cluster", "start", "--all"),
        ("cluster", "enable", "--all"),
    ]
    written = (node.folder / "etc/corosync/corosync.conf").read_text()
    assert "host: 203.0.113.9" in written
    assert "auto_tie_breaker" not in written
    assert run(node, path, "corosync").stdout == "corosync: nothing to change\n"
    again = run(node, path, "setup")
    assert (again.code, again.stdout) == (0, "setup: cluster small exists already\n")


def test_a_device_that_could_not_be_reached_is_added_by_the_next_run(node: Node, tmp_path: Path) -> None:
    """Nothing was started without it: the cluster that was made waits for it, whether SBD has set a tie breaker or not."""
    (node.folder / "hostname").write_text("a")
    text = changed(SMALL, DISKLESS, NO_THIRD)
    path = script(tmp_path, changed(text, VOTE))
    made(node, path)
    file = node.folder / "etc/corosync/corosync.conf"
    whole = file.read_text()
    for name in ("started", "corosync.unit", "pacemaker.unit"):
        (node.state / name).unlink()
    file.write_text(
        re.sub(r"    device \{.*?\n    \}\n", "    auto_tie_breaker: 1\n", whole, flags=re.DOTALL)
    )
    assert "device {" not in file.read_text()

    again = run(node, path, "setup")
    assert again.code == 0, again.output
    assert len(again.called("pcs", "quorum", "device", "add")) == 1
    assert run(node, path, "corosync").stdout == "corosync: nothing to change\n"


ASK_PCS = """\
from pcs.lib import sbd
from pcs.lib.corosync.config_facade import ConfigFacade
from pcs.lib.corosync.config_parser import Parser

HEAD = "totem {\\n version: 2\\n cluster_name: c\\n transport: knet\\n}\\nnodelist {\\n"
NODE = " node {\\n  ring0_addr: 192.0.2.%d\\n  name: n%d\\n  nodeid: %d\\n }\\n"
QUORUM = "}\\nquorum {\\n provider: corosync_votequorum\\n}\\n"


def read(text):
    return ConfigFacade(Parser.parse(text.encode()))


def cluster(nodes, device=False, options=None):
    made = read(HEAD + "".join(NODE % (each, each, each) for each in range(1, nodes + 1)) + QUORUM)
    if options:
        made.set_quorum_options(options)
    if device:
        made.add_quorum_device("net", {"host": "q", "algorithm": "lms"}, {}, {})
    return read(made.config.export())


def adding_stops(options):
    made = cluster(2, options=options)
    made.add_quorum_device("net", {"host": "q", "algorithm": "lms"}, {}, {})
    return made.need_stopped_cluster


needed = sbd.atb_has_to_be_enabled_pre_enable_check
print([needed(cluster(nodes)) for nodes in (2, 3, 4)])
print([needed(cluster(nodes, device=True)) for nodes in (2, 3, 4)])
print(needed(cluster(2, options={"auto_tie_breaker": "1"})))
print([adding_stops(each) for each in ({}, {"wait_for_all": "1"}, {"auto_tie_breaker": "0"})])
print([adding_stops(each) for each in ({"auto_tie_breaker": "1"}, {"last_man_standing": "1"})])
changed = cluster(3)
changed.set_quorum_options({"auto_tie_breaker": "1"})
print(changed.need_stopped_cluster)
"""
"""What the pretended pcs believes of the real one, as questions to it."""


@pytest.mark.parametrize("dialect", dialects.ALL, ids=str)
def test_every_pcs_treats_the_tie_breaker_as_the_pretended_one(dialect: Dialect) -> None:
    """An SBD without disks needs it for halves and no device; it, and a device in its place, come while all is down."""
    roots.need()
    answer = programs.run("chroot", roots.path(dialect), "/usr/bin/python3", "-c", ASK_PCS).require()

    assert answer.splitlines() == [
        "[True, False, True]",
        "[False, False, False]",
        "False",
        "[False, False, False]",
        "[True, True]",
        "True",
    ]


DISKS = (
    "fencing:\n    sbd: {watchdog_timeout: 10s, msgwait_timeout: 25s, devices: [/dev/zero]}\n"
    "    devices:\n      disk: {agent: fence_sbd, targets: [a, b, c], options: {devices: /dev/zero}}"
)


def test_disks_are_prepared_only_if_nothing_is_on_them(node: Node, tmp_path: Path) -> None:
    """SBD's disks are prepared once; a disk with other times or other data is left alone, and set-up waits for them."""
    (node.folder / "hostname").write_text("a.example.org")
    text = changed(SMALL, ("fencing: {enabled: false, reason: nobody depends on it}", DISKS))
    path = script(tmp_path, text)
    node.state.mkdir(exist_ok=True)
    (node.state / "blank").touch()
    run(node, path, "auth")
    early = run(node, path, "setup")
    assert early.code == 1
    assert "/dev/zero is not prepared for SBD: run 'pcs.sh sbd-disks' first" in early.stderr

    (node.state / "data-zero").write_text('/dev/zero: TYPE="xfs"\n')
    assert "there is something else on /dev/zero" in run(node, path, "sbd-disks").stderr
    (node.state / "data-zero").unlink()

    dry = run(node, path, "--dry-run", "sbd-disks")
    assert dry.stdout == "would run: sbd -d /dev/zero -1 10 -4 25 create\n"
    assert run(node, path, "sbd-disks").code == 0
    assert run(node, path, "sbd-disks").stdout == "sbd-disks: /dev/zero is prepared already\n"
    assert run(node, path, "setup").code == 0

    other = run(
        node, script(tmp_path, changed(text, ("msgwait_timeout: 25s", "msgwait_timeout: 30s"))), "sbd-disks"
    )
    assert other.code == 1
    assert "watchdog and msgwait are 10 and 25 seconds and should be 10 and 30" in other.stderr

    absent = changed(
        text,
        ("devices: [/dev/zero]", "devices: [/dev/nowhere]"),
        ("devices: /dev/zero", "devices: /dev/nowhere"),
    )
    absent = changed(absent, ("nodes:\n  a: {", "nodes:\n  a: {sbd: {devices: [/dev/full]}, "))
    assert run(node, script(tmp_path, absent), "--dry-run", "sbd-disks").stdout.count("sbd -d /dev/full") == 1
    (node.folder / "hostname").write_text("b")
    assert "there is no disk /dev/nowhere" in run(node, script(tmp_path, absent), "sbd-disks").stderr


PERMISSIONS = """\
  pcs_permissions:
    - {type: group, name: haclient, allow: [write]}
    - {type: user, name: boss, allow: [full]}
networks:
"""


def test_permissions_of_pcsd_are_written_once(node: Node, tmp_path: Path) -> None:
    """The file of pcsd gets a higher version, so that the other nodes fetch it; what else is in it stays."""
    (node.folder / "hostname").write_text("a")
    path = script(tmp_path, changed(SMALL, ("networks:\n", PERMISSIONS)))
    file = node.folder / "var/lib/pcsd/pcs_settings.conf"
    file.parent.mkdir(parents=True)
    clusters = [{"name": "theirs", "nodes": ["x"]}]
    file.write_text(
        json.dumps({"format_version": 2, "data_version": 7, "clusters": clusters, "permissions": {}})
    )
    before = file.read_text()
    assert "would write the permissions" in run(node, path, "--dry-run", "setup").stdout
    assert file.read_text() == before

    assert "the permissions of pcsd are written" in made(node, path).stdout
    known = json.loads(file.read_text())
    assert (known["data_version"], known["clusters"]) == (8, clusters)
    assert known["permissions"]["local_cluster"] == [
        {"type": "group", "name": "haclient", "allow": ["read", "write"]},
        {"type": "user", "name": "boss", "allow": ["full", "grant", "read", "write"]},
    ]
    assert file.stat().st_mode & 0o777 == 0o644

    assert "permissions of pcsd are as wanted" in run(node, path, "setup").stdout
    assert json.loads(file.read_text()) == known
    file.write_text("[]")
    refused = run(node, path, "setup")
    assert refused.code == 1
    assert "a form that is not known here" in refused.stderr
    file.unlink()
    assert run(node, path, "setup").code == 0
    assert json.loads(file.read_text())["data_version"] == 1


def test_the_oldest_pcs_is_spoken_to_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words of pcs 0.9: it takes names for hosts and options with two hyphens; bash and shellcheck accept the script."""
    # The rules are left out, to say more at once than one topology may.
    monkeypatch.setattr("hagen.rules.ALL", ())
    text = changed(
        PAIR,
        (
            "platform: debian12",
            "platform: el7\n  totem: {token: 5s}\n  links: [{network: main}, {network: other}]",
        ),
        ("quorum:\n", "quorum:\n    wait_for_all: true\n"),
        ("networks:\n", "networks:\n  other: {cidr: 203.0.113.0/24}\n"),
        ("{main: 198.51.100.11}", "{main: 198.51.100.11, other: 203.0.113.11}"),
        ("{main: 198.51.100.12}", "{main: 198.51.100.12, other: 203.0.113.12}"),
    )
    path = script(tmp_path, text)
    said = re.sub(r"\s*\\\n\s*", " ", path.read_text())

    for words in (
        "pcs cluster auth left right 198.51.100.10 -u hacluster\n",
        "pcs cluster setup --name pair left,203.0.113.11 right,203.0.113.12 --transport udpu --encryption 1 --token 5000 --wait_for_all=1\n",
        "pcs cluster pcsd-status",
        "node.left.ring0_addr left\nnode.left.ring1_addr 203.0.113.11\n",
    ):
        assert words in said
    for words in ("host auth", " addr=", "crypto_cipher"):
        assert words not in said
    assert programs.bash_n(path) == programs.ACCEPTED
    assert programs.shellcheck(path) == programs.ACCEPTED

    multicast = changed(
        text,
        (
            "links: [{network: main}, {network: other}]",
            """transport: {type: udp, ip_version: ipv6}
  links:
    - {network: main, port: 5410, mcastaddr: 239.255.1.9, ttl: 2}""",
        ),
    )
    said = re.sub(r"\s*\\\n\s*", " ", script(tmp_path, multicast).read_text())
    assert (
        "pcs cluster setup --name pair left right --transport udp --encryption 1 --ipv6 --addr0 198.51.100.0"
        " --mcastport0 5410 --mcast0 239.255.1.9 --ttl0 2 --token 5000 --wait_for_all=1\n"
    ) in said


def test_a_host_that_is_no_node_makes_no_cluster(node: Node, tmp_path: Path) -> None:
    """From another host pcs would make a cluster that the script then does not find."""
    (node.folder / "hostname").write_text("desk")
    ran = run(node, script(tmp_path, SMALL), "setup")

    assert ran.code == 1
    assert "this host, desk, is none of the nodes" in ran.stderr
    assert ran.called("pcs", "cluster", "setup") == []
