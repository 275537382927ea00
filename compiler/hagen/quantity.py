"""Durations and addresses: typed once, written out in each artifact's own dialect."""

from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import NamedTuple, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Cidr: TypeAlias = IPv4Network | IPv6Network

_IPV6 = 6
_BYTES = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "B": 1}
_MILLISECONDS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


class Duration(NamedTuple):
    """A span of time as it was written: `number` of `unit` (ms, s, min, h or d)."""

    number: int
    unit: str

    @property
    def milliseconds(self) -> int:
        """The same span in milliseconds."""
        return self.number * _MILLISECONDS[self.unit]

    @property
    def seconds(self) -> float:
        """The same span in seconds."""
        return self.milliseconds / 1000

    @property
    def haproxy(self) -> str:
        """The span in HAProxy's dialect, which writes a minute as ``m``."""
        return f"{self.number}{'m' if self.unit == 'min' else self.unit}"

    @property
    def pacemaker(self) -> str:
        """The span in Pacemaker's dialect, which has no days."""
        return f"{self.number * 24}h" if self.unit == "d" else f"{self.number}{self.unit}"


def size(text: str) -> int:
    """Return how many bytes a size such as ``64KiB`` is; `text` must be of the schema's form."""
    unit = next(unit for unit in _BYTES if text.endswith(unit))
    return int(text.removesuffix(unit)) * _BYTES[unit]


written = cache(str)
"""Return an address as text; the same few are written thousands of times."""


@cache
def bracketed(address: Address) -> str:
    """Return `address` as it is written before a port: an IPv6 address stands in brackets (RFC 3986)."""
    return f"[{address}]" if address.version == _IPV6 else str(address)
