"""Fencing levels: which devices are tried for a node, one level after the other.

Source: Pacemaker Explained, "Fencing Topologies"; pcs(8), "stonith level".
"""

from collections import defaultdict
from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Setting, Topology
from hagen.model.fencing import FencingLevel
from hagen.pattern import Pattern


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with the levels."""
    targets = {device.name: set(device.targets) for device in topology.cluster.fencing.devices}
    by_target: defaultdict[tuple[str | None, ...], list[FencingLevel]] = defaultdict(list)
    for level in topology.cluster.fencing.levels:
        by_target[(level.node, level.pattern, *(level.attribute or ()))].append(level)
        nodes = _nodes(topology, level)
        if isinstance(nodes, Diagnostic):
            yield nodes
            continue
        for index, name in enumerate(level.devices):
            missing = [node for node in nodes if node not in targets.get(name, set())]
            if missing:
                yield codes.LEVEL_WITHOUT_TARGET.at(
                    (*level.origin, "devices", index),
                    f"fencing device `{name}` is not for {', '.join(f'`{node}`' for node in missing)}, so this level"
                    " always fails",
                    Label(("cluster", "fencing", "devices", name, "targets"), "what the device stops"),
                    hint="name a device that has the node among its targets",
                )
    for levels in by_target.values():
        yield from _order(levels)


def _order(levels: list[FencingLevel]) -> Iterator[Diagnostic]:
    """Yield it when the levels of one target are not 1, 2, 3 and so on."""
    seen: dict[int, FencingLevel] = {}
    for level in levels:
        if level.level in seen:
            yield codes.LEVELS_OUT_OF_ORDER.at(
                (*level.origin, "level"),
                f"{_what(level)} has level {level.level} twice: the devices of both would have to succeed together",
                Label((*seen[level.level].origin, "level"), "already here"),
                hint="give it the next number; devices that are needed together stand in one level",
            )
            return
        seen[level.level] = level
    for wanted, number in enumerate(sorted(seen), start=1):
        if number != wanted:
            yield codes.LEVELS_OUT_OF_ORDER.at(
                (*seen[number].origin, "level"),
                f"{_what(seen[number])} has a level {number}, yet no level {wanted}",
                hint=f"count from 1 without gaps: `level: {wanted}`",
            )
            return


def _what(level: FencingLevel) -> str:
    if level.node is not None:
        return f"node `{level.node}`"
    return (
        f"pattern `{level.pattern}`"
        if level.attribute is None
        else "attribute `{}={}`".format(*level.attribute)
    )


def _machines(topology: Topology) -> Iterator[tuple[str, tuple[Setting, ...]]]:
    """Yield what Pacemaker may have to stop, with its attributes: nodes, and remote hosts that it treats alike."""
    yield from ((node.name, node.attributes) for node in topology.nodes)
    yield from ((remote.name, remote.attributes) for remote in topology.resources.remotes)


def _nodes(topology: Topology, level: FencingLevel) -> tuple[str, ...] | Diagnostic:
    """Return the nodes that a level is for, or what is wrong with how they are named."""
    if level.node is not None:
        return (level.node,)
    if level.attribute is not None:
        name, value = level.attribute
        has = dict(_machines(topology))
        found = tuple(
            machine
            for machine in has
            if any((each.name, each.value) == (name, value) for each in has[machine])
        )
        at, hint = (
            "attribute",
            f"say it of a node: nodes.{topology.node_names[0]}.attributes: {{{name}: {value}}}",
        )
    else:
        pattern = level.pattern or ""
        at, hint = "pattern", f"the nodes are {', '.join(f'`{each}`' for each in topology.node_names)}"
        try:
            found = tuple(filter(Pattern(pattern).found_in, (machine for machine, _ in _machines(topology))))
        except ValueError as error:
            return codes.LEVEL_OF_NOTHING.at(
                (*level.origin, at),
                f"`{pattern}` is not a regular expression: {error}",
                hint="write one as grep -E takes it, such as `^node[0-9]+$`",
            )
    if found:
        return found
    return codes.LEVEL_OF_NOTHING.at((*level.origin, at), f"no node has {_what(level)}", hint=hint)
