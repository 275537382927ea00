"""Location constraints as sets of nodes: where each resource may run as far as they say. Sets are bits of a number.

Source: Pacemaker Explained, "Location Constraints" and "Opt-in and opt-out clusters".
"""

from collections.abc import Iterable, Iterator, Mapping

from hagen.cast import Cast
from hagen.model import Topology
from hagen.model.constraint import INFINITY, Location
from hagen.naming import PROXY_CLONE
from hagen.pattern import Pattern
from hagen.source import Pointer


def read_patterns(
    topology: Topology,
) -> tuple[Mapping[str, tuple[str, ...]], list[tuple[Location, str, str]]]:
    """Return the resources that each pattern finds, and what is wrong with others: the location, why, and the mend."""
    found: dict[str, tuple[str, ...]] = {}
    faults = []
    outermost = tuple(_outermost(topology))
    for location in topology.constraints.locations:
        text = location.pattern
        if text is None:
            continue
        try:
            if text not in found:
                pattern = Pattern(text)
                found[text] = tuple(each for each in outermost if pattern.found_in(each))
        except ValueError as error:
            faults.append((location, f"`{text}` is no regular expression: {error}", "write it like ^vip_"))
            continue
        if not found[text]:
            faults.append(
                (
                    location,
                    f"no resource matches `{text}`",
                    "what is in a group, clone or bundle is not looked at, but they are; VIPs begin with `vip_`",
                )
            )
    return found, faults


def _outermost(topology: Topology) -> Iterator[str]:
    """Yield the ids with which Pacemaker compares a pattern: of what is inside of no other resource."""
    found = topology.resources
    inside = {member for group in found.groups for member in group.members}
    inside |= {clone.resource for clone in found.clones}
    yield from (vip.resource for vip in topology.vips)
    yield PROXY_CLONE
    yield from (device.name for device in topology.cluster.fencing.devices)
    yield from (each.id for each in found.primitives if each.id not in inside and each.bundle is None)
    yield from (each.id for each in found.groups if each.id not in inside)
    yield from (clone.id for clone in found.clones)
    yield from (bundle.id for bundle in found.bundles)
    yield from (each.name for each in found.remotes)


class _Said:
    """What locations say of one resource."""

    def __init__(self) -> None:
        self.banned = self.wanted = self.exclusive = 0
        self.picky = False
        self.reasons: list[tuple[Pointer, str]] = []


_NOTHING = _Said()


class Places:
    """Where each resource may run, and by which constraints."""

    def __init__(self, topology: Topology, cast: Cast, patterns: Mapping[str, Iterable[str]]) -> None:
        """Read the locations of `topology`; `patterns` has what each pattern finds."""
        guests = [each.guest.name for each in topology.resources.primitives if each.guest is not None]
        remotes = [each.name for each in topology.resources.remotes]
        self._names = list(dict.fromkeys((*topology.node_names, *remotes, *guests)))
        self._bits = {name: 1 << index for index, name in enumerate(self._names)}
        self.everywhere = (1 << len(self._names)) - 1
        settings = (*topology.cluster.properties, *topology.cluster.other_properties)
        self.opt_in = any(each.name == "symmetric-cluster" and each.value == "false" for each in settings)
        self._cast = cast
        self._said: dict[str, _Said] = {}
        for device in topology.cluster.fencing.devices:
            if len(device.targets) == 1:  # hagen keeps it off the node that it stops
                self._of(device.name).banned = self._bits[device.targets[0]]
        for location in topology.constraints.locations:
            whom = patterns.get(location.pattern or "", ())
            for resource in whom if location.resource is None else (location.resource,):
                self._hear(self._of(cast.inner.get(resource, resource)), location)

    def of(self, resource: str) -> int:
        """Return the nodes on which locations let `resource` run."""
        found = self._about(resource)
        allowed = self.everywhere
        if self.opt_in:
            allowed = found[0].wanted | found[1].wanted
        for said in found:
            allowed &= ~said.banned
        if any(said.picky for said in found):
            allowed &= found[0].exclusive | found[1].exclusive
        return allowed

    def reasons(self, resource: str) -> Iterator[tuple[Pointer, str]]:
        """Yield the locations that narrow where `resource` may run, and what each does."""
        for said in self._about(resource):
            yield from said.reasons

    def names(self, nodes: int) -> list[str]:
        """Return the names of a set of nodes."""
        return [name for name in self._names if self._bits[name] & nodes]

    def bit(self, name: str) -> int:
        """Return the set of one node."""
        return self._bits[name]

    def _of(self, resource: str) -> _Said:
        return self._said.setdefault(resource, _Said())

    def _about(self, resource: str) -> tuple[_Said, _Said]:
        whole = self._cast.group.get(resource)
        return (
            self._said.get(resource, _NOTHING),
            self._said.get(whole, _NOTHING) if whole is not None else _NOTHING,
        )

    def _hear(self, said: _Said, location: Location) -> None:
        where, only = self._reach(location)
        number = location.score.number
        of_copies = location.role in {"Promoted", "Unpromoted"}
        whom = f"what matches `{location.pattern}`"
        if location.resource is not None:
            whom = self._cast.name(location.resource)
        if location.discovery == "exclusive":
            said.picky = True
            said.exclusive |= where
            said.reasons.append((location.origin, f"{whom} only where this holds"))
        if number <= -INFINITY:
            if only and not of_copies:
                said.banned |= where
                said.reasons.append((location.origin, f"{whom} never there"))
        elif number >= 0:
            said.wanted |= where
            if self.opt_in:
                said.reasons.append((location.origin, f"{whom} only where it is allowed"))

    def _reach(self, location: Location) -> tuple[int, bool]:
        """Return the nodes for which a location holds, and whether that is certain: of a rule it may be less."""
        if location.node is not None:
            return self._bits[location.node], True
        rule = location.rule
        words = [each.words for each in (*rule.all, *rule.any)] if rule else []
        if len(words) == 1 and words[0][0] == "#uname" and words[0][1] in {"eq", "ne"}:
            named = self._bits.get(words[0][-1], 0)
            return (named if words[0][1] == "eq" else self.everywhere & ~named), True
        return self.everywhere, False
