"""What the renderers are given, and what all of them make of it in the same way."""

from collections.abc import Sequence
from typing import NamedTuple

from hagen.diagnostic import Diagnostic, Label
from hagen.source import Position, Source, Span


class Report(NamedTuple):
    """A source and what is to be said of it: located and in the order in which it is to be shown."""

    source: Source
    diagnostics: tuple[Diagnostic, ...]


def sound(span: Span) -> Span:
    """Return `span` with lines and columns of at least 1 and no end before its start."""
    start = Position(max(1, span.start.line), max(1, span.start.column))
    end = Position(max(1, span.end.line), max(1, span.end.column))
    return Span(start, max(start, end))


def told(label: Label) -> Span | None:
    """Return the span that may be told of `label`: a secret's ends where it starts, or it would give its length."""
    if label.span is None:
        return None
    span = sound(label.span)
    return Span(span.start, span.start) if label.secret else span


def visible(text: str) -> str:
    r"""Return `text` with each character that a terminal would obey or hide written as an escape: ``\x1b``."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def count(reports: Sequence[Report]) -> tuple[int, int]:
    """Return how many errors and how many warnings `reports` hold."""
    severities = [each.severity for report in reports for each in report.diagnostics]
    return severities.count("error"), severities.count("warning")
