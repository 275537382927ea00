"""What the wanted configuration is written in: sections of pcs commands, each line with its origins."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from hagen.artifact import Line, Origin
from hagen.dialect import Dialect
from hagen.filters import continued, quote
from hagen.model import Setting
from hagen.source import Pointer

Word: TypeAlias = tuple[str, tuple[Origin, ...]]
"""A piece of a command, quoted already, and where it comes from."""


_NARROW = 90  # with the margin and `in_cib` before it, a line of 100 columns


class Section(NamedTuple):
    """Commands that belong together, and the reason that stands above them."""

    reason: Line
    lines: tuple[Line, ...]


def section(reason: str, at: Pointer, lines: Iterable[Line]) -> Section:
    """Return a section; `at` is the place of the topology that it is about."""
    return Section(Line(reason, (Origin("hagen", at, reason),)), tuple(lines))


def said(at: Pointer) -> tuple[Origin, ...]:
    """Return the origin of what the topology says at `at`."""
    return (Origin("topology", at),)


def command(first: str, origins: tuple[Origin, ...], words: Iterable[Word] = ()) -> tuple[Line, ...]:
    """Return the lines of one command for pcs; `first` is quoted already. What fits with it goes on its line."""
    rest = list(words)
    if len(rest) == 1 and len(first) + len(rest[0][0]) < _NARROW:
        (word, where), rest = rest[0], []
        first, origins = f"{first} {word}", tuple(dict.fromkeys((*origins, *where)))
    return continued([(f"in_cib {first}", origins), *rest])


def assigned(settings: Iterable[Setting], before: str = "", dialect: Dialect | None = None) -> Iterator[Word]:
    """Yield each setting as ``name=value``; `before` is put before the first. With a dialect, roles get its words."""
    for setting in settings:
        value = dialect.role(setting.value) if dialect and setting.name == "target-role" else setting.value
        yield before + quote(f"{setting.name}={value}"), (setting.origin,)
        before = ""


def grouped(settings: Iterable[Setting], before: str, dialect: Dialect | None = None) -> Iterator[Word]:
    """Yield all settings as one word on one line, after `before`; nothing if there are none."""
    words = list(assigned(settings, "", dialect))
    if words:
        origins = tuple(dict.fromkeys(origin for _, each in words for origin in each))
        yield f"{before} {' '.join(text for text, _ in words)}", origins
