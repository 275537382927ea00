"""Text that may be a secret although no diagnostic says so: what stands under a name that sounds like one.

The text need not be sound YAML, so it is judged line by line, and rather too much of it than too little.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from hagen.source import SECRET_WORD

_REST_OF_NAME = re.compile(r"""[\w.-]*["']?(?P<sign>\s*[:=]\s*|\s+(?=\S)|\s*$)""")
_ALONE = re.compile(r"""[\s?-]*["']?[\w.-]*""")
_PROPERTIES = re.compile(r"(?:[&!][^\s,{}\[\]]*\s*)+")
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"\\]|\\.)*\"""")
# How a topology says where a secret is found.
_REFERENCE = re.compile(r"""["']?(?:env|file)["']?\s*:\s+[^\s,{}\[\]"'&*!|>][^\s,{}\[\]]*""")
_SPACE = re.compile(r"""(?:[\s{},]|#.*$|["']?password["']?\s*:(?=\s|$))+""")
_UNTIL_SIGN = re.compile(r"[^,}\]]*")
_WORD_OF_URL = re.compile(r"://[^/\s@]*?:([^/\s]*)@")

# A time or a number under one of Corosync's token timeouts is no secret.
_TIMING = re.compile(
    r"""token(?:_[a-z_]+["']?\s*:\s*[0-9]{1,9}(?:ms|s|min|h|d)?|["']?\s*:\s*[0-9]{1,9}(?:ms|s|min|h|d))(?![^\s,}\]#])"""
)

Range = tuple[int, int]


def find_suspects(lines: Sequence[str]) -> Mapping[int, Sequence[Range]]:
    """Return what may be a secret on each of `lines`, by number from 1: half-open ranges, from 0, not empty."""
    found: dict[int, list[Range]] = {}
    below: tuple[int, bool] | None = (
        None  # how deep the key stands that these lines belong to; whether all is text
    )
    for number, line in enumerate(lines, 1):
        ranges: list[Range] = []
        bare = line.lstrip()
        if bare:
            start = len(line) - len(bare)
            depth = len(line[:start].expandtabs())
            if below and (depth > below[0] or (depth == below[0] and bare.startswith("- "))):
                ranges = [(start, len(line))] if below[1] else list(_unknown(line, start, len(line)))
            else:
                below = None
                for begin, end, ends_line in _named(line):
                    value = line[begin:end]
                    nested = value.startswith("{") or not value.strip() or value[0] == "#"
                    ranges += list(_unknown(line, begin, end)) if nested else [(begin, end)]
                    below = (depth, not nested) if ends_line else below
        ranges += [match.span(1) for match in _WORD_OF_URL.finditer(line)]
        if ranges := [each for each in ranges if each[0] < each[1]]:
            found[number] = ranges
    return found


def _named(line: str) -> Iterator[tuple[int, int, bool]]:
    """Yield where the value under each secret's name begins and ends, and whether it may go on on further lines."""
    at = 0
    while word := SECRET_WORD.search(line, at):
        rest = _REST_OF_NAME.match(line, word.end())
        if rest is None or _TIMING.match(line, word.start()):
            at = word.end()
            continue
        alone = bool(_ALONE.fullmatch(line, at, word.start()))
        sign, begin = rest["sign"].strip(), rest.end()
        if not sign and not alone:
            at = word.end()  # a word in a sentence
            continue
        if sign == "=":  # inside of a text
            end = next((i for i in range(begin, len(line)) if line[i] in "\"'"), len(line))
        else:
            end = len(line.rstrip()) if alone else _end(line, begin)
        if line.startswith("{", begin):  # what stands in it is looked at by itself
            end = _closing(line, begin)
        yield begin, end, alone
        at = max(end, rest.end(), word.end())


def _end(line: str, begin: int) -> int:
    """Return where the value that begins at `begin` ends, inside of brackets."""
    properties = _PROPERTIES.match(line, begin)
    at = properties.end() if properties else begin
    if line.startswith("{", at):
        return _closing(line, at)
    if line.startswith(("'", '"'), at):
        quoted = _QUOTED.match(line, at)
        return quoted.end() if quoted else len(line)
    value = _UNTIL_SIGN.match(line, at)
    return value.start() + len(value[0].rstrip()) if value else at


def _closing(line: str, begin: int) -> int:
    """Return where the bracket closes that opens at `begin`; the end of the line if it does not."""
    open_ = 0
    for index in range(begin, len(line)):
        open_ += (line[index] == "{") - (line[index] == "}")
        if not open_:
            return index + 1
    return len(line)


def _unknown(line: str, begin: int, end: int) -> Iterator[Range]:
    """Yield what stands between `begin` and `end` and does not say where a secret is found."""
    at = begin
    while at < end:
        known = _SPACE.match(line, at, end) or _REFERENCE.match(line, at, end)
        if known:
            at = known.end()
            continue
        start, at = at, _end(line, at)
        at = min(max(at, start + 1), end)
        yield start, at
