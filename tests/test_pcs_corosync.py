"""Corosync's options and members: pcs.sh says what differs, changes what it can, and says what the rest takes."""

import re
from pathlib import Path

import pytest

import programs
import sandbox
from pcs_script import PASSWORD, SMALL, changed, script
from sandbox import Node, Ran

_LINKS = ("    - {network: main}\n", "    - {network: main}\n    - {network: other}\n")
_KNET = """\
  transport:
    link_mode: active
    ip_version: ipv4
    pmtud_interval: 30s
    crypto: {cipher: aes192, hash: sha512, model: openssl}
    compression: {model: zlib, threshold: 100, level: 6}
  links:
    - {network: main, port: 5410, ping_interval: 1s, ping_timeout: 2s, ping_precision: 2048, pong_count: 2, transport: udp}
    - {network: other, priority: 10}
  totem: {token: 5s, token_coefficient: 700ms, consensus: 8s, join: 60ms, send_join: 10ms, max_messages: 20,
    token_retransmit: 300ms, hold: 100ms, token_retransmits_before_loss_const: 10, merge: 300ms, downcheck: 2s, fail_recv_const: 3000,
    seqno_unchanged_const: 40, miss_count_const: 6, window_size: 60, max_network_delay: 40ms, heartbeat_failures_allowed: 3,
    block_unlisted_ips: false}
  quorum: {wait_for_all: true, auto_tie_breaker: true, last_man_standing: true, last_man_standing_window: 20s}
"""
_UDP = """\
  transport: {type: udp, ip_version: ipv4, netmtu: 1400}
  links:
    - {network: main, port: 5410, mcastaddr: 239.255.1.9, ttl: 2}
"""
_UDPU = "  transport: {type: udpu, netmtu: 1400}\n  links:\n    - {network: main}\n"
_DEVICE = """\
  quorum:
    device:
      host: 203.0.113.9
      algorithm: lms
      tie_breaker: highest
      connect_timeout: 8s
      force_ip_version: "4"
      timeout: 12s
      sync_timeout: 34s
      heuristics: {mode: "on", timeout: 4s, sync_timeout: 14s, interval: 30s, commands: {gateway: /usr/bin/ping -c 1 192.0.2.1}}
"""
_BEFORE = "  links:\n    - {network: main}\n"


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """Return a pretended node whose cluster can be started."""
    programs.need("pcs", "unshare")
    live = sandbox.live_cib(tmp_path / "live.xml", ("a", "b", "c"), "small")
    return Node(tmp_path / "node", live=live, running=True, hostname="a")


@pytest.fixture
def no_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every topology pass that can be read: here it is about what pcs is told, not about what is wise."""
    monkeypatch.setattr("hagen.rules.ALL", ())


def run(node: Node, path: Path, *words: str) -> Ran:
    """Run steps of the script."""
    return node.script(path, *words, env=PASSWORD)


def made(node: Node, path: Path) -> None:
    """Authenticate and make the cluster."""
    for step in ("auth", "setup"):
        ran = run(node, path, step)
        assert ran.code == 0, ran.output


def conf(node: Node) -> str:
    """Return Corosync's configuration."""
    return (node.folder / "etc/corosync/corosync.conf").read_text()


def calls(ran: Ran) -> list[str]:
    """Return what pcs was told, but for questions."""
    said = [" ".join(call.argv[1:]) for call in ran.calls if call.argv[0] == "pcs"]
    return [each for each in said if not each.startswith("status")]


@pytest.mark.usefixtures("no_rules")
@pytest.mark.parametrize(
    "part", [_KNET, _UDP, _UDPU, _BEFORE + _DEVICE], ids=["knet", "udp", "udpu", "device"]
)
def test_pcs_writes_what_was_wanted(node: Node, tmp_path: Path, part: str) -> None:
    """The real pcs accepts every option, and what it writes is what is compared later: nothing differs."""
    path = script(tmp_path, changed(SMALL, (_BEFORE, part)))
    made(node, path)

    ran = run(node, path, "corosync")
    assert (ran.code, ran.stdout) == (0, "corosync: nothing to change\n")
    wanted = path.read_text().partition("cat <<'END'\n")[2].partition("\nEND\n")[0].splitlines()
    for line in wanted:
        name, value = line.split(" ", 1)
        assert f"{name.rpartition('.')[2]}: {value}\n" in conf(node)


