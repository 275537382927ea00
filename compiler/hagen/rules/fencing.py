"""Fencing: without it a node that only seems dead goes on writing while its resources start elsewhere.

Source: Pacemaker Explained, "Fencing"; ClusterLabs' answer to "can I do without": only where nothing is shared.
"""

from collections.abc import Iterator

from hagen import codes, secrecy
from hagen.clock import diskless
from hagen.defaults import settings_of
from hagen.diagnostic import Diagnostic, Label
from hagen.fencer import idle, stoppable
from hagen.model import FencingDevice, Topology
from hagen.plug import mapped

_SECRET_WORDS = frozenset({"pin", "key", "community"})
_ADDRESS_AGENT = "ocf:heartbeat:IPaddr2"
_RESERVATION_AGENTS = frozenset({"fence_scsi", "fence_mpath"})  # their `key` is one that every host may read

_WITH_FILE = "say where it is found: secrets: {{{{{0}: {{{{file: /etc/hagen/{{0}}}}}}}}}}"
_MENDS = {
    "password": _WITH_FILE.format("password"),
    "passwd": _WITH_FILE.format("password"),
    "snmp_priv_passwd": _WITH_FILE.format("snmp_priv_passwd"),
}
"""How a secret option is said instead; the agents read these from a program, `NAME_script`, and no others."""


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with fencing."""
    fencing = topology.cluster.fencing
    if fencing.enabled:
        yield from _coverage(topology)
        yield from _skipped(topology)
        if fencing.waiver.strip():
            yield codes.WAIVER_WITHOUT_NEED.at(
                ("cluster", "fencing", "waiver"),
                "fencing is on, so there is nothing to waive",
                hint="remove `waiver`, or say `enabled: false` and why: `reason: …`",
                on_key=True,
            )
    else:
        yield from _off(topology)
    for device in fencing.devices:
        yield from _map(device)
        for name, value in device.options.items():
            at = (*device.origin, "options", name)
            derived = _derived(name, value)
            if derived is not None:
                what, hint = derived
                yield codes.DERIVED_OPTION.at(
                    Label(at, secret=name.endswith("_script")),
                    f"option `{name}` of fencing device `{device.name}` {what}",
                    hint=hint,
                )
            elif _secret(device.agent, name, value):
                mend = _MENDS.get(
                    name, "hagen knows no file that this option is read from: choose a way without it"
                )
                mend = mend.format(device.name)
                if secrecy.in_url(value):
                    mend = "take the password out of the URL"
                yield codes.SECRET_OPTION.at(
                    Label(at, secret=True),
                    f"option `{name}` of fencing device `{device.name}` holds a secret as plain text",
                    hint=f"{mend}; and change it, it was in a file",
                )


def _derived(name: str, value: str) -> tuple[str, str] | None:
    """Return what is wrong with an option that hagen writes or that undoes fencing, and the mend; or None."""
    if name == "pcmk_host_list":
        other = "where the device has names of its own for the nodes, say `pcmk_host_map`"
        return "says what `targets` says already", f"remove it; {other}"
    if name == "pcmk_host_check":
        return "decides how the device's nodes are found, and `targets` has them", "remove it"
    if _misleads(name, value):
        return (
            "changes what the device is told to do, so that a node may be believed stopped and go on",
            "remove it; what fencing does to a node is said once: cluster.properties: {stonith-action: …}",
        )
    if name in {"pcmk_delay_base", "pcmk_delay_max"}:
        key = name.removeprefix("pcmk_")
        return (
            f"has a key of its own, `{key}`",
            f"say it there, with a unit: {key}: 5s; nodes that differ get a device each",
        )
    if name in {"password_script", "passwd_script"}:
        return (
            "says where the password is found, which is said under `secrets`",
            "say it there: secrets: {password: {file: …}}",
        )
    return None


def _misleads(name: str, value: str) -> bool:
    """Tell whether an option changes what is done to a node; to stop it for good is as safe as to start it anew."""
    if name == "pcmk_monitor_action":
        return value in {"off", "on", "reboot", "cycle"}  # it is run every minute, and should stop nobody
    if name == "pcmk_reboot_action":
        return value != "off"
    return name in {"action", "option"} or (name.startswith("pcmk_") and name.endswith("_action"))


def _map(device: FencingDevice) -> Iterator[Diagnostic]:
    """Yield it when the device's map of nodes leaves out some of its targets: Pacemaker never asks it for those."""
    if "pcmk_host_map" not in device.options:
        return
    names = mapped(device)
    missing = [target for target in device.targets if target.lower() not in names]
    if missing:
        yield codes.TARGET_NOT_IN_MAP.at(
            (*device.origin, "options", "pcmk_host_map"),
            f"the map of fencing device `{device.name}` leaves out {', '.join(f'`{each}`' for each in missing)}",
            Label((*device.origin, "targets"), "the nodes that it is to stop"),
            hint=f"name every target with what the device calls it: {missing[0]}:…; or take it out of `targets`",
        )


