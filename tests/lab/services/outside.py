"""The programs of this package that ask from outside, in the background, and what they have said so far."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lab import network
from lab.table import CLIENT
from topologies import ROOT


class Program:
    """A program that runs on the client and says what it sees, in lines of JSON."""

    def __init__(self, process: subprocess.Popen[bytes], said: Path) -> None:
        """Take over a process that writes into a file."""
        self._process = process
        self._said = said

    def said(self) -> list[Any]:
        """Return what it has said so far; it has to be still running."""
        assert self._process.poll() is None, self._said.with_suffix(".err").read_text()
        return [
            json.loads(line)
            for line in self._said.read_text().splitlines(keepends=True)
            if line.endswith("\n")
        ]

    def stop(self) -> None:
        """End it; a line that was begun is not lost, since each is written at once."""
        self._process.kill()
        self._process.wait()


@contextmanager
def running(module: str, *arguments: str) -> Iterator[Program]:
    """Let a module of this package run on the client until the block ends."""
    path = os.pathsep.join(filter(None, (str(ROOT / "tests"), os.environ.get("PYTHONPATH"))))
    # The kernel ends it with the process that started it, even if that is killed.
    with_us = ("setpriv", "--pdeathsig", "KILL", "--")
    words = (sys.executable, "-m", f"lab.services.{module}", *arguments)
    command = (*network.inside(CLIENT.name), *with_us, *words)
    with TemporaryDirectory() as folder:
        said = Path(folder) / module
        with said.open("wb") as out, said.with_suffix(".err").open("wb") as err:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**os.environ, "PYTHONPATH": path},
            )
        program = Program(process, said)
        try:
            yield program
        finally:
            program.stop()