def test_what_can_be_changed_while_the_cluster_runs_is_changed(node: Node, tmp_path: Path) -> None:
    """Totem, crypto, compression and link mode need no stop; an option that is no longer said goes."""
    made(node, script(tmp_path, changed(SMALL, (_BEFORE, _BEFORE + "  totem: {join: 60ms, token: 3s}\n"))))
    extra = "  totem: {token: 5s}\n  transport: {pmtud_interval: 20s, crypto: {hash: sha512}, compression: {model: zlib}}\n"
    path = script(tmp_path, changed(SMALL, (_BEFORE, _BEFORE + extra)))

    said = run(node, path, "setup")
    assert said.code == 0
    assert (
        "corosync: totem.token is 3000 and should be 5000: run 'pcs.sh corosync'; the cluster need not stop\n"
        in said.stdout
    )
    assert "totem.join is 60 and should be not set" in said.stdout
    before = conf(node)
    dry = run(node, path, "--dry-run", "corosync")
    assert (dry.code, conf(node)) == (0, before)
    assert "would run: pcs cluster config update transport knet_pmtud_interval=20" in dry.stdout

    ran = run(node, path, "corosync")
    assert ran.code == 0, ran.output
    assert calls(ran) == [
        "cluster config update transport knet_pmtud_interval=20 compression model=zlib crypto hash=sha512 totem join= token=5000"
    ]
    assert run(node, path, "corosync").stdout == "corosync: nothing to change\n"


@pytest.mark.usefixtures("no_rules")
def test_what_needs_a_stop_is_only_said(node: Node, tmp_path: Path) -> None:
    """Addresses, link options, quorum options and IP versions wait for the operator, who is told every command."""
    made(node, script(tmp_path))
    text = changed(
        SMALL,
        (_BEFORE, "  links:\n    - {network: main, port: 5410, pong_count: 3}\n  quorum: {wait_for_all: true}\n  transport: {ip_version: ipv4}\n"),
        ("main: 192.0.2.12", "main: 192.0.2.22"),
    )  # fmt: skip
    path = script(tmp_path, text)

    assert "'pcs.sh corosync' says how; the whole cluster has to stop" in run(node, path, "setup").stdout
    before = conf(node)
    ran = run(node, path, "corosync")
    assert ran.code == 1
    assert calls(ran) == []
    assert conf(node) == before
    assert re.findall(r"^    (.*)", ran.stdout, re.MULTILINE) == [
        "pcs cluster stop --all",
        "# then change on the hosts: b=192.0.2.22; and go on from a node that keeps its addresses",
        f"{path} auth",
        "pcs cluster config update transport ip_version=ipv4",
        "pcs cluster link update 0 b=192.0.2.22 options knet_pong_count=3 mcastport=5410".replace(
            "knet_", ""
        ),
        "pcs quorum update wait_for_all=1",
        "# then put the files of this build on every node: the firewall has to know the new addresses and ports",
        "pcs cluster start --all --wait=120",
    ]


def test_links_come_and_go(node: Node, tmp_path: Path) -> None:
    """A further link is added with its options, and one that is no longer wanted removed, while the cluster runs."""
    made(node, script(tmp_path))
    two = changed(
        SMALL, (_LINKS[0], _LINKS[1].replace("{network: other}", "{network: other, pong_count: 3}"))
    )
    path = script(tmp_path, two, "two.sh")

    assert "need not stop" in run(node, path, "setup").stdout
    ran = run(node, path, "corosync")
    assert ran.code == 0, ran.output
    assert calls(ran) == [
        "cluster link add a=198.51.100.11 b=198.51.100.12 c=198.51.100.13 options linknumber=1 pong_count=3"
    ]

    (node.folder / "etc/corosync/corosync.conf").unlink()
    (node.state / "started").unlink()
    made(node, path)
    assert calls(run(node, script(tmp_path), "corosync")) == ["cluster link remove 1"]


