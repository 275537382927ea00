"""How diagnostics are shown: exact text, and what programs read in JSON, SARIF and GitHub's commands."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

import hagen
from hagen import codes, resources
from hagen.diagnostic import Code, Diagnostic, Label
from hagen.render import ALL, FORMATS
from hagen.render.report import Report
from hagen.source import Pointer, Position, Source, Span, show

TOPOLOGY = """\
nodes:
- name: a
  address: 10.0.0.9
- name: b
  address: 10.0.0.10
vips:
  management:
    address: 10.0.0.10
"""


def span(line: int, column: int, end: int, end_line: int | None = None) -> Span:
    """Return the span from `line` and `column` to before `end`, on the same line unless `end_line` is said."""
    return Span(Position(line, column), Position(end_line or line, end))


def report(
    text: str, at: Span | None, *, name: str = "t.yml", pointer: Pointer = ("a",), message: str = "wrong"
) -> Report:
    """Return a report of one error at `at` in `text`."""
    return Report(Source(name, text.encode()), (codes.WRONG_TYPE.at(Label(pointer, span=at), message),))


def shown(reports: Sequence[Report], *, colour: bool = False) -> str:
    """Return the text for people."""
    return ALL["text"](reports, colour=colour)


def excerpt_of(text: str, at: Span) -> str:
    """Return what is shown of the place itself: the line and the carets, without code, place and count."""
    return "\n".join(shown([report(text, at)]).splitlines()[3:-3])


VIP = codes.VIP_IS_NODE_ADDRESS.at(
    Label(("vips", "management", "address"), span=span(8, 14, 23)),
    "VIP 10.0.0.10 is node b's own address",
    Label(("nodes", 1, "address"), text="b owns it", span=span(5, 12, 21)),
    hint="give the VIP an address that no node has",
)
LEFTOVER = codes.EDITED_LEFTOVER.at((), "`pcs.sh` was edited", hint="remove it")
TWO = (Report(Source("cluster.yaml", TOPOLOGY.encode()), (VIP, LEFTOVER)),)

QUOTING = 'user: admin, password: "hunter22", again: hunter22\n'
SECRET = codes.SECRET_AS_TEXT.at(
    Label(("password",), text="hunter22 stands here", secret=True, span=span(1, 24, 34)),
    "`hunter22` is a secret",
    Label(("user",), text="of this user", span=span(1, 7, 12)),
    hint='write {env: NAME} instead of "hunter22"',
)
SECRETS = (Report(Source("s.yml", QUOTING.encode()), (SECRET,)),)


def test_text_shows_each_place_with_its_line() -> None:
    """The shape that the manual promises, with a related place, a hint, a place without a line and the count."""
    expected = """\
        error[HG4201]: VIP 10.0.0.10 is node b's own address
          --> cluster.yaml:8:14 (vips.management.address)
            |
          8 |     address: 10.0.0.10
            |              ^^^^^^^^^
          --> cluster.yaml:5:12 (nodes[1].address)
            |
          5 |   address: 10.0.0.10
            |            --------- b owns it
          = hint: give the VIP an address that no node has

        warning[HG6004]: `pcs.sh` was edited
          --> cluster.yaml
          = hint: remove it

        1 error, 1 warning
        hagen explain HG4201 tells more
        """
    assert shown(TWO) == dedent(expected)


def test_text_of_several_reports_is_counted_once() -> None:
    """Two sources give one text; a number of lines with two digits widens the gutter of its own block only."""
    far = report("\n" * 11 + "a: 1\n", span(12, 4, 5), name="far.yml")
    near = report("a: x\n", span(1, 4, 5), name="near.yml")
    expected = """\
        error[HG2003]: wrong
          --> far.yml:12:4 (a)
             |
          12 | a: 1
             |    ^

        error[HG2003]: wrong
          --> near.yml:1:4 (a)
            |
          1 | a: x
            |    ^

        2 errors
        hagen explain HG2003 tells more
        """
    assert shown([far, near]) == dedent(expected)


def test_text_of_warnings_names_no_page() -> None:
    """Only an error is followed by the page that explains it."""
    warnings = Report(Source("t.yml", b""), (LEFTOVER, LEFTOVER))
    assert shown([warnings]).endswith("\n\n2 warnings\n")


def test_the_page_named_is_that_of_the_first_error() -> None:
    """A warning that comes first does not give its code to the pointer at the end."""
    reports = [Report(Source("cluster.yaml", TOPOLOGY.encode()), (LEFTOVER, VIP))]
    assert shown(reports).splitlines()[-1] == "hagen explain HG4201 tells more"


@pytest.mark.parametrize("reports", [(), (Report(Source("t.yml", b"a: 1"), ()),)])
def test_nothing_to_say_is_no_text(reports: tuple[Report, ...]) -> None:
    """Without diagnostics people see nothing, and programs get an empty result of the usual shape."""
    assert shown(reports) == ""
    assert ALL["github"](reports) == ""
    assert json.loads(ALL["json"](reports)) == {"diagnostics": [], "errors": 0, "warnings": 0}
    run = json.loads(ALL["sarif"](reports))["runs"][0]
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_primary_text_stands_behind_the_carets() -> None:
    """A label's own words follow its carets."""
    label = Label(("a",), text="a number", span=span(1, 4, 6))
    reports = [Report(Source("t.yml", b"a: 12"), (codes.WRONG_TYPE.at(label, "no"),))]
    assert shown(reports).splitlines()[4] == "    |    ^^ a number"


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("", span(1, 1, 1), "  1 |\n    | ^"),
        ("a: 1\n", span(2, 1, 1), "  2 |\n    | ^"),
        ("a: 1", span(1, 5, 5), "  1 | a: 1\n    |     ^"),
        ("a: 1", span(1, 3, 3), "  1 | a: 1\n    |   ^"),
        ("a: 1", span(1, 40, 50), "  1 | a: 1\n    |     ^"),
        ("a: 1", span(0, -3, 2), "  1 | a: 1\n    | ^"),
        ("a: 1", span(1, 4, 1), "  1 | a: 1\n    |    ^"),
        ("a:\n  b: 1  \n  c: 2\n", span(2, 3, 7, end_line=3), "  2 |   b: 1\n    |   ^^^^"),
        ("a:\t12", span(1, 4, 6), "  1 | a:    12\n    |       ^^"),
        ("a:\t12", span(1, 3, 4), "  1 | a:    12\n    |   ^^^^"),
        ("名前: 値段 x", span(1, 5, 7), "  1 | 名前: 値段 x\n    |       ^^^^"),
        ("名前: 値段 x", span(1, 8, 9), "  1 | 名前: 値段 x\n    |            ^"),
        ("e\u0301: n\u0303o x", span(1, 5, 8), "  1 | e\u0301: n\u0303o x\n    |    ^^"),
        ("\u1112\u1161\u11ab: x", span(1, 6, 7), "  1 | \u1112\u1161\u11ab: x\n    |     ^"),
        ("a: \x1b[2J x", span(1, 9, 10), "  1 | a: \\x1b[2J x\n    |            ^"),
        ("a: \u202ex\u200b", span(1, 4, 5), "  1 | a: \\u202ex\\u200b\n    |    ^^^^^^"),
        ("a:\xa0x", span(1, 4, 5), "  1 | a:\\xa0x\n    |       ^"),
        ("\ufeffa: x", span(1, 4, 5), "  1 | a: x\n    |    ^"),
    ],
    ids=[
        "empty source",
        "after the last line",
        "after the line",
        "zero width",
        "past the line",
        "before the text",
        "end before start",
        "several lines",
        "after a tab",
        "a tab",
        "wide, wide span",
        "wide, narrow span",
        "combining",
        "hangul of parts",
        "escape",
        "invisible",
        "no-break space",
        "byte order mark",
    ],
)
def test_carets_stand_under_their_span(text: str, at: Span, expected: str) -> None:
    """Columns are those that a terminal shows, whatever stands before and inside the span."""
    assert excerpt_of(text, at) == expected


