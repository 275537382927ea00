"""Where a lab lies on this machine: its folder, the names of what it makes, and the processes that it started."""

import hashlib
import os
import re
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import lab
from topologies import ROOT


def _named(words: Sequence[str]) -> str:
    """Return the folder's name: everything in it goes when the lab is taken down, so it is none of anybody else."""
    name = "-".join(filter(None, words))
    if not re.fullmatch(r"lab(-[a-z0-9]+)*", name):
        raise SystemExit(f"HAGEN_LAB={name!r} names no lab: it is `lab`, or `lab-` and letters and digits")
    return name


RUN = (
    ROOT / ".cache" / _named((os.environ.get("HAGEN_LAB", "lab"), os.environ.get("PYTEST_XDIST_WORKER", "")))
)
"""Everything that a running lab has on disk; it is there exactly while the lab is up.

HAGEN_LAB names another folder, and so does each process that runs tests: several labs may run side by side, with the
same addresses.
"""

TAG = f"hagen{hashlib.sha256(str(RUN).encode()).hexdigest()[:6]}"
"""What the names of namespaces and control groups begin with: no two labs meet."""


def cgroups() -> Path:
    """Return the top of the lab's control groups, in cgroup2, pure or beside the older kind."""
    for each in (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified")):
        if (each / "cgroup.procs").exists() and (each / "cgroup.controllers").exists():
            return each / TAG
    raise RuntimeError("this machine has no cgroup2")


def start(name: str, command: Sequence[str], log: Path) -> None:
    """Start a process that goes on without this one, with its words in `log`; `name` is how `stop` knows it."""
    log.parent.mkdir(parents=True, exist_ok=True)
    append = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), append, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    pid = os.posix_spawnp(command[0], [*command], os.environ, file_actions=files, setsid=True)
    record = RUN / "processes" / name
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(f"{pid} {born(pid)}")


def stop(name: str) -> None:
    """End a process that `start` started, if it still is the same one."""
    record = RUN / "processes" / name
    if not record.exists():
        return
    pid, began = record.read_text().split()
    if born(int(pid)) == began:
        os.kill(int(pid), signal.SIGTERM)
        until(lambda: born(int(pid)) != began, 5, f"process {pid} ({name}) to end")
    record.unlink()


def stop_all() -> None:
    """End every process that `start` started."""
    for record in sorted((RUN / "processes").glob("*")):
        stop(record.name)


def until(true: Callable[[], object], seconds: float, what: str, pause: float = 0.1) -> float:
    """Wait until a function returns something true, and return how many seconds that took."""
    began = time.monotonic()
    while not true():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(pause)
    return time.monotonic() - began


def born(pid: int) -> str:
    """Return when a process was started, in ticks since boot; nothing if it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] == "Z" else fields[19]


def remove_group(group: Path) -> None:
    """Remove an empty control group with all below it; the kernel may need a moment until it lets go."""

    def gone() -> bool:
        for each in sorted(group.rglob("*/"), reverse=True):
            if each.is_dir():
                with suppress(OSError):
                    each.rmdir()
        with suppress(OSError):
            group.rmdir()
        return not group.exists()

    until(gone, 10, f"control group {group} to go away")


def remove_tree(folder: Path) -> None:
    """Remove a folder, but nothing of a file system that might still be mounted below it."""
    lab.run("rm", "--recursive", "--force", "--one-file-system", str(folder))
