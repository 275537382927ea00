"""HAProxy itself: the same on every node."""

from collections.abc import Mapping
from typing import NamedTuple

from hagen.artifact import Origins
from hagen.model.frontend import Bind
from hagen.quantity import Address, Cidr, Duration
from hagen.source import Pointer


class Stats(NamedTuple):
    """HAProxy's page of numbers; `password_env` is the variable that holds its password on the node."""

    binds: tuple[Bind, ...]
    user: str
    password_env: str
    realm: str
    uri: str
    refresh: Duration
    origin: Pointer
    origins: Origins


class Metrics(NamedTuple):
    """The exporter for Prometheus; `allow` None is everybody."""

    binds: tuple[Bind, ...]
    path: str
    allow: tuple[Cidr, ...] | None
    origin: Pointer
    origins: Origins


class Peer(NamedTuple):
    """A node's proxy, as the others reach it."""

    node: str
    address: Address
    port: int


class Peers(NamedTuple):
    """The proxies that tell each other their stick tables."""

    peers: tuple[Peer, ...]
    origin: Pointer
    origins: Origins


class Nameserver(NamedTuple):
    """A name server."""

    name: str
    address: Address
    port: int
    origin: Pointer


class Resolvers(NamedTuple):
    """Name servers that are asked while HAProxy runs."""

    name: str
    nameservers: tuple[Nameserver, ...]
    retries: int
    timeout: Duration
    hold_valid: Duration
    origin: Pointer
    origins: Origins


class StatsSocket(NamedTuple):
    """The socket for administration; `group` None: for root alone."""

    path: str
    level: str
    group: str | None
    origin: Pointer
    origins: Origins


class LogTarget(NamedTuple):
    """A syslog server besides the node's own."""

    address: Address
    port: int
    origin: Pointer


class AcmeServer(NamedTuple):
    """Where a node's ACME client answers."""

    node: str
    address: Address
    port: int


class Acme(NamedTuple):
    """Where challenges of ACME go."""

    servers: tuple[AcmeServer, ...]
    origin: Pointer
    origins: Origins


class Proxy(NamedTuple):
    """HAProxy itself. `server_state` is a file, or None; `extra_global` and `extra_defaults` are lines as they are."""

    everywhere: bool
    maxconn: int
    service_maxconn: int
    threads: int | None
    retries: int
    timeouts: Mapping[str, Duration]
    hard_stop_after: Duration | None
    facility: str
    level: str
    json: bool
    log_target: LogTarget | None
    monitor: Duration
    stats: Stats | None
    stats_socket: StatsSocket | None
    metrics: Metrics | None
    peers: Peers | None
    resolvers: tuple[Resolvers, ...]
    server_state: str | None
    error_files: Mapping[str, str]
    acme: Acme | None
    extra_global: tuple[str, ...]
    extra_defaults: tuple[str, ...]
    origins: Origins
