"""An output folder, held open: every path in it is reached step by step, never through a symbolic link."""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Literal, NamedTuple, Self, TypeAlias

from hagen.manifest import RESERVED

Kind: TypeAlias = Literal["nothing", "file", "folder", "link", "special", "no-folder"]

StrPath: TypeAlias = str | os.PathLike[str]

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# O_NONBLOCK, so that a FIFO that takes a file's place between two calls cannot hold the build.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK = 1 << 20


class Seen(NamedTuple):
    """What stands at a path of the folder.

    `at` is the path itself or the part of it that stands in the way: a `link`, or a `no-folder` where a folder
    is needed; `shown` is the same as the user would type it. `data` and `mode` (permission bits) are those of
    a `file`.
    """

    kind: Kind
    at: str
    shown: str
    data: bytes = b""
    mode: int = 0

    def has_mode(self, mode: int) -> bool:
        """Tell whether this is a file that can be executed as `mode` has it: git keeps no more of a mode, a clone no less."""
        return self.kind == "file" and (self.mode ^ mode) & stat.S_IXUSR == 0


def temporary(path: str) -> str:
    """Return the path, beside `path`, under which its new content is made ready."""
    above, slash, name = path.rpartition("/")
    return f"{above}{slash}.{name}{RESERVED}"


class Folder:
    """The folder at a path, as a context: locked against other builds, shared by those that only look.

    The path itself may lead through symbolic links, for the user named it. An OSError that a method raises
    has the path inside the folder as its `filename`; one without was raised about the folder itself.
    """

    def __init__(self, path: StrPath, *, change: bool = False) -> None:
        """Name the folder; with `change` it is made if it is not there, and held by this process alone."""
        self._path = path
        self._change = change
        self._open: dict[str, int] = {}

    def __enter__(self) -> Self:
        """Open and lock the folder; raise OSError when there is none or it cannot be opened."""
        with _about(None):
            if self._change:
                os.makedirs(self._path, exist_ok=True)  # noqa: PTH103  pathlib doubles the start-up time
            self._open[""] = os.open(self._path, _FOLDER)
        # Some network file systems cannot lock a folder; a build there must still be possible.
        with suppress(OSError):
            fcntl.flock(self._open[""], fcntl.LOCK_EX if self._change else fcntl.LOCK_SH)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Close everything, which also gives the lock back."""
        while self._open:
            os.close(self._open.popitem()[1])

    def show(self, path: str) -> str:
        """Return `path` as the user would type it, with the folder."""
        return os.path.join(self._path, path)  # noqa: PTH118  pathlib doubles the start-up time

    def look(self, path: str) -> Seen:
        """Return what stands at `path`."""
        with _about(path):
            above = self._above(path)
            if isinstance(above, Seen):
                return above
            name = path.rpartition("/")[2]
            kind = _kind(name, above)
            if kind != "file":
                return Seen(kind, path, self.show(path))
            descriptor = os.open(name, _READ, dir_fd=above)
            try:
                mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
                data = b"".join(iter(lambda: os.read(descriptor, _CHUNK), b""))
                return Seen("file", path, self.show(path), data, mode)
            finally:
                os.close(descriptor)

    def stage(self, path: str, data: bytes, mode: int) -> None:
        """Write the new content of `path` into its temporary file, with `mode` whatever the umask is."""
        with _about(path):
            above = self._above(path, make=True)
            if isinstance(above, Seen):
                raise OSError(errno.ENOTDIR, above.at)
            descriptor = os.open(temporary(path).rpartition("/")[2], _CREATE, 0o600, dir_fd=above)
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
                os.fchmod(descriptor, mode)
            finally:
                os.close(descriptor)

    def replace(self, path: str) -> None:
        """Put the temporary file of `path` in its place: at every moment the old or the new one is there."""
        with _about(path):
            above = self._above(path)
            if isinstance(above, Seen):
                raise OSError(errno.ENOTDIR, above.at)
            name = path.rpartition("/")[2]
            os.rename(temporary(name), name, src_dir_fd=above, dst_dir_fd=above)

    def remove(self, path: str) -> None:
        """Remove the file at `path`, if there is one, and the folders above it that are empty then."""
        with _about(path):
            above = self._above(path)
            if isinstance(above, int):
                with suppress(FileNotFoundError):
                    os.unlink(path.rpartition("/")[2], dir_fd=above)
        self.tidy(path)

    def tidy(self, path: str) -> None:
        """Remove the folders above `path` that are empty."""
        steps = path.split("/")[:-1]
        with suppress(OSError):  # the first one that is not empty ends it
            for count in range(len(steps), 0, -1):
                outer = self._open.get("/".join(steps[: count - 1]))
                if outer is not None:
                    with suppress(FileNotFoundError):
                        os.rmdir(steps[count - 1], dir_fd=outer)
                    inner = self._open.pop("/".join(steps[:count]), None)
                    if inner is not None:
                        os.close(inner)

    def _above(self, path: str, *, make: bool = False) -> int | Seen:
        """Return the open folder that holds `path`, or what stands there instead of a folder."""
        above = self._open[""]
        steps = path.split("/")[:-1]
        for count, step in enumerate(steps, 1):
            at = "/".join(steps[:count])
            if at not in self._open:
                kind = _kind(step, above)
                made = make and kind == "nothing"
                if made:
                    os.mkdir(step, 0o755, dir_fd=above)
                elif kind != "folder":
                    return Seen(kind if kind in {"nothing", "link"} else "no-folder", at, self.show(at))
                self._open[at] = os.open(step, _FOLDER | os.O_NOFOLLOW, dir_fd=above)
                if made:
                    os.fchmod(self._open[at], 0o755)
            above = self._open[at]
        return above


def _kind(name: str, above: int) -> Kind:
    try:
        mode = os.stat(name, dir_fd=above, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return "nothing"
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "folder"
    return "link" if stat.S_ISLNK(mode) else "special"


@contextmanager
def _about(path: str | None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        error.filename = path
        error.filename2 = None
        raise
