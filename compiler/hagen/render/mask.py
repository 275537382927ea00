"""Secrets out of reports: no format shows the text of a label that is secret, its length, or a word that quotes it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from hagen.diagnostic import Label
from hagen.render.report import Report, sound
from hagen.render.suspect import find_suspects
from hagen.source import Span

MASK = "********"
"""What stands for any secret, however long it is."""

_SHORT = 4
_TELLING = 6
_INDICATOR = re.compile(r"[|>][-+0-9]*")


class Secrets(NamedTuple):
    """What of one source must not be shown: the places, and the same texts wherever else they stand."""

    spans: tuple[Span, ...]
    texts: re.Pattern[str] | None
    suspects: Mapping[int, Sequence[tuple[int, int]]]

    def out_of(self, words: str) -> str:
        """Return `words` with every secret that they quote masked."""
        return self.texts.sub(MASK, words) if self.texts else words

    def within(self, number: int, line: str) -> list[tuple[int, int]]:
        """Return the secret ranges of `line`, the source's line `number`: from 0, half-open, sorted, disjoint."""
        found = [match.span() for match in self.texts.finditer(line)] if self.texts else []
        found += self.suspects.get(number, ())
        found += [
            _on_line(span, number, len(line))
            for span in self.spans
            if span.start.line <= number <= span.end.line
        ]
        merged: list[tuple[int, int]] = []
        for begin, end in sorted(found):
            if merged and begin <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            elif begin < end:
                merged.append((begin, end))
        return merged


def find_secrets(report: Report) -> Secrets:
    """Return what the secret labels of `report` hide."""
    labels = (
        label for diagnostic in report.diagnostics for label in (diagnostic.primary, *diagnostic.related)
    )
    spans = tuple(sound(label.span) for label in labels if label.secret and label.span)
    lines = report.source.lines() if report.diagnostics else []
    suspects = find_suspects(lines)
    texts = {text for span in spans for text in _texts(span, lines) if text.strip()}
    for number, ranges in suspects.items():
        texts.update(
            text for begin, end in ranges for text in _readings(lines[number - 1][begin:end]) if _tells(text)
        )
    # The longest first: where one secret begins like another, the whole of it has to go.
    patterns = [_pattern(text) for text in sorted(texts, key=lambda text: (-len(text), text))]
    return Secrets(spans, re.compile("|".join(patterns)) if patterns else None, suspects)


def redact(report: Report, secrets: Secrets) -> Report:
    """Return `report` with none of `secrets` in any message, label or hint; the labels keep their spans."""
    if secrets.texts is None:
        return report
    out_of = secrets.out_of

    def clean(label: Label) -> Label:
        at = tuple(out_of(step) if isinstance(step, str) else step for step in label.at)
        return label._replace(at=at, text=out_of(label.text))

    return Report(
        report.source,
        tuple(
            each._replace(
                message=out_of(each.message),
                primary=clean(each.primary),
                related=tuple(map(clean, each.related)),
                hint=out_of(each.hint),
            )
            for each in report.diagnostics
        ),
    )


def redact_all(reports: Iterable[Report]) -> list[Report]:
    """Return `reports`, each without its own secrets in any message, label or hint."""
    return [redact(report, find_secrets(report)) for report in reports]


def _on_line(span: Span, number: int, length: int) -> tuple[int, int]:
    begin = span.start.column - 1 if number == span.start.line else 0
    end = span.end.column - 1 if number == span.end.line else length
    return min(begin, length), min(end, length)


def _texts(span: Span, lines: Sequence[str]) -> Iterator[str]:
    """Yield how a message may quote what stands in `span`: as written, as YAML reads it, and line by line."""
    within = range(span.start.line, min(span.end.line, len(lines)) + 1)
    pieces = []
    for number in within:
        line = lines[number - 1]
        begin, end = _on_line(span, number, len(line))
        pieces.append(line[begin:end].strip())
    if len(pieces) == 1:
        yield from _readings(pieces[0])
    else:
        yield from (each for each in pieces if len(each) >= _SHORT and not _INDICATOR.fullmatch(each))


def _tells(text: str) -> bool:
    # What only looks like a secret may be a word or a number that messages use in their own right.
    return len(text) >= _TELLING and not re.fullmatch("[a-z_]+|[0-9]+", text)


def _readings(text: str) -> Iterator[str]:
    quote, inner = text[:1], text[1:-1]
    if len(text) < 2 or quote not in {"'", '"'} or text[-1] != quote:  # noqa: PLR2004  two quotes
        yield text
        return
    yield inner
    yield inner.replace("''", "'") if quote == "'" else re.sub(r"\\(.)", r"\1", inner)


def _pattern(text: str) -> str:
    # Part of a longer word is another word. A very short secret may be a word of the message itself, so that it
    # counts only where it is quoted.
    if len(text) < _SHORT:
        return rf"(?<=[`'\"]){re.escape(text)}(?=[`'\"])"
    return rf"(?<!\w){re.escape(text)}(?!\w)"
