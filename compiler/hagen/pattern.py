"""POSIX extended regular expressions of the few signs that a location's pattern may have.

They are matched in time that grows with pattern times name, whatever the pattern is, as Python's `re` does not
promise. What is an error is so for glibc's regcomp, which Pacemaker calls. Source: regex(7); POSIX, XBD 9.4.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

_BEGIN, _END = "^", "$"


class _State(NamedTuple):
    """Where a match stands: `accepts` takes a character, None is a way that needs none; `anchor` is `^`, `$` or empty."""

    accepts: Callable[[str], bool] | None
    anchor: str
    ways: list[int]


class _Stand(NamedTuple):
    """Where all matches stand before a character: whether one is whole, whether one would be at the end, and what follows."""

    whole: bool
    whole_at_end: bool
    states: frozenset[int]
    moves: dict[str, "_Stand"]


_MOST_STANDS = 1000
"""How many stands of a pattern are remembered; some patterns would have very many."""


class Pattern:
    """A pattern that can be asked whether it is found anywhere in a name."""

    def __init__(self, text: str) -> None:
        """Read `text`; ValueError says what is wrong with it."""
        self._text = text
        self._at = 0
        self._depth = 0
        self._states: list[_State] = []
        self._start, self._goal = self._choice()
        self._known: dict[frozenset[int], _Stand] = {}
        self._first = self._stand(frozenset(), first=True)

    def found_in(self, name: str) -> bool:
        """Tell whether the pattern matches some part of `name`."""
        stand = self._first
        for sign in name:
            if stand.whole:
                return True
            after = stand.moves.get(sign)
            if after is None:
                after = stand.moves[sign] = self._move(stand, sign)
            stand = after
        return stand.whole_at_end

    def _move(self, stand: _Stand, sign: str) -> _Stand:
        reached = frozenset(
            way
            for number in stand.states
            if (accepts := self._states[number].accepts) is not None and accepts(sign)
            for way in self._states[number].ways
        )
        if reached not in self._known:
            if len(self._known) >= _MOST_STANDS:
                self._known.clear()
                self._first.moves.clear()
            self._known[reached] = self._stand(reached, first=False)
        return self._known[reached]

    def _stand(self, reached: frozenset[int], *, first: bool) -> _Stand:
        begun = [*reached, self._start]
        states = self._closure(begun, first=first, last=False)
        at_end = self._closure(begun, first=first, last=True)
        return _Stand(self._goal in states, self._goal in at_end, frozenset(states), {})

    def _closure(self, numbers: Iterable[int], *, first: bool, last: bool) -> set[int]:
        seen: set[int] = set()
        todo = list(numbers)
        while todo:
            number = todo.pop()
            if number in seen:
                continue
            seen.add(number)
            state = self._states[number]
            held = (state.anchor != _BEGIN or first) and (state.anchor != _END or last)
            if state.accepts is None and held:
                todo.extend(state.ways)
        return seen

    def _new(self, accepts: Callable[[str], bool] | None = None, anchor: str = "") -> int:
        self._states.append(_State(accepts, anchor, []))
        return len(self._states) - 1

    def _link(self, number: int, *ways: int) -> None:
        self._states[number].ways.extend(ways)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _choice(self) -> tuple[int, int]:
        begin, end = self._new(), self._new()
        while True:
            first, last = self._sequence()
            self._link(begin, first)
            self._link(last, end)
            if self._peek() != "|":
                return begin, end
            self._at += 1

    def _sequence(self) -> tuple[int, int]:
        begin = end = self._new()
        while (sign := self._peek()) and sign != "|" and not (sign == ")" and self._depth):
            first, last = self._repeated()
            self._link(end, first)
            end = last
        return begin, end

    def _repeated(self) -> tuple[int, int]:
        sign = self._peek()
        if sign in "*+?":
            raise ValueError(f"`{sign}` has nothing before it to repeat")
        first, last = self._single()
        if sign in {_BEGIN, _END}:
            return first, last  # a sign that repeats has nothing to repeat behind an anchor
        while (sign := self._peek()) and sign in "*+?":
            self._at += 1
            begin, end = self._new(), self._new()
            self._link(begin, first)
            self._link(last, end)
            if sign in "*?":
                self._link(begin, end)
            if sign in "*+":
                self._link(last, first)
            first, last = begin, end
        return first, last

    def _single(self) -> tuple[int, int]:
        sign = self._peek()
        self._at += 1
        if sign == "(":
            self._depth += 1
            first, last = self._choice()
            if self._peek() != ")":
                raise ValueError("`(` is not closed")
            self._at += 1
            self._depth -= 1
            return first, last
        end = self._new()
        if sign in {_BEGIN, _END}:
            begin = self._new(None, sign)
        elif sign == ".":
            begin = self._new(lambda _: True)
        elif sign == "[":
            begin = self._new(self._bracket())
        else:
            begin = self._new(lambda each: each == sign)
        self._link(begin, end)
        return begin, end

    def _bracket(self) -> Callable[[str], bool]:
        """Read what stands in brackets: characters and ranges; a `]` that comes first is one of them."""
        negated = self._peek() == "^"
        self._at += negated
        close = self._text.find("]", self._at + 1)
        if close < 0:
            raise ValueError("`[` is not closed")
        inside = self._text[self._at : close]
        self._at = close + 1
        if "[." in inside:
            raise ValueError("`[.` begins a collating symbol, which names have no use for")
        ranges = list(_ranges(inside))
        return lambda each: any(low <= each <= high for low, high in ranges) != negated


def _ranges(inside: Sequence[str]) -> Iterable[tuple[str, str]]:
    index = 0
    while index < len(inside):
        low = inside[index]
        if index + 2 < len(inside) and inside[index + 1] == "-":
            high = inside[index + 2]
            if low > high:
                raise ValueError(f"the range `{low}-{high}` goes backwards")
            yield low, high
            index += 3
        else:
            yield low, low
            index += 1
