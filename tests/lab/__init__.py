r"""A real cluster on one machine: what hagen makes of `examples/lab/topology.yml` is applied, broken and repaired.

`make lab` runs it, as root on Debian. Each host is a systemd-nspawn container that is booted by its own systemd from
Debian's packages as they are, with a disk, a network namespace and a control group of its own:

    [client]        [world: gateway and BMCs]
        \               /
         bridge of each network (namespace sw)     an island for each, for hosts that are cut off
         /      |      \
      [c1]    [c2]    [c3]   [q1: quorum device]

- `root` is the system that every host starts from, `table` has their names and addresses.
- `network` makes the namespaces, bridges and cables, `host` the hosts, `power` the BMCs that switch them.
- `client` asks from outside, and `probe` says how long nothing answered.
- `cluster` is the topology on those hosts: built, applied, awaited.
- `services` is what the proxy leads to.

Nothing of it leaves the namespaces that were made for it, and only processes that were started for it are ended.
`python -m lab up`, `exec`, `status` and `down` (with PYTHONPATH=tests) are for looking around by hand.

The way in which systemd-nspawn is started, and how a power cut, a partition and a hang are made, follow its manual
page, Linux' cgroup-v2 documentation ("cgroup.kill") and ip-netns(8).
"""

import subprocess
from collections.abc import Sequence
from typing import NamedTuple


class Done(NamedTuple):
    """A command that has ended: its exit code, its standard output, its standard error."""

    code: int
    out: str
    err: str


class FailedError(AssertionError):
    """A command of the lab that had to succeed did not."""


def run(
    *command: str, stdin: str | bytes = "", check: bool = True, timeout: float = 60, said: Sequence[str] = ()
) -> Done:
    """Run a command of this machine, with nothing but `stdin` on its standard input.

    `timeout` is in seconds. With `check`, an exit code other than 0 raises `FailedError`, with `said` in the place of the command.
    """
    given = stdin.encode() if isinstance(stdin, str) else stdin
    try:
        ended = subprocess.run(command, input=given, capture_output=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as late:
        raise FailedError(
            f"{' '.join(said or command)} did not end within {timeout:g} s: {late.stdout!r}"
        ) from None
    done = Done(
        ended.returncode, ended.stdout.decode(errors="replace"), ended.stderr.decode(errors="replace")
    )
    if check and done.code:
        raise FailedError(f"{' '.join(said or command)}: exit code {done.code}\n{done.out}{done.err}")
    return done
