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
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LEAVING = ("deprecat", "future")
_WARNINGS = ("warning", *_LEAVING)
_SAID_ALWAYS = (
    "Defaults do not apply to resources which override them with their own defined values",
    # Written by `pcs host auth`, which is only pretended here.
    "Unable to read the known-hosts file",
    # No node has joined the file that `cib` writes.
    "Validation for node existence in the cluster will be skipped",
    # pcs 0.12 asks agents whether this very host is ready for their resource: it has no such interface, and no database.
    "Validating resource options using the resource agent itself is enabled by default",
    "Validation result from agent",
)
"""What pcs tells everybody: it is about no mistake of a script."""


class Said(NamedTuple):
    """A call of pcs: its arguments, and what it said on standard output and on standard error."""

    argv: tuple[str, ...]
    output: str
    errors: str

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return the lines that warn, whichever stream they were on: pcs 0.10 uses both.

        With --force a script says that it knows better, and pcs warns of what would be an error else; only that a
        command is on its way out still counts. Indented lines are an agent's words about this host.
        """
        words = _LEAVING if "--force" in self.argv else _WARNINGS
        lines = (self.output + self.errors).splitlines()
        return tuple(
            line
            for line in lines
            if any(word in line.lower() for word in words)
            and not line.startswith(" ")
            and not any(said in line for said in _SAID_ALWAYS)
        )


class RootNode(sandbox.Node):
    """A pretended cluster node that has the programs of a dialect's root; nothing in the root changes.

    Of this machine only the folder of the node is seen in the root, at `inside`. A path in it is given to commands as a
    `Path`.
    """

    def __init__(
        self,
        dialect: Dialect,
        folder: Path,
        *,
        files: Mapping[str, str] | None = None,
        hostname: str | None = None,
    ) -> None:
        """Make the node in `folder`, which must be empty; it has no CIB until `join` was called."""
        super().__init__(folder, files=files, hostname=hostname)
        self.dialect = dialect
        self.inside = PurePosixPath("/run/hagen/node")

    def join(self, cib: str, nodes: Sequence[str]) -> Path:
        """Make the node one of a running cluster of `nodes` that has the configuration `cib`, and return its CIB."""
        self.live = self.folder / "live.xml"
        self.live.write_text(self.with_members(cib, nodes))
        return self.live

    @staticmethod
    def with_members(cib: str, nodes: Sequence[str]) -> str:
        """Return a CIB as Pacemaker completes it when `nodes` have joined; one that has nodes stays as it is."""
        members = "".join(f'<node id="{number}" uname="{name}"/>' for number, name in enumerate(nodes, 1))
        return cib.replace("<nodes/>", f"<nodes>{members}</nodes>")

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
        return Ran(done.returncode, done.stdout, done.stderr, tuple(sandbox._read(call) for call in recorded))

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
        return self.inside / path.relative_to(self.folder)
