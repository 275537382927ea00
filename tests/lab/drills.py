"""Section 4 of CHECKLIST.md, read as an operator reads it: what to break, what must happen, how long a client may notice it."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

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


def drills(checklist: Path) -> dict[str, Drill]:
    """Return the failovers to rehearse, by their titles, in the order of the file."""
    found = (_drill(item) for item in _items(_section(checklist)))
    return {drill.title: drill for drill in found}


def _section(checklist: Path) -> list[Token]:
    tokens = MarkdownIt("commonmark").enable("table").parse(checklist.read_text())
    heads = [
        index for index, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2"
    ]
    (begin,) = (index for index in heads if tokens[index + 1].content == _SECTION)
    return tokens[begin : min((index for index in heads if index > begin), default=len(tokens))]


def _items(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Yield what is in each item of the lists at the outmost level."""
    begin = 0
    for index, token in enumerate(tokens):
        if token.level == 1 and token.type == "list_item_open":
            begin = index
        elif token.level == 1 and token.type == "list_item_close":
            yield list(tokens[begin:index])


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