def test_a_place_beyond_the_text_has_no_line() -> None:
    """A span that no line carries is named and its words are kept."""
    label = Label((), text="here", span=span(9, 2, 3))
    reports = [Report(Source("t.yml", b"a"), (codes.YAML_SYNTAX.at(label, "no"),))]
    assert shown(reports).splitlines()[1] == "  --> t.yml:9:2 (top): here"


def test_a_long_line_is_cut_around_the_span() -> None:
    """Forty columns before the span are kept, about 160 in all, and an ellipsis says where something is left out."""
    line = "a" * 300 + "HERE" + "b" * 300
    source, carets = excerpt_of(line, span(1, 301, 305)).splitlines()
    assert source == "  1 | …" + "a" * 40 + "HERE" + "b" * 116 + "…"
    assert carets == "    | " + " " * 41 + "^^^^"


def test_a_long_line_with_an_early_span_is_cut_on_the_right() -> None:
    """What fits from the start of the line is shown from there."""
    source, carets = excerpt_of("a: " + "b" * 1_000, span(1, 1, 2)).splitlines()
    assert source == "  1 | a: " + "b" * 157 + "…"
    assert carets == "    | ^"


def test_a_long_span_is_cut_too() -> None:
    """Carets never reach past what is shown of the line."""
    source, carets = excerpt_of("a" * 1_000, span(1, 501, 1_001)).splitlines()
    assert source == "  1 | …" + "a" * 160 + "…"
    assert carets == "    | " + " " * 41 + "^" * 120


