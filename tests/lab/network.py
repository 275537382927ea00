"""The lab's network: a bridge for each network in a namespace of its own, and cables from there to the hosts.

The namespace of the bridges has no way out to the machine, so nothing that a host sends can leave the lab.
"""

from collections.abc import Iterable
from pathlib import Path

import lab
from lab.place import TAG
from lab.table import NETWORKS, Entry

MAIN, ISLAND = "main", "island"
"""The two sides of each network: hosts on the island see each other and nobody else."""

_SWITCH = "sw"
_FOLDER = Path("/run/netns")


def name(host: str) -> str:
    """Return the name of a host's network namespace."""
    return f"{TAG}-{host}"


def path(host: str) -> Path:
    """Return the file by which processes enter a host's network namespace."""
    return _FOLDER / name(host)


def inside(host: str) -> tuple[str, ...]:
    """Return the words that start a program of this machine in a host's network namespace, and nowhere else."""
    return ("nsenter", f"--net={path(host)}", "--")


def make() -> None:
    """Make the bridges."""
    _make(_SWITCH)
    for number in NETWORKS:
        for side in (MAIN, ISLAND):
            _ip(_SWITCH, "link", "add", f"{side}{number}", "type", "bridge", "mcast_snooping", "0")
            _ip(_SWITCH, "link", "set", f"{side}{number}", "up")


def join(entry: Entry, side: str = MAIN, *, addresses: bool = False) -> None:
    """Give a host a namespace and a cable to each of its networks, with its addresses if nobody else sets them."""
    _make(entry.name)
    _ip(entry.name, "link", "set", "lo", "up")
    for card, own in entry.addresses.items():
        # Both ends are born inside their namespaces: the machine itself never has them.
        ends = ("type", "veth", "peer", "name", f"eth{card}", "netns", name(entry.name))
        _ip(_SWITCH, "link", "add", _port(entry.name, card), *ends)
        _ip(_SWITCH, "link", "set", _port(entry.name, card), "master", f"{side}{card}", "up")
        _ip(entry.name, "link", "set", f"eth{card}", "up")
        for address in own if addresses else ():
            given = ("address", "add", address, "dev", f"eth{card}")
            _ip(entry.name, *given, *(("nodad",) if ":" in address else ()))


def leave(host: str, cards: Iterable[int]) -> None:
    """Pull a host's cables, and take its namespace away: it would keep its addresses, and answer for them."""
    for card in cards:
        lab.run("ip", "-n", name(_SWITCH), "link", "del", _port(host, card), check=False)
    lab.run("ip", "netns", "del", name(host), check=False)


def move(host: str, cards: Iterable[int], side: str) -> None:
    """Connect a host's cables to one side of its networks; to the host they seem plugged all the time."""
    for card in cards:
        _ip(_SWITCH, "link", "set", _port(host, card), "master", f"{side}{card}")


def cable(host: str, card: int, state: str) -> None:
    """Pull (`down`) or plug (`up`) one cable at the switch: the host's card loses its carrier."""
    _ip(_SWITCH, "link", "set", _port(host, card), state)


def lone_address(host: str, address: str) -> None:
    """Give a host one more address, that is behind it."""
    _ip(host, "address", "replace", f"{address}/32", "dev", "lo")


def remove_all() -> None:
    """Take away every namespace of the lab, and with it what is in it."""
    for each in every():
        lab.run("ip", "netns", "del", each.name)


def every() -> list[Path]:
    """Return the files of the namespaces that there are of this lab."""
    return sorted(_FOLDER.glob(f"{TAG}-*"))


def _make(host: str) -> None:
    lab.run("ip", "netns", "add", name(host))


def _ip(host: str, *words: str) -> None:
    lab.run("ip", "-n", name(host), *words)


def _port(host: str, card: int) -> str:
    return f"p{card}-{host}"
