"""Diagnostics for people: each place with the line of the topology that it is about, and carets under it."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hagen.diagnostic import Diagnostic, Label
from hagen.render.excerpt import excerpt
from hagen.render.mask import Secrets, find_secrets, redact
from hagen.render.report import Report, count, sound, visible
from hagen.source import Source, show

_COLOURS = {"error": "1;31", "warning": "1;33", "gutter": "1;34", "hint": "1;36"}


class _Page(NamedTuple):
    """A source as it is shown: its lines, what of them must stay hidden, and whether colours may be used."""

    source: Source
    lines: list[str]
    secrets: Secrets
    colour: bool


def render(reports: Sequence[Report], *, colour: bool = False) -> str:
    """Return `reports` for a terminal, a block for each diagnostic and a count; nothing when there is none."""
    blocks = [block for report in reports for block in _blocks(report, colour)]
    if not blocks:
        return ""
    return "\n".join([*blocks, _closing(reports)])


def _blocks(report: Report, colour: bool) -> Iterator[str]:
    if not report.diagnostics:
        return
    secrets = find_secrets(report)
    # The line after the last one: a text that ends too early is wrong there.
    page = _Page(report.source, [*report.source.lines(), ""], secrets, colour)
    for diagnostic in redact(report, secrets).diagnostics:
        yield "".join(f"{line}\n" for line in _diagnostic(page, diagnostic))


def _diagnostic(page: _Page, diagnostic: Diagnostic) -> Iterator[str]:
    severity = _paint(f"{diagnostic.severity}[{diagnostic.code.id}]", diagnostic.severity, page.colour)
    yield f"{severity}: {visible(diagnostic.message)}"
    labels = (diagnostic.primary, *diagnostic.related)
    numbers = [sound(each.span).start.line for each in labels if each.span]
    width = max((len(str(number)) for number in numbers if number <= len(page.lines)), default=1)
    yield from _label(page, diagnostic.primary, width, "^", diagnostic.severity)
    for label in diagnostic.related:
        yield from _label(page, label, width, "-", "gutter")
    if diagnostic.hint:
        yield f"  {_paint('= hint:', 'hint', page.colour)} {visible(diagnostic.hint)}"


def _label(page: _Page, label: Label, width: int, mark: str, style: str) -> Iterator[str]:
    arrow = _paint("-->", "gutter", page.colour)
    name, text = visible(page.source.name), visible(label.text)
    said = f": {text}" if text else ""
    if label.span is None:
        yield f"  {arrow} {name}{said}"
        return
    span = sound(label.span)
    pointer = f"({visible(show(label.at))})" if label.at else show(label.at)
    place = f"  {arrow} {name}:{span.start.line}:{span.start.column} {pointer}"
    if span.start.line > len(page.lines):
        yield f"{place}{said}"
        return
    number, line = span.start.line, page.lines[span.start.line - 1]
    end = len(line.rstrip()) if span.end.line > number else span.end.column - 1
    piece = excerpt(line, span.start.column - 1, end, page.secrets.within(number, line))
    bar = _paint(" " * (width + 3) + "|", "gutter", page.colour)
    yield place
    yield bar
    numbered = _paint(f"  {number:>{width}} |", "gutter", page.colour)
    yield f"{numbered} {piece.shown}".rstrip()
    marks = _paint(mark * piece.length + (f" {text}" if text else ""), style, page.colour)
    yield f"{bar} {' ' * piece.offset}{marks}"


def _closing(reports: Sequence[Report]) -> str:
    counted = zip(count(reports), ("error", "warning"), strict=True)
    line = ", ".join(f"{number} {word}{'s' * (number > 1)}" for number, word in counted if number)
    first = next(
        (each.code.id for report in reports for each in report.diagnostics if each.severity == "error"), ""
    )
    return f"{line}\nhagen explain {first} tells more\n" if first else f"{line}\n"


def _paint(text: str, style: str, colour: bool) -> str:
    return f"\x1b[{_COLOURS[style]}m{text}\x1b[0m" if colour else text