def test_a_line_of_the_limit_is_whole() -> None:
    """160 columns are shown as they are."""
    source, _ = excerpt_of("a" * 160, span(1, 160, 161)).splitlines()
    assert source == "  1 | " + "a" * 160


def test_words_and_names_cannot_drive_the_terminal() -> None:
    """Escapes in a file's name, a key or a message are spelled out, and a message stays on its line."""
    reports = [
        report("a: 1", span(1, 4, 5), name="\x1b]0;x.yml", pointer=("k\x9b",), message="bad\x1b[2J\nerror")
    ]
    assert shown(reports).splitlines()[:2] == [
        r"error[HG2003]: bad\x1b[2J\nerror",
        r"  --> \x1b]0;x.yml:1:4 (k\x9b)",
    ]


def test_colours_only_on_request() -> None:
    """Red errors, yellow warnings, a blue gutter and cyan hints: taken away they leave the plain text."""
    coloured = shown(TWO, colour=True)
    assert coloured.startswith("\x1b[1;31merror[HG4201]\x1b[0m: VIP")
    assert "\x1b[1;33mwarning[HG6004]\x1b[0m: " in coloured
    assert "  \x1b[1;34m-->\x1b[0m cluster.yaml:8:14" in coloured
    assert "\x1b[1;34m  8 |\x1b[0m     address" in coloured
    assert "\x1b[1;31m^^^^^^^^^\x1b[0m" in coloured
    assert "\x1b[1;34m--------- b owns it\x1b[0m" in coloured
    assert "  \x1b[1;36m= hint:\x1b[0m give" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == shown(TWO)
    assert "\x1b" not in shown(TWO)


@pytest.mark.parametrize("name", [each for each in FORMATS if each != "text"])
def test_programs_get_no_colours(name: str) -> None:
    """A format for programs is the same with and without colour."""
    assert ALL[name](TWO, colour=True) == ALL[name](TWO)


