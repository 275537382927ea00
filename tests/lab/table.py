"""Which hosts the lab has, and with which addresses: those of the example's topology, and the machines around it."""

from ipaddress import ip_interface
from typing import Any, NamedTuple

import yaml

from topologies import ROOT

TOPOLOGY = ROOT / "examples/lab/topology.yml"
_DATA: Any = yaml.safe_load(TOPOLOGY.read_text())

CARDS = {name: int(said["interface"].removeprefix("eth")) for name, said in _DATA["networks"].items()}
"""The network card of a host, by network: 0 is eth0."""

NETWORKS = tuple(dict.fromkeys(sorted(CARDS.values())))
"""The numbers of the cables and bridges."""

GATEWAY = _DATA["networks"]["management"]["gateway"]

DEVICE = "q1"
"""The host of the quorum device."""

VIPS: dict[str, str] = {name: said["address"] for name, said in _DATA["vips"].items()}


class Entry(NamedTuple):
    """A host: its name, and the addresses of its cards with the length of the prefix."""

    name: str
    addresses: dict[int, tuple[str, ...]]

    @property
    def main(self) -> str:
        """The address by which the other hosts know it."""
        return str(ip_interface(self.addresses[0][0]).ip)


def _length(network: str) -> str:
    return str(_DATA["networks"][network]["cidr"]).rpartition("/")[2]


def _entry(name: str, addresses: dict[str, str]) -> Entry:
    cards: dict[int, tuple[str, ...]] = {}
    for network, address in addresses.items():
        card = CARDS[network]
        cards[card] = (*cards.get(card, ()), f"{address}/{_length(network)}")
    return Entry(name, cards)


NODES = tuple(_DATA["nodes"])

HOSTS = {
    **{name: _entry(name, said["addresses"]) for name, said in _DATA["nodes"].items()},
    DEVICE: _entry(DEVICE, {"management": _DATA["cluster"]["quorum"]["device"]["host"]}),
}
"""Every host by its name."""

CLIENT = _entry(
    "client", {"management": "10.10.16.200", "public": "203.0.113.200", "public6": "2001:db8:113::200"}
)
"""Where requests come from: a machine of no cluster, with a foot in each network that has a VIP."""

WORLD = _entry("world", {"management": GATEWAY})
"""The gateway, behind which the BMCs are."""

BMCS: dict[str, Any] = {
    device["targets"][0]: device for device in _DATA["cluster"]["fencing"]["devices"].values()
}
"""The fencing device of each node, as the topology says it."""
