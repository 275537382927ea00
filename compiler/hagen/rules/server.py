"""Servers: more than one of them, and host names that can be resolved.

Source: HAProxy configuration manual, "init-addr" and "resolvers".
"""

from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic
from hagen.model import Service, Topology
from hagen.said import place, said


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with the servers of services."""
    for service in topology.services:
        # A server outside of the cluster may be many behind one address, and a cluster of one node has no other.
        if len(service.servers) == 1 and service.servers[0].node is not None and len(topology.nodes) > 1:
            yield codes.SINGLE_SERVER.at(
                place(service.origins, ("servers.nodes",), service.origin),
                f"service `{service.name}` runs on node `{service.servers[0].name}` alone, so it is gone with that node",
                hint="run it on another node too, and name that node in `servers: {nodes: […]}`",
            )
        yield from _resolution(service)


def _resolution(service: Service) -> Iterator[Diagnostic]:
    pool, origins = service.pool, service.origins
    if any(isinstance(server.address, str) for server in service.servers):
        if pool.resolvers is None and "libc" not in pool.init_addr:
            yield codes.UNRESOLVED_SERVER.at(
                place(origins, ("servers.init_addr",), service.origin),
                f"nothing ever resolves the host names of the servers of service `{service.name}`",
                hint="add `libc`, which does it at the start, or name a section of `proxy.resolvers`: `resolvers: …`",
            )
        return
    for key in ("resolvers", "init_addr"):
        if said(origins, f"servers.{key}"):
            yield codes.UNRESOLVED_SERVER.at(
                origins[f"servers.{key}"].at,
                f"no server of service `{service.name}` has a host name that `{key}` could be for",
                hint="remove it: nodes, and servers that say `address`, are reached without a name",
                on_key=True,
            )
