"""Reading topologies, and saying what was found: the two things that every command does at the terminal."""

import os
import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple, NoReturn

import click

from hagen.diagnostic import Diagnostic, has_errors
from hagen.render import ALL as RENDERERS
from hagen.source import Source


class Finding(NamedTuple):
    """A source and what is to be said of it."""

    source: Source
    diagnostics: tuple[Diagnostic, ...]


def read(names: Iterable[str]) -> tuple[list[Source], list[Finding]]:
    """Return the sources that could be read, and those that could not with the reason."""
    from hagen import codes  # noqa: PLC0415

    sources: list[Source] = []
    unreadable: list[Finding] = []
    for name in names:
        shown = "<stdin>" if name == "-" else name
        try:
            data = sys.stdin.buffer.read() if name == "-" else _bytes(name)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            complaint = codes.UNREADABLE_SOURCE.at(
                (), f"`{shown}` cannot be read: {reason}", hint="name a YAML file, or `-` for standard input"
            )
            unreadable.append(Finding(Source(shown, b""), (complaint,)))
        else:
            sources.append(Source(shown, data))
    return sources, unreadable


def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123  pathlib costs more at start-up than all else here
        return file.read()


def report(findings: Sequence[Finding], format_: str, *, strict: bool) -> bool:
    """Write all diagnostics to standard error, once, and tell whether they mean failure."""
    if format_ != "text" or any(finding.diagnostics for finding in findings):
        from hagen.render.report import Report  # noqa: PLC0415

        reports = [Report(*finding) for finding in findings]
        colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        click.echo(RENDERERS[format_](reports, colour=colour), err=True, nl=False, color=colour)
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