def _secret(agent: str, name: str, value: str) -> bool:
    """Tell whether an option is a secret, by its name or since its value is a URL with a user's password."""
    words = _SECRET_WORDS
    if name == "key" and agent in _RESERVATION_AGENTS:
        words = frozenset()
    return secrecy.secret(name, value, words)


def _coverage(topology: Topology) -> Iterator[Diagnostic]:
    """Yield every node and remote host that nothing can stop. With SBD without disks, a node's own watchdog does."""
    nodes = () if diskless(topology) else topology.nodes
    machines = [("node", node.name, node.attributes, node.origin) for node in nodes]
    # Pacemaker fences a remote host that it loses, as it does a member; a guest stops with its resource.
    machines += [
        ("remote host", remote.name, remote.attributes, remote.origin)
        for remote in topology.resources.remotes
    ]
    for what, name, attributes, origin in machines:
        if stoppable(topology, name, attributes):
            continue
        off = {
            at: Label(at, f"fencing device `{device.name}` is switched off")
            for device in topology.cluster.fencing.devices
            if name in device.targets and (at := idle(topology, device)) is not None
        }
        hint = (
            "add a device to cluster.fencing.devices, or in a lab say `fencing: {enabled: false, reason: …}`"
        )
        then = "so once it fails Pacemaker cannot go on"
        if diskless(topology):
            then = "so Pacemaker would take it for dead, as after a watchdog that it does not have, while it may run on"
            hint = "add a device to cluster.fencing.devices: SBD's watchdogs are those of the cluster's own nodes"
        if off:
            hint = "remove `target-role: Stopped`; if it is a default, say `meta: {target-role: Started}` of the device"
        yield codes.NO_FENCING_DEVICE.at(
            origin,
            f"no fencing device can stop {what} `{name}`, {then}",
            *off.values(),
            hint=hint,
            on_key=True,
        )


def _skipped(topology: Topology) -> Iterator[Diagnostic]:
    """Yield it when resources may start while a node that may still run them has not been stopped."""
    cluster = topology.cluster
    for each in cluster.properties:
        if (each.name, each.value) == ("startup-fencing", "false"):
            yield codes.STARTUP_UNFENCED.at(
                each.origin.at,
                "a node that nobody has seen since the cluster started is taken to be off, and may run everything",
                hint="remove `startup-fencing`: Pacemaker then stops such a node first",
                lab=not cluster.production,
            )
    for each in settings_of(topology, _ADDRESS_AGENT, "requires"):
        if each.value in {"nothing", "quorum"}:
            yield codes.STARTS_BEFORE_FENCING.at(
                each.origin.at,
                f"with `requires: {each.value}` for all resources, a VIP starts elsewhere before the node that had it is"
                " stopped: one address on two nodes",
                hint="remove it here, and say it of the resources that may run twice: resources.primitives.….meta",
                lab=not cluster.production,
            )


_LEAST = 10  # characters: nobody says why in fewer


def _says(text: str) -> bool:
    """Tell whether a text can be a reason."""
    return len(text.strip()) >= _LEAST and any(map(str.isalpha, text))


def _unsaid(key: str, text: str) -> Label:
    """Return the place of a reason that is missing or none."""
    if not text:
        return Label(("cluster", "fencing", "enabled"))
    return Label(
        ("cluster", "fencing", key), f"too short to say it: {_LEAST} characters or more, with letters"
    )


def _off(topology: Topology) -> Iterator[Diagnostic]:
    fencing = topology.cluster.fencing
    at = ("cluster", "fencing", "enabled")
    if topology.cluster.production and not _says(fencing.waiver):
        yield codes.FENCING_OFF.at(
            _unsaid("waiver", fencing.waiver),
            "fencing is off in a production cluster",
            hint="add cluster.fencing.devices; if nothing but a lab depends on it, say `purpose: lab`; else say who takes"
            " the risk: `waiver: …`",
        )
    if not _says(fencing.reason):
        yield codes.FENCING_UNREASONED.at(
            _unsaid("reason", fencing.reason),
            "fencing is off and `reason` does not say why",
            hint="say it, in ten characters or more: fencing: {enabled: false, reason: …}",
        )
    for key, there, what in (
        ("devices", bool(fencing.devices), "devices"),
        ("levels", bool(fencing.levels), "levels"),
        ("sbd", fencing.sbd is not None, "SBD"),
    ):
        if there:
            yield codes.FENCING_CONTRADICTION.at(
                at,
                f"fencing is off, yet there {'is' if key == 'sbd' else 'are'} {what}",
                Label(("cluster", "fencing", key), "this would never be used", on_key=True),
                hint=f"remove `enabled: false` or `{key}`",
            )
            return
