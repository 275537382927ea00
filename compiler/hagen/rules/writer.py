"""Services with a single writer: no session may stay with another server while the writer gets new ones.

That all proxies agree on the writer needs no rule: they have the same file, with the servers in the same order.

Source: HAProxy configuration manual, "backup", "on-marked-down" and "stick on"; Galera, "Multi-master conflicts".
"""

from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic
from hagen.model import Service, Topology
from hagen.said import place


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what would give a service a second writer."""
    for service in topology.services:
        if service.single_writer:
            yield from _backups(service)
            yield from _sessions(service)
            yield from _sticky(service)


def _backups(service: Service) -> Iterator[Diagnostic]:
    writer = next((server.name for server in service.servers if not server.backup), None)
    if service.origins["servers.backup"].kind != "topology":
        return
    if writer is None:
        message = f"the writer of service `{service.name}` is among its backups, so that the first server writes, whichever it is"
    else:
        message = (
            f"service `{service.name}` has a writer, `{writer}`, so all its other servers are backups already"
        )
    yield codes.WRITER_AMONG_BACKUPS.at(
        service.origins["servers.backup"].at,
        message,
        hint="remove `backup`; the order of the servers is the order in which they take over",
        on_key=True,
    )


def _sessions(service: Service) -> Iterator[Diagnostic]:
    """Yield it when sessions outlive their writer; in mode http a session is a request and short."""
    if service.mode == "tcp" and service.on_marked_down == "none" and len(service.servers) > 1:
        yield codes.SECOND_WRITER.at(
            place(service.origins, ("on_marked_down", "writer"), service.origin),
            f"open sessions of service `{service.name}` stay with a writer that was found bad, while new ones go to another",
            hint="say `on_marked_down: shutdown-sessions`",
        )


def _sticky(service: Service) -> Iterator[Diagnostic]:
    stick, cookie = service.stick, service.cookie
    addresses = {bind.address for bind in service.binds}
    if stick is not None and stick.on == "src":
        yield codes.SECOND_WRITER.at(
            place(service.origins, ("stick.by", "stick"), service.origin),
            f"each client of service `{service.name}` stays with its server, so that after a failover two servers write",
            hint="say `stick: {by: dst}`, which keeps all clients on one server, or remove `stick`",
        )
    elif stick is not None and len(addresses) > 1:
        yield codes.SECOND_WRITER.at(
            place(service.origins, ("stick.by", "stick"), service.origin),
            f"service `{service.name}` remembers a server for each of its {len(addresses)} addresses, which can be two writers",
            hint="offer it on one VIP, or remove `stick`",
        )
    elif stick is not None and stick.expire is not None:
        yield codes.SECOND_WRITER.at(
            place(service.origins, ("stick.expire",), service.origin),
            f"service `{service.name}` forgets its server after {stick.expire.haproxy} of silence, while old sessions go on with it",
            hint="remove `expire`: the table has one entry for each address, and never runs out of room",
        )
    if cookie is not None:
        yield codes.SECOND_WRITER.at(
            place(service.origins, ("cookie.name",), service.origin),
            f"each client of service `{service.name}` stays with its server by a cookie, so that after a failover two servers write",
            hint="remove `cookie`",
        )
