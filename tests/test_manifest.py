"""The manifest: what it says, that its schema agrees, and that reading it never fails."""

import hashlib
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hagen import manifest, resources
from hagen.artifact import Artifact, Origin, Target

ORIGIN = (Origin("hagen", (), "a test"),)
DIGEST = "ab" * 32


def artifact(path: str, text: str = "text\n", mode: int = 0o644, target: Target | None = None) -> Artifact:
    """Return an artifact with as many origins as lines."""
    return Artifact(path, text, mode, (ORIGIN,) * text.count("\n"), target)


TARGET = Target(
    "/etc/haproxy/haproxy.cfg",
    "0640",
    "root",
    "haproxy",
    ("a", "b"),
    ("haproxy", "-c", "-f", "{}"),
    ("systemctl", "reload"),
)
ARTIFACTS = (artifact("pcs.sh", "#!/bin/sh\n", 0o755), artifact("haproxy.cfg", "global\n", target=TARGET))


def describe(*artifacts: Artifact, warnings: int = 0) -> Artifact:
    """Return the manifest of `artifacts` with the rest held fixed."""
    return manifest.describe(
        artifacts,
        cluster="c1",
        platform="el9",
        members={"a": ("192.0.2.1", "2001:db8::1"), "b": ("192.0.2.2",)},
        source_digest=DIGEST,
        warnings=warnings,
        version="0.1.0",
    )


def schema() -> Any:
    """Return the manifest's schema."""
    return json.loads(resources.text("schema/manifest.schema.json"))


def test_text() -> None:
    """The manifest is this text, to the byte: sorted by path, two spaces deep, sealed."""
    expected = (
        """{
  "format": {
    "name": "hagen-manifest",
    "version": 1
  },
  "hagen": "0.1.0",
  "cluster": "c1",
  "platform": "el9",
  "members": [
    {
      "name": "a",
      "addresses": [
        "192.0.2.1",
        "2001:db8::1"
      ]
    },
    {
      "name": "b",
      "addresses": [
        "192.0.2.2"
      ]
    }
  ],
  "topology": {
    "sha256": "%s"
  },
  "warnings": 2,
  "files": [
    {
      "path": "haproxy.cfg",
      "sha256": "%s",
      "mode": "0644",
      "target": {
        "path": "/etc/haproxy/haproxy.cfg",
        "mode": "0640",
        "owner": "root",
        "group": "haproxy"
      },
      "nodes": [
        "a",
        "b"
      ],
      "validate": [
        "haproxy",
        "-c",
        "-f",
        "{}"
      ],
      "reload": [
        "systemctl",
        "reload"
      ]
    },
    {
      "path": "pcs.sh",
      "sha256": "%s",
      "mode": "0755"
    }
  ],
  "reloads": [
    [
      "systemctl",
      "reload"
    ]
  ]"""  # noqa: UP031  the text is full of braces
        % (DIGEST, hashlib.sha256(b"global\n").hexdigest(), hashlib.sha256(b"#!/bin/sh\n").hexdigest())
    )
    seal = hashlib.sha256(expected.encode()).hexdigest()

    assert f'{expected},\n  "seal": "{seal}"\n}}\n' == describe(*ARTIFACTS, warnings=2).text


def test_artifact() -> None:
    """The manifest stays in the output folder, and each of its lines has an origin."""
    made = describe(*ARTIFACTS)

    assert (made.path, made.mode, made.target) == (manifest.PATH, 0o644, None)
    assert len(made.text.splitlines()) == len(made.origins)
    assert {"hagen"} == {origin.kind for line in made.origins for origin in line}


def test_order_of_artifacts_does_not_matter() -> None:
    """The same artifacts in another order are the same bytes."""
    assert describe(*ARTIFACTS) == describe(*reversed(ARTIFACTS))


def test_reloads_come_in_the_order_that_works() -> None:
    """Units are read anew before one is told, HAProxy comes last, each command once, and none is for nothing."""
    proxy, units, log = (
        ("systemctl", "reload", "haproxy.service"),
        ("systemctl", "daemon-reload"),
        ("systemctl", "restart", "rsyslog.service"),
    )
    made = [
        artifact(f"file{index}", target=TARGET._replace(reload=command))
        for index, command in enumerate((proxy, log, (), units, log))
    ]

    assert json.loads(describe(*made).text)["reloads"] == [[*units], [*log], [*proxy]]


def test_schema_is_sound() -> None:
    """The schema is draft-07, and its objects are closed, named and described in every property."""
    document = schema()
    jsonschema.Draft7Validator.check_schema(document)
    todo = [document, *document["definitions"].values()]
    seen = 0
    while todo:
        each = todo.pop()
        if each.get("type") == "object":
            seen += 1
            assert each["additionalProperties"] is False
            assert each["title"]
            assert [name for name, value in each["properties"].items() if not value.get("description")] == []
            todo += each["properties"].values()
    assert seen == 6


