"""The language, as its JSON schema has it, and a walk over its places."""

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import yaml

from topologies import ROOT

SCHEMA: Any = json.loads((ROOT / "schema/topology.schema.json").read_text())
CATALOG: Any = yaml.safe_load((ROOT / "schema/catalog.yaml").read_text())

Path: TypeAlias = tuple[str, ...]
"""A place in the language: keys of closed objects by their names, ``*`` for names and indices."""


def shuffled(topology: Any, order: Callable[[list[str]], list[str]]) -> Any:
    """Return the same topology with the keys of closed objects in another order; names keep theirs."""
    return _shuffled(topology, SCHEMA, order)


def places(schema: Any = SCHEMA, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every place of the language, and what the schema says of it."""
    schema = target(schema)
    yield at, schema
    for key, below in schema.get("properties", {}).items():
        yield from places(below, (*at, key))
    for keyword in ("additionalProperties", "items"):
        if isinstance(schema.get(keyword), dict):
            yield from places(schema[keyword], (*at, "*"))


def target(schema: Any) -> Any:
    """Follow a `$ref`; what stands beside it is only description."""
    reference = schema.get("$ref")
    return SCHEMA["definitions"][reference.rpartition("/")[2]] if reference else schema


def _shuffled(value: Any, schema: Any, order: Callable[[list[str]], list[str]]) -> Any:
    schema = target(schema)
    if isinstance(value, dict):
        closed = schema.get("properties")
        keys = order(list(value)) if closed else list(value)
        return {
            key: _shuffled(value[key], closed[key] if closed else schema["additionalProperties"], order)
            for key in keys
        }
    if isinstance(value, list):
        return [_shuffled(each, schema["items"], order) for each in value]
    return value
