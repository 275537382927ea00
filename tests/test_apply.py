"""`examples/apply/apply.sh`: what it puts on a node that is this machine, what it refuses, and what it makes up for.

The files of the manifests here belong into a folder of the test; `tests/lab/test_apply.py` has real ones and real nodes.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import programs
from topologies import ROOT

APPLY = ROOT / "examples/apply/apply.sh"


class Node:
    """A folder of artifacts with its manifest, and the folder that plays the node's disk."""

    def __init__(self, folder: Path) -> None:
        """Begin with nothing in `folder`."""
        self.out, self.disk, self._log = folder / "out", folder / "it's $HOME", folder / "log"
        self.out.mkdir()
        self.format: dict[str, Any] = {"name": "hagen-manifest", "version": 1}
        self._files: dict[str, dict[str, Any]] = {}

    def add(
        self,
        name: str,
        text: str,
        *,
        validate: Sequence[str] = (),
        reload: Sequence[str] = (),
        node: str = "c1",
    ) -> Path:
        """Add an artifact for a node, or put another in its place, and return where it belongs."""
        (self.out / name).write_text(text)
        target = self.disk / "deep" / name
        self._files[name] = {
            "path": name,
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "mode": "0644",
            "target": {"path": str(target), "mode": "0640", "owner": "root", "group": "root"},
            "nodes": [node],
            "validate": [*validate],
            "reload": [*reload],
        }
        return target

    def note(self, word: str) -> tuple[str, ...]:
        """Return a command that writes a word into the log."""
        return ("bash", "-c", 'printf "%s\\n" "$1" >>"$2"', "note", word, str(self._log))

    def noted(self) -> list[str]:
        """Return the words that were written since the last call."""
        words = self._log.read_text().splitlines() if self._log.exists() else []
        self._log.unlink(missing_ok=True)
        return words

    def apply(self, node: str = "c1", ssh: str = "env") -> programs.Verdict:
        """Write the manifest, with the reloads in the order of their last words, and apply it."""
        reloads = {tuple(each["reload"]) for each in self._files.values()} - {()}
        manifest = {
            "format": self.format,
            "cluster": "prod",
            "members": [{"name": "c1", "addresses": ["192.0.2.1", "2001:db8::1"]}],
            "files": [*self._files.values()],
            "reloads": sorted(reloads),
        }
        (self.out / "manifest.json").write_text(json.dumps(manifest))
        return programs.run(str(APPLY), self.out, node, env={"SSH": ssh})


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """Make a node with nothing on it; who applies is root, and may give files to root and keep marks below /run."""
    programs.need("bash", "python3")
    if os.geteuid():
        programs.missing("the right to apply files (root)")
    return Node(tmp_path)


def test_shellcheck_likes_it() -> None:
    """The script is bash, and shellcheck has nothing to say about it."""
    assert programs.shellcheck(APPLY) == programs.ACCEPTED


def test_files_are_put_there_and_reloaded_once(node: Node) -> None:
    """Each file of the node is there with its mode, each different reload ran once in order; a second run does nothing."""
    first = node.add("first", "it's one\n", reload=node.note("b 'b'"))
    second = node.add("second", "two, no end of line", reload=node.note("a  $a"))
    third = node.add("third", "", reload=node.note("a  $a"))
    other = node.add("other", "four\n", reload=node.note("c"), node="c2")

    said = node.apply().require()
    assert said.splitlines()[:3] == [f"changed: {each}" for each in (first, second, third)]
    assert node.noted() == ["a  $a", "b 'b'"]
    assert [each.read_text() for each in (first, second, third)] == [
        "it's one\n",
        "two, no end of line",
        "",
    ]
    assert {each.stat().st_mode & 0o7777 for each in (first, second, third)} == {0o640}
    assert not other.exists()

    assert node.apply() == (0, "nothing changed\n")
    assert node.noted() == []
    assert sorted(node.disk.rglob("*")) == sorted([first.parent, first, second, third])


def test_what_differs_is_mended(node: Node) -> None:
    """A text or a mode that somebody has changed on the node is put right, and only that file's reload runs."""
    first = node.add("first", "one\n", reload=node.note("a"))
    second = node.add("second", "two\n", reload=node.note("b"))
    node.apply().require()
    node.noted()

    second.write_text("edited\n")
    node.apply().require()
    assert (second.read_text(), node.noted()) == ("two\n", ["b"])

    first.chmod(0o600)
    node.apply().require()
    assert (first.stat().st_mode & 0o7777, node.noted()) == (0o640, ["a"])


