"""An editor with a YAML language server helps whoever writes a topology: marks, completion, descriptions, mends."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import programs
from editor.lsp import Place, Server
from topologies import ROOT, Example

_TOOLS = ROOT / ".cache/editor/node_modules"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Start the language server that `make editor` installed, with the Node.js that was installed beside it."""
    script = _TOOLS / "yaml-language-server/bin/yaml-language-server"
    nodes = sorted(_TOOLS.glob("node-linux-*/bin/node"))
    if not script.exists() or not nodes:
        programs.missing("yaml-language-server (npm)")
    with Server([nodes[0], script, "--stdio"], ROOT) as running:
        yield running


@pytest.fixture
def text() -> str:
    """Return the topology of the OpenStack example."""
    return (ROOT / "examples/openstack-ha/topology.yml").read_text()


@pytest.fixture
def path(request: pytest.FixtureRequest) -> Path:
    """Return where the edited topology pretends to lie; nothing is written: an editor sends text that is not saved."""
    return ROOT / "examples/openstack-ha" / f"{request.node.name}.yml"


def test_the_examples_are_without_marks(server: Server, example: Example) -> None:
    """The schema that a topology names is found, and agrees with what hagen accepts."""
    content = example.topology.read_text()

    assert content.startswith("# yaml-language-server: $schema=../../schema/topology.schema.json\n")
    assert server.open(example.topology, content) == []


def test_a_service_is_completed(server: Server, path: Path, text: str) -> None:
    """Inside a service its keys are offered, each with its description."""
    edited, place = _with_line_in_services(text, "    ", others="")
    server.open(path, edited)
    offered = {item["label"]: item for item in server.complete(path, place)}

    assert {"type", "vips", "port", "mode", "balance", "check"} <= offered.keys()
    assert _description("balance") in json.dumps(offered["balance"]["documentation"], ensure_ascii=False)


def test_the_values_of_a_choice_are_completed(server: Server, path: Path, text: str) -> None:
    """Where one of several words is wanted, those words are offered."""
    edited, place = _with_line_in_services(text, "    balance: ")
    server.open(path, edited)

    assert _choices("balance") <= {item["label"] for item in server.complete(path, place)}


def test_a_key_is_explained(server: Server, path: Path, text: str) -> None:
    """Hovering over a key shows what the schema says of it."""
    edited, place = _with_line_in_services(text, "    balance: source")
    server.open(path, edited)

    assert _description("balance") in _plain(server.hover(path, place._replace(character=6)))


def test_a_meta_attribute_is_completed_where_it_is_shared(server: Server, path: Path, text: str) -> None:
    """What several mappings share by reference is offered as if it stood there: a primitive's meta attributes."""
    edited, place = _with_primitive(text, "      meta:\n        ")
    server.open(path, edited)
    offered = {item["label"]: item for item in server.complete(path, place)}
    meta = _schema()["definitions"]["meta"]["properties"]

    assert meta.keys() <= offered.keys()
    said = json.dumps(offered["resource-stickiness"]["documentation"], ensure_ascii=False)
    assert meta["resource-stickiness"]["description"] in said


def test_a_condition_of_a_rule_is_marked(server: Server, path: Path, text: str) -> None:
    """Deep in a rule too the mark stands under the word that is wrong, and names what is allowed."""
    rule = '{any: [{attribute: pingd, operation: less, value: "1"}]}'
    location = f"there: {{resource: vip_management, rule: {rule}}}"
    edited = f"{text}\nconstraints:\n  location:\n    {location}\n"
    [mark] = server.open(path, edited)
    choices = _schema()["definitions"]["expression"]["properties"]["operation"]["enum"]

    start = mark["range"]["start"]
    assert edited.splitlines()[start["line"]][start["character"] :].startswith("less,")
    assert [choice for choice in choices if choice not in mark["message"]] == []


def test_a_misspelt_property_is_marked_and_mended(server: Server, path: Path, text: str) -> None:
    """A cluster property is a key with a name that is known, so a slip is mended like any other."""
    edited = text.replace("cluster-recheck-interval", "cluster-recheck-intervall")
    [mark] = server.open(path, edited)

    assert "cluster-recheck-intervall" in mark["message"]
    assert text in server.fixes(path, mark)


def test_a_misspelt_key_is_marked_and_mended(server: Server, path: Path, text: str) -> None:
    """The mark stands under the key, and the quick fix writes the key that was meant."""
    edited, place = _with_line_in_services(text, "    balanec: source")
    [mark] = server.open(path, edited)

    assert (mark["range"]["start"], mark["range"]["end"]["line"]) == (
        {"line": place.line, "character": 4},
        place.line,
    )
    assert "balanec" in mark["message"]
    assert edited.replace("balanec", "balance") in server.fixes(path, mark)


def test_a_wrong_choice_is_marked(server: Server, path: Path, text: str) -> None:
    """The mark stands under the value and names what is allowed."""
    edited, place = _with_line_in_services(text, "    balance: sauce")
    [mark] = server.open(path, edited)

    assert mark["range"]["start"] == {"line": place.line, "character": 13}
    assert {choice for choice in _choices("balance") if choice not in mark["message"]} == set()


def _schema() -> Any:
    return json.loads((ROOT / "schema/topology.schema.json").read_text())


def _with_primitive(text: str, line: str) -> tuple[str, Place]:
    """Return `text` with a primitive that ends with `line`, and the place where that ends."""
    edited = f"{text}\nresources:\n  primitives:\n    edited:\n      agent: ocf:pacemaker:Dummy\n{line}"
    return f"{edited}\n", Place(edited.count("\n"), len(line.rpartition("\n")[2]))


def _properties() -> dict[str, dict[str, object]]:
    schema = _schema()
    properties: dict[str, dict[str, object]] = schema["properties"]["services"]["additionalProperties"][
        "properties"
    ]
    return properties


def _description(key: str) -> str:
    return str(_properties()[key]["description"])


def _choices(key: str) -> set[object]:
    choices = _properties()[key]["enum"]
    assert isinstance(choices, list)
    return set(choices)


def _with_line_in_services(
    text: str, line: str, others: str = "    vips: [management]\n    type: galera\n"
) -> tuple[str, Place]:
    """Return `text` with a new first service of the lines `others` and `line`, and the place where that ends."""
    head, rest = text.split("\nservices:\n")
    start = f"{head}\nservices:\n  edited:\n{others}"
    return f"{start}{line}\n{rest}", Place(start.count("\n"), len(line))


def _plain(markdown: str) -> str:
    """Return Markdown without the escapes and the line breaks that the server adds."""
    return re.sub(r"\s+", " ", re.sub(r"\\([^\w\s])", r"\1", markdown.replace("&nbsp;", " ")))
