"""Section 4 of CHECKLIST.md, read as an operator reads it: what to break, what must happen, how long a client may notice it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from markdown_it.token import Token

from lab import checklist

_SECTION = "4. Rehearse"


class Drill(NamedTuple):
    """A failover to rehearse: its title, the commands, each sentence on what must happen, on the outage, the way back."""

    title: str
    commands: tuple[str, ...]
    expected: tuple[str, ...]
    outage: str
    undo: tuple[str, ...]

    def bound(self, vip: str) -> float | None:
        """Return how many seconds a client of a VIP may see no answer; 0 if it may see nothing, None if nobody can say."""
        if re.match(r"none\b", self.outage):
            return 0.0
        said = re.match(r"at most ([0-9.]+) s(?:, and ([0-9.]+) s more for (`[^:]+`))?", self.outage)
        if not said:
            return None
        more = float(said[2]) if said[2] and f"`{vip}`" in said[3] else 0.0
        return float(said[1]) + more

    def named(self, sentence: str) -> tuple[str, ...]:
        """Return what a sentence that begins like this names; nothing if there is none."""
        return tuple(
            name
            for said in self.expected
            if said.startswith(sentence)
            for name in re.findall(r"`([^`]+)`", said)
        )


def drills(file: Path) -> dict[str, Drill]:
    """Return the failovers to rehearse, by their titles, in the order of the file."""
    found = map(_drill, checklist.between(checklist.parsed(file)[_SECTION], "list_item"))
    return {drill.title: drill for drill in found}


def _drill(item: Sequence[Token]) -> Drill:
    texts = [token.content for token in item if token.type == "inline"]
    (outage,) = (text.removeprefix("Outage: ") for text in texts if text.startswith("Outage: "))
    blocks = [tuple(token.content.splitlines()) for token in item if token.type == "fence"]
    # The sentences of the inner list are deeper than the item's own paragraphs.
    deep = min(token.level for token in item if token.type == "inline")
    expected = tuple(token.content for token in item if token.type == "inline" and token.level > deep)
    return Drill(
        title=texts[0].removeprefix("[ ] "),
        commands=blocks[0],
        expected=expected,
        outage=outage,
        undo=blocks[1] if len(blocks) > 1 else (),
    )
