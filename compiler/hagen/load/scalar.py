"""What an unquoted YAML scalar means: YAML 1.2's core rules, and a refusal where YAML 1.1 reads another number.

`no`, `22:22`, `1_000`, `52:54:00:12:34:56`, `0b11` and dates are text, exactly as they are written.
"""

import re
from collections.abc import Callable
from typing import NamedTuple, TypeAlias


class Refused(NamedTuple):
    """Why a scalar is not taken, and the mend."""

    message: str
    hint: str


UNTOLD = Refused("the versions of YAML do not read this alike", "quote it")
UNTOLD_KEY = Refused("the key is not text", "rename it")
"""What is said instead where the scalar may be a secret: each of its readings would tell it."""

Scalar: TypeAlias = bool | int | float | str | None

FIRST = "~nNtTfF-+.0123456789"
"""The characters that begin everything that is not text; a scalar with another first one needs no look."""

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER = re.compile(
    r"""(?P<integer> [-+]?[0-9]+)
    | (?P<float> [-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)
    | (?P<hexadecimal> [-+]?0x[0-9a-fA-F]+)
    | (?P<octal> [-+]?0o[0-7]+)
    | (?P<infinite> [-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))""",
    re.VERBOSE,
)
# The floats that YAML 1.1 knows too: a point, no sign before a bare point, a sign in the exponent.
_FLOAT_OF_BOTH = re.compile(r"(?:\.[0-9]+|[-+]?[0-9]+\.[0-9]*)(?:[eE][-+][0-9]+)?")

_LARGEST = 2**63 - 1
_DIGITS = len(str(_LARGEST))
_SHOWN = 40


def shorten(text: str) -> str:
    """Return `text` in backticks as a message shows it: on one line, at most 40 characters of it."""
    line = " ".join(text.split("\n"))
    return f"`{line}`" if len(line) <= _SHOWN else f"`{line[: _SHOWN - 1]}…`"


def plain(text: str) -> Scalar | Refused:
    """Return the value of an unquoted scalar, or why it is refused.

    A number comes out only if YAML 1.1 and YAML 1.2 agree on it and JSON can hold it: integers fit 64 bits,
    floats are finite.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text.isdecimal() and text[0] != "0" and len(text) < _DIGITS and text.isascii():  # by far the most
        return int(text)
    if text[0].isalpha() or text.count(".") > 1 or not (number := _NUMBER.fullmatch(text)):
        return text
    return _READERS[number.lastgroup or ""](text)


def bad_key(text: str) -> Refused | None:
    """Return what is wrong with an unquoted scalar as a key: nothing if it is text."""
    value = plain(text)
    if isinstance(value, str):
        return None
    if not text:
        return Refused("a key is missing", "write a key before the colon")
    kind = "a truth value" if isinstance(value, bool) else "nothing" if value is None else "a number"
    return Refused(f"the key {shorten(text)} is {kind}, not text", _or_quote(text, "rename it"))


def _or_quote(text: str, mend: str) -> str:
    return f'{mend}, or quote it if it is text: "{text}"' if len(text) <= _SHOWN else mend


def _too_large(text: str) -> Refused:
    return Refused(
        f"the number {shorten(text)} does not fit 64 bits",
        _or_quote(text, f"write a number of at most {_LARGEST}"),
    )


def _two_readings(text: str, first: str, second: str) -> Refused:
    numbers = " or ".join(reading for reading in (first, second) if reading != "text")
    message = f"{shorten(text)} is {first} in YAML 1.1 and {second} in YAML 1.2"
    return Refused(message, _or_quote(text, f"write {numbers}"))


def _integer(text: str) -> int | Refused:
    digits = text.lstrip("+-")
    if len(digits) > _DIGITS:  # also keeps int() from its own limit, which it raises on
        return _too_large(text)
    value = int(text)
    if len(digits) > 1 and digits[0] == "0":
        eights = None if set(digits) & set("89") else int(text, 8)
        if eights == value:
            hint = _or_quote(text, f"write {value}")
            return Refused(f"{shorten(text)} loses its leading zero when it is read as a number", hint)
        return _two_readings(text, "text" if eights is None else str(eights), str(value))
    return value if -_LARGEST - 1 <= value <= _LARGEST else _too_large(text)


def _hexadecimal(text: str) -> int | Refused:
    value = int(text, 16)  # no limit on digits here: the base is a power of two
    if not -_LARGEST - 1 <= value <= _LARGEST:
        return _too_large(text)
    return value if text[0] == "0" else _two_readings(text, str(value), "text")


def _octal(text: str) -> Refused:
    value = int(text, 8)
    if not -_LARGEST - 1 <= value <= _LARGEST:
        return _too_large(text)
    if text[0] == "0":
        return _two_readings(text, "text", str(value))
    return Refused(
        f"{shorten(text)} looks like an octal number, but a sign may not stand before `0o`",
        _or_quote(text, f"write {value}"),
    )


def _float(text: str) -> float | Refused:
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        return Refused(f"the number {shorten(text)} is too large", _or_quote(text, "write a smaller number"))
    return value if _FLOAT_OF_BOTH.fullmatch(text) else _two_readings(text, "text", str(value))


def _not_finite(text: str) -> Refused:
    return Refused(f"{shorten(text)} is not a finite number", _or_quote(text, "write a finite number"))


_READERS: dict[str, Callable[[str], int | float | Refused]] = {
    "integer": _integer,
    "float": _float,
    "hexadecimal": _hexadecimal,
    "octal": _octal,
    "infinite": _not_finite,
}
