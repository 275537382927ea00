"""Locations as what is sure: where nothing can keep a resource from running, and where it might run at all.

Source: Pacemaker Explained, "Location Constraints" and "Rules".
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from hagen.cast import Cast
from hagen.location import read_patterns
from hagen.model import Setting, Topology
from hagen.model.constraint import INFINITY, Location, Rule


def says(settings: Iterable[Setting], name: str, values: set[str]) -> bool:
    """Tell whether a setting is there and has none of these values."""
    return any(each.name == name and each.value.lower() not in values for each in settings)


class Grounds:
    """Where locations let resources run, remote and guest nodes included; `members` are the nodes that are not in standby."""

    def __init__(self, topology: Topology, cast: Cast) -> None:
        """Read the locations of `topology`."""
        self._attributes: dict[str, Mapping[str, str] | None] = {
            **{node.name: {each.name: each.value for each in node.attributes} for node in topology.nodes},
            **{
                each.name: {one.name: one.value for one in each.attributes}
                for each in topology.resources.remotes
            },
            **{each.guest.name: None for each in topology.resources.primitives if each.guest is not None},
        }
        self.members = frozenset(node.name for node in topology.nodes if not node.standby)
        self._standby = frozenset(node.name for node in topology.nodes if node.standby)
        self._opt_in = says(topology.cluster.properties, "symmetric-cluster", {"true"})
        self._groups = cast.members
        self._said: defaultdict[str, list[Location]] = defaultdict(list)
        patterns = read_patterns(topology)[0]
        for location in topology.constraints.locations:
            whom = patterns.get(location.pattern or "", ())
            for resource in whom if location.resource is None else (location.resource,):
                if location.role not in {"Promoted", "Unpromoted"}:
                    self._said[cast.whole(resource)].append(location)

    def surely(self, whole: str) -> frozenset[str]:
        """Return where nothing can keep a resource from running. A negative sum of scores is enough to do that."""
        allowed = {name for name in self._attributes if not self._opt_in}
        if self._opt_in and whole not in self._groups:
            allowed = {
                name
                for each in self._said.get(whole, ())
                for name in self._attributes
                if each.score.number >= 0 and self._holds(each, name)
            }
        for each in self._said.get(whole, ()):
            if each.discovery == "exclusive":
                allowed = {name for name in allowed if self._holds(each, name)}
            if each.score.number < 0:
                allowed = {name for name in allowed if self._holds(each, name) is False}
        return frozenset(allowed)

    def perhaps(self, whole: str) -> frozenset[str]:
        """Return where a resource might run."""
        return frozenset(
            name
            for name in self._attributes.keys() - self._standby
            if not any(
                each.score.number <= -INFINITY and self._holds(each, name)
                for each in self._said.get(whole, ())
            )
        )

    def _holds(self, location: Location, name: str) -> bool | None:
        """Tell whether a location is about a node; None where only the cluster knows."""
        if location.rule is None:
            return location.node == name
        return _judged(location.rule, name, self._attributes[name])


def _judged(rule: Rule, name: str, attributes: Mapping[str, str] | None) -> bool | None:
    every = [_condition(each.words, name, attributes) for each in rule.all]
    some = [_condition(each.words, name, attributes) for each in rule.any]
    if False in every or (some and all(each is False for each in some)):
        return False
    return True if None not in every and (not some or True in some) else None


def _condition(words: tuple[str, ...], name: str, attributes: Mapping[str, str] | None) -> bool | None:
    """Tell whether a condition of a rule holds on a node; None for what can change while the cluster runs."""
    known = {"#uname": name} | dict(attributes or {})
    if words[0] in {"defined", "not_defined"}:
        return words[0] == "defined" if words[1] in known else None
    if words[0] not in known or words[1] not in {"eq", "ne"} or words[2:-1] not in {(), ("string",)}:
        return None
    return (known[words[0]].casefold() == words[-1].casefold()) == (words[1] == "eq")
