"""How clients come to a service: by its own listeners and by the shared frontends that lead to it."""

from collections.abc import Mapping

from hagen.model import Bind, Frontend, Service, Topology


def leading(topology: Topology) -> Mapping[str, tuple[Frontend, ...]]:
    """Return the frontends that lead to each service, by route or by default; those without any are left out."""
    wanted: dict[str, dict[str, None]] = {}
    for service in topology.services:
        for route in service.routes:
            wanted.setdefault(service.name, {})[route.frontend] = None
    for frontend in topology.frontends:
        if frontend.default_service is not None:
            wanted.setdefault(frontend.default_service, {})[frontend.name] = None
    known = {frontend.name: frontend for frontend in topology.frontends}
    return {name: tuple(known[each] for each in names) for name, names in wanted.items()}


def proxies(entry: Service | Frontend, topology: Topology) -> int:
    """Return on how many nodes at once clients can come in by the listeners of `entry`.

    A VIP is on one node at a time, and VIPs that follow each other are on the same one.
    """
    if not topology.proxy.everywhere:
        return 1
    if any(bind.vip is None for bind in entry.binds):
        return len(topology.nodes)
    return min(len(_places(entry.binds, topology)), len(topology.nodes))


def _places(binds: tuple[Bind, ...], topology: Topology) -> set[str]:
    """Return the first VIP of each chain of VIPs that are kept together."""
    leaders = {vip.name: vip.leader for vip in topology.vips}
    found = set()
    for bind in binds:
        name = bind.vip or ""
        while (leader := leaders.get(name)) is not None:
            name = leader
        found.add(name)
    return found
