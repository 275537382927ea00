"""Builds that are killed, run out of disk, may not write, or run side by side."""

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

import programs
from folders import (
    CHANGES,
    FOREIGN,
    NEW,
    OLD,
    SPACE,
    VERSION,
    artifacts,
    content,
    digest,
    failing,
    held,
    points,
    put,
)
from hagen.write import compare, unchanged, write
from hagen.write import folder as written

THIRD = {"pcs.sh": ("#!/bin/sh\ntrue\n", 0o755), "verify.sh": ("#!/bin/sh\nexit 1\n", 0o755)}

KILL = """
import os, shutil, signal, sys
sys.path.insert(0, sys.argv[1])
import folders
from hagen.write import folder, write
class Shot(folders.Mortal):
    def _fail(self, name, args):
        try:
            super()._fail(name, args)
        except folders.Killed:
            os.kill(os.getpid(), signal.SIGKILL)
start, count = sys.argv[2], int(sys.argv[3])
for at in range(count):
    shutil.copytree(start, f"{start}-{at}")
    child = os.fork()
    if child == 0:
        folder.os = Shot(at, folders.CHANGES, 0)
        write(folders.artifacts(folders.NEW), f"{start}-{at}")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL, at
"""

SIDE_BY_SIDE = """
import sys
sys.path.insert(0, sys.argv[1])
import folders
from hagen.write import compare, write
files = getattr(folders, sys.argv[3])
for turn in range(60):
    problems = write(folders.artifacts(files), sys.argv[2])[1]
    assert problems == (), problems
"""

SMALL_DISK = """
import json, pathlib, subprocess, sys
sys.path.insert(0, sys.argv[1])
import folders
from hagen.write import compare, write
disk = pathlib.Path(sys.argv[2])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", disk], check=True)
out = disk / "out"
write(folders.artifacts(folders.OLD), out)
before = folders.held(out)
def attempt(files):
    changes, problems = write(folders.artifacts(files), out)
    return [each.message for each in problems], changes == (), folders.held(out) == before
large = {**folders.NEW, "verify.sh": ("x" * 200_000, 0o755)}
full = attempt(large)
subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
print(json.dumps([full, attempt(folders.NEW), compare(folders.artifacts(folders.OLD), out) == ((), ())]))
"""


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return a folder that holds OLD and foreign files."""
    folder = tmp_path / "out"
    put(folder, FOREIGN)
    assert write(artifacts(OLD), folder)[1] == ()
    return folder


def require_whole(folder: Path) -> None:
    """Fail unless every file is one of OLD or of NEW as it should be, and what both have is there."""
    old, new = {**content(OLD), **FOREIGN}, {**content(NEW), **FOREIGN}
    found = {path: what for path, what in held(folder).items() if not path.endswith((".hagen~", "/"))}

    assert {path for path, what in found.items() if what not in (old.get(path), new.get(path))} == set()
    assert set(old) & set(new) <= set(found)


def copies(out: Path) -> Iterator[tuple[int, Path]]:
    """Return a fresh copy of a folder for each point at which a build of NEW can die."""
    counted = out.with_name("counted")
    shutil.copytree(out, counted)
    for at in range(points(lambda: write(artifacts(NEW), counted))):
        copy = out.with_name(f"copy-{at}")
        shutil.copytree(out, copy)
        yield at, copy


def test_killed_anywhere(out: Path) -> None:
    """At every point: files are whole, the cut is noticed, and the next build mends it and leaves nothing."""
    ran = 0
    for at, copy in copies(out):
        with failing(at):
            write(artifacts(NEW), copy)
        require_whole(copy)

        assert compare(artifacts(NEW), copy)[0] != ()
        assert not unchanged(copy, digest(NEW), VERSION)
        assert write(artifacts(NEW), copy)[1] == ()
        assert held(copy) == {**content(NEW), **FOREIGN}
        assert compare(artifacts(NEW), copy) == ((), ())
        ran += 1
    assert ran > 25


def test_killed_and_turned_back(out: Path) -> None:
    """After a kill the old topology can be built again, and nothing of the new one is left."""
    for at, copy in copies(out):
        with failing(at):
            write(artifacts(NEW), copy)
        if at > 2:  # from the moment that something is there
            assert compare(artifacts(OLD), copy)[0] != (), at
        assert write(artifacts(OLD), copy)[1] == ()
        assert held(copy) == {**content(OLD), **FOREIGN}


@pytest.mark.parametrize("last", [THIRD, {}], ids=["the-same", "nothing"])
def test_killed_twice(out: Path, last: Mapping[str, tuple[str, int]]) -> None:
    """A build that should mend and is killed too: whatever comes next still knows all files of the first."""
    for at, copy in copies(out):
        with failing(at):
            write(artifacts(NEW), copy)
        for again in range(0, 30, 3):
            twice = copy.with_name(f"{copy.name}-{again}")
            shutil.copytree(copy, twice)
            with failing(again):
                write(artifacts(THIRD), twice)

            assert write(artifacts(last), twice)[1] == ()
            assert held(twice) == {**content(last), **FOREIGN}
            shutil.rmtree(twice)


def test_first_build_killed(tmp_path: Path) -> None:
    """A first build that dies leaves files that the next one, of another topology, knows as hagen's."""
    for at in range(points(lambda: write(artifacts(OLD), tmp_path / "counted"))):
        folder = tmp_path / f"out-{at}"
        with failing(at):
            write(artifacts(OLD), folder)

        assert write(artifacts(NEW), folder)[1] == ()
        assert held(folder) == content(NEW)


