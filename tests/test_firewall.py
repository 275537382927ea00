"""The firewall's files: real firewalls read them, let members and clients through, keep strangers out, and forget."""

import re
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import programs
from hagen.artifact import Artifact
from hagen.pipeline import compile_source
from hagen.source import Source
from programs import ACCEPTED
from reach import Probe, reached
from topologies import ROOT

FIREWALLD = ROOT / ".cache/firewalld"
"""Where `install-programs` unpacks firewalld, which Debian 13 does not let stand beside cloud-init."""

SYSTEM_PYTHON = "/usr/bin/python3"
"""The interpreter that firewalld's own modules are installed for."""

START_FIREWALLD = """\
import shutil
import sys
import firewall.config as config
config.set_default_config_paths(sys.argv[1])
config.set_system_config_paths(sys.argv[2])
from firewall.core.fw import Firewall
firewall = Firewall()
firewall.start()
if len(sys.argv) > 3:
    shutil.copytree(sys.argv[3], sys.argv[2], dirs_exist_ok=True)
    firewall.reload()
assert firewall.get_state() == "RUNNING", firewall.get_state()
"""
"""What the daemon does when it starts, and when it reloads with new files, without the bus that it is commanded over."""

TOPOLOGY = """\
hagen: 1
cluster:
  name: c
  platform: PLATFORM
  purpose: lab
  links: [{network: lan}, {network: lan6}]
  quorum: {device: {host: 10.10.16.10, machine: {name: vote}}}
  fencing: {enabled: false, reason: only a test, waiver: only a test}
networks:
  lan: {cidr: 10.10.16.0/24}
  lan6: {cidr: "2001:db8:16::/64"}
nodes:
  one: {addresses: {lan: 10.10.16.11, lan6: "2001:db8:16::11"}}
  two: {addresses: {lan: 10.10.16.12, lan6: "2001:db8:16::12"}}
vips:
  front: {address: 10.10.16.100, network: lan}
  front6: {address: "2001:db8:16::100", network: lan6}
services:
  web: {vips: [front], port: 8443, servers: {port: 9443}}
  web6: {vips: [front6], port: 8643, servers: {port: 9643}}
  database: {type: galera, vips: [front], writer: one}
resources:
  remotes:
    far: {address: 10.10.16.30}
booth:
  sites: {here: 10.10.16.100, there: 10.10.16.200}
  arbitrators: [10.10.16.201]
  tickets: {t: {}}
provisioning: {kickstart: KICKSTART}
"""

MEMBER, VIP, STRANGER, ARBITRATOR = "10.10.16.12", "10.10.16.100", "10.10.16.99", "10.10.16.201"


@cache
def made(platform: str, *changes: tuple[str, str]) -> Mapping[str, Artifact]:
    """Return what a topology with a bit of everything compiles to, by path; `changes` are words to replace."""
    anaconda = "true" if platform.startswith("el") else "false"
    text = TOPOLOGY.replace("PLATFORM", platform).replace("KICKSTART", anaconda)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    result = compile_source(Source("t.yml", text.encode()))
    assert [each.message for each in result.diagnostics if each.severity == "error"] == []
    return {each.path: each for each in result.artifacts}


def written(folder: Path, platform: str, *changes: tuple[str, str], host: str = "") -> Path:
    """Write the firewall's files of the nodes, or of `host`, where they belong below `folder`."""
    start = f"firewall/{host}/" if host else "firewall/"
    for path, each in made(platform, *changes).items():
        if path.startswith(start) and "/" not in path.removeprefix(start):
            assert each.target is not None
            place = folder / each.target.path.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(each.text)
    return folder


def ports(text: str) -> set[tuple[str, int]]:
    """Return the ports that a file of firewalld names."""
    found = ET.fromstring(text.encode()).iter("port")  # noqa: S314  written by hagen a moment ago
    return {(each.attrib["protocol"], int(each.attrib["port"])) for each in found}


@pytest.mark.parametrize("platform", ["debian12", "el9"])
def test_members_lock_for_each_other_only_where_there_is_dlm(platform: str) -> None:
    """The port of DLM is in the nodes' firewall if, and only if, a resource starts DLM."""
    dlm = (
        "resources:\n",
        "resources:\n  primitives:\n    dlm: {agent: ocf:pacemaker:controld}\n  clones: {dlm: {}}\n",
    )

    def opened(*changes: tuple[str, str]) -> set[str]:
        return {path for path, each in made(platform, *changes).items() if "21064" in each.text}

    assert opened() == set()
    assert {path for path in opened(dlm) if path.startswith("firewall/")} == {
        "debian12": {"firewall/hagen.nft"},
        "el9": {"firewall/hagen-members.xml"},
    }[platform]


