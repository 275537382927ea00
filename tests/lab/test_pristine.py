"""From hosts that Debian has just installed, with the one-node cluster that its packages start: the same green cluster."""

import re

import pytest

from lab import Done, place, stopped
from lab.cluster import SECRETS, Cluster, raise_hosts
from lab.edited import replaced
from lab.history import history
from lab.table import NODES

_CONF = "/etc/corosync/corosync.conf"
_FOREIGN = "other"
_MOVE = stopped.Move("c3", "10.10.16.58", "10.10.16.59")


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


@pytest.fixture(scope="module")
def first(installed: Cluster) -> Done:
    """Make the cluster of them, once, and return what `pcs.sh all` said."""
    return installed.apply()


def test_pcs_sh_makes_the_cluster_of_them(installed: Cluster, first: Done) -> None:
    """`pcs.sh all` once: every node is green."""
    assert (first.code, first.out.splitlines()[-1]) == (0, "push: done")
    assert [done.code for done in map(installed.verify, installed.nodes.values())] == [0] * len(NODES)


@pytest.mark.usefixtures("first")
def test_a_member_gets_another_address(installed: Cluster) -> None:
    """What `pcs.sh corosync` says of another address, done line by line, leads to a cluster that is green with it.

    The host keeps it: what comes after this here destroys the cluster.
    """
    edit = (f"{{management: {_MOVE.old}", f"{{management: {_MOVE.new}")
    built = installed.build(replaced(installed.text, edit))
    installed.spread(built)
    said = installed.pcs("corosync", check=False)
    assert said.code == 1
    assert f"node.{_MOVE.node}.ring0_addr is {_MOVE.old} and should be {_MOVE.new}" in said.out
    todo = stopped.lines(said)
    assert todo == [
        "pcs cluster stop --all",
        f"# then change on the hosts: {_MOVE.node}={_MOVE.new}; and go on from a node that keeps its addresses",
        "/root/hagen/pcs.sh auth",
        f"pcs cluster link update 0 {_MOVE.node}={_MOVE.new}",
        "# then put the files of this build on every node: the firewall has to know the new addresses and ports",
        "pcs cluster start --all --wait=120",
    ]
    stopped.do(installed, todo, built, _MOVE)
    assert installed.pcs("corosync").out == "corosync: nothing to change\n"
    for host in installed.nodes.values():
        place.until(lambda: not installed.verify(host).code, 90, f"{host} to be green", 1)  # noqa: B023  # at once


def test_a_foreign_cluster_is_left_alone(installed: Cluster) -> None:
    """A host that is in another cluster is not taken: not from itself, not from a node beside it.

    The cluster that there was is destroyed for it, so nothing comes after this here.
    """
    here, second = installed.nodes["c1"], installed.nodes["c2"]
    if not here.run("test", "-e", _CONF, check=False).code:
        here.run("pcs", "cluster", "stop", "--all", timeout=200)
        here.run("pcs", "cluster", "destroy", "--all", timeout=200)
    here.run("pcs", "host", "auth", "c1", "-u", "hacluster", stdin=f"{SECRETS.hacluster}\n")
    here.run("pcs", "cluster", "setup", _FOREIGN, "c1", "--start", timeout=120)
    before = (here.read(_CONF), history([here]).daemons)

    own = installed.pcs("all", check=False)
    assert own.code == 1
    assert f"this host belongs to another cluster, '{_FOREIGN}'; it is left alone" in own.err
    beside = installed.pcs("all", at=second.name, check=False)
    assert beside.code == 1
    assert "the cluster was not made" in beside.err
    assert re.search("c1.*already", beside.err + beside.out), beside

    assert (here.read(_CONF), history([here]).daemons) == before
    for host in (second, installed.nodes["c3"]):
        assert host.run("test", "-e", _CONF, check=False).code == 1, host.name
