"""SBD: fencing by the nodes' own watchdogs, with shared disks or without.

Source: sbd(8); pcs enables auto_tie_breaker by itself where diskless SBD needs it, which nobody would see in the topology.
"""

from collections.abc import Iterator

from hagen import codes
from hagen.clock import diskless, least_delay_start
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Topology
from hagen.model.fencing import FencingDevice, Sbd

_AGENT = "fence_sbd"
_ROOM = 5.0  # crmsh: with a quorum device the watchdog gets 35 s, the device's 30 s of sync_timeout and a little room


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with SBD."""
    sbd = topology.cluster.fencing.sbd
    yield from _nodes(topology, sbd)
    if not topology.cluster.fencing.enabled:
        return
    for device in topology.cluster.fencing.devices:
        if device.agent == _AGENT:
            yield from _device(topology, sbd, device)
    if sbd is None:
        return
    if diskless(topology):
        yield from _diskless(topology, sbd)
    elif not any(device.agent == _AGENT for device in topology.cluster.fencing.devices):
        yield codes.SBD_DISK_UNUSED.at(
            (*sbd.origin, "devices") if sbd.devices else sbd.origin,
            "no fencing device writes to the disks of SBD",
            hint=f"add a device: {{agent: {_AGENT}, targets: […], options: {{devices: {','.join(sbd.devices) or '…'}}}}}",
            on_key=True,
        )
    yield from _times(topology, sbd)


def _device(topology: Topology, sbd: Sbd | None, device: FencingDevice) -> Iterator[Diagnostic]:
    """Yield it when a device leaves its messages where no node reads them.

    The paths of a node are other names of the cluster's disks, so only the cluster's are compared.
    """
    name = f"fencing device `{device.name}`"
    if sbd is None or diskless(topology):
        there = "the cluster has no SBD" if sbd is None else "SBD has no disk"
        yield codes.SBD_DEVICE_MISFIT.at(
            (*device.origin, "agent"),
            f"{name} writes to a disk that no node reads: {there}",
            *(() if sbd is None else (Label(sbd.origin, "SBD without disks", on_key=True),)),
            hint="say the disks: cluster.fencing: {sbd: {devices: […]}}; or remove the device",
        )
        return
    said = device.options.get("devices")
    written = {path.strip() for path in (said or "").split(",")} - {""}
    if said is None or not written:
        yield codes.SBD_DEVICE_MISFIT.at(
            device.origin,
            f"{name} does not say which disks it writes to",
            hint=f'say it: options: {{devices: "{",".join(sbd.devices) or "…"}"}}',
            on_key=True,
        )
    elif sbd.devices and written != set(sbd.devices):
        yield codes.SBD_DEVICE_MISFIT.at(
            (*device.origin, "options", "devices"),
            f"{name} writes to other disks than the nodes read",
            Label((*sbd.origin, "devices"), "what they read", on_key=True),
            hint=f"write `{','.join(sbd.devices)}`",
        )


def _nodes(topology: Topology, sbd: Sbd | None) -> Iterator[Diagnostic]:
    """Yield it when what a node says of SBD has nothing to differ from, or only some nodes have disks."""
    some = any(node.sbd and node.sbd.devices for node in topology.nodes)
    for node in topology.nodes:
        if sbd is None and node.sbd is not None:
            yield codes.SBD_DISKS_DIFFER.at(
                (*node.origin, "sbd"),
                f"node `{node.name}` says how its SBD differs, and the cluster has none",
                hint="say it: cluster.fencing: {sbd: {}}; or remove it here",
                on_key=True,
            )
        elif sbd is not None and some and not sbd.devices and not (node.sbd and node.sbd.devices):
            other = next(each for each in topology.nodes if each.sbd and each.sbd.devices)
            yield codes.SBD_DISKS_DIFFER.at(
                node.origin,
                f"node `{node.name}` has no SBD disk, so a message on disk would never stop it",
                Label((*other.origin, "sbd", "devices"), "this node has one", on_key=True),
                hint="say the disks of every node, or once for all: cluster.fencing.sbd: {devices: […]}",
                on_key=True,
            )
        elif (
            sbd is not None
            and sbd.devices
            and node.sbd
            and len(node.sbd.devices) not in {0, len(sbd.devices)}
        ):
            yield codes.SBD_DISKS_DIFFER.at(
                (*node.origin, "sbd", "devices"),
                f"node `{node.name}` has {len(node.sbd.devices)} SBD disks, and the other nodes have {len(sbd.devices)}",
                Label((*sbd.origin, "devices"), "the others'", on_key=True),
                hint="all nodes use the same disks, under whatever paths",
                on_key=True,
            )


def _diskless(topology: Topology, sbd: Sbd) -> Iterator[Diagnostic]:
    """Yield it when a node that is cut off would not know that it has to reset itself."""
    cluster, count = topology.cluster, len(topology.nodes)
    if cluster.on_loss == "ignore":
        yield codes.SBD_WITHOUT_QUORUM.at(
            ("cluster", "quorum", "on_loss"),
            "with `ignore` a node that is cut off never resets itself, and without disks nothing else stops it",
            Label(sbd.origin, "SBD without disks", on_key=True),
            hint="write `stop`, or give SBD a disk",
            lab=not cluster.production,
        )
    if count % 2 == 0 and cluster.corosync.device is None and not cluster.corosync.chosen("auto_tie_breaker"):
        yield codes.SBD_WITHOUT_MAJORITY.at(
            sbd.origin,
            f"when {count} nodes split into two halves of {count // 2}, SBD without disks resets both or neither",
            hint="add a quorum device: cluster.quorum.device: {host: …}; or say which half lives, which pcs would do"
            " without telling: cluster.quorum: {auto_tie_breaker: true}",
            on_key=True,
        )


def _times(topology: Topology, sbd: Sbd) -> Iterator[Diagnostic]:
    """Yield times of SBD that do not fit each other or the quorum device's.

    Source: sbd(8) for msgwait; crmsh's manual, "Timeout formulas", for the others.
    """
    device = topology.cluster.corosync.device
    if sbd.msgwait_timeout < 2 * sbd.watchdog_timeout:
        yield codes.MSGWAIT_TOO_SHORT.at(
            (*sbd.origin, "msgwait_timeout"),
            f"after {sbd.msgwait_timeout}s a node is taken to be dead, whose watchdog may take {sbd.watchdog_timeout}s"
            " after it last saw the disk",
            hint=f"write twice the watchdog's time, {2 * sbd.watchdog_timeout}s, or leave it out",
        )
    if device is not None and sbd.watchdog_timeout < device.sync_timeout + _ROOM:
        least = device.sync_timeout + _ROOM
        yield codes.WATCHDOG_TOO_SHORT.at(
            sbd.origin,
            f"the watchdog resets a node after {sbd.watchdog_timeout}s, before the quorum device has answered"
            f" ({device.sync_timeout:g}s)",
            Label(device.origin, "this device", on_key=True),
            hint=f"write `watchdog_timeout: {least:.0f}s` or more, or a shorter `sync_timeout` for the device",
            on_key=True,
        )
    least = least_delay_start(topology, sbd)
    # To sbd, 1 means yes.
    if sbd.delay_start.isdigit() and int(sbd.delay_start) < least:
        yield codes.DELAY_START_TOO_SHORT.at(
            (*sbd.origin, "delay_start"),
            f"a node that reset fast is back after {sbd.delay_start}s, when the others may still wait to fence it"
            f" ({least:.1f}s)",
            hint=f"write {int(least) + 1}s or more: the longest delay, msgwait (without disks twice the watchdog's"
            " time), token and consensus",
        )
