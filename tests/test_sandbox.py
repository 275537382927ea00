"""The pretended cluster: it believes real pcs where pcs works on files, and nothing leaves it."""

import re
import socket
from pathlib import Path

import pytest

import programs
from sandbox import NEEDED, Node, live_cib, simulate

_BUILD = """
set -e
pcs -f "$1" property set stonith-enabled=false
pcs -f "$1" resource create vip ocf:heartbeat:IPaddr2 ip=192.0.2.9 cidr_netmask=24 op monitor interval=10s
pcs -f "$1" resource create haproxy systemd:haproxy op monitor interval=10s
pcs -f "$1" resource clone haproxy meta interleave=true
pcs -f "$1" constraint colocation add vip with haproxy-clone score=INFINITY
"""

_TRY = """
cd "$1" || exit
umask 027
unset CIB_file
cibadmin --empty >cib.xml
try() {
  "$@" >>out 2>>err
  echo "ended with $?" >>out
}
try pcs -f cib.xml resource create a ocf:heartbeat:IPaddr2 ip=192.0.2.9 cidr_netmask=24
try pcs -f cib.xml resource create a ocf:heartbeat:IPaddr2 ip=192.0.2.9 cidr_netmask=24
try pcs -f cib.xml resource create b ocf:heartbeat:Nonesuch
try pcs -f cib.xml property set --force "note=is set here: é"
CIB_file=$PWD/cib.xml try pcs cluster cib saved.xml
cibadmin --empty >pushed.xml
CIB_file=$PWD/pushed.xml try pcs cluster cib-push saved.xml --config
CIB_file=$PWD/pushed.xml try pcs cluster cib-push /dev/stdin --config <saved.xml
CIB_file=$PWD/pushed.xml try pcs cluster cib-push /dev/stdin --config </dev/null
try pcs -f /dev/nowhere/cib.xml resource config
"""
_WRITTEN = re.compile(rb' cib-last-written="[^"]*"')


def _bash(node: Node, text: str, *arguments: str | Path) -> tuple[int, str]:
    ran = node.run(["bash", "-c", text, "test", *arguments])
    return ran.code, ran.output


def test_setup_is_judged_by_the_real_pcs(tmp_path: Path) -> None:
    """A cluster is formed once; wrong options and a second time are refused in pcs's own words."""
    node = Node(tmp_path / "node")
    setup = "pcs cluster setup c n1 addr=192.0.2.1 n2 addr=192.0.2.2 totem {} --start --enable --wait=60"
    assert _bash(node, setup.format("token=3000"))[0] == 1
    assert (
        _bash(node, "printf 'secret\\n' | pcs host auth n1 addr=192.0.2.1 n2 addr=192.0.2.2 -u hacluster")[0]
        == 0
    )

    assert "invalid totem option 'tokn'" in _bash(node, setup.format("tokn=3000"))[1]
    assert _bash(node, "pcs cluster status")[0] == 1
    assert _bash(node, setup.format("token=3000"))[0] == 0
    assert _bash(node, "pcs cluster status && grep -q 'token: 3000' /etc/corosync/corosync.conf")[0] == 0
    assert "already exists" in _bash(node, setup.format("token=3000"))[1]


def test_a_pcs_that_stays_in_memory_is_the_real_one(tmp_path: Path) -> None:
    """Byte by byte, what pcs says and writes is what the same commands make of it where nothing is pretended."""
    programs.need(*NEEDED)
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()

    assert _bash(Node(tmp_path / "node"), _TRY, inside) == (0, "")
    programs.run("bash", "-c", _TRY, "test", outside).require()

    found, wanted = (
        {path.name: _WRITTEN.sub(b"", path.read_bytes()) for path in sorted(folder.iterdir())}
        for folder in (inside, outside)
    )
    assert found == wanted
    assert [line for line in wanted["out"].split(b"\n") if line.startswith(b"ended")] == [
        b"ended with %d" % code for code in (0, 1, 1, 0, 0, 0, 1, 1, 1)
    ]
    assert b"is set here" in wanted["pushed.xml"]
    assert b"already exists" in wanted["err"]
    # pcs has read its standard input, so there is nothing left of it for cibadmin.
    assert b"Couldn't parse input from /dev/stdin" in wanted["err"]
    assert (inside / "saved.xml").stat().st_mode == (outside / "saved.xml").stat().st_mode


