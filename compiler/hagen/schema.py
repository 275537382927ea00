"""Document to valid data: the JSON Schema judges, its defaults and the catalog fill in what was left out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hagen import codes, resources
from hagen.artifact import Origin
from hagen.diagnostic import Diagnostic, Label, did_you_mean
from hagen.document import Document
from hagen.source import Json, Pointer, show

NAME = "schema/topology.schema.json"
CATALOG = "schema/catalog.yaml"

_TYPE_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}
_LIMITS = {
    "minimum": "at least {limit}",
    "maximum": "at most {limit}",
    "minLength": "at least {limit} characters",
    "maxLength": "at most {limit} characters",
    "minItems": "at least {limit} of them",
    "maxItems": "at most {limit} of them",
    "minProperties": "at least {limit} of them",
    "maxProperties": "at most {limit} of them",
}


@dataclass(frozen=True, slots=True)
class Valid:
    """Data of the schema's shape with every default filled in, and the means to tell what was filled in."""

    data: Any
    document: Document
    catalog: Any

    def origin(self, *pointer: str | int) -> Origin:
        """Tell who gave the value at `pointer`: the topology, the catalog or the schema's default."""
        if pointer in self.document.values:
            return Origin("topology", pointer)
        if pointer[0] == "services":
            kind = self.data["services"][pointer[1]].get("type")
            route = (kind, "service", *pointer[2:])
            if kind is not None and _has(self.catalog, route):
                return Origin("catalog", route)
        return Origin("default", pointer)


def validate(document: Document) -> tuple[Diagnostic, ...]:
    """Return everything that the schema has against `document`, in hagen's own words."""
    accepts = resources.validator()
    if accepts is not None and accepts(document.data):
        return ()
    return tuple(dict.fromkeys(_complaints(document.data)))


