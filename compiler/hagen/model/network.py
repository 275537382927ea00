"""Networks, nodes and VIPs."""

from collections.abc import Mapping
from typing import NamedTuple

from hagen.artifact import Origins
from hagen.model.setting import Setting
from hagen.quantity import Address, Cidr, Duration
from hagen.source import Pointer


class Network(NamedTuple):
    """A network; `interface` is where its VIPs are put, None lets the resource agent find it.

    `public`: others than the cluster's own machines and their administrators reach it.
    """

    name: str
    cidr: Cidr
    interface: str | None
    gateway: Address | None
    public: bool
    origin: Pointer


class NodeSbd(NamedTuple):
    """What is different about SBD on one node; `watchdog` None and no `devices` mean: as everywhere."""

    watchdog: str | None
    devices: tuple[str, ...]
    modules: tuple[str, ...]
    blocklist: tuple[str, ...]


class Node(NamedTuple):
    """A node of the cluster and its own address on each of its networks.

    `standby` and `maintenance` None leave what the operator has set.
    """

    name: str
    addresses: Mapping[str, Address]
    attributes: tuple[Setting, ...]
    utilization: tuple[Setting, ...]
    standby: bool | None
    maintenance: bool | None
    sbd: NodeSbd | None
    origin: Pointer


class Vip(NamedTuple):
    """An address that moves between nodes; `leader` is the VIP that it is kept together with, if any."""

    name: str
    resource: str
    address: Address
    network: Network
    leader: str | None
    monitor: Duration
    origin: Pointer
    origins: Origins
