"""What the tests of the lab measured: printed after each test, and as a table at the end of the run."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

FACTOR = 4
"""How many times what is seen a stated bound may be at most: a bound that says nothing helps nobody."""

NOTHING_S = 0.65
"""An outage of one lost request, which is what a client sees of nothing: its patience, and the time until the next one.

A client cannot tell a shorter one from it: it counts as long.
"""


class Taken(NamedTuple):
    """A time in seconds, and the bound that CHECKLIST.md states for it, if it states one."""

    what: str
    seconds: float
    bound: float | None


_TAKEN: list[Taken] = []


def taken(what: str, seconds: float, bound: float | None = None) -> Taken:
    """Keep a measured time, for the report of the test that runs."""
    found = Taken(what, seconds, bound)
    _TAKEN.append(found)
    return found


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Keep how long the block takes."""
    began = time.monotonic()
    yield
    taken(what, time.monotonic() - began)


def holds(what: str, seconds: float, bound: float) -> None:
    """Require that a bound holds for what a client saw, and that it is not more than `FACTOR` times as long."""
    found = taken(what, seconds, bound)
    assert found.seconds <= bound, line(*found)
    assert _times(seconds, bound) <= FACTOR, line(*found)


def nothing(what: str, seconds: float) -> None:
    """Require that a client saw nothing but, on a busy machine, one lost request."""
    found = taken(what, seconds)
    assert found.seconds <= NOTHING_S, line(*found)


def lines() -> list[str]:
    """Return a line for each time that was measured since the last call."""
    found = [line(*each) for each in _TAKEN]
    _TAKEN.clear()
    return found


def _times(seconds: float, bound: float) -> float:
    return bound / max(seconds, NOTHING_S)


def line(what: str, seconds: float, bound: float | None = None) -> str:
    """Return a line for the report: a time, and how it stands to the bound that is stated for it."""
    stated = "" if bound is None else f"   bound {bound:5.1f} s, {_times(seconds, bound):4.1f} times"
    return f"{seconds:7.2f} s  {what}{stated}"