SCTP = ("links: [{network: lan}, ", "links: [{network: lan, transport: sctp}, ")


def test_corosync_over_sctp_is_let_through_and_closed(tmp_path: Path) -> None:
    """Each link has the protocol that it speaks: members reach the port over it, strangers do not, in every form."""
    for platform in ("el8", "el9"):
        opened = ports(made(platform, SCTP)["firewall/hagen-members.xml"].text)
        assert ("sctp", 5405) in opened
        assert ("udp", 5406) in opened
        assert ("udp", 5405) not in opened
    table = made("debian12", SCTP)["firewall/hagen.nft"].text
    assert "ip saddr @members_ipv4 sctp dport { 5405 } accept\n" in table
    assert "        sctp dport 5405 drop" in table

    programs.need("nft", "unshare")
    file = written(tmp_path, "debian12", SCTP) / "etc/hagen/firewall.nft"
    assert programs.run("unshare", "--net", "nft", "-c", "-f", file) == ACCEPTED


@pytest.mark.parametrize("host", ["", "far"])
@pytest.mark.parametrize("platform", ["debian11", "ubuntu24.04"])
def test_nftables_accepts_its_table(platform: str, host: str, tmp_path: Path) -> None:
    """`nft -c` has nothing to say about the table of nodes and of remote hosts."""
    programs.need("nft", "unshare")
    file = written(tmp_path, platform, host=host) / "etc/hagen/firewall.nft"

    assert programs.run("unshare", "--net", "nft", "-c", "-f", file) == ACCEPTED


def test_nft_refuses_what_is_no_rule(tmp_path: Path) -> None:
    """A table with a wrong word is found, so that a sound one is worth something."""
    programs.need("nft", "unshare")
    file = tmp_path / "a.nft"
    file.write_text(made("debian12")["firewall/hagen.nft"].text.replace("policy accept", "policy maybe"))

    assert programs.run("unshare", "--net", "nft", "-c", "-f", file).code == 1


def test_the_table_closes_the_cluster_and_nothing_else(tmp_path: Path) -> None:
    """Members reach the cluster's ports, over both IP versions, strangers only what is for everybody."""
    programs.need("nft")
    file = str(written(tmp_path, "debian12") / "etc/hagen/firewall.nft")
    allowed = [
        *(Probe(*each) for each in [("tcp", MEMBER, VIP, 2224), ("udp", MEMBER, "10.10.16.11", 5405)]),
        Probe("tcp", "2001:db8:16::12", "2001:db8:16::11", 2224),
        *(Probe(protocol, ARBITRATOR, "10.10.16.11", 9929) for protocol in ("tcp", "udp")),
        *(Probe("tcp", STRANGER, "10.10.16.11", port) for port in (22, 8443, 9443, 12345)),
    ]
    refused = [
        *(Probe("tcp", source, "10.10.16.11", 2224) for source in (STRANGER, ARBITRATOR)),
        Probe("udp", STRANGER, "10.10.16.11", 5405),
        Probe("udp", STRANGER, "10.10.16.11", 9929),
        Probe("tcp", "2001:db8:16::99", "2001:db8:16::11", 2224),
    ]
    node = ["10.10.16.11", VIP, "2001:db8:16::11"]
    before, after = reached(node, [(["true"], refused), (["nft", "-f", file], [*allowed, *refused])])

    assert before == [True] * len(refused)
    assert after == [True] * len(allowed) + [False] * len(refused)


def test_a_table_that_is_loaded_again_forgets_what_it_no_longer_says(tmp_path: Path) -> None:
    """A port that is no longer the cluster's is open again, and a node that left is a stranger."""
    programs.need("nft")
    old = str(written(tmp_path / "old", "debian12") / "etc/hagen/firewall.nft")
    new = str(
        written(tmp_path / "new", "debian12", ("10.10.16.12", "10.10.16.13"), BOOTHLESS)
        / "etc/hagen/firewall.nft"
    )
    probes = [Probe("tcp", STRANGER, "10.10.16.11", 9929), Probe("tcp", MEMBER, "10.10.16.11", 2224)]
    load = ["nft", "-f"]
    results = reached(
        ["10.10.16.11"], [([*load, old], probes), ([*load, old], probes), ([*load, new], probes)]
    )

    assert results == [[False, True], [False, True], [True, False]]


