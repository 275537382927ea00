"""HAProxy and the services behind it."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from hagen.artifact import Origin, Origins
from hagen.quantity import Address, Duration
from hagen.source import Pointer


class Bind(NamedTuple):
    """An address and port that HAProxy listens on; `owner` names the VIP or node whose address it is.

    `origins` are those of the wish to listen, of the address and of the port.
    """

    address: Address
    port: int
    owner: str
    origin: Pointer
    origins: tuple[Origin, ...]


class Server(NamedTuple):
    """A server of a service: the node it runs on and where HAProxy reaches it there."""

    node: str
    address: Address
    port: int
    backup: bool


class Check(NamedTuple):
    """How HAProxy finds out whether a server can be used; `port` None means the server's own."""

    kind: Literal["tcp", "http"]
    port: int | None
    inter: Duration
    rise: int
    fall: int
    method: str
    path: str
    expect: tuple[int, ...]


class Service(NamedTuple):
    """A service behind the proxy. `listens_everywhere`: its own daemon takes every address of its nodes."""

    name: str
    title: str
    description: str
    before: str
    binds: tuple[Bind, ...]
    mode: str
    balance: str
    check: Check
    timeouts: Mapping[str, Duration]
    tcp_keepalive: str
    log_format: str | None
    servers: tuple[Server, ...]
    listens_everywhere: bool
    on_marked_down: str
    single_writer: bool
    origin: Pointer
    origins: Origins


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


class Proxy(NamedTuple):
    """HAProxy itself: the same on every node."""

    everywhere: bool
    maxconn: int
    retries: int
    timeouts: Mapping[str, Duration]
    facility: str
    level: str
    monitor: Duration
    stats: Stats | None
    origins: Origins
