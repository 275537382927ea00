"""The services behind the proxy: servers, checks, and what keeps a client with its server."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from hagen.artifact import Origins
from hagen.model.frontend import Access, Bind, Http, RateLimit, Route, Tls
from hagen.quantity import Address, Duration
from hagen.source import Pointer

CheckKind: TypeAlias = Literal["none", "tcp", "http", "mysql", "pgsql", "redis", "smtp", "ldap", "ssl-hello"]


class Server(NamedTuple):
    """A server of a service: `node` is the node it runs on, or None for a server outside of the cluster.

    `address` is a host name only for such a server. `weight` None is HAProxy's own.
    """

    name: str
    node: str | None
    address: Address | str
    port: int
    backup: bool
    weight: int | None
    origin: Pointer


class ServerTls(NamedTuple):
    """TLS towards the servers."""

    verify: str
    ca_file: str | None
    verify_host: str | None
    sni: str | None
    certificate: str | None
    origin: Pointer
    origins: Origins


class Agent(NamedTuple):
    """An agent on the server that says how much it can take."""

    port: int
    inter: Duration


class Check(NamedTuple):
    """How HAProxy finds out whether a server can be used; `port` None means the server's own.

    `expect` holds status codes and ranges of them, the first and the last. `tls` None: as the servers do, but not on
    a port of its own. `user` is whom checks of MySQL and PostgreSQL log in as, `domain` the name that smtp greets with.
    """

    kind: CheckKind
    port: int | None
    tls: bool | None
    sni: str | None
    inter: Duration
    fastinter: Duration | None
    downinter: Duration | None
    rise: int
    fall: int
    method: str
    path: str
    headers: Mapping[str, str]
    expect: tuple[int | tuple[int, int], ...]
    expect_regex: str | None
    user: str
    redis_role: str
    redis_password_env: str | None
    domain: str
    agent: Agent | None
    origin: Pointer


class Cookie(NamedTuple):
    """A cookie by which a client stays with its server."""

    name: str
    mode: str
    secure: bool
    max_life: Duration | None
    max_idle: Duration | None
    origin: Pointer


class Stick(NamedTuple):
    """A table that remembers which server a client, or an address that clients ask, has."""

    on: str
    size: int
    expire: Duration | None
    peers: bool
    origin: Pointer


class Balance(NamedTuple):
    """How a server is chosen: the algorithm, and what it takes, in HAProxy's own words but not quoted."""

    algorithm: str
    name: str | None
    length: int | None
    depth: int | None
    whole: bool
    draws: int | None


class HashType(NamedTuple):
    """How a hash leads to a server."""

    method: str
    function: str | None
    avalanche: bool
    origin: Pointer


class Pool(NamedTuple):
    """What holds for every server of a service. `max_connections` is a limit of their daemon, not of HAProxy."""

    maxconn: int | None
    max_connections: int | None
    slowstart: Duration | None
    send_proxy: str
    tls: ServerTls | None
    resolvers: str | None
    init_addr: tuple[str, ...]
    init_state: str | None
    origins: Origins


class Fact(NamedTuple):
    """What the catalog knows of a service besides its settings; what is not from the catalog knows nothing.

    `protocol` is what its port speaks, `answers` what other ports of its nodes speak. `internal`: why it must not be
    offered on public networks. `direct`: why clients had better not go through a proxy. `at_least`: timeouts that its
    clients need. `since` and `until` are OpenStack releases, the first and the last that have it.
    """

    title: str
    before: str
    protocol: str
    answers: Mapping[int, str]
    websocket: bool
    internal: str
    direct: str
    at_least: Mapping[str, Duration]
    since: str | None
    until: str | None


class Service(NamedTuple):
    """A service behind the proxy. `listens_everywhere`: its own daemon takes every address of its nodes.

    `type` is its entry in the catalog, or None. `port` is where it is offered on its VIPs; None if it has only routes.
    """

    name: str
    type: str | None
    fact: Fact
    description: str
    port: int
    binds: tuple[Bind, ...]
    routes: tuple[Route, ...]
    mode: str
    maxconn: int | None
    tls: Tls | None
    http: Http
    access: Access
    rate_limit: RateLimit | None
    balance: Balance
    hash_type: HashType | None
    check: Check
    timeouts: Mapping[str, Duration]
    tcp_keepalive: str
    log_format: str | None
    servers: tuple[Server, ...]
    pool: Pool
    listens_everywhere: bool
    cookie: Cookie | None
    stick: Stick | None
    on_marked_down: str
    single_writer: bool
    extra: tuple[str, ...]
    origin: Pointer
    origins: Origins
