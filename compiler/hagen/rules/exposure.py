"""Services where they belong: not on public networks, not behind a proxy, not in another release.

Source: hagen's catalog, which has the reason and the source of each.
"""

from collections.abc import Iterator
from typing import Any

from hagen import codes, resources
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Bind, Frontend, Service, Topology
from hagen.model.frontend import Access
from hagen.reach import leading
from hagen.said import place


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield services of the catalog that are offered where they should not be."""
    yield from _pages(topology)
    shared = leading(topology)
    release = topology.cluster.openstack_release
    for service in topology.services:
        if service.fact.internal:
            yield from _exposed(service, shared.get(service.name, ()), topology)
        if service.fact.direct:
            yield codes.NEEDLESS_PROXY.at(
                place(service.origins, ("type",), service.origin),
                f"clients of service `{service.name}` had better not go through a proxy: {service.fact.direct}",
                hint="remove the service, and give its clients the list of all servers, if they can take one",
            )
        if release is not None:
            yield from _missing(service, release)


def _pages(topology: Topology) -> Iterator[Diagnostic]:
    """Yield pages of HAProxy's own that anybody can read, or try passwords at."""
    stats, metrics = topology.proxy.stats, topology.proxy.metrics
    pages: list[tuple[tuple[Bind, ...], str, str]] = []
    if stats is not None:
        pages.append((stats.binds, "the stats page", "its password is sent in the clear"))
    if metrics is not None and not _closed(Access(metrics.allow, (), metrics.origins)):
        pages.append((metrics.binds, "the exporter", "it asks for no password"))
    for binds, what, why in pages:
        for bind in [each for each in binds if topology.networks[each.network].public][:1]:
            network = topology.networks[bind.network]
            yield codes.EXPOSED_SERVICE.at(
                Label(bind.origin),
                f"{what} is offered on the public network `{network.name}`, and {why}",
                Label((*network.origin, "public"), "anybody can reach it"),
                hint="offer it on an internal network",
                lab=not topology.cluster.production,
            )


def _exposed(service: Service, frontends: tuple[Frontend, ...], topology: Topology) -> Iterator[Diagnostic]:
    ways: list[tuple[tuple[Bind, ...], str, tuple[Access, ...]]] = [(service.binds, "", (service.access,))]
    ways += [(each.binds, f" by frontend `{each.name}`", (each.access, service.access)) for each in frontends]
    for binds, how, gates in ways:
        public = [bind for bind in binds if topology.networks[bind.network].public]
        if not public or any(_closed(gate) for gate in gates):
            continue
        network = topology.networks[public[0].network]
        at = Label(public[0].origin) if not how else place(service.origins, ("routes",), service.origin)
        yield codes.EXPOSED_SERVICE.at(
            at,
            f"service `{service.name}` is offered on the public network `{network.name}`{how}, and {service.fact.internal}",
            Label((*network.origin, "public"), "anybody can reach it"),
            hint="offer it on a VIP of an internal network, or say who may come: `allow: […]`",
            lab=not topology.cluster.production,
        )


def _closed(access: Access) -> bool:
    """Tell whether a list says who may come, and does not say everybody."""
    return access.allow is not None and all(cidr.prefixlen > 0 for cidr in access.allow)


def _missing(service: Service, release: str) -> Iterator[Diagnostic]:
    fact = service.fact
    if fact.since is None and fact.until is None:
        return
    schema: Any = resources.data(resources.SCHEMA)
    order: list[str] = schema["properties"]["cluster"]["properties"]["openstack_release"]["enum"]
    now = order.index(release)
    if fact.until is not None and now > order.index(fact.until):
        message = f"service `{service.name}`, {fact.title}, is not in OpenStack {release}: {fact.until} was the last release that had it"
    elif fact.since is not None and now < order.index(fact.since):
        message = f"service `{service.name}`, {fact.title}, is not in OpenStack {release}: {fact.since} is the first release that has it"
    else:
        return
    yield codes.OTHER_RELEASE.at(
        place(service.origins, ("type",), service.origin),
        message,
        Label(("cluster", "openstack_release"), "the release"),
        hint="remove the service, or say the release that the nodes run",
    )
