"""What the JSON Schema has against a document, in hagen's own words: jsonschema's sentences are never shown."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from hagen import codes
from hagen.diagnostic import Diagnostic, Label, did_you_mean
from hagen.source import SECRET_WORD, Json, Pointer, below_secret, show

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
_TRUTH_WORDS = dict.fromkeys(("no", "off", "n"), "write `false`") | dict.fromkeys(
    ("yes", "on", "y"), "write `true`"
)
_UNITS = {
    "milliseconds": "ms", "millisecond": "ms", "msec": "ms", "seconds": "s", "second": "s", "secs": "s", "sec": "s",
    "minutes": "min", "minute": "min", "mins": "min", "m": "min", "hours": "h", "hour": "h", "days": "d", "day": "d",
    "ms": "ms", "s": "s", "min": "min", "h": "h", "d": "d",
}  # fmt: skip
_MOST = 1000


def complaints(data: Json, schema: Json, written: Mapping[Pointer, str]) -> Iterator[Diagnostic]:
    """Yield what `schema` has against `data`: the first thousand mistakes, nobody reads on.

    `written` has the numbers and truth values that stand otherwise in the topology than they are said.
    """
    errors = judge(schema).iter_errors(data)
    return islice((each for error in errors for each in _in_own_words(error, written)), _MOST)


def judge(schema: Json) -> Any:
    """Return jsonschema's validator of `schema`, where 5000.0 is no integer and ``$`` is the end of the text.

    The validator that a wheel carries compiled agrees with it.
    """
    from jsonschema import Draft7Validator, validators  # noqa: PLC0415  it costs more than a whole build

    whole = Draft7Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    return validators.extend(Draft7Validator, type_checker=whole)(_ending_patterns(schema))  # type: ignore[no-untyped-call]


def _ending_patterns(schema: Any) -> Any:
    """Return `schema` with patterns for Python's `re`, whose ``$`` would let a final newline pass."""
    if isinstance(schema, dict):
        return {
            key: value.removesuffix("$") + r"\Z"
            if key == "pattern" and isinstance(value, str)
            else _ending_patterns(value)
            for key, value in schema.items()
        }
    return [_ending_patterns(each) for each in schema] if isinstance(schema, list) else schema


def _in_own_words(error: Any, written: Mapping[Pointer, str]) -> Iterator[Diagnostic]:
    """Turn one error of jsonschema into diagnostics; its own sentences are never shown."""
    at: Pointer = tuple(error.absolute_path)
    value, wanted, schema = error.instance, error.validator_value, error.schema
    match error.validator:
        case "additionalProperties":
            yield from _unknown_keys(at, value, schema)
        case "required":
            yield from _missing_keys(at, value, schema)
        case "type":
            yield _wrong_type(at, value, wanted, schema, written.get(at))
        case "enum":
            yield codes.UNKNOWN_VALUE.at(
                Label(at, secret=_secret(at, value)),
                f"{_text(value, at)} is not one of the values of `{at[-1]}`",
                hint=did_you_mean(str(value), [str(each) for each in wanted]),
            )
        case "pattern" if "propertyNames" in error.schema_path:
            secret = _hides_keys(at) or _tells(value)
            named = "what stands there" if secret else f"`{_short(value)}`"
            label = Label((*at, value), on_key=True, secret=secret)
            yield codes.BAD_NAME.at(
                label, f"{named} cannot be a name here", hint=schema["patternErrorMessage"]
            )
        case "pattern":
            message = f"{_text(value, at)} does not have the form wanted for {_place(at)}"
            hint = _unit(value) if schema.get("title") == "duration" else ""
            label = Label(at, secret=_secret(at, value))
            yield codes.BAD_FORM.at(label, message, hint=hint or schema["patternErrorMessage"])
        case "uniqueItems":
            yield _twice(at, value)
        case keyword if keyword in _LIMITS:
            hint = schema.get("x-message") or f"{_place(at)} takes {_LIMITS[keyword].format(limit=wanted)}"
            label = Label(at, secret=isinstance(value, str) and _secret(at, value))
            yield codes.OUT_OF_RANGE.at(label, _measured(at, value), hint=hint)
        case keyword:
            yield codes.SCHEMA_VIOLATION.at(at, f"{_place(at)} does not satisfy `{keyword}` of the schema")


def _unknown_keys(at: Pointer, value: dict[str, Json], schema: Any) -> Iterator[Diagnostic]:
    for key in [key for key in value if key not in schema["properties"]]:
        elsewhere = schema.get("x-elsewhere", {}).get(key)
        hint = f"say it there: {elsewhere}" if elsewhere else did_you_mean(key, list(schema["properties"]))
        hidden = _hides_keys(at) or _tells(key)
        secret = not hidden and _secret((*at, key), value[key])  # then the value is pointed at, and not shown
        label = Label((*at, key), on_key=not secret, secret=hidden or secret)
        named = "such key" if hidden else f"key `{key}`"
        yield codes.UNKNOWN_KEY.at(label, f"{_owner(schema, at)} has no {named}", hint=hint)


def _missing_keys(at: Pointer, value: dict[str, Json], schema: Any) -> Iterator[Diagnostic]:
    from difflib import get_close_matches  # noqa: PLC0415  only a refused topology pays for it

    strangers = [key for key in value if key not in schema["properties"]]
    for key in [key for key in schema["required"] if key not in value]:
        if get_close_matches(key, strangers, n=1, cutoff=0.75):
            continue  # it is there, misspelt, and that is said once
        what = schema["properties"][key]["description"].removesuffix(".")
        hint = f"add `{key}`: {what[0].lower()}{what[1:]}"
        yield codes.MISSING_KEY.at(at, f"{_owner(schema, at)} lacks `{key}`", hint=hint, on_key=True)


