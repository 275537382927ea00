"""Cluster properties under `other_properties`: only those that have no key of their own.

Source: pacemaker-schedulerd(7) and pacemaker-controld(7), which list Pacemaker's properties.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from hagen import codes, resources
from hagen.diagnostic import Diagnostic
from hagen.model import Topology

_ELSEWHERE = {
    "stonith-enabled": "cluster.fencing.enabled",
    "no-quorum-policy": "cluster.quorum.on_loss",
    "enable-acl": "acls.enabled",
    "cluster-name": "cluster.name",
}
_OWN = frozenset({"cluster-infrastructure", "dc-version", "have-watchdog", "last-lrm-refresh"})
_ALIKE = 0.9  # how near two names are that one is a misspelling of the other


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield properties that would go round the checks of those that are known, and names that look misspelt."""
    others = topology.cluster.other_properties
    if not others:
        return
    schema: Any = resources.data(resources.SCHEMA)
    known = list(schema["properties"]["cluster"]["properties"]["properties"]["properties"])
    for each in others:
        if each.name in known or each.name in _ELSEWHERE:
            place = _ELSEWHERE.get(each.name, f"cluster.properties.{each.name}")
            yield codes.KNOWN_PROPERTY.at(
                each.origin.at,
                f"`{each.name}` has a key of its own, which is checked; here it would go round that",
                hint=f"say it there: {place}",
                on_key=True,
            )
        elif each.name in _OWN:
            yield codes.KNOWN_PROPERTY.at(
                each.origin.at,
                f"`{each.name}` is kept by the cluster itself, or by people",
                hint="remove it",
                on_key=True,
            )
        elif near := get_close_matches(each.name, known, n=1, cutoff=_ALIKE):
            yield codes.MISSPELT_PROPERTY.at(
                each.origin.at,
                f"`{each.name}` looks like `{near[0]}`, and nobody checks it here",
                hint=f"if that is meant: cluster.properties.{near[0]}",
                on_key=True,
            )
