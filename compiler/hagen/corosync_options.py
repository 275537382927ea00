"""What Corosync's and SBD's configuration files are to say, a line an option: `pcs.sh` compares the nodes' with these.

A line is a name, a blank and a value. Names are the places of corosync.conf(5) with the name of the node, or the number
of the link, in the middle: ``node.left.ring0_addr``, ``totem.interface.1.knet_link_priority``, ``totem.token``,
``quorum.device.net.host``; for SBD ``sbd.SBD_STARTMODE``, and ``sbd.SBD_DEVICE@left`` where nodes differ.
"""

from collections.abc import Iterator

from hagen.artifact import Line, Origin
from hagen.dialect import dialect
from hagen.filters import Origins
from hagen.model import Setting, Topology

_MULTICAST = frozenset({"mcastaddr", "mcastport", "ttl"})
"""Options of a link that corosync.conf(5) knows by the names that pcs takes; the others begin with ``knet_`` there."""


def options(topology: Topology) -> tuple[Line, ...]:
    """Return every option that the topology says, and the nodes and their addresses."""
    return tuple(
        Line(f"{name} {value}", origins)
        for part in (_nodes, _totem, _quorum, _sbd)
        for name, value, origins in part(topology)
    )


def _nodes(topology: Topology) -> Iterator[tuple[str, str, Origins]]:
    new = dialect(topology.platform).hosts
    for node in topology.nodes:
        for number, link in enumerate(topology.cluster.corosync.links):
            # pcs 0.9 puts the node's name where later ones put the address of the first link.
            address = str(node.addresses[link.network.name]) if new or number else node.name
            yield f"node.{node.name}.ring{number}_addr", address, (Origin("topology", node.origin),)


def _totem(topology: Topology) -> Iterator[tuple[str, str, Origins]]:
    corosync = topology.cluster.corosync
    transport = corosync.transport
    yield "totem.transport", transport.kind, (topology.cluster.origins["transport"],)
    yield from _named("totem.", transport.options)
    if transport.kind == "knet":
        yield from _named("totem.knet_compression_", transport.compression)
        yield from _named("totem.crypto_", transport.crypto)
    elif not dialect(topology.platform).hosts:
        # pcs 0.9 turns encryption on or off, and Corosync 2 chooses how.
        for each in transport.crypto:
            if each.name == "cipher":
                yield "totem.secauth", "off" if each.value == "none" else "on", (each.origin,)
    yield from _named("totem.", corosync.totem)
    # With multicast, pcs 0.9 completes a link's options with values of its own: there they are not compared.
    for number, link in enumerate(corosync.links if dialect(topology.platform).hosts else ()):
        for each in link.settings:
            name = each.name if each.name in _MULTICAST else f"knet_{each.name}"
            yield f"totem.interface.{number}.{name}", each.value, (each.origin,)


def _quorum(topology: Topology) -> Iterator[tuple[str, str, Origins]]:
    yield from _named("quorum.", topology.cluster.corosync.quorum)
    device = topology.cluster.corosync.device
    if device is not None:
        here = (Origin("topology", device.origin),)
        yield "quorum.device.model", "net", here
        yield from _named("quorum.device.", device.generic)
        yield "quorum.device.net.host", device.host, here
        yield "quorum.device.net.algorithm", device.algorithm, here
        yield from _named("quorum.device.net.", device.net)
        yield from _named("quorum.device.heuristics.", device.heuristics)


def _named(before: str, settings: tuple[Setting, ...]) -> Iterator[tuple[str, str, Origins]]:
    for each in settings:
        yield before + each.name, each.value, (each.origin,)


def _sbd(topology: Topology) -> Iterator[tuple[str, str, Origins]]:
    sbd = topology.cluster.fencing.sbd
    if sbd is None:
        return
    yield "sbd.SBD_WATCHDOG_TIMEOUT", str(sbd.watchdog_timeout), (sbd.origins["watchdog_timeout"],)
    yield "sbd.SBD_DELAY_START", sbd.delay_start, (sbd.origins["delay_start"],)
    yield "sbd.SBD_STARTMODE", sbd.startmode, (sbd.origins["startmode"],)
    if sbd.timeout_action is not None:
        yield "sbd.SBD_TIMEOUT_ACTION", sbd.timeout_action, (sbd.origins["timeout_action"],)
    watchdogs = {node.name: (node.sbd and node.sbd.watchdog) or sbd.watchdog for node in topology.nodes}
    yield from _each(topology, "sbd.SBD_WATCHDOG_DEV", watchdogs)
    devices = {node.name: ";".join((node.sbd and node.sbd.devices) or sbd.devices) for node in topology.nodes}
    yield from _each(topology, "sbd.SBD_DEVICE", devices)


def _each(topology: Topology, name: str, values: dict[str, str]) -> Iterator[tuple[str, str, Origins]]:
    """Yield one value for all nodes if they agree, or one for each; nothing where there is none."""
    everywhere = set(values.values())
    if len(everywhere) == 1:
        (value,) = everywhere
        if value:
            yield name, value, (Origin("topology", ("cluster", "fencing", "sbd")),)
        return
    for node in topology.nodes:
        yield f"{name}@{node.name}", values[node.name], (Origin("topology", node.origin),)
