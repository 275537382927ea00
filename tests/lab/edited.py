"""Edits of a topology's text, as a person would make them in an editor."""

import re


def replaced(text: str, *edits: tuple[str, str]) -> str:
    """Return a text with edits; each has to find its place, and just one."""
    for before, after in edits:
        assert text.count(before) == 1, f"{text.count(before)} times: {before}"
        text = text.replace(before, after)
    return text


def without(text: str, key: str) -> str:
    """Return a text of YAML without a key and all that is indented below it; it has to be there, once."""
    left, number = re.subn(rf"(?m)^( +){re.escape(key)}:.*\n(?:\1 +.*\n)*", "", text)
    assert number == 1, f"{number} times: {key}"
    return left
