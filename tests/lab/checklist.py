"""CHECKLIST.md, read as an operator reads it: what to tick, the commands, the answer that is right."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token


class Entry(NamedTuple):
    """Something to tick, or a row of a table: what, the commands (may be none), the right answer (may be none).

    Words stand as a reader sees them, with code between backticks.
    """

    title: str
    commands: str
    expected: str


class Section(NamedTuple):
    """One section: what to tick or to look at, and the commands and sentences that stand by themselves."""

    entries: tuple[Entry, ...]
    commands: tuple[str, ...]
    sentences: tuple[str, ...]


def sections(file: Path) -> dict[str, Section]:
    """Return the sections of a checklist by their titles."""
    return {title: _section(tokens) for title, tokens in parsed(file).items()}


def parsed(file: Path) -> dict[str, list[Token]]:
    """Return what is in each section of a checklist, as Markdown's tokens, by its title."""
    tokens = MarkdownIt("commonmark").enable("table").parse(file.read_text())
    heads = [n for n, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2"]
    ends = [*heads[1:], len(tokens)]
    return {
        _words(tokens[begin + 1]): tokens[begin + 3 : end] for begin, end in zip(heads, ends, strict=True)
    }


def _section(tokens: list[Token]) -> Section:
    alone = [(n, token) for n, token in enumerate(tokens) if token.level == 0]
    return Section(
        (*map(_item, between(tokens, "list_item")), *_rows(tokens)),
        tuple(token.content for _, token in alone if token.type == "fence"),
        tuple(_words(tokens[n + 1]) for n, token in alone if token.type == "paragraph_open"),
    )


def _item(tokens: list[Token]) -> Entry:
    said = [_words(token) for token in tokens if token.type == "inline"]
    expected = [each.removeprefix("Expected: ") for each in said if each.startswith("Expected: ")]
    commands = [token.content for token in tokens if token.type == "fence"]
    return Entry(said[0].removeprefix("[ ] "), "".join(commands), "".join(expected))


def _rows(tokens: list[Token]) -> Iterator[Entry]:
    """Yield the rows of the tables of three columns, check, command and answer."""
    for table in between(tokens, "table"):
        cells = [[_words(token) for token in row if token.type == "inline"] for row in between(table, "tr")]
        if cells[0] == ["check", "command", "expected"]:
            for title, command, expected in cells[1:]:
                yield Entry(title, command.removeprefix("`").removesuffix("`"), expected)


def between(tokens: list[Token], what: str) -> Iterator[list[Token]]:
    """Yield the tokens inside each outermost element of a kind."""
    begin, depth = 0, 0
    for n, token in enumerate(tokens):
        if token.type == f"{what}_open":
            depth += 1
            if depth == 1:
                begin = n
        elif token.type == f"{what}_close":
            depth -= 1
            if depth == 0:
                yield tokens[begin + 1 : n]


def _words(token: Token) -> str:
    """Return a text as it is shown."""
    shown = {"code_inline": "`{0}`", "text": "{0}", "softbreak": " "}
    return "".join(shown[each.type].format(each.content) for each in token.children or ())
