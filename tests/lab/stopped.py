"""What has to wait until the whole cluster can be down: the lines that `pcs.sh corosync` says, done one by one as an operator does."""

import re
from pathlib import Path
from typing import NamedTuple

from lab import Done, delivery, measure
from lab.cluster import Cluster
from lab.host import Host

_CARD = "eth0"


class Move(NamedTuple):
    """A node, its address on the management network, and the one that it gets."""

    node: str
    old: str
    new: str


def lines(said: Done) -> list[str]:
    """Return the lines of a step of pcs.sh that are for somebody to do: commands, and what a comment says between them."""
    return re.findall(r"(?m)^    (\S.*)$", said.out)


def do(cluster: Cluster, todo: list[str], built: Path, move: Move | None = None) -> None:
    """Do these lines on the first node; where they say so, a host gets its new address and every node the files of a build."""
    first, *_ = cluster.nodes.values()
    with measure.timed("the whole cluster stops, changes and starts"):
        for line in todo:
            with measure.timed(f"    {line}"):
                match line.split()[:3]:
                    case ["#", "then", "change"]:
                        assert move is not None, line
                        _renumber(cluster.nodes[move.node], move)
                    case ["#", "then", "put"]:
                        for host in cluster.nodes.values():
                            delivery.deliver(host, built)
                    case _:
                        first.sh(line, timeout=200)


def _renumber(host: Host, move: Move) -> None:
    # The routes stay where the next address takes the place of the one that goes.
    host.run("sysctl", "-q", "-w", f"net.ipv4.conf.{_CARD}.promote_secondaries=1")
    host.run("ip", "address", "add", f"{move.new}/24", "dev", _CARD)
    host.run("ip", "address", "del", f"{move.old}/24", "dev", _CARD)
