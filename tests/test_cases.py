"""Every diagnostic: a topology that provokes it, what is shown of it, and the page that explains it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import topologies
from hagen import codes, document, resources, rules
from hagen.cli import main
from hagen.diagnostic import Code, Diagnostic, Label
from hagen.pipeline import check_source
from hagen.render import ALL as RENDERERS
from hagen.render.report import Report
from hagen.source import Source

CASES = topologies.ROOT / "tests/cases"
FOLDERS = sorted(path.name for path in CASES.iterdir() if path.is_dir())
BASE = CASES / "base.yml"
PAGES = topologies.ROOT / "compiler/hagen/pages"

EXPECTED = {"text": "expected.txt", "json": "expected.json", "sarif": "expected.sarif"}
"""The formats that each case is rendered in, and the file that has the result."""

SECRET = "hunter22"  # noqa: S105  it is what the cases write where a secret should not be
ONLY_EXAMPLE = frozenset({"HG1000", "HG1001", "HG1003", "HG2004", "HG9001"})
"""Codes besides the HG6xxx that no piece of YAML on a page can provoke."""


def case(name: str) -> tuple[Source, tuple[Diagnostic, ...]]:
    """Return a case's topology and what is found in it."""
    source = Source("topology.yml", (CASES / name / "topology.yml").read_bytes())
    return source, check_source(source).diagnostics


def labels(diagnostics: tuple[Diagnostic, ...]) -> list[Label]:
    """Return every place that is shown."""
    return [label for each in diagnostics for label in (each.primary, *each.related)]


@pytest.mark.parametrize("name", FOLDERS)
def test_case_is_shown_as_expected(name: str, update: bool) -> None:
    """Each format says of the case exactly what its expected file has."""
    source, diagnostics = case(name)
    shown = {
        file: RENDERERS[format_]([Report(source, diagnostics)]).encode() for format_, file in EXPECTED.items()
    }

    if update:
        for file, text in shown.items():
            (CASES / name / file).write_bytes(text)

    assert {file: (CASES / name / file).read_bytes() for file in shown} == shown