def test_sigkill(out: Path) -> None:
    """The same with a real process and a real SIGKILL: whole files, noticed, mended, and the lock is free."""
    counted = out.with_name("counted")
    shutil.copytree(out, counted)
    count = points(lambda: write(artifacts(NEW), counted))
    here = str(Path(__file__).parent)
    assert programs.run(sys.executable, "-c", KILL, here, out, str(count)) == programs.ACCEPTED
    for at in range(count):
        copy = out.with_name(f"out-{at}")
        require_whole(copy)

        assert compare(artifacts(NEW), copy)[0] != ()
        assert write(artifacts(NEW), copy)[1] == ()
        assert held(copy) == {**content(NEW), **FOREIGN}


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk quota is used up"),
        (errno.EIO, "input/output error"),
    ],
)
def test_full_disk(out: Path, number: int, words: str) -> None:
    """Whichever call finds no room: a diagnostic, the old files, and no leftover."""
    before = held(out)
    ran = 0
    for at in range(
        points(lambda: write(artifacts(NEW), shutil.copytree(out, out.with_name("counted"))), SPACE)
    ):
        with failing(at, SPACE, number):
            changes, diagnostics = write(artifacts(NEW), out)
        ran += 1

        assert changes == ()
        assert [
            (each.code.id, each.message.endswith(f"cannot be written: {words}")) for each in diagnostics
        ] == [("HG6001", True)]
        assert held(out) == before
    assert ran > 8


def test_disk_that_turns_read_only(out: Path) -> None:
    """A disk on which nothing works from some call on: a diagnostic, whole files, and the next build mends it."""
    for at, copy in copies(out):
        with failing(at, CHANGES - {"makedirs"}, errno.EROFS):
            diagnostics = write(artifacts(NEW), copy)[1]
        require_whole(copy)

        assert [each.code.id for each in diagnostics] in (
            ["HG6001"],
            [],
        )  # rmdir may fail: the folder is left
        assert write(artifacts(NEW), copy)[1] == ()
        assert {path: what for path, what in held(copy).items() if path != "sysctl.d/"} == {
            **content(NEW),
            **FOREIGN,
        }


