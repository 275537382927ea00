"""Rules: when a constraint or a set of defaults holds. Source: Pacemaker Explained, "Rules"; pcs(8)."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeAlias

from hagen import codes
from hagen.model.constraint import Expression, Rule
from hagen.resolve.reading import Reading
from hagen.source import Pointer

Context: TypeAlias = frozenset[str]
"""The kinds of conditions that make sense somewhere."""

_DATES = frozenset({"date", "date-spec"})
CONSTRAINT: Context = _DATES | {"attribute"}
RESOURCES: Context = _DATES | {"agent"}

_OPTION = re.compile(r"-(?![0-9]+$)")
_SPANS = {"hours": (0, 23), "monthdays": (1, 31), "weekdays": (1, 7), "months": (1, 12)}
_SPEC = tuple(_SPANS)
_TYPES = {
    "integer": (re.compile(r"[+-]?[0-9]+"), "a whole number such as 3"),
    "number": (
        re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"),
        "a number such as 3.5",
    ),
    "version": (re.compile(r"[0-9]+(\.[0-9]+)*"), "digits and dots such as 1.2.3"),
}
_WORDS = frozenset(
    {
        "and",
        "or",
        "defined",
        "not_defined",
        "date-spec",
        "eq",
        "ne",
        "lt",
        "lte",
        "gt",
        "gte",
        "in_range",
        "to",
        "duration",
        "string",
        "integer",
        "number",
        "version",
    }
)
"""What pcs reads as its own words in a rule, wherever they stand; from 0.12 on in capitals too."""

_TYPED = re.compile(r"(string|integer|number|version)\b", re.IGNORECASE)
"""How a value begins that pcs 0.12 takes for a type and a value, if no type is said."""

_KINDS = {
    "attribute": {"attribute", "operation", "value", "type"},
    "date": {"after", "before"},
    "date-spec": set(_SPEC),
    "agent": {"agent"},
    "action": {"action"},
}


def rule(reading: Reading, at: Pointer, said: Any, context: Context) -> Rule:
    """Return a rule; a condition that says too much, too little or makes no sense there is a diagnostic."""
    return Rule(
        all=tuple(_expressions(reading, (*at, "all"), said.get("all", ()), context)),
        any=tuple(_expressions(reading, (*at, "any"), said.get("any", ()), context)),
        origin=at,
    )


def _expressions(reading: Reading, at: Pointer, said: Any, context: Context) -> Iterator[Expression]:
    for index, each in enumerate(said):
        here = (*at, index)
        kinds = [kind for kind, keys in _KINDS.items() if not keys.isdisjoint(each)]
        fault = _fault(each, kinds, context)
        if fault is not None:
            message, hint = fault
            reading.diagnostics.append(codes.BAD_CONDITION.at(here, message, hint=hint))
        else:
            yield Expression(_words(kinds[0], each), here)


def _fault(said: Any, kinds: list[str], context: Context) -> tuple[str, str] | None:
    """Return what is wrong with a condition, and the mend."""
    if len(kinds) > 1:
        return (
            f"one condition cannot be about {' and '.join(kinds)} at once",
            "make two conditions of it, both under `all`",
        )
    if kinds[0] not in context:
        return (
            f"a condition about an {kinds[0]} has no meaning here",
            f"here a condition is about {', '.join(sorted(context))}",
        )
    if {"after", "before"} <= set(said):
        return _moments_fault(said["after"], said["before"])
    if kinds[0] == "date":
        return _moment_fault(said.get("after", said.get("before")))
    if kinds[0] == "date-spec":
        return _spec_fault(said)
    return _comparison_fault(said) if kinds[0] == "attribute" else None


def _moment_fault(text: str) -> tuple[str, str] | None:
    """Return what is wrong with a moment, and the mend."""
    try:
        datetime.fromisoformat(text)
    except ValueError as error:
        return f"`{text}` is no moment: {error}", "write a date that there is: 2026-12-31"
    return None


def _spec_fault(said: Any) -> tuple[str, str] | None:
    """Return which span of a calendar goes backwards, which Pacemaker never finds true, and the mend."""
    for key, (least, most) in _SPANS.items():
        start, dash, end = said.get(key, "").partition("-")
        if dash and int(start) > int(end):
            late = start if int(start) == most else f"{start}-{most}"
            early = end if int(end) == least else f"{least}-{end}"
            return (
                f"`{key}: {said[key]}` ends before it begins, so it never holds",
                f"make two conditions of it under `any`: {key} {late} and {early}",
            )
    return None


def _moments_fault(after: str, before: str) -> tuple[str, str] | None:
    """Return what is wrong with a span of time, and the mend; pcs compares only moments that both have a zone or none."""
    try:
        first, last = datetime.fromisoformat(after), datetime.fromisoformat(before)
    except ValueError as error:
        return (
            f"`{after}` to `{before}` is no span of time: {error}",
            "write dates that there are: 2026-12-31",
        )
    if (first.tzinfo is None) != (last.tzinfo is None):
        return (
            f"of `{after}` and `{before}` only one says its time zone",
            "say it of both, as in 2026-01-01T00:00:00Z, or of none",
        )
    if first >= last:
        return f"`{before}` is not after `{after}`", "write the earlier moment under `after`"
    return None


def _comparison_fault(said: Any) -> tuple[str, str] | None:
    """Return what is wrong with a condition about a node attribute, and the mend."""
    compares = said.get("operation", "defined") not in {"defined", "not_defined"}
    if "attribute" not in said:
        return "the condition does not say which attribute is meant", "add `attribute: …`"
    if compares and "value" not in said:
        return f"`{said['operation']}` has nothing to compare `{said['attribute']}` with", "add `value: …`"
    if compares and _OPTION.match(said["value"]):
        return f"`{said['value']}` would be an option to pcs", "write a value that does not begin with a dash"
    if not compares and ("value" in said or "type" in said):
        return (
            f"a value is given, yet `{said['attribute']}` is not compared with it",
            "say how: `operation: eq`, `ne`, `lt`, `lte`, `gt` or `gte`",
        )
    return _word_fault(said) or _type_fault(said)


def _word_fault(said: Any) -> tuple[str, str] | None:
    """Return what pcs would misread in a condition about a node attribute, and the mend."""
    name, value = said["attribute"], said.get("value", "")
    for word in (name, value):
        if word.lower() in _WORDS:
            return f"`{word}` is a word of pcs' own in a rule, so pcs would misread it", "choose another word"
    if name.lower() == "date" and said.get("operation") in {"lt", "gt"}:
        return f"pcs would compare the time and not the attribute `{name}`", "choose another name"
    if "type" not in said and _TYPED.match(value):
        return f"pcs would take the beginning of `{value}` for a type", "add `type: string`"
    return None


def _type_fault(said: Any) -> tuple[str, str] | None:
    """Return it when a value is not of the type that it is to be compared as, and the mend."""
    pattern, such = _TYPES.get(said.get("type", ""), (None, ""))
    if pattern is not None and not pattern.fullmatch(said["value"]):
        return f"`{said['value']}` is no {said['type']}", f"write {such}, or `type: string`"
    return None


def _words(kind: str, said: Any) -> tuple[str, ...]:
    """Return a condition as pcs writes it."""
    if kind == "attribute":
        operation = said.get("operation", "defined")
        if operation in {"defined", "not_defined"}:
            return operation, said["attribute"]
        typed = (said["type"],) if "type" in said else ()
        return said["attribute"], operation, *typed, said["value"]
    if kind == "date":
        if "after" in said and "before" in said:
            return "date", "in_range", said["after"], "to", said["before"]
        return ("date", "gt", said["after"]) if "after" in said else ("date", "lt", said["before"])
    if kind == "date-spec":
        return "date-spec", *(f"{key}={said[key]}" for key in _SPEC if key in said)
    return ("resource", said["agent"]) if kind == "agent" else ("op", said["action"])
