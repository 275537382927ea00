"""From hosts that Debian has just installed, with the one-node cluster that its packages start: the same green cluster."""

import re

import pytest

from lab import table
from lab.cluster import SECRETS, Cluster, raise_hosts
from lab.history import history

_CONF = "/etc/corosync/corosync.conf"
_FOREIGN = "other"


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Cluster:
    """Make the hosts anew from what Debian leaves after the installation, prepared and not yet a cluster."""
    raise_hosts(cluster.built, pristine=True)
    cluster.spread(cluster.built)
    return cluster


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


def test_a_foreign_cluster_is_left_alone(installed: Cluster) -> None:
    """A host that is in another cluster is not taken: not from itself, not from a node beside it.

    The cluster that there was is destroyed for it, so nothing comes after this here.
    """
    first, second = installed.nodes["c1"], installed.nodes["c2"]
    if not first.run("test", "-e", _CONF, check=False).code:
        first.run("pcs", "cluster", "stop", "--all", timeout=200)
        first.run("pcs", "cluster", "destroy", "--all", timeout=200)
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
