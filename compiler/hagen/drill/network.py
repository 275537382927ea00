"""Drills of what is between the nodes: a cable of one network, and the quorum device."""

from collections.abc import Iterator

from hagen.drill.drill import Drill
from hagen.drill.scene import Scene, tally
from hagen.model import Network, Topology
from hagen.model.corosync import Link

_CABLE = (
    "nobody is sure to notice while Corosync goes on over another network, since not every version of"
    " the agent IPaddr2 looks at the cable. It may last until the cable is back; a clone of ocf:heartbeat:ethmonitor and a"
    " location rule on what it finds would move the address"
)
_CONNECTED = "`corosync-cfgtool -s` on that node shows which link is down; the others carry the cluster"
STILL = "nothing moves"
"""What a drill remarks that Pacemaker has no part in."""

_PLUGGED = "# plug the cable in again"


def cables(scene: Scene) -> Iterator[Drill]:
    """Yield a cable that no client needs, and the cable behind the VIP, where Corosync has another one besides.

    Where it has none, the node is cut off, which is a drill of its own.
    """
    topology = scene.topology
    links = topology.cluster.corosync.links
    spare = [each for each in links if len(links) > 1 and not _carries_vips(topology, each.network)]
    spare.sort(key=lambda each: bool(_served(topology, each.network)))
    yield from (_spare(scene, each) for each in spare[:1])
    if any(not _same_cable(each.network, scene.vip.network) for each in links):
        yield _pulled(scene, scene.vip.network)._replace(because=_CABLE)


def _pulled(scene: Scene, network: Network) -> Drill:
    """Return what is sure of any cable: no more than what is sure of its VIP."""
    device = f" ({network.interface})" if network.interface else ""
    unsure = scene.drill(seconds=0.0, because="")
    return unsure._replace(
        title=f"the cable of {network.name} is pulled on the node of {scene.vip.resource}",
        commands=(scene.where, f"# pull the cable of {network.name}{device} on that node"),
        moves=(),
        also=(),
        stops=(),
        seconds=None,
        tried=(),
        longer=(),
        undo=(_PLUGGED,),
        origin=network.origin,
    )


def _spare(scene: Scene, link: Link) -> Drill:
    served = _served(scene.topology, link.network)
    pulled = _pulled(scene, link.network)._replace(remarks=(_CONNECTED,), origin=link.origin)
    if not scene.unit:
        return pulled
    if served:
        names = ", ".join(served)
        return pulled._replace(
            because=f"no VIP is away, but the servers of {names} on that node are: for how long, the table below says"
        )
    if scene.longer:
        return pulled._replace(
            because=f"no VIP is in that network, but nobody says whether {', '.join(scene.longer)} can do without it"
        )
    made = scene.topology.resources
    still = () if made.primitives or made.bundles else (STILL,)
    return pulled._replace(
        remarks=(*still, _CONNECTED),
        seconds=0.0,
        because="no VIP and no server of a service is in that network, and Corosync has another link",
    )


def _same_cable(one: Network, other: Network) -> bool:
    return one.name == other.name or (one.interface is not None and one.interface == other.interface)


def _carries_vips(topology: Topology, network: Network) -> bool:
    return any(_same_cable(network, vip.network) for vip in topology.vips)


def _served(topology: Topology, network: Network) -> tuple[str, ...]:
    """Return the services that have servers behind a network's cable."""
    cidrs = [each.cidr for each in topology.networks.values() if _same_cable(each, network)]
    return tuple(
        service.name
        for service in topology.services
        if any(
            not isinstance(server.address, str) and any(server.address in cidr for cidr in cidrs)
            for server in service.servers
        )
    )


def device(scene: Scene) -> Iterator[Drill]:
    """Yield the loss of the quorum device: the nodes have quorum without it, but perhaps not without another node."""
    found = scene.topology.cluster.corosync.device
    if found is None or scene.sure.at_rest:
        return
    nodes = len(scene.topology.nodes)
    votes, needed, spare = tally(nodes, found)
    left = "until it is back, the loss of any node takes quorum from the others"
    if spare:
        left = (
            f"until it is back, {spare} {'node' if spare == 1 else 'nodes'} may be lost, and not one more; the loss of"
            f" one in the same moment is waited for up to {found.sync_timeout:g} s longer"
        )
    yield scene.drill(seconds=0.0, because="")._replace(
        title="the quorum device vanishes",
        commands=(f"# cut the power of {found.host}, or its network",),
        moves=(),
        also=(),
        stops=(),
        remarks=(
            STILL,
            f"`corosync-quorumtool -s` on a node: quorate, with {nodes} of {votes} votes; {needed} are needed",
            left,
        ),
        seconds=0.0,
        because="the nodes have quorum without it",
        tried=(),
        longer=(),
        undo=(
            f"# give {found.host} its power or network back",
            "systemctl start corosync-qnetd.service   # there, if it does not start by itself",
        ),
        origin=found.origin,
    )
