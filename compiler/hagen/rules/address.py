"""Addresses of networks, nodes and VIPs: each in its network, each only once.

Source: ocf_heartbeat_IPaddr2(7): a VIP that another host already has is taken from it by gratuitous ARP.
"""

from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Topology
from hagen.quantity import Address
from hagen.source import Pointer


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
        elif network.cidr.num_addresses > 2:  # noqa: PLR2004  in a /31 and /127 both addresses are hosts
            # An IPv6 network has no broadcast address; its lowest one is the routers' anycast address.
            broadcast = network.cidr.broadcast_address if network.cidr.version == 4 else None  # noqa: PLR2004
            if vip.address in (network.cidr.network_address, broadcast):
                what = (
                    "the network's own address"
                    if vip.address != broadcast
                    else "the network's broadcast address"
                )
                yield codes.VIP_IS_RESERVED.at(
                    at,
                    f"VIP {vip.address} is {what}",
                    Label((*network.origin, "cidr"), "the network"),
                    hint="take a free address of the network",
                )
        if vip.address == network.gateway:
            yield codes.VIP_IS_RESERVED.at(
                at,
                f"VIP {vip.address} is the gateway of network `{network.name}`",
                Label((*network.origin, "gateway"), "the gateway"),
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
