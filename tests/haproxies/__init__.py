"""The real HAProxy of every version that can be had: which there are, how one is started, and what it says of a file.

`make haproxies` gets them, as root on Debian: those of Debian's releases come with the roots of the dialects, the
newest has a small root of its own, and 2.8, which is in no release, is a wheel (`wheel.txt`) that is unpacked into
`.cache` and run with the libraries of Debian 12. Nothing is installed on this machine, and hagen needs none of it.

- `argv(version)` starts that HAProxy: with the files of its own system and everything else of this machine, so that
  paths, addresses and the process id are as if it had been installed here.
- `check` is `haproxy -dW -c` of a file; `judge` does the same with a text that names files of a node.
- `files` puts stand-ins in the place of files of a node.
- `process` runs a HAProxy for a test of its behaviour, and reloads it; `tls` makes certificates for that.

Behaviour of HAProxy 1.5, 1.8 and 2.4, which no registry has, is not tested here: see `test_haproxies`.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import dialects
import programs
from dialects import roots
from dialects.roots import Bare, Root
from haproxies import files, wheel
from programs import Verdict

BULLSEYE, BOOKWORM, TRIXIE = dialects.ALL

TESTING = Bare("forky", "forky", ("haproxy", "netbase"), "haproxy 3.2")
"""The next Debian, with a newer branch of HAProxy. The number changes here when Debian takes the next branch."""

_ENTER = Path(__file__).parent / "enter"


class Build(NamedTuple):
    """A HAProxy: the branch, the root whose system it runs in, and the program's path there."""

    version: str
    root: Root
    program: Path


BUILDS = (
    Build("2.2", BULLSEYE, Path("/usr/sbin/haproxy")),
    Build("2.6", BOOKWORM, Path("/usr/sbin/haproxy")),
    Build("2.8", BOOKWORM, wheel.PROGRAM),
    Build("3.0", TRIXIE, Path("/usr/sbin/haproxy")),
    Build("3.2", TESTING, Path("/usr/sbin/haproxy")),
)

VERSIONS = tuple(build.version for build in BUILDS)
"""Every branch of HAProxy that can be run, the oldest first."""

SATISFIED = frozenset({Verdict(0, ""), Verdict(0, "Configuration file is valid\n")})
"""What `check` returns of a file in which HAProxy finds no fault; older branches say so, newer ones are silent."""


def need(version: str) -> Build:
    """Require a HAProxy: without it the test is skipped loudly, or fails where nothing may be missing."""
    (build,) = (each for each in BUILDS if each.version == version)
    if not roots.is_ready(build.root) or (build.program == wheel.PROGRAM and not wheel.is_ready()):
        programs.missing(f"haproxy {version} (make haproxies)")
    if os.geteuid():
        programs.missing(f"the right to enter the root of haproxy {version} (root)")
    return build


def argv(version: str) -> tuple[str, ...]:
    """Return the words that start a HAProxy, to which its own arguments are added.

    The process that they start becomes HAProxy itself: its id takes HAProxy's signals.
    """
    build = need(version)
    unshare = programs.need("unshare")["unshare"]
    return (unshare, "--mount", str(_ENTER), str(roots.path(build.root)), str(build.program))


def check(
    version: str, config: Path, env: Mapping[str, str] | None = None, node: str | None = None
) -> Verdict:
    """Let a HAProxy judge a file as it is, as the node called `node`; a warning counts as an error."""
    named = () if node is None else ("-L", node)
    program, *words = argv(version)
    return programs.run(program, *words, "-dW", "-c", *named, "-f", config.absolute(), env=env)


def judge(
    version: str, text: str, scratch: Path, env: Mapping[str, str] | None = None, node: str | None = None
) -> Verdict:
    """Let a HAProxy judge a configuration that names files of a node: `scratch` gets stand-ins for them.

    Where no `node` is named it is the first of the peers, if there are any.
    """
    folder = scratch / version
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "haproxy.cfg"
    config.write_bytes(files.with_stand_ins(text, folder).encode())
    return check(version, config, env, node or _first_peer(text))


def _first_peer(config: str) -> str | None:
    found = re.search(r"^ +peer (\S+) ", config, re.MULTILINE)
    return found and found[1]


def judge_here(config: Path, scratch: Path, env: Mapping[str, str] | None = None) -> Verdict:
    """Let this machine's own HAProxy judge a configuration, as the first of its peers if it has any."""
    scratch.mkdir(parents=True, exist_ok=True)
    judged = scratch / config.name
    text = config.read_text()
    judged.write_bytes(files.with_stand_ins(text, scratch).encode())
    peer = _first_peer(text)
    named = ("-L", peer) if peer else ()
    return programs.run("haproxy", "-dW", "-c", *named, "-f", judged, env=env)


def of_platform(versions: Mapping[str, str]) -> str | None:
    """Return a platform's own HAProxy by its `versions` in `schema/platforms.yaml`, or None if it cannot be had."""
    return versions["haproxy"] if versions["haproxy"] in VERSIONS else None
