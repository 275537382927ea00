"""Files on the nodes that haproxy.cfg names and hagen does not make: certificates, authorities, error pages."""

from collections.abc import Iterator
from typing import NamedTuple

from hagen.artifact import Origin
from hagen.model import Topology
from hagen.model.frontend import Tls
from hagen.model.service import ServerTls


class NodeFile(NamedTuple):
    """A file that must be there on every node: what it holds, and who wants it."""

    path: str
    what: str
    origin: Origin


def node_files(topology: Topology) -> tuple[NodeFile, ...]:
    """Return the files, each path once, in the order in which they are met."""
    found: dict[str, NodeFile] = {}
    for each in _every(topology):
        found.setdefault(each.path, each)
    return tuple(found.values())


def _every(topology: Topology) -> Iterator[NodeFile]:
    for status, path in topology.proxy.error_files.items():
        yield NodeFile(
            path, f"the whole HTTP answer {status}", topology.proxy.origins[f"error_files.{status}"]
        )
    for frontend in topology.frontends:
        if frontend.tls is not None:
            yield from _of_clients(frontend.tls, frontend.name)
    for service in topology.services:
        if service.tls is not None:
            yield from _of_clients(service.tls, service.name)
        if service.pool.tls is not None:
            yield from _of_servers(service.pool.tls, service.name)


def _of_clients(tls: Tls, name: str) -> Iterator[NodeFile]:
    own = f"the certificate of {name}, its chain and its key"
    if tls.certificate is not None:
        yield NodeFile(tls.certificate, own, tls.origins["certificate"])
    for vip, path in tls.certificates.items():
        yield NodeFile(path, f"{own}, for VIP {vip}", tls.origins["certificates"])
    if tls.crt_list is not None:
        yield NodeFile(tls.crt_list, f"the list of certificates of {name}", tls.origins["crt_list"])
    if tls.clients is not None:
        origin = tls.origins["clients"]
        yield NodeFile(tls.clients.ca_file, f"the authorities of the clients of {name}", origin)
        if tls.clients.crl_file is not None:
            yield NodeFile(tls.clients.crl_file, f"revoked certificates of clients of {name}", origin)


def _of_servers(tls: ServerTls, name: str) -> Iterator[NodeFile]:
    if tls.ca_file is not None:
        yield NodeFile(tls.ca_file, f"the authorities of the servers of {name}", tls.origins["ca_file"])
    if tls.certificate is not None:
        what = f"the proxy's own certificate and key towards {name}"
        yield NodeFile(tls.certificate, what, tls.origins["certificate"])