@pytest.mark.parametrize("name", FOLDERS)
def test_case_provokes_its_code_alone(name: str) -> None:
    """A case is about one code: the one that its folder is named for."""
    _, diagnostics = case(name)

    assert {each.code.id for each in diagnostics} == {name[:6]}
    assert f"[{name[:6]}]" in (CASES / name / "expected.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FOLDERS)
def test_case_is_a_warning_only_in_a_lab(name: str) -> None:
    """What is found stops the compilation, except for warnings and for the safety rules in a lab."""
    _, diagnostics = case(name)

    lab = name.endswith("-lab")
    assert {each.severity for each in diagnostics} == {
        "warning" if lab else each.code.severity for each in diagnostics
    }
    assert not lab or all(each.code.safety for each in diagnostics)


@pytest.mark.parametrize("name", FOLDERS)
def test_case_says_the_mend(name: str) -> None:
    """Every message begins small and has no full stop, and none is without a hint."""
    _, diagnostics = case(name)

    for each in diagnostics:
        assert not each.message[:1].isupper() or each.message.startswith(("VIP", "Debian"))
        assert each.hint
        assert not each.message.endswith(".")
        assert not each.hint.endswith(".")


@pytest.mark.parametrize("name", FOLDERS)
def test_case_points_into_the_text(name: str) -> None:
    """Every span lies in the text, and begins on a character unless nothing stands there."""
    source, diagnostics = case(name)
    lines = source.lines()

    for label in labels(diagnostics):
        assert label.span is not None
        start, end = label.span
        assert 1 <= start.line <= end.line <= len(lines)
        assert start.column <= len(lines[start.line - 1]) + 1
        assert end.column <= len(lines[end.line - 1]) + 1
        assert start <= end
        assert start == end or not lines[start.line - 1][start.column - 1].isspace() or name == "HG1012"


@pytest.mark.parametrize("name", [name for name in FOLDERS if not name.startswith("HG1")])
def test_case_points_at_what_the_user_wrote(name: str) -> None:
    """Every pointer is a node of the document, not something that was left out or derived."""
    source, diagnostics = case(name)
    loaded, _ = document.load(source)
    assert loaded is not None

    for label in labels(diagnostics):
        assert loaded.has(label.at)
        assert label.span == loaded.span(label)


def test_case_folders_are_complete() -> None:
    """A case folder has a topology, the expected files and nothing else, and is named for a code."""
    known = {code.id for code in codes.ALL}
    files = {"topology.yml", *EXPECTED.values()}

    assert {name: {each.name for each in (CASES / name).iterdir()} for name in FOLDERS} == dict.fromkeys(
        FOLDERS, files
    )
    assert [name for name in FOLDERS if not re.fullmatch(r"HG\d{4}(-[a-z0-9]+)*", name)] == []
    assert [name for name in FOLDERS if name[:6] not in known] == []


def test_every_code_is_provoked() -> None:
    """Every code has a case folder, or a test below that is named for it: ``test_hg6001_…``."""
    cased = {name[:6] for name in FOLDERS}
    tested = {name[5:11].upper() for name in globals() if name.startswith("test_hg")}

    assert cased | tested == {code.id for code in codes.ALL}
    assert cased & tested == set()


def test_no_secret_is_shown() -> None:
    """What the cases write where a secret should not be is in no expected file."""
    written = {
        name for name in FOLDERS if SECRET in (CASES / name / "topology.yml").read_text("utf-8", "replace")
    }
    shown = {path.parent.name for path in CASES.glob("*/expected.*") if SECRET in path.read_text("utf-8")}

    assert {
        "HG2001-secret",
        "HG2006-secret",
        "HG2009",
        "HG2009-fencing",
        "HG2009-hacluster",
        "HG4304",
    } <= written
    assert shown == set()


@pytest.mark.parametrize("name", FOLDERS)
def test_no_label_of_a_secret_is_shown(name: str) -> None:
    """The text under a secret label is in none of the case's expected files."""
    source, diagnostics = case(name)
    lines = source.lines()
    hidden = {
        lines[label.span.start.line - 1][label.span.start.column - 1 : label.span.end.column - 1]
        for label in labels(diagnostics)
        if label.secret and label.span
    }

    for file in EXPECTED.values():
        text = (CASES / name / file).read_text(encoding="utf-8")
        assert [each for each in hidden if each in text] == []


def hagen(*arguments: str | Path) -> Result:
    """Run hagen's command line in this process."""
    return CliRunner().invoke(main, [str(each) for each in arguments])


def said(result: Result) -> list[str]:
    """Return the codes of the diagnostics that a run has shown, in their order."""
    return re.findall(r"^(?:error|warning)\[(HG\d{4})\]", result.output, re.MULTILINE)


def lay_over(base: Any, piece: Any) -> Any:
    """Return `base` with the keys of `piece` laid over it; lists, scalars and empty mappings replace what is there."""
    if not (piece and isinstance(base, dict) and isinstance(piece, dict)):
        return piece
    return base | {key: lay_over(base.get(key), value) for key, value in piece.items()}


def read(text: str) -> Any:
    """Return the data of a sound piece of YAML, read as hagen reads it."""
    loaded, complaints = document.load(Source("page", text.encode()))
    assert complaints == ()
    assert loaded is not None
    return loaded.data


def judged(text: str) -> set[str]:
    """Return the codes that a page's YAML provokes: a topology as it is, a fragment laid over the base."""
    loaded, complaints = document.load(Source("page", text.encode()))
    if loaded is None:
        return {each.code.id for each in complaints}
    data = loaded.data
    if isinstance(data, Mapping) and "hagen" not in data:
        data = lay_over(read(BASE.read_text(encoding="utf-8")), data)
    return {each.code.id for each in check_source(Source("page", json.dumps(data).encode())).diagnostics}


def sections(page: str) -> dict[str, str]:
    """Return the text below each heading of a page, by heading; the title's own is under the empty one."""
    _, _, body = page.partition("\n")
    first, *rest = re.split(r"^## (.+)\n", body, flags=re.MULTILINE)
    return {"": first, **dict(zip(rest[::2], rest[1::2], strict=True))}


def block(section: str, language_: str) -> str:
    """Return what stands in the one fenced block of a section."""
    (found,) = re.findall(rf"^```{language_}\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL)
    assert isinstance(found, str)
    return found


def has_yaml(code: str) -> bool:
    """Tell whether the page of a code shows YAML, wrong and right, and not the example of a run."""
    return not code.startswith("HG6") and code not in ONLY_EXAMPLE


CODES = [code.id for code in codes.ALL]


def test_base_is_sound() -> None:
    """What the fragments of the pages are laid over has nothing wrong with it."""
    assert check_source(Source("base.yml", BASE.read_bytes())).diagnostics == ()


def test_every_code_has_a_page() -> None:
    """There is a page for each code and for nothing else."""
    assert sorted(path.name for path in PAGES.iterdir()) == sorted(f"{code}.md" for code in CODES)


@pytest.mark.parametrize("code", codes.ALL, ids=CODES)
def test_page_has_its_parts(code: Code) -> None:
    """A page has the code and its name, the meaning, the reason and the examples, on 15 to 40 lines."""
    page = resources.page(code.id)
    parts = sections(page)
    wanted = ["", "Why it matters", *(["Wrong", "Right"] if has_yaml(code.id) else ["Example"])]

    assert page.splitlines()[0] == f"# {code.id}: {code.name}"
    assert list(parts) in (wanted, [*wanted, "Source"])
    assert all(text.strip() for text in parts.values())
    assert 15 <= len(page.splitlines()) <= 40
    assert max(map(len, page.splitlines())) <= 120
    assert page.endswith("\n")
    assert not page.endswith("\n\n")


@pytest.mark.parametrize("code", [code for code in CODES if has_yaml(code)])
def test_page_is_right_about_wrong(code: str) -> None:
    """The YAML below "Wrong" provokes the code and no other."""
    assert judged(block(sections(resources.page(code))["Wrong"], "yaml")) == {code}


@pytest.mark.parametrize("code", [code for code in CODES if has_yaml(code)])
def test_page_is_right_about_right(code: str) -> None:
    """The YAML below "Right" compiles without any diagnostic."""
    assert judged(block(sections(resources.page(code))["Right"], "yaml")) == set()


@pytest.mark.parametrize("code", [code for code in CODES if not has_yaml(code)])
def test_page_shows_a_run(code: str) -> None:
    """The example of a page without YAML is a command and the diagnostic that it ends in."""
    lines = block(sections(resources.page(code))["Example"], "console").splitlines()

    assert lines[0].startswith("$ hagen ")
    assert any(line.startswith((f"error[{code}]: ", f"warning[{code}]: ")) for line in lines)


@pytest.mark.parametrize("code", CODES)
def test_page_is_what_explain_prints(code: str) -> None:
    """`hagen explain CODE` prints the page, in whatever case the code is typed."""
    result = hagen("explain", code.lower())

    assert (result.exit_code, result.output) == (0, resources.page(code))


def test_hg1000_a_topology_that_is_not_there(tmp_path: Path) -> None:
    """A topology that cannot be read is said, with the reason."""
    result = hagen("validate", tmp_path / "absent.yml")

    assert (result.exit_code, said(result)) == (1, ["HG1000"])
    assert "no such file or directory" in result.output


def test_hg1003_a_topology_of_many_megabytes(tmp_path: Path) -> None:
    """More bytes than hagen reads are refused before any of them is looked at."""
    topology = tmp_path / "topology.yml"
    topology.write_bytes(b"#" * (document.Limits().bytes + 1))
    result = hagen("validate", topology)

    assert (result.exit_code, said(result)) == (1, ["HG1003"])


def test_hg2004_a_keyword_without_words_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A keyword that the schema may use one day is refused in general words, not in the validator's."""
    changed = {"properties": {"hagen": {"const": 2}}}
    monkeypatch.setattr(resources, "data", lambda name: changed if name == resources.SCHEMA else None)
    topology = tmp_path / "topology.yml"
    topology.write_text("hagen: 1\n")
    result = hagen("validate", topology)

    assert (result.exit_code, said(result)) == (1, ["HG2004"])
    assert "`hagen` does not satisfy `const` of the schema" in result.output


def test_hg6001_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    """A folder that cannot be made is said, and the file in its place is not touched."""
    (tmp_path / "out").write_text("mine\n")
    result = hagen("build", BASE, "-o", tmp_path / "out")

    assert (result.exit_code, said(result)) == (1, ["HG6001"])
    assert (tmp_path / "out").read_text() == "mine\n"


def test_hg6002_a_symbolic_link_in_the_folder(tmp_path: Path) -> None:
    """A link in the place of an artifact is not followed."""
    (tmp_path / "elsewhere").write_text("mine\n")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/haproxy.cfg").symlink_to(tmp_path / "elsewhere")
    result = hagen("build", BASE, "-o", tmp_path / "out")

    assert (result.exit_code, said(result)) == (1, ["HG6002"])
    assert (tmp_path / "elsewhere").read_text() == "mine\n"


def test_hg6003_a_file_of_somebody_else(tmp_path: Path) -> None:
    """A file in the place of an artifact that hagen did not make is not overwritten."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out/haproxy.cfg").write_text("mine\n")
    result = hagen("build", BASE, "-o", tmp_path / "out")

    assert (result.exit_code, said(result)) == (1, ["HG6003"])
    assert (tmp_path / "out/haproxy.cfg").read_text() == "mine\n"


def test_hg6004_an_edited_file_that_is_no_longer_made(tmp_path: Path) -> None:
    """What was edited stays when it is no longer made, and that is a warning."""
    topology = tmp_path / "topology.yml"
    topology.write_text(BASE.read_text() + "provisioning: {kickstart: true}\n")
    assert hagen("build", topology, "-o", tmp_path / "out").exit_code == 0
    edited = tmp_path / "out/kickstart/controller1.ks"
    edited.write_text("mine\n")
    topology.write_text(BASE.read_text())
    result = hagen("build", topology, "-o", tmp_path / "out")

    assert (result.exit_code, said(result)) == (0, ["HG6004"])
    assert [path.read_text() for path in edited.parent.iterdir()] == ["mine\n"]


def test_hg6005_two_clusters_of_one_name(tmp_path: Path) -> None:
    """The second of two topologies for one folder is refused."""
    other = tmp_path / "other.yml"
    other.write_bytes(BASE.read_bytes())
    result = hagen("build", BASE, other, "-o", tmp_path / "{cluster}")

    assert (result.exit_code, said(result)) == (1, ["HG6005"])
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["openstack-cluster-01"]


def test_hg9001_a_stage_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception is said to be a bug of hagen's, without a traceback."""

    def broken(_topology: object) -> tuple[Diagnostic, ...]:
        raise ZeroDivisionError("a rule divides by zero")

    monkeypatch.setattr(rules, "ALL", (broken,))
    result = hagen("validate", BASE)

    assert (result.exit_code, said(result)) == (1, ["HG9001"])
    assert "this is a bug in hagen: ZeroDivisionError: a rule divides by zero" in result.output
    assert "Traceback" not in result.output
