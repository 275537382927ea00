"""Addresses of networks, nodes and VIPs: each in its network, each only once.

Source: ocf_heartbeat_IPaddr2(7): a VIP that another host already has is taken from it by gratuitous ARP.
"""

import ipaddress
from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Network, Topology
from hagen.quantity import Address
from hagen.source import Pointer

_UNUSABLE = tuple(
    (ipaddress.ip_network(cidr), what)
    for cidr, what in (
        ("0.0.0.0/8", "addresses that mean this host itself"),
        ("127.0.0.0/8", "loopback addresses"),
        ("169.254.0.0/16", "link-local addresses"),
        ("224.0.0.0/4", "multicast addresses"),
        ("240.0.0.0/4", "reserved addresses"),
        ("::/127", "the unspecified and the loopback address"),
        ("::ffff:0:0/96", "IPv4 addresses written as IPv6"),
        ("fe80::/10", "link-local addresses, which need an interface beside them"),
        ("ff00::/8", "multicast addresses"),
    )
)
"""Ranges of which no host of a cluster can have an address that others reach, and what they are (RFC 6890)."""


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with the addresses."""
    yield from _networks(topology)
    owners: dict[Address, tuple[Pointer, str]] = {}
    yield from _nodes(topology, owners)
    yield from _vips(topology, owners)


def _networks(topology: Topology) -> Iterator[Diagnostic]:
    seen = list(topology.networks.values())
    for index, network in enumerate(seen):
        for earlier in seen[:index]:
            if network.cidr.version == earlier.cidr.version and network.cidr.overlaps(earlier.cidr):
                yield codes.NETWORKS_OVERLAP.at(
                    (*network.origin, "cidr"),
                    f"network `{network.name}` shares addresses with network `{earlier.name}`",
                    Label((*earlier.origin, "cidr"), f"`{earlier.name}` has these"),
                    hint="give each network its own range",
                )
        unusable = next(
            (
                each
                for each in _UNUSABLE
                if each[0].version == network.cidr.version and each[0].overlaps(network.cidr)
            ),
            None,
        )
        if unusable is not None:
            cidr, what = unusable
            yield codes.UNUSABLE_RANGE.at(
                (*network.origin, "cidr"),
                f"network `{network.name}`, {network.cidr}, has {what}: {cidr}",
                hint="take a range that hosts can have, such as 10.10.16.0/24 or 2001:db8::/64",
            )
        gateway = network.gateway
        # A router of an IPv6 network is often known by its link-local address.
        if gateway is not None and gateway not in network.cidr and not _of_link(gateway):
            yield codes.GATEWAY_OUTSIDE_NETWORK.at(
                (*network.origin, "gateway"),
                f"the gateway {gateway} is not in network `{network.name}`, {network.cidr}",
                Label((*network.origin, "cidr"), "the network"),
                hint="correct the gateway or the network",
            )


def _of_link(gateway: Address) -> bool:
    return gateway.version == 6 and gateway.is_link_local  # noqa: PLR2004


def _nodes(topology: Topology, owners: dict[Address, tuple[Pointer, str]]) -> Iterator[Diagnostic]:
    for node in topology.nodes:
        for name, address in node.addresses.items():
            at = (*node.origin, "addresses", name)
            network = topology.networks[name]
            if address not in network.cidr:
                yield codes.NODE_OUTSIDE_NETWORK.at(
                    at,
                    f"{address} of node `{node.name}` is not in network `{name}`, {network.cidr}",
                    Label((*network.origin, "cidr"), "the network"),
                    hint="correct the address or the network",
                )
            reserved = _reserved(network, address)
            if reserved is not None:
                key, what = reserved
                yield codes.NODE_IS_RESERVED.at(
                    at,
                    f"{address} of node `{node.name}` is {what}",
                    Label((*network.origin, key), f"the {'network' if key == 'cidr' else key}"),
                    hint="give the node an address of its own",
                )
            if address in owners:
                yield codes.DUPLICATE_NODE_ADDRESS.at(
                    at,
                    f"node `{node.name}` has the address {address} that {owners[address][1]} has",
                    Label(owners[address][0], f"{owners[address][1]} has it"),
                    hint="give each node an address of its own",
                )
            owners.setdefault(address, (at, f"node `{node.name}`"))


def _vips(topology: Topology, owners: dict[Address, tuple[Pointer, str]]) -> Iterator[Diagnostic]:
    for vip in topology.vips:
        at = (*vip.origin, "address")
        network = vip.network
        if vip.address not in network.cidr:
            yield codes.VIP_OUTSIDE_NETWORK.at(
                at,
                f"VIP {vip.address} is not in network `{network.name}`, {network.cidr}",
                Label((*network.origin, "cidr"), "the network"),
                hint="take a free address of the network",
            )
        reserved = _reserved(network, vip.address)
        if reserved is not None:
            key, what = reserved
            yield codes.VIP_IS_RESERVED.at(
                at,
                f"VIP {vip.address} is {what}",
                Label((*network.origin, key), f"the {'network' if key == 'cidr' else key}"),
                hint="take a free address of the network",
            )
        if vip.address in owners:
            place, owner = owners[vip.address]
            code = codes.VIP_IS_NODE_ADDRESS if owner.startswith("node") else codes.DUPLICATE_VIP
            yield code.at(
                at,
                f"VIP {vip.address} is the address of {owner}",
                Label(place, f"{owner} has it"),
                hint="take an address that nobody has",
            )
        owners.setdefault(vip.address, (at, f"VIP `{vip.name}`"))


def _reserved(network: Network, address: Address) -> tuple[str, str] | None:
    """Return which key of `network` takes `address` for something else, and for what; None if it is free."""
    if address == network.gateway:
        return "gateway", f"the gateway of network `{network.name}`"
    if network.cidr.num_addresses <= 2:  # noqa: PLR2004  in a /31 and /127 both addresses are hosts
        return None
    if address == network.cidr.network_address:
        return "cidr", "the network's own address"
    # An IPv6 network has no broadcast address; its lowest one is the routers' anycast address.
    if address.version == 4 and address == network.cidr.broadcast_address:  # noqa: PLR2004
        return "cidr", "the network's broadcast address"
    return None
