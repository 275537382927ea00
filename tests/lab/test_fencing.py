"""Real fencing: fence_ipmilan asks a BMC that really cuts the node's power, with a password that is nowhere but in its file."""

import re
import sys
import time
from pathlib import Path

import topologies
from lab import measure, place, power, probe
from lab.cluster import SECRETS, Cluster, places
from lab.host import Host
from lab.listening import Heard, listening
from lab.table import TOPOLOGY, VIPS

_VIP = "vip_management"
_FILE = "/etc/hagen/bmc"
_PASSWORD = SECRETS.files[_FILE].strip()
_BACK_S = 90
"""How long a node may take to boot and rejoin, however busy the machine is."""
_BLOCKED_S = 12
"""How long it is watched that the cluster leaves alone what it cannot be sure of."""
_AGAIN_S = 20
"""How long Pacemaker may take to try again to fence a node."""

_SEEN = """\
# The pattern is on standard input: it is in no list of processes, and in no file.
grep -rlsF -f - /etc /root /tmp /run /var/lib/pacemaker /var/lib/pcsd /var/lib/corosync /var/lib/cloud /var/log /proc/[0-9]*/environ
"""


def _is_member(seat: Host, name: str) -> bool:
    said = seat.run("crm_mon", "--one-shot", "--include=none,nodes", check=False).out
    return re.search(rf"Online: \[.*\b{name}\b.*\]", said) is not None


def _has_proxy(seat: Host, host: Host) -> bool:
    return host.name in places(seat, "lb-haproxy-clone")


def _leaks(heard: Heard) -> list[str]:
    """Return the programs that had the password among their words, other than ipmitool.

    Debian's fence_ipmilan hands it to ipmitool with -P, which overwrites it as soon as it has read it.
    """
    return sorted(
        {
            words[0]
            for words in heard.words
            if any(_PASSWORD in word for word in words) and words not in heard.programs("ipmitool")
        }
    )


def test_a_fenced_node_loses_power_and_comes_back(cluster: Cluster) -> None:
    """The agent cuts the node's power by its BMC, once; it boots, rejoins by itself, and nobody could read the password."""
    seat = cluster.node_of(_VIP)
    victim = cluster.other_than(seat)
    before = len(power.switched())
    victim.write("/run/lab-before", "only this boot\n")
    with listening() as heard:
        began = time.monotonic()
        seat.run("pcs", "stonith", "fence", victim.name, timeout=90)
        measure.taken("fence_ipmilan: a node is switched off and on", time.monotonic() - began)
    assert power.switched()[before:] == [f"{victim} off", f"{victim} on"]
    place.until(lambda: not _is_member(seat, victim.name), 30, f"{victim} to be gone")
    place.until(lambda: _is_member(seat, victim.name), _BACK_S, f"{victim} to rejoin", 0.3)
    measure.taken("a fenced node: until it is a member again", time.monotonic() - began)
    assert victim.run("test", "-e", "/run/lab-before", check=False).code
    place.until(lambda: _has_proxy(seat, victim), _BACK_S, f"HAProxy to run on {victim}", 0.3)
    measure.taken("a fenced node: until HAProxy runs on it again", time.monotonic() - began)
    cluster.settle()
    assert power.switched()[before:] == [f"{victim} off", f"{victim} on"]

    ipmitool = heard.programs("ipmitool")
    assert ipmitool, "nobody was seen talking to the BMC"
    early = sum(_PASSWORD in words for words in ipmitool)
    sys.stdout.write(
        f"ipmitool: {early} of {len(ipmitool)} argument lists were read before it overwrote them\n"
    )
    assert _leaks(heard) == []


