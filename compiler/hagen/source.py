"""Text and places in it: what every other module speaks of when it says where something is."""

from typing import NamedTuple, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""Plain data, as JSON knows it."""

Pointer: TypeAlias = tuple[str | int, ...]
"""The route from the root of a document to a node: ``("services", "galera", "vips", 0)``."""


class Position(NamedTuple):
    """A place in a text: line and column, both counted from 1, columns in code points."""

    line: int
    column: int


class Span(NamedTuple):
    """A half-open range of text: `end` is the first position that no longer belongs to it."""

    start: Position
    end: Position


class Source(NamedTuple):
    """A text to compile: the name that diagnostics show, and the bytes as they were read."""

    name: str
    data: bytes

    def lines(self) -> list[str]:
        """Return the text's lines for excerpts, as the loader counts them: a byte order mark is not a column.

        Undecodable bytes are shown as replacement characters.
        """
        found = lines(self.data.decode("utf-8-sig", "replace"))
        return found if found[-1] else found[:-1]


def lines(text: str) -> list[str]:
    r"""Return the lines of `text` without their ends: only ``\n``, ``\r\n`` and ``\r`` end one."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def show(pointer: Pointer) -> str:
    """Return `pointer` as people write it: ``services.galera.vips[0]``; the root is ``(top)``."""
    text = ""
    for step in pointer:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text or "(top)"
