"""Every dialect's own programs accept the artifacts, warn of nothing, and make the same cluster of them.

A topology of one's own is judged too if it lies in `tests/dialects/NAME.yml`. A dialect is left out of a topology that
asks for what its platform is too old for, and that hagen therefore refuses (HG4602).
"""

import re
import shlex
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
from hagen.pipeline import Result, compile_source
from hagen.source import Source
from sandbox import Ran
from topologies import EXAMPLES, ROOT, secrets

pytestmark = pytest.mark.dialects

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


def translated(topology: Path, dialect: Dialect) -> Result:
    """Compile a topology for the platform of a dialect."""
    text, count = _PLATFORM.subn(rf"\g<key>{dialect.platform}", topology.read_text())
    assert count == 1
    text = _ANACONDA.sub("kickstart: false", text)
    return compile_source(Source(f"{topology.parent.name}/{topology.name}", text.encode()))


def is_too_old(topology: Path, dialect: Dialect) -> bool:
    """Tell whether a topology asks for something that came after the versions of a dialect's platform."""
    codes = {each.code.name for each in translated(topology, dialect).diagnostics if each.severity == "error"}
    return codes == {"newer-platform"}


def compiled(topology: Path, dialect: Dialect, folder: Path) -> RootNode:
    """Return a node of a dialect's platform that has the secrets and the artifacts of a topology."""
    result = translated(topology, dialect)
    assert not has_errors(result.diagnostics), [f"{dialect}: {each.message}" for each in result.diagnostics]
    files, hostname = secrets(topology).files, nodes(topology)[0]
    node = RootNode(dialect, folder / dialect.suite, files=files, hostname=hostname)
    for artifact in result.artifacts:
        place = node.folder / artifact.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(artifact.text)
    _prepare_disks(node)
    return node


def _prepare_disks(node: RootNode) -> None:
    """Let the disks that the script wants for SBD look as if it had prepared them: there are none here."""
    found = re.findall(r"\bdisks=\(([^)]*)\)", (node.folder / "pcs.sh").read_text())
    for disk in shlex.split(" ".join(found)):
        header = node.state / f"disk-{disk.removeprefix('/dev/')}"
        header.parent.mkdir(parents=True, exist_ok=True)
        header.write_text("Timeout (watchdog) : 40\nTimeout (msgwait) : 80\n")


def everywhere(judge: Callable[[RootNode], str], topology: Path, folder: Path) -> None:
    """Let `judge` look at the topology with each dialect, all at a time, and require that it sees the same."""
    roots.need()
    nodes = [compiled(topology, each, folder) for each in dialects.ALL if not is_too_old(topology, each)]
    assert len(nodes) > 1
    with ThreadPoolExecutor() as pool:
        seen = list(pool.map(judge, nodes))
    for node, each in zip(nodes[1:], seen[1:], strict=True):
        assert each == seen[0], f"{node.dialect} differs from {nodes[0].dialect}"


def accepted(node: RootNode, *step: str | Path, env: Mapping[str, str]) -> Ran:
    """Run a step of the script, which must do its work; neither it nor pcs may have anything to warn of."""
    ran = node.script(node.folder / "pcs.sh", *step, env=env)
    assert ran.code == 0, f"{node.dialect}: {ran.output}"
    warned = [
        f"{node.dialect}: {' '.join(said.argv)}: {said.warnings}" for said in node.said if said.warnings
    ]
    assert not warned, "\n".join(warned)
    return ran


@pytest.mark.parametrize("dialect", dialects.ALL, ids=str)
def test_every_dialect_has_a_rich_topology(dialect: Dialect) -> None:
    """What was written to ask for much is not left out everywhere."""
    assert [name for name, topology in RICH.items() if not is_too_old(topology, dialect)] != []


@pytest.mark.parametrize("dialect", dialects.ALL, ids=str)
def test_a_root_has_the_pcs_of_its_dialect_and_stays_as_it_is(dialect: Dialect, tmp_path: Path) -> None:
    """What is tested is the version that the dialect is named for, and a run can change nothing for the next one."""
    roots.need()
    node = RootNode(dialect, tmp_path / "node")

    assert node.run(["pcs", "--version"]).stdout.startswith(dialect.pcs)
    assert node.run(["touch", "/usr/bin/hagen-was-here"]).code != 0
    assert not (roots.path(dialect) / "run/hagen").exists()


@pytest.mark.parametrize("dialect", dialects.ALL, ids=str)
def test_a_command_of_another_dialect_is_noticed(dialect: Dialect, tmp_path: Path) -> None:
    """The older form of a command is warned of or refused, and either would fail the tests below."""
    roots.need()
    node = RootNode(dialect, tmp_path / "node")
    script = node.folder / "pcs.sh"
    script.parent.mkdir()
    script.write_text(
        "cd /tmp && cibadmin --empty >cib.xml && pcs -f cib.xml resource defaults resource-stickiness=1\n"
    )

    with pytest.raises(AssertionError, match=f"{re.escape(str(dialect))}.*pcs resource defaults update"):
        accepted(node, env={})


def test_every_dialect_makes_the_same_cluster(topology: Path, tmp_path: Path) -> None:
    """Pacemaker accepts the CIB, which means the same in all dialects, and so does Corosync's configuration.

    That pcs builds it alike a second time is seen in the rich topologies: it takes as long again.
    """

    def judge(node: RootNode) -> str:
        env = secrets(topology).env
        for step in ("auth", "setup"):
            accepted(node, step, env=env)
        made = accepted(node, "cib", node.folder / "cib.xml", env=env)
        assert made.stderr == "", f"{node.dialect}: {made.stderr}"
        cib = (node.folder / "cib.xml").read_text()
        named = named_operations(said.argv for said in node.said)
        (node.folder / "verified.xml").write_text(programs.without_members(cib))
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
