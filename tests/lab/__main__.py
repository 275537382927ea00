"""The lab by hand, with PYTHONPATH=tests: `python -m lab up|form [--pristine]`, `exec HOST COMMAND…`, `client COMMAND…`, `status`, `down`."""

import subprocess
import sys
import tempfile
from pathlib import Path

import lab
from lab import network, whole
from lab.cluster import Cluster
from lab.host import Host
from lab.table import HOSTS


def main(arguments: list[str]) -> int:
    """Do what is asked, and return the exit code."""
    match arguments:
        case ["up", *rest] if rest in ([], ["--pristine"]):
            whole.up(pristine=rest != [], password="made-up-bmc")  # noqa: S106  what the tests have too
        case ["form", *rest] if rest in ([], ["--pristine"]):
            with tempfile.TemporaryDirectory() as folder:
                sys.stdout.write(Cluster(Path(folder)).form(pristine=rest != []).out)
        case ["exec", name, *command] if name in HOSTS and command:
            done = Host(name).run(*command, check=False, timeout=600)
            sys.stdout.write(done.out)
            sys.stderr.write(done.err)
            return done.code
        case ["client", *command] if command:
            return subprocess.run([*network.inside("client"), *command], check=False).returncode
        case ["status"]:
            for name in HOSTS:
                sys.stdout.write(f"{name} {'up' if Host(name).is_up() else 'down'}\n")
        case ["down"]:
            whole.down()
        case _:
            sys.stderr.write(f"{__doc__}\n")
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except lab.FailedError as failed:
        sys.exit(str(failed))
