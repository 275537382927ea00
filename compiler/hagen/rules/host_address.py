"""Addresses of everything else: remote hosts, guests, bundles, IPaddr2 resources, compared with all that are known.

Source: Pacemaker Explained, "Bundles", for `ip-range-start` and `replicas`; ocf_heartbeat_IPaddr2(7). That two nodes
or VIPs have one address is the business of `address`, and a quorum device on one of these that of `quorum`.
"""

import ipaddress
from collections.abc import Iterator
from typing import NamedTuple

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Topology
from hagen.model.resource import Bundle
from hagen.quantity import Address
from hagen.source import Pointer

_AGENTS = frozenset({"ocf:heartbeat:IPaddr2", "ocf:heartbeat:IPaddr"})


class _Use(NamedTuple):
    """An address, what has it, and where that is said."""

    address: Address
    what: str
    at: Pointer


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield addresses that something has already."""
    owners: dict[Address, _Use] = {}
    for use in _known(topology):
        owners.setdefault(use.address, use)
    reported: set[Pointer] = set()
    for use in _wanted(topology):
        owner = owners.setdefault(use.address, use)
        # The range of a bundle is said once, whatever number of its addresses are taken.
        if owner.at != use.at and use.at not in reported:
            reported.add(use.at)
            yield codes.ADDRESS_TAKEN.at(
                use.at,
                f"{use.what} has the address {use.address} that {owner.what} has",
                Label(owner.at, f"{owner.what} has it"),
                hint="take an address that nobody has",
            )


def _known(topology: Topology) -> Iterator[_Use]:
    """Yield what other rules have compared with each other."""
    for node in topology.nodes:
        for name, address in node.addresses.items():
            yield _Use(address, f"node `{node.name}`", (*node.origin, "addresses", name))
    for vip in topology.vips:
        yield _Use(vip.address, f"VIP `{vip.name}`", (*vip.origin, "address"))
    device = topology.cluster.corosync.device
    host = _address(device.host) if device is not None else None
    if device is not None and host is not None:
        yield _Use(host, "the quorum device", (*device.origin, "host"))


def _wanted(topology: Topology) -> Iterator[_Use]:
    found = topology.resources
    for remote in found.remotes:
        yield _Use(remote.address, f"remote node `{remote.name}`", (*remote.origin, "address"))
    for primitive in found.primitives:
        settings = [] if primitive.guest is None else list(primitive.guest.settings)
        for setting in settings:
            address = _address(setting.value) if setting.name == "remote-addr" else None
            if address is not None and primitive.guest is not None:
                yield _Use(address, f"guest `{primitive.guest.name}`", setting.origin.at)
        for setting in primitive.instance if primitive.agent in _AGENTS else ():
            address = _address(setting.value) if setting.name == "ip" else None
            if address is not None:
                yield _Use(address, f"resource `{primitive.id}`", setting.origin.at)
    for bundle in found.bundles:
        yield from _of_bundle(bundle)


def _of_bundle(bundle: Bundle) -> Iterator[_Use]:
    """Yield the addresses of a bundle's copies, as Pacemaker counts them: a block of IPv4 goes from .1 to .254."""
    container = {
        setting.name: int(setting.value) for setting in bundle.container if setting.value.isdecimal()
    }
    for setting in bundle.network:
        address = _address(setting.value) if setting.name == "ip-range-start" else None
        for _ in range(container.get("replicas", container.get("promoted-max") or 1)):
            if address is None:
                return
            yield _Use(address, f"a copy of bundle `{bundle.id}`", setting.origin.at)
            address = _next(address)


def _next(address: Address) -> Address | None:
    """Return the address that Pacemaker gives to the next copy, or None where it gives up."""
    if not isinstance(address, ipaddress.IPv4Address):
        return None
    one, two, three, four = address.packed
    if four < 254:  # noqa: PLR2004
        return address + 1
    return None if three > 253 else ipaddress.IPv4Address(bytes((one, two, three + 1, 1)))  # noqa: PLR2004


def _address(text: str) -> Address | None:
    """Return the address that `text` is, or None if it is a name or something else."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