def test_one_refused_file_stops_all(node: Node) -> None:
    """The check reads the new file before any file is replaced; one that fails leaves all as they were, and nothing else."""
    good = node.add("good", "one\n", reload=node.note("a"))
    bad = node.add("later", "sound\n", validate=("grep", "-x", "sound", "{}"), reload=node.note("b"))
    node.apply().require()
    node.noted()

    node.add("good", "two\n", reload=node.note("a"))
    node.add("later", "broken\n", validate=("grep", "-x", "sound", "{}"), reload=node.note("b"))
    refused = node.apply()
    assert (refused.code, f"failed: grep -x sound {bad}.hagen~" in refused.output) == (1, True)
    assert (good.read_text(), bad.read_text(), node.noted()) == ("one\n", "sound\n", [])
    assert sorted(good.parent.iterdir()) == [good, bad]


def test_a_file_that_the_manifest_does_not_list_is_refused(node: Node) -> None:
    """Bytes that differ from the digest never reach the node."""
    target = node.add("first", "one\n")
    (node.out / "first").write_text("two\n")

    refused = node.apply()
    assert (refused.code, target.exists()) == (1, False)
    assert f"{node.out}/first is not the file that manifest.json lists" in refused.output


@pytest.mark.parametrize(("version", "name"), [(2, "c1"), (1, "c3")], ids=["unknown-format", "unknown-node"])
def test_what_it_does_not_know_is_refused(node: Node, version: int, name: str) -> None:
    """A format of another version, and a node of which the manifest says nothing, stop it."""
    target = node.add("first", "one\n")
    node.format["version"] = version

    refused = node.apply(name)
    assert (refused.code, target.exists()) == (1, False)
    assert f"has nothing for {name}" in refused.output


def test_a_reload_that_failed_is_made_up_for(node: Node) -> None:
    """A file that is in its place while its reload failed: the next run reloads, and the one after has nothing to do."""
    gate = node.disk / "gate"
    node.add("first", "one\n", reload=("test", "-e", str(gate)))
    failed = node.apply()
    assert (failed.code, f"failed: test -e {gate}" in failed.output) == (1, True)

    gate.touch()
    assert node.apply() == (0, f"run: test -e {gate}\n")
    assert node.apply() == (0, "nothing changed\n")


READY_MADE = "totem {\n  cluster_name: debian\n}\nnodelist {\n  node {\n    # Hostname\n    name: node1\n    ring0_addr: 127.0.0.1\n  }\n}\n"
PROD = "totem {\n  cluster_name: prod\n}\nnodelist {\n  node {\n    ring0_addr: 192.0.2.1\n    ring1_addr: 2001:db8::1\n    name: c1\n  }\n"
LEFT_OUT = "  node {\n    ring0_addr: 192.0.2.9\n    name: c9\n  }\n}\n"


@pytest.mark.parametrize(
    ("conf", "unknown"),
    [
        (f"{PROD}}}\n", ""),
        (READY_MADE, ""),
        (READY_MADE.replace("debian", "prod"), "node1 127.0.0.1"),
        (READY_MADE + PROD + LEFT_OUT, "debian node1 127.0.0.1 192.0.2.9 c9"),
        (PROD + LEFT_OUT, "192.0.2.9 c9"),
        (f"# Debian had here: ring0_addr: 127.0.0.1\n{PROD}{LEFT_OUT}", "192.0.2.9 c9"),
        ((PROD + LEFT_OUT).replace(": ", ":").replace("\n", "\r\n"), "192.0.2.9 c9"),
        (PROD.replace("192.0.2.1", "192.0.2.11") + "}\n", "192.0.2.11"),
    ],
)
def test_who_is_a_member_is_known(node: Node, tmp_path: Path, conf: str, unknown: str) -> None:
    """Whoever is in Corosync's file, however it is written, is in the build, or nothing is put there."""
    if not Path("/etc/corosync").is_dir():
        programs.missing("/etc/corosync")
    (tmp_path / "corosync.conf").write_text(conf)
    ssh = tmp_path / "ssh"
    ssh.write_text(
        "#!/bin/sh\nmount -t tmpfs none /etc/corosync && "
        f'cp {tmp_path}/corosync.conf /etc/corosync && exec "$@"\n'
    )
    ssh.chmod(0o755)
    target = node.add("first", "one\n")

    done = node.apply(ssh=f"unshare --mount {ssh}")
    assert (done.code, target.exists()) == ((1, False) if unknown else (0, True)), done.output
    assert (f"the cluster there has what this build does not: {unknown} (" in done.output) == bool(unknown)


def test_usage_is_said() -> None:
    """Without its arguments it says what it takes."""
    said = programs.run(str(APPLY), "out")
    assert (said.code, said.output.startswith("apply.sh OUT NODE: ")) == (2, True)
