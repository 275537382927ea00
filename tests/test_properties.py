"""What holds for every topology and every text: refused with a place, or compiled to what the real programs take."""

import copy
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import generated
import haproxies
import programs
from generated import CATALOG, HOSTILE, SCHEMA, topologies, written
from hagen import document, schema
from hagen.artifact import Origin
from hagen.diagnostic import Diagnostic, Label
from hagen.emit.cloud_init import STAGE
from hagen.pipeline import Result, compile_source
from hagen.render import ALL as RENDERERS
from hagen.render.report import Report
from hagen.source import Pointer, Source, Span
from topologies import EXAMPLES, ROOT

PLATFORMS: Any = yaml.safe_load((ROOT / "schema/platforms.yaml").read_text())
ALWAYS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
HAPROXY_SATISFIED = {programs.Verdict(0, ""), programs.Verdict(0, "Configuration file is valid\n")}
_LINE_END = re.compile("\r\n|\r|\n")
_FILE_NAME_BYTES = 255


@pytest.fixture(scope="session", autouse=True)
def _needed() -> None:
    programs.need("haproxy", "bash")


def test_a_topology_compiles_to_what_programs_accept_or_is_refused_with_places(tmp_path: Path) -> None:
    """HAProxy, bash and YAML take what is made of a topology; what is not made has errors, each with a place."""
    became: Counter[str] = Counter()

    @settings(ALWAYS, max_examples=250)
    @given(topologies())
    def judge(topology: Any) -> None:
        text = written(topology)
        result = compiled(text)
        if result.topology is None:
            became["refused"] += 1
            assert [each.severity for each in result.diagnostics if each.severity == "error"] != []
        else:
            became["made"] += 1
            accepted(result, tmp_path)
        assert misplaced(text, result.diagnostics) == []

    judge()

    assert became["made"] >= 0.4 * became.total() >= 80
    assert became["refused"] >= 0.1 * became.total()


def accepted(result: Result, scratch: Path) -> None:
    """Let the programs judge the artifacts of `result`."""
    for made in result.artifacts:
        assert made.text.endswith("\n")
        assert max(len(part.encode()) for part in made.path.split("/")) <= _FILE_NAME_BYTES
        place = scratch / made.path.replace("/", "-")[:_FILE_NAME_BYTES]
        if made.path == "haproxy.cfg":
            place.write_text(made.text)
            assert haproxies.judge_here(place, scratch / "judged") in HAPROXY_SATISFIED
        elif made.path.endswith(".sh"):
            place.write_text(made.text)
            assert programs.bash_n(place) == programs.ACCEPTED
        elif made.path.startswith("cloud-init/"):
            data = yaml.load(made.text, yaml.CSafeLoader)
            node = made.path.removeprefix("cloud-init/").removesuffix(".yaml")
            assert (data["hostname"], made.text.splitlines()[0]) == (node, "#cloud-config")
            copies = {
                each["path"].removeprefix(STAGE): each["content"] for each in data.get("write_files", ())
            }
            assert copies == {
                each.target.path: each.text
                for each in result.artifacts
                if each.target and node in each.target.nodes
            }
        elif made.path == "manifest.json":
            manifest = json.loads(made.text)
            jsonschema.validate(manifest, json.loads((ROOT / "schema/manifest.schema.json").read_text()))


@settings(ALWAYS, max_examples=60)
@given(topologies(), st.randoms(use_true_random=False))
def test_the_order_of_settings_does_not_matter(topology: Any, chance: random.Random) -> None:
    """Only names have an order that counts; settings may be written in any."""
    other = generated.shuffled(topology, lambda keys: chance.sample(keys, len(keys)))
    first, second = compiled(written(topology)), compiled(written(other))

    assert texts(second) == texts(first)
    assert Counter(each.message for each in second.diagnostics) == Counter(
        each.message for each in first.diagnostics
    )


@settings(ALWAYS, max_examples=60)
@given(topologies())
def test_the_same_text_compiles_to_the_same_artifacts(topology: Any) -> None:
    """Nothing of one compilation is left for the next: neither what was made nor what was said."""
    text = written(topology)
    before = compiled(text)
    compiled(written({**topology, "services": {}}))
    after = compiled(text)

    assert (after.artifacts, after.diagnostics) == (before.artifacts, before.diagnostics)


@settings(ALWAYS, max_examples=60)
@given(topologies())
def test_filling_in_defaults_keeps_to_the_schema_and_changes_nothing_the_second_time(topology: Any) -> None:
    """What the schema says of keys that were left out is itself valid, complete, and never over what was said."""
    loaded, complaints = document.load(Source("topology.yml", written(topology).encode()))
    assert (loaded is None, complaints) == (False, ())
    assert loaded is not None
    if schema.validate(loaded):
        return
    said = copy.deepcopy(loaded.data)
    filled = schema.fill(loaded).data

    assert loaded.data == said
    assert list(jsonschema.Draft7Validator(SCHEMA).iter_errors(filled)) == []
    assert schema.fill(document.Document(filled, {}, {})).data == filled
    assert without_said(said, filled) == []


