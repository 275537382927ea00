"""Drills of a node: taken out of service, without power, hanging, cut off."""

from collections.abc import Iterator

from hagen.drill.drill import Drill
from hagen.drill.pace import UNIT_S
from hagen.drill.scene import Scene
from hagen.fencer import fencers
from hagen.ground import says

_ENDLESS = (
    "it lasts until the node sees the others again: until then both parts answer for the same addresses"
)
_UNFENCED = (
    "without fencing nobody stops the node, and its kernel goes on answering for its addresses, beside"
    " the node that takes them over"
)


def planned(scene: Scene) -> Iterator[Drill]:
    """Yield a node in standby and a node that leaves the cluster: its resources stop in order."""
    topology, vip = scene.topology, scene.vip.resource
    if len(topology.nodes) == 1:
        return
    seconds, because = scene.move, scene.moved
    if not topology.proxy.everywhere:
        seconds, because = seconds + UNIT_S, f"{UNIT_S:g} s to stop HAProxy, {because}"
    quiet = scene.drill(seconds=seconds, because=because)
    yield quiet._replace(
        title=f"planned: the node of {vip} goes into standby",
        commands=(scene.where, 'pcs node standby "$node"'),
        undo=('pcs node unstandby "$node"',),
    )
    if scene.any_node and not says(topology.cluster.properties, "shutdown-lock", {"false"}):
        yield quiet._replace(
            title=f"planned: the node of {vip} leaves the cluster",
            commands=(scene.where, 'pcs cluster stop "$node"'),
            undo=('pcs cluster start "$node"',),
        )


def unplanned(scene: Scene) -> Iterator[Drill]:
    """Yield the node of the VIP without power, hanging, and cut off from the others."""
    if scene.any_node:
        yield _power(scene)
        yield _hang(scene)
        yield _split(scene)


def _power(scene: Scene) -> Drill:
    seconds, because = scene.gone()
    return scene.drill(seconds=seconds, because=because)._replace(
        title=f"unplanned: the node of {scene.vip.resource} loses power",
        commands=(scene.where, "# cut the power of that node at its BMC, not by a clean shutdown"),
        fenced=fencers(scene.topology),
        undo=("pcs cluster start   # on that node, if it does not rejoin by itself",),
    )


def _hang(scene: Scene) -> Drill:
    """Return what happens when no process of a node runs and its kernel still answers: only fencing ends that.

    Source: kill(2), -1: every process but init and the one that asks.
    """
    fenced, power = bool(fencers(scene.topology)), _power(scene)
    hangs = power._replace(
        title=f"unplanned: the node of {scene.vip.resource} hangs",
        commands=(
            scene.where,
            "kill -STOP -1   # on that node, as root: its kernel goes on, its processes do not",
        ),
    )
    if fenced:
        return hangs
    return hangs._replace(
        moves=(),
        also=(),
        stops=(),
        seconds=None,
        because=_UNFENCED if scene.unit else power.because,
        undo=("# reset that node", *power.undo),
    )


def _split(scene: Scene) -> Drill:
    """Return what happens when a node is alone: it has no quorum, unless there are two nodes and nobody else votes.

    Source: Pacemaker Explained, "no-quorum-policy"; votequorum(5), "two_node".
    """
    topology, sure, fenced = scene.topology, scene.sure, fencers(scene.topology)
    device, policy, everything = topology.cluster.corosync.device, topology.cluster.on_loss, sure.stops
    twice = policy == "ignore" or scene.pair
    keeps = twice or policy == "freeze"
    promotable = tuple(each for each in everything if policy == "demote" and each in sure.promotable)
    moves = not twice and (not keeps or bool(fenced))
    bounded = bool(fenced) or not keeps
    networks = ", ".join(dict.fromkeys(name for node in topology.nodes for name in node.addresses))
    others = f"the other nodes{f' and {device.host}' if device else ''}"
    power = _power(scene)
    return power._replace(
        title=f"unplanned: the node of {scene.vip.resource} is cut off",
        commands=(scene.where, f"# cut that node off from {others}, at the switch: {networks}"),
        moves=scene.unit if moves else (),
        also=scene.also if moves else (),
        stops=() if keeps else tuple(each for each in everything if each not in promotable),
        stays=everything if keeps and not (twice and fenced) else promotable,
        twice=twice or not bounded,
        seconds=power.seconds if bounded else None,
        because=power.because if bounded else _ENDLESS,
        undo=("# connect that node again", *power.undo),
    )
