"""The patterns of locations, against the C library's regcomp and regexec, which Pacemaker itself calls."""

import ctypes
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hagen.pattern import Pattern

LIBC = ctypes.CDLL(None)
EXTENDED = 1


def libc(pattern: str, name: str) -> bool | None:
    """Return what the C library finds, or None if it refuses the pattern."""
    room = ctypes.create_string_buffer(256)
    if LIBC.regcomp(room, pattern.encode(), EXTENDED):
        return None
    try:
        return bool(LIBC.regexec(room, name.encode(), 0, None, 0) == 0)
    finally:
        LIBC.regfree(room)


def ours(pattern: str, name: str) -> bool | None:
    """Return what hagen finds, or None if it refuses the pattern."""
    try:
        return Pattern(pattern).found_in(name)
    except ValueError:
        return None


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("^vip_", "vip_public"),
        ("^vip_$", "vip_public"),
        ("db$", "web-db"),
        ("(a|b)+c", "xababcx"),
        ("[a-c]", "zzz"),
        ("[^a-c]", "abc"),
        ("[]a]", "a"),
        ("[a-]b", "-b"),
        ("a)", "a)"),
        ("()", ""),
        ("a|", "zzz"),
        ("a**", "b"),
        ("*a", "a"),
        ("(*a)", "a"),
        ("a|*b", "b"),
        ("(a", "a"),
        ("[a", "a"),
        ("[c-a]", "b"),
        ("a^b", "ab"),
        ("^*a", "a"),
        ("a.c", "abc"),
    ],
)
def test_pattern_means_what_it_means_to_pacemaker(pattern: str, name: str) -> None:
    """Each sign does here what it does in the C library."""
    assert ours(pattern, name) == libc(pattern, name)


@settings(max_examples=400, deadline=None)
@given(pattern=st.text("ab.*+?()|[^$-", max_size=9), name=st.text("ab-", max_size=6))
def test_any_pattern_means_what_it_means_to_pacemaker(pattern: str, name: str) -> None:
    """Patterns that nobody would write mean the same, too, or are refused by both."""
    assert ours(pattern, name) == libc(pattern, name)


def test_no_pattern_is_slow() -> None:
    """A pattern that takes a matcher with backtracking for ever takes none of ours any time."""
    before = time.monotonic()

    assert not Pattern("^(((a+)+)+)+$").found_in("a" * 62 + "b")
    assert time.monotonic() - before < 1
