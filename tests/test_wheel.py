"""The wheel: what is packed, that it is always the same, and that what was compiled into it agrees with its source."""

import copy
import fcntl
import importlib.util
import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hagen import complaint, resources
from hagen.template import expand

ROOT = Path(__file__).resolve().parent.parent
SCHEMA = "schema/topology.schema.json"
PROBE = """\
{{ "made for a test" | why }}# a probe
{% for row in rows %}
{{ row.command | wrapped | indent(2) }}
{% endfor %}
"""


def load(path: Path) -> ModuleType:
    """Import a module from its file."""
    spec = importlib.util.spec_from_file_location(f"loaded_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hook = load(ROOT / "compiler" / "wheel.py")


def python(*arguments: str | Path, cwd: Path = ROOT, seed: str = "0") -> str:
    """Run this Python in `cwd` and return what it prints; `seed` is that of its hashes."""
    run = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def build(checkout: Path, folder: Path, seed: str) -> None:
    """Put a wheel of `checkout` into `folder`, as pip makes it."""
    pip = (
        "-m",
        "pip",
        "--disable-pip-version-check",
        "wheel",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
    )
    python(*pip, "-w", folder, ".", cwd=checkout, seed=seed)


class Builds(NamedTuple):
    """A wheel of this checkout, one of its sdist, and where a wheel with one more template was installed."""

    wheel: Path
    from_sdist: Path
    installed: Path


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Builds:
    """Build everything, once for all processes that run tests."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "wheels"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").exists():
            _build_all(folder)
            (folder / "done").touch()
    return Builds(one(folder / "wheel", "*.whl"), one(folder / "from-sdist", "*.whl"), folder / "installed")


def _build_all(folder: Path) -> None:
    build(ROOT, folder / "wheel", "1")
    python("-m", "hatchling", "build", "-t", "sdist", "-d", folder / "sdist")
    with tarfile.open(one(folder / "sdist", "*.tar.gz")) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    unpacked = one(folder / "unpacked", "*")
    build(unpacked, folder / "from-sdist", "2")
    (unpacked / "templates").mkdir(exist_ok=True)
    (unpacked / "templates" / "probe.j2").write_text(PROBE)
    build(unpacked, folder / "probe", "3")
    install = ("-m", "pip", "--disable-pip-version-check", "install", "--no-index", "--no-deps", "--target")
    python(*install, folder / "installed", one(folder / "probe", "*.whl"))


def one(folder: Path, pattern: str) -> Path:
    """Return the only file in `folder` whose name fits."""
    (found,) = folder.glob(pattern)
    return found


def in_wheel(builds: Builds, code: str) -> Any:
    """Run `code` with the installed wheel and return what it prints as JSON."""
    start = f"import sys; sys.path.insert(0, {str(builds.installed)!r})\n"
    return json.loads(python("-I", "-c", start + code, cwd=builds.installed))


def test_the_wheel_holds_the_package_and_nothing_else(builds: Builds) -> None:
    """Only `hagen` is at the top, with its data and what was compiled; no tests, caches or sources of them."""
    with zipfile.ZipFile(builds.wheel) as archive:
        names = set(archive.namelist())
    tops = {name.split("/")[0] for name in names}
    expected = {f"hagen/compiled/{name}.py" for name in ("__init__", "data", "templates", "validator")}
    for folder in ("schema", "templates"):
        expected |= {f"hagen/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / folder).rglob("*.*")}

    assert {"hagen"} == {top for top in tops if not top.endswith(".dist-info")}
    assert expected <= names
    assert [name for name in names if re.search(r"test|cache|\.py[co]$|wheel\.py|(^|/)\.|~$", name)] == []


def test_the_wheel_is_always_the_same(builds: Builds) -> None:
    """A second build, from the sdist and with other hashes, gives the same bytes."""
    assert builds.wheel.name == builds.from_sdist.name
    assert builds.wheel.read_bytes() == builds.from_sdist.read_bytes()


def test_an_editable_install_reads_its_checkout(tmp_path: Path) -> None:
    """Nothing is compiled for an editable install, so an edit of a template counts at once."""
    python("-c", f"import hatchling.build as b; b.build_editable({str(tmp_path)!r})")
    with zipfile.ZipFile(one(tmp_path, "*.whl")) as archive:
        assert [name for name in archive.namelist() if name.startswith("hagen/")] == []


def test_a_wheel_starts_without_what_a_checkout_needs(builds: Builds) -> None:
    """Expanding, validating and reading data import neither Jinja nor a validator nor YAML."""
    code = f"""
import json
from types import SimpleNamespace
from hagen import complaint, resources
from hagen.artifact import Origin
from hagen.template import Command, expand
a = Origin("topology", ("a",))
rows = [SimpleNamespace(command=Command(("echo", "it's", "x" * 90), (a,)))]
text, origins = expand("probe.j2", {{"rows": rows}})
resources.data("schema/catalog.yaml"), resources.data({SCHEMA!r})
accepted = resources.validator()({{}})
print(json.dumps([text, len(origins), accepted, sorted(sys.modules)]))
"""
    text, lines, accepted, modules = in_wheel(builds, code)

    assert text == "# a probe\n  echo 'it'\"'\"'s' \\\n      " + "x" * 90 + "\n"
    assert lines == 3
    assert accepted is False
    assert set() == {"jinja2", "markupsafe", "fastjsonschema", "jsonschema", "yaml"} & set(modules)


def test_compiled_templates_are_those_of_the_checkout(builds: Builds) -> None:
    """Each template is in the wheel, compiled."""
    expected = {
        path.relative_to(ROOT / "templates").as_posix() for path in (ROOT / "templates").rglob("*.j2")
    }

    assert sorted(expected | {"probe.j2"}) == in_wheel(
        builds, "import json; from hagen import resources; print(json.dumps(sorted(resources.templates())))"
    )


def test_compiled_data_is_that_of_the_files(builds: Builds) -> None:
    """Each data file reads the same from the wheel, from the checkout and with the plain parsers."""
    compiled = load(builds.installed / "hagen" / "compiled" / "data.py").DATA
    files = [path for path in sorted((ROOT / "schema").rglob("*.*")) if path.suffix in {".json", ".yaml"}]
    names = [path.relative_to(ROOT).as_posix() for path in files]

    assert sorted(compiled) == sorted(names)
    for name, path in zip(names, files, strict=True):
        plain = json.loads(path.read_text()) if path.suffix == ".json" else yaml.safe_load(path.read_text())
        assert plain == compiled[name]()
        assert plain == resources.data(name)
        assert json.dumps(plain) == json.dumps(compiled[name]()), "the order of keys differs"


def test_data_must_be_plain() -> None:
    """A date in a data file is refused when the wheel is made."""
    with pytest.raises(ValueError, match=r"schema/x\.yaml holds a value"):
        hook.compile_data({"schema/x.yaml": resources.parse("schema/x.yaml", "day: 2026-01-01")})


def test_data_is_json_or_yaml() -> None:
    """Another kind of file has no data."""
    with pytest.raises(ValueError, match=r"schema/x\.toml is neither"):
        resources.parse("schema/x.toml", "")


# The validator.

TOPOLOGY: Any = resources.data(SCHEMA)


JUDGE = complaint.judge(TOPOLOGY)

ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1,
    1.0,
    -1,
    1.5,
    10**30,
    "",
    "x",
    "-",
    "a\n",
    [],
    ["a", "a"],
    [1, True],
    {},
    {"x": 1},
    {"file": "/x"},
)


_OPTIONAL = 4
"""How many of the keys that may be left out an object has at most; a choice of them has to be possible."""


@cache
def defined(name: str) -> st.SearchStrategy[Any]:
    """Return what fits a definition of the topology schema."""
    return st.deferred(lambda: sound(TOPOLOGY["definitions"][name]))


@cache
def matching(pattern: str) -> st.SearchStrategy[str]:
    """Return texts that a pattern of the schema allows."""
    return st.from_regex(hook.end_of_text(pattern))


def sound(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Return documents that fit `schema`, a part of the topology schema."""
    if "$ref" in schema:
        return defined(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of([_KINDS[kind](schema) for kind in kinds])


def _object(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    least, most = schema.get("minProperties", 0), schema.get("maxProperties", 1000)
    known = {key: sound(each) for key, each in schema.get("properties", {}).items()}
    if not known:
        names = sound({"type": "string", **schema.get("propertyNames", {})})
        return st.dictionaries(
            names, sound(schema["additionalProperties"]), min_size=least, max_size=max(least, 2)
        )
    required = {key: known[key] for key in schema.get("required", [])}
    optional = {key: known[key] for key in known if key not in required}
    if not optional:
        return st.fixed_dictionaries(required)
    # With half of all that there is at every place, a topology would be larger than hypothesis takes.
    chosen = st.lists(
        st.sampled_from(list(optional)),
        unique=True,
        min_size=max(0, least - len(required)),
        max_size=min(_OPTIONAL, len(optional), most - len(required)),
    )
    return chosen.flatmap(
        lambda names: st.fixed_dictionaries({**required, **{name: optional[name] for name in names}})
    )


def _array(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    unique = json.dumps if schema.get("uniqueItems") else None
    return st.lists(
        sound(schema["items"]),
        min_size=schema.get("minItems", 0),
        max_size=min(3, schema.get("maxItems", 3)),
        unique_by=unique,
    )


def _string(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if "pattern" in schema:
        texts = matching(schema["pattern"])
        return texts if most is None else texts.filter(lambda text: least <= len(text) <= most)
    return st.text(min_size=least, max_size=min(10, most or 10))


def _integer(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.integers(schema.get("minimum"), schema.get("maximum"))


def _boolean(_schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.booleans()


_KINDS: dict[str, Callable[[dict[str, Any]], st.SearchStrategy[Any]]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "boolean": _boolean,
}


@st.composite
def damaged(draw: st.DrawFn, documents: st.SearchStrategy[Any]) -> Any:
    """Return a document in which one place was replaced, removed, renamed or added to."""
    document = [copy.deepcopy(draw(documents))]
    holder: Any = document
    key: Any = 0
    while isinstance(holder[key], dict | list) and holder[key] and draw(st.integers(0, 4)):
        holder = holder[key]
        key = draw(st.sampled_from(list(holder) if isinstance(holder, dict) else range(len(holder))))
    match draw(st.sampled_from(["replace", "remove", "rename", "add", "newline"])):
        case "remove" if holder is not document:
            del holder[key]
        case "rename" if isinstance(holder, dict):
            holder[draw(st.sampled_from(["x", "-", f"{key}\n"]))] = holder.pop(key)
        case "add" if isinstance(holder[key], dict):
            holder[key]["x"] = draw(st.sampled_from(ODD))
        case "add" if isinstance(holder[key], list) and holder[key]:
            holder[key].append(holder[key][0])
        case "newline" if isinstance(holder[key], str):
            holder[key] += "\n"
        case _:
            holder[key] = draw(st.sampled_from(ODD))
    return document[0]


TOPOLOGIES = sound(TOPOLOGY)


@pytest.fixture(scope="session")
def accepts(builds: Builds) -> Callable[[Any], bool]:
    """Return the validator that is in the wheel."""
    found: Callable[[Any], bool] = load(builds.installed / "hagen" / "compiled" / "validator.py").accepts
    return found


SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@SLOW
@given(TOPOLOGIES)
def test_the_validator_accepts_what_the_schema_allows(accepts: Callable[[Any], bool], document: Any) -> None:
    """A document that was made to fit is accepted by the wheel and by jsonschema."""
    assert JUDGE.is_valid(document)
    assert accepts(document)


@settings(SLOW, max_examples=150)
@given(damaged(TOPOLOGIES))
def test_the_validator_agrees_with_jsonschema(accepts: Callable[[Any], bool], document: Any) -> None:
    """A document with one flaw, or what looks like one, is judged alike by the wheel and by jsonschema."""
    assert JUDGE.is_valid(document) == accepts(document)


def test_the_validator_accepts_the_examples(accepts: Callable[[Any], bool]) -> None:
    """Each example fits the schema, without one of its parts no longer."""
    for path in sorted(ROOT.glob("examples/*/topology.yml")):
        document = yaml.safe_load(path.read_text())

        assert accepts(document), path
        for key in TOPOLOGY["required"]:
            assert not accepts({other: value for other, value in document.items() if other != key})


def test_the_validator_imports_nothing_at_first() -> None:
    """The module has no import but that of `re`, when a pattern is first needed."""
    source = hook.compile_validator(
        {"$schema": "http://json-schema.org/draft-07/schema#", "type": "number", "multipleOf": 2}
    )

    assert [line for line in source.splitlines() if re.search(r"\bimport\b", line)] == ["        import re"]
    assert "fastjsonschema" not in source
    assert "Decimal" not in source


WIDE: Any = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": ["object", "array", "string", "number"],
    "properties": {"a": {"$ref": "#/definitions/a"}, "b": {"const": 1}, "c": {"enum": ["x", 1, None]}},
    "patternProperties": {"^p$": {"type": "integer"}},
    "additionalProperties": {"type": "array", "items": {"$ref": "#/definitions/a"}, "uniqueItems": True},
    "propertyNames": {"maxLength": 3},
    "pattern": "^[a-z]+$",
    "multipleOf": 2,
    "minimum": -2,
    "if": {"required": ["b"]},
    "then": {"required": ["a"]},
    "definitions": {"a": {"anyOf": [{"type": "string", "minLength": 2}, {"type": "boolean"}]}},
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-4, 4) | st.sampled_from([0.5, 1.0, 0.3]) | st.sampled_from(["", "x", "x\n", "xx", "x1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c", "p", "p\n", "long"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(VALUES)
def test_other_keywords_of_the_schema_language_agree_too(document: Any) -> None:
    """What the topology schema does not use yet is compiled rightly as well."""
    accepts, judge = wide()

    assert judge.is_valid(document) == accepts(document)


@cache
def wide() -> tuple[Callable[[Any], bool], Any]:
    """Return what judges by the schema WIDE: compiled code, and jsonschema."""
    module: dict[str, Any] = {}
    exec(hook.compile_validator(WIDE), module)  # noqa: S102
    return module["accepts"], complaint.judge(
        dict(WIDE, patternProperties={hook.end_of_text("^p$"): {"type": "integer"}})
    )


def test_a_keyword_that_needs_more_is_refused() -> None:
    """What would need an import fails when the wheel is made, not when it runs."""
    with pytest.raises(TypeError, match="would need Decimal"):
        hook.compile_validator({"$schema": "http://json-schema.org/draft-07/schema#", "multipleOf": 0.5})


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("^a$", r"^a\Z"),
        (r"^a\$", r"^a\$"),
        (r"^a\\$", r"^a\\\Z"),
        ("[$]$", r"[$]\Z"),
        (r"[\]$]$|b$", r"[\]$]\Z|b\Z"),
        ("a", "a"),
    ],
)
def test_a_pattern_ends_where_the_text_ends(pattern: str, expected: str) -> None:
    """A dollar sign becomes the end of the text, unless it stands for itself."""
    assert expected == hook.end_of_text(pattern)


def test_an_unknown_template_is_not_expanded() -> None:
    """A name without a file is a bug of ours, not a user's mistake."""
    with pytest.raises(FileNotFoundError):
        expand("absent.j2", {})
