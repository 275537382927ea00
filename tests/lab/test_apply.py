"""A build applied over ssh by Ansible and by the script, from a machine outside: changed, unchanged, and refused when broken.

The commands are those of `examples/apply/README.md`, the inventory is the one beside the playbook.
"""

import hashlib
import json
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

import programs
import prose
from lab import Done, client
from lab.cluster import SECRETS, Cluster
from lab.host import Host
from lab.measure import taken
from lab.table import HOSTS
from topologies import ROOT

_EXAMPLE = Path("examples/apply")
_INVENTORY = _EXAMPLE / "ansible/inventory.yml"
_KEYS = "/root/.ssh/authorized_keys"
_HOST_KEY = "/etc/ssh/ssh_host_ed25519_key.pub"
_CONFIGURATION = "/etc/haproxy/haproxy.cfg"
_CHECKED = "  timeouts: {check: 2s}\n"
_PASSWORD = "  password: {file: /etc/hagen/hacluster}\n"  # noqa: S105  a key of the topology
_RECHECK = "cluster-recheck-interval: 5min"
_RECAP = re.compile(r"^(\w+) +: ok=\d+ +changed=(\d+) +unreachable=(\d+) +failed=(\d+)", re.MULTILINE)
_RELOADED = "7b05ebc668384222baa8881179cfda54"
"""What marks "Reloaded" in the journal (sd-messages.h of systemd)."""
_UNKNOWN = "the cluster there has what this build does not"
_LIMIT_S = 600


class Operator:
    """Somebody on a machine outside with a checkout, a build in `out/lab`, and a key that the nodes know."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        """Make the key, give it to the nodes, and learn theirs."""
        self.cluster, self.out, self._folder = cluster, folder / "out/lab", folder
        shutil.copytree(ROOT / _EXAMPLE, folder / _EXAMPLE)
        programs.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key").require()
        known = []
        for name, node in cluster.nodes.items():
            node.write(_KEYS, (folder / "key.pub").read_bytes(), 0o600)
            known.append(f"{HOSTS[name].main} {node.read(_HOST_KEY)}")
        (folder / "known").write_text("".join(known))
        self._options = f"-i {folder}/key -o UserKnownHostsFile={folder}/known"
        shown = prose.commands((ROOT / _EXAMPLE / "README.md").read_text())
        self._shown = [line for line in shown if " out/lab" in line or "=out/lab" in line]

    def build(self, text: str) -> None:
        """Compile a topology into `out/lab`, in the place of what was there."""
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.copytree(self.cluster.build(text), self.out)

    def forget(self, name: str) -> None:
        """Take a node out of the manifest, and out of the inventory."""
        manifest, inventory = self.out / "manifest.json", self._folder / _INVENTORY
        said: Any = json.loads(manifest.read_text())
        for each in said["files"]:
            each["nodes"] = [node for node in each.get("nodes", ()) if node != name]
        said["files"] = [each for each in said["files"] if each["nodes"] or "target" not in each]
        said["members"] = [each for each in said["members"] if each["name"] != name]
        manifest.write_text(json.dumps(said))
        lines = inventory.read_text().splitlines(keepends=True)
        inventory.write_text("".join(line for line in lines if f" {name}:" not in line))

    def remember(self) -> None:
        """Have the inventory of the example again."""
        shutil.copy(ROOT / _INVENTORY, self._folder / _INVENTORY)

    def alter(self, name: str, add: str, *, list_it: bool) -> None:
        """Add a line to an artifact; `list_it` writes its new digest into the manifest too."""
        file, manifest = self.out / name, self.out / "manifest.json"
        file.write_text(file.read_text() + add)
        said: Any = json.loads(manifest.read_text())
        for each in said["files"]:
            if each["path"] == name and list_it:
                each["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
        manifest.write_text(json.dumps(said))

    def ansible(self, *options: str) -> Done:
        """Run the playbook, with more options than the README has."""
        return self._run(self._line("ansible-playbook", *options), ANSIBLE_SSH_COMMON_ARGS=self._options)

    def look(self) -> Done:
        """Let the playbook say what it would change."""
        return self._run(self._line("--check"), ANSIBLE_SSH_COMMON_ARGS=self._options)

    def script(self, name: str = "c1") -> Done:
        """Run the script for a node."""
        line = self._line("apply.sh").replace(" c1", f" {name}")
        return self._run(line, SSH=f"ssh {self._options} root@{HOSTS[name].main}")

    def _line(self, word: str, *options: str) -> str:
        """Return the shortest command of the README that has a word."""
        return " ".join((min((line for line in self._shown if word in line), key=len), *options))

    def _run(self, line: str, **env: str) -> Done:
        given = {
            "PATH": programs.PATH,
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_HOME": f"{self._folder}/ansible",
            # No connection outlives the tests for long.
            "ANSIBLE_SSH_ARGS": "-o ControlMaster=auto -o ControlPersist=15s",
            "HACLUSTER_PASSWORD": SECRETS.hacluster,
            **env,
        }
        words = ("env", f"--chdir={self._folder}", *(f"{name}={value}" for name, value in given.items()))
        began = time.monotonic()
        done = client.run(*words, "bash", "-c", line, check=False, timeout=_LIMIT_S)
        taken(line.replace(f"{_EXAMPLE}/", ""), time.monotonic() - began)
        sys.stdout.write(f"{done.out[-3000:]}{done.err[-3000:]}")
        return done


Applier: TypeAlias = Callable[[Operator], Done]
APPLIERS = pytest.mark.parametrize("apply", [Operator.ansible, Operator.script], ids=["ansible", "script"])


@pytest.fixture(scope="module")
def operator(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Send an operator outside; what the tests applied is taken back in the end."""
    programs.need("ansible-playbook", "ssh", "ssh-keygen", "bash", "python3")
    made = Operator(cluster, tmp_path_factory.mktemp("apply"))
    yield made
    made.build(cluster.text)
    for name in cluster.nodes:
        assert made.script(name).code == 0
    cluster.spread(cluster.built)
    cluster.pcs("push")
    for node in cluster.nodes.values():
        node.run("rm", _KEYS)
    cluster.settle()


