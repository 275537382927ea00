"""Small values that many parts of the model are made of."""

from typing import NamedTuple

from hagen.artifact import Origin


class Secret(NamedTuple):
    """Where a secret is found: in the environment variable `env` or in the file `file`; the other is None."""

    env: str | None
    file: str | None


class Setting(NamedTuple):
    """A name and value that Pacemaker or the kernel takes as they are, and where they come from."""

    name: str
    value: str
    reason: str
    origin: Origin
