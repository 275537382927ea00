"""Corosync: links, transport, timing, and the quorum device. Source: corosync.conf(5), votequorum(5), corosync-qdevice(8)."""

from typing import NamedTuple

from hagen.artifact import Origins
from hagen.model.network import Network
from hagen.model.platform import Platform
from hagen.model.setting import Setting
from hagen.source import Pointer


class Link(NamedTuple):
    """A network on which Corosync talks, on `port` of UDP or SCTP; `settings` have pcs' names and Corosync's units."""

    network: Network
    port: int
    settings: tuple[Setting, ...]
    origin: Pointer

    @property
    def sctp(self) -> bool:
        """Whether messages go over SCTP, which only knet can do. Source: corosync.conf(5), "knet_transport"."""
        return any((each.name, each.value) == ("transport", "sctp") for each in self.settings)


class Transport(NamedTuple):
    """How messages travel; `kind` is knet, udpu or udp. Without knet there is neither crypto nor compression."""

    kind: str
    options: tuple[Setting, ...]
    crypto: tuple[Setting, ...]
    compression: tuple[Setting, ...]
    origins: Origins


class Machine(NamedTuple):
    """The host of the quorum device, which hagen makes ready too."""

    name: str
    platform: Platform
    origin: Pointer


class QuorumDevice(NamedTuple):
    """A host outside the cluster whose vote breaks a tie.

    `generic`, `net` and `heuristics` are the settings of these three kinds, in milliseconds where they are times;
    `sync_timeout` is how long a membership waits for its vote, in seconds.
    """

    host: str
    algorithm: str
    port: int | None
    generic: tuple[Setting, ...]
    net: tuple[Setting, ...]
    heuristics: tuple[Setting, ...]
    sync_timeout: float
    machine: Machine | None
    origin: Pointer


class Corosync(NamedTuple):
    """What corosync.conf says; `links` stand most preferred first, `totem` and `quorum` have only what was said.

    `token`, `coefficient` and `consensus` are seconds; `consensus` None is Corosync's own, 1.2 times the token.
    """

    transport: Transport
    links: tuple[Link, ...]
    totem: tuple[Setting, ...]
    token: float
    coefficient: float
    consensus: float | None
    quorum: tuple[Setting, ...]
    device: QuorumDevice | None

    def chosen(self, name: str) -> bool | None:
        """Return what was said of the quorum option `name`, or None if nothing was."""
        found = [each.value for each in self.quorum if each.name == name]
        return found[0] == "1" if found else None
