"""Every dialect's own programs accept the artifacts, warn of nothing, and make the same cluster of them.

A topology of one's own is judged too if it lies in `tests/dialects/NAME.yml`.
"""

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml

import dialects
import programs
from dialects import Dialect, roots
from dialects.meaning import meaning, named_operations
from dialects.node import RootNode
from hagen.diagnostic import has_errors
from hagen.pipeline import compile_source
from hagen.source import Source
from sandbox import Ran
from topologies import EXAMPLES, ROOT, secrets

RICH = {path.stem: path for path in sorted(ROOT.glob("tests/dialects/*.yml"))}
"""What was written for these tests."""

TOPOLOGIES = {**{example.name: example.topology for example in EXAMPLES}, **RICH}
"""What is compiled for each dialect's platform."""

_PLATFORM = re.compile(r"^(?P<key> +platform: *)\S+", re.MULTILINE)
_ANACONDA = re.compile(r"\bkickstart: *true\b")


@pytest.fixture(params=TOPOLOGIES)
def topology(request: pytest.FixtureRequest) -> Path:
    """Return each topology in turn."""
    return TOPOLOGIES[request.param]


def compiled(topology: Path, dialect: Dialect, folder: Path) -> RootNode:
    """Compile a topology for the platform of a dialect, and return a node that has the secrets and the artifacts."""
    text, count = _PLATFORM.subn(rf"\g<key>{dialect.platform}", topology.read_text())
    assert count == 1
    text = _ANACONDA.sub("kickstart: false", text)
    result = compile_source(Source(f"{topology.parent.name}/{topology.name}", text.encode()))
    assert not has_errors(result.diagnostics), result.diagnostics
    node = RootNode(dialect, folder / dialect.suite, files=secrets(topology).files)
    for artifact in result.artifacts:
        place = node.folder / artifact.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(artifact.text)
    return node


def everywhere(judge: Callable[[RootNode], str], topology: Path, folder: Path) -> None:
    """Let `judge` look at the topology with each dialect, all at a time, and require that it sees the same."""
    roots.need()
    nodes = [compiled(topology, dialect, folder) for dialect in dialects.ALL]
    with ThreadPoolExecutor() as pool:
        seen = list(pool.map(judge, nodes))
    for node, each in zip(nodes[1:], seen[1:], strict=True):
        assert each == seen[0], f"{node.dialect} differs from {nodes[0].dialect}"


def accepted(node: RootNode, *step: str | Path, env: Mapping[str, str]) -> Ran:
    """Run a step of the script, which must do its work; neither it nor pcs may have anything to warn of."""
    ran = node.script(node.folder / "pcs.sh", *step, env=env)
    assert ran.code == 0, f"{node.dialect}: {ran.output}"
    assert [f"{node.dialect}: {said}" for said in node.said if said.warnings] == []
    return ran


def test_every_dialect_makes_the_same_cluster(topology: Path, tmp_path: Path) -> None:
    """Pacemaker accepts the CIB, pcs builds it twice alike, and it means the same in all dialects; so does corosync.conf."""

    def judge(node: RootNode) -> str:
        env = secrets(topology).env
        for step in ("auth", "setup"):
            accepted(node, step, env=env)
        made = accepted(node, "cib", node.folder / "cib.xml", env=env)
        assert made.stderr == "", f"{node.dialect}: {made.stderr}"
        cib = (node.folder / "cib.xml").read_text()
        named = named_operations(said.argv for said in node.said)
        (node.folder / "verified.xml").write_text(node.without_members(cib))
        verdict = node.run(["crm_verify", "--verbose", "--xml-file", node.folder / "verified.xml"])
        assert (verdict.code, verdict.output) == (0, ""), f"{node.dialect}: {verdict.output}"

        if topology in RICH.values():
            _changes_nothing(node, cib, topology)
        return meaning(cib, named) + corosync(node)

    everywhere(judge, topology, tmp_path)


def _changes_nothing(node: RootNode, cib: str, topology: Path) -> None:
    """Require that a push finds nothing to do in a cluster that has this CIB."""
    live = node.join(cib, nodes(topology))
    before = live.read_text()
    again = accepted(node, "push", env=secrets(topology).env)
    assert (again.stdout, again.stderr) == ("push: nothing to change\n", ""), (
        f"{node.dialect}: {again.output}"
    )
    assert live.read_text() == before


def test_every_dialect_pushes_what_differs(tmp_path: Path) -> None:
    """A push brings an empty cluster to what is wanted, then finds nothing to do, and puts right what somebody changed."""
    topology = TOPOLOGIES["single-node"]

    def judge(node: RootNode) -> str:
        env = secrets(topology).env
        live = node.join(node.run(["cibadmin", "--empty"]).stdout, nodes(topology))
        accepted(node, "push", env=env)
        named = named_operations(said.argv for said in node.said)
        pushed = live.read_text()
        _changes_nothing(node, pushed, topology)

        live.write_text(pushed.replace('score="INFINITY"', 'score="7"'))
        assert meaning(live.read_text()) != meaning(pushed)
        accepted(node, "push", env=env)
        assert meaning(live.read_text()) == meaning(pushed), str(node.dialect)
        return meaning(pushed, named)

    everywhere(judge, topology, tmp_path)


def test_every_haproxy_accepts_its_configuration(topology: Path, tmp_path: Path) -> None:
    """HAProxy of the platform reads its configuration without a warning; certificates are made for it."""

    def judge(node: RootNode) -> str:
        config = node.folder / "haproxy.cfg"
        judged = programs.with_certificates(config.read_text(), node.folder / "tls", node.inside / "tls")
        config.write_text(judged)
        ran = node.run(["haproxy", "-dW", "-c", "-f", config], env=secrets(topology).env)
        assert (ran.code, ran.output.removeprefix("Configuration file is valid\n")) == (0, ""), (
            f"{node.dialect}: {ran.output}"
        )
        return ""

    everywhere(judge, topology, tmp_path)


def test_every_rsyslog_accepts_its_snippet(topology: Path, tmp_path: Path) -> None:
    """`rsyslogd -N1` reads the snippet where the platform's own configuration includes it."""

    def judge(node: RootNode) -> str:
        for snippet in sorted((node.folder / "rsyslog.d").glob("*.conf")):
            node.write(f"/etc/rsyslog.d/{snippet.name}", snippet.read_text())
        ran = node.run(["rsyslogd", "-N1"])
        assert ran.code == 0, f"{node.dialect}: {ran.output}"
        assert "error" not in ran.output.lower(), f"{node.dialect}: {ran.output}"
        assert "End of config validation run. Bye." in ran.output, f"{node.dialect}: {ran.output}"
        return ""

    everywhere(judge, topology, tmp_path)


def nodes(topology: Path) -> list[str]:
    """Return the names of a topology's nodes."""
    return list(yaml.safe_load(topology.read_text())["nodes"])


def corosync(node: RootNode) -> str:
    """Return Corosync's configuration without the random name that newer versions of pcs give a cluster."""
    text = (node.folder / "etc/corosync/corosync.conf").read_text()
    return re.sub(r"^\s*cluster_uuid: \w+\n", "", text, flags=re.MULTILINE)
