"""Run a generated pcs script as it is, against real Pacemaker tools and a pretended cluster.

The script gets namespaces of its own (see `enter`), in which the programs that reach daemons or other hosts are
covered by `shim`. Nothing of the machine that the tests run on is touched: no daemon, no host, no file.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import programs

_HERE = Path(__file__).parent
_UNSHARE = (
    "unshare",
    "--mount",
    "--uts",
    "--net",
    "--ipc",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
)

NEEDED = (
    "bash",
    "cibadmin",
    "corosync",
    "crm_diff",
    "crm_resource",
    "crm_verify",
    "fence_ipmilan",
    "pcs",
    "unshare",
    "/usr/lib/ocf/resource.d/heartbeat/IPaddr2",
)
"""The programs without which a pcs script cannot be run."""


class Call(NamedTuple):
    """A command that the script ran, and what it was given on standard input if it was only pretended."""

    argv: tuple[str, ...]
    stdin: str


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished script: exit code, standard output, standard error, and the commands it ran that were recorded."""

    code: int
    stdout: str
    stderr: str
    calls: tuple[Call, ...]

    @property
    def output(self) -> str:
        """Everything that a person at a terminal would have seen."""
        return self.stdout + self.stderr

    def called(self, *start: str) -> list[Call]:
        """Return the calls whose arguments begin with `start`."""
        return [call for call in self.calls if call.argv[: len(start)] == start]


class Node:
    """A pretended cluster node. What happens to it lasts from one script to the next; `live` is its CIB.

    `files` lie on the node before the first script runs: absolute path below /etc to text. With `running`, programs
    find `live` by themselves once the cluster was started, as they find a real cluster, and not by CIB_file.
    """

    def __init__(
        self,
        folder: Path,
        *,
        live: Path | None = None,
        files: Mapping[str, str] | None = None,
        running: bool = False,
        hostname: str | None = None,
    ) -> None:
        """Make the node in `folder`, which must be empty; without `live` the cluster's daemons cannot be asked."""
        self.folder = folder
        self.live = None if running else live
        if running:
            if live is None:
                raise ValueError("a cluster that runs has a CIB")
            self.state.mkdir(parents=True)
            (self.state / "live").symlink_to(live)
        if hostname is not None:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "hostname").write_text(hostname)
        for path, text in (files or {}).items():
            if not path.startswith("/etc/"):
                raise ValueError(f"only files below /etc are private to the sandbox, not {path}")
            self.write(path, text)

    @property
    def state(self) -> Path:
        """Where what is pretended is kept; see `shim`."""
        return self.folder / "state"

    def write(self, path: str, text: str) -> None:
        """Put a file on the node, readable by root alone."""
        place = self.folder / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(0o600)

    def run(self, command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> Ran:
        """Run `command` on the node, with `env` beside a minimal environment, and without standard input."""
        programs.need(*NEEDED)
        calls = self.folder / "calls"
        shutil.rmtree(calls, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        environment = {
            "PATH": programs.PATH,
            "HOME": "/root",
            "LC_ALL": "C.UTF-8",
            "TMPDIR": tempfile.gettempdir(),
        }
        if self.live:
            environment["CIB_file"] = str(self.live)
        done = subprocess.run(
            [*_unshare(), _HERE / "enter", self.folder, _HERE / "pcs", *command],
            env=environment | dict(env or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if (broken := self.folder / "broken").exists():
            raise AssertionError(f"{broken.read_text()}: {done.stderr}")
        return Ran(
            done.returncode, done.stdout, done.stderr, tuple(_read(call) for call in sorted(calls.iterdir()))
        )

    def script(self, script: Path, *arguments: str | Path, env: Mapping[str, str] | None = None) -> Ran:
        """Run a pcs script with `arguments` on the node."""
        return self.run(["bash", script, *arguments], env)


def run_pcs_script(
    script: Path,
    *arguments: str | Path,
    folder: Path,
    env: Mapping[str, str] | None = None,
    live: Path | None = None,
) -> Ran:
    """Run one step of a pcs script on a node that is made for it in `folder`."""
    return Node(folder, live=live).script(script, *arguments, env=env)


def live_cib(path: Path, nodes: Sequence[str], cluster: str = "test") -> Path:
    """Write to `path` what a cluster of `nodes` holds right after it was formed, and return `path`."""
    properties = {
        "have-watchdog": "false",
        "dc-version": "2.1.5-a3f44794f94",
        "cluster-infrastructure": "corosync",
        "cluster-name": cluster,
    }
    options = "".join(
        f'<nvpair id="cib-bootstrap-options-{name}" name="{name}" value="{value}"/>'
        for name, value in properties.items()
    )
    members = "".join(f'<node id="{number}" uname="{name}"/>' for number, name in enumerate(nodes, 1))
    empty = programs.run("cibadmin", "--empty").require()
    filled = empty.replace(
        "<crm_config/>",
        f'<crm_config><cluster_property_set id="cib-bootstrap-options">{options}</cluster_property_set></crm_config>',
    ).replace("<nodes/>", f"<nodes>{members}</nodes>")
    if options not in filled or members not in filled:
        raise ValueError(f"cibadmin --empty no longer looks as expected: {empty}")
    path.write_text(filled)
    return path


def _unshare() -> tuple[str, ...]:
    """Return the command that opens the namespaces; a user who is not root becomes root of a user namespace."""
    command = _UNSHARE if os.geteuid() == 0 else (*_UNSHARE, "--map-root-user")
    try:
        probe = subprocess.run([*command, "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except FileNotFoundError:
        return command
    if probe.returncode:
        programs.missing("namespaces (unshare)")
    return command


def _read(call: Path) -> Call:
    argv = (call / "argv").read_bytes().decode("utf-8", "replace").split("\0")[:-1]
    stdin = call / "stdin"
    return Call(tuple(argv), stdin.read_text() if stdin.exists() else "")
