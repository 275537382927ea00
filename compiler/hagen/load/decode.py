"""Bytes to text: UTF-8 without characters that no artifact can carry; and how to count lines and columns in it."""

import re
import unicodedata
from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Code, Diagnostic, Label
from hagen.source import Position, Span, lines

# Control characters, line breaks that only some programs know, marks that reorder what is read, byte order
# marks in the middle, halves of surrogate pairs, non-characters.
_NOT_ALLOWED = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff"
)
_RAW = re.compile(f"[{_NOT_ALLOWED}]+")
FORBIDDEN = re.compile(f"[{_NOT_ALLOWED}\r]")
"""A character that no value may hold; in the text itself a carriage return may end a line."""

_PROPERTY = re.compile(r"[&!][^\s,\[\]{}]*")
_GAP = re.compile(r"(?:\s|#[^\r\n]*)*")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_LETTERS = dict(zip("0abvfreNLP", "\0\a\b\v\f\r\x1b\x85\u2028\u2029", strict=True))

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF32_MARKS = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


def after(start: Position, text: str) -> Position:
    """Return the place behind `text`, which begins at `start`."""
    *full, last = lines(text)
    return Position(start.line + len(full), len(last) + 1 if full else start.column + len(last))


def name_of(character: str) -> str:
    """Return how a message names a character that cannot be shown."""
    kind = "the control character" if unicodedata.category(character) == "Cc" else "the invisible character"
    return f"{kind} U+{ord(character):04X}"


def escapes(start: Position, quoted: str) -> Iterator[tuple[Span, str]]:
    """Give the place of each escape in `quoted`, which begins at `start`, that no value may hold, and why."""
    place, index = start, 0
    for found in _ESCAPE.finditer(quoted):
        digits = found[1] or found[2] or found[3]
        character = chr(int(digits, 16)) if digits else _LETTERS.get(found[4], "")
        if FORBIDDEN.match(character):
            place, index = after(place, quoted[index : found.start()]), found.start()
            end = Position(place.line, place.column + len(found[0]))
            yield Span(place, end), f"the escape `{found[0]}` stands for {name_of(character)}"


def properties(text: str, offset: int, start: Position) -> Iterator[tuple[Code, Span, str, str]]:
    """Give code, place, message and hint for each anchor and tag of the node at `offset`, which is `start`."""
    while found := _PROPERTY.match(text, offset):
        end = after(start, found[0])
        anchor = found[0].startswith("&")
        message = f"{'an anchor' if anchor else 'a tag'}, which the language does not have"
        hint = f"remove it, or quote the value if the `{found[0][0]}` belongs to it"
        yield codes.ANCHOR_OR_ALIAS if anchor else codes.TAG, Span(start, end), message, hint
        gap = _GAP.match(text, found.end())
        offset = gap.end() if gap else found.end()
        start = after(end, text[found.end() : offset])


def decode(data: bytes, most: int, mistakes: int) -> tuple[str, list[Diagnostic]]:
    """Return the text of `data` and what keeps it from being read: at most `most` bytes, so many `mistakes`.

    A byte order mark at the start is dropped and counts as no column.
    """
    start = Position(1, 1)
    if len(data) > most:
        message = f"the topology is longer than {most:,} bytes, which is the most that hagen reads"
        label = Label((), span=Span(start, start))
        return "", [codes.TOO_LARGE.at(label, message, hint="split it into several topologies")]
    if wide := _wide(data):
        message = f"the text is {wide}, not UTF-8"
        hint = f"save it as UTF-8, for example with `iconv -f {wide} -t UTF-8`"
        return "", [codes.NOT_UTF8.at(Label((), span=Span(start, start)), message, hint=hint)]
    body = data.removeprefix(_UTF8_MARK)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        place = after(start, body[: error.start].decode("utf-8"))
        label = Label((), span=Span(place, Position(place.line, place.column + 1)))
        message = f"the byte 0x{body[error.start]:02X} is not UTF-8"
        return "", [
            codes.NOT_UTF8.at(
                label, message, hint="save the file as UTF-8, it may be Latin-1 or Windows-1252"
            )
        ]
    return text, _forbidden(text, mistakes) if _RAW.search(text) else []


def _wide(data: bytes) -> str:
    """Return the name of the encoding whose characters take two or four bytes; empty if it is none."""
    zeros = [byte == 0 for byte in data[:4]]
    if data.startswith(_UTF32_MARKS) or zeros in ([True, True, True, False], [False, True, True, True]):
        return "UTF-32"
    pairs = zeros in ([True, False, True, False], [False, True, False, True])
    return "UTF-16" if pairs or data.startswith(_UTF16_MARKS) else ""


def _forbidden(text: str, mistakes: int) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for number, line in enumerate(lines(text), 1):
        for run in _RAW.finditer(line):
            label = Label((), span=Span(Position(number, run.start() + 1), Position(number, run.end() + 1)))
            message = f"{name_of(run[0][0])} cannot stand in a topology"
            found.append(codes.CONTROL_CHARACTER.at(label, message, hint="remove it"))
            if len(found) == mistakes:
                return found
    return found
