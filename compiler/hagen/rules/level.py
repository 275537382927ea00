"""Fencing levels: which devices are tried for a node, one level after the other.

Source: Pacemaker Explained, "Fencing Topologies"; pcs(8), "stonith level".
"""

import re
import warnings
from collections import defaultdict
from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Topology
from hagen.model.fencing import FencingLevel

_GREEDY = 3
_CHOICES = 16
"""Patterns with more repetitions or alternatives are not tried: on a long name they could take for ever."""


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
                f"{_what(level)} has level {level.level} twice, and Pacemaker keeps only one of the two",
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


def _nodes(topology: Topology, level: FencingLevel) -> tuple[str, ...] | Diagnostic:
    """Return the nodes that a level is for, or what is wrong with how they are named."""
    if level.node is not None:
        return (level.node,)
    if level.attribute is not None:
        name, value = level.attribute
        has = {
            node.name: {setting.name: setting.value for setting in node.attributes} for node in topology.nodes
        }
        found = tuple(node for node in has if has[node].get(name) == value)
        at, hint = (
            "attribute",
            f"say it of a node: nodes.{topology.node_names[0]}.attributes: {{{name}: {value}}}",
        )
    else:
        pattern = level.pattern or ""
        at, hint = "pattern", f"the nodes are {', '.join(f'`{each}`' for each in topology.node_names)}"
        try:
            with warnings.catch_warnings(action="ignore"):  # Python warns of `[[`, which is fine here
                compiled = re.compile(pattern)
        except (re.error, RecursionError) as error:
            return codes.LEVEL_OF_NOTHING.at(
                (*level.origin, at),
                f"`{pattern}` is not a regular expression: {error}",
                hint="write one as grep -E takes it, such as `^node[0-9]+$`",
            )
        if not _simple(pattern):
            return ()
        found = tuple(name for name in topology.node_names if compiled.search(name))
    if found:
        return found
    return codes.LEVEL_OF_NOTHING.at((*level.origin, at), f"no node has {_what(level)}", hint=hint)


def _simple(pattern: str) -> bool:
    """Tell whether trying a pattern takes no long time, whatever the name."""
    repeated_group = re.search(r"\)[*+?]", pattern)
    greedy = sum(map(pattern.count, "*+"))
    return not repeated_group and greedy <= _GREEDY and sum(map(pattern.count, "?|")) <= _CHOICES
