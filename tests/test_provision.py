"""What makes machines ready fits the rest: each gets its own packages, files and steps, in the right order."""

import re
from pathlib import Path

import pytest
import yaml

from hagen.pipeline import compile_source
from hagen.source import Source
from test_firewall import SCTP, made
from topologies import ROOT

OLD = ("el7", "debian11")
"""Platforms whose cloud-init is older than 21.3."""


def test_a_name_with_dots_is_the_whole_name() -> None:
    """cloud-init would make `one` of `one.example.com`, and Pacemaker would not find the node."""
    text = (
        Path(ROOT, "examples/single-node/topology.yml")
        .read_text()
        .replace("  one: {", "  one.example.com: {")
    )
    made = {each.path: each.text for each in compile_source(Source("t.yml", text.encode())).artifacts}
    config = yaml.safe_load(made["cloud-init/one.example.com.yaml"])

    assert config["hostname"] == config["fqdn"] == "one.example.com"
    assert config["prefer_fqdn_over_hostname"] is True


@pytest.mark.parametrize("platform", OLD)
def test_an_old_cloud_init_puts_files_in_place_after_the_packages(platform: str) -> None:
    """It would write files first, and packages would find them; so they wait, and steps put them in their places."""
    files = made(platform)
    config = yaml.safe_load(files["cloud-init/one.yaml"].text)
    waiting = {each["path"]: each["content"] for each in config["write_files"]}
    targets = {
        each.target.path: each for each in files.values() if each.target and "one" in each.target.nodes
    }

    assert waiting == {f"/var/lib/hagen/staged{path}": each.text for path, each in targets.items()}
    assert [each for each in config["write_files"] if "defer" in each] == []
    assert config["runcmd"][: len(targets)] == [
        f"install -D -o root -g root -m 0644 /var/lib/hagen/staged{path} {path}" for path in targets
    ]


@pytest.mark.parametrize("platform", ["el9", "ubuntu22.04"])
def test_a_newer_cloud_init_writes_files_itself(platform: str) -> None:
    """Every file that belongs on a node is deferred until the packages are there."""
    files = made(platform)
    config = yaml.safe_load(files["cloud-init/two.yaml"].text)
    targets = {each.target.path for each in files.values() if each.target and "two" in each.target.nodes}

    assert {each["path"] for each in config["write_files"] if each["defer"] is True} == targets
    assert [step for step in config["runcmd"] if "staged" in step] == []


@pytest.mark.parametrize("platform", ["el9", "debian12"])
def test_the_quorum_device_has_provisioning_of_its_own(platform: str) -> None:
    """Its host gets qnetd and pcs, no cluster, no proxy and no kernel parameters, and starts what nodes ask."""
    files = made(platform)
    config = yaml.safe_load(files["cloud-init/vote.yaml"].text)

    assert config["hostname"] == "vote"
    assert config["packages"] == ["corosync-qnetd", "pcs"]
    assert "corosync-qnetd.service" in " ".join(config["runcmd"])
    assert [step for step in config["runcmd"] if "haproxy" in step or "sysctl" in step] == []
    written = {each["path"] for each in config.get("write_files", [])}
    assert written == ({"/etc/firewalld/policies/hagen.xml"} if platform == "el9" else set())
    assert ("kickstart/vote.ks" in files) == (platform == "el9")
    if platform == "el9":
        script = files["kickstart/vote.ks"].text
        assert "pcs qdevice setup model net --enable\n" in script
        assert "systemctl start" not in script


@pytest.mark.parametrize(("platform", "file"), [("el9", "sysconfig"), ("debian12", "default")])
def test_a_device_that_everybody_reaches_serves_only_certificates(platform: str, file: str) -> None:
    """Its port is open, so the daemon is told to require TLS before it starts for good."""
    steps = yaml.safe_load(made(platform)["cloud-init/vote.yaml"].text)["runcmd"]

    told = steps.index(f"""echo 'COROSYNC_QNETD_OPTIONS="-s req"' >/etc/{file}/corosync-qnetd""")
    assert told < steps.index("systemctl restart corosync-qnetd.service")


@pytest.mark.parametrize("platform", ["el9", "debian12"])
def test_every_machine_that_pcs_authenticates_to_is_named(platform: str) -> None:
    """A password in a file is expected where a first boot reads it; one in the environment is given by hand."""
    start = "It needs one thing by hand"
    files = made(platform)
    assert "the password of `hacluster`, the same on every node and on `vote`:" in files["CHECKLIST.md"].text
    told = {path for path, each in files.items() if start in each.text}
    assert told == {
        path for path in files if re.fullmatch(r"(cloud-init|kickstart)/(one|two|vote)\..*", path)
    }

    files = made(
        platform, ("hagen: 1\ncluster:\n", "hagen: 1\ncluster:\n  password: {file: /etc/hagen/ha}\n")
    )
    assert (
        "`/etc/hagen/ha`: the password of `hacluster`, on every node, on `vote` and on `far`,"
        in files["CHECKLIST.md"].text
    )
    assert [path for path, each in files.items() if start in each.text] == []
    for host in ("one", "vote", "far"):
        (step,) = [
            each
            for each in yaml.safe_load(files[f"cloud-init/{host}.yaml"].text)["runcmd"]
            if "chpasswd" in each
        ]
        assert "else echo 'hacluster has no password: /etc/hagen/ha is not here' >&2; fi" in step


