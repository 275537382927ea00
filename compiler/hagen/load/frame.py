"""What the loader keeps while it reads: places of nodes, and the lists and mappings that are still open."""

from typing import TypeAlias

from hagen.load.fault import Spot
from hagen.source import SECRET_WORD, Json, Pointer, Position, Span, below_secret

Places: TypeAlias = tuple[int, int, int, int]
"""Line and column of the start, line and column behind the end, all from 1, columns in code points."""


class Frame:
    """A list or mapping that is still open."""

    __slots__ = ("as_key", "entries", "flow", "items", "key", "name", "pointer", "start")

    def __init__(
        self, data: list[Json] | dict[str, Json], pointer: Pointer, start: Spot, *, flow: bool
    ) -> None:
        """Begin with an empty `data`, which grows; `flow` is whether it is written in brackets."""
        self.entries = data if isinstance(data, dict) else None
        self.items = data if isinstance(data, list) else []
        self.pointer = pointer
        self.start = start
        self.flow = flow
        self.as_key = False
        self.key: Pointer | None = None  # of the entry whose value comes next; None in lists and before a key
        self.name = ""

    @property
    def hides_keys(self) -> bool:
        """Whether the keys of this mapping may be secrets themselves, put where the name of one is wanted."""
        return below_secret((*self.pointer, "")) <= len(self.pointer)

    @property
    def holds_secret(self) -> bool:
        """Whether the value that comes next may be a secret."""
        return self.hides_keys or bool(SECRET_WORD.search(self.name))


def span_at(place: Places) -> Span:
    """Return `place` as a span."""
    return Span(Position(place[0], place[1]), Position(place[2], place[3]))
