"""Requests from outside: programs of this machine, in the network namespace of a machine that is in no cluster."""

import lab
from lab import Done, network
from lab.table import CLIENT


def run(*command: str, stdin: str = "", check: bool = True, timeout: float = 60) -> Done:
    """Run a program of this machine as if it were on the client."""
    words = (*network.inside(CLIENT.name), *command)
    return lab.run(*words, stdin=stdin, check=check, timeout=timeout, said=("client:", *command))


def get(url: str, *, seconds: float = 5) -> str:
    """Return what an address answers to a GET; an error of HTTP fails."""
    return run(
        "curl", "--silent", "--show-error", "--fail", "--globoff", "--max-time", f"{seconds:g}", url
    ).out
