"""A line of a source made fit for a terminal, and the columns of it that a span covers."""

from collections.abc import Sequence
from typing import NamedTuple

from hagen.render.mask import MASK
from hagen.render.report import visible

_LIMIT = 160
"""How many columns of a line are shown at most, without the marks of what was cut."""

_BEFORE = 40
"""How many columns before a span are kept where the line has to be cut."""

_CUT = "…"
_TAB = "    "
_VOWELS_OF_HANGUL = range(0x1160, 0x1200)


class Excerpt(NamedTuple):
    """What is shown of a line; `length` columns from `offset`, counted from 0, belong to the span."""

    shown: str
    offset: int
    length: int


class _Cell(NamedTuple):
    """A piece of a line that is shown as a whole: a character, or a secret; `begin` and `end` as in the line."""

    begin: int
    end: int
    shown: str
    width: int


def excerpt(line: str, begin: int, end: int, hidden: Sequence[tuple[int, int]]) -> Excerpt:
    """Return `line` with the range from `begin` to `end` in sight and the ranges `hidden` masked.

    Ranges are half-open, in code points from 0; those of `hidden` are sorted and disjoint. A range that is
    empty or lies past the end of the line covers one column.
    """
    begin = min(begin, len(line))
    # Cut by characters first: a line of a megabyte must not be measured for each diagnostic in it.
    low, high = max(0, begin - _LIMIT), min(len(line), begin + _LIMIT)
    cells = _cells(line, low, high, hidden)
    first = next((index for index, cell in enumerate(cells) if cell.end > begin), len(cells))
    last = first
    while last < len(cells) and cells[last].begin < end:
        last += 1
    left = 0 if low == 0 and _columns(cells[:last]) <= _LIMIT else _from(cells, first)
    right = _until(cells, left)
    before = _CUT if left > 0 or low > 0 else ""
    after = _CUT if right < len(cells) or high < len(line) else ""
    return Excerpt(
        before + "".join(cell.shown for cell in cells[left:right]) + after,
        len(before) + _columns(cells[left:first]),
        max(1, _columns(cells[first : min(last, right)])),
    )


def _cells(line: str, low: int, high: int, hidden: Sequence[tuple[int, int]]) -> list[_Cell]:
    cells: list[_Cell] = []
    masks = [each for each in hidden if each[1] > low and each[0] < high]
    index = low
    while index < high:
        if masks and index >= masks[0][0]:
            start, stop = masks.pop(0)
            cells.append(_Cell(start, stop, MASK, len(MASK)))
            index = stop
            continue
        shown = _TAB if line[index] == "\t" else visible(line[index])
        cells.append(_Cell(index, index + 1, shown, len(shown) if len(shown) > 1 else _width(shown)))
        index += 1
    return cells


def _columns(cells: Sequence[_Cell]) -> int:
    return sum(cell.width for cell in cells)


def _from(cells: Sequence[_Cell], first: int) -> int:
    """Return the index of the first cell to show, so that those before `first` take a bounded room."""
    room = _BEFORE
    left = first
    while left > 0 and cells[left - 1].width <= room:
        left -= 1
        room -= cells[left].width
    return left


def _until(cells: Sequence[_Cell], left: int) -> int:
    """Return the index after the last cell that still has room."""
    room = _LIMIT
    right = left
    while right < len(cells) and cells[right].width <= room:
        room -= cells[right].width
        right += 1
    return right


def _width(character: str) -> int:
    """Return how many columns a terminal gives to a printable character: 0 if it joins the one before it."""
    if character.isascii():
        return 1
    import unicodedata  # noqa: PLC0415  most topologies are ASCII and never pay for it

    if unicodedata.category(character) in {"Mn", "Me"} or ord(character) in _VOWELS_OF_HANGUL:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
