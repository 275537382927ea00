"""The pieces that a template puts together, and the filters that make them: quoting, comments, marks."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from hagen.artifact import Line, Origin

Origins: TypeAlias = tuple[Origin, ...]
"""Where one line comes from: without repetition, in the order of the marks that stand on the line."""

_WIDTH = 100
_CONTINUED = " \\"


class Why(NamedTuple):
    """A mark without text: the line on which it stands has this origin."""

    origin: Origin


class Block(NamedTuple):
    """Ready text of several lines and the origins of each; the last line's newline may be left out."""

    text: str
    origins: tuple[Origins, ...]


class Command(NamedTuple):
    """A shell command as its arguments, not yet quoted, and where it comes from."""

    args: tuple[str, ...]
    origins: Origins


_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_"
# Characters that break a line or hide text in some program that shows it: controls, separators, directions.
_HIDDEN = {
    code: "".join(f"\\x{byte:02x}" for byte in chr(code).encode())
    for code in (*range(0x20), *range(0x7F, 0xA0), 0x61C, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
}  # fmt: skip
_ESCAPED = _HIDDEN | {
    ord("\n"): "\\n",
    ord("\t"): "\\t",
    ord("\r"): "\\r",
    ord("\\"): "\\\\",
    ord("'"): "\\'",
}


def quote(argument: str) -> str:
    """Return `argument` as bash reads it back, always on one line; NUL is a ValueError.

    This is what `shlex.quote` returns, except that an argument with control characters or invisible ones is
    written in bash's ``$'…'``, byte by byte, so that neither line breaks nor the locale matter.
    """
    if argument and not argument.strip(_PLAIN):
        return argument
    if argument.translate(_HIDDEN) == argument:
        return "'" + argument.replace("'", "'\"'\"'") + "'"
    if "\0" in argument:
        raise ValueError(f"no command can be given the argument {argument!r}")
    return "$'" + argument.translate(_ESCAPED) + "'"


def why(reason: str) -> Why:
    """Mark a line as made by hagen itself, for `reason`."""
    if type(reason) is not str:
        raise TypeError(f"a reason is a text, not {reason!r}")
    return Why(Origin("hagen", (), reason))


def argv(command: Command) -> Line:
    """Print a command on one line, quoted for bash."""
    return Line(" ".join(_words(command)), command.origins)


def wrapped(command: Command) -> Block:
    """Print a command quoted for bash, broken between arguments where it is wider than 100 columns."""
    words = _words(command)
    lines = [" ".join(words)]
    if len(lines[0]) > _WIDTH:
        lines = [words[0]]
        for word in words[1:]:
            if len(lines[-1]) + 1 + len(word) + len(_CONTINUED) > _WIDTH:
                lines[-1] += _CONTINUED
                lines.append(f"    {word}")
            else:
                lines[-1] += f" {word}"
    return Block("\n".join(lines), (command.origins,) * len(lines))


def _words(command: Command) -> list[str]:
    if type(command) is not Command:
        raise TypeError(f"not a Command: {command!r}")
    if not command.args:
        raise ValueError("a command needs at least its name")
    return [quote(argument) for argument in command.args]


def continued(words: Sequence[tuple[str, Origins]]) -> tuple[Line, ...]:
    """Return a command of several lines, the first as it stands, the others indented; `words` are quoted already."""
    last = len(words) - 1
    return tuple(
        Line(("    " if index else "") + text + (_CONTINUED if index < last else ""), origins)
        for index, (text, origins) in enumerate(words)
    )


def comment(text: str | Line) -> str | Line | Block:
    """Print text as comments: whatever breaks a line in it starts a new comment, none of it escapes."""
    if type(text) is str:
        return "\n".join(_commented(text))
    if type(text) is not Line:
        raise TypeError(f"neither text nor a Line: {text!r}")
    lines = _commented(text.text)
    if len(lines) == 1:
        return Line(lines[0], text.origins)
    return Block("\n".join(lines), (text.origins,) * len(lines))


def _commented(text: str) -> list[str]:
    return [f"# {line}".rstrip() for line in text.splitlines() or [""]]


def indent(block: Block, columns: int) -> Block:
    """Put `columns` spaces before each line of `block` that is not empty."""
    if type(block) is not Block:
        raise TypeError(f"not a Block: {block!r}")
    margin = " " * columns
    return Block("\n".join(line and margin + line for line in block.text.split("\n")), block.origins)


FILTERS: Mapping[str, Callable[..., object]] = {
    "argv": argv,
    "comment": comment,
    "indent": indent,
    "why": why,
    "wrapped": wrapped,
}
"""What a template may write after ``|``."""
