"""Rules: networks, nodes, VIPs."""

from hagen.diagnostic import Code

DUPLICATE_NODE_ADDRESS = Code("HG4101", "duplicate-node-address", "error", "two nodes have one address")
NODE_OUTSIDE_NETWORK = Code(
    "HG4102", "node-outside-network", "error", "a node's address is not in its network"
)
NETWORKS_OVERLAP = Code("HG4103", "networks-overlap", "error", "two networks share addresses")
NODE_IS_RESERVED = Code(
    "HG4104",
    "node-is-reserved-address",
    "error",
    "a node has its network's own, broadcast or gateway address",
)
GATEWAY_OUTSIDE_NETWORK = Code(
    "HG4105", "gateway-outside-network", "error", "a network's gateway is not in the network"
)
UNUSABLE_RANGE = Code("HG4106", "unusable-range", "error", "a network in a range that no hosts can have")
ADDRESS_TAKEN = Code(
    "HG4107", "address-taken-twice", "error", "an address that two things of different kinds want"
)
VIP_IS_NODE_ADDRESS = Code("HG4201", "vip-is-node-address", "error", "a VIP is a node's own address")
DUPLICATE_VIP = Code("HG4202", "duplicate-vip", "error", "two VIPs have one address")
VIP_OUTSIDE_NETWORK = Code("HG4203", "vip-outside-network", "error", "a VIP's address is not in its network")
VIP_IS_RESERVED = Code(
    "HG4204", "vip-is-reserved-address", "error", "a VIP is its network's own, broadcast or gateway address"
)
