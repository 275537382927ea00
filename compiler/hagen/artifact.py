"""A file that hagen makes: its text, the origin of each line, and where apply tools put it."""

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Literal, NamedTuple, TypeAlias

from hagen.source import Pointer

OriginKind: TypeAlias = Literal["topology", "default", "catalog", "platform", "hagen"]


class Origin(NamedTuple):
    """Where a line of an artifact comes from.

    `topology`: `at` points into the user's document. `default`: into the document, at a key that was left
    out, so that the schema's default holds. `catalog` and `platform`: into the data files of those names.
    `hagen`: derived by hagen itself, `reason` says why, and `at` what it was derived from (may be empty).
    """

    kind: OriginKind
    at: Pointer
    reason: str = ""


class Origins:
    """Who gave each value of the mapping at `at`, by its key; a dotted key goes deeper.

    An origin is looked up when it is asked for, since most never are. `known` has those that follow from more
    than the place of the value.
    """

    __slots__ = ("_at", "_find", "_known")

    def __init__(self, find: Callable[[Pointer], Origin], at: Pointer, known: Mapping[str, Origin]) -> None:
        """Look origins up with `find`, unless they are in `known`."""
        self._find = find
        self._at = at
        self._known = known

    def __getitem__(self, key: str) -> Origin:
        """Return the origin of the value under `key`."""
        return self._known.get(key) or self._find(self._at + _steps(key))


@cache
def _steps(key: str) -> Pointer:
    return tuple(key.split("."))


class Line(NamedTuple):
    """A line of an artifact, quoted for its syntax and ready to be printed, with all its origins."""

    text: str
    origins: tuple[Origin, ...]


class Target(NamedTuple):
    """Where a file belongs on the nodes, and how an apply tool puts it there.

    `validate` is a command in which `{}` stands for the new file's path: it must exit 0 before the file
    replaces the old one. `reload` is the command to run after a change.
    """

    path: str
    mode: str
    owner: str
    group: str
    nodes: tuple[str, ...]
    validate: tuple[str, ...]
    reload: tuple[str, ...]


class Artifact(NamedTuple):
    """A file of the output folder; `origins` has one entry for each line of `text`."""

    path: str
    text: str
    mode: int
    origins: tuple[tuple[Origin, ...], ...]
    target: Target | None

    def digest(self) -> str:
        """Return the SHA-256 of the file's bytes, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()
