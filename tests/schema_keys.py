"""A JSON Schema's keys as Markdown: a table for each mapping, and how tables, values and links are written."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import yaml

_WORDS = {
    "object": "mapping",
    "array": "list",
    "string": "text",
    "integer": "whole number",
    "boolean": "true or false",
}


def anchor(heading: str) -> str:
    """Return the fragment by which a page's heading is reached, as GitHub makes it."""
    kept = "".join(each for each in heading.lower() if each.isalnum() or each in " -_")
    return kept.replace(" ", "-")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a bar in a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(each.replace("|", "\\|") for each in line) + " |" for line in lines)


def flow(value: Any) -> str:
    """Return a value as it is written in a topology, on one line."""
    return (
        str(yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False))
        .removesuffix("\n")
        .removesuffix("\n...")
    )


def _titled(name: str) -> str:
    return name.replace("_", " ").capitalize()


class Keys:
    """The keys of a JSON Schema: a section for each mapping, in the order in which they are met.

    A mapping with the same keys as another one has no section of its own: its type leads to the other's.
    """

    def __init__(self, schema: Any) -> None:
        """Take the whole schema, definitions and all."""
        self._schema = schema
        self._definitions = schema.get("definitions", {})
        self._shown = {_keys_of(each): _titled(name) for name, each in self._definitions.items()}
        for path, each in self._mappings("", schema):
            self._shown.setdefault(_keys_of(each), path)

    def contents(self) -> str:
        """Return a list of the sections: an entry for each topmost key, and what is below it."""
        below: dict[str, list[str]] = {}
        for path, each in self._mappings("", self._schema):
            if path and self._shown[_keys_of(each)] == path:
                below.setdefault(_steps(path)[0], []).append(path)
        lines = []
        for top, paths in below.items():
            first = f"[`{top}`](#{anchor(top)})" if top in paths else f"`{top}`"
            further = [
                f"[`{path.removeprefix(f'{top}.')}`](#{anchor(path)})" for path in paths if path != top
            ]
            lines.append(f"- {first}" + (f": {', '.join(further)}" if further else ""))
        types = ", ".join(
            f"[{_titled(name).lower()}](#{anchor(_titled(name))})" for name in self._definitions
        )
        return "\n".join([*lines, f"- [Types](#types): {types}"])

    def sections(self) -> Iterator[str]:
        """Yield the sections: the mappings, then the types that several keys share."""
        for path, each in self._mappings("", self._schema):
            if self._shown[_keys_of(each)] == path:
                yield self._section(path, each)
        yield "## Types\n\nForms of values that several keys share."
        for name, each in self._definitions.items():
            yield "\n\n".join([f"### {_titled(name)}", *filter(None, self._definition(each))])

    def place(self, path: str) -> str:
        """Return the fragment of the section about the key `path`, or of the one that lists it; written as headings are.

        `LookupError` means that there is no such key.
        """
        at, heading = self._schema, "The topmost keys"
        for step in _steps(path):
            at = self._resolved(at)
            if step == "[]":
                at = at["items"]
            elif step == "NAME":
                at = at["additionalProperties"]
            else:
                heading = self._shown[_keys_of(at)] or "The topmost keys"
                at = at["properties"][step]
        at = self._resolved(at)
        for each in (at, at.get("additionalProperties"), at.get("items")):
            if isinstance(each, dict) and "properties" in each:
                heading = self._shown[_keys_of(each)]
        return anchor(heading)

    def _resolved(self, schema: Any) -> Any:
        return self._definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema

    def _mappings(self, path: str, schema: Any) -> Iterator[tuple[str, Any]]:
        """Yield each mapping with keys of its own, and its path."""
        yield path, schema
        for key, each in schema["properties"].items():
            below = f"{path}.{key}" if path else key
            if "properties" in each:
                yield from self._mappings(below, each)
            entry, of = each.get("additionalProperties"), each.get("items")
            if isinstance(entry, dict) and "properties" in entry:
                yield from self._mappings(f"{below}.NAME", entry)
            if isinstance(of, dict) and "properties" in of:
                yield from self._mappings(f"{below}[]", of)

    def _section(self, path: str, schema: Any) -> str:
        heading = f"## {path}" if path else "## The topmost keys"
        said = (schema.get("description", ""), _alone([schema["x-message"]]) if "x-message" in schema else "")
        return "\n\n".join([heading, *filter(None, said), self._keys(path, schema)])

    def _keys(self, path: str, schema: Any, without: Iterable[str] = ()) -> str:
        rows = [
            (
                f"`{path}.{key}`" if path else f"`{key}`",
                self._type(f"{path}.{key}" if path else key, each),
                "**required**" if key in schema.get("required", ()) else _default(each),
                "<br>".join(self._meaning(each)),
            )
            for key, each in schema["properties"].items()
            if key not in without
        ]
        return table(("Key", "Type", "Default", "Meaning"), rows)

    def _definition(self, schema: Any) -> Iterator[str]:
        yield schema.get("description", "")
        yield _alone(_bounds(schema))
        yield _examples(schema)
        if "properties" in schema:
            title, shared = self._part(schema)
            yield self._keys("", schema, shared)
            if title:
                yield f"It also has every key of [{title.lower()}](#{anchor(title)})."
            for key, each in schema["properties"].items():
                if "properties" in each:
                    yield f"#### {key}\n\n{self._keys(key, each)}"
        elif "items" in schema:
            yield f"A list: {schema['items'].get('description', '')}"
        elif "pattern" in schema and not schema.get("patternErrorMessage"):
            yield f"Text of the form `{schema['pattern']}`."

    def _part(self, schema: Any) -> tuple[str, frozenset[str]]:
        """Return the title and the keys of a definition, all of whose keys are among those of `schema`; or nothing."""
        said = schema["properties"]
        for name, each in self._definitions.items():
            part = each.get("properties", {})
            if len(part) > 1 and len(part) < len(said) and part.items() <= said.items():
                return _titled(name), frozenset(part)
        return "", frozenset()

    def _type(self, path: str, schema: Any) -> str:
        if "$ref" in schema:
            title = _titled(schema["$ref"].rpartition("/")[2])
            return f"[{title.lower()}](#{anchor(title)})"
        if "const" in schema:
            return f"always `{flow(schema['const'])}`"
        if "properties" in schema:
            return self._mapping(path, schema)
        entry, of = schema.get("additionalProperties"), schema.get("items")
        if isinstance(entry, dict):
            return f"mapping of names to {self._type(f'{path}.NAME', entry)}"
        if isinstance(of, dict):
            return f"list of {self._type(f'{path}[]', of)}"
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return " or ".join(_WORDS[each] for each in kinds)

    def _mapping(self, path: str, schema: Any) -> str:
        shown = self._shown.get(_keys_of(schema), path)
        if shown == path:
            return f"[mapping](#{anchor(path)})"
        typed = shown in map(_titled, self._definitions)
        return f"[{shown.lower()}](#{anchor(shown)})" if typed else f"as [`{shown}`](#{anchor(shown)})"

    def _meaning(self, schema: Any) -> Iterator[str]:
        yield schema.get("description", "")
        entry, of = schema.get("additionalProperties"), schema.get("items")
        yield from _choices(schema)
        yield from _choices(of) if isinstance(of, dict) else ()
        names = schema.get("propertyNames")
        limits = [f"names: {names['patternErrorMessage']}"] if names else []
        for word, each in (("values", entry), ("each", of)):
            bounds = _bounds(each) if isinstance(each, dict) and "properties" not in each else []
            limits += [f"{word}: {', '.join(bounds)}"] if bounds else []
        yield from filter(None, [_sentence([*limits, *_bounds(schema)]), _examples(schema)])


