"""A JSON Schema's keys as Markdown: a table for each mapping, and how tables, values and links are written."""

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
    """The keys of a JSON Schema: a section for each mapping, in the order in which they are met."""

    def __init__(self, schema: Any) -> None:
        """Take the whole schema, definitions and all."""
        self._schema = schema
        self._definitions = schema.get("definitions", {})

    def sections(self) -> Iterator[str]:
        """Yield the sections: the mappings, then the types that several keys share."""
        yield from self._section("", self._schema)
        yield "## Types\n\nForms of values that several keys share."
        for name, each in self._definitions.items():
            yield "\n\n".join([f"### {_titled(name)}", *filter(None, self._definition(each))])

    def _section(self, path: str, schema: Any) -> Iterator[str]:
        heading = f"## {path}" if path else "## The topmost keys"
        said = schema.get("description", "")
        yield f"{heading}\n\n{said}\n\n{self._keys(path, schema)}"
        for key, each in schema["properties"].items():
            below = f"{path}.{key}" if path else key
            if "properties" in each:
                yield from self._section(below, each)
            entry, of = each.get("additionalProperties"), each.get("items")
            if isinstance(entry, dict) and "properties" in entry:
                yield from self._section(f"{below}.NAME", entry)
            if isinstance(of, dict) and "properties" in of:
                yield from self._section(f"{below}[]", of)

    def _keys(self, path: str, schema: Any) -> str:
        rows = [
            (
                f"`{path}.{key}`" if path else f"`{key}`",
                self._type(f"{path}.{key}" if path else key, each),
                "**required**" if key in schema.get("required", ()) else _default(each),
                "<br>".join(self._meaning(each)),
            )
            for key, each in schema["properties"].items()
        ]
        return table(("Key", "Type", "Default", "Meaning"), rows)

    def _definition(self, schema: Any) -> Iterator[str]:
        yield schema.get("description", "")
        yield _sentence(_bounds(schema))
        yield _examples(schema)
        if "properties" in schema:
            yield self._keys("", schema)
            for key, each in schema["properties"].items():
                if "properties" in each:
                    yield f"#### {key}\n\n{self._keys(key, each)}"
        elif "items" in schema:
            yield f"A list: {schema['items'].get('description', '')}"
        elif "pattern" in schema and not schema.get("patternErrorMessage"):
            yield f"Text of the form `{schema['pattern']}`."

    def _type(self, path: str, schema: Any) -> str:
        if "$ref" in schema:
            title = _titled(schema["$ref"].rpartition("/")[2])
            return f"[{title.lower()}](#{anchor(title)})"
        if "const" in schema:
            return f"always `{flow(schema['const'])}`"
        if "properties" in schema:
            return f"[mapping](#{anchor(path)})"
        entry, of = schema.get("additionalProperties"), schema.get("items")
        if isinstance(entry, dict):
            return f"mapping of names to {self._type(f'{path}.NAME', entry)}"
        if isinstance(of, dict):
            return f"list of {self._type(f'{path}[]', of)}"
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return " or ".join(_WORDS[each] for each in kinds)

    def _meaning(self, schema: Any) -> Iterator[str]:
        yield schema.get("description", "")
        for value, said in zip(schema.get("enum", ()), schema.get("enumDescriptions", ()), strict=True):
            yield f"`{flow(value)}`" + (f": {said}" if said != value else "")
        names = schema.get("propertyNames")
        entry = schema.get("additionalProperties")
        limits = [f"names: {names['patternErrorMessage']}"] if names else []
        of_entries = _bounds(entry) if isinstance(entry, dict) else []
        limits += [f"values: {', '.join(of_entries)}"] if of_entries else []
        yield from filter(None, [_sentence([*limits, *_bounds(schema)]), _examples(schema)])


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
