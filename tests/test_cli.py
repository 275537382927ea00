"""The command line as users have it: what is written where, and how each run ends."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

import programs
from hagen import source
from hagen.cli import main
from topologies import ROOT

EXAMPLE = ROOT / "examples/openstack-ha/topology.yml"
BASE = ROOT / "tests/cases/base.yml"
LAB = ROOT / "tests/cases/HG4001-lab/topology.yml"
REFUSED = ROOT / "tests/cases/HG2001-unknown-key/topology.yml"
COMMANDS = sorted(main.commands)


class Run(NamedTuple):
    """How a run ended, and what it wrote to standard output and to standard error."""

    code: int
    out: str
    err: str


def hagen(
    *arguments: str | Path,
    stdin: str | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> Run:
    """Run hagen in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "hagen", *arguments],
        input=stdin or "",
        cwd=cwd,
        env={"PATH": programs.PATH, "PYTHONPATH": str(ROOT / "compiler"), "LC_ALL": "C.UTF-8", **(env or {})},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def shell(line: str, cwd: Path) -> Run:
    """Run a line of bash in which `hagen` is this one."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f'hagen() {{ "{sys.executable}" -m hagen "$@"; }}; {line}'],
        cwd=cwd,
        env={"PATH": programs.PATH, "PYTHONPATH": str(ROOT / "compiler"), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def said(text: str) -> list[str]:
    """Return the codes of the diagnostics in a text for people."""
    return re.findall(r"^(?:error|warning)\[(HG\d{4})\]", text, re.MULTILINE)


def files(folder: Path) -> dict[str, bytes]:
    """Return every file below `folder`."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that has the example's topology, built with all that can be made, in ``out``."""
    here = tmp_path_factory.mktemp("example")
    shutil.copy(EXAMPLE, here / "topology.yml")
    assert hagen("build", "topology.yml", "-o", "out", cwd=here).code == 0
    return here


# --- build -----------------------------------------------------------------------------------------------


def test_a_build_writes_and_a_second_one_does_not(tmp_path: Path) -> None:
    """A fresh folder is filled, and names the next step; the same again changes nothing and says so."""
    first = hagen("build", BASE, "-o", "out", cwd=tmp_path)
    made = files(tmp_path / "out")
    again = hagen("build", BASE, "-o", "out", cwd=tmp_path)

    assert (first.code, first.err) == (0, "")
    assert first.out.endswith("next: out/CHECKLIST.md says how to apply and verify them\n")
    assert f"out: {len(made)} files written or removed\n" in first.out
    assert {"haproxy.cfg", "pcs.sh", "manifest.json"} <= set(made)
    assert again == Run(0, "out: unchanged\n", "")
    assert files(tmp_path / "out") == made


def test_check_tells_by_its_exit_code(tmp_path: Path) -> None:
    """--check writes nothing: 1 before the build and after an edit, 0 in between."""
    before = hagen("build", BASE, "-o", "out", "--check", cwd=tmp_path)
    assert (before.code, list(tmp_path.iterdir())) == (1, [])
    hagen("build", BASE, "-o", "out", cwd=tmp_path)
    built = hagen("build", BASE, "-o", "out", "--check", cwd=tmp_path)
    (tmp_path / "out/pcs.sh").write_text("mine\n")
    edited = hagen("build", BASE, "-o", "out", "--check", cwd=tmp_path)

    assert built == Run(0, "out: up to date\n", "")
    assert edited.code == 1
    assert re.search(r"^  \w+ +out/pcs\.sh$", edited.out, re.MULTILINE)
    assert (tmp_path / "out/pcs.sh").read_text() == "mine\n"


def test_diff_shows_what_would_change(tmp_path: Path) -> None:
    """--diff is a unified diff from the folder to the topology, and writes nothing."""
    topology = tmp_path / "topology.yml"
    topology.write_bytes(BASE.read_bytes())
    hagen("build", topology, "-o", "out", cwd=tmp_path)
    made = files(tmp_path / "out")
    topology.write_text(BASE.read_text() + "proxy: {maxconn: 4321}\n")
    result = hagen("build", topology, "-o", "out", "--diff", cwd=tmp_path)

    assert result.code == 1
    assert re.search(r"^--- .*haproxy\.cfg.*\n\+\+\+ .*haproxy\.cfg.*\n@@ -\d", result.out, re.MULTILINE)
    assert re.search(r"^-\s+maxconn \d+\n\+\s+maxconn 4321$", result.out, re.MULTILINE)
    assert files(tmp_path / "out") == made


