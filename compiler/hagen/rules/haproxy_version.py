"""What the platform's HAProxy is too old for.

Source: HAProxy's CHANGELOG and the configuration manual of each branch, https://docs.haproxy.org/.
"""

from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic
from hagen.model import Topology

_ENVIRONMENT = (1, 6)
"""Quotes, variables in arguments and `env()` came with 1.6, and the stats page's password needs all three."""


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wanted of a HAProxy that is too old for it."""
    platform, stats = topology.platform, topology.proxy.stats
    has = platform.versions["haproxy"]
    if stats is not None and tuple(map(int, has.split("."))) < _ENVIRONMENT:
        yield codes.NEWER_HAPROXY.at(
            stats.origin,
            f"`proxy.stats` needs HAProxy 1.6 to read its password from the environment, and {platform.title} has {has}",
            hint="remove `stats` from the proxy: in this version the password could only stand in haproxy.cfg itself",
            on_key=True,
        )
