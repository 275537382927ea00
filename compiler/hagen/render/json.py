"""Diagnostics for programs: one JSON object, in ASCII, with every place as lines and columns."""

import json
from collections.abc import Sequence
from typing import Any

from hagen.diagnostic import Diagnostic, Label
from hagen.render.mask import redact_all
from hagen.render.report import Report, count, told
from hagen.source import Position, Source, show


def render(reports: Sequence[Report], *, colour: bool = False) -> str:  # noqa: ARG001  one signature for all
    """Return `reports` as an object with `diagnostics`, `errors` and `warnings`, the last two being counts.

    `start` and `end` count from 1 in code points, `end` does not belong to the place, and both are null where
    nothing in the file is to be pointed at. `text` is what is to be said of the place, not what stands there.
    """
    errors, warnings = count(reports)
    diagnostics = [
        _diagnostic(report.source, each) for report in redact_all(reports) for each in report.diagnostics
    ]
    # ASCII only: a reader that prints the file as it is gets no control character out of it.
    return json.dumps({"diagnostics": diagnostics, "errors": errors, "warnings": warnings}, indent=2) + "\n"


def _diagnostic(source: Source, diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "code": diagnostic.code.id,
        "name": diagnostic.code.name,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
        "location": _location(source, diagnostic.primary),
        "related": [_location(source, label) for label in diagnostic.related],
    }


def _location(source: Source, label: Label) -> dict[str, Any]:
    span = told(label)
    return {
        "file": source.name,
        "pointer": show(label.at),
        "start": _position(span.start) if span else None,
        "end": _position(span.end) if span else None,
        "text": label.text,
    }


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column}