def test_text_masks_a_secret_wherever_it_stands() -> None:
    """Eight asterisks for the span and for every repetition, also in the excerpt of another label."""
    expected = """\
        error[HG2009]: `********` is a secret
          --> s.yml:1:24 (password)
            |
          1 | user: admin, password: ********, again: ********
            |                        ^^^^^^^^ ******** stands here
          --> s.yml:1:7 (user)
            |
          1 | user: admin, password: ********, again: ********
            |       ----- of this user
          = hint: write {env: NAME} instead of "********"

        1 error
        hagen explain HG2009 tells more
        """
    assert shown(SECRETS) == dedent(expected)


def test_a_secret_is_hidden_from_other_diagnostics() -> None:
    """A diagnostic that knows nothing of the secret shows its line without it."""
    other = codes.UNKNOWN_KEY.at(Label(("again",), span=span(1, 36, 41)), "no such key as hunter22")
    lines = shown([Report(SECRETS[0].source, (other, SECRET))]).splitlines()
    assert lines[0] == "error[HG2001]: no such key as ********"
    assert lines[3:5] == [
        "  1 | user: admin, password: ********, again: ********",
        "    |                                  ^^^^^",
    ]


def test_a_secret_of_several_lines_is_hidden_line_by_line() -> None:
    """Nothing of a block scalar is shown, in its own excerpt, in that of a line within, or in a message."""
    text = "key: |\n  first line\n  second line\nend: 1\n"
    secret = Label(("key",), secret=True, span=span(1, 6, 1, end_line=4))
    within = Label(("x",), text="near second line", span=span(3, 3, 9))
    reports = [
        Report(Source("t.yml", text.encode()), (codes.SECRET_AS_TEXT.at(secret, "no: first line", within),))
    ]
    assert shown(reports).splitlines()[:9] == [
        "error[HG2009]: no: ********",
        "  --> t.yml:1:6 (key)",
        "    |",
        "  1 | key: ********",
        "    |      ^^^^^^^^",
        "  --> t.yml:3:3 (x)",
        "    |",
        "  3 | ********",
        "    | -------- near ********",
    ]


@pytest.mark.parametrize(
    ("written", "message", "expected"),
    [
        ("'it''s so'", "`it's so` is bad", "`********` is bad"),
        (r'"say \"so\""', 'say "so" is bad', "******** is bad"),
        ("word", "words and passwords, no word", "words and passwords, no ********"),
        ("a", "a letter `a` is bad", "a letter `********` is bad"),
    ],
)
def test_a_message_that_quotes_a_secret_is_masked(written: str, message: str, expected: str) -> None:
    """A secret is found as YAML reads it, as a whole word, and a very short one only where it is quoted."""
    label = Label(("p",), secret=True, span=span(1, 4, 4 + len(written)))
    diagnostic = codes.SECRET_AS_TEXT.at(label, message)
    reports = [Report(Source("t.yml", f"p: {written}".encode()), (diagnostic,))]
    assert json.loads(ALL["json"](reports))["diagnostics"][0]["message"] == expected


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_tells_a_secret_or_its_length(name: str) -> None:
    """Neither the secret's text nor the column in which it ends leaves in any format."""
    told = ALL[name](SECRETS)
    assert "hunter22" not in told
    assert "34" not in told
    assert "********" in told


def test_json_round_trip() -> None:
    """Everything that is known of a diagnostic, and the counts."""
    assert json.loads(ALL["json"](TWO)) == {
        "diagnostics": [
            {
                "code": "HG4201",
                "name": "vip-is-node-address",
                "severity": "error",
                "message": "VIP 10.0.0.10 is node b's own address",
                "hint": "give the VIP an address that no node has",
                "location": {
                    "file": "cluster.yaml",
                    "pointer": "vips.management.address",
                    "start": {"line": 8, "column": 14},
                    "end": {"line": 8, "column": 23},
                    "text": "",
                },
                "related": [
                    {
                        "file": "cluster.yaml",
                        "pointer": "nodes[1].address",
                        "start": {"line": 5, "column": 12},
                        "end": {"line": 5, "column": 21},
                        "text": "b owns it",
                    }
                ],
            },
            {
                "code": "HG6004",
                "name": "edited-leftover",
                "severity": "warning",
                "message": "`pcs.sh` was edited",
                "hint": "remove it",
                "location": {
                    "file": "cluster.yaml",
                    "pointer": "(top)",
                    "start": None,
                    "end": None,
                    "text": "",
                },
                "related": [],
            },
        ],
        "errors": 1,
        "warnings": 1,
    }