@settings(ALWAYS, max_examples=80)
@given(topologies())
def test_every_line_has_origins_that_are_there(topology: Any) -> None:
    """Each origin leads to something: what was said, what was left out, or what hagen's own data says."""
    text = written(topology)
    result = compiled(text)
    loaded, _ = document.load(Source("topology.yml", text.encode()))
    assert loaded is not None

    for made in result.artifacts:
        assert len(made.origins) == made.text.count("\n")
        assert [
            line for line, its in zip(made.text.splitlines(), made.origins, strict=False) if not its
        ] == []
        assert [origin for its in made.origins for origin in its if not leads_somewhere(origin, loaded)] == []


@pytest.mark.parametrize("name", CATALOG)
def test_what_the_catalog_says_of_a_check_leads_to_the_catalog(name: str) -> None:
    """A key that a service leaves out leads to the catalog even below a mapping that the service has, if empty."""
    base: Any = yaml.safe_load((ROOT / "tests/cases/base.yml").read_text())
    empty: dict[str, Any] = {"check": {}, "servers": {}, "timeouts": {}}
    base["services"] = {"one": {"type": name, "vips": list(base["vips"]), **empty}}
    text = written(base)
    loaded, _ = document.load(Source("topology.yml", text.encode()))
    assert loaded is not None

    (config,) = (each for each in compiled(text).artifacts if each.path == "haproxy.cfg")

    assert [each for its in config.origins for each in its if not leads_somewhere(each, loaded)] == []


@settings(ALWAYS, max_examples=60)
@given(topologies(), st.data())
def test_a_secret_in_the_topology_is_refused_and_never_repeated(topology: Any, data: st.DataObject) -> None:
    """Wherever a secret is written instead of its place, no artifact is made, and no renderer shows the secret."""
    secret = "Tr0ub4dor-and-3"  # noqa: S105  not a secret of anybody
    spoilt = [*secret_places(topology, secret)]
    broken = data.draw(st.sampled_from(spoilt))
    result = compiled(written(broken))

    assert result.artifacts == ()
    for render in RENDERERS.values():
        for colour in (False, True):
            assert secret not in render([Report(result.source, result.diagnostics)], colour=colour)


def secret_places(topology: Any, secret: str) -> list[Any]:
    """Return the topology with the secret at each place where somebody might write it."""
    made = []
    spoilers: tuple[Callable[[Any], object], ...] = (
        lambda it: it["cluster"].update(password=secret),
        lambda it: it["cluster"].update(password={"env": secret}),
        lambda it: it["cluster"].update(password={"value": secret}),
        lambda it: it["cluster"].setdefault("fencing", {}).update(devices=device(options={"passwd": secret})),
        lambda it: (
            it["cluster"].setdefault("fencing", {}).update(devices=device(options={"snmp_community": secret}))
        ),
        lambda it: (
            it["cluster"].setdefault("fencing", {}).update(devices=device(secrets={"password": secret}))
        ),
        lambda it: (
            it["cluster"].setdefault("fencing", {}).update(devices=device(secrets={"password": [secret]}))
        ),
        lambda it: it.setdefault("proxy", {}).update(stats={"bind": [], "password": secret}),
        lambda it: it.setdefault("proxy", {}).update(stats={"bind": [], "password": {"env": secret}}),
    )
    for spoil in spoilers:
        spoilt = copy.deepcopy(topology)
        spoil(spoilt)
        made.append(spoilt)
    return made


def device(**more: Any) -> Any:
    """Return a fencing device with a secret somewhere."""
    return {"bmc": {"agent": "fence_ipmilan", "targets": ["a"], **more}}


