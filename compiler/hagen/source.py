"""Text and places in it: what every other module speaks of when it says where something is."""

import re
from typing import NamedTuple, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""Plain data, as JSON knows it."""

Pointer: TypeAlias = tuple[str | int, ...]
"""The route from the root of a document to a node: ``("services", "galera", "vips", 0)``."""


MOST_BYTES = 8 * 1024 * 1024
"""The longest topology that is read, in bytes: far above any real one."""

SECRET_WORD = re.compile(
    r"(?<!com)(?<!by)pass(?!ive|thr|age)|p[as]sw|pwd|(?<![a-z0-9])pw(?![a-z0-9])|secret|token|credential|(?:api|private)[_-]?key"
    r"|auth(?!or(?!i[sz]))",
    re.IGNORECASE,
)
"""What the name of a secret has in it, also when it is misspelt."""

_PUBLIC = frozenset({"password", "env", "file"})
_NAMING = frozenset({"networks", "nodes", "vips", "services", "devices"})


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
    """Return `pointer` as people write it: ``services.galera.vips[0]``; the root is ``(top)``.

    A name that the language does not have where secrets are said may be a secret itself, so it is shown as ``…``.
    """
    text, hidden = "", below_secret(pointer)
    for index, step in enumerate(pointer):
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = "…" if index >= hidden and step not in _PUBLIC else step
            text += f".{name}" if text else name
    return text or "(top)"


def below_secret(pointer: Pointer) -> int:
    """Return from which step on `pointer` is inside of what says a secret; its length if it is nowhere."""
    for index, step in enumerate(pointer):
        if step in {"password", "secrets"} and not (index and pointer[index - 1] in _NAMING):
            return index + 1
    return len(pointer)
