"""What clients meet: binds, TLS, HTTP, who may come and how often."""

from collections.abc import Mapping
from typing import NamedTuple

from hagen.artifact import Origin, Origins
from hagen.quantity import Address, Cidr, Duration
from hagen.source import Pointer


class Bind(NamedTuple):
    """An address and port that HAProxy listens on; `owner` names the VIP or node whose address it is.

    `vip` is the VIP's name, or None for a node's address. `network` is the one that the address belongs to.
    `origins` are those of the wish to listen, of the address and of the port.
    """

    address: Address
    port: int
    owner: str
    vip: str | None
    network: str
    origin: Pointer
    origins: tuple[Origin, ...]


class Hsts(NamedTuple):
    """How long, in days, browsers come with TLS alone, and where."""

    days: int
    include_subdomains: bool
    preload: bool


class ClientCertificates(NamedTuple):
    """Certificates that clients show: who signs them, whether one is needed, which are revoked."""

    ca_file: str
    verify: str
    crl_file: str | None


class Tls(NamedTuple):
    """TLS towards clients. `certificates` are by VIP; `http2` says whether it is offered by ALPN.

    `redirects` are where plain HTTP is answered with a redirect.
    """

    certificate: str | None
    certificates: Mapping[str, str]
    crt_list: str | None
    profile: str
    min_version: str | None
    http2: bool
    redirects: tuple[Bind, ...]
    hsts: Hsts | None
    clients: ClientCertificates | None
    ocsp_update: bool
    origin: Pointer
    origins: Origins


class RateLimit(NamedTuple):
    """At most `requests` of a client in the time `per`; `count` is ``requests`` or ``errors``."""

    requests: int
    per: Duration
    status: int
    counted: str
    path: str | None
    clients: int
    origin: Pointer
    origins: Origins


class Http(NamedTuple):
    """What is done with requests and answers; `max_body` in bytes."""

    keep_alive: str
    forwarded: tuple[str, ...]
    request_headers: Mapping[str, str]
    response_headers: Mapping[str, str]
    security_headers: bool
    deny_paths: tuple[str, ...]
    max_body: int | None
    origins: Origins


class Access(NamedTuple):
    """Who may come: `allow` None is everybody, and `deny` comes first."""

    allow: tuple[Cidr, ...] | None
    deny: tuple[Cidr, ...]
    origins: Origins


class Frontend(NamedTuple):
    """Where clients reach several services; `default_service` None: what no route wants is answered with 404."""

    name: str
    description: str
    binds: tuple[Bind, ...]
    maxconn: int | None
    tls: Tls | None
    http: Http
    access: Access
    rate_limit: RateLimit | None
    timeouts: Mapping[str, Duration]
    tcp_keepalive: bool
    log_format: str | None
    default_service: str | None
    extra: tuple[str, ...]
    origin: Pointer
    origins: Origins


class Route(NamedTuple):
    """Requests of a frontend that go to a service: of any of its hosts and any of its paths; none means all."""

    frontend: str
    hosts: tuple[str, ...]
    paths: tuple[str, ...]
    strip_path: bool
    origin: Pointer
    origins: Origins
