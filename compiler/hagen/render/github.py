"""Diagnostics as workflow commands, which GitHub Actions shows beside the lines of a pull request."""

from collections.abc import Sequence

from hagen.diagnostic import Diagnostic, Label
from hagen.render.mask import redact_all
from hagen.render.report import Report, told, visible
from hagen.source import Source


def render(reports: Sequence[Report], *, colour: bool = False) -> str:  # noqa: ARG001  one signature for all
    """Return a command a line for each diagnostic; its related places and its hint follow in the message."""
    return "".join(
        f"{_command(report.source, each)}\n" for report in redact_all(reports) for each in report.diagnostics
    )


def _command(source: Source, diagnostic: Diagnostic) -> str:
    properties = {
        "file": visible(source.name),
        **_place(diagnostic.primary),
        "title": f"{diagnostic.code.id} {diagnostic.code.name}",
    }
    shown = ",".join(f"{key}={_escape_property(value)}" for key, value in properties.items())
    message = _escape("\n".join(_message(source, diagnostic)))
    return f"::{diagnostic.severity} {shown}::{message}"


def _place(label: Label) -> dict[str, str]:
    span = told(label)
    if span is None:
        return {}
    place = {"line": str(span.start.line), "endLine": str(span.end.line)}
    if span.start.line == span.end.line:
        # GitHub refuses columns in an annotation of several lines.
        place |= {"col": str(span.start.column), "endColumn": str(span.end.column)}
    order = ("line", "col", "endLine", "endColumn")
    return {key: place[key] for key in order if key in place}


def _message(source: Source, diagnostic: Diagnostic) -> list[str]:
    primary = diagnostic.primary.text
    lines = [f"{diagnostic.message} ({primary})" if primary else diagnostic.message]
    for label in diagnostic.related:
        span = told(label)
        place = f"{source.name}:{span.start.line}:{span.start.column}" if span else source.name
        lines.append(f"{place}: {label.text}" if label.text else place)
    if diagnostic.hint:
        lines.append(f"hint: {diagnostic.hint}")
    return [visible(line) for line in lines]


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
