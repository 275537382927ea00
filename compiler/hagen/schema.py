"""Document to valid data: the JSON Schema judges, its defaults and the catalog fill in what was left out."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from hagen import resources
from hagen.artifact import Origin
from hagen.diagnostic import Diagnostic
from hagen.document import Document
from hagen.source import Pointer


class Valid(NamedTuple):
    """Data of the schema's shape with every default filled in, and the means to tell what was filled in."""

    data: Any
    document: Document
    catalog: Any

    def origin(self, pointer: Pointer) -> Origin:
        """Tell who gave the value at `pointer`: the topology, the catalog or the schema's default."""
        if pointer in self.document.values:
            return Origin("topology", pointer)
        if pointer[0] == "services" and (kind := self.data["services"][pointer[1]].get("type")) is not None:
            route = (kind, "service", *pointer[2:])
            if _has(self.catalog, route):
                return Origin("catalog", route)
        return Origin("default", pointer)


def validate(document: Document) -> tuple[Diagnostic, ...]:
    """Return everything that the schema has against `document`, in hagen's own words."""
    accepts = resources.validator()
    if accepts is not None and accepts(document.data):
        return ()
    from hagen.complaint import complaints  # noqa: PLC0415  only a refused topology, or a checkout, pays for it

    return tuple(dict.fromkeys(complaints(document.data, resources.data(resources.SCHEMA), document.written)))


def fill(document: Document) -> Valid:
    """Return the document's data with defaults; `document` must have passed `validate`."""
    catalog: Any = resources.data(resources.CATALOG)
    filler = _Filler(resources.data(resources.SCHEMA), catalog)
    return Valid(filler.fill(document.data, filler.schema), document, catalog)


class _Filler:
    """Lays what was said over the catalog's words, and those over the schema's defaults."""

    def __init__(self, schema: Any, catalog: Any) -> None:
        self.schema = schema
        self._catalog = catalog
        self._bases: dict[tuple[int, str | None], dict[str, Any]] = {}

    def fill(self, value: Any, schema: Any) -> Any:
        """Return `value` with what `schema` says of keys that were left out; `value` is not changed."""
        schema = self._target(schema)
        if isinstance(value, dict):
            if "properties" in schema:
                kind = value.get("type") if schema.get("x-typed") else None
                return self._over(value, self._base(schema, kind), schema["properties"])
            return {key: self.fill(each, schema["additionalProperties"]) for key, each in value.items()}
        if isinstance(value, list):
            return [self.fill(each, schema["items"]) for each in value]
        return value

    def _over(
        self, said: dict[str, Any], base: dict[str, Any], properties: Mapping[str, Any]
    ) -> dict[str, Any]:
        filled = dict(base)
        for key, value in said.items():
            if isinstance(value, dict):
                schema = self._target(properties[key])
                if "properties" in schema:
                    # A default with content of its own is replaced by what is said, not mixed with it.
                    layered = key in base and not properties[key].get("default")
                    below = base[key] if layered else self._base(schema, None)
                    filled[key] = self._over(value, below, schema["properties"])
                else:
                    filled[key] = self.fill(value, schema)
            elif isinstance(value, list):
                filled[key] = self.fill(value, properties[key])
            else:
                filled[key] = value
        if len(filled) == len(base):
            return filled
        # The order in which settings are written means nothing, so the schema's holds.
        return {key: filled[key] for key in properties if key in filled}

    def _base(self, schema: Any, kind: str | None) -> dict[str, Any]:
        """Return what holds for an object of `schema`, and of catalog type `kind`, when nothing is said."""
        known = self._bases.get((id(schema), kind))
        if known is None:
            properties = schema["properties"]
            if kind is None:
                known = {
                    key: self.fill(each["default"], each)
                    for key, each in properties.items()
                    if "default" in each
                }
            else:
                known = self._over(self._catalog[kind]["service"], self._base(schema, None), properties)
            self._bases[id(schema), kind] = known
        return known

    def _target(self, schema: Any) -> Any:
        reference = schema.get("$ref")
        return self.schema["definitions"][reference.rpartition("/")[2]] if reference else schema


def _has(data: Any, route: Pointer) -> bool:
    for step in route:
        if not isinstance(data, dict) or step not in data:
            return False
        data = data[step]
    return True
