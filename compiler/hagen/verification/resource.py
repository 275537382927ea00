"""Whether every resource runs where it should."""

from collections.abc import Iterator

from hagen.artifact import Origin
from hagen.dialect import dialect
from hagen.model import Setting, Topology
from hagen.naming import vip_resource
from hagen.source import Pointer
from hagen.verification.verification import Verification


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
    for name, what, at in _wanted(topology):
        yield Verification(
            f"{what} {name} runs",
            f"pcs {status}",
            f"`{name}` is `Started`",
            ("runs_somewhere", name),
            (Origin("topology", at),),
        )


def _wanted(topology: Topology) -> Iterator[tuple[str, str, Pointer]]:
    """Yield the resources that have to run somewhere: what was stopped on purpose or waits for a ticket has not."""
    named = topology.resources
    contained = {member for group in named.groups for member in group.members}
    contained |= {clone.resource for clone in named.clones}
    contained |= {primitive.id for primitive in named.primitives if primitive.bundle}
    every = [
        *((each.id, "resource", each.meta, each.origin) for each in named.primitives),
        *((each.id, "group", each.meta, each.origin) for each in named.groups),
        *((each.id, "clone", each.meta, each.origin) for each in named.clones),
        *((each.id, "bundle", each.meta, each.origin) for each in named.bundles),
        *((each.name, "remote node", each.meta, each.origin) for each in named.remotes),
    ]
    absent = contained | _waiting(topology)
    for name, what, meta, origin in every:
        if name not in absent and _on(meta):
            yield name, what, origin


def _waiting(topology: Topology) -> set[str | None]:
    """Return what runs only where the site has a ticket."""
    tickets = [each for each in topology.constraints.tickets if each.role is None]
    within = [each for ticket in tickets for one in ticket.sets for each in one.resources]
    return {*within, *(ticket.resource for ticket in tickets)}


def _on(meta: tuple[Setting, ...]) -> bool:
    """Tell whether meta attributes let a resource run."""
    return all(
        (each.name, each.value) not in {("target-role", "Stopped"), ("is-managed", "false")} for each in meta
    )
