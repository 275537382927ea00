"""From hosts that Debian has just installed, with the one-node cluster that its packages start: the same green cluster."""

import re
from collections.abc import Iterator

import pytest

from lab import table
from lab.cluster import SECRETS, Cluster, raise_hosts
from lab.history import history
from lab.host import Host

_CONF = "/etc/corosync/corosync.conf"
_FOREIGN = "other"


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Iterator[Cluster]:
    """Make the hosts anew from what Debian leaves after the installation, prepared and not yet a cluster."""
    raise_hosts(cluster.built, pristine=True)
    cluster.spread(cluster.built)
    yield cluster
    if not cluster.nodes["c1"].run("test", "-e", _CONF, check=False).code and not is_foreign(
        cluster.nodes["c1"]
    ):
        return
    destroy(cluster.nodes["c1"])
    cluster.apply()


def is_foreign(host: Host) -> bool:
    """Tell whether a host is in the cluster that is none of ours."""
    return f"cluster_name: {_FOREIGN}" in host.read(_CONF)


def destroy(host: Host) -> None:
    """End the foreign cluster."""
    host.run("pcs", "cluster", "destroy")


def test_debian_starts_a_cluster_of_its_own(installed: Cluster) -> None:
    """The hosts ran the cluster `debian` when they booted, and cloud-init has ended it; nothing of it is left."""
    for host in installed.nodes.values():
        assert "cluster_name: debian" in host.original(_CONF)
        ran = host.run("journalctl", "--no-pager", "--output=cat", "--unit=pacemaker", "--unit=corosync").out
        assert re.search("Corosync Cluster Engine .* starting up|Starting Pacemaker|Started Corosync", ran), (
            host.name
        )
        assert host.run("test", "-e", _CONF, check=False).code == 1
        states = host.run("systemctl", "is-active", "corosync", "pacemaker", "haproxy", check=False).out
        assert states.split() == ["inactive"] * 3
        enabled = host.run("systemctl", "is-enabled", "corosync", "pacemaker", "haproxy", check=False).out
        assert enabled.split() == ["disabled"] * 3


def test_a_foreign_cluster_is_left_alone(installed: Cluster) -> None:
    """A host that is in another cluster is not taken: not from itself, not from a node beside it."""
    first, second = installed.nodes["c1"], installed.nodes["c2"]
    first.run("pcs", "host", "auth", "c1", "-u", "hacluster", stdin=f"{SECRETS.hacluster}\n")
    first.run("pcs", "cluster", "setup", _FOREIGN, "c1", "--start", timeout=120)
    before = (first.read(_CONF), history([first]).daemons)

    own = installed.pcs("all", check=False)
    assert own.code == 1
    assert f"this host belongs to another cluster, '{_FOREIGN}'; it is left alone" in own.err
    beside = installed.pcs("all", at=second.name, check=False)
    assert beside.code == 1
    assert "the cluster was not made" in beside.err
    assert re.search("c1.*already", beside.err + beside.out), beside

    assert (first.read(_CONF), history([first]).daemons) == before
    for host in (second, installed.nodes["c3"]):
        assert host.run("test", "-e", _CONF, check=False).code == 1, host.name
    destroy(first)


def test_pcs_sh_makes_the_cluster_of_them(installed: Cluster) -> None:
    """`pcs.sh all` once: every node is green; and a second time: nothing is changed."""
    first = installed.apply()
    assert (first.code, first.out.splitlines()[-1]) == (0, "push: done")
    nodes = tuple(installed.nodes.values())
    before = (installed.epoch(), history(nodes))
    again = installed.pcs("all", at="c2")
    assert again.out.splitlines()[-1] == "push: nothing to change"
    assert (installed.epoch(), history(nodes)) == before
    assert {host.name for host in nodes} == set(table.NODES)
