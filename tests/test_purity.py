"""A build depends on the topology alone: no network, no clock, no environment, no file but hagen's own."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import programs
from topologies import ROOT, Example

WATCHED = """\
import os, sys
seen = []
watching = True
def hook(event, arguments):
    if not watching:
        return
    if event.startswith(("socket.", "ssl.", "urllib.", "http.", "ftplib.", "smtplib.", "subprocess.", "pty.", "ctypes.")):
        seen.append((event, repr(arguments)))
    elif event in {"os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "os.putenv", "os.unsetenv"}:
        seen.append((event, repr(arguments)))
    elif event == "open" and isinstance(arguments[0], (str, bytes)):
        mode, flags = arguments[1] or "", arguments[2] or 0
        writes = any(letter in mode for letter in "wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        seen.append(("write" if writes else "read", os.fsdecode(arguments[0])))
    elif event in {"os.listdir", "os.scandir"} and isinstance(arguments[0], (str, bytes)):
        seen.append(("list", os.fsdecode(arguments[0])))
sys.addaudithook(hook)
report, sys.argv = sys.argv[1], ["hagen", *sys.argv[2:]]
from hagen.cli import main
code = 0
try:
    main()
except SystemExit as end:
    code = end.code or 0
finally:
    watching = False
with open(report, "w") as file:
    for event, what in seen:
        print(event, what, sep="\\t", file=file)
sys.exit(code)
"""
"""Runs the command line, and writes down everything that it asks of the system."""

VARIED: Mapping[str, Mapping[str, str]] = {
    "time zone": {"TZ": "Pacific/Kiritimati", "SOURCE_DATE_EPOCH": "0"},
    "language": {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"},
    "ascii": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "hashes": {"PYTHONHASHSEED": "1"},
    "other hashes": {"PYTHONHASHSEED": "4294967295"},
    "optimised": {"PYTHONOPTIMIZE": "2"},
    "home": {
        "HOME": "/nonexistent",
        "USER": "somebody",
        "HOSTNAME": "elsewhere",
        "XDG_CONFIG_HOME": "/nonexistent",
    },
    "secrets": {"HACLUSTER_PASSWORD": "made-up-one", "HAPROXY_STATS_PASSWORD": "made-up-two"},
    "terminal": {"COLUMNS": "20", "TERM": "dumb", "FORCE_COLOR": "1", "NO_COLOR": "1"},
    "hagen": {"HAGEN_OUT": "/nonexistent", "HAGEN_BUILD_STRICT": "1", "HAGEN_STRICT": "1"},
}
"""Environments in which nothing may come out differently."""


def build(
    topology: Path,
    out: Path,
    *,
    before: tuple[str, ...] = (),
    env: Mapping[str, str] | None = None,
    umask: int = 0o022,
) -> dict[str, tuple[bytes, int]]:
    """Build in a process of its own, in a fresh folder, and return every file's bytes and mode."""
    done = subprocess.run(
        [*before, sys.executable, "-m", "hagen", "build", topology, "-o", out],
        env={"PATH": programs.PATH, "PYTHONPATH": str(ROOT / "compiler"), **(env or {})},
        cwd=out.parent,
        umask=umask,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return {
        str(path.relative_to(out)): (path.read_bytes(), path.stat().st_mode & 0o777)
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


@cache
def plain(topology: Path) -> dict[str, tuple[bytes, int]]:
    """Return what is built in a plain environment."""
    with TemporaryDirectory() as folder:
        return build(topology, Path(folder) / "out")


@pytest.mark.parametrize("name", VARIED)
def test_the_environment_changes_nothing(name: str, tmp_path: Path) -> None:
    """Time zone, language, hash seed, home, terminal and variables of hagen's name leave every byte as it is."""
    topology = ROOT / "examples/openstack-ha/topology.yml"
    out = tmp_path / "a b" / "ünder"
    out.parent.mkdir()

    assert build(topology, out, env=VARIED[name]) == plain(topology)


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o027])
def test_the_umask_changes_nothing(umask: int, tmp_path: Path) -> None:
    """Files have the modes that the manifest says, whatever the shell takes from new files."""
    topology = ROOT / "examples/openstack-ha/topology.yml"

    assert build(topology, tmp_path / "out", umask=umask) == plain(topology)


def test_a_copy_elsewhere_builds_the_same(example: Example, tmp_path: Path) -> None:
    """Neither the topology's own path nor its time is in any artifact."""
    copy = tmp_path / "copy.yaml"
    copy.write_bytes(example.topology.read_bytes())
    os.utime(copy, (0, 0))

    assert build(copy, tmp_path / "out") == plain(example.topology)


def test_no_secret_of_the_environment_is_in_an_artifact(tmp_path: Path) -> None:
    """Secrets that are there when hagen runs go nowhere."""
    files = build(ROOT / "examples/openstack-ha/topology.yml", tmp_path / "out", env=VARIED["secrets"])

    assert [name for name, (data, _) in files.items() if b"made-up-" in data] == []


def test_a_build_needs_no_network(example: Example, tmp_path: Path) -> None:
    """Without any network interface, not even loopback, the same comes out."""
    programs.need("unshare")
    apart = ("unshare", "--net") if os.geteuid() == 0 else ("unshare", "--net", "--map-root-user")
    if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
        programs.missing("namespaces (unshare)")

    assert build(example.topology, tmp_path / "out", before=apart) == plain(example.topology)


def test_a_build_reads_and_writes_its_own_files_only(example: Example, tmp_path: Path) -> None:
    """It opens no socket, starts no program, reads the topology, hagen and Python, and writes below the output."""
    watched, report, out, here = (tmp_path / name for name in ("watched.py", "report", "out", "here"))
    watched.write_text(WATCHED)
    here.mkdir()
    done = subprocess.run(
        [sys.executable, "-P", watched, report, "build", example.topology, "-o", out],
        env={"PATH": "/nonexistent", "PYTHONPATH": str(ROOT / "compiler"), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=here,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    seen = [line.split("\t", 1) for line in report.read_text().splitlines()]
    library = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    python = (*library, sys.prefix, sys.base_prefix)
    own = tuple(str(ROOT / name) for name in ("compiler", "schema", "templates"))
    allowed = {
        "read": (*python, *own, str(example.topology), str(out)),
        "list": (*python, *own),
        "write": (str(out),),
    }
    # What has no folder in its name is opened relative to a folder that is held open, below the output.
    absolute = [(event, what) for event, what in seen if what.startswith("/") or event not in allowed]

    assert {event for event, _ in seen} == {"read", "write", "list"}
    assert [each for each in absolute if not each[1].startswith(allowed.get(each[0], ()))] == []
    assert list(here.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} == {watched.name, report.name, out.name, here.name}
