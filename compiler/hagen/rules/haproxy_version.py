"""What the platform's HAProxy is too old for; the table is in `hagen.haproxy_feature`."""

from collections.abc import Iterator
from typing import Any

from hagen import codes, resources
from hagen.diagnostic import Diagnostic, Label
from hagen.dialect import version
from hagen.haproxy_feature import GATES
from hagen.model import Topology
from hagen.source import Pointer


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wanted of a HAProxy that is too old for it; of a place that wants several, the first."""
    has = topology.platform.versions["haproxy"]
    told: set[Pointer] = set()
    for gate in GATES:
        if version(has) >= version(gate.since):
            continue
        for at in gate.find(topology):
            if at not in told:
                told.add(at)
                better = _elsewhere(gate.since)
                yield codes.NEWER_HAPROXY.at(
                    at,
                    f"{gate.what} HAProxy {gate.since}, and {topology.platform.title} has {has}",
                    Label(("cluster", "platform"), "this platform"),
                    hint=f"remove it, or use a platform that has it: {', '.join(better)}"
                    if better
                    else "remove it: no platform that hagen knows has it yet",
                    on_key=isinstance(at[-1], str),
                )


def _elsewhere(since: str) -> list[str]:
    """Return the names of the platforms whose HAProxy is at least of that version."""
    table: Any = resources.data(resources.PLATFORMS)
    return [name for name, each in table.items() if version(each["versions"]["haproxy"]) >= version(since)]
