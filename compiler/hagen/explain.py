"""The long answers: what a code means, where a line of an artifact comes from, what the catalog knows."""

import hashlib
import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hagen import codes, manifest, resources
from hagen.artifact import Artifact, Origin
from hagen.diagnostic import Label, did_you_mean
from hagen.document import Document
from hagen.pipeline import compile_source
from hagen.source import Pointer, Source, show

_CODE = re.compile("HG?[0-9]+")
_SEARCHED_FILES = 2000
_SEARCHED_DEPTH = 4


def explain_code(name: str) -> str:
    """Return the page of a code; a text that starts with ``hagen:`` if there is none."""
    known = [code.id for code in codes.ALL]
    if name.upper() in known:
        return resources.page(name.upper())
    file = name.rpartition(":")[0] or name
    if ":" in name or "/" in name or "." in name or Path(name).exists():
        return f"hagen: `{name}` names no line: write FILE:LINE, for example {file}:42\n"
    near = did_you_mean(name.upper(), known) if _CODE.fullmatch(name.upper()) else ""
    hint = near if near.startswith("did") else "name one that a diagnostic shows: hagen explain HG4201"
    return f"hagen: there is no code `{name}`; {hint}\n"


def explain_line(file: Path, number: int, topology: Path | None) -> str:
    """Return where line `number` of the artifact `file` comes from; ``hagen:`` starts what went wrong."""
    found = _folder(file)
    if found is None:
        why = "no folder above it has a manifest of hagen's" if file.is_file() else "it is no file"
        return f"hagen: {file} is not an artifact: {why}\n"
    folder, made = found
    path = file.resolve().relative_to(folder).as_posix()
    if topology is None:
        topology = _with_digest(made.source_digest, (Path.cwd(), folder.parent))
    if topology is None:
        return f"hagen: no file below {Path.cwd()} is the topology that {folder} was made from; name it: --topology FILE\n"
    source = Source(str(topology), topology.read_bytes())
    result = compile_source(source)
    artifact = next((each for each in result.artifacts if each.path == path), None)
    if artifact is None:
        return f"hagen: {topology} does not make {path}\n"
    if artifact.text.encode() != file.read_bytes():
        return f"hagen: {file} is not what {topology} compiles to: it was edited, or the topology was; `hagen build --diff` shows it\n"
    if not 1 <= number <= len(artifact.origins):
        return f"hagen: {file} has {len(artifact.origins)} lines\n"
    assert result.document is not None  # noqa: S101  it compiled a moment ago
    return "".join(_told(source, result.document, artifact, number))


def _folder(file: Path) -> tuple[Path, manifest.Manifest] | None:
    """Return the output folder that `file` lies in, and its manifest."""
    if not file.is_file():
        return None
    for folder in file.resolve().parents:
        candidate = folder / manifest.PATH
        if candidate.is_file():
            made = manifest.read(candidate.read_bytes())
            if made is not None:
                return folder, made
    return None


def _with_digest(digest: str, roots: tuple[Path, ...]) -> Path | None:
    """Return the YAML file below one of `roots` that has this SHA-256."""
    for root in roots:
        for path in _yaml_files(root):
            try:
                data = path.read_bytes()
            except OSError:
                continue
            if hashlib.sha256(data).hexdigest() == digest:
                return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    return None


def _yaml_files(root: Path) -> Iterator[Path]:
    """Yield YAML files near `root` first; not more than a person would wait for."""
    level, seen = [root], 0
    for _ in range(_SEARCHED_DEPTH):
        below: list[Path] = []
        for folder in level:
            try:
                entries = sorted(folder.iterdir())
            except OSError:
                continue
            for entry in entries:
                seen += 1
                if seen > _SEARCHED_FILES:
                    return
                if entry.is_symlink() or entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    below.append(entry)
                elif entry.suffix in {".yml", ".yaml"} and entry.is_file():
                    yield entry
        level = below