_SOURCES = [each.topology.read_bytes() for each in EXAMPLES] + [
    path.read_bytes() for path in sorted(ROOT.glob("tests/cases/*/topology.yml"))
]
_PIECES = st.one_of(
    st.sampled_from(HOSTILE).map(str.encode),
    st.sampled_from(
        (b"\r", b"\r\n", b"\n", b"\t", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xc2\x85")
    ),
    st.sampled_from(
        (b": ", b"- ", b"  ", b"? ", b"|\n", b">-\n", b"---\n", b"...\n", b"%YAML 1.1\n", b"<<: *a\n")
    ),
    st.sampled_from(
        (b"&a ", b"!!str ", b"{", b"}", b"[", b"]", b",", b"'", b'"', b"#", b"\\", b"\xed\xa0\x80", b"~")
    ),
    st.sampled_from((b'"\\x00"', b'"\\uD800"', b"1_000", b"0755", b"1:20")),
    st.binary(max_size=4),
)


@st.composite
def edited(draw: st.DrawFn) -> bytes:
    """Make a text out of one of the repository's topologies: bytes and lines are lost, doubled, moved, put in."""
    data = draw(st.sampled_from(_SOURCES))
    for _ in range(draw(st.integers(1, 4))):
        lines = data.splitlines(keepends=True) or [b""]
        line = draw(st.integers(0, len(lines) - 1))
        at = draw(st.integers(0, len(data)))
        match draw(st.integers(0, 6)):
            case 0:
                del lines[line]
                data = b"".join(lines)
            case 1:
                other = draw(st.integers(0, len(lines) - 1))
                lines[line], lines[other] = lines[other], lines[line]
                data = b"".join(lines)
            case 2:
                lines.insert(line, draw(st.sampled_from(lines)))
                data = b"".join(lines)
            case 3:
                lines[line] = b" " * draw(st.integers(0, 6)) + lines[line].lstrip()
                data = b"".join(lines)
            case 4:
                data = data[:at] + data[at + draw(st.integers(1, 8)) :]
            case 5:
                data = data[:at]
            case _:
                data = data[:at] + draw(_PIECES) + data[at:]
    return data


@settings(ALWAYS, max_examples=300)
@given(st.one_of(edited(), edited(), st.lists(_PIECES, max_size=12).map(b"".join), st.binary(max_size=60)))
def test_no_text_is_a_bug_and_every_diagnostic_lies_in_it(data: bytes) -> None:
    """Whatever is read, hagen says what is wrong with it, where it stands, in every format."""
    result = compile_source(Source("topology.yml", data))

    assert (result.topology is None) == any(each.severity == "error" for each in result.diagnostics)
    assert misplaced(data.decode("utf-8", "replace"), result.diagnostics) == []
    for render in RENDERERS.values():
        render([Report(result.source, result.diagnostics)], colour=True)


def test_random_edits_reach_every_stage() -> None:
    """The edits above are neither harmless nor hopeless: some texts compile, some stop in each of the stages."""
    stages: Counter[str] = Counter()

    @settings(ALWAYS, max_examples=150)
    @given(edited())
    def judge(data: bytes) -> None:
        found = compile_source(Source("topology.yml", data)).diagnostics
        stages[found[0].code.id[:3] if found else "none"] += 1

    judge()

    assert {"none", "HG1", "HG2", "HG3"} <= set(stages)


def compiled(text: str) -> Result:
    """Compile a text."""
    return compile_source(Source("topology.yml", text.encode()))


def texts(result: Result) -> dict[str, str]:
    """Return what was made, but for the manifest, which has the source's digest."""
    return {made.path: made.text for made in result.artifacts if made.path != "manifest.json"}


def misplaced(text: str, diagnostics: tuple[Diagnostic, ...]) -> list[tuple[str, Span | None]]:
    """Return the labels that do not lie in `text`: lines and columns count from 1, an end is behind its start."""
    widths = [len(line) for line in _LINE_END.split(text.removeprefix("\ufeff"))]

    def inside(label: Label) -> bool:
        if label.span is None or not label.span.start <= label.span.end:
            return False
        return all(
            1 <= place.line <= len(widths) and 1 <= place.column <= widths[place.line - 1] + 1
            for place in label.span
        )

    return [
        (each.message, label.span)
        for each in diagnostics
        for label in (each.primary, *each.related)
        if not inside(label)
    ]


def leads_somewhere(origin: Origin, loaded: document.Document) -> bool:
    """Tell whether an origin's pointer is one of its kind."""
    match origin.kind:
        case "topology":
            return loaded.has(origin.at)
        case "default":
            return not loaded.has(origin.at) and has_place(origin.at)
        case "catalog":
            return reaches(CATALOG, origin.at)
        case "platform":
            return reaches(PLATFORMS, origin.at)
        case _:
            return origin.reason != "" and has_place(origin.at)


def reaches(data: Any, at: Pointer) -> bool:
    """Tell whether `at` leads to something in `data`."""
    for step in at:
        known = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
        if step not in known:
            return False
        data = data[step]
    return True


def has_place(at: Pointer) -> bool:
    """Tell whether the language has the place `at`, whatever names stand in it."""
    below: Any = SCHEMA
    for step in at:
        below = (
            below.get("properties", {}).get(step) or below.get("additionalProperties") or below.get("items")
        )
        if not isinstance(below, dict):
            return False
        below = generated.target(below)
    return True


def without_said(said: Any, filled: Any, at: Pointer = ()) -> list[Pointer]:
    """Return the places at which `filled` does not say what was `said`."""
    if isinstance(said, dict) and isinstance(filled, dict):
        return [place for key in said for place in without_said(said[key], filled.get(key), (*at, key))]
    if isinstance(said, list) and isinstance(filled, list) and len(said) == len(filled):
        return [
            place
            for index, each in enumerate(said)
            for place in without_said(each, filled[index], (*at, index))
        ]
    return [] if said == filled else [at]