def fill(document: Document) -> Valid:
    """Return the document's data with defaults; `document` must have passed `validate`."""
    catalog: Any = resources.data(CATALOG)
    filler = _Filler(resources.data(NAME), catalog)
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

    def _over(self, said: dict[str, Any], base: dict[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
        filled = dict(base)
        for key, value in said.items():
            if isinstance(value, dict):
                schema = self._target(properties[key])
                if "properties" in schema:
                    below = base[key] if key in base else self._base(schema, None)
                    filled[key] = self._over(value, below, schema["properties"])
                else:
                    filled[key] = self.fill(value, schema)
            elif isinstance(value, list):
                filled[key] = self.fill(value, properties[key])
            else:
                filled[key] = value
        return filled

    def _base(self, schema: Any, kind: str | None) -> dict[str, Any]:
        """Return what holds for an object of `schema`, and of catalog type `kind`, when nothing is said."""
        known = self._bases.get((id(schema), kind))
        if known is None:
            properties = schema["properties"]
            if kind is None:
                known = {
                    key: self.fill(each["default"], each) for key, each in properties.items() if "default" in each
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


def _complaints(data: Json) -> Iterator[Diagnostic]:
    import jsonschema  # noqa: PLC0415  it costs more than a whole build, so only a refused topology pays for it

    schema = _ending_patterns(resources.data(NAME))
    for error in jsonschema.Draft7Validator(schema).iter_errors(data):
        yield from _in_own_words(error)


def _ending_patterns(schema: Any) -> Any:
    """Return `schema` with patterns for Python's `re`, whose ``$`` would let a final newline pass."""
    if isinstance(schema, dict):
        return {
            key: value.removesuffix("$") + r"\Z" if key == "pattern" and isinstance(value, str) else _ending_patterns(value)
            for key, value in schema.items()
        }
    return [_ending_patterns(each) for each in schema] if isinstance(schema, list) else schema


def _in_own_words(error: Any) -> Iterator[Diagnostic]:
    """Turn one error of jsonschema into diagnostics; its own sentences are never shown."""
    at: Pointer = tuple(error.absolute_path)
    value, wanted, schema = error.instance, error.validator_value, error.schema
    match error.validator:
        case "additionalProperties":
            for key in [key for key in value if key not in schema["properties"]]:
                hint = did_you_mean(key, list(schema["properties"]))
                yield codes.UNKNOWN_KEY.at((*at, key), f"{_owner(schema, at)} has no key `{key}`", hint=hint, on_key=True)
        case "required":
            for key in [key for key in wanted if key not in value]:
                yield codes.MISSING_KEY.at(
                    at,
                    f"{_owner(schema, at)} lacks `{key}`",
                    hint=schema["properties"][key].get("description", ""),
                    on_key=True,
                )
        case "type":
            yield _wrong_type(at, value, wanted, schema)
        case "enum":
            yield codes.UNKNOWN_VALUE.at(
                at, f"{_text(value, at)} is not one of the values of `{at[-1]}`", hint=did_you_mean(str(value), [str(each) for each in wanted])
            )
        case "pattern" if "propertyNames" in error.schema_path:
            yield codes.BAD_NAME.at((*at, value), f"`{_short(value)}` cannot be a name here", hint=schema["patternErrorMessage"], on_key=True)
        case "pattern":
            secret = _secret(at)
            message = f"{_text(value, at)} does not have the form wanted for {_place(at)}"
            yield codes.BAD_FORM.at(Label(at, secret=secret), message, hint=schema["patternErrorMessage"])
        case "uniqueItems":
            again = next(index for index, each in enumerate(value) if each in value[:index])
            first = value.index(value[again])
            yield codes.OUT_OF_RANGE.at(
                (*at, again), f"{_text(value[again], at)} stands twice in {_place(at)}", Label((*at, first), "first here"), hint="remove one"
            )
        case keyword if keyword in _LIMITS:
            hint = schema.get("x-message") or f"{_place(at)} takes {_LIMITS[keyword].format(limit=wanted)}"
            count = value if isinstance(value, int | float) else len(value)
            yield codes.OUT_OF_RANGE.at(at, f"{count} is out of range for {_place(at)}", hint=hint)
        case keyword:
            yield codes.SCHEMA_VIOLATION.at(at, f"{_place(at)} does not satisfy `{keyword}` of the schema")


def _wrong_type(at: Pointer, value: Json, wanted: str | list[str], schema: Any) -> Diagnostic:
    if schema.get("writeOnly") and isinstance(value, str | int | float):
        return codes.SECRET_AS_TEXT.at(
            Label(at, secret=True),
            f"{_place(at)} holds the secret itself",
            hint=f"name where it is found instead: {{{next(iter(schema['properties']))}: …}}; and change the secret, it was in a file",
        )
    names = [wanted] if isinstance(wanted, str) else wanted
    words = " or ".join(_TYPE_WORDS[name] for name in names)
    message = f"{_place(at)} wants {words}, and {_text(value, at)} is {_kind(value)}"
    hint = ""
    if schema.get("title") == "duration" and isinstance(value, int | float):
        message = f"{_text(value, at)} has no unit, and {_place(at)} is a duration"
        hint = f"write `{value}s` for seconds or `{value}min` for minutes"
    elif names == ["boolean"] and str(value).lower() in {"no", "off", "yes", "on", "n", "y"}:
        hint = f"write `{'false' if str(value).lower() in {'no', 'off', 'n'} else 'true'}`"
    elif "string" in names and not isinstance(value, dict | list):
        hint = f'quote it: "{_short(value)}"' if value is not None else "write the text"
    elif names == ["integer"] and isinstance(value, str) and value.isdecimal():
        hint = f"write it without quotes: {value}"
    elif names == ["array"]:
        hint = f"write a list: [{_short(value)}]" if isinstance(value, str) else "write a list: […]"
    return codes.WRONG_TYPE.at(Label(at, secret=_secret(at)), message, hint=hint)


def _kind(value: Json) -> str:
    names = {dict: "object", list: "array", str: "string", int: "integer", float: "number", bool: "boolean"}
    return _TYPE_WORDS[names.get(type(value), "null")]


def _owner(schema: Any, at: Pointer) -> str:
    return f"the {schema.get('title', 'mapping')} {_place(at)}" if at else "the topology"


def _place(at: Pointer) -> str:
    return f"`{show(at)}`"


def _secret(at: Pointer) -> bool:
    return any(step in {"password", "secrets"} for step in at)


def _text(value: Json, at: Pointer) -> str:
    """Return `value` for a message; never what may be a secret."""
    if _secret(at):
        return "what stands there"
    return "that" if isinstance(value, dict | list) else f"`{_short(value)}`"


def _short(value: Json) -> str:
    words = {True: "true", False: "false", None: "null"}
    text = words[value] if isinstance(value, bool) or value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004  as much as a reader needs to recognise it
