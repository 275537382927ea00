"""Settings: what is written under a key of the language, as the programs on the nodes take it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hagen import codes, resources
from hagen.artifact import Origin
from hagen.model.constraint import INFINITY, Score
from hagen.model.setting import Setting
from hagen.quantity import Duration
from hagen.resolve.reading import Reading
from hagen.source import Json, Pointer


class Dialect(NamedTuple):
    """How a program writes durations (None: not as whole seconds) and truth."""

    duration: Callable[[Duration], str | None]
    true: str
    false: str


def _seconds(duration: Duration) -> str | None:
    return None if duration.milliseconds % 1000 else str(duration.milliseconds // 1000)


PACEMAKER = Dialect(lambda duration: duration.pacemaker, "true", "false")
MILLISECONDS = Dialect(lambda duration: str(duration.milliseconds), "yes", "no")
VOTEQUORUM = Dialect(lambda duration: str(duration.milliseconds), "1", "0")
SECONDS = Dialect(_seconds, "yes", "no")


def properties(*at: str) -> Mapping[str, Any]:
    """Return what the schema says of the keys of the object at `at`, a place in the language or `#` and a definition."""
    schema: Any = resources.data(resources.SCHEMA)
    if at[0] == "#":
        schema, at = schema["definitions"][at[1]], at[2:]
    for step in at:
        schema = schema["additionalProperties"] if step == "*" else schema["properties"][step]
    found: Mapping[str, Any] = schema["properties"]
    return found


def closed(
    reading: Reading,
    at: Pointer,
    said: Mapping[str, Any],
    keys: Mapping[str, Any],
    dialect: Dialect = PACEMAKER,
    *,
    names: Mapping[str, str] | None = None,
) -> tuple[Setting, ...]:
    """Return the settings of an object whose keys the schema lists as `keys`; `names` are their names on the node.

    With `names`, keys that it lacks are left out.
    """
    found = []
    for key, value in said.items():
        name = key if names is None else names.get(key)
        if name is None:
            continue
        if keys[key].get("$ref", "").endswith("/duration"):
            text = duration(reading, (*at, key), value, dialect)
        else:
            text = written(value, dialect)
        found.append(Setting(name, text, "", reading.valid.origin((*at, key))))
    return tuple(found)


def duration(reading: Reading, at: Pointer, value: str, dialect: Dialect) -> str:
    """Return a duration in a dialect; what it cannot say is a diagnostic."""
    text = dialect.duration(reading.duration(*at, value=value))
    if text is None:
        reading.diagnostics.append(
            codes.OUT_OF_RANGE.at(
                at, f"`{value}` is not a whole number of seconds", hint="write it in seconds: 5s"
            )
        )
        return "1"
    return text


def free(at: Pointer, said: Mapping[str, Json]) -> tuple[Setting, ...]:
    """Return the settings of an object whose names are the user's; values are passed on as they are."""
    return tuple(
        Setting(name, written(value), "", Origin("topology", (*at, name))) for name, value in said.items()
    )


def written(value: Json, dialect: Dialect = PACEMAKER) -> str:
    """Return a scalar as the nodes' programs write it."""
    if isinstance(value, bool):
        return dialect.true if value else dialect.false
    return str(value)


def score(value: int | str) -> Score:
    """Return a score as a text and a number; Pacemaker counts up to a million."""
    if isinstance(value, str):
        return Score(value.removeprefix("+"), -INFINITY if value.startswith("-") else INFINITY)
    return Score(str(value), value)