BOOTHLESS = (
    """\
booth:
  sites: {here: 10.10.16.100, there: 10.10.16.200}
  arbitrators: [10.10.16.201]
  tickets: {t: {}}
""",
    "",
)


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify` finds no fault with the unit that loads the table."""
    programs.need("nft")
    unit = tmp_path / "hagen-firewall.service"
    unit.write_text(made("debian12")["firewall/hagen-firewall.service"].text)

    assert programs.run("systemd-analyze", "verify", "--man=no", unit) == ACCEPTED


@pytest.mark.parametrize("host", ["", "vote", "far"])
@pytest.mark.parametrize("platform", ["el7", "el8", "el9", "el10"])
def test_firewalld_accepts_its_files(platform: str, host: str, tmp_path: Path) -> None:
    """The real firewalld's own check of its configuration finds no fault with policies and services."""
    judged(written(tmp_path, platform, host=host) / "etc/firewalld")


def test_firewalld_accepts_sctp(tmp_path: Path) -> None:
    """It knows the protocol of a link that is not over UDP."""
    judged(written(tmp_path, "el9", SCTP) / "etc/firewalld")


def judged(folder: Path) -> None:
    """Let firewalld judge the files in `folder`."""
    shutil.copy(need_firewalld() / "etc/firewalld/firewalld.conf", folder)
    verdict = programs.run(
        SYSTEM_PYTHON,
        FIREWALLD / "usr/bin/firewall-offline-cmd",
        f"--default-config={FIREWALLD}/usr/lib/firewalld",
        f"--system-config={folder}",
        "--check-config",
    )

    assert [each.name for each in folder.rglob("*.xml")] != []
    assert (verdict.code, verdict.output.strip()) in {(0, ""), (0, "success")}


def test_firewalld_lets_members_and_clients_through_and_forgets(tmp_path: Path) -> None:
    """The real firewalld, which refuses what nobody allows: members, clients, strangers, and an edited topology."""
    allowed = [
        Probe("tcp", MEMBER, "10.10.16.11", 2224),
        Probe("udp", MEMBER, "10.10.16.11", 5405),
        Probe("tcp", MEMBER, "10.10.16.11", 9443),
        Probe("tcp", STRANGER, "10.10.16.11", 22),
        Probe("tcp", STRANGER, VIP, 8443),
        Probe("tcp", "2001:db8:16::99", "2001:db8:16::100", 8643),
        Probe("udp", ARBITRATOR, "10.10.16.11", 9929),
    ]
    refused = [
        Probe("tcp", STRANGER, "10.10.16.11", 2224),
        Probe("udp", STRANGER, "10.10.16.11", 5405),
        Probe("tcp", STRANGER, "10.10.16.11", 9443),
        Probe("tcp", STRANGER, "10.10.16.11", 8443),
        Probe("tcp", STRANGER, VIP, 12345),
    ]
    node = ["10.10.16.11", VIP, "2001:db8:16::11", "2001:db8:16::100"]
    first = written(tmp_path / "first", "el9") / "etc/firewalld"
    second = written(tmp_path / "second", "el9", ("port: 8443", "port: 8444"), BOOTHLESS) / "etc/firewalld"
    start = [SYSTEM_PYTHON, "-c", START_FIREWALLD, f"{need_firewalld()}/usr/lib/firewalld"]
    gone = [Probe("tcp", STRANGER, VIP, 8443), Probe("udp", ARBITRATOR, "10.10.16.11", 9929)]
    results = reached(
        node, [([*start, str(first)], [*allowed, *refused]), ([*start, str(first), str(second)], gone)]
    )

    assert results == [[True] * len(allowed) + [False] * len(refused), [False] * len(gone)]


def need_firewalld() -> Path:
    """Return where firewalld is unpacked; its modules must be there for the system's interpreter."""
    programs.need(SYSTEM_PYTHON)
    here = (FIREWALLD / "usr/bin/firewall-offline-cmd").exists()
    if not here or programs.run(SYSTEM_PYTHON, "-c", "import firewall.core.fw").code:
        programs.missing("firewalld")
    return FIREWALLD


@pytest.mark.parametrize("platform", ["el7", "el9"])
def test_firewalld_is_told_of_every_port_that_haproxy_uses(platform: str) -> None:
    """Clients reach binds; the proxy of one node reaches servers and their checks on the others."""
    files = made(platform)
    config = files["haproxy.cfg"].text
    binds = {("tcp", int(port)) for port in re.findall(r"^ +bind \S+:(\d+)$", config, re.MULTILINE)}
    used = {("tcp", int(port)) for port in re.findall(r"^ +server \S+ \S+:(\d+)", config, re.MULTILINE)}
    used |= {("tcp", int(port)) for port in re.findall(r"check port (\d+)", config)}
    clients = "firewall/hagen-clients.xml" if platform == "el7" else "firewall/hagen.xml"
    booth = {("tcp", 9929), ("udp", 9929)}
    assert {("tcp", 8443), ("tcp", 3306)} <= binds
    assert {("tcp", 9443), ("tcp", 9200)} <= used

    own = {("udp", 5405), ("udp", 5406), ("tcp", 2224)}
    members = ports(files["firewall/hagen-members.xml"].text)
    assert members - booth - own == used
    assert ports(files[clients].text) - booth == binds
    assert booth <= (members if platform == "el7" else ports(files[clients].text))


def test_the_quorum_device_and_remote_hosts_have_their_own_files() -> None:
    """The device answers every cluster that asks; a remote host only the nodes; both files go to that host alone."""
    files = made("el9")
    assert ports(files["firewall/vote/hagen.xml"].text) == {("tcp", 5403), ("tcp", 2224)}
    assert ports(files["firewall/far/hagen-members.xml"].text) == {("tcp", 3121), ("tcp", 2224)}
    for path, each in files.items():
        if path.startswith("firewall/"):
            assert each.target is not None
            folder = path.split("/")[1]
            assert each.target.nodes == ((folder,) if folder in {"vote", "far"} else ("one", "two"))

    described = {path: re.findall("<description>(.*?) Zones", each.text) for path, each in files.items()}
    assert described["firewall/vote/hagen.xml"] == [
        "What clusters need of their quorum device; whoever asks is let through."
    ]
    assert described["firewall/far/hagen.xml"] == ["What the members of the cluster need of a remote host."]
    assert described["firewall/hagen.xml"] == [
        "What the members of the cluster and the clients of its proxy need."
    ]
    closed = made("debian12")["firewall/far/hagen.nft"].text
    assert "tcp dport { 2224, 3121 } accept" in closed
    assert [path for path in made("debian12") if path.startswith("firewall/vote/")] == []


def test_no_file_names_sshd() -> None:
    """Whoever may log in is the operator's own business: hagen neither opens nor closes the way in."""
    for platform in ("el7", "el9", "debian12"):
        for path, each in made(platform).items():
            if path.startswith("firewall/"):
                assert not re.search(r'"22"|\b22\b', each.text), path


@pytest.mark.parametrize("platform", ["el7", "el9", "debian12"])
def test_firewall_false_makes_nothing(platform: str) -> None:
    """Who says `firewall: false` gets no file, no step and no package for it."""
    off = ("provisioning: {", "provisioning: {firewall: false, ")
    texts = {path: each.text for path, each in made(platform, off).items()}

    assert [path for path in texts if path.startswith("firewall/")] == []
    machines = [text for path, text in texts.items() if path.startswith(("cloud-init/", "kickstart/"))]
    assert machines
    assert [
        text for text in machines if re.search(r"firewall-|firewalld|nftables|hagen-firewall", text)
    ] == []


def test_applying_a_file_says_what_to_run() -> None:
    """A table is judged by nft before it replaces the old one; services are only told if they run."""
    table = made("debian12")["firewall/hagen.nft"].target
    policy, old = made("el9")["firewall/hagen.xml"].target, made("el7")["firewall/hagen-members.xml"].target
    assert table is not None
    assert policy is not None
    assert old is not None

    assert table.validate == ("nft", "-c", "-f", "{}")
    assert table.reload == ("systemctl", "reload-or-restart", "hagen-firewall.service")
    assert policy.reload == ("systemctl", "try-reload-or-restart", "firewalld.service")
    assert old.reload == ("systemctl", "reload-or-try-restart", "firewalld.service")
