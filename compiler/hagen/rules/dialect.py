"""What the programs of a platform do not have yet, or no longer; the table is in `hagen.feature`."""

from collections.abc import Iterator, Mapping
from typing import Any

from hagen import codes, resources
from hagen.diagnostic import Diagnostic, Label
from hagen.dialect import version
from hagen.feature import GATES, GONE, Gate, Gone
from hagen.model import Topology
from hagen.source import Pointer

_PROGRAMS = {"pcs": "pcs", "pacemaker": "Pacemaker", "corosync": "Corosync"}


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what the platform's programs do not have; of a place that wants several, the first."""
    told: set[Pointer] = set()
    for gate in GATES:
        if _has(topology.platform.versions, gate):
            continue
        for at in gate.find(topology):
            if at not in told:
                told.add(at)
                better = _elsewhere(gate)
                yield codes.NEWER_PLATFORM.at(
                    at,
                    f"{_named(gate.what, at)} {_PROGRAMS[gate.program]} {gate.since}, and {topology.platform.title} has"
                    f" {topology.platform.versions[gate.program]}",
                    Label(("cluster", "platform"), "this platform"),
                    hint="remove it"
                    + (f", or use a platform that has it: {', '.join(better)}" if better else ""),
                    on_key=isinstance(at[-1], str),
                )
    for gone in GONE:
        if not _has(topology.platform.versions, gone):
            continue
        for at in gone.find(topology):
            yield codes.OLDER_PLATFORM.at(
                at,
                f"{_named(gone.what, at)} is gone since {_PROGRAMS[gone.program]} {gone.since}, and {topology.platform.title} has"
                f" {topology.platform.versions[gone.program]}",
                Label(("cluster", "platform"), "this platform"),
                hint=gone.instead,
                on_key=True,
            )


def _named(what: str, at: Pointer) -> str:
    """Return what a gate calls something; ``this option …`` becomes the option's own name."""
    if not what.startswith("this ") or not isinstance(at[-1], str):
        return what
    kind, verb, rest = what.removeprefix("this ").partition(" needs")
    return f"the {kind} `{at[-1]}`{verb}{rest}"


def _has(versions: Mapping[str, str], gate: Gate | Gone) -> bool:
    return version(versions[gate.program]) >= version(gate.since)


def _elsewhere(gate: Gate) -> list[str]:
    """Return the names of the platforms that have something."""
    table: Any = resources.data(resources.PLATFORMS)
    return [name for name, each in table.items() if _has(each["versions"], gate)]