def _measured(at: Pointer, value: Any) -> str:
    """Return the message for a value that is too small, too large, too short or too long."""
    if isinstance(value, str):
        return f"{_place(at)} is {len(value)} characters long"
    if isinstance(value, list | dict):
        return f"{_place(at)} has {len(value)} {'entry' if len(value) == 1 else 'entries'}"
    return f"{value} is out of range for {_place(at)}"


def _twice(at: Pointer, value: list[Json]) -> Diagnostic:
    again = next(index for index, each in enumerate(value) if each in value[:index])
    first = value.index(value[again])
    secret = _secret(at, value[again])
    return codes.OUT_OF_RANGE.at(
        Label((*at, again), secret=secret),
        f"{_text(value[again], at)} stands twice in {_place(at)}",
        Label((*at, first), "first here", secret=secret),
        hint="remove one",
    )


def _wrong_type(
    at: Pointer, value: Json, wanted: str | list[str], schema: Any, written: str | None
) -> Diagnostic:
    if schema.get("writeOnly") and isinstance(value, str | int | float):
        return codes.SECRET_AS_TEXT.at(
            Label(at, secret=True),
            f"{_place(at)} holds the secret itself",
            hint=f"name where it is found instead: {{{next(iter(schema['properties']))}: …}}; and change the secret, it was in a file",
        )
    label = Label(at, secret=_secret(at, value))
    if schema.get("title") == "duration" and type(value) in {int, float}:
        message = f"{_text(value, at)} has no unit, and {_place(at)} is a duration"
        natural = isinstance(value, int) and value > 0
        hint = f"write `{value}s` for seconds or `{value}min` for minutes"
        return codes.WRONG_TYPE.at(label, message, hint=hint if natural else schema["patternErrorMessage"])
    names = [wanted] if isinstance(wanted, str) else wanted
    words = " or ".join(_TYPE_WORDS[name] for name in names)
    found = f"{_text(value if written is None else written, at)} is {_kind(value)}"
    if value is None or isinstance(value, list | dict):
        found = f"{_kind(value)} stands there"
    return codes.WRONG_TYPE.at(
        label, f"{_place(at)} wants {words}, and {found}", hint=_retyped(value, names, written)
    )


def _retyped(value: Json, wanted: list[str], written: str | None) -> str:
    """Return the hint that says how to write `value` as one of the types `wanted`."""
    if "string" in wanted and value is not None and not isinstance(value, dict | list):
        return f'quote it: "{_short(value if written is None else written)}"'
    digits = value.replace("_", "") if isinstance(value, str) else ""
    hints = {
        "string": "write the text",
        "boolean": _TRUTH_WORDS.get(str(value).lower(), "write `true` or `false`"),
        "integer": f"write plain digits: {digits if digits.isdecimal() else 'no quotes, no point, no unit'}",
        "array": f"write a list: [{_short(value)}]" if isinstance(value, str) else "write a list: […]",
        "object": "write a mapping: names with a colon, `name: …`, and no `-` before them",
    }
    return hints[wanted[0]]


def _kind(value: Json) -> str:
    names = {dict: "object", list: "array", str: "string", int: "integer", float: "number", bool: "boolean"}
    return _TYPE_WORDS[names.get(type(value), "null")]


def _owner(schema: Any, at: Pointer) -> str:
    return f"the {schema.get('title', 'mapping')} {_place(at)}" if at else "the topology"


def _place(at: Pointer) -> str:
    return f"`{show(at)}`"


def _unit(written: str) -> str:
    """Return the hint for a duration whose unit is another one's word; empty if it is none."""
    found = re.fullmatch(r"([1-9][0-9]{0,8})\s*([a-z]+)\.?", written.strip().lower())
    unit = _UNITS.get(found[2]) if found else None
    return f"did you mean `{found[1]}{unit}`?" if found and unit else ""


def _secret(at: Pointer, value: Json = None) -> bool:
    """Tell whether `value` at `at` may be a secret, even under a key that the language does not have."""
    name = next((step for step in reversed(at) if isinstance(step, str)), "")
    pair = name.startswith("user") and isinstance(value, str) and ":" in value
    named = SECRET_WORD.search(name) or (isinstance(value, str) and SECRET_WORD.search(value))
    return _hides_keys(at) or bool(named) or pair


def _tells(key: str) -> bool:
    """Tell whether a key is more than a secret's name: it may have the secret itself behind that."""
    return any(re.search(r"[^\w-]", key[word.end() :]) for word in SECRET_WORD.finditer(key))


def _hides_keys(at: Pointer) -> bool:
    return below_secret((*at, "")) <= len(at)


def _text(value: Json, at: Pointer) -> str:
    """Return `value` for a message; never what may be a secret."""
    if _secret(at, value):
        return "what stands there"
    return "that" if isinstance(value, dict | list) else f"`{_short(value)}`"


def _short(value: Json) -> str:
    words = {True: "true", False: "false", None: "null"}
    text = words[value] if isinstance(value, bool) or value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "…"  # noqa: PLR2004  as much as a reader needs to recognise it