def test_several_topologies_go_to_a_folder_each(tmp_path: Path) -> None:
    """{cluster} is each topology's own name; without it several topologies are wrong usage."""
    other = tmp_path / "other.yml"
    other.write_text(BASE.read_text().replace("openstack-cluster-01", "second"))
    result = hagen("build", BASE, other, "-o", "out/{cluster}", cwd=tmp_path)
    wrong = hagen("build", BASE, other, "-o", "out", cwd=tmp_path)

    assert result.code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["openstack-cluster-01", "second"]
    assert wrong.code == 2
    assert "-o 'out/{cluster}'" in wrong.err


def test_two_clusters_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """The second topology of a name is refused where its name stands; the first one is built."""
    (tmp_path / "a.yml").write_bytes(BASE.read_bytes())
    (tmp_path / "b.yml").write_bytes(BASE.read_bytes())
    line = BASE.read_text().splitlines().index("  name: openstack-cluster-01") + 1
    result = hagen("build", "a.yml", "b.yml", "-o", "{cluster}", cwd=tmp_path)

    assert (result.code, said(result.err)) == (1, ["HG6005"])
    assert f"--> b.yml:{line}:9 (cluster.name)" in result.err
    assert (tmp_path / "openstack-cluster-01/haproxy.cfg").is_file()


def test_what_is_refused_is_not_built(tmp_path: Path) -> None:
    """A mistake ends in exit code 1 and leaves no folder behind."""
    result = hagen("build", REFUSED, "-o", "out", cwd=tmp_path)

    assert (result.code, result.out, said(result.err)) == (1, "", ["HG2001"])
    assert list(tmp_path.iterdir()) == []


def test_init_can_be_piped_into_build(tmp_path: Path) -> None:
    """The first topology is sound as it is, and `-` reads it."""
    result = shell("hagen init | hagen build - -o out", tmp_path)

    assert (result.code, result.err) == (0, "")
    assert (tmp_path / "out/haproxy.cfg").is_file()


# --- validate and input ----------------------------------------------------------------------------------


def test_validate_says_sound() -> None:
    """A sound topology is named on standard output, `-` as <stdin>."""
    assert hagen("validate", BASE) == Run(0, f"{BASE}: sound\n", "")
    assert hagen("validate", "-", stdin=BASE.read_text()) == Run(0, "<stdin>: sound\n", "")


def test_strict_makes_errors_of_warnings() -> None:
    """What a lab is only warned of stops it with --strict."""
    lax, strict = hagen("validate", LAB), hagen("validate", LAB, "--strict")

    assert (lax.code, lax.out, said(lax.err)) == (0, f"{LAB}: sound\n", ["HG4001"])
    assert (strict.code, strict.out, said(strict.err)) == (1, "", ["HG4001"])


@pytest.mark.parametrize("format_", ["json", "sarif"])
def test_formats_are_one_document(format_: str) -> None:
    """Several topologies, one of which is not there, are one valid document on standard error."""
    result = hagen("validate", REFUSED, LAB, BASE, "absent.yml", "--format", format_)
    log = json.loads(result.err)

    assert result.code == 1
    assert result.out == f"{LAB}: sound\n{BASE}: sound\n"
    if format_ == "json":
        assert [each["code"] for each in log["diagnostics"]] == ["HG1000", "HG2001", "HG4001"]
    else:
        assert [each["ruleId"] for each in log["runs"][0]["results"]] == ["HG1000", "HG2001", "HG4001"]


def test_a_format_of_nothing_is_a_document_too() -> None:
    """A program that reads JSON gets some when there is nothing to say."""
    result = hagen("validate", BASE, "--format", "json")

    assert json.loads(result.err) == {"diagnostics": [], "errors": 0, "warnings": 0}


