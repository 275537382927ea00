"""Diagnostics as a SARIF 2.1.0 log, which code scanning services and editors read."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from hagen import codes, resources
from hagen.diagnostic import Code, Diagnostic, Label
from hagen.render.mask import redact_all
from hagen.render.report import Report, told
from hagen.source import Source, show

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(reports: Sequence[Report], *, colour: bool = False) -> str:  # noqa: ARG001  one signature for all
    """Return `reports` as one log of one run, in ASCII, with the rules that were broken and no others."""
    from hagen import __version__  # noqa: PLC0415  the package is not complete yet when it imports its parts

    found = [(report.source, each) for report in redact_all(reports) for each in report.diagnostics]
    broken = {diagnostic.code for _, diagnostic in found}
    rules = [code for code in codes.ALL if code in broken]
    driver = {"name": "hagen", "version": __version__, "rules": [_rule(code) for code in rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(source, diagnostic, rules.index(diagnostic.code)) for source, diagnostic in found
        ],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: Code) -> dict[str, Any]:
    page = resources.page(code.id)
    return {
        "id": code.id,
        "name": "".join(word[:1].upper() + word[1:] for word in code.name.split("-")),
        "shortDescription": {"text": code.summary},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": code.severity},
    }


def _result(source: Source, diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    # Viewers show neither a hint nor a label's text beside the message, so the hint goes into it.
    words = f"{diagnostic.message}\nhint: {diagnostic.hint}" if diagnostic.hint else diagnostic.message
    result = {
        "ruleId": diagnostic.code.id,
        "ruleIndex": rule,
        "level": diagnostic.severity,
        "message": {"text": words},
        "locations": [_location(source, diagnostic.primary, 0)],
    }
    if diagnostic.related:
        places = enumerate(diagnostic.related, start=1)
        result["relatedLocations"] = [_location(source, label, number) for number, label in places]
    return result


def _location(source: Source, label: Label, number: int) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(source.name)}}
    span = told(label)
    if span:
        physical["region"] = {
            "startLine": span.start.line,
            "startColumn": span.start.column,
            "endLine": span.end.line,
            "endColumn": span.end.column,
        }
    location: dict[str, Any] = {
        "id": number,
        "physicalLocation": physical,
        "logicalLocations": [{"fullyQualifiedName": show(label.at)}],
    }
    if label.text:
        location["message"] = {"text": label.text}
    return location


def _uri(name: str) -> str:
    """Return a file's name as a URI reference: relative as the name is, every other byte percent-encoded."""
    # A name that is no UTF-8 arrives with surrogates for its bytes; those bytes are what the URI has to say.
    path = quote(name.removeprefix("./").encode("utf-8", "surrogateescape"), safe="/")
    return f"file://{path}" if path.startswith("/") else path
