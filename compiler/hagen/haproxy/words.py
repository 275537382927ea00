"""How haproxy.cfg is written: words, conditions and sections."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from hagen.artifact import Line, Origin
from hagen.dialect import version
from hagen.filters import Block
from hagen.model import Platform
from hagen.quantity import Address, Cidr, bracketed, written

_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:,@%+=[]-"
_QUOTES = (1, 6)
"""The version from which on HAProxy knows quotes, variables in them, and brackets around addresses."""
DECODED = (1, 7)
"""The version from which on a path can be judged as it is meant, `%2e` read as a dot."""
_WORDS = 32
"""How many values stand on a line: HAProxy takes 64 words (MAX_LINE_ARGS)."""

ACME = "acme_challenge"
"""The condition that a request is a challenge of ACME (RFC 8555, section 8.3)."""

PEERS = "proxies"
"""The name of the section with the proxies that share stick tables."""

Version: TypeAlias = tuple[int, ...]


class Section(NamedTuple):
    """A section of haproxy.cfg: what is said above it, its first line, and its settings."""

    comments: tuple[Line, ...]
    head: Line
    lines: Block


def release(platform: Platform) -> Version:
    """Return the version of the platform's HAProxy."""
    return version(platform.versions["haproxy"])


def modern(has: Version) -> bool:
    """Tell whether HAProxy of version `has` knows quotes, and brackets around IPv6 addresses."""
    return has >= _QUOTES


def quote(text: str, has: Version) -> str:
    """Return `text` as one word of haproxy.cfg, in which nothing is expanded.

    Source: HAProxy configuration manual, section 2.2: strong quotes keep everything but the quote itself. HAProxy
    before 1.6 takes quotes for letters and knows backslashes alone (manual of 1.5, section 2.2).
    """
    if text and not text.strip(_PLAIN):
        return text
    if modern(has):
        return "'" + text.replace("'", r"'\''") + "'"
    return "".join(f"\\{letter}" if letter in " #\\" else letter for letter in text)


def value(text: str, has: Version) -> str:
    """Return `text` as a word that HAProxy reads as a log format, in which a percent sign begins a variable."""
    return quote(text.replace("%", "%%"), has)


def place(address: Address | str, port: int, has: Version) -> str:
    """Return an address and port; before 1.6 the last colon of all parts them."""
    if isinstance(address, str):
        return f"{address}:{port}"
    return f"{(bracketed if modern(has) else written)(address)}:{port}"


def section(comments: Iterable[Line], head: Line, lines: Iterable[Line]) -> Section:
    """Put a section together: it is printed as one piece, which thousands of services notice."""
    ready = tuple(lines)
    block = Block("\n".join([line.text for line in ready]), tuple([line.origins for line in ready]))
    return Section(tuple(comments), head, block)


def acl(name: str, criterion: str, values: Iterable[str], origin: Origin) -> Iterator[Line]:
    """Yield the lines of a condition: any of `values` makes it true, however many there are."""
    given = list(values)
    for start in range(0, len(given), _WORDS):
        yield Line(f"acl {name} {criterion} {' '.join(given[start : start + _WORDS])}", (origin,))


UNREADABLE = "http-request deny deny_status 400 unless { path,url_dec -m found }"
"""The rule that stands before any that judges a path: one with half an escape is none, and would pass them all."""


def path_begins(has: Version) -> str:
    """Return the criterion that a path begins with a value, as servers read it: decoded, `//` and `/./` one slash."""
    return "path,url_dec,regsub(/[./]*/,/,g) -m beg" if has >= DECODED else "path_beg"


def networks(cidrs: Iterable[Cidr]) -> Iterator[str]:
    """Yield networks as conditions take them; one address stands without its length."""
    for cidr in cidrs:
        yield str(cidr.network_address) if cidr.num_addresses == 1 else str(cidr)