def test_input_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, a folder and a file without permission end in HG1000 with the system's reason."""
    closed = tmp_path / "closed.yml"
    closed.write_text("hagen: 1\n")
    closed.chmod(0)
    reasons = {"absent.yml": "no such file or directory", ".": "is a directory"}
    if not os.access(closed, os.R_OK):  # root may read everything
        reasons["closed.yml"] = "permission denied"
    for name, reason in reasons.items():
        result = hagen("validate", name, cwd=tmp_path)
        assert (result.code, said(result.err)) == (1, ["HG1000"]), name
        assert f"`{name}` cannot be read: {reason}" in result.err


@pytest.mark.parametrize("line", ["hagen validate - <&-", "hagen build - -o out <&-"])
def test_closed_standard_input(line: str, tmp_path: Path) -> None:
    """`-` without a standard input is an input that cannot be read, not a bug."""
    result = shell(line, tmp_path)

    assert (result.code, said(result.err)) == (1, ["HG1000"])
    assert "`<stdin>` cannot be read" in result.err


def test_closed_standard_output(tmp_path: Path) -> None:
    """Without a standard output the work is done, and its exit code is the run's."""
    for line, code in [
        (f"hagen validate {BASE} >&-", 0),
        (f"hagen build {BASE} -o out >&-", 0),
        (f"hagen build {BASE} -o out --check >&-", 0),
        (f"hagen validate {REFUSED} >&-", 1),
        (f"hagen validate {REFUSED} >&- 2>&-", 1),
        ("hagen --help >&-", 0),
    ]:
        result = shell(line, tmp_path)
        assert (result.code, "Traceback" in result.err, "HG9001" in result.err) == (code, False, False), line
    assert (tmp_path / "out/haproxy.cfg").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize(
    "command",
    [
        "schema",
        f"build {BASE} -o out",
        f"validate {BASE}",
        "--help",
        "build --help",
        "--version",
        "explain HG4201",
    ],
)
def test_full_standard_output(command: str, tmp_path: Path) -> None:
    """One line says why standard output could not be written, and the run has failed."""
    result = shell(f"hagen {command} >/dev/full", tmp_path)

    assert result == Run(1, "", "hagen: standard output cannot be written: no space left on device\n")


def test_a_reader_that_leaves_is_no_mistake(tmp_path: Path) -> None:
    """`| head -1` sees a line, and nothing is said."""
    result = shell("hagen schema | head -1", tmp_path)

    assert (result.out, result.err) == ("{\n", "")


def test_endless_input_is_refused_at_once() -> None:
    """No more is read than the longest topology and a byte."""
    result = hagen("validate", "/dev/zero")

    assert (result.code, said(result.err)) == (1, ["HG1003"])
    assert f"longer than {source.MOST_BYTES:,} bytes" in result.err


