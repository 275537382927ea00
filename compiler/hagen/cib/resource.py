"""Resources: the VIPs and HAProxy, which hagen makes, and those that the topology names."""

from collections.abc import Iterable, Iterator

from hagen.artifact import Line, Origin
from hagen.cib.section import Section, Word, assigned, command, grouped, said, section
from hagen.dialect import Dialect
from hagen.filters import quote
from hagen.model import Setting, Topology, Vip
from hagen.model.resource import Bundle, Clone, Group, Operation, Primitive, Remote
from hagen.naming import PROXY

_ADVISED = Origin("hagen", (), "20 s for a monitor is what the agent IPaddr2 itself advises")
_PATIENT = Origin("hagen", (), "30 s for a monitor: systemd may be slow to answer on a busy node")
_OLD_CLONE_NAMES = {"promoted-max": "master-max", "promoted-node-max": "master-node-max"}


def resources(topology: Topology, dialect: Dialect) -> Iterator[Section]:
    """Yield every resource; what holds others comes after what it holds, but for bundles, which take in a primitive."""
    for vip in topology.vips:
        yield section(f"the address {vip.address}, on one node at a time", vip.origin, _vip(vip))
    yield section(
        "HAProxy, looked after by the cluster and not by systemd alone", ("proxy",), _proxy(topology)
    )
    named = topology.resources
    for remote in named.remotes:
        yield section(
            f"{remote.name} runs resources without being a member", remote.origin, _remote(remote, dialect)
        )
    for bundle in named.bundles:
        yield section(f"containers of {bundle.id}", bundle.origin, _bundle(bundle))
    for primitive in named.primitives:
        reason = (
            " ".join(primitive.description.split()) or f"{primitive.id}, looked after by {primitive.agent}"
        )
        yield section(reason, primitive.origin, _primitive(primitive, dialect))
    for group in named.groups:
        reason = f"{', then '.join(group.members)}: together, in this order"
        yield section(reason, group.origin, _group(group, dialect))
    for clone in named.clones:
        reason = f"{clone.resource} on several nodes{', some of them promoted' if clone.promotable else ''}"
        yield section(reason, clone.origin, _clone(clone, dialect))


def _vip(vip: Vip) -> tuple[Line, ...]:
    where: list[Word] = [
        (
            f"ip={vip.address} cidr_netmask={vip.network.cidr.prefixlen}",
            (vip.origins["address"], Origin("topology", (*vip.network.origin, "cidr"))),
        )
    ]
    if vip.network.interface is not None:
        where.append((f"nic={vip.network.interface}", said((*vip.network.origin, "interface"))))
    where.append(
        (f"op monitor interval={vip.monitor.pacemaker} timeout=20s", (vip.origins["monitor"], _ADVISED))
    )
    return command(f"resource create {vip.resource} ocf:heartbeat:IPaddr2", said(vip.origin), where)


def _proxy(topology: Topology) -> tuple[Line, ...]:
    made = Origin(
        "hagen", ("proxy",), "VIPs are of use only where HAProxy runs, so the cluster has to know about it"
    )
    copies = Origin(
        "hagen", ("proxy",), "one HAProxy a node; a node's own does not wait for those of other nodes"
    )
    monitor = f"op monitor interval={topology.proxy.monitor.pacemaker} timeout=30s"
    return (
        *command(
            f"resource create {PROXY} systemd:haproxy",
            (made,),
            [(monitor, (topology.proxy.origins["monitor"], _PATIENT))],
        ),
        *command(f"resource clone {PROXY} meta interleave=true", (copies,)),
    )


