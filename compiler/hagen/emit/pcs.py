"""`pcs.sh`: makes the cluster, builds the wanted configuration offline and pushes only the difference.

Command forms are those that pcs 0.9 to 0.12 take alike where there is such a form; see the pcs changelogs at
https://github.com/ClusterLabs/pcs and "crm_diff" in Pacemaker's documentation.
"""

from collections.abc import Iterator
from typing import NamedTuple

from hagen.artifact import Artifact, Line, Origin
from hagen.filters import continued, quote
from hagen.model import FencingDevice, Setting, Topology, Vip
from hagen.template import expand

PROXY = "lb-haproxy"
CLONE = f"{PROXY}-clone"
_ADVISED = Origin("hagen", (), "20 s for a monitor is what the agent IPaddr2 itself advises")
_PATIENT = Origin("hagen", (), "30 s for a monitor: systemd may be slow to answer on a busy node")


class Section(NamedTuple):
    """Commands that belong together, and the reason that stands above them."""

    reason: Line
    lines: tuple[Line, ...]


def emit(topology: Topology, _made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield `pcs.sh`."""
    cluster = topology.cluster
    name = (cluster.origins["name"],)
    password = (cluster.origins["password"],)
    nodes = (Origin("topology", ("nodes",)),)
    sections = tuple(_sections(topology))
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
                " ".join(['"${nodes[@]}"', *([quote(cluster.device.host)] if cluster.device else [])]), nodes
            ),
            "auth": _auth(topology),
            "members": _members(topology),
            "wanted_device": _wanted_device(topology),
            "unexpanded": _unexpanded(sections),
            "setup": _setup(topology),
            "device": _quorum_device(topology),
            "sections": sections,
        },
    )
    yield Artifact("pcs.sh", text, 0o755, origins, None)


def _members(topology: Topology) -> tuple[Line, ...]:
    """Return a line for each node, sorted as `sort` does in the locale C: its name and its addresses."""
    links = topology.cluster.links
    found = sorted(
        (" ".join([node.name, *(str(node.addresses[link.name]) for link in links)]), node.origin)
        for node in topology.nodes
    )
    last = len(found) - 1
    return tuple(
        Line(text + ('"' if index == last else ""), (Origin("topology", origin),))
        for index, (text, origin) in enumerate(found)
    )


def _wanted_device(topology: Topology) -> Line:
    device = topology.cluster.device
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
        addresses = " ".join(f"addr={node.addresses[link.name]}" for link in topology.cluster.links)
        yield (
            f"{quote(node.name)} {addresses}",
            (Origin("topology", node.origin), topology.cluster.origins["links"]),
        )


def _auth(topology: Topology) -> tuple[Line, ...]:
    """Return the command that authenticates every host; pcsd is reached on the first link."""
    reason = Origin("hagen", ("nodes",), "pcs gives its commands to pcsd on every node")
    hosts = [
        (
            f"{quote(node.name)} addr={node.addresses[topology.cluster.links[0].name]}",
            (Origin("topology", node.origin),),
        )
        for node in topology.nodes
    ]
    device = topology.cluster.device
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
    device = topology.cluster.device
    if device is None:
        return ()
    origins = (Origin("topology", device.origin),)
    return (
        Line(
            f"run pcs quorum device add model net host={quote(device.host)} algorithm={device.algorithm}",
            origins,
        ),
    )


def _sections(topology: Topology) -> Iterator[Section]:
    cluster = topology.cluster
    yield Section(
        _why("how the cluster behaves as a whole", cluster.origin),
        continued(
            [("in_cib property set", (Origin("hagen", (), "cluster properties"),)), *_properties(topology)]
        ),
    )
    if cluster.resource_defaults:
        at = ("cluster", "resource_defaults")
        yield Section(
            _why("what holds for every resource that does not say otherwise", at),
            continued(
                [
                    ("in_cib resource defaults update", (Origin("topology", at),)),
                    *map(_setting, cluster.resource_defaults),
                ]
            ),
        )
    for device in cluster.fencing.devices:
        yield Section(_why(f"can stop {', '.join(device.targets)}", device.origin), _device(device))
    for vip in topology.vips:
        yield Section(_why(f"the address {vip.address}, on one node at a time", vip.origin), _vip(vip))
    yield Section(
        _why("HAProxy, looked after by the cluster and not by systemd alone", ("proxy",)), _proxy(topology)
    )
    yield Section(
        _why(_placement_reason(topology), topology.proxy.origins["placement"].at), tuple(_placement(topology))
    )


def _why(reason: str, at: tuple[str | int, ...]) -> Line:
    return Line(reason, (Origin("hagen", at, reason),))


def _setting(setting: Setting) -> tuple[str, tuple[Origin, ...]]:
    return quote(f"{setting.name}={setting.value}"), (setting.origin,)


def _properties(topology: Topology) -> Iterator[tuple[str, tuple[Origin, ...]]]:
    cluster = topology.cluster
    yield f"stonith-enabled={str(cluster.fencing.enabled).lower()}", (cluster.fencing.origins["enabled"],)
    yield f"no-quorum-policy={cluster.on_loss}", (cluster.origins["quorum.on_loss"],)
    yield from map(_setting, cluster.properties)


def _device(device: FencingDevice) -> tuple[Line, ...]:
    origin = (Origin("topology", device.origin),)
    options = [
        (quote(f"{name}={value}"), (Origin("topology", (*device.origin, "options", name)),))
        for name, value in device.options.items()
    ]
    if not {"pcmk_host_list", "pcmk_host_map"} & set(device.options):
        targets = quote(f"pcmk_host_list={' '.join(device.targets)}")
        options.append((targets, (Origin("topology", (*device.origin, "targets")),)))
    for name, file in device.secrets.items():
        # The agent runs this when it needs the secret, so that the secret is neither in the CIB nor in an argument list.
        options.append(
            (quote(f"{name}_script=cat {file}"), (Origin("topology", (*device.origin, "secrets", name)),))
        )
    options.append((f"op monitor interval={device.monitor.pacemaker}", origin))
    lines = continued([(f"in_cib stonith create {quote(device.name)} {device.agent}", origin), *options])
    if len(device.targets) > 1:
        return lines
    alone = Origin("hagen", (*device.origin, "targets"), "a node does not run the device that has to stop it")
    return (
        *lines,
        Line(
            f"in_cib constraint location {quote(device.name)} avoids {quote(device.targets[0])}=INFINITY",
            (alone,),
        ),
    )


def _vip(vip: Vip) -> tuple[Line, ...]:
    origin = (Origin("topology", vip.origin),)
    where: list[tuple[str, tuple[Origin, ...]]] = [
        (
            f"ip={vip.address} cidr_netmask={vip.network.cidr.prefixlen}",
            (vip.origins["address"], Origin("topology", (*vip.network.origin, "cidr"))),
        )
    ]
    if vip.network.interface is not None:
        where.append(
            (f"nic={vip.network.interface}", (Origin("topology", (*vip.network.origin, "interface")),))
        )
    where.append(
        (f"op monitor interval={vip.monitor.pacemaker} timeout=20s", (vip.origins["monitor"], _ADVISED))
    )
    return continued([(f"in_cib resource create {vip.resource} ocf:heartbeat:IPaddr2", origin), *where])


def _proxy(topology: Topology) -> tuple[Line, ...]:
    made = Origin(
        "hagen", ("proxy",), "VIPs are of use only where HAProxy runs, so the cluster has to know about it"
    )
    copies = Origin(
        "hagen", ("proxy",), "one HAProxy a node; a node's own does not wait for those of other nodes"
    )
    monitor = f"op monitor interval={topology.proxy.monitor.pacemaker} timeout=30s"
    return (
        *continued(
            [
                (f"in_cib resource create {PROXY} systemd:haproxy", (made,)),
                (monitor, (topology.proxy.origins["monitor"], _PATIENT)),
            ]
        ),
        Line(f"in_cib resource clone {PROXY} meta interleave=true", (copies,)),
    )


def _placement_reason(topology: Topology) -> str:
    if topology.proxy.everywhere:
        return "a VIP goes only where HAProxy lives, and comes after it"
    return "HAProxy runs only where the VIPs are, and comes after them"


def _placement(topology: Topology) -> Iterator[Line]:
    proxy = topology.proxy
    placement = proxy.origins["placement"]
    for vip in topology.vips:
        first, then = (CLONE, vip.resource) if proxy.everywhere else (vip.resource, CLONE)
        reason = Origin(
            "hagen",
            placement.at,
            "only when both start in the same transition: a restart of one does not restart the other",
        )
        # `then` is a word of bash, so it is quoted.
        yield Line(
            f"in_cib constraint order {first} 'then' {then} kind=Optional id=order-{first}-{then}",
            (placement, reason),
        )
    for vip in topology.vips:
        if vip.leader is not None:
            yield _together(vip.resource, f"vip_{vip.leader}", vip.origins["with"])
        elif proxy.everywhere:
            yield _together(vip.resource, CLONE, placement)
        else:
            yield _together(CLONE, vip.resource, placement)


def _together(resource: str, other: str, origin: Origin) -> Line:
    return Line(
        f"in_cib constraint colocation add {resource} with {other} score=INFINITY id=colocation-{resource}-{other}",
        (origin,),
    )