def test_the_password_is_in_its_file_and_nowhere_else(cluster: Cluster) -> None:
    """No artifact, no file and no environment on a node, no journal and no CIB has the BMCs' password."""
    for path in (each for each in cluster.built.rglob("*") if each.is_file()):
        assert _PASSWORD not in path.read_text(), path
    for host in cluster.hosts.values():
        found = host.run("bash", "-c", _SEEN, stdin=f"{_PASSWORD}\n", check=False, timeout=120).out.split()
        assert found == ([_FILE] if host.name in cluster.nodes else []), host
        assert _PASSWORD not in host.run("journalctl", "--quiet", "--no-pager").out, host
    for host in cluster.nodes.values():
        cib = host.run("cibadmin", "--query").out
        assert f"cat {_FILE}" in cib
        assert _PASSWORD not in cib


def test_what_cannot_be_fenced_is_not_taken_over(cluster: Cluster) -> None:
    """With a wrong password a dead node stays unsure and its VIPs stay away; once it is right, they come up elsewhere."""
    hurt = cluster.node_of(_VIP)
    others = [host for host in cluster.nodes.values() if host.name != hurt.name]
    before = len(power.switched())
    address = VIPS["management"]
    try:
        for host in cluster.nodes.values():
            host.write(_FILE, "not the password\n", 0o600)
        with probe.watching(probe.url(address)) as watches:
            began = time.monotonic()
            hurt.cut()
            place.until(lambda: _attempts(others[0], hurt), 60, "fencing to fail")
            measure.taken("a wrong password: until fencing has failed", time.monotonic() - began)
            until = time.monotonic() + _BLOCKED_S
            while time.monotonic() < until:
                for host in others:
                    assert not host.run("ip", "-brief", "address", "show", "to", address).out, host
                time.sleep(1)
            assert re.search(rf"\b{hurt}\b.*UNCLEAN", others[0].run("crm_mon", "-1").out)
            assert power.switched()[before:] == []
            mended = time.monotonic()
            for host in others:
                host.write(_FILE, SECRETS.files[_FILE], 0o600)
            try:
                place.until(lambda: power.switched()[before:], _AGAIN_S, f"{hurt} to be fenced after all")
            except AssertionError:
                # After ten attempts Pacemaker waits for a person to say it again: "stonith-max-attempts".
                others[0].run("pcs", "stonith", "fence", hurt.name, timeout=90)
            place.until(lambda: _runs_among(others), 60, f"{_VIP} to come up elsewhere", 0.3)
            measure.taken(
                "the password is right again: until the VIP is elsewhere", time.monotonic() - mended
            )
        measure.taken("the outage, all in all", watches[0].stop().longest)
    finally:
        for host in others:
            host.write(_FILE, SECRETS.files[_FILE], 0o600)
        # Nobody but the cluster gives it power here: it might cut it once more while it boots.
        place.until(lambda: _is_member(others[0], hurt.name), _BACK_S, f"{hurt} to rejoin", 0.3)
        hurt.write(_FILE, SECRETS.files[_FILE], 0o600)
        measure.taken("    until everything is green again", cluster.settle())


def _attempts(seat: Host, hurt: Host) -> bool:
    history = seat.run("stonith_admin", "--history", hurt.name, "--verbose", check=False).out
    return "failed" in history


def _runs_among(hosts: list[Host]) -> bool:
    return bool(places(hosts[0], _VIP) & {host.name for host in hosts})


def test_fencing_off_is_refused_in_production(cluster: Cluster, tmp_path: Path) -> None:
    """The lab's own topology without fencing does not compile: HG4301 where it is switched off."""
    lines = TOPOLOGY.read_text().splitlines()
    begin = lines.index("  fencing:")
    end = next(at for at in range(begin + 1, len(lines)) if not lines[at].startswith("    "))
    off = ["  fencing:", "    enabled: false", "    reason: the BMCs arrive in May"]
    topology = tmp_path / "topology.yml"
    topology.write_text("\n".join([*lines[:begin], *off, *lines[end:], ""]))
    said = topologies.hagen("validate", topology)
    assert said.code == 1
    assert "error[HG4301]: fencing is off in a production cluster" in said.output
    assert f"{topology}:{begin + 2}:14 (cluster.fencing.enabled)" in said.output