def test_no_command_changes_the_transport(node: Node, tmp_path: Path) -> None:
    """No command of pcs can do it, so the operator is told what to do, and nothing else is begun."""
    made(node, script(tmp_path))
    udpu = "  links:\n    - {network: main}\n  transport: {type: udpu}\n  totem: {token: 5s}\n"
    ran = run(node, script(tmp_path, changed(SMALL, (_BEFORE, udpu))), "corosync")

    assert ran.code == 1
    assert "pcs has no command that changes the transport" in ran.stderr
    assert calls(ran) == []


def test_the_quorum_device_is_made_anew(node: Node, tmp_path: Path) -> None:
    """With another host it is removed and added; one that is no longer wanted is removed."""
    device = changed(SMALL, (_BEFORE, _BEFORE + "  quorum: {device: {host: 203.0.113.9}}\n"))
    made(node, script(tmp_path, device))
    other = script(tmp_path, changed(device, ("{host: 203.0.113.9}", "{host: 203.0.113.8, algorithm: lms}")))

    assert (
        "quorum.device.net.host is 203.0.113.9 and should be 203.0.113.8: run"
        in run(node, other, "setup").stdout
    )
    ran = run(node, other, "corosync")
    assert ran.code == 0, ran.output
    assert [each.split(" a addr")[0] for each in calls(ran)] == [
        "host auth",
        "quorum device remove",
        "quorum device add model net host=203.0.113.8 algorithm=lms",
    ]
    assert "host: 203.0.113.8" in conf(node)

    assert calls(run(node, script(tmp_path), "corosync")) == ["quorum device remove"]
    assert "203.0.113" not in conf(node)


_DISKLESS = (
    "fencing: {enabled: false, reason: nobody depends on it}",
    "fencing: {sbd: {watchdog_timeout: 40s, delay_start: 90s}}",
)
_NO_THIRD = ("  c: {addresses: {main: 192.0.2.13, other: 198.51.100.13}}\n", "")
_VOTE = (_BEFORE, _BEFORE + "  quorum: {device: {host: 203.0.113.9, algorithm: ffsplit}}\n")
_TIE_BREAKER = (_BEFORE, _BEFORE + "  quorum: {auto_tie_breaker: true}\n")


def waiting(ran: Ran) -> list[str]:
    """Return the commands that a script leaves to the operator."""
    return re.findall(r"^    (\S.*?) *$", ran.stdout, re.MULTILINE)


def test_a_device_whose_going_stops_the_cluster_is_only_said(node: Node, tmp_path: Path) -> None:
    """Where an SBD without disks would reset both halves, pcs wants a tie breaker instead, and all of it down."""
    pair = changed(SMALL, _DISKLESS, _NO_THIRD)
    made(node, script(tmp_path, changed(pair, _VOTE)))
    before = conf(node)
    other = script(tmp_path, changed(pair, _VOTE, ("203.0.113.9", "203.0.113.8")), "other.sh")
    gone = script(tmp_path, changed(pair, _TIE_BREAKER), "gone.sh")

    for path in (other, gone):
        said = run(node, path, "setup").stdout
        assert "need not stop" not in said
        assert "the whole cluster has to stop" in said
    ran = run(node, other, "corosync")
    assert ran.code == 1
    assert [each.split(" a addr")[0] for each in calls(ran)] == ["host auth"], "for which nothing has to stop"
    assert waiting(ran) == [
        "pcs cluster stop --all",
        "pcs quorum device remove",
        "pcs quorum device add model net host=203.0.113.8 algorithm=ffsplit",
        "pcs cluster start --all --wait=120",
    ]
    ran = run(node, gone, "corosync")
    assert (ran.code, calls(ran)) == (1, [])
    assert waiting(ran) == [
        "pcs cluster stop --all",
        "pcs quorum device remove",
        "pcs quorum update auto_tie_breaker=1",
        "pcs cluster start --all --wait=120",
    ]
    assert conf(node) == before
    assert (node.state / "certificates").exists()

    follow(node, waiting(ran))
    assert "auto_tie_breaker: 1" in conf(node)
    assert run(node, gone, "corosync").stdout == "corosync: nothing to change\n"


