"""Where hagen's own data lies: a wheel carries it inside the package, a checkout at its top.

A wheel also carries it compiled (`hagen.compiled`, made by `compiler/wheel.py`), because parsing it anew at
each start would cost more than a build. What is handed out is the same in both.
"""

import os.path
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, cast

from hagen.source import Json

# pathlib would double the time that this module takes to import, and every start pays for it.
_PACKAGE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
_IN_WHEEL = os.path.isdir(f"{_PACKAGE}/schema")  # noqa: PTH112
_ROOT = _PACKAGE if _IN_WHEEL else f"{_PACKAGE}/../.."
_IS_COMPILED = os.path.isdir(f"{_PACKAGE}/compiled")  # noqa: PTH112

SCHEMA = "schema/topology.schema.json"
CATALOG = "schema/catalog.yaml"
PLATFORMS = "schema/platforms.yaml"


def text(name: str) -> str:
    """Return the text of one of hagen's own files: ``schema/catalog.yaml``, ``templates/pcs.sh.j2``."""
    return _text(f"{_ROOT}/{name}")


def page(code: str) -> str:
    """Return the page that explains a code, as Markdown: ``page("HG4201")``."""
    return _text(f"{_PACKAGE}/pages/{code}.md")


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        return file.read()


@cache
def data(name: str) -> Json:
    """Return the data of ``schema/<name>.json`` or ``schema/<name>.yaml``, given as that path.

    All callers share one value, so none may change it. A name that is neither JSON nor YAML is a ValueError.
    """
    if _IS_COMPILED:
        return cast("Json", import_module("hagen.compiled.data").DATA[name]())
    return parse(name, text(name))


def parse(name: str, content: str) -> Json:
    """Return the data that `content`, the text of the file `name`, stands for."""
    if name.endswith(".json"):
        import json  # noqa: PLC0415  only a checkout pays for it

        return cast("Json", json.loads(content))
    if name.endswith(".yaml"):
        import yaml  # noqa: PLC0415  only a checkout pays for it

        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return cast("Json", yaml.load(content, loader))  # noqa: S506  both loaders are safe ones
    raise ValueError(f"{name} is neither .json nor .yaml")


def templates() -> Mapping[str, Callable[..., None]] | None:
    """Return the compiled templates by file name (``pcs.sh.j2``), or None in a checkout: see `template`."""
    if not _IS_COMPILED:
        return None
    return cast("Mapping[str, Callable[..., None]]", import_module("hagen.compiled.templates").TEMPLATES)


def validator() -> Callable[[Json], bool] | None:
    """Return what tells whether a document fits the topology schema, or None where it was not compiled."""
    if not _IS_COMPILED:
        return None
    return cast("Callable[[Json], bool] | None", import_module("hagen.compiled.validator").accepts)
