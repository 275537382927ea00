"""Corosync's options change, a node leaves, a new host joins: with the steps that `pcs.sh` has for that."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from lab import Done, delivery, drills, measure, place, probe, services, stopped, table
from lab import cluster as of
from lab.cluster import Cluster
from lab.edited import replaced, without
from lab.history import history
from lab.host import Host
from lab.services import database, messages, standing
from lab.table import VIPS

_TOKEN = ("  links: [", "  totem: {token: 4s}\n  links: [")
_WAIT_FOR_ALL = ("  quorum: {device", "  quorum: {wait_for_all: true, device")
_TOKEN_MS, _DEFAULT_MS, _EACH_MS = 4000, 3000, 650
"""Corosync's token in milliseconds: the wanted one, its own, and what it adds for each node beyond two."""
_GOES = "c3"
_LEAVES = "planned: the node of vip_management leaves the cluster"
_NO_STOP = "the cluster need not stop"


def watched() -> tuple[str, ...]:
    """Return the URLs of the web service at every VIP."""
    return tuple(probe.url(address) for address in VIPS.values())


def runtime(host: Host, key: str) -> str:
    """Return what the running Corosync of a node has for an option; nothing if it has none."""
    return host.run("corosync-cmapctl", "-g", key, check=False).out.partition(" = ")[2].strip()


def until_everywhere(cluster: Cluster, key: str, wanted: str) -> None:
    """Wait until the running Corosync of every node has a value for an option."""
    nodes = tuple(cluster.nodes.values())
    place.until(
        lambda: {runtime(host, key) for host in nodes} == {wanted},
        60,
        f"{key} to be {wanted} everywhere",
        0.3,
    )


def conf(cluster: Cluster) -> set[str]:
    """Return the texts of corosync.conf that the nodes have: one, if they agree."""
    return {host.read("/etc/corosync/corosync.conf") for host in cluster.nodes.values()}


def test_the_token_changes_while_everything_runs(cluster: Cluster) -> None:
    """Corosync's token is changed on every node, and back, and no client and no daemon notices."""
    nodes = tuple(cluster.nodes.values())
    before, past = conf(cluster), history(nodes)
    cluster.spread(cluster.build(replaced(cluster.text, _TOKEN)))
    shown = cluster.pcs("--dry-run", "corosync").out.splitlines()
    assert shown == [
        f"corosync: totem.token is not set and should be {_TOKEN_MS}",
        f"would run: pcs cluster config update totem token={_TOKEN_MS}",
    ]
    assert conf(cluster) == before
    with probe.watching(*watched()) as watches:
        with measure.timed("pcs.sh corosync changes the token"):
            cluster.pcs("corosync")
        until_everywhere(cluster, "runtime.config.totem.token", str(_TOKEN_MS + _EACH_MS))
        (text,) = conf(cluster)
        assert re.search(rf"(?m)^\s+token: {_TOKEN_MS}$", text)
        assert cluster.pcs("corosync").out == "corosync: nothing to change\n"
        cluster.spread(cluster.built)
        cluster.pcs("corosync")
        until_everywhere(cluster, "runtime.config.totem.token", str(_DEFAULT_MS + _EACH_MS))
    measure.nothing("outage, while the token changes", probe.worst(watches))
    assert history(nodes) == past
    assert cluster.pcs("corosync").out == "corosync: nothing to change\n"


def test_what_needs_a_stop_is_said_and_works(cluster: Cluster) -> None:
    """An option that needs the cluster stopped is not touched; the commands that `pcs.sh corosync` names change it, and back."""
    nodes = tuple(cluster.nodes.values())
    before, past = conf(cluster), history(nodes)
    edited = cluster.build(replaced(cluster.text, _WAIT_FOR_ALL))
    cluster.spread(edited)
    said = cluster.pcs("corosync", check=False)
    assert said.code == 1
    assert "quorum.wait_for_all is not set and should be 1" in said.out
    assert "not everything is changed: what has to wait is said above" in said.err
    assert (conf(cluster), history(nodes)) == (before, past)
    for built, value in ((edited, "1"), (cluster.built, "")):
        cluster.spread(built)
        todo = stopped.lines(cluster.pcs("corosync", check=False))
        change = f"pcs quorum update wait_for_all={value}"
        assert todo == ["pcs cluster stop --all", change, "pcs cluster start --all --wait=120"]
        stopped.do(cluster, todo, built)
        until_everywhere(cluster, "quorum.wait_for_all", value)
        assert cluster.pcs("corosync").out == "corosync: nothing to change\n"
    cluster.settle()


class Left(NamedTuple):
    """A node has left: what was built without it, what the steps said, and what clients saw."""

    built: Path
    leave: Done
    push: Done
    seen: list[probe.Seen]


@pytest.fixture(scope="module")
def left(cluster: Cluster) -> Iterator[Left]:
    """Let the node with the VIPs leave the cluster; afterwards there is a new host in its place."""
    gone, first = cluster.nodes[_GOES], cluster.nodes["c1"]
    text = without(without(cluster.text, f"bmc-{_GOES}"), _GOES)
    built = cluster.build(text)
    cluster.spread(built)
    for vip in ("vip_management", "vip_public"):
        if cluster.node_of(vip).name != _GOES:
            first.run("crm_resource", "--resource", vip, "--move", "--node", _GOES)
            first.run("crm_resource", "--wait", "--timeout=120s", timeout=130)
            first.run("crm_resource", "--resource", vip, "--clear")
    assert cluster.node_of("vip_management").name == cluster.node_of("vip_public6").name == _GOES
    with probe.watching(*watched()) as watches:
        with measure.timed(f"pcs.sh leave {_GOES}"):
            leave = cluster.pcs("leave", _GOES)
        for host in stay(cluster):
            delivery.deliver(host, built)
        push = cluster.pcs("--replace", "push")
        seen = [watch.stop() for watch in watches]
    yield Left(built, leave, push, seen)
    if is_out(cluster):
        gone.destroy()
        come(cluster)