def test_json_keeps_what_text_has_to_spell_out() -> None:
    """Control characters and other letters arrive as they were, though the JSON itself is plain ASCII."""
    told = ALL["json"]([report("a", span(1, 1, 2), name="é.yml", message="\x1b名\x9b")])
    assert told.isascii()
    assert "\x1b" not in told
    diagnostic = json.loads(told)["diagnostics"][0]
    assert (diagnostic["message"], diagnostic["location"]["file"]) == ("\x1b名\x9b", "é.yml")


def closed(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the schema of an object with these properties and no others."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }


STRING = {"type": "string", "minLength": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
MESSAGE = closed({"text": STRING})
LOCATION = closed(
    {
        "id": {"type": "integer", "minimum": 0},
        "physicalLocation": closed(
            {
                "artifactLocation": closed(
                    {"uri": {"type": "string", "pattern": r"^([\w./~-]|%[0-9A-F]{2}|:)+$"}}
                )
            },
            {
                "region": closed(
                    {
                        key: {"type": "integer", "minimum": 1}
                        for key in ("startLine", "startColumn", "endLine", "endColumn")
                    }
                )
            },
        ),
        "logicalLocations": {"type": "array", "items": closed({"fullyQualifiedName": STRING})},
    },
    {"message": MESSAGE},
)
RULE = closed(
    {
        "id": STRING,
        "name": {"type": "string", "pattern": "^([A-Z][a-z0-9]*)+$"},
        "shortDescription": MESSAGE,
        "help": closed({"text": STRING, "markdown": STRING}),
        "defaultConfiguration": closed({"level": LEVEL}),
    }
)
RESULT = closed(
    {
        "ruleId": STRING,
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": MESSAGE,
        "locations": {"type": "array", "minItems": 1, "maxItems": 1, "items": LOCATION},
    },
    {"relatedLocations": {"type": "array", "uniqueItems": True, "items": LOCATION}},
)
DRIVER = closed(
    {
        "name": {"const": "hagen"},
        "version": STRING,
        "rules": {"type": "array", "uniqueItems": True, "items": RULE},
    }
)
RUN = closed(
    {
        "tool": closed({"driver": DRIVER}),
        "columnKind": {"const": "unicodeCodePoints"},
        "results": {"type": "array", "items": RESULT},
    }
)
LOG = closed(
    {
        "$schema": {"type": "string", "pattern": "sarif-schema-2.1.0.json$"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "maxItems": 1, "items": RUN},
    }
)
"""The part of SARIF 2.1.0 that hagen writes, closed, so that a property nobody looked at cannot slip in."""


def sarif_run(reports: Sequence[Report]) -> dict[str, Any]:
    """Return the run of the SARIF log for `reports`, once its shape is found right."""
    log = json.loads(ALL["sarif"](reports))
    Draft7Validator(LOG).validate(log)
    run: dict[str, Any] = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        places = [*result["locations"], *result.get("relatedLocations", [])]
        assert [place["id"] for place in places] == list(range(len(places)))
    return run


def test_sarif_result() -> None:
    """The hint is part of the message; the related place keeps its own words."""
    assert sarif_run(TWO)["results"][0] == {
        "ruleId": "HG4201",
        "ruleIndex": 0,
        "level": "error",
        "message": {
            "text": "VIP 10.0.0.10 is node b's own address\nhint: give the VIP an address that no node has"
        },
        "locations": [
            {
                "id": 0,
                "physicalLocation": {
                    "artifactLocation": {"uri": "cluster.yaml"},
                    "region": {"startLine": 8, "startColumn": 14, "endLine": 8, "endColumn": 23},
                },
                "logicalLocations": [{"fullyQualifiedName": "vips.management.address"}],
            }
        ],
        "relatedLocations": [
            {
                "id": 1,
                "physicalLocation": {
                    "artifactLocation": {"uri": "cluster.yaml"},
                    "region": {"startLine": 5, "startColumn": 12, "endLine": 5, "endColumn": 21},
                },
                "logicalLocations": [{"fullyQualifiedName": "nodes[1].address"}],
                "message": {"text": "b owns it"},
            }
        ],
    }


def test_sarif_lists_only_the_rules_broken_in_the_order_of_codes() -> None:
    """A rule is listed once, however often it is broken, and wherever it is broken first."""
    reports = (Report(TWO[0].source, (LEFTOVER, LEFTOVER)), *TWO, *SECRETS)
    run = sarif_run(reports)
    driver = run["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == ["HG2009", "HG4201", "HG6004"]
    assert [result["ruleIndex"] for result in run["results"]] == [2, 2, 1, 2, 0]
    assert driver["version"] == hagen.__version__


def test_sarif_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule says its own severity and the page that explains it."""
    monkeypatch.setattr(resources, "page", lambda code: f"# A page about {code}\n")
    rules = sarif_run(TWO)["tool"]["driver"]["rules"]
    page = "# A page about HG4201\n"
    assert rules[0] == {
        "id": "HG4201",
        "name": "VipIsNodeAddress",
        "shortDescription": {"text": "a VIP is a node's own address"},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": "error"},
    }


def test_sarif_level_is_that_of_the_diagnostic() -> None:
    """A safety rule that only warns in a lab warns in its result, and keeps its level as a rule."""
    warning = codes.FENCING_OFF.at(Label(("cluster",), span=span(1, 1, 2)), "no fencing", lab=True)
    run = sarif_run([Report(Source("t.yml", b"a"), (warning,))])
    assert run["results"][0]["level"] == "warning"
    assert run["tool"]["driver"]["rules"][0]["defaultConfiguration"]["level"] == "error"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("clusters/a b.yml", "clusters/a%20b.yml"),
        ("./ü:%.yml", "%C3%BC%3A%25.yml"),
        ("<stdin>", "%3Cstdin%3E"),
        ("/srv/a.yml", "file:///srv/a.yml"),
        ("\udcff.yml", "%FF.yml"),
    ],
)
def test_sarif_uri(name: str, expected: str) -> None:
    """A relative name stays relative; what a URI cannot hold is percent-encoded."""
    run = sarif_run([report("a", None, name=name)])
    physical = run["results"][0]["locations"][0]["physicalLocation"]
    assert physical == {"artifactLocation": {"uri": expected}}


def test_github_commands() -> None:
    """One line a diagnostic; what else is to be said follows in the message, its line ends encoded."""
    assert ALL["github"](TWO) == (
        "::error file=cluster.yaml,line=8,col=14,endLine=8,endColumn=23,title=HG4201 vip-is-node-address"
        "::VIP 10.0.0.10 is node b's own address%0Acluster.yaml:5:12: b owns it"
        "%0Ahint: give the VIP an address that no node has\n"
        "::warning file=cluster.yaml,title=HG6004 edited-leftover::`pcs.sh` was edited%0Ahint: remove it\n"
    )


def test_github_escapes_what_ends_a_property_or_a_command() -> None:
    """A percent sign, a comma and a colon are encoded in a file's name, only the first in a message."""
    reports = [report("a: 1", span(1, 4, 5), name="a,b:c%.yml", message="100%: a,b\n::error::x\r")]
    assert ALL["github"](reports) == (
        "::error file=a%2Cb%3Ac%25.yml,line=1,col=4,endLine=1,endColumn=5,title=HG2003 wrong-type"
        "::100%25: a,b\\n::error::x\\r\n"
    )


def test_github_leaves_out_columns_of_several_lines() -> None:
    """GitHub takes no columns for a place of several lines."""
    told = ALL["github"]([report("a:\n  b: 1\n", span(1, 1, 3, end_line=2))])
    assert told == "::error file=t.yml,line=1,endLine=2,title=HG2003 wrong-type::wrong\n"


def test_formats_are_imported_when_they_are_used() -> None:
    """Asking for the registry costs no format, and text costs none of the others."""
    script = (
        "import sys, hagen.render\n"
        "def formats(): return sorted(name for name in sys.modules if name.startswith('hagen.render.'))\n"
        "print(formats())\n"
        "hagen.render.ALL['text'](())\n"
        "print(formats())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    text = ["excerpt", "mask", "report", "suspect", "text"]
    assert done.stdout.splitlines() == ["[]", str([f"hagen.render.{name}" for name in text])]


def test_every_format_is_registered() -> None:
    """The names that the command line offers are those that the registry has."""
    assert tuple(ALL) == FORMATS == ("text", "json", "sarif", "github")


POSITIONS = st.builds(Position, st.integers(-2, 12), st.integers(-2, 400))
SPANS = st.none() | st.builds(Span, POSITIONS, POSITIONS)
# Much of what breaks a terminal or a layout, and little of what never does.
NASTY = st.sampled_from("\x00\x07\x08\x0b\x1b\x7f\x85\x9b\u0301\u200d\u2028\u202e名\t\r\n \"'ab")
TEXTS = st.text(NASTY | st.characters(), max_size=40)
LABELS = st.builds(
    Label,
    at=st.tuples(TEXTS, st.integers(0, 9)) | st.just(()),
    text=TEXTS,
    secret=st.booleans(),
    span=SPANS,
)
DIAGNOSTICS = st.builds(
    Diagnostic,
    code=st.sampled_from(codes.ALL),
    severity=st.sampled_from(["error", "warning"]),
    message=TEXTS.filter(bool),
    primary=LABELS,
    related=st.lists(LABELS, max_size=2).map(tuple),
    hint=TEXTS,
)
# What the system cannot decode of a file's name arrives as surrogates of one half only.
NAMES = st.text(NASTY | st.characters(exclude_categories=["Cs"]) | st.just("\udcff"), min_size=1)
LONG = st.text(NASTY, max_size=60).map(lambda text: text * 12)
SOURCES = st.builds(
    Source, NAMES, (TEXTS | LONG).map(lambda text: text.encode(errors="replace")) | st.binary(max_size=60)
)
REPORTS = st.lists(
    st.builds(Report, SOURCES, st.lists(DIAGNOSTICS, max_size=3).map(tuple)), min_size=1, max_size=2
)


@settings(deadline=None, max_examples=150)
@given(REPORTS)
def test_no_report_breaks_a_renderer_or_drives_a_terminal(reports: list[Report]) -> None:
    """Whatever stands in a source and wherever a span lies, what comes out is printable lines."""
    for name in FORMATS:
        told = ALL[name](reports)
        assert told.replace("\n", "").isprintable(), name
        assert told.endswith("\n") or not told
        told.encode()
    coloured = ALL["text"](reports, colour=True)
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == ALL["text"](reports)


@settings(deadline=None, max_examples=100)
@given(REPORTS)
def test_every_report_is_json_and_sarif(reports: list[Report]) -> None:
    """JSON can be read back with one entry for each diagnostic, and SARIF always has its shape."""
    diagnostics = [each for report in reports for each in report.diagnostics]
    log = json.loads(ALL["json"](reports))
    assert [each["code"] for each in log["diagnostics"]] == [each.code.id for each in diagnostics]
    assert log["errors"] + log["warnings"] == len(diagnostics)
    assert len(json.loads(ALL["sarif"](reports))["runs"][0]["results"]) == len(diagnostics)


SUSPECTS = [
    "password: hunter22",
    "password: *hunter22",
    "password: !hunter22 x",
    "password: &a hunter22",
    "password: ab,hunter22",
    "password: 'x, hunter22' # hunter22",
    'a: {password: "x, \\" hunter22", b: 1}',
    'a: {password: &a "x, hunter22}", b: 1}',
    "a: {x_passwd: hunter22, b: 1}",
    "a: {'pass-word':hunter22, b: 1}",
    "pasword: hunter22",
    "auth: admin:hunter22",
    "db_pw: hunter22",
    "pwd: hunter22",
    "API_KEY: hunter22",
    "password:hunter22",
    "password hunter22",
    'options: "password=hunter22"',
    'password: "hunter22',
    "password: {hunter22: 1}",
    "password: {env: NAME, hunter22: x}",
    "secrets: {password: hunter22}",
    "secrets: {hunter22: {file: /a}}",
    "password:\n  hunter22",
    "password: |\n  first\n\thunter22",
    "password: >-\n\n  first\n  env: hunter22",
    "secrets:\n  hunter22:\n    file: /a",
    "secrets:\n- hunter22",
    "a:\n  password: first\n    hunter22\n  b: 1",
]


@pytest.mark.parametrize("text", SUSPECTS)
@pytest.mark.parametrize("name", FORMATS)
def test_what_looks_like_a_secret_is_in_no_excerpt(name: str, text: str) -> None:
    """A diagnostic about anything on the line shows it without what stands under a secret's name."""
    for number, line in enumerate(text.split("\n"), 1):
        told = ALL[name]([report(text, span(number, 1, len(line) + 1))])
        assert "hunter22" not in told


@pytest.mark.parametrize(
    "line",
    [
        "password: {env: HACLUSTER_PASSWORD}",
        "a: {secrets: {password: {file: /etc/hagen/a}}, b: 1}",
        "reason: nobody has a password for it",
        "passive: yes",
        "author: me",
        "compass: north",
    ],
)
def test_what_is_no_secret_is_shown(line: str) -> None:
    """A reference to a secret and words that only look like its name stay as they are."""
    assert f"  1 | {line}" in shown([report(line, span(1, 1, 2))])


def test_where_a_secret_may_be_a_name_no_pointer_has_it() -> None:
    """A name below `secrets` is in no pointer; the option that is meant, and a service of that name, are."""
    assert show(("a", "secrets", "hunter22", "file")) == "a.secrets.….file"
    assert show(("a", "secrets", "password", "file")) == "a.secrets.password.file"
    assert show(("services", "secrets", "port")) == "services.secrets.port"


@settings(deadline=None, max_examples=100)
@given(
    secret=st.text("abcXYZ019!$%-_.", min_size=6, max_size=300),
    before=st.text("kv: \t名", max_size=200),
    after=st.text(" ,}#x", max_size=200),
    place=st.integers(1, 500),
    code=st.sampled_from(codes.ALL),
)
def test_no_secret_leaves(secret: str, before: str, after: str, place: int, code: Code) -> None:
    """A secret is in no output, wherever it stands in its line and wherever another label points on it."""
    start = len(before) + 3
    label = Label(("s",), secret=True, span=span(1, start, start + len(secret)))
    other = Label(("o",), span=span(1, place, place + 9))
    diagnostics = (code.at(other, f"`{secret}` is bad"), code.at(label, "secret", hint=f'not "{secret}"'))
    reports = [Report(Source("t", f"{before}: {secret}{after}".encode()), diagnostics)]
    for name in FORMATS:
        told = ALL[name](reports)
        assert secret not in told
        assert secret[:6] not in told