def test_disk_that_is_full_when_the_file_is_closed(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Network file systems tell of a full disk only when a file is closed: that is heard too."""
    before = held(out)
    created: set[int] = set()

    class LateDisk:
        """The os module on such a disk."""

        def __getattr__(self, name: str) -> object:
            return getattr(os, name)

        def open(self, path: str, flags: int, *args: int, **more: int) -> int:
            """Open, and remember what was created."""
            descriptor = os.open(path, flags, *args, **more)
            created.add(descriptor) if flags & os.O_CREAT else created.discard(descriptor)
            return descriptor

        def close(self, descriptor: int) -> None:
            """Close, and only then find the disk full."""
            os.close(descriptor)
            if descriptor in created:
                created.discard(descriptor)
                raise OSError(errno.EDQUOT, "late")

    monkeypatch.setattr(written, "os", LateDisk())

    assert [each.code.id for each in write(artifacts(NEW), out)[1]] == ["HG6001"]
    assert held(out) == before


def test_full_disk_while_mending(out: Path) -> None:
    """No room for the mend of a killed build either: once there is room, the next one still knows everything."""
    for at, copy in copies(out):
        with failing(at):
            write(artifacts(NEW), copy)
        for room in range(12):
            with failing(room, SPACE, errno.ENOSPC):
                write(artifacts(THIRD), copy)

        assert write(artifacts(THIRD), copy)[1] == ()
        assert held(copy) == {**content(THIRD), **FOREIGN}


def test_limit_for_file_sizes(out: Path) -> None:
    """The kernel's own refusal of a file that grows too large."""
    before = held(out)
    large = {**NEW, "verify.sh": ("x" * 100_000, 0o755)}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        changes, diagnostics = write(artifacts(large), out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    message = f"`{out}/verify.sh` cannot be written: the limit for the size of files is reached"

    assert (changes, [each.message for each in diagnostics]) == ((), [message])
    assert held(out) == before


def test_small_and_read_only_disk(tmp_path: Path) -> None:
    """A real file system that is full, and then read-only: the old files stay, and can still be compared."""
    command = ["unshare", "-m", sys.executable, "-c", SMALL_DISK, str(Path(__file__).parent), str(tmp_path)]
    programs.need("unshare", "mount")
    if programs.run("unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", tmp_path).code != 0:
        programs.missing("the right to mount")
    full = f"`{tmp_path}/out/verify.sh` cannot be written: the disk is full"
    fixed = "cannot be written: the file system is read-only"
    verdict = programs.run(*command)
    (first, *rest), (second, *others), same = json.loads(verdict.require())

    assert (first, rest) == ([full], [True, True])
    assert (len(second), second[0].endswith(fixed), others) == (1, True, [True, True])
    assert same


@contextmanager
def forbidden() -> Iterator[Path]:
    """Yield a folder with OLD in it that this process may read but not write, root or not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "out")
        write(artifacts(OLD), folder)
        Path(name).chmod(0o755)
        folder.chmod(0o555)
        root = os.geteuid() == 0
        try:
            if root:
                os.seteuid(65534)
            yield folder
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o755)


def test_folder_without_permission() -> None:
    """A folder that may be read but not written: a diagnostic, and everything as it was."""
    with forbidden() as folder:
        before = held(folder)
        changes, diagnostics = write(artifacts(NEW), folder)

        assert compare(artifacts(OLD), folder) == ((), ())
        assert write(artifacts(OLD), folder) == ((), ())
        assert held(folder) == before
    assert changes == ()
    assert [each.code.id for each in diagnostics] == ["HG6001"]
    assert diagnostics[0].message.endswith("cannot be written: permission denied")


def test_side_by_side(tmp_path: Path) -> None:
    """Two processes that build different topologies into one folder: the end is one of them, whole."""
    here = str(Path(__file__).parent)
    children = [
        subprocess.Popen([sys.executable, "-c", SIDE_BY_SIDE, here, str(tmp_path / "out"), name])
        for name in ("OLD", "NEW")
    ]
    codes = [child.wait(timeout=60) for child in children]

    assert codes == [0, 0]
    assert held(tmp_path / "out") in (content(OLD), content(NEW))
