"""`pcs.sh auth` and `setup` take up what was cut short, leave alone what is not theirs, and say what differs."""

from pathlib import Path

import pytest

import programs
from hagen.pipeline import compile_source
from hagen.source import Source
from sandbox import Node, Ran
from topologies import EXAMPLES, secrets

EXAMPLE = next(example for example in EXAMPLES if example.name == "two-nodes-quorum-device")
KNOWN = secrets(EXAMPLE.topology)


def script(folder: Path, *changes: tuple[str, str]) -> Path:
    """Return the pcs.sh of the example, its topology changed by replacing texts."""
    text = EXAMPLE.topology.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    result = compile_source(Source("changed.yml", text.encode()))
    assert result.diagnostics == ()
    made = next(artifact for artifact in result.artifacts if artifact.path == "pcs.sh")
    path = folder / "pcs.sh"
    path.write_text(made.text)
    return path


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """Return a pretended node that knows the secrets and has no cluster."""
    programs.need("pcs", "crm_verify", "unshare")
    return Node(tmp_path / "node", files=KNOWN.files)


def run(node: Node, path: Path, *steps: str) -> Ran:
    """Run steps of the script."""
    return node.script(path, *steps, env=KNOWN.env)


def made(node: Node, path: Path) -> None:
    """Authenticate and make the cluster."""
    assert run(node, path, "auth").code == 0
    assert run(node, path, "setup").code == 0


def test_a_setup_that_was_cut_short_is_taken_up(node: Node, tmp_path: Path) -> None:
    """Corosync's configuration is there, but nothing was started or enabled: the next run does it, and no more."""
    path = script(tmp_path)
    made(node, path)
    for state in (tmp_path / "node/state").glob("*"):
        if state.name != "authenticated":
            state.unlink()

    again = run(node, path, "setup")
    assert again.code == 0, again.output
    assert again.called("pcs", "cluster", "setup") == []
    assert len(again.called("pcs", "cluster", "start")) == 1
    assert len(again.called("pcs", "cluster", "enable")) == 1
    assert again.called("pcs", "quorum", "device", "add") == []


def test_dry_run_names_every_command(node: Node, tmp_path: Path) -> None:
    """On a bare node a dry run says what it would do, from the set-up to the quorum device, and does nothing."""
    seen = run(node, script(tmp_path), "--dry-run", "setup")

    assert seen.code == 0, seen.output
    for words in (
        "pcs cluster setup pair",
        "pcs cluster start",
        "pcs cluster enable",
        "pcs quorum device add model net",
    ):
        assert f"would run: {words}" in seen.output
    assert seen.called("pcs", "cluster") == []


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("name: pair", "name: other", "another cluster, 'pair'"),
        ("main: 198.51.100.12", "main: 198.51.100.13", "right 198.51.100.13"),
        ("host: 198.51.100.10", "host: 198.51.100.9", "198.51.100.10 ffsplit"),
        ("algorithm: ffsplit", "algorithm: lms", "198.51.100.10 lms"),
    ],
    ids=["cluster", "address", "device", "algorithm"],
)
def test_what_differs_is_said_and_not_touched(
    node: Node, tmp_path: Path, before: str, after: str, words: str
) -> None:
    """An edit that pcs.sh cannot carry out by itself ends it with the difference and the command to run."""
    made(node, script(tmp_path))

    seen = run(node, script(tmp_path, (before, after)), "setup")
    assert seen.code == 1
    assert words in seen.output
    assert seen.called("pcs", "cluster", "setup") == []
    assert seen.called("pcs", "quorum", "device", "add") == []


def test_the_ready_made_cluster_is_named(node: Node, tmp_path: Path) -> None:
    """Debian's packages start a cluster of their own; the script says what to do and does not destroy it."""
    node.write("/etc/corosync/corosync.conf", "totem {\n    version: 2\n    cluster_name: debian\n}\n")

    seen = run(node, script(tmp_path), "setup")
    assert seen.code == 1
    assert "pcs cluster destroy" in seen.output
    assert seen.called("pcs", "cluster", "destroy") == []
