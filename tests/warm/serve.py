"""The pcs of this machine as a server: run by the system's Python, it imports pcs once and then obeys many commands.

Standard input has commands, each as its number of arguments and the arguments; standard output has the answer to each:
its exit code and all that pcs said. Every word ends with a zero byte. The code that runs is pcs's own, but for three
things: what agents and daemons say of themselves is asked once only, where systemd's units, of which nothing can be
known without systemd, are described as `tests/sandbox/shim` does; and a CIB in a file is read from the file, not by way
of `cibadmin --query`, which would print just that. Programs are started without a copy of this process before, which
pcs asks for to give them SIGPIPE as it was; Python does that anyway.
"""

import contextlib
import io
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pcs import app, utils  # type: ignore[import-not-found]
from pcs.cli.common import lib_wrapper  # type: ignore[import-not-found]
from pcs.lib import external  # type: ignore[import-not-found]

_UNIT = """<?xml version="1.0"?>
<resource-agent name="{0}" version="0.1">
  <version>1.1</version>
  <longdesc lang="en">{0}</longdesc>
  <shortdesc lang="en">systemd unit file for {0}</shortdesc>
  <parameters/>
  <actions>
    <action name="start" timeout="100"/>
    <action name="stop" timeout="100"/>
    <action name="status" timeout="100"/>
    <action name="monitor" timeout="100" interval="60"/>
    <action name="meta-data" timeout="5"/>
  </actions>
  <special tag="systemd"/>
</resource-agent>
"""


def main() -> None:
    """Obey commands until there are no more."""
    _shorten()
    words = _words()
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0) as answers:
        for count in words:
            code, said = _obey([next(words) for _ in range(int(count))])
            answers.write(f"{code}\0{said}\0".encode("utf-8", "surrogateescape"))


def _words() -> Iterator[str]:
    rest = b""
    while data := os.read(sys.stdin.fileno(), 65536):
        *words, rest = (rest + data).split(b"\0")
        for word in words:
            yield word.decode("utf-8", "surrogateescape")


def _obey(argv: list[str]) -> tuple[int, str]:
    """Return the exit code and the words of one command, which may end as commands of pcs do: with sys.exit."""
    # These remember the file of the command before.
    lib_wrapper._CACHE.clear()
    utils.cmd_runner.cache_clear()
    utils.get_service_manager.cache_clear()
    said = io.StringIO()
    code: Any = 0
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            app.main(argv)
        except SystemExit as end:
            code = end.code
        except Exception:  # noqa: BLE001  what Python does with it where pcs is a program
            traceback.print_exc()
            code = 1
    if code is not None and not isinstance(code, int):
        said.write(f"{code}\n")
        code = 1
    return code or 0, said.getvalue()


def _shorten() -> None:
    """Answer from memory or from the file what programs would be asked."""
    run, old_run, start = external.CommandRunner.run, utils.run, subprocess.Popen.__init__
    known: dict[tuple[str, ...], Any] = {}

    def run_once(self: Any, args: Any, *more: Any, **named: Any) -> Any:
        program, *words = map(str, args)
        name = Path(program).name
        if (name, words) == ("cibadmin", ["--local", "--query"]) and not more and not named:
            return Path(self.env_vars["CIB_file"]).read_text(), "", 0
        if name == "crm_resource" and words[:1] == ["--show-metadata"] and words[1].startswith("systemd:"):
            return _UNIT.format(words[1].removeprefix("systemd:")), "", 0
        if words[:1] not in (["--show-metadata"], ["metadata"]):
            return run(self, args, *more, **named)
        key = (program, *words)
        if key not in known:
            known[key] = run(self, args, *more, **named)
        return known[key]

    def old_run_once(args: Any, *more: Any, **named: Any) -> Any:
        if args == ["cibadmin", "-l", "-Q"] and utils.usefile:
            return Path(utils.filename).read_text(), 0
        return old_run(args, *more, **named)

    def start_uncopied(self: Any, *args: Any, preexec_fn: Any = None, **named: Any) -> None:
        start(self, *args, **named)

    subprocess.Popen.__init__ = start_uncopied  # type: ignore[method-assign]
    external.CommandRunner.run = run_once
    utils.run = old_run_once


if __name__ == "__main__":
    main()
