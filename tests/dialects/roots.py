"""Unpack the Debian suites of the dialects into private roots: `make dialects`, as root on Debian.

A root is a plain folder, `.cache/dialects/SUITE`. Nothing in it is ever started, and the machine's own packages stay
as they are, but for mmdebstrap, which is installed if it is not there. A root is made under another name and renamed
when it is whole: one that was cut short, or that was made for another list of packages, is made again.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import dialects
import programs
from dialects import PLACE, Dialect

PACKAGES = (
    "bash",
    "booth",
    "corosync",
    "corosync-qdevice",
    "diffutils",
    "haproxy",
    "iproute2",
    "mount",
    "netbase",
    "pacemaker",
    "pacemaker-cli-utils",
    "pcs",
    "procps",
    "resource-agents",
    "rsyslog",
    "sbd",
    "systemd",
)
"""What a root holds besides Debian's essential packages and the fence agents: what pcs, Pacemaker and the agents need to judge a CIB."""

OPTIONS = (
    "--mode=root",
    "--variant=essential",
    # The mirror of an older suite may have stopped to sign anew.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    '--aptopt=APT::Install-Recommends "false"',
    # A root that was cut short is thrown away: nothing has to reach the disk in order.
    "--dpkgopt=force-unsafe-io",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
)
"""How mmdebstrap makes a root. Main alone: the updates of an archived suite are not on every mirror."""

MIRROR = "http://deb.debian.org/debian"
"""Debian's public mirror, where the machine's apt names none."""

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

_STAMP = ".hagen-root"
_UNSHARE = ("unshare", "--mount", "--pid", "--fork", "--kill-child")


class Bare(NamedTuple):
    """A root of another kind: its folder, its Debian suite, what it holds besides the essential packages, its title."""

    name: str
    suite: str
    packages: tuple[str, ...]
    title: str

    def __str__(self) -> str:
        """Return how a message calls it."""
        return f"{self.title} ({self.suite})"


Root = Dialect | Bare
"""What a root is made for."""


def path(root: Root) -> Path:
    """Return where a root is, or would be."""
    return PLACE / _name(root)


def is_ready(root: Root) -> bool:
    """Tell whether a root is whole, and made for today's list of packages."""
    stamp = path(root) / _STAMP
    return stamp.is_file() and stamp.read_text() == _digest(root)


def need() -> None:
    """Require every root: without one the test is skipped loudly, or fails where nothing may be missing."""
    absent = [f"the root of {dialect} (make dialects)" for dialect in dialects.ALL if not is_ready(dialect)]
    if not absent and os.geteuid():
        absent = ["the right to enter the roots of the dialects (root)"]
    if absent:
        programs.missing(*absent)


def mirror() -> str:
    """Return the mirror that this machine's apt takes Debian itself from, or else the public one."""
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME")
    listed = _run("apt-get", "indextargets", "--format", "$(RELEASE)|$(COMPONENT)|$(SITE)").stdout
    for release, component, site in (line.split("|", 2) for line in listed.splitlines()):
        if (release, component) == (codename, "main") and site.startswith(("http://", "https://")):
            return site.rstrip("/")
    return MIRROR


def make(wanted: Sequence[Root]) -> list[str]:
    """Make the roots that are not ready, several at a time, and return what went wrong."""
    site = mirror()
    with ThreadPoolExecutor() as pool:
        return [fault for fault in pool.map(lambda root: _make(root, site), wanted) if fault]


def _make(root: Root, site: str) -> str | None:
    began = time.monotonic()
    log = PLACE / f"{_name(root)}.log"
    part = PLACE / f"{_name(root)}.part"
    _say(f"unpacking {root} from {site}")
    _remove(part)
    packages = f"--include={','.join(_packages(root))}"
    source = f"deb [signed-by={KEYRING}] {site} {root.suite} main"
    # The mounts that it makes below the root are in a namespace of their own, so that they end with it.
    with log.open("w") as out:
        done = subprocess.run(
            [*_UNSHARE, "mmdebstrap", *OPTIONS, packages, root.suite, part, source],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        end = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
        return f"{_name(root)} could not be unpacked; the end of {log}:\n{end}"
    (part / _STAMP).write_text(_digest(root))
    _remove(path(root))
    part.rename(path(root))
    _say(f"{root} is ready after {time.monotonic() - began:.0f} s")
    return None


def _name(root: Root) -> str:
    return root.name if isinstance(root, Bare) else root.suite


def _packages(root: Root) -> tuple[str, ...]:
    return root.packages if isinstance(root, Bare) else (*PACKAGES, *root.agents)


def _digest(root: Root) -> str:
    return hashlib.sha256(repr((root.suite, _packages(root), OPTIONS)).encode()).hexdigest()


def _remove(root: Path) -> None:
    # Whatever might still be mounted below it is not the root's own.
    _run("rm", "--recursive", "--force", "--one-file-system", root).check_returncode()


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def _say(words: str) -> None:
    sys.stdout.write(f"dialects: {words}\n")
    sys.stdout.flush()


def _obstacle() -> str | None:
    """Return why no root can be made here."""
    if not Path("/etc/debian_version").exists() or not KEYRING.exists():
        return "this is not Debian"
    return None if os.geteuid() == 0 else "not root"


def _install(wanted: Sequence[str]) -> str | None:
    """Install packages on this machine, and return what went wrong."""
    if not wanted:
        return None
    _say(f"installing {', '.join(wanted)}")
    quiet = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq")
    for command in (("update",), ("install", "--no-install-recommends", *wanted)):
        done = _run(*quiet, *command)
        if done.returncode:
            return f"{', '.join(wanted)} could not be installed: {done.stderr}"
    return None


def main(asked: Sequence[Root] = dialects.ALL, tools: Mapping[str, str] = MappingProxyType({})) -> int:
    """Make every root asked for that is not ready; what cannot be made here is said, and is an error where nothing may be missing.

    `tools` has programs that this machine needs besides, each with the package that has it.
    """
    if obstacle := _obstacle():
        _say(f"{obstacle}, so these cannot be tested: {', '.join(map(str, asked))}")
        return 1 if os.environ.get("HAGEN_REQUIRE_PROGRAMS") else 0
    PLACE.mkdir(parents=True, exist_ok=True)
    with (PLACE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = [root for root in asked if not is_ready(root)]
        needed = {**tools, **({"mmdebstrap": "mmdebstrap"} if wanted else {})}
        lacking = [needed[name] for name in needed if not shutil.which(name, path=programs.PATH)]
        if not wanted and not lacking:
            _say("every root is here")
            return 0
        fault = _install(lacking)
        faults = [fault] if fault else make(wanted)
        for each in faults:
            _say(each)
        return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