def test_a_pcs_that_cannot_be_loaded_fails_the_test(tmp_path: Path) -> None:
    """Even a script that does not look at what pcs says comes to an end that is noticed."""
    place = programs.run("/usr/bin/python3", "-c", "import pcs; print(*pcs.__path__)").require().strip()

    with pytest.raises(AssertionError, match=r"(?s)pcs could not be loaded: .*No module named"):
        _bash(Node(tmp_path / "node"), 'mount -t tmpfs tmpfs "$1" && pcs --version || true', place)


def test_what_is_pretended_is_recorded_with_its_standard_input(tmp_path: Path) -> None:
    """A test can see who was told the password, and how."""
    ran = Node(tmp_path / "node").run(["bash", "-c", "printf 'pass word\\n' | pcs host auth n1 -u hacluster"])

    assert [call.argv for call in ran.calls] == [("pcs", "host", "auth", "n1", "-u", "hacluster")]
    assert [call.stdin for call in ran.calls] == ["pass word\n"]


@pytest.mark.parametrize(
    "command",
    [
        "pcs resource create a ocf:pacemaker:Dummy",
        "pcs cluster report somewhere",
        "killall corosync",
        "reboot",
    ],
)
def test_what_could_reach_a_cluster_is_refused(tmp_path: Path, command: str) -> None:
    """A script that does more than the sandbox knows of is noticed."""
    assert _bash(Node(tmp_path / "node"), command) == (97, f"sandbox: not allowed here: {command}\n")


def test_destroying_the_cluster_destroys_only_the_pretended_one(tmp_path: Path) -> None:
    """The real `pcs cluster destroy` kills daemons wherever it runs; it is never run."""
    node = Node(
        tmp_path / "node", files={"/etc/corosync/corosync.conf": "totem {\n  cluster_name: debian\n}\n"}
    )
    real = Path("/etc/corosync/corosync.conf")
    before = real.read_bytes() if real.exists() else b""

    assert _bash(node, "grep -q debian /etc/corosync/corosync.conf && pcs cluster destroy")[0] == 0
    assert not (node.folder / "etc/corosync/corosync.conf").exists()
    assert (real.read_bytes() if real.exists() else b"") == before


def test_nothing_of_the_machine_is_seen_or_changed(tmp_path: Path) -> None:
    """A script finds no process, no port and no lasting /etc of the machine that runs the tests."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        node = Node(tmp_path / "node")
        assert _bash(node, f"exec 3<>/dev/tcp/127.0.0.1/{port}")[0] != 0

    assert _bash(node, "touch /etc/hagen-was-here && set -- /proc/[0-9]* && [ $# -lt 5 ]") == (0, "")
    assert not Path("/etc/hagen-was-here").exists()
    assert not Path("/etc/hagen-sandbox").is_symlink()


def test_the_simulator_moves_the_vip_when_its_node_dies(tmp_path: Path) -> None:
    """A CIB that pcs built is understood by `crm_simulate`."""
    nodes = ["n1", "n2", "n3"]
    node = Node(tmp_path / "node")
    cib = live_cib(tmp_path / "cib.xml", nodes) if programs.need("cibadmin") else tmp_path
    assert _bash(node, _BUILD, cib) == (0, "")

    up = simulate.all_up(cib, nodes, tmp_path / "up.xml")
    assert nodes == up.where("haproxy-clone")
    [first] = up.where("vip")

    left = simulate.node_leaves(up, first, tmp_path / "left.xml")
    assert first not in left.where("vip")
    assert [name for name in nodes if name != first] == left.where("haproxy-clone")

    alone = simulate.node_fails(
        up, *(name for name in nodes if name != first), after=tmp_path / "alone.xml", quorum=False
    )
    assert alone.where("vip") == []
    recovered = simulate.monitor_fails(up, "vip", first, 10_000, tmp_path / "recovered.xml")
    assert any(line.startswith("Recover vip") for line in recovered.summary())