def changed(text: str, timeout: str) -> str:
    """Return a topology with another time-out for the checks of the servers."""
    assert text.count(_CHECKED) == 1
    return text.replace(_CHECKED, _CHECKED.replace("2s", timeout))


def counts(done: Done) -> dict[str, tuple[int, int, int]]:
    """Return how many tasks changed something, did not reach their node, or failed, by the name of the node."""
    return {name: (int(a), int(b), int(c)) for name, a, b, c in _RECAP.findall(done.out)}


def standing(node: Host) -> tuple[str, ...]:
    """Return what tells whether anything of HAProxy was restarted."""
    shown = ("--property=MainPID", "--property=ActiveEnterTimestampMonotonic")
    return tuple(node.run("systemctl", "show", *shown, "haproxy.service").out.split())


def reloads(node: Host) -> int:
    """Return how often HAProxy was reloaded so far, as systemd says: a new worker shows it only later."""
    asked = ("--quiet", "--output=cat", "--unit=haproxy.service", f"MESSAGE_ID={_RELOADED}")
    node.run("journalctl", "--sync")
    return len(node.run("journalctl", *asked).out.splitlines())


def files(node: Host) -> str:
    """Return the digest of every file that the manifest puts on a node."""
    return node.sh(
        "sha256sum /etc/haproxy/haproxy.cfg /etc/hagen/*.nft /etc/*/*hagen*.conf /etc/systemd/system/hagen*"
    ).out


def wanted(operator: Operator) -> str:
    """Return the digest that HAProxy's configuration has in the build."""
    return hashlib.sha256((operator.out / "haproxy.cfg").read_bytes()).hexdigest()


def test_ansible_applies_and_then_changes_nothing(operator: Operator) -> None:
    """The playbook shows a change, makes it on nodes and cluster without a restart, and then has nothing to do.

    The topology names no file for the password, and this host is forgotten on purpose: the playbook hands it over.
    """
    cluster = operator.cluster
    assert cluster.text.count(_PASSWORD) == cluster.text.count(_RECHECK) == 1
    text = (
        changed(cluster.text, "3s").replace(_PASSWORD, "").replace(_RECHECK, "cluster-recheck-interval: 6min")
    )
    operator.build(text)
    nodes = cluster.nodes
    before = {name: (files(node), standing(node), reloads(node)) for name, node in nodes.items()}

    shown = operator.look()
    assert (shown.code, shown.out.count("+    timeout check 3s")) == (0, len(nodes)), shown.err
    assert before == {name: (files(node), standing(node), reloads(node)) for name, node in nodes.items()}

    nodes["c1"].run("pcs", "host", "deauth")
    first = operator.ansible("-vvv")
    assert (first.code, {name: found[1:] for name, found in counts(first).items()}) == (
        0,
        dict.fromkeys(nodes, (0, 0)),
    )
    assert all(found[0] > 0 for found in counts(first).values())
    assert SECRETS.hacluster not in first.out + first.err
    for name, node in nodes.items():
        assert files(node).split()[0] == wanted(operator)
        assert (standing(node), reloads(node)) == (before[name][1], before[name][2] + 1)
    assert "6min" in nodes["c2"].run("pcs", "property", "config", "cluster-recheck-interval").out

    epoch, seen = cluster.epoch(), {name: (files(node), reloads(node)) for name, node in nodes.items()}
    second = operator.ansible()
    assert (second.code, counts(second)) == (0, dict.fromkeys(nodes, (0, 0, 0)))
    assert (cluster.epoch(), seen) == (
        epoch,
        {name: (files(node), reloads(node)) for name, node in nodes.items()},
    )


