"""What a drill is sure to bring about, in words."""

from collections.abc import Iterable, Iterator
from math import ceil

from hagen.drill import Drill
from hagen.drill.pace import DAD_S
from hagen.fencer import Fencer

_TENTHS_BELOW_S = 10


def bound(drill: Drill) -> str:
    """Return the outage that a client may see, and how it comes about; or why it has no bound."""
    if drill.seconds is None:
        return f"not to be said: {drill.because}"
    if not drill.seconds:
        return f"none: {drill.because}"
    tried = f", and {DAD_S:g} s more for {_named(drill.tried)}" if drill.tried else ""
    longer = f", and the time that {_named(drill.longer)} may take on top" if drill.longer else ""
    return f"at most {_rounded(drill.seconds)} s{tried}{longer}: {drill.because}"


def _rounded(seconds: float) -> str:
    """Return a bound that is never below `seconds`: in whole seconds, or tenths where these matter."""
    steps = 1 if seconds >= _TENTHS_BELOW_S else 10
    return f"{ceil(round(seconds * steps, 6)) / steps:g}"


def outcome(drill: Drill) -> Iterator[str]:
    """Yield what is sure to happen, a sentence each."""
    if drill.twice:
        yield f"both parts of the cluster go on{', and each fences the other: one is left' if drill.fenced else ''}"
    if drill.recovers:
        yield f"on the same node {_are(drill.recovers)} started again"
    if drill.stops:
        yield f"no longer there: {_named(drill.stops)}"
    if drill.stays:
        yield f"{'until it is fenced, ' if drill.fenced else ''}untouched if there: {_named(drill.stays)}"
    if drill.fenced:
        yield _fencing(drill.fenced)
    if drill.moves:
        when = f"after {drill.failures} failures " if drill.failures else ""
        together = ", together" if len(drill.moves) > 1 else ""
        yield f"{when}on another node: {_named(drill.moves)}{together}"
    if drill.also:
        yield f"on another node, if there before: {_named(drill.also)}"
    yield from drill.remarks
    yield "`crm_mon -1` shows it, and where everything else runs"


def _named(ids: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in ids)


def _are(ids: tuple[str, ...]) -> str:
    return f"{_named(ids)} {'is' if len(ids) == 1 else 'are'}"


def _fencing(found: tuple[Fencer, ...]) -> str:
    """Return how the node is stopped, which may be another way for each node that it can be."""
    by_levels: dict[tuple[tuple[str, ...], ...], list[str]] = {}
    for each in found:
        by_levels.setdefault(each.levels, []).append(each.node)
    ways = {
        levels: "; if that fails, ".join(f"by {' and '.join(f'`{one}`' for one in each)}" for each in levels)
        for levels in by_levels
        if levels
    }
    if len(by_levels) == 1:
        return f"the node is fenced {next(iter(ways.values()), '')}".rstrip()
    words = (f"{_named(by_levels[levels])} {way}" for levels, way in ways.items())
    return f"the node is fenced: {'. '.join(words)}".rstrip(": ")