@pytest.mark.parametrize(
    ("platform", "told", "silent"),
    [("el9", "Port 5403/tcp and port 2224/tcp are for whoever asks", "There is no firewall file"),
     ("debian12", "There is no firewall file for it, as nothing blocks them", "as none is wanted")],
)  # fmt: skip
def test_the_checklist_says_why_the_device_is_open(platform: str, told: str, silent: str) -> None:
    """Nobody takes the open ports of that host for an oversight, nor the firewall file that is not there."""
    text = made(platform)["CHECKLIST.md"].text
    assert told in text
    assert silent not in text
    without = made(platform, ("provisioning: {", "provisioning: {firewall: false, "))["CHECKLIST.md"].text
    assert "There is no firewall file for it, as none is wanted" in without


@pytest.mark.parametrize(("platform", "file"), [("el9", "sysconfig"), ("debian12", "default")])
def test_a_device_on_another_port_is_told_so(platform: str, file: str) -> None:
    """The checklist names the port of the topology, and the commands that move somebody else's daemon there."""
    here = (
        "device: {host: 10.10.16.10, machine: {name: vote}}",
        "device: {host: qn.example.org, port: 5500}",
    )
    text = made(platform, here)["CHECKLIST.md"].text

    assert "every node must reach port 5500/tcp and port 2224/tcp of it" in text
    assert f"""sed -i '/^COROSYNC_QNETD_OPTIONS=/s/"$/ -p 5500"/' /etc/{file}/corosync-qnetd""" in text
    assert ("firewall-cmd --permanent --add-port=5500/tcp" in text) == (platform == "el9")
    usual = made(platform, (here[0], "device: {host: qn.example.org}"))["CHECKLIST.md"].text
    assert "reach port 5403/tcp and port 2224/tcp of it" in usual
    assert "COROSYNC_QNETD_OPTIONS" not in usual


@pytest.mark.parametrize("platform", ["el9", "debian12"])
def test_sctp_needs_its_kernel_module(platform: str) -> None:
    """Enterprise Linux keeps the module in a package that forbids it; elsewhere it loads by itself."""
    text = made(platform, SCTP)["CHECKLIST.md"].text

    assert "the kernel of every node speaks SCTP, for Corosync on lan" in text
    assert ("dnf -y install kernel-modules-extra" in text) == (platform == "el9")
    assert "SCTP" not in made(platform)["CHECKLIST.md"].text


def test_a_guest_without_an_address_has_a_name_that_resolves() -> None:
    """The nodes reach it by name, and somebody has to know that; one with an address needs nothing."""
    guest = "primitives: {vm: {agent: 'ocf:heartbeat:VirtualDomain', instance: {config: /etc/vm.xml}, guest: {name: inside}}}"
    named = ("resources:\n", f"resources:\n  {guest}\n")
    reached = (named[0], named[1].replace("name: inside", "name: inside, address: 10.10.16.77"))

    assert "getent hosts inside" in made("debian12", named)["CHECKLIST.md"].text
    assert "getent hosts" not in made("debian12", reached)["CHECKLIST.md"].text


def test_a_device_of_another_platform_is_made_ready_in_its_own_way() -> None:
    """An Enterprise Linux cluster may ask a Debian host, which apt-get fills and Anaconda never sees."""
    other = ("machine: {name: vote}", "machine: {name: vote, platform: debian12}")
    files = made("el9", other)

    assert "systemctl enable corosync-qnetd.service pcsd.service" in files["cloud-init/vote.yaml"].text
    assert "kickstart/vote.ks" not in files
    assert "kickstart/one.ks" in files


@pytest.mark.parametrize("platform", ["el9", "debian12"])
def test_a_remote_host_has_provisioning_of_its_own(platform: str) -> None:
    """It runs Pacemaker's remote daemon and lets the nodes in; it is no member, so it has neither Corosync nor proxy."""
    config = yaml.safe_load(made(platform)["cloud-init/far.yaml"].text)

    assert {"pacemaker-remote", "pcs", "resource-agents"} <= set(config["packages"])
    assert {"corosync", "haproxy"}.isdisjoint(config["packages"])
    assert "systemctl enable pacemaker_remote.service" in config["runcmd"]


@pytest.mark.parametrize(("platform", "wanted"), [("el9", "booth-site"), ("debian12", "booth")])
def test_nodes_get_packages_for_what_the_topology_uses(platform: str, wanted: str) -> None:
    """A quorum device and tickets need packages that a plain cluster has no use for; so does SBD."""
    enabled = (
        "enabled: false, reason: only a test, waiver: only a test}",
        "sbd: {watchdog_timeout: 40s}, devices: {d: {agent: fence_xvm, targets: [one, two, far]}}}",
    )
    packages = yaml.safe_load(made(platform)["cloud-init/one.yaml"].text)["packages"]

    assert {"corosync-qdevice", wanted} <= set(packages)
    assert "sbd" not in packages
    assert "sbd" in yaml.safe_load(made(platform, enabled)["cloud-init/one.yaml"].text)["packages"]