def test_the_script_applies_and_then_changes_nothing(operator: Operator) -> None:
    """The script puts the changed file on each node and reloads HAProxy alone, and then has nothing to do."""
    operator.build(changed(operator.cluster.text, "4s"))
    for name, node in operator.cluster.nodes.items():
        before = (standing(node), reloads(node))
        first = operator.script(name)
        assert (first.code, first.out.splitlines()) == (
            0,
            [f"changed: {_CONFIGURATION}", "run: systemctl try-reload-or-restart haproxy.service"],
        )
        assert files(node).split()[0] == wanted(operator)
        assert operator.script(name)[:2] == (0, "nothing changed\n")
        assert (standing(node), reloads(node)) == (before[0], before[1] + 1)


@APPLIERS
def test_a_broken_configuration_replaces_nothing(operator: Operator, apply: Applier) -> None:
    """A haproxy.cfg that HAProxy refuses, and that the manifest lists as it is, stops every file of the build."""
    operator.build(changed(operator.cluster.text, "5s"))
    operator.alter("haproxy.cfg", "    no such keyword\n", list_it=True)
    operator.alter("sysctl.d/90-hagen.conf", "# a change that is sound\n", list_it=True)
    refused(operator, apply, "Fatal errors found in configuration")


@APPLIERS
def test_a_file_of_another_digest_replaces_nothing(operator: Operator, apply: Applier) -> None:
    """A file that is not what the manifest lists, and is sound by itself, stops every file of the build."""
    operator.build(changed(operator.cluster.text, "5s"))
    operator.alter("haproxy.cfg", "# nobody knows who wrote this\n", list_it=False)
    refused(operator, apply, "haproxy.cfg is not the file that manifest.json lists")


@APPLIERS
def test_a_member_is_not_shut_out(operator: Operator, apply: Applier) -> None:
    """A build without a node that is still a member is refused: its firewall would shut the node out, and it would be fenced."""
    operator.build(changed(operator.cluster.text, "5s"))
    operator.forget("c3")
    try:
        refused(operator, apply, f"{_UNKNOWN}: 10.10.16.58 10.10.18.58 c3 (")
    finally:
        operator.remember()


@APPLIERS
def test_neither_is_an_address_of_a_member(operator: Operator, apply: Applier) -> None:
    """So is a build with another address of a member: Corosync's has to change first."""
    assert operator.cluster.text.count("management: 10.10.16.58") == 1
    text = operator.cluster.text.replace("management: 10.10.16.58", "management: 10.10.16.59")
    operator.build(changed(text, "5s"))
    refused(operator, apply, f"{_UNKNOWN}: 10.10.16.58 (")


@APPLIERS
def test_another_cluster_is_left_alone(operator: Operator, apply: Applier) -> None:
    """The build of a cluster of another name is refused, whatever its nodes are called."""
    assert operator.cluster.text.count("  name: lab\n") == 1
    operator.build(changed(operator.cluster.text.replace("  name: lab\n", "  name: staging\n"), "5s"))
    refused(operator, apply, f"{_UNKNOWN}: lab (")


def refused(operator: Operator, apply: Applier, reason: str) -> None:
    """Require that applying fails with a reason, and leaves every file and process of every node as they were."""
    nodes = operator.cluster.nodes.values()
    before = [(files(node), standing(node), reloads(node)) for node in nodes]
    done = apply(operator)
    assert done.code != 0
    assert reason.lower() in (done.out + done.err).lower()
    assert [(files(node), standing(node), reloads(node)) for node in nodes] == before
    assert [node.sh("find /etc -name '*.hagen~'").out for node in nodes] == [""] * len(nodes)