def _primitive(primitive: Primitive, dialect: Dialect) -> Iterator[Line]:
    words = [*assigned(primitive.instance), *_operations(primitive.operations, dialect)]
    if not primitive.agent_operations:
        words.append(("--no-default-ops", said((*primitive.origin, "agent_operations"))))
    words += grouped(_meta(primitive), "meta", dialect)
    if primitive.guest is not None:
        # pcs would rather see a command that needs the running cluster; the checklist has the steps it takes.
        words.append(("--force", said(primitive.guest.origin)))
    if primitive.bundle is not None:
        words.append((f"bundle {quote(primitive.bundle)}", said(("resources", "bundles", primitive.bundle))))
    yield from command(
        f"resource create {quote(primitive.id)} {quote(primitive.agent)}", said(primitive.origin), words
    )
    if primitive.utilization:
        at = (*primitive.origin, "utilization")
        yield from command(
            f"resource utilization {quote(primitive.id)}", said(at), assigned(primitive.utilization)
        )


def _meta(primitive: Primitive) -> tuple[Setting, ...]:
    return primitive.meta + (primitive.guest.settings if primitive.guest else ())


def _operations(operations: Iterable[Operation], dialect: Dialect) -> Iterator[Word]:
    for each in operations:
        words = [f"op {each.action}"]
        if each.interval is not None:
            words.append(f"interval={each.interval.pacemaker}")
        if each.timeout is not None:
            words.append(f"timeout={each.timeout.pacemaker}")
        if each.role is not None:
            words.append(f"role={dialect.role(each.role)}")
        words += [quote(f"{setting.name}={setting.value}") for setting in each.settings]
        if len(words) == 1:  # pcs wants to hear something of it; these are its own intervals
            words.append(f"interval={'60s' if each.action == 'monitor' else '0s'}")
        yield " ".join(words), said(each.origin)


def _group(group: Group, dialect: Dialect) -> Iterator[Line]:
    members = " ".join(map(quote, group.members))
    yield from command(f"resource group add {quote(group.id)} {members}", said(group.origin))
    if group.meta:
        yield from command(
            f"resource meta {quote(group.id)}",
            said((*group.origin, "meta")),
            assigned(group.meta, dialect=dialect),
        )


def _clone(clone: Clone, dialect: Dialect) -> tuple[Line, ...]:
    name = f" {quote(clone.id)}" if clone.custom else ""
    if not clone.promotable:
        first = f"resource clone {quote(clone.resource)}{name}"
        return command(first, said(clone.origin), grouped(clone.meta, "meta", dialect))
    if not dialect.master:
        first = f"resource promotable {quote(clone.resource)}{name}"
        return command(first, said(clone.origin), grouped(clone.meta, "meta", dialect))
    meta = [each._replace(name=_OLD_CLONE_NAMES.get(each.name, each.name)) for each in clone.meta]
    first = f"resource master {quote(clone.id)} {quote(clone.resource)}"
    return command(first, said(clone.origin), assigned(meta, dialect=dialect))


def _bundle(bundle: Bundle) -> tuple[Line, ...]:
    words = [*grouped(bundle.container, f"container {bundle.kind}")]
    words += grouped(bundle.network, "network")
    for each in bundle.ports:
        words += grouped(each.settings, "port-map")
    for each in bundle.storage:
        words += grouped(each.settings, "storage-map")
    words += grouped(bundle.meta, "meta")
    return command(f"resource bundle create {quote(bundle.id)}", said(bundle.origin), words)


def _remote(remote: Remote, dialect: Dialect) -> tuple[Line, ...]:
    words: list[Word] = [
        (f"server={remote.address}", said((*remote.origin, "address"))),
        (f"port={remote.port}", said(remote.origin)),
    ]
    if remote.reconnect_interval is not None:
        at = (*remote.origin, "reconnect_interval")
        words.append((f"reconnect_interval={remote.reconnect_interval.pacemaker}", said(at)))
    words += _operations(remote.operations, dialect)
    words += grouped(remote.meta, "meta", dialect)
    # pcs would rather see a command that needs the running cluster; the checklist has the steps it takes.
    words.append(("--force", said(remote.origin)))
    return command(f"resource create {quote(remote.name)} ocf:pacemaker:remote", said(remote.origin), words)
