"""Whether every resource runs where it should."""

from collections.abc import Iterator

from hagen.artifact import Origin
from hagen.dialect import dialect
from hagen.failover import Failover
from hagen.filters import quote
from hagen.model import FencingDevice, Setting, Topology
from hagen.naming import vip_resource
from hagen.source import Pointer
from hagen.verification.verification import Verification

_OFF = {("target-role", "Stopped"), ("is-managed", "false"), ("maintenance", "true")}
"""The meta attributes by which Pacemaker does not run a resource, or does not care whether it does."""


def resources(topology: Topology) -> Iterator[Verification]:
    """Yield what is asked of VIPs, fencing devices and the resources that the topology names."""
    status = dialect(topology.platform).resource_status
    for vip in topology.vips:
        origin = (Origin("topology", vip.origin),)
        yield Verification(
            f"{vip.resource} runs on one node",
            f"pcs {status}",
            f"`{vip.resource}` is `Started` on one node",
            ("runs_on", "1", vip.resource),
            origin,
        )
        yield Verification(
            f"address {vip.address} is on that node and no other",
            f"ip -brief address show to {vip.address}",
            f"one line on the node that runs `{vip.resource}`, nothing on the others",
            ("address_follows", vip.resource, str(vip.address)),
            origin,
        )
        if vip.leader is not None:
            leader = vip_resource(vip.leader)
            yield Verification(
                f"{vip.resource} is where {leader} is",
                f"pcs {status}",
                f"`{vip.resource}` and `{leader}` are `Started` on the same node",
                ("same_node", vip.resource, leader),
                (vip.origins["with"],),
            )
    for device in topology.cluster.fencing.devices:
        yield Verification(
            f"fencing device {device.name} is watched",
            f"pcs {dialect(topology.platform).stonith_status}",
            f"`{device.name}` is `Started`",
            ("runs_on", "1", device.name),
            (Origin("topology", device.origin),),
        )
        if topology.cluster.fencing.enabled and _on(device.meta):
            yield _usable(device)
    for name, what, at in _wanted(topology):
        yield Verification(
            f"{what} {name} runs",
            f"pcs {status}",
            f"`{name}` is `Started`",
            ("runs_somewhere", name),
            (Origin("topology", at),),
        )
    yield from _managed(topology)


def _usable(device: FencingDevice) -> Verification:
    """Return whether Pacemaker's fencer would use a device for its targets. Source: stonith_admin(8), ``--list``."""
    return Verification(
        f"fencing device {device.name} can stop {', '.join(device.targets)}",
        "\n".join(f"stonith_admin --list {quote(target)}" for target in device.targets),
        f"`{device.name}` among what each line prints, but on nodes where it may not run",
        ("can_stop", device.name, *device.targets),
        (Origin("topology", (*device.origin, "targets")),),
    )


def _managed(topology: Topology) -> Iterator[Verification]:
    """Yield whether Pacemaker keeps everything running that the topology does not take away from it.

    A cluster that is at rest altogether, and a bundle, whose copies have names of their own, are not looked at.
    Source: Pacemaker's `crm_mon`, which has "disabled", "unmanaged" and "maintenance" in brackets behind a resource.
    """
    idle = tuple(_idle(topology))
    if Failover(topology).at_rest or any(each.id in idle for each in topology.resources.bundles):
        return
    seen = f"nothing but {', '.join(f'`{name}`' for name in idle)}" if idle else "no output"
    yield Verification(
        "no resource is unmanaged or disabled by hand",
        "crm_mon --one-shot --inactive | grep -E '\\(([^)]*, )?(disabled|unmanaged|maintenance)[,)]'",
        f"{seen}; what it shows goes with `pcs resource manage` or `pcs resource enable` and the name of the resource, "
        "and `maintenance` with `pcs resource meta`, the name, and `maintenance=`",
        ("managed", *idle),
        (Origin("hagen", (), "Pacemaker lets it lie when it or its node fails"),),
    )


def _idle(topology: Topology) -> Iterator[str]:
    """Yield what the topology itself stops or leaves alone, with what is in it."""
    inside = {group.id: group.members for group in topology.resources.groups}
    inside |= {clone.id: (clone.resource,) for clone in topology.resources.clones}
    todo = [name for name, _, meta, _ in _every(topology) if not _on(meta)]
    while todo:
        name = todo.pop(0)
        yield name
        todo += inside.get(name, ())


def _wanted(topology: Topology) -> Iterator[tuple[str, str, Pointer]]:
    """Yield the resources that have to run somewhere: what was stopped on purpose or waits for a ticket has not."""
    named = topology.resources
    contained = {member for group in named.groups for member in group.members}
    contained |= {clone.resource for clone in named.clones}
    contained |= {primitive.id for primitive in named.primitives if primitive.bundle}
    absent = contained | _waiting(topology)
    for name, what, meta, origin in _every(topology):
        if name not in absent and _on(meta):
            yield name, what, origin


def _every(topology: Topology) -> Iterator[tuple[str, str, tuple[Setting, ...], Pointer]]:
    """Yield the resources that the topology names: id, what it is, meta attributes, where it stands."""
    named = topology.resources
    yield from ((each.id, "resource", each.meta, each.origin) for each in named.primitives)
    yield from ((each.id, "group", each.meta, each.origin) for each in named.groups)
    yield from ((each.id, "clone", each.meta, each.origin) for each in named.clones)
    yield from ((each.id, "bundle", each.meta, each.origin) for each in named.bundles)
    yield from ((each.name, "remote node", each.meta, each.origin) for each in named.remotes)


def _waiting(topology: Topology) -> set[str | None]:
    """Return what runs only where the site has a ticket."""
    tickets = [each for each in topology.constraints.tickets if each.role is None]
    within = [each for ticket in tickets for one in ticket.sets for each in one.resources]
    return {*within, *(ticket.resource for ticket in tickets)}


def _on(meta: tuple[Setting, ...]) -> bool:
    """Tell whether meta attributes let a resource run."""
    return all((each.name, each.value) not in _OFF for each in meta)
