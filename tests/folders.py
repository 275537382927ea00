"""Output folders for the tests of `hagen.write`: artifacts made by hand, what lies in a folder, and deaths."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

from hagen import manifest
from hagen.artifact import Artifact, Origin
from hagen.write import folder as written

VERSION = "0.1.0"

Content = Mapping[str, tuple[bytes, int]]
"""What lies in a folder: each file's bytes and permissions by its path."""

OLD = {
    "haproxy.cfg": ("global\n", 0o644),
    "pcs.sh": ("#!/bin/sh\n", 0o755),
    "cloud-init/a.yaml": ("#cloud-config\n", 0o644),
    "cloud-init/b.yaml": ("#cloud-config\nb: 1\n", 0o644),
    "sysctl.d/90-hagen.conf": ("net.ipv4.tcp_retries2 = 6\n", 0o644),
}
NEW = {
    "haproxy.cfg": ("global\n    maxconn 4000\n", 0o644),
    "pcs.sh": ("#!/bin/sh\n", 0o644),
    "cloud-init/a.yaml": ("#cloud-config\n", 0o644),
    "kickstart/a.ks": ("%packages\n%end\n", 0o644),
    "verify.sh": ("#!/bin/sh\nexit 0\n", 0o755),
}
FOREIGN = {
    "README": (b"mine\n", 0o640),
    "cloud-init/mine.yaml": (b"\xff\x00", 0o600),
    "other/link-target": (b"", 0o644),
}


def digest(files: Mapping[str, tuple[str, int]]) -> str:
    """Return what stands for the topology that makes `files`."""
    return hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()


def artifacts(files: Mapping[str, tuple[str, int]], warnings: int = 0) -> tuple[Artifact, ...]:
    """Return `files` as artifacts, and their manifest."""
    made = tuple(
        Artifact(path, text, mode, ((Origin("hagen", (), "a test"),),) * text.count("\n"), None)
        for path, (text, mode) in files.items()
    )
    described = manifest.describe(
        made,
        cluster="c",
        platform="el9",
        members={},
        source_digest=digest(files),
        warnings=warnings,
        version=VERSION,
    )
    return (*made, described)


def content(files: Mapping[str, tuple[str, int]]) -> Content:
    """Return what a folder holds after `files` were written into it."""
    return {each.path: (each.text.encode(), each.mode) for each in artifacts(files)}


def held(folder: Path) -> Content:
    """Return what a folder holds; an empty folder in it counts too, as a path with a slash at its end.

    The bytes of a symbolic link are where it leads.
    """
    found: dict[str, tuple[bytes, int]] = {}
    for above, folders, names in os.walk(folder):
        for name in names:
            path = Path(above, name)
            data = os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
            found[str(path.relative_to(folder))] = (data, path.lstat().st_mode & 0o7777)
        if not folders and not names and Path(above) != folder:
            found[f"{Path(above).relative_to(folder)}/"] = (b"", 0)
    return found


def times(folder: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of change of all files in a folder."""
    return {
        str(path.relative_to(folder)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def put(folder: Path, files: Content) -> None:
    """Put files into a folder as somebody else than hagen would."""
    for name, (data, mode) in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(mode)


class Killed(BaseException):
    """The process is dead. No handler of OSError or Exception sees it."""


CHANGES = frozenset({"makedirs", "mkdir", "create", "write", "fchmod", "rename", "unlink", "rmdir"})
"""All calls that change the disk; `create` is an open that makes a file."""

SPACE = frozenset({"mkdir", "create", "write"})
"""The calls that need room on the disk."""


class Mortal:
    """The os module for a process whose calls fail from the n-th on, counted from 0.

    Without an error number the process is killed there: no handler runs that could still reach the disk. The
    write that fails first is cut in half.
    """

    def __init__(self, at: int | None, calls: frozenset[str], number: int) -> None:
        """Fail at the call number `at` of those in `calls`, or never, with the error `number`; 0 is a kill."""
        self.at = at
        self.count = 0
        self._calls = calls
        self._number = number

    def __getattr__(self, name: str) -> Any:
        """Return what os has under this name, watched if it is one of the calls."""
        real = getattr(os, name)

        def watched(*args: Any, **more: Any) -> Any:
            if name != "open" or args[1] & os.O_CREAT:
                self._fail(name, args)
            return real(*args, **more)

        return watched if ("create" if name == "open" else name) in self._calls else real

    def _fail(self, name: str, args: tuple[Any, ...]) -> None:
        self.count += 1
        if self.at is None or self.count <= self.at:
            return
        if name == "write" and self.count == self.at + 1:
            os.write(args[0], args[1][: len(args[1]) // 2])
        raise OSError(self._number, "failed") if self._number else Killed


@contextmanager
def failing(at: int | None, calls: frozenset[str] = CHANGES, number: int = 0) -> Iterator[Mortal]:
    """Let `hagen.write` fail as `Mortal` says; what is returned holds the count of calls."""
    mortal = Mortal(at, calls, number)
    with mock.patch.object(written, "os", mortal), suppress(Killed):
        yield mortal


def points(build: Callable[[], object], calls: frozenset[str] = CHANGES) -> int:
    """Return how many of `calls` a build makes."""
    with failing(None, calls) as mortal:
        build()
    return mortal.count
