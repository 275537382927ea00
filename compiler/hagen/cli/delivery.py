"""From compiled artifacts to a folder: written, or compared with what is there."""

import os.path
from collections.abc import Sequence
from typing import NamedTuple

from hagen.cli.console import Finding
from hagen.diagnostic import has_errors
from hagen.pipeline import Result, locate
from hagen.write import Change, compare, diff, write


class Delivery(NamedTuple):
    """What became of one source: what is to be said of it, what is to be printed, and whether it failed."""

    finding: Finding
    text: str
    failed: bool


def deliver(
    result: Result, out: str, taken: set[str], *, compared: bool, shown: bool, strict: bool
) -> Delivery:
    """Write the artifacts of `result` into the folder that `out` names, or with `compared` only compare.

    `taken` has the folders of other topologies and gets this one's; `shown` adds the differences to the text.
    """
    if result.topology is None or (strict and result.diagnostics):
        return Delivery(Finding(result.source, result.diagnostics), "", failed=True)
    folder = out.replace("{cluster}", result.topology.cluster.name)
    place = os.path.realpath(folder)
    if place in taken:
        return _shared(result, folder)
    taken.add(place)
    changes, complaints = (compare if compared else write)(result.artifacts, folder)
    finding = Finding(result.source, result.diagnostics + complaints)
    if has_errors(complaints):
        return Delivery(finding, "", failed=True)
    if compared:
        text = diff(changes) if shown else ""
        some = f"{folder}: {len(changes)} of its files are not what would be written\n"
        return Delivery(
            finding, text + _listed(folder, changes, some, f"{folder}: up to date\n"), failed=bool(changes)
        )
    some = (
        f"{folder}: {len(changes)} files written or removed\n"
        f"next: {_join(folder, 'CHECKLIST.md')} says how to apply and verify them\n"
    )
    return Delivery(finding, _listed(folder, changes, some, f"{folder}: unchanged\n"), failed=False)


def _join(folder: str, path: str) -> str:
    return os.path.join(folder, path)  # noqa: PTH118  pathlib costs more at start-up than all else here


def _shared(result: Result, folder: str) -> Delivery:
    from hagen import codes  # noqa: PLC0415

    complaint = codes.SHARED_FOLDER.at(
        ("cluster", "name"),
        f"another topology is written to `{folder}` already",
        hint="give each cluster a name of its own",
    )
    assert result.document is not None  # noqa: S101  its topology named the folder
    return Delivery(
        Finding(result.source, locate(result.document, (*result.diagnostics, complaint))), "", failed=True
    )


def _listed(folder: str, changes: Sequence[Change], some: str, none: str) -> str:
    """Return a line for each file that changed, then the count."""
    return (
        "".join(f"  {each.kind:<8} {_join(folder, each.path)}\n" for each in changes) + some
        if changes
        else none
    )
