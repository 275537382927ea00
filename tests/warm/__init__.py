"""Run many pcs scripts as they are, with a pcs that stays in memory: a tenth of the time, since pcs starts slowly.

Only `pcs.sh cib` can be run so: it touches no cluster. It is the real script, the real pcs of this machine and the
real `cibadmin` and `crm_verify`; nothing but the start of pcs is left out.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import programs
from programs import Verdict

NEEDED = ("bash", "cibadmin", "crm_resource", "crm_verify", "pcs", "/usr/bin/python3")
"""The programs without which nothing can be run here."""

_HERE = Path(__file__).parent
_TIMEOUT_S = 120


class Pcs:
    """A pcs that stays in memory."""

    def __init__(self, ask: int, answer: int) -> None:
        """Talk to the server through these two open files."""
        self._ask, self._answer = ask, answer

    def build(self, script: Path, cib: Path) -> Verdict:
        """Let a pcs script write the wanted configuration to `cib`, and return its exit code and all it said."""
        done = subprocess.run(
            ["bash", script, "cib", cib],
            env={
                "PATH": programs.PATH,
                "LC_ALL": "C.UTF-8",
                "TMPDIR": str(cib.parent),
                "BASH_ENV": str(_HERE / "pcs.bash"),
                "PCS_ASK": str(self._ask),
                "PCS_ANSWER": str(self._answer),
            },
            pass_fds=(self._ask, self._answer),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        return Verdict(done.returncode, done.stdout)


@contextmanager
def warm() -> Iterator[Pcs]:
    """Start a pcs that stays in memory until the block ends."""
    programs.need(*NEEDED)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    with subprocess.Popen(
        ["/usr/bin/python3", "-Es", _HERE / "serve.py"],
        env={**environment, "PATH": programs.PATH, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield Pcs(server.stdin.fileno(), server.stdout.fileno())
        server.stdin.close()