@pytest.mark.parametrize("artifacts", [ARTIFACTS, ARTIFACTS[:1], ()], ids=["both", "one", "none"])
def test_schema_accepts_what_is_made(artifacts: tuple[Artifact, ...]) -> None:
    """What `describe` makes is what the schema promises to apply tools."""
    jsonschema.Draft7Validator(schema()).validate(json.loads(describe(*artifacts).text))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("path", "../x"),
        ("path", "/etc/passwd"),
        ("path", "a//b"),
        ("path", "a/./b"),
        ("path", ""),
        ("mode", "644"),
        ("sha256", "AB" * 32),
        ("nodes", []),
        ("time", "now"),
    ],
)
def test_schema_refuses(key: str, value: object) -> None:
    """A file entry with one wrong value is refused."""
    document = json.loads(describe(*ARTIFACTS).text)
    document["files"][0][key] = value

    assert not jsonschema.Draft7Validator(schema()).is_valid(document)


def test_schema_refuses_half_a_target() -> None:
    """Where a file goes, on which nodes, its check and its reload come together or not at all."""
    for key in ("target", "nodes", "validate", "reload"):
        document = json.loads(describe(*ARTIFACTS).text)
        del document["files"][0][key]

        assert not jsonschema.Draft7Validator(schema()).is_valid(document), key


def test_read_back() -> None:
    """What was described is read back, from text and from bytes."""
    made = describe(*ARTIFACTS, warnings=3).text
    expected = manifest.Manifest(
        "0.1.0",
        DIGEST,
        3,
        {
            "haproxy.cfg": (hashlib.sha256(b"global\n").hexdigest(), 0o644),
            "pcs.sh": (hashlib.sha256(b"#!/bin/sh\n").hexdigest(), 0o755),
        },
        intact=True,
    )

    assert expected == manifest.read(made)
    assert expected == manifest.read(made.encode())


@pytest.mark.parametrize(("old", "new"), [("reload", "restart"), ("  ", " "), ("}\n", "}"), ('"c1"', '"c2"')])
def test_edited_manifest_is_read_but_not_intact(old: str, new: str) -> None:
    """A manifest that was edited still says which files are hagen's, and that it was edited."""
    text = describe(*ARTIFACTS).text.replace(old, new)
    found = manifest.read(text)

    assert found is not None
    assert not found.intact
    assert {"haproxy.cfg", "pcs.sh"} == set(found.files)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        '"format"',
        '{"format": 1}',
        "[" * 100_000,
        "1" * 5000,
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        '{"name": "my web app", "icons": []}',
        describe(*ARTIFACTS).text.replace('"version": 1', '"version": 2'),
        describe(*ARTIFACTS).text.replace('"warnings": 0', '"warnings": true'),
        describe(*ARTIFACTS).text.replace('"0644"', '"9644"'),
        describe(*ARTIFACTS).text.replace('"0644"', "420"),
        describe(*ARTIFACTS).text.replace(DIGEST, "AB" * 32),
        describe(*ARTIFACTS).text.replace('"haproxy.cfg"', '"pcs.sh"'),
        describe(*ARTIFACTS).text[:-200],
    ],
    ids=range(19),
)
def test_what_is_no_manifest(text: str | bytes) -> None:
    """Anything that hagen did not make is None."""
    assert manifest.read(text) is None


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "a/../../b",
        ".",
        "..",
        "",
        "a//b",
        "a/",
        "a\\b",
        "a\0b",
        "a\nb",
        "\ud800",
        ".haproxy.cfg.hagen~",
        "x.hagen~/y",
    ],
)
def test_paths_that_a_manifest_cannot_claim(path: str) -> None:
    """A path that leads out of the folder, or that no file can have, makes the whole manifest void."""
    text = describe(artifact("victim")).text.replace('"victim"', json.dumps(path))

    assert not manifest.is_plain(path)
    assert manifest.read(text) is None


def json_object(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return JSON objects with the keys that matter."""
    keys = st.sampled_from(["path", "sha256", "mode", "name", "version"])
    return st.dictionaries(keys, inner)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | json_object(inner),
    )
)
def test_reading_never_fails(value: object) -> None:
    """Any JSON in the place of any part of a manifest is read or refused, never an exception."""
    whole = json.loads(describe(*ARTIFACTS).text)
    for key in whole:
        manifest.read(json.dumps(whole | {key: value}))
    manifest.read(json.dumps(whole | {"files": [value]}))
    manifest.read(json.dumps(whole | {"files": [whole["files"][0] | {"path": value}]}))


@given(st.binary())
def test_reading_bytes_never_fails(data: bytes) -> None:
    """Any bytes are no manifest, and no exception."""
    assert manifest.read(data) is None