def stay(cluster: Cluster) -> tuple[Host, ...]:
    """Return the nodes that stay."""
    return tuple(host for name, host in cluster.nodes.items() if name != _GOES)


def is_out(cluster: Cluster) -> bool:
    """Tell whether the node that goes is no member."""
    return _GOES not in cluster.nodes["c1"].read("/etc/corosync/corosync.conf").split()


def come(cluster: Cluster) -> tuple[Done, Done]:
    """Put a host that was just installed in the place of the one that is gone, and return what join and push said."""
    host = cluster.nodes[_GOES]
    host.create(pristine=True, user_data=of.user_data(cluster.built)[_GOES])
    of.lay_secrets(host)
    with measure.timed("a new host boots and is prepared"):
        host.boot()
        host.wait()
        of.prepared(host)
    cluster.spread(cluster.built)
    for each in stay(cluster):
        delivery.deliver(each, cluster.built)
    serve(cluster, host)
    with measure.timed(f"pcs.sh join {_GOES}"):
        join = cluster.pcs("join", _GOES)
    push = cluster.pcs("push")
    return join, push


def serve(cluster: Cluster, host: Host) -> None:
    """Start the lab's services on a new host; they know the one that had its name, and RabbitMQ has to forget it."""
    stay(cluster)[0].run("rabbitmqctl", "--quiet", "forget_cluster_node", f"rabbit@{host.name}")
    services.place(host)
    for unit in (database.UNIT, messages.UNIT):
        host.run("systemctl", "enable", "--quiet", unit)
        host.run("systemctl", "start", "--no-block", unit)


def test_a_node_leaves(cluster: Cluster, left: Left) -> None:
    """`pcs.sh leave` takes a node out for good, what was there for it alone goes with --replace, and the rest is green."""
    assert left.leave.out.splitlines()[-1].startswith(
        "leave: run 'pcs.sh push' next; with --replace it removes"
    )
    listed = re.findall(r"(?m)^    (?:primitive|rsc_location) (\S+)$", left.push.out)
    assert listed == [f"bmc-{_GOES}", f"location-bmc-{_GOES}-{_GOES}--INFINITY"]
    assert left.push.out.splitlines()[-1] == "push: done"
    for host in stay(cluster):
        nodes = host.run("cibadmin", "--query", "--scope", "nodes").out
        assert re.findall(r'uname="(.*?)"', nodes) == [each.name for each in stay(cluster)]
        place.until(lambda: not cluster.verify(host).code, 60, f"{host} to be green", 1)  # noqa: B023  # at once
        said = host.run("corosync-quorumtool", "-s").out
        assert re.search(r"(?m)^Expected votes:\s+3$", said), said
        assert re.search(r"(?m)^Total votes:\s+3$", said), said
    gone = cluster.nodes[_GOES]
    assert gone.run("test", "-e", "/etc/corosync/corosync.conf", check=False).code == 1
    states = gone.run(
        "systemctl", "is-active", "corosync", "pacemaker", "corosync-qdevice", "haproxy", check=False
    )
    # The client of the quorum device fails when Corosync goes first; it does not run any more either.
    assert set(states.out.split()) <= {"inactive", "failed"}
    again = cluster.pcs("leave", _GOES)
    assert again.out == f"leave: {_GOES} is not in the cluster\n"


def test_a_leaving_node_takes_no_address_along(cluster: Cluster, left: Left) -> None:
    """The VIPs of the node that leaves are elsewhere within the bound that CHECKLIST.md has for that."""
    drill = drills.drills(cluster.built / "CHECKLIST.md")[_LEAVES]
    for vip, seen in zip(VIPS, left.seen, strict=True):
        bound = drill.bound(f"vip_{vip}")
        assert bound is not None
        measure.taken(f"outage of {vip} while its node leaves the cluster for good", seen.longest, bound)
        assert seen.longest <= bound


def test_a_new_host_joins(cluster: Cluster, left: Left) -> None:
    """A host that was just installed takes the place of the one that left: join, push, and everything is green everywhere."""
    cluster.nodes[_GOES].destroy()
    with probe.watching(*watched()) as watches:
        join, push = come(cluster)
        measure.taken("until the new host is green", cluster.settle(tidy=False))
    checklist = (cluster.built / "CHECKLIST.md").read_text()
    for seen in (watch.stop() for watch in watches):
        # Its servers come up with it, and the checks need a moment to tell a server that boots from one that works.
        measure.taken(f"outage of {seen.url} while a new host joins", seen.longest)
        assert seen.longest <= standing.bounds(checklist, "web").silent
    assert join.out.splitlines()[-1] == f"join: run 'pcs.sh push' next, for what the topology says of {_GOES}"
    assert push.out.splitlines()[-1] == "push: done"
    services.wait(tuple(cluster.nodes.values()))
    for host in cluster.nodes.values():
        assert re.search(r"(?m)^Expected votes:\s+5$", host.run("corosync-quorumtool", "-s").out)
        assert delivery.differing(host, cluster.built) == []
    assert f"join: {_GOES} is a member already" in cluster.pcs("join", _GOES).out
    assert len(conf(cluster)) == 1
    # From here on the new node is as good as the others: it takes orders, and gives them.
    cluster.nodes[_GOES].run("pcs", "status", "pcsd", *table.NODES)
