"""A template and its values to text, and to the origins of each line of that text.

A template hands out pieces: plain text, a `Line`, a `Block` or a `Why`. Anything else, None above all, is a
TypeError, since an emitter makes its values ready. `expand` joins them; a mistake in a template or in an emitter
is a ValueError that names the template and the output line. Jinja is imported in a checkout only.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeAlias, cast

from hagen import resources
from hagen.artifact import Line
from hagen.filters import FILTERS, Block, Command, Origins, Why, quote

__all__ = ["FILTERS", "Block", "Command", "Layout", "Line", "Origins", "Why", "expand", "quote"]

Layout: TypeAlias = Callable[[Mapping[str, Any], Callable[[object], None]], None]
"""A compiled template: takes the values and hands each piece of the output to the callable."""


def expand(name: str, values: Mapping[str, Any]) -> tuple[str, tuple[Origins, ...]]:
    """Return the text of the template file `name` (``pcs.sh.j2``) and the origins of each of its lines.

    The text ends with one newline. A line without a mark has the origins of the line above if those are all of
    kind `hagen`; a blank one has them whatever they are, at the top those of the first marked line.
    """
    pieces: list[Any] = []
    _layout(name)(values, pieces.append)
    texts: list[str] = []
    origins: list[Origins] = []
    ready: list[tuple[int, int]] = []
    marks: Origins = ()
    for piece in pieces:
        kind = type(piece)
        if kind is str:
            texts.append(piece)
            if "\n" in piece:
                origins.append(marks if len(marks) < 2 else _distinct(marks))  # noqa: PLR2004
                if piece != "\n":
                    origins.extend([()] * (piece.count("\n") - 1))
                marks = ()
        elif kind is Line:
            text, its = piece
            if "\n" in text:
                raise ValueError(f"{name}, output line {len(origins) + 1}: a Line of several lines: {text!r}")
            texts.append(text)
            marks = marks + its if marks else its
        elif kind is Why:
            marks = (*marks, piece.origin)
        elif kind is Block:
            text, its = _ready(name, len(origins) + 1, piece)
            texts.append(text)
            ready.append((len(origins), len(origins) + len(its)))
            if len(its) > 1:
                origins.append(_distinct(marks + its[0]))
                origins.extend(its[1:-1])
                marks = its[-1]
            else:
                marks += its[0]
        else:
            raise TypeError(f"{name}, output line {len(origins) + 1}: {piece!r} is not a piece of text")
    origins.append(_distinct(marks))
    whole = "".join(texts)
    text = whole.rstrip("\n")
    del origins[len(origins) - (len(whole) - len(text)) :]
    return _checked(name, text + "\n", origins, ready)


@cache
def _layout(name: str) -> Layout:
    compiled = resources.templates()
    if compiled is not None:
        return compiled[name]
    from hagen.transpile import compile_templates  # noqa: PLC0415  only a checkout pays for Jinja

    source = compile_templates({name: resources.text(f"templates/{name}")})
    module: dict[str, Any] = {}
    exec(compile(source, f"<templates/{name}>", "exec"), module)  # noqa: S102  the source is made from our own template
    return cast("Layout", module["TEMPLATES"][name])


def _ready(name: str, number: int, block: Block) -> tuple[str, tuple[Origins, ...]]:
    text = block.text.removesuffix("\n")
    if text.count("\n") + 1 != len(block.origins):
        raise ValueError(
            f"{name}, output line {number}: a Block whose {len(block.origins)} origins are not one a line"
        )
    return text, block.origins


def _distinct(marks: Origins) -> Origins:
    if len(marks) == 2:  # noqa: PLR2004  by far the commonest case, and comparing is cheaper than hashing
        return marks if marks[0] != marks[1] else marks[:1]
    return tuple(dict.fromkeys(marks))


def _checked(
    name: str, text: str, origins: list[Origins], ready: list[tuple[int, int]]
) -> tuple[str, tuple[Origins, ...]]:
    """Refuse what no artifact may contain and give the lines without a mark the origins they inherit."""
    if text == "\n":
        raise ValueError(f"{name}: nothing but blank lines")
    if "\r" in text:
        raise ValueError(
            f"{name}, output line {text[: text.index(chr(13))].count(chr(10)) + 1}: a carriage return"
        )
    if " \n" in text or "\t\n" in text:
        exempt = {number for start, end in ready for number in range(start, end)}
        for number, line in enumerate(text.split("\n")):
            if line.endswith((" ", "\t")) and number not in exempt:
                raise ValueError(f"{name}, output line {number + 1}: space at the end of {line!r}")
    if not all(origins):
        _inherit(name, text.split("\n"), origins)
    return text, tuple(origins)


def _inherit(name: str, lines: list[str], origins: list[Origins]) -> None:
    above: Origins = next(filter(None, origins), ())
    at_top = True
    for number, marks in enumerate(origins):
        if marks:
            above = marks
            at_top = False
            continue
        if lines[number].strip() and (at_top or any(origin.kind != "hagen" for origin in above)):
            raise ValueError(
                f"{name}, output line {number + 1}: nothing says where {lines[number]!r} comes from"
            )
        origins[number] = above