@pytest.mark.parametrize("dry", [False, True], ids=["", "dry"])
def test_options_of_a_device_are_changed_while_the_cluster_runs(
    node: Node, tmp_path: Path, dry: bool
) -> None:
    """Where its host stays, nothing has to stop, even where the device's going would take a cluster that is down."""
    pair = changed(SMALL, _DISKLESS, _NO_THIRD, _VOTE)
    made(node, script(tmp_path, pair))
    before = conf(node)
    path = script(tmp_path, changed(pair, ("algorithm: ffsplit", "algorithm: ffsplit, timeout: 12s")))

    said = run(node, path, "setup").stdout
    assert "quorum.device.timeout is not set and should be 12000: run 'pcs.sh corosync'" in said
    assert "has to stop" not in said
    ran = run(node, path, *(["--dry-run"] if dry else []), "corosync")
    assert (ran.code, waiting(ran)) == (0, []), ran.output
    if dry:
        assert "would run: pcs quorum device update timeout=12000\n" in ran.stdout
        assert (calls(ran), conf(node)) == ([], before)
    else:
        assert calls(ran) == ["quorum device update timeout=12000"]
        assert run(node, path, "corosync").stdout == "corosync: nothing to change\n"


@pytest.mark.usefixtures("no_rules")
def test_every_option_of_a_device_comes_and_goes(node: Node, tmp_path: Path) -> None:
    """The real pcs takes all of them beside the model, commands with blanks among them, and removes what has no value."""
    full = script(tmp_path, changed(SMALL, (_BEFORE, _BEFORE + _DEVICE)), "full.sh")
    plain = script(tmp_path, changed(SMALL, _VOTE), "plain.sh")
    made(node, plain)

    ran = run(node, full, "corosync")
    told = (
        "quorum device update sync_timeout=34000 timeout=12000"
        " model algorithm=lms connect_timeout=8000 force_ip_version=4 tie_breaker=highest"
        " heuristics exec_gateway=/usr/bin/ping -c 1 192.0.2.1 interval=30000 mode=on sync_timeout=14000 timeout=4000"
    )
    assert (ran.code, calls(ran)) == (0, [told]), ran.output
    assert "exec_gateway: /usr/bin/ping -c 1 192.0.2.1\n" in conf(node)
    assert run(node, full, "corosync").stdout == "corosync: nothing to change\n"

    ran = run(node, plain, "corosync")
    told = (
        "quorum device update sync_timeout= timeout="
        " model algorithm=ffsplit connect_timeout= force_ip_version= tie_breaker="
        " heuristics exec_gateway= interval= mode= sync_timeout= timeout="
    )
    assert (ran.code, calls(ran)) == (0, [told]), ran.output
    assert run(node, plain, "corosync").stdout == "corosync: nothing to change\n"


def follow(node: Node, commands: list[str]) -> None:
    """Do what an operator was told to do, word by word."""
    for command in commands:
        ran = node.run(["bash", "-euc", command], PASSWORD)
        assert ran.code == 0, ran.output


@pytest.mark.usefixtures("no_rules")
@pytest.mark.parametrize("option", ["auto_tie_breaker: true", "last_man_standing: true"])
@pytest.mark.parametrize("fencing", ["none", "sbd"])
def test_a_device_in_the_place_of_a_tie_breaker_is_only_said(
    node: Node, tmp_path: Path, option: str, fencing: str
) -> None:
    """Corosync takes neither option away while it runs; the device itself removes them, and pcs takes no further word."""
    small = changed(SMALL, _NO_THIRD, *([_DISKLESS] if fencing == "sbd" else []))
    made(node, script(tmp_path, changed(small, (_BEFORE, f"{_BEFORE}  quorum: {{{option}}}\n"))))
    before = conf(node)
    path = script(tmp_path, changed(small, _VOTE, (_BEFORE, _BEFORE + "  totem: {token: 5s}\n")))

    assert (
        "quorum.device.model is not set and should be net: 'pcs.sh corosync' says how; the whole"
        in run(node, path, "setup").stdout
    )
    ran = run(node, path, "corosync")
    assert ran.code == 1
    assert [each.split(" a addr")[0] for each in calls(ran)] == [
        "cluster config update totem token=5000",
        "host auth",
    ]
    assert waiting(ran) == [
        "pcs cluster stop --all",
        "pcs quorum device add model net host=203.0.113.9 algorithm=ffsplit",
        "pcs cluster start --all --wait=120",
    ]
    assert ran.stdout.index("has to wait") < ran.stdout.index("pcs cluster start"), (
        "before anything is changed"
    )
    assert conf(node).replace("    token: 5000\n", "") == before
    assert not (node.state / "certificates").exists()

    follow(node, waiting(ran))
    assert run(node, path, "corosync").stdout == "corosync: nothing to change\n"


