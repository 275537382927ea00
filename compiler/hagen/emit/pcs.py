"""`pcs.sh`: makes the cluster, builds the wanted configuration offline and pushes only the difference.

Command forms are those that pcs 0.9 to 0.12 take alike where there is such a form; see the pcs changelogs at
https://github.com/ClusterLabs/pcs and "crm_diff" in Pacemaker's documentation.
"""

from collections.abc import Iterator

from hagen.artifact import Artifact, Line, Origin
from hagen.cib import Section, sections
from hagen.filters import continued, quote
from hagen.model import Topology
from hagen.template import expand


def emit(topology: Topology, _made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield `pcs.sh`."""
    cluster = topology.cluster
    name = (cluster.origins["name"],)
    password = (cluster.origins["password"],)
    nodes = (Origin("topology", ("nodes",)),)
    wanted = tuple(sections(topology))
    text, origins = expand(
        "pcs.sh.j2",
        {
            "cluster": Line(quote(cluster.name), name),
            "nodes": Line(" ".join(map(quote, topology.node_names)), nodes),
            "platform": Line(topology.platform.title, (cluster.origins["platform"],)),
            "pcs": Line(topology.platform.versions["pcs"], (cluster.origins["platform"],)),
            "password_env": cluster.password.env and Line(cluster.password.env, password),
            "password_file": cluster.password.file and Line(quote(cluster.password.file), password),
            "ready_made": topology.platform.ready_made
            and Line(
                topology.platform.ready_made, (Origin("platform", (topology.platform.name, "ready_made")),)
            ),
            "hosts": Line(
                " ".join(['"${nodes[@]}"', *([quote(cluster.corosync.device.host)] if cluster.corosync.device else [])]), nodes
            ),
            "auth": _auth(topology),
            "members": _members(topology),
            "wanted_device": _wanted_device(topology),
            "unexpanded": _unexpanded(wanted),
            "setup": _setup(topology),
            "device": _quorum_device(topology),
            "sections": wanted,
        },
    )
    yield Artifact("pcs.sh", text, 0o755, origins, None)


def _members(topology: Topology) -> tuple[Line, ...]:
    """Return a line for each node, sorted as `sort` does in the locale C: its name and its addresses."""
    links = topology.cluster.corosync.links
    found = sorted(
        (" ".join([node.name, *(str(node.addresses[link.network.name]) for link in links)]), node.origin)
        for node in topology.nodes
    )
    last = len(found) - 1
    return tuple(
        Line(text + ('"' if index == last else ""), (Origin("topology", origin),))
        for index, (text, origin) in enumerate(found)
    )


def _wanted_device(topology: Topology) -> Line:
    device = topology.cluster.corosync.device
    if device is None:
        return Line('""', (Origin("hagen", ("cluster", "quorum"), "the topology has no quorum device"),))
    return Line(quote(f"{device.host} {device.algorithm}"), (Origin("topology", device.origin),))


def _unexpanded(sections: tuple[Section, ...]) -> Line | None:
    """Return a word to shellcheck where values of the topology look like expansions that bash is not to make."""
    if not any(
        character in line.text[:-2] for section in sections for line in section.lines for character in "$`\\"
    ):
        return None
    reason = (
        "values of the topology are data: what looks like an expansion in single quotes is meant literally"
    )
    return Line("# shellcheck disable=SC2016,SC1003", (Origin("hagen", (), reason),))


def _hosts(topology: Topology) -> Iterator[tuple[str, tuple[Origin, ...]]]:
    for node in topology.nodes:
        addresses = " ".join(f"addr={node.addresses[link.network.name]}" for link in topology.cluster.corosync.links)
        yield (
            f"{quote(node.name)} {addresses}",
            (Origin("topology", node.origin), topology.cluster.origins["links"]),
        )


def _auth(topology: Topology) -> tuple[Line, ...]:
    """Return the command that authenticates every host; pcsd is reached on the first link."""
    reason = Origin("hagen", ("nodes",), "pcs gives its commands to pcsd on every node")
    hosts = [
        (
            f"{quote(node.name)} addr={node.addresses[topology.cluster.corosync.links[0].network.name]}",
            (Origin("topology", node.origin),),
        )
        for node in topology.nodes
    ]
    device = topology.cluster.corosync.device
    if device is not None:
        hosts.append(
            (f"{quote(device.host)} addr={quote(device.host)}", (Origin("topology", device.origin),))
        )
    return continued([("pcs host auth", (reason,)), *hosts, ("-u hacluster", (reason,))])


def _setup(topology: Topology) -> tuple[Line, ...]:
    name = topology.cluster.name
    return continued(
        [(f"run pcs cluster setup {quote(name)}", (topology.cluster.origins["name"],)), *_hosts(topology)]
    )


def _quorum_device(topology: Topology) -> tuple[Line, ...]:
    device = topology.cluster.corosync.device
    if device is None:
        return ()
    origins = (Origin("topology", device.origin),)
    return (
        Line(
            f"run pcs quorum device add model net host={quote(device.host)} algorithm={device.algorithm}",
            origins,
        ),
    )
