"""From clean hosts to a cluster: what cloud-init did on the nodes, what `pcs.sh all` made of them, and who may ask what."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from lab import client, delivery, place, table
from lab.cluster import SECRETS, Cluster
from lab.host import Host

_ON = ("hagen-firewall", "pcsd", "corosync", "pacemaker", "corosync-qdevice", "rsyslog")
_PCSD, _COROSYNC = 2224, (5405, 5406)
_LINKS = ("management", "storage")
_CRYPT = "import crypt, sys; word, hashed = sys.stdin.read().split('\\n')[:2]; sys.exit(crypt.crypt(word, hashed) != hashed)"


def user_data(built: Path, host: Host) -> Any:
    """Return what cloud-init was told about a node."""
    return yaml.safe_load((built / f"cloud-init/{host.name}.yaml").read_text())


def test_cloud_init_did_its_work(cluster: Cluster) -> None:
    """The real cloud-init is through on every node, without an error, and ran each module that its file needs."""
    for host in cluster.nodes.values():
        assert json.loads(host.read("/run/cloud-init/result.json"))["v1"]["errors"] == []
        log = host.read("/var/log/cloud-init.log")
        for module in ("package-update-upgrade-install", "write-files-deferred", "scripts-user"):
            assert re.search(rf"finish: modules-final/config-{module}: SUCCESS", log), f"{module} on {host}"
        (install,) = re.findall(r"Running command (\['apt-get'.*'install'.*?\])", log)
        for package in user_data(cluster.built, host)["packages"]:
            assert f"'{package}'" in install, f"{package} on {host}"
        assert re.findall(r"(?m)^.*(?:WARNING|ERROR|CRITICAL).*$", log) == []


def test_every_file_is_where_it_belongs(cluster: Cluster) -> None:
    """Each file of the manifest has the content, the owner and the mode that the manifest says, on every node."""
    for host in cluster.nodes.values():
        assert delivery.differing(host, cluster.built) == [], host.name


def test_a_file_that_differs_is_found(cluster: Cluster) -> None:
    """The comparison with the manifest sees another content, another mode, another owner, and a file that is not there."""
    host = cluster.nodes["c2"]
    path = "/etc/rsyslog.d/49-haproxy.conf"
    text = host.read(path)
    for change in ("echo >>{}", "chmod 0600 {}", "chown haproxy {}", "rm {}"):
        host.sh(change.format(path))
        assert delivery.differing(host, cluster.built) == ["rsyslog.d/49-haproxy.conf"], change
        host.write(path, text)
    assert delivery.differing(host, cluster.built) == []


def test_units_are_as_they_should_be(cluster: Cluster) -> None:
    """What has to start at boot is enabled and runs; HAProxy is started by Pacemaker alone; nothing has failed."""
    for host in cluster.nodes.values():
        for question, answer in (("is-enabled", "enabled"), ("is-active", "active")):
            assert host.run("systemctl", question, *_ON).out.split() == [answer] * len(_ON), host.name
        assert host.run("systemctl", "is-enabled", "haproxy", check=False).out.split() == ["disabled"]
        assert host.run("systemctl", "is-active", "haproxy").out.split() == ["active"]


def test_the_password_is_set_and_nowhere_to_be_read(cluster: Cluster) -> None:
    """The user hacluster has its password on every node, and no log, instance data or configuration has it, nor that of the BMCs."""
    words = [SECRETS.hacluster, *(text.strip() for text in SECRETS.files.values()), *SECRETS.env.values()]
    for host in cluster.nodes.values():
        hashed = host.run("getent", "shadow", "hacluster").out.split(":")[1]
        host.run("python3", "-Wignore", "-c", _CRYPT, stdin=f"{SECRETS.hacluster}\n{hashed}\n")
        searched = "/var/log /var/lib/cloud /run/cloud-init /var/lib/pacemaker /var/lib/pcsd /etc /root"
        found = host.sh(
            f"grep -rlsF -f /dev/fd/3 {searched} 3<<'END'\n" + "\n".join(words) + "\nEND\n", check=False
        )
        assert set(found.out.split()) == {*SECRETS.files, "/etc/default/haproxy"}, host.name
        for path in (*SECRETS.files, "/etc/default/haproxy"):
            assert host.run("stat", "-c", "%U %a", path).out.split() == ["root", "600"], path


def test_pcs_sh_formed_the_cluster(cluster: Cluster) -> None:
    """`pcs.sh all` went through at once, and ended with the line that CHECKLIST.md promises."""
    assert cluster.first.code == 0
    assert cluster.first.out.splitlines()[-1] == "push: done"
    assert "the last line is `push: done`" in (cluster.built / "CHECKLIST.md").read_text()
    assert SECRETS.hacluster not in cluster.first.out + cluster.first.err
    assert "Password:" not in cluster.first.out


def test_every_node_is_green(cluster: Cluster) -> None:
    """`verify.sh` exits with 0 on every node, and has made every check that it planned."""
    for host in cluster.nodes.values():
        done = cluster.verify(host)
        plan, *lines = [line for line in done.out.splitlines() if not line.startswith("#")]
        assert (done.code, done.err) == (0, ""), f"{host}: {done.out}"
        assert plan == f"1..{len(lines)}"
        assert [line.split(" - ")[0] for line in lines] == [
            f"ok {number}" for number in range(1, len(lines) + 1)
        ]


def test_both_links_are_up_and_encrypted(cluster: Cluster) -> None:
    """Corosync sees every other node on both links, and encrypts what it says there."""
    for host in cluster.nodes.values():
        links = host.run("corosync-cfgtool", "-s").out.split("LINK ID ")[1:]
        assert len(links) == len(_LINKS)
        for link in links:
            states = re.findall(r"nodeid:\s+\d+:\s+(\S+)", link)
            assert sorted(states) == ["connected"] * (len(table.NODES) - 1) + ["localhost"], link
        said = host.run("corosync-cmapctl", "-g", "totem.crypto_cipher").out
        assert said.split(" = ")[1].strip() == "aes256"
        keys = host.run("stat", "-c", "%U %a", "/etc/corosync/authkey").out.split()
        assert keys == ["root", "400"]


def test_nobody_hears_what_corosync_says(cluster: Cluster) -> None:
    """A name that Pacemaker tells every node is in none of the packets that go over the cables."""
    host = cluster.nodes["c1"]
    heard = host.run("python3", "-c", _LISTEN, timeout=30).out.split()
    assert int(heard[0]) > 10, "nothing was heard"
    assert heard[1] == "0", "the name is there in plain text"
    host.run("attrd_updater", "--name", "said-in-the-clear", "--delete")


def test_the_quorum_device_is_connected(cluster: Cluster) -> None:
    """Each node has a connection to the device, whose votes count."""
    for host in cluster.nodes.values():
        assert re.search(r"^State:\s+Connected$", host.run("corosync-qdevice-tool", "-s").out, re.MULTILINE)
    said = cluster.nodes["c1"].run("corosync-quorumtool", "-s").out
    votes = {"Expected votes": "5", "Total votes": "5", "Quorate": "Yes"}
    for name, wanted in votes.items():
        assert re.search(rf"^{name}:\s+{wanted}\s*$", said, re.MULTILINE), said
    known = cluster.hosts[table.DEVICE].run("corosync-qnetd-tool", "-l").out
    assert re.search(r'Cluster "lab":', known)
    assert len(re.findall(r"Node ID \d+:", known)) == len(table.NODES)


def reached(address: str, port: int) -> bool:
    """Tell whether the client gets a connection to a port."""
    script = f"exec 3<>/dev/tcp/{address}/{port}"
    return client.run("timeout", "1", "bash", "-c", script, check=False).code == 0


def test_a_stranger_reaches_what_is_for_clients_alone(cluster: Cluster) -> None:
    """The client is let through to every service, and kept out of the ports by which the nodes command each other."""
    for address, port in (
        ("management", 80),
        ("management", 3306),
        ("public", 80),
        ("public6", 80),
        ("public", 6080),
    ):
        assert reached(table.VIPS[address], port), f"{address} {port}"
    for host in cluster.nodes.values():
        assert not reached(host.entry.main, _PCSD), f"pcsd of {host}"
        assert reached(host.entry.main, 1080), "the stats page is for whoever has its password"
        other = cluster.other_than(host)
        other.run("timeout", "2", "bash", "-c", f"exec 3<>/dev/tcp/{host.name}/{_PCSD}")
    host = cluster.nodes["c1"]
    for address in host.entry.addresses[table.CARDS["public"]]:
        assert not reached(address.partition("/")[0], _PCSD), f"pcsd on {address}"
    host.run("nft", "delete", "table", "inet", "hagen")
    assert reached(host.entry.main, _PCSD), "it was not the firewall that kept the client out"
    host.run("systemctl", "reload-or-restart", "hagen-firewall.service")
    assert not reached(host.entry.main, _PCSD)


def test_haproxy_has_a_log_of_its_own(cluster: Cluster) -> None:
    """A request through a VIP is in /var/log/haproxy.log of the node that has it, and in no other log."""
    host = cluster.node_of("vip_public")
    mark = "/the-request-of-test-formation"
    client.run("curl", "--silent", "--max-time", "5", f"http://{table.VIPS['public']}{mark}")
    logged = ("grep", "-cF", mark, "/var/log/haproxy.log")
    place.until(lambda: host.run(*logged, check=False).code == 0, 10, "the request to be in the log")
    assert "web" in host.run("grep", "-F", mark, "/var/log/haproxy.log").out
    assert host.run("grep", "-cF", mark, "/var/log/syslog", check=False).out.strip() == "0"


def test_haproxy_complains_of_nothing(cluster: Cluster) -> None:
    """Neither a start nor a reload makes HAProxy print an alert or a warning, but that servers come and go."""
    for host in cluster.nodes.values():
        lines = host.run(
            "grep", "-E", r"\[(ALERT|WARNING)\]", "/var/log/haproxy.log", check=False
        ).out.splitlines()
        assert [line for line in lines if "config" in line] == [], host.name


def test_a_host_that_is_no_node_makes_nothing(cluster: Cluster) -> None:
    """On the host of the quorum device `pcs.sh setup` says that this is no node, and does nothing."""
    device = cluster.hosts[table.DEVICE]
    device.write("/root/pcs.sh", (cluster.built / "pcs.sh").read_bytes(), 0o755)
    done = device.run("/root/pcs.sh", "setup", check=False)
    assert done.code == 1
    assert "this host, q1, is none of the nodes" in done.err


# From ETH_P_ALL comes what this host sends, too: the name is told from here, and by the node that decides.
_LISTEN = """
import socket, subprocess, time

heard = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
heard.settimeout(1)
subprocess.run(["attrd_updater", "--name", "said-in-the-clear", "--update", "1"], check=True)
ends, packets, plain = time.monotonic() + 3, 0, 0
while time.monotonic() < ends:
    try:
        data = heard.recv(65536)
    except TimeoutError:
        continue
    kind, port = (int.from_bytes(data[place : place + 2], "big") for place in (12, 36))
    if kind == 0x0800 and data[23] == 17 and port in (5405, 5406):
        packets += 1
        plain += b"said-in-the-clear" in data
print(packets, plain)
"""
"""Lets Pacemaker tell every node a name, and prints how many packets of Corosync there were, and how many had the name in it."""
