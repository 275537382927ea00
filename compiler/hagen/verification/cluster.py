"""Whether the cluster is whole, and its policy what was wanted."""

from collections.abc import Iterator

from hagen.artifact import Origin
from hagen.cib.policy import properties
from hagen.dialect import dialect
from hagen.model import Topology
from hagen.verification.verification import Verification


def cluster(topology: Topology) -> Iterator[Verification]:
    """Yield what is asked of the members and of quorum."""
    count = len(topology.nodes)
    nodes = (Origin("topology", ("nodes",)),)
    idle = {node.name for node in topology.nodes if node.standby or node.maintenance}
    names = tuple(name for name in topology.node_names if name not in idle)
    yield Verification(
        "every node that is to work is online",
        "pcs status cluster",
        f"{count} nodes configured, online: {', '.join(names) or 'none'}",
        ("nodes_online", *names),
        nodes,
    )
    yield Verification(
        "nothing has failed",
        "crm_mon --one-shot",
        "no `Failed Resource Actions`",
        ("no_failure",),
        (Origin("hagen", (), "Pacemaker bans a resource from a node after enough failures"),),
    )
    if all(each.name != "maintenance-mode" for each in topology.cluster.properties):
        yield Verification(
            "the cluster is not in maintenance",
            f"pcs {dialect(topology.platform).property_show} maintenance-mode",
            "not set, or `false`",
            ("in_service",),
            (Origin("hagen", (), "a cluster in maintenance does nothing when something fails"),),
        )
    yield Verification(
        "corosync on this node sees every member",
        "pcs status corosync\ncorosync-cmapctl | grep members",
        f"{count} members, each with status `joined`",
        ("members_joined", str(count)),
        nodes,
    )
    yield from _links(topology)
    yield Verification(
        "this node's part of the cluster has quorum",
        "corosync-quorumtool -s",
        "`Quorate: Yes`",
        ("quorate",),
        (topology.cluster.origins["quorum.on_loss"],),
    )
    if topology.cluster.corosync.device is not None:
        yield Verification(
            "the quorum device is connected",
            "corosync-qdevice-tool -s",
            "`State: Connected`",
            ("device_connected",),
            (Origin("topology", topology.cluster.corosync.device.origin),),
        )
    yield Verification(
        "Pacemaker finds no fault with its configuration",
        "crm_verify -L -V",
        "no output, exit code 0",
        ("configuration_faultless",),
        (Origin("hagen", (), "an invalid configuration may keep resources from starting"),),
    )
    yield Verification(
        "nothing is left of a move or a ban by hand",
        "cibadmin --query --scope constraints | grep 'id=\"cli-'",
        "no output; what it shows goes with `pcs resource clear` and the name of the resource",
        ("nothing_moved",),
        (
            Origin(
                "hagen",
                (),
                "it would keep a resource from the node that it has to go to when another one dies",
            ),
        ),
    )


def _links(topology: Topology) -> Iterator[Verification]:
    """Yield what is asked of links that can be lost while every member is still seen. Source: corosync-cfgtool(8)."""
    links, others = topology.cluster.corosync.links, len(topology.nodes) - 1
    if len(links) == 1 or not others:
        return
    origins = tuple(Origin("topology", link.origin) for link in links)
    if dialect(topology.platform).hosts:
        each = "the other node" if others == 1 else f"each of the {others} other nodes"
        yield Verification(
            "corosync is connected over every link",
            "corosync-cfgtool -n",
            f"{len(links)} links to {each}, every one `connected`",
            ("links_connected", str(len(links) * others)),
            origins,
        )
        return
    yield Verification(
        "corosync is connected over every link",
        "corosync-cfgtool -s",
        f"{len(links)} rings, every one `active with no faults`",
        ("rings_faultless", str(len(links))),
        origins,
    )


def policy(topology: Topology) -> Iterator[Verification]:
    """Yield a question for each cluster property."""
    show = dialect(topology.platform).property_show
    others = ((each.name, each.value, each.origin) for each in topology.cluster.other_properties)
    for name, value, origin in (*properties(topology), *others):
        yield Verification(
            f"cluster property {name} is {value}",
            f"pcs {show} {name}",
            f"`{name}` is `{value}`",
            ("property_is", name, value),
            (origin,),
        )
