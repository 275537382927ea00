"""One thing that must hold."""

from typing import NamedTuple

from hagen.artifact import Origin


class Verification(NamedTuple):
    """One thing that must hold: `command` and `expect` for people, `test` for `verify.sh`, whose functions it names."""

    title: str
    command: str
    expect: str
    test: tuple[str, ...]
    origins: tuple[Origin, ...]
