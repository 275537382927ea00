"""What holds for every topology of which Pacemaker has much to do: refused with a place, or accepted by Pacemaker.

The pcs of this machine builds each CIB, as `pcs.sh cib` tells it, and `crm_verify` judges it there: see `warm`.
"""

import copy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings

import programs
import warm
from generated import pacemaker_topologies, sound_topologies, written
from hagen.pipeline import Result
from sandbox import NEEDED, run_pcs_script
from test_properties import compiled, misplaced, texts
from topologies import ROOT

pytestmark = pytest.mark.dialects

SHARDS = 8
EACH = 25
ONCE = settings(
    database=None,
    deadline=None,
    # A failure is shown as it was found: to make it small would take an hour of pcs.
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
RICH = ROOT / "tests/dialects/rich.yml"


@pytest.fixture(scope="module")
def pcs() -> Iterator[warm.Pcs]:
    """Return a pcs that stays in memory."""
    with warm.warm() as found:
        yield found


def script(result: Result, folder: Path) -> Path:
    """Write the pcs script of a compilation to a folder."""
    path = folder / "pcs.sh"
    path.write_text(texts(result)["pcs.sh"])
    return path


def built(pcs: warm.Pcs, topology: Any, folder: Path) -> Path:
    """Return the CIB of a sound topology."""
    result = compiled(written(topology))
    assert result.topology is not None, result.diagnostics
    cib = folder / "cib.xml"
    cib.unlink(missing_ok=True)
    verdict = pcs.build(script(result, folder), cib)
    if verdict != programs.Verdict(0, said(cib)):
        raise AssertionError(f"exit code {verdict.code}: {verdict.output}\n{written(topology)}")
    return cib


def said(cib: Path) -> str:
    """Return the only thing that a script says that has built a CIB, without a warning of anybody's."""
    return f"cib: the wanted configuration is in {cib}\n"


def test_a_pcs_that_stays_in_memory_builds_the_same(pcs: warm.Pcs, tmp_path: Path) -> None:
    """Byte by byte, the CIB of the topology that has everything is what the script makes of it by itself."""
    programs.need(*NEEDED)
    result = compiled(RICH.read_text())
    path = script(result, tmp_path)
    ran = run_pcs_script(path, "cib", tmp_path / "real.xml", folder=tmp_path / "node")
    assert ran.code == 0, ran.output

    verdict = pcs.build(path, tmp_path / "warm.xml")

    assert verdict == programs.Verdict(0, said(tmp_path / "warm.xml"))
    assert (tmp_path / "warm.xml").read_bytes() == (tmp_path / "real.xml").read_bytes()


def test_a_pcs_that_stays_in_memory_refuses_what_pcs_refuses(pcs: warm.Pcs, tmp_path: Path) -> None:
    """A command that pcs does not take ends the script with pcs's words, and the next script is none the worse."""
    text = texts(compiled(RICH.read_text()))["pcs.sh"]
    path = tmp_path / "pcs.sh"
    path.write_text(text.replace("ocf:heartbeat:IPaddr2", "ocf:heartbeat:Nonesuch"))

    verdict = pcs.build(path, tmp_path / "cib.xml")

    assert verdict.code == 1
    assert "Nonesuch" in verdict.output
    assert not (tmp_path / "cib.xml").exists()
    path.write_text(text)
    assert pcs.build(path, tmp_path / "cib.xml").code == 0


@pytest.mark.parametrize("shard", range(SHARDS))
def test_pacemaker_accepts_what_is_not_refused(shard: int, pcs: warm.Pcs, tmp_path: Path) -> None:
    """Of 25 topologies each has errors with places, or a CIB that pcs builds and `crm_verify` has nothing against."""
    became: Counter[str] = Counter()

    @seed(shard)
    @settings(ONCE, max_examples=EACH)
    @given(pacemaker_topologies())
    def judge(topology: Any) -> None:
        text = written(topology)
        result = compiled(text)
        assert misplaced(text, result.diagnostics) == []
        if result.topology is None:
            became["refused"] += 1
            assert [each for each in result.diagnostics if each.severity == "error"] != []
        else:
            became["made"] += 1
            built(pcs, topology, tmp_path)

    judge()

    assert became["made"] >= 0.5 * became.total()
    assert became.total() == EACH


def test_what_is_built_twice_is_the_same(pcs: warm.Pcs, tmp_path: Path) -> None:
    """The same topology has the same CIB, and a further primitive is the only difference that it makes."""
    seen: Counter[str] = Counter()

    @seed(SHARDS)
    @settings(ONCE, max_examples=30)
    @given(sound_topologies())
    def judge(topology: Any) -> None:
        if seen["judged"] == 5 or compiled(written(topology)).topology is None:
            return
        seen["judged"] += 1
        before = built(pcs, topology, tmp_path).read_bytes()
        assert built(pcs, topology, tmp_path).read_bytes() == before
        (tmp_path / "before.xml").write_bytes(before)
        assert difference(tmp_path / "before.xml", built(pcs, with_one_more(topology), tmp_path)) == ADDED

    judge()

    assert seen["judged"] == 5


ADDED = [("create", "/cib/configuration/resources", "primitive", "one-more")]
"""What a further primitive changes."""


def with_one_more(topology: Any) -> Any:
    """Return the topology with a further primitive."""
    more = copy.deepcopy(topology)
    primitives = more.setdefault("resources", {}).setdefault("primitives", {})
    primitives["one-more"] = {"agent": "ocf:pacemaker:Dummy", "instance": {"fake": "more"}}
    return more


def difference(before: Path, after: Path) -> list[tuple[str, str, str, str]]:
    """Return every change between two CIBs, but for their versions: what is done, where, and to what."""
    ran = programs.run("crm_diff", "--no-version", "--original", before, "--new", after)
    assert ran.code in {0, 1}, ran.output
    if ran.code == 0:
        return []
    changes = ET.fromstring(ran.output).iter("change")  # noqa: S314  written by crm_diff a moment ago
    return [
        (
            change.get("operation", ""),
            change.get("path", ""),
            next((each.tag for each in change), ""),
            next((each.get("id", "") for each in change), ""),
        )
        for change in changes
    ]


def test_a_further_resource_is_all_that_differs(pcs: warm.Pcs, tmp_path: Path) -> None:
    """Beside everything that the language has, `crm_diff` finds the new primitive and nothing else."""
    topology = yaml.safe_load(RICH.read_text())
    (tmp_path / "before.xml").write_bytes(built(pcs, topology, tmp_path).read_bytes())

    assert difference(tmp_path / "before.xml", built(pcs, topology, tmp_path)) == []
    assert difference(tmp_path / "before.xml", built(pcs, with_one_more(topology), tmp_path)) == ADDED