@pytest.mark.usefixtures("no_rules")
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((_DISKLESS, _VOTE), ()),
        ((_DISKLESS, _TIE_BREAKER), ()),
        ((), (_DISKLESS, _TIE_BREAKER)),
        ((_TIE_BREAKER,), (_DISKLESS, _VOTE)),
        ((_VOTE,), (_DISKLESS, _TIE_BREAKER)),
    ],
    ids=["sbd and device go", "sbd and tie breaker go", "sbd comes", "sbd and device come", "sbd and no device"],
)  # fmt: skip
def test_what_waits_is_in_an_order_that_ends_where_it_should(
    node: Node, tmp_path: Path, before: tuple[tuple[str, str], ...], after: tuple[tuple[str, str], ...]
) -> None:
    """The tie breaker is changed by pcs itself when SBD or a device comes or goes: done in this order, nothing is left over."""
    made(node, script(tmp_path, changed(SMALL, _NO_THIRD, *before)))
    path = script(tmp_path, changed(SMALL, _NO_THIRD, *after), "after.sh")

    ran = run(node, path, "corosync")
    assert ran.code == 1, ran.output
    follow(node, waiting(ran))
    assert run(node, path, "corosync").stdout == "corosync: nothing to change\n"


_FOURTH = ("vips:\n", "  d: {addresses: {main: 192.0.2.14, other: 198.51.100.14}}\nvips:\n")


def test_a_new_node_joins_the_running_cluster(node: Node, tmp_path: Path) -> None:
    """`join` authenticates, adds and starts the node; setup and push wait for it, and a join cut short is taken up."""
    two = changed(SMALL, _LINKS)
    made(node, script(tmp_path, two))
    path = script(tmp_path, changed(two, _FOURTH))
    for step in ("setup", "push", "all", "corosync"):
        ran = run(node, path, step)
        assert (step, ran.code) == (step, 1)
        assert "run 'pcs.sh join d'" in ran.stdout
    (node.state / "authenticated").write_text("a\nb\nc\n")

    dry = run(node, path, "--dry-run", "join", "d")
    assert (dry.code, calls(dry)) == (0, [])
    assert "would authenticate to d\nwould run: pcs cluster node add d addr=192.0.2.14" in dry.stdout
    ran = run(node, path, "join", "d")
    assert ran.code == 0, ran.output
    assert ran.stdout == "join: run 'pcs.sh push' next, for what the topology says of d\n"
    assert calls(ran) == [
        "host auth d addr=192.0.2.14 -u hacluster",
        "cluster node add d addr=192.0.2.14 addr=198.51.100.14 --start --wait=120 --enable",
    ]
    assert [call.stdin for call in ran.called("pcs", "host")] == [f"{PASSWORD['HACLUSTER_PASSWORD']}\n"]
    assert run(node, path, "corosync").stdout == "corosync: nothing to change\n"

    again = run(node, path, "join", "d")
    assert again.code == 0
    assert calls(again) == ["cluster start d --wait=120", "cluster enable d"]
    stranger = run(node, path, "join", "e")
    assert (stranger.code, calls(stranger)) == (1, [])
    assert "e is not in the topology" in stranger.stderr


