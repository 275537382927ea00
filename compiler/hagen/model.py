"""The resolved topology: what rules judge and emitters write down. Frozen, complete, without default values.

Every part knows its `origin`, the pointer of the node it was made from; where single values may come from the
catalog or the schema instead, `origins` gives the Origin of each by its key.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from hagen.artifact import Origin, Origins
from hagen.quantity import Address, Cidr, Duration
from hagen.source import Pointer


class Platform(NamedTuple):
    """A distribution, as `schema/platforms.yaml` describes it; the keys are explained there."""

    name: str
    title: str
    family: str
    versions: Mapping[str, str]
    install: str
    packages: tuple[str, ...]
    qdevice: str
    qnetd_packages: tuple[str, ...]
    qnetd_commands: tuple[str, ...]
    repositories: tuple[str, ...]
    haproxy: Mapping[str, str]
    log_target: str
    log_socket: str | None
    log_port: int | None
    daemons: Mapping[str, int]
    selinux: tuple[str, ...]
    firewalld: bool
    ready_made: str | None
    kickstart: str | None


class Network(NamedTuple):
    """A network; `interface` is where its VIPs are put, None lets the resource agent find it."""

    name: str
    cidr: Cidr
    interface: str | None
    gateway: Address | None
    origin: Pointer


class Node(NamedTuple):
    """A node of the cluster and its own address on each of its networks."""

    name: str
    addresses: Mapping[str, Address]
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


class Secret(NamedTuple):
    """Where a secret is found: in the environment variable `env` or in the file `file`; the other is None."""

    env: str | None
    file: str | None


class FencingDevice(NamedTuple):
    """A device that stops nodes. `secrets` maps an option's name to the file on the nodes that holds it."""

    name: str
    agent: str
    targets: tuple[str, ...]
    options: Mapping[str, str]
    secrets: Mapping[str, str]
    monitor: Duration
    origin: Pointer


class Fencing(NamedTuple):
    """Whether and how nodes are stopped for certain; `reason` says why not."""

    enabled: bool
    reason: str
    devices: tuple[FencingDevice, ...]
    origins: Origins


class QuorumDevice(NamedTuple):
    """A host outside the cluster whose vote breaks a tie."""

    host: str
    algorithm: str
    origin: Pointer


class Setting(NamedTuple):
    """A name and value that Pacemaker or the kernel takes as they are, and where they come from."""

    name: str
    value: str
    reason: str
    origin: Origin


class Cluster(NamedTuple):
    """The Pacemaker cluster; `links` are the networks on which Corosync talks, most preferred first."""

    name: str
    description: str
    production: bool
    links: tuple[Network, ...]
    password: Secret
    on_loss: str
    device: QuorumDevice | None
    fencing: Fencing
    properties: tuple[Setting, ...]
    resource_defaults: tuple[Setting, ...]
    origin: Pointer
    origins: Origins


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


class Provisioning(NamedTuple):
    """What makes the nodes ready."""

    cloud_init: bool
    kickstart: bool
    packages: tuple[str, ...]
    origins: Origins


class Topology(NamedTuple):
    """Everything that was said, found in the catalog, taken as default or derived."""

    platform: Platform
    cluster: Cluster
    networks: Mapping[str, Network]
    nodes: tuple[Node, ...]
    vips: tuple[Vip, ...]
    proxy: Proxy
    services: tuple[Service, ...]
    sysctls: tuple[Setting, ...]
    provisioning: Provisioning

    @property
    def node_names(self) -> tuple[str, ...]:
        """The names of all nodes, in the order of the topology."""
        return tuple(node.name for node in self.nodes)
