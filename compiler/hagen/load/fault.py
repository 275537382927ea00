"""A fault that a YAML parser met: what it said, where, and what stands around it."""

from typing import NamedTuple

from yaml import Mark

from hagen import codes
from hagen.diagnostic import Code, Diagnostic, Label
from hagen.load.decode import after
from hagen.source import Position, Span, lines


class Spot(NamedTuple):
    """A place in a text: by offset from 0, and by position."""

    offset: int
    position: Position


class Fault(NamedTuple):
    """What a parser said (`problem`, inside which `context`), in `text`, and where."""

    text: str
    problem: str
    context: str
    at: Spot
    begin: Spot  # where the construct began that the parser was in
    bracket: Spot | None  # the innermost `[` or `{` that is still open

    @property
    def character(self) -> str:
        """The character at the fault; empty at the end of the text."""
        return self.text[self.at.offset : self.at.offset + 1]

    @property
    def line(self) -> str:
        """The line of the fault; libyaml may stop on one behind the last, which is empty."""
        return [*lines(self.text), ""][self.at.position.line - 1]

    @property
    def before(self) -> str:
        """What stands on the line before the fault."""
        return self.line[: self.at.position.column - 1]

    @property
    def at_end(self) -> bool:
        """Whether only the end of the text or of the document is left."""
        return not self.text[self.at.offset :].strip() or self.text.startswith(("---", "..."), self.at.offset)

    @property
    def line_above(self) -> int:
        """The number of the next line above that holds more than a comment; 0 if there is none."""
        above = lines(self.text)[: self.at.position.line - 1]
        numbers = range(len(above), 0, -1)
        return next((n for n in numbers if above[n - 1].strip() and above[n - 1].lstrip()[0] != "#"), 0)

    def say(
        self,
        message: str,
        hint: str,
        *related: Label,
        on: Spot | None = None,
        width: int = 1,
        code: Code = codes.YAML_SYNTAX,
    ) -> Diagnostic:
        """Return the diagnostic of this fault; `on` is its place if that is not where the parser stopped."""
        return code.at(Label((), span=span_of(self.text, on or self.at, width)), message, *related, hint=hint)


def spot_of(mark: Mark | None) -> Spot | None:
    """Return the place of a parser's mark."""
    return Spot(mark.index, Position(mark.line + 1, mark.column + 1)) if mark else None


def span_of(text: str, spot: Spot, width: int = 1) -> Span:
    """Return the span of `width` characters at `spot`, never behind the last line that has something."""
    start = spot.position
    if not text[spot.offset :].strip():  # the end of the text: stay on its last line that has something
        start = after(Position(1, 1), text.rstrip())
        width = 0
    elif text[spot.offset] in "\r\n":
        width = 0
    return Span(start, Position(start.line, start.column + width))


def indentation(line: str) -> int:
    """Return how many blanks and tabs `line` begins with."""
    return len(line) - len(line.lstrip())