@pytest.mark.parametrize("step", ["join", "leave"])
def test_an_even_number_of_nodes_waits_for_the_tie_breaker(node: Node, tmp_path: Path, step: str) -> None:
    """With an SBD without disks, nothing is begun before the operator has stopped the cluster for it."""
    three = changed(SMALL, _DISKLESS)
    made(node, script(tmp_path, three))
    name, change = ("d", _FOURTH) if step == "join" else ("c", _NO_THIRD)
    path = script(tmp_path, changed(three, change, _TIE_BREAKER), "even.sh")
    (node.state / "authenticated").write_text("a\nb\nc\n")

    ran = run(node, path, step, name)
    assert (ran.code, calls(ran)) == (1, [])
    assert "nothing was changed" in ran.stderr
    assert waiting(ran) == [
        "pcs cluster stop --all",
        "pcs quorum update auto_tie_breaker=1",
        "pcs cluster start --all --wait=120",
        f"{path} {step} {name}",
    ]
    follow(node, waiting(ran)[:-1])
    ran = run(node, path, step, name)
    assert ran.code == 0, ran.output
    assert run(node, path, "corosync").stdout == "corosync: nothing to change\n"


@pytest.mark.parametrize("step", ["join", "leave"])
def test_an_even_number_of_nodes_gets_its_quorum_device_first(node: Node, tmp_path: Path, step: str) -> None:
    """The device comes while the number of nodes is odd, for which nothing has to stop."""
    three = changed(SMALL, _DISKLESS)
    made(node, script(tmp_path, three))
    name, change = ("d", _FOURTH) if step == "join" else ("c", _NO_THIRD)
    path = script(tmp_path, changed(three, change, _VOTE), "even.sh")

    dry = run(node, path, "--dry-run", step, name)
    assert (dry.code, calls(dry)) == (0, [])
    ran = run(node, path, step, name)
    assert ran.code == 0, ran.output
    assert [" ".join(each.split(" ")[:3]) for each in calls(ran)] == [
        "host auth a",
        "quorum device add",
        f"cluster node {'add' if step == 'join' else 'remove'}",
    ]
    assert run(node, path, "corosync").stdout == "corosync: nothing to change\n"


@pytest.mark.usefixtures("no_rules")
def test_a_device_before_a_node_may_have_to_wait_itself(node: Node, tmp_path: Path) -> None:
    """Where last_man_standing is on, the device in its place comes only while the cluster is down."""
    three = changed(SMALL, _DISKLESS)
    standing = (_BEFORE, _BEFORE + "  quorum: {last_man_standing: true}\n")
    made(node, script(tmp_path, changed(three, standing)))
    path = script(tmp_path, changed(three, _NO_THIRD, _VOTE), "even.sh")

    ran = run(node, path, "leave", "c")
    assert ran.code == 1
    assert [each.split(" a addr")[0] for each in calls(ran)] == ["host auth"], "before anything is stopped"
    assert "203.0.113.9" in (node.state / "authenticated").read_text().splitlines()
    assert waiting(ran) == [
        "pcs cluster stop --all",
        "pcs quorum device add model net host=203.0.113.9 algorithm=ffsplit",
        "pcs cluster start --all --wait=120",
        f"{path} leave c",
    ]


def test_a_new_node_is_told_of_its_watchdog_and_disks(node: Node, tmp_path: Path) -> None:
    """Where the cluster has SBD, a node of its own watchdog gets that one, and else that of all."""
    sbd = (
        "fencing:\n    sbd: {devices: [/dev/zero]}\n"
        "    devices:\n      disk: {agent: fence_sbd, targets: [a, b, c], options: {devices: /dev/zero}}"
    )
    text = changed(SMALL, ("fencing: {enabled: false, reason: nobody depends on it}", sbd))
    made(node, script(tmp_path, text))
    more = changed(
        text, _FOURTH, ("  d: {", "  d: {sbd: {watchdog: /dev/watchdog3}, "), ("[a, b, c]", "[a, b, c, d, e]")
    )
    more = changed(more, ("vips:\n", "  e: {addresses: {main: 192.0.2.15, other: 198.51.100.15}}\nvips:\n"))
    path = script(tmp_path, more)

    (own,) = run(node, path, "join", "d").called("pcs", "cluster", "node")
    assert own.argv[5:8] == ("addr=192.0.2.14", "watchdog=/dev/watchdog3", "device=/dev/zero")
    (common,) = run(node, path, "join", "e").called("pcs", "cluster", "node")
    assert common.argv[5:8] == ("addr=192.0.2.15", "watchdog=/dev/watchdog", "device=/dev/zero")
    assert run(node, path, "corosync").stdout == "corosync: nothing to change\n"