def _told(source: Source, loaded: Document, artifact: Artifact, number: int) -> Iterator[str]:
    line = artifact.text.split("\n")[number - 1]
    yield f"{artifact.path}:{number}: {line.strip()}\n"
    for origin in artifact.origins[number - 1]:
        yield "\n"
        yield from _origin(source, loaded, origin)


def _origin(source: Source, loaded: Document, origin: Origin) -> Iterator[str]:
    match origin.kind:
        case "topology":
            yield f"  from the topology: {show(origin.at)}\n"
            yield _excerpt(source, loaded, origin.at)
        case "default":
            yield f"  from the schema's default: {show(origin.at)} is not in the topology\n"
            yield _default(origin.at)
        case "catalog":
            data: Any = resources.data(resources.CATALOG)
            entry = data[origin.at[0]]
            yield f"  from the catalog: {show(origin.at)} = {_value(data, origin.at)}\n"
            why = f"{entry['title']}: {entry['why']}"
            yield textwrap.fill(why, 100, initial_indent="    ", subsequent_indent="    ") + "\n"
            yield "".join(f"    {each}\n" for each in entry["source"])
        case "platform":
            data = resources.data(resources.PLATFORMS)
            yield f"  from the platform: {show(origin.at)} = {_value(data, origin.at)}\n"
            yield "".join(f"    {each}\n" for each in data[origin.at[0]]["source"])
        case "hagen":
            yield f"  from hagen itself: {origin.reason}\n"
            if origin.at:
                yield _excerpt(source, loaded, origin.at)


def _excerpt(source: Source, loaded: Document, at: Pointer) -> str:
    line = loaded.span(Label(at, on_key=True)).start.line
    text = source.lines()[line - 1]
    return f"    {source.name}:{line}: {text.strip()}\n"


def _value(data: Any, at: Pointer) -> str:
    for step in at:
        data = data[step]
    return json.dumps(data, ensure_ascii=False)


def _default(at: Pointer) -> str:
    """Return the words of the schema for the key at `at`."""
    root: Any = resources.data(resources.SCHEMA)
    schema = root
    for step in at:
        schema = (
            schema.get("properties", {}).get(step)
            or schema.get("additionalProperties")
            or schema.get("items")
            or {}
        )
        if "$ref" in schema:
            schema = {**root["definitions"][schema["$ref"].rpartition("/")[2]], **schema}
    default = (
        f"    default: {json.dumps(schema['default'], ensure_ascii=False)}\n" if "default" in schema else ""
    )
    return f"{default}    {schema.get('description', '')}\n"


def list_types() -> str:
    """Return a line for each service type of the catalog: name, port, protocol, title, and what is special."""
    data: Any = resources.data(resources.CATALOG)
    width = max(map(len, data))
    protocols = max(len(entry["protocol"]) for entry in data.values())
    return "".join(
        f"{name:<{width}}  {entry['service']['port']:>5}  {entry['protocol']:<{protocols}}  {entry['title']}{_special(entry)}\n"
        for name, entry in data.items()
    )


def _special(entry: Any) -> str:
    """Return in brackets what a reader of the list should know of a type."""
    releases = entry.get("releases", {})
    said = {
        "one writer": "single_writer" in entry,
        "websocket": "websocket" in entry,
        "internal": "internal" in entry,
        "better direct": "direct" in entry,
        f"since {releases.get('since')}": "since" in releases,
        f"until {releases.get('until')}": "until" in releases,
    }
    words = ", ".join(word for word, holds in said.items() if holds)
    return f" [{words}]" if words else ""


def describe_type(kind: str) -> str | None:
    """Return what the catalog says of a service type, as YAML; None if it does not know it."""
    import yaml  # noqa: PLC0415

    data: Any = resources.data(resources.CATALOG)
    if kind not in data:
        return None
    return yaml.safe_dump({kind: data[kind]}, sort_keys=False, allow_unicode=True, width=100)


def near_type(kind: str) -> str:
    """Return what to do about a service type that is not in the catalog: the nearest one, or where they are listed."""
    data: Any = resources.data(resources.CATALOG)
    near = did_you_mean(kind, list(data))
    return near if near.startswith("did") else "`hagen catalog` lists them"
