"""An edit of the topology on a running cluster: shown before, applied as shown, and nothing else is touched.

One edit adds and changes something of every kind; the way back removes it. Each `push` asks pcs some twenty questions,
which takes a quarter of a minute: so the tests look at the same few of them.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from lab import Done, client, delivery, measure, probe, table
from lab.cluster import Cluster
from lab.edited import replaced
from lab.history import History, Objects, changed, history, objects
from lab.services.outside import running
from lab.table import VIPS

_EXTRA = "10.10.16.225"
_PORT = 8088
_EDITS = (
    ("cluster-recheck-interval: 5min", "cluster-recheck-interval: 4min"),
    ("\nvips:\n", f"\nvips:\n  extra: {{address: {_EXTRA}, network: management}}\n"),
    (
        "\nservices:\n",
        f"\nservices:\n  docs: {{vips: [management, extra], port: {_PORT}, mode: http, check: {{type: http}}, servers: {{port: 8080}}}}\n",
    ),
)
_RESOURCE = "\nresources:\n  primitives:\n    marker: {agent: ocf:pacemaker:Dummy}\n"
_ADDED = {
    "vip_extra",
    "marker",
    "order-lb-haproxy-clone-vip_extra",
    "colocation-vip_extra-lb-haproxy-clone",
}
"""The objects that the edit adds; what is in them begins with the ids of the first two."""
_PROPERTY = "cib-bootstrap-options-cluster-recheck-inte"
_FILES = ["firewall/hagen.nft", "haproxy.cfg", "systemd/haproxy.service.d/hagen.conf"]


class Step(NamedTuple):
    """What a step of pcs.sh said, and the cluster before and after it."""

    said: Done
    before: Objects
    after: Objects
    history: tuple[History, History]
    epochs: tuple[tuple[int, int], tuple[int, int]]


class Edited(NamedTuple):
    """The edit, as it was shown, and as it was applied; the files that were replaced, and what a client saw of it."""

    text: str
    built: Path
    shown: Step
    pushed: Step
    files: dict[str, list[str]]
    seen: list[probe.Seen]
    talks: list[tuple[float, str | None]]


def step(cluster: Cluster, *words: str, check: bool = True) -> Step:
    """Run a step of pcs.sh, and look at the cluster before and after it."""
    nodes = tuple(cluster.nodes.values())
    before, epoch, past = objects(nodes[0]), cluster.epoch(), history(nodes)
    with measure.timed(f"pcs.sh {' '.join(words)}"):
        said = cluster.pcs(*words, check=check)
    return Step(said, before, objects(nodes[0]), (past, history(nodes)), (epoch, cluster.epoch()))


def ids(lines: str, sign: str) -> set[str]:
    """Return the ids in the lines of a diff that begin with a sign."""
    return {
        found
        for line in re.findall(rf"(?m)^[{sign}](?![{sign}]).*$", lines)
        for found in re.findall(r' id="([^"]*)"', line)
    }


def is_of_the_edit(identity: str) -> bool:
    """Tell whether an object, or what is in it, is of the edit."""
    return identity in {*_ADDED, _PROPERTY} or identity.startswith(("vip_extra-", "marker-"))


def is_untouched(one: Step) -> bool:
    """Tell whether a step has changed nothing: neither the configuration, nor its version, nor anything that runs."""
    return one.before == one.after and one.epochs[0] == one.epochs[1] and one.history[0] == one.history[1]


def others(moment: History) -> History:
    """Return what happened to everything but the resources of the edit."""
    kept = (each for each in moment.operations if each[1] not in {"vip_extra", "marker", "stranger"})
    return History(frozenset(kept), moment.daemons)


def deliver(cluster: Cluster, built: Path) -> dict[str, list[str]]:
    """Put what was built on every node: the files, and the scripts of the operator."""
    cluster.spread(built)
    return {name: delivery.deliver(host, built) for name, host in cluster.nodes.items()}


@pytest.fixture(scope="module")
def edited(cluster: Cluster) -> Iterator[Edited]:
    """Show an edit, and apply it while clients look; afterwards bring the cluster back to what it was."""
    text = replaced(cluster.text, *_EDITS) + _RESOURCE
    built = cluster.build(text)
    cluster.spread(built)
    shown = step(cluster, "--dry-run", "push")
    with (
        running("caller", VIPS["public"], "6080") as caller,
        probe.watching(*(probe.url(address) for address in VIPS.values())) as watches,
    ):
        files = deliver(cluster, built)
        pushed = step(cluster, "push")
        seen = [watch.stop() for watch in watches]
        talks = [(float(at), node) for at, node in caller.said()]
    yield Edited(text, built, shown, pushed, files, seen, talks)
    deliver(cluster, cluster.built)
    if objects(cluster.nodes["c1"]) != shown.before:
        cluster.pcs("--replace", "push")
    cluster.settle()


def test_a_second_time_changes_nothing(cluster: Cluster) -> None:
    """`pcs.sh all` on the cluster that it formed: exit code 0, nothing is changed, nothing is started or stopped."""
    with probe.watching(*(probe.url(address) for address in VIPS.values())) as watches:
        done = step(cluster, "all")
    assert done.said.out.splitlines() == [
        "auth: every node knows this host already",
        "setup: cluster lab exists already",
        "push: nothing to change",
    ]
    assert done.said.err == ""
    assert is_untouched(done)
    measure.nothing("outage, while pcs.sh all runs a second time", probe.worst(watches))


def test_an_edit_is_shown_before(edited: Edited) -> None:
    """`--dry-run push` shows just what was edited, and changes nothing."""
    shown = edited.shown.said.out
    assert is_untouched(edited.shown)
    assert shown.splitlines()[-1] == "push: this is what would change; nothing was changed"
    assert "does not know" not in shown
    assert {each for each in ids(shown, "+") if not is_of_the_edit(each)} == set()
    assert ids(shown, "+") > {*_ADDED, _PROPERTY}
    assert ids(shown, "-") == {_PROPERTY}


def test_an_edit_is_applied_as_it_was_shown(edited: Edited) -> None:
    """`push` does just what was shown: what came and went are the ids of the diff, and the property has its new value."""
    pushed = edited.pushed
    assert pushed.said.out.splitlines()[-1] == "push: done"
    assert changed(pushed.before, pushed.after) == ids(edited.shown.said.out, "+")
    assert "value=4min" in pushed.after[_PROPERTY]
    assert pushed.epochs[0][1] < pushed.epochs[1][1]


def test_only_what_is_new_is_started(edited: Edited) -> None:
    """The new VIP and the new resource start, on one node each; nothing else was started or stopped, no daemon, no VIP."""
    before, after = edited.pushed.history
    assert others(before) == others(after)
    starts = [each[1] for each in after.operations - before.operations if each[2].endswith("_start_0")]
    assert sorted(starts) == ["marker", "vip_extra"]


def test_clients_notice_nothing(edited: Edited) -> None:
    """While files, reloads and the push went on, every request was answered, and the websocket was not cut."""
    for seen in edited.seen:
        measure.nothing(f"outage of {seen.url} while an edit is applied", seen.longest)
        assert seen.requests > 50
    assert len(edited.talks) > 50
    assert None not in {node for _, node in edited.talks}


def test_a_new_service_is_served(cluster: Cluster, edited: Edited) -> None:
    """Just the files that the edit changes were replaced, and the new service answers at the old VIP and at the new one."""
    assert edited.files == dict.fromkeys(table.NODES, _FILES)
    for address in (VIPS["management"], _EXTRA):
        assert client.get(probe.url(address, _PORT)) != ""
    for host in cluster.nodes.values():
        done = host.run("/root/hagen/verify.sh", check=False)
        assert done.code == 0, f"{host}: {done.out}"


def test_what_operators_set_stays(cluster: Cluster, edited: Edited) -> None:
    """A push leaves a node in standby, the cluster in maintenance, and a resource disabled, and does what it is told."""
    node = cluster.nodes["c2"]
    node.run("pcs", "resource", "disable", "marker")
    node.run("crm_attribute", "--node", "c3", "--name", "maintenance", "--update", "on")
    node.run("crm_attribute", "--node", "c3", "--name", "standby", "--update", "on")
    node.run("pcs", "property", "set", "maintenance-mode=true")
    text = replaced(edited.text, ("cluster-recheck-interval: 4min", "cluster-recheck-interval: 3min"))
    cluster.spread(cluster.build(text))
    pushed = step(cluster, "push")
    assert changed(pushed.before, pushed.after) == {_PROPERTY}
    assert "push: target-role=Stopped stays on marker, where an operator has set it" in pushed.said.out
    for asked, answer in (
        (("crm_resource", "--resource", "marker", "--meta", "--get-parameter", "target-role"), "Stopped"),
        (("crm_attribute", "--node", "c3", "--name", "maintenance", "--query", "--quiet"), "on"),
        (("crm_attribute", "--node", "c3", "--name", "standby", "--query", "--quiet"), "on"),
        (("crm_attribute", "--name", "maintenance-mode", "--query", "--quiet"), "true"),
    ):
        assert node.run(*asked).out.strip() == answer
    assert pushed.history[0] == pushed.history[1]
    for name in ("standby", "maintenance"):
        node.run("crm_attribute", "--node", "c3", "--name", name, "--delete")
    node.run("pcs", "property", "set", "maintenance-mode=")
    node.run("pcs", "resource", "enable", "marker")
    node.run("crm_resource", "--wait", "--timeout=120s", timeout=130)


def test_what_the_topology_does_not_know_stays_without_a_word(cluster: Cluster, edited: Edited) -> None:
    """A removal, and a resource that somebody made by hand, are refused by name; `--replace` removes them, and no more."""
    cluster.nodes["c2"].run("pcs", "resource", "create", "stranger", "ocf:pacemaker:Dummy")
    cluster.nodes["c2"].run("crm_resource", "--wait", "--timeout=120s", timeout=130)
    cluster.spread(cluster.built)
    refused = step(cluster, "push", check=False)
    assert refused.said.code == 1
    assert is_untouched(refused)
    listed = re.findall(r"(?m)^    (?:primitive|rsc_order|rsc_colocation) (\S+)$", refused.said.out)
    assert set(listed) == {*_ADDED, "stranger"}
    assert "add these to the topology, or run it with --replace to remove them" in refused.said.err

    shown = step(cluster, "--dry-run", "--replace", "push")
    assert is_untouched(shown)
    gone = {each for each in shown.before if is_of_the_edit(each) or re.match("stranger(-|$)", each)}
    gone -= {_PROPERTY}
    assert gone > _ADDED
    assert ids(shown.said.out, "-") == {*gone, _PROPERTY}
    assert ids(shown.said.out, "+") == {_PROPERTY}

    with probe.watching(*(probe.url(address) for address in VIPS.values())) as watches:
        removed = step(cluster, "--replace", "push")
        deliver(cluster, cluster.built)
    assert removed.said.out.splitlines()[-1] == "push: done"
    assert removed.after == edited.shown.before
    assert removed.before.keys() - removed.after.keys() == gone
    assert others(removed.history[0]) == others(removed.history[1])
    measure.nothing("outage, while what was added is removed", probe.worst(watches))
    running_now = cluster.nodes["c1"].run("crm_mon", "--one-shot", "--inactive").out
    assert not re.search("stranger|marker|vip_extra", running_now)
    for host in cluster.nodes.values():
        assert _EXTRA not in host.run("ip", "address", "show", "to", _EXTRA).out
        assert cluster.verify(host).code == 0