def test_a_node_leaves_the_running_cluster(node: Node, tmp_path: Path) -> None:
    """`leave` takes out what the topology no longer has, from a node that stays, and finishes a removal cut short."""
    made(node, script(tmp_path, changed(SMALL, _FOURTH)))
    path = script(tmp_path)
    said = run(node, path, "push")
    assert said.code == 1
    assert "run 'pcs.sh leave d'" in said.stdout

    assert "remove it there" in run(node, path, "leave", "b").stderr
    (node.folder / "hostname").write_text("d.example.org")
    assert "this is d itself" in run(node, path, "leave", "d").stderr
    (node.folder / "hostname").write_text("a")
    assert run(node, path, "--dry-run", "leave", "d").stdout.startswith(
        "would run: pcs cluster node remove d\n"
    )
    ran = run(node, path, "leave", "d")
    assert (ran.code, calls(ran)) == (0, ["cluster node remove d"])
    assert "name: d" not in conf(node)
    assert run(node, path, "leave", "d").stdout == "leave: d is not in the cluster\n"

    live = tmp_path / "live.xml"
    live.write_text(
        live.read_text().replace(
            '<node id="3" uname="c"/>', '<node id="3" uname="c"/><node id="4" uname="d"/>'
        )
    )
    ran = run(node, path, "leave", "d")
    assert (ran.code, calls(ran)) == (0, ["cluster node clear d"])


@pytest.mark.parametrize("step", [("join", "a"), ("leave", "d"), ("corosync",), ("push",)], ids=" ".join)
def test_without_a_cluster_there_is_nothing_to_change(
    node: Node, tmp_path: Path, step: tuple[str, ...]
) -> None:
    """On a host without a cluster the script says where it has to be run."""
    ran = run(node, script(tmp_path), *step)

    assert ran.code == 1
    assert "this host is in no cluster" in ran.stderr
    assert list(ran.calls) == []


def test_the_oldest_pcs_says_how_to_do_it_by_hand(node: Node, tmp_path: Path) -> None:
    """With pcs 0.9 nothing changes an option of a cluster that there is: its script names them, and ends with what to do."""
    path = script(
        tmp_path,
        changed(
            SMALL, ("platform: debian12", "platform: el7"), (_BEFORE, _BEFORE + "  totem: {token: 5s}\n")
        ),
    )
    nodes = "".join(
        f"  node {{\n    ring0_addr: {name}\n    nodeid: {number}\n  }}\n"
        for number, name in enumerate("abc", 1)
    )
    text = f"totem {{\n  cluster_name: small\n  transport: udpu\n  secauth: on\n  token: 1000\n}}\nnodelist {{\n{nodes}}}\n"
    node.write("/etc/corosync/corosync.conf", text)

    ran = run(node, path, "corosync")
    assert ran.code == 1
    assert (
        "totem.token is 1000 and should be 5000: 'pcs.sh corosync' says how; the whole cluster has to stop"
        in ran.stdout
    )
    assert "pcs cluster sync" in ran.stdout
    dry = run(node, path, "--dry-run", "join", "b")
    assert "would run: pcs cluster start b" in dry.stdout
    node.write(
        "/etc/corosync/corosync.conf", text.replace("1000", "5000").replace("ring0_addr: c", "ring0_addr: d")
    )
    dry = run(node, path, "--dry-run", "join", "c")
    assert "would run: pcs cluster node add c --start --wait=120 --enable" in dry.stdout
    node.write("/etc/corosync/corosync.conf", text.replace("1000", "5000"))
    assert run(node, path, "corosync").stdout == "corosync: nothing to change\n"