def test_pipes_are_read_to_their_end(tmp_path: Path) -> None:
    """A FIFO that is written bit by bit and /dev/stdin are read like a file."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)

    def write() -> None:
        with fifo.open("w") as file:
            for line in BASE.read_text().splitlines(keepends=True):
                file.write(line)
                file.flush()
                time.sleep(0.001)

    writer = threading.Thread(target=write)
    writer.start()
    result = hagen("validate", fifo)
    writer.join()

    assert result == Run(0, f"{fifo}: sound\n", "")
    assert shell(f"hagen validate /dev/stdin <{BASE}", tmp_path) == Run(0, "/dev/stdin: sound\n", "")


def test_thousands_of_mistakes_end() -> None:
    """After a thousand mistakes no more are looked for."""
    text = BASE.read_text() + "proxy:\n" + "".join(f"  unknown{number}: 1\n" for number in range(20_000))
    result = hagen("validate", "-", "--format", "json", stdin=text)

    assert (result.code, json.loads(result.err)["errors"]) == (1, 1000)


# --- the terminal ----------------------------------------------------------------------------------------


def on_terminal(arguments: Sequence[str | Path], env: Mapping[str, str]) -> str:
    """Run hagen with a terminal as its standard error, and return what stands on it."""
    own, theirs = pty.openpty()
    try:
        subprocess.run(
            [sys.executable, "-m", "hagen", *arguments],
            env={"PATH": programs.PATH, "PYTHONPATH": str(ROOT / "compiler"), "LC_ALL": "C.UTF-8", **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            timeout=60,
            check=False,
        )
        os.set_blocking(own, False)
        return os.read(own, 100_000).decode().replace("\r\n", "\n")
    finally:
        os.close(own)
        os.close(theirs)


def test_colour_only_on_a_terminal() -> None:
    """A terminal gets colours unless NO_COLOR is set; a pipe never does, and the words are the same."""
    coloured = on_terminal(["validate", REFUSED], {})
    plain = on_terminal(["validate", REFUSED], {"NO_COLOR": "1"})

    assert coloured.startswith("\x1b[1;31merror[HG2001]")
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain == hagen("validate", REFUSED).err


# --- the other commands ----------------------------------------------------------------------------------


@pytest.mark.parametrize("shell_", ["bash", "zsh", "fish"])
def test_completion_scripts(shell_: str) -> None:
    """Each shell gets a script that asks hagen itself; bash can read its own."""
    result = hagen("completion", shell_)

    assert (result.code, result.err) == (0, "")
    assert "_HAGEN_COMPLETE" in result.out
    if shell_ == "bash":
        assert programs.run("bash", "-n", "/dev/stdin", stdin=result.out) == programs.ACCEPTED


def test_completion_of_another_shell() -> None:
    """A shell that is not known is wrong usage."""
    assert hagen("completion", "csh").code == 2


def test_schema_is_json() -> None:
    """The schema comes out as it is."""
    result = hagen("schema")

    assert (result.code, result.err) == (0, "")
    assert json.loads(result.out) == json.loads((ROOT / "schema/topology.schema.json").read_text())


def test_catalog() -> None:
    """All types have a line each, one type has its values, and an unknown one is wrong usage."""
    every, one, none = hagen("catalog"), hagen("catalog", "galera"), hagen("catalog", "keystoen")

    assert (every.code, every.err) == (0, "")
    assert re.search(r"^keystone +5000  http +OpenStack Identity$", every.out, re.MULTILINE)
    assert re.search(r"^galera .*\[one writer, internal\]$", every.out, re.MULTILINE)
    assert re.search(r"^senlin .*\[until bobcat\]$", every.out, re.MULTILINE)
    assert one.out.startswith("galera:\n  title: ")
    for fact in (
        "protocol: mysql",
        "9200: http",
        "single_writer: true",
        "client: 1h",
        "client: 90min",
        "internal: ",
    ):
        assert fact in one.out
    assert (none.code, none.out) == (2, "")
    assert "did you mean `keystone`?" in none.err


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=["hagen", *COMMANDS])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help(command: list[str], option: str) -> None:
    """Every command says how it is used."""
    result = hagen(*command, option)

    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(" ".join(["Usage: hagen", *command]))
    assert re.search(r"--help +Show this message", result.out)


@pytest.mark.parametrize(
    "arguments", [["bulid"], ["build"], ["build", "t.yml"], ["validate"], ["explain"], ["schema", "x"]]
)
def test_wrong_usage(arguments: list[str]) -> None:
    """A word too many or too few ends in 2, with the usage on standard error."""
    result = hagen(*arguments)

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("Usage: hagen")


# --- explain ---------------------------------------------------------------------------------------------


def test_explain_a_code() -> None:
    """A code has its page, in whatever case it is typed."""
    assert hagen("explain", "hg4201") == Run(0, (ROOT / "compiler/hagen/pages/HG4201.md").read_text(), "")


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("HG42011", "there is no code `HG42011`; did you mean `HG4201`?\n"),
        ("keystone", "there is no code `keystone`; name one that a diagnostic shows: hagen explain HG4201\n"),
        ("out/haproxy.cfg", "write FILE:LINE, for example out/haproxy.cfg:42\n"),
        ("out/haproxy.cfg:x", "write FILE:LINE, for example out/haproxy.cfg:42\n"),
        ("out/haproxy.cfg:0", "out/haproxy.cfg has "),
        ("out/haproxy.cfg:99999", "out/haproxy.cfg has "),
        ("out/absent.cfg:1", "out/absent.cfg is not an artifact: it is no file\n"),
        ("topology.yml:1", "topology.yml is not an artifact: no folder above it has a manifest of hagen's\n"),
    ],
)
def test_explain_what_cannot_be_explained(what: str, expected: str, home: Path) -> None:
    """One line says what is wrong and what to write instead, and never a list of all codes."""
    result = hagen("explain", what, cwd=home)

    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("hagen: ")
    assert expected in result.err
    assert result.err.count("\n") == 1
    assert len(re.findall(r"HG\d{4}", result.err)) <= 2


def line_of(pattern: str, file: Path) -> int:
    """Return the number of the first line of `file` that has `pattern`."""
    return next(
        number for number, line in enumerate(file.read_text().split("\n"), 1) if re.search(pattern, line)
    )


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        (
            "haproxy.cfg",
            r"^\s+maxconn 4000",
            r"from the topology: proxy\.maxconn\n +topology\.yml:\d+: maxconn: 4000",
        ),
        (
            "haproxy.cfg",
            r"retries",
            r"from the schema's default: proxy\.retries is not in the topology\n +default: ",
        ),
        ("haproxy.cfg", r"^\s+timeout tunnel", r"from the catalog: [\w-]+\.service\.\S+ = "),
    ],
)
def test_explain_a_line(path: str, pattern: str, expected: str, home: Path) -> None:
    """A line is led back to the topology, a default or the catalog; the topology is found by its digest."""
    number = line_of(pattern, home / "out" / path)
    result = hagen("explain", f"out/{path}:{number}", cwd=home)

    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"{path}:{number}: ")
    assert re.search(expected, result.out)


@pytest.mark.parametrize("kind", ["topology", "schema's default", "catalog", "platform", "hagen itself"])
def test_every_kind_of_origin_is_explained(kind: str, home: Path) -> None:
    """Some line of the example comes from each of the five places, and says so."""
    from hagen import compile_source  # noqa: PLC0415  this test alone looks inside
    from hagen.source import Source  # noqa: PLC0415

    wanted = {"schema's default": "default", "hagen itself": "hagen"}.get(kind, kind)
    made = compile_source(Source("topology.yml", EXAMPLE.read_bytes())).artifacts
    path, number = next(
        (artifact.path, number)
        for artifact in made
        for number, origins in enumerate(artifact.origins, 1)
        if any(origin.kind == wanted for origin in origins)
    )
    result = hagen("explain", f"out/{path}:{number}", cwd=home)

    assert (result.code, result.err) == (0, "")
    assert re.search(rf"^  from (the )?{kind}: \S", result.out, re.MULTILINE)


def test_explain_an_edited_artifact(home: Path, tmp_path: Path) -> None:
    """Lines of a file that was edited are not told of, whatever bytes stand in it."""
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    (tmp_path / "out/pcs.sh").write_bytes(b"\xff\xfe mine\n")
    result = hagen("explain", "out/pcs.sh:1", cwd=tmp_path)

    assert (result.code, result.out) == (1, "")
    assert "it was edited, or the topology was; `hagen build --diff` shows it" in result.err


def test_explain_with_the_topology_named(home: Path, tmp_path: Path) -> None:
    """A topology that lies elsewhere is asked for, and taken when it is named."""
    shutil.copytree(home / "out", tmp_path / "out")
    lost = hagen("explain", "out/haproxy.cfg:20", cwd=tmp_path)
    named = hagen("explain", "out/haproxy.cfg:20", "--topology", home / "topology.yml", cwd=tmp_path)

    assert (lost.code, lost.out) == (1, "")
    assert lost.err.endswith("name it: --topology FILE\n")
    assert (named.code, named.err) == (0, "")
    assert named.out.startswith("haproxy.cfg:20: ")


def test_explain_passes_what_it_cannot_read(home: Path, tmp_path: Path) -> None:
    """A pipe that is named like a topology does not stop the search."""
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    os.mkfifo(tmp_path / "a.yml")
    result = hagen("explain", "out/haproxy.cfg:20", cwd=tmp_path)

    assert (result.code, result.err) == (0, "")
