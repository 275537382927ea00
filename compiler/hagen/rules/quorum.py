"""Quorum: who may go on when the cluster is split.

Source: votequorum(5) and corosync-qdevice(8); Pacemaker Explained, "no-quorum-policy".
"""

from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Topology

_CROWD = 3  # from here on a majority can survive the loss of a node


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with the quorum arithmetic."""
    cluster, count = topology.cluster, len(topology.nodes)
    lab = not cluster.production
    if count % 2 == 0 and cluster.corosync.device is None:
        message = f"{count} nodes can split into two halves of {count // 2}, and neither has a majority"
        if count == 2:  # noqa: PLR2004  pcs sets corosync's two_node for two nodes, and for no other number
            message = "2 nodes that lose sight of each other both go on, and nothing but fencing can stop one of them"
        yield codes.EVEN_NODES.at(
            ("nodes",),
            message,
            hint="add a quorum device: cluster.quorum.device: {host: …}, or use an odd number of nodes",
            on_key=True,
            lab=lab,
        )
    if cluster.on_loss == "ignore" and count >= _CROWD:
        yield codes.QUORUM_IGNORED.at(
            ("cluster", "quorum", "on_loss"),
            f"with `ignore`, every part of a split cluster of {count} nodes takes the VIPs",
            hint="write `stop`: the part without a majority then stops its resources",
            lab=lab,
        )
    if cluster.corosync.device is not None:
        for vip in topology.vips:
            if cluster.corosync.device.host == str(vip.address):
                yield codes.DEVICE_IS_NODE.at(
                    (*cluster.corosync.device.origin, "host"),
                    f"the quorum device {cluster.corosync.device.host} is VIP `{vip.name}`, which the cluster itself moves around",
                    Label((*vip.origin, "address"), "this VIP"),
                    hint="run corosync-qnetd on a host outside the cluster",
                )
        for node in topology.nodes:
            addresses = {str(address) for address in node.addresses.values()}
            if cluster.corosync.device.host == node.name or cluster.corosync.device.host in addresses:
                yield codes.DEVICE_IS_NODE.at(
                    (*cluster.corosync.device.origin, "host"),
                    f"the quorum device `{cluster.corosync.device.host}` is node `{node.name}` of the cluster it votes in",
                    Label(node.origin, "this node", on_key=True),
                    hint="run corosync-qnetd on a host outside the cluster",
                )
