"""Run a generated pcs script with the pcs of a dialect, in that dialect's root and against a pretended cluster."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import programs
import sandbox
from dialects import Dialect, roots
from sandbox import Ran

_HERE = Path(__file__).parent
_INSIDE = PurePosixPath("/run/hagen/node")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_WARNINGS = ("warning", "deprecat", "future")


class Said(NamedTuple):
    """A call of pcs: its arguments, and what it said on standard output and on standard error."""

    argv: tuple[str, ...]
    output: str
    errors: str

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return the lines that warn, whichever stream they were on: pcs 0.10 uses both."""
        lines = (self.output + self.errors).splitlines()
        return tuple(line for line in lines if any(word in line.lower() for word in _WARNINGS))


class RootNode(sandbox.Node):
    """A pretended cluster node that has the programs of a dialect's root; nothing in the root changes.

    Only the folder of the node is seen in the root. A path in it is given to commands as a `Path`.
    """

    def __init__(self, dialect: Dialect, folder: Path, *, files: Mapping[str, str] | None = None) -> None:
        """Make the node in `folder`, which must be empty; it has no CIB until `form` was called."""
        if not roots.is_ready(dialect):
            programs.missing(f"the root of {dialect} (make dialects)")
        super().__init__(folder, files=files)
        self.dialect = dialect

    def bring(self, file: Path) -> Path:
        """Copy a file into the node's folder, and return the copy."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copy(file, self.folder))

    def form(self, nodes: Sequence[str]) -> Path:
        """Give the node the CIB of a cluster of `nodes` in which nothing was configured yet, and return it."""
        empty = self.run(["cibadmin", "--empty"])
        members = "".join(f'<node id="{number}" uname="{name}"/>' for number, name in enumerate(nodes, 1))
        filled = empty.stdout.replace("<nodes/>", f"<nodes>{members}</nodes>")
        if members not in filled:
            raise ValueError(f"cibadmin --empty no longer looks as expected: {empty.output}")
        self.live = self.folder / "live.xml"
        self.live.write_text(filled)
        return self.live

    def run(self, command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> Ran:
        """Run `command` in the root, with `env` beside a minimal environment, and without standard input."""
        programs.need("unshare", "chroot")
        calls = self.folder / "calls"
        for records in (calls, self.folder / "said"):
            shutil.rmtree(records, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = {"PATH": _PATH, "HOME": "/root", "LC_ALL": "C.UTF-8", "TMPDIR": "/tmp"}  # noqa: S108  the root's own
        if self.live:
            environment["CIB_file"] = str(self._inside(self.live))
        words = [str(self._inside(word) if isinstance(word, Path) else word) for word in command]
        done = subprocess.run(
            [*sandbox._UNSHARE, _HERE / "enter", roots.path(self.dialect), self.folder, *words],
            env=environment | dict(env or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        recorded = sorted(calls.iterdir()) if calls.is_dir() else ()
        return Ran(
            done.returncode, done.stdout, done.stderr, tuple(sandbox._read(call) for call in recorded)
        )

    @property
    def said(self) -> tuple[Said, ...]:
        """What pcs was asked in the last run, and what it answered, in that order."""
        folders = sorted((self.folder / "said").iterdir())
        return tuple(
            Said(
                tuple((each / "argv").read_text().split("\0")[:-1]),
                (each / "out").read_text(),
                (each / "err").read_text(),
            )
            for each in folders
        )

    def _inside(self, path: Path) -> PurePosixPath:
        return _INSIDE / path.relative_to(self.folder)