def _steps(path: str) -> list[str]:
    return path.replace("[]", ".[]").split(".")


def _keys_of(schema: Any) -> str:
    """Return what two mappings have in common that have the same keys."""
    return json.dumps([schema.get("properties"), schema.get("required"), schema.get("x-message")])


def _choices(schema: Any) -> Iterator[str]:
    for value, said in zip(schema.get("enum", ()), schema.get("enumDescriptions", ()), strict=True):
        yield f"`{flow(value)}`" + (f": {said}" if said != value else "")


def _bounds(schema: Any) -> list[str]:
    """Return what a value may be, in words."""
    found = [schema["patternErrorMessage"]] if "patternErrorMessage" in schema else []
    if "x-message" in schema:
        return [*found, schema["x-message"]]
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and most is not None:
        found.append(f"{least} to {most}")
    elif least is not None:
        found.append(f"at least {least}")
    for key, one, several in (
        ("Length", "character", "characters"),
        ("Items", "entry", "entries"),
        ("Properties", "entry", "entries"),
    ):
        for bound, word in (("min", "at least"), ("max", "at most")):
            limit = schema.get(f"{bound}{key}")
            if limit is not None:
                found.append(f"{word} one {one}" if limit == 1 else f"{word} {limit} {several}")
    if schema.get("uniqueItems"):
        found.append("no entry twice")
    return found


def _sentence(parts: Sequence[str]) -> str:
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]


def _alone(parts: Sequence[str]) -> str:
    """Return what is a paragraph of its own."""
    return f"{_sentence(parts)}." if parts else ""


def _examples(schema: Any) -> str:
    shown = ", ".join(f"`{flow(each)}`" for each in schema.get("examples", ()))
    return f"Example: {shown}" if shown else ""


def _default(schema: Any) -> str:
    if "default" not in schema or ("properties" in schema and not schema["default"]):
        return ""
    value = schema["default"]
    if value in ("", {}, []):
        return "empty"
    return f"`{flow(value)}`"
