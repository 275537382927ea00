"""Reading topologies, and saying what was found: the two things that every command does at the terminal."""

import errno
import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple, NoReturn

import click

from hagen.diagnostic import Diagnostic, has_errors
from hagen.render import ALL as RENDERERS
from hagen.source import MOST_BYTES, Source


class Finding(NamedTuple):
    """A source and what is to be said of it."""

    source: Source
    diagnostics: tuple[Diagnostic, ...]


def unwritable(error: OSError) -> NoReturn:
    """Say that standard output cannot be written, and end."""
    with suppress(OSError):
        click.echo(f"hagen: standard output cannot be written: {_reason(error)}", err=True)
    sys.exit(1)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def read(names: Iterable[str]) -> tuple[list[Source], list[Finding]]:
    """Return the sources that could be read, and those that could not with the reason."""
    from hagen import codes  # noqa: PLC0415

    sources: list[Source] = []
    unreadable: list[Finding] = []
    for name in names:
        shown = "<stdin>" if name == "-" else name
        try:
            data = _standard_input() if name == "-" else _bytes(name)
        except OSError as error:
            complaint = codes.UNREADABLE_SOURCE.at(
                (),
                f"`{shown}` cannot be read: {_reason(error)}",
                hint="name a YAML file, or `-` for standard input",
            )
            unreadable.append(Finding(Source(shown, b""), (complaint,)))
        else:
            sources.append(Source(shown, data))
    return sources, unreadable


# One byte too many is enough to know that there are too many, and some files never end.
def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123  pathlib costs more at start-up than all else here
        return file.read(MOST_BYTES + 1)


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise OSError(errno.EBADF, "it is closed")
    return sys.stdin.buffer.read(MOST_BYTES + 1)


def report(findings: Sequence[Finding], format_: str, *, strict: bool) -> bool:
    """Write all diagnostics to standard error, once, and tell whether they mean failure."""
    if format_ != "text" or any(finding.diagnostics for finding in findings):
        from hagen.render.report import Report  # noqa: PLC0415

        reports = [Report(*finding) for finding in findings]
        colour = sys.stderr is not None and sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        try:
            click.echo(RENDERERS[format_](reports, colour=colour), err=True, nl=False, color=colour)
        except OSError:  # there is nobody left to tell
            sys.exit(1)
    return any(has_errors(found.diagnostics) or (strict and found.diagnostics) for found in findings)


def bug(error: Exception) -> NoReturn:
    """Say that hagen itself failed, and end."""
    from hagen import codes  # noqa: PLC0415

    complaint = codes.BUG.at(
        (),
        f"this is a bug in hagen: {type(error).__name__}: {error}",
        hint="please report it with the topology; `hagen --traceback …` shows where it happened",
    )
    report([Finding(Source("hagen", b""), (complaint,))], "text", strict=False)
    sys.exit(1)
