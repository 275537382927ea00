"""Fencing: without it a node that only seems dead goes on writing while its resources start elsewhere.

Source: Pacemaker Explained, "Fencing"; ClusterLabs' answer to "can I do without": only where nothing is shared.
"""

from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Topology

_SECRET_WORDS = (
    "passw",
    "passphrase",
    "secret",
    "token",
    "credential",
    "snmp_priv",
    "community",
    "api_key",
    "apikey",
)
_HARMLESS_ENDS = ("_script", "_prompt", "_timeout", "_file")


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with fencing."""
    fencing = topology.cluster.fencing
    if fencing.enabled:
        yield from _coverage(topology)
    else:
        yield from _off(topology)
    for device in fencing.devices:
        for name in device.options:
            if any(word in name for word in _SECRET_WORDS) and not name.endswith(_HARMLESS_ENDS):
                yield codes.SECRET_OPTION.at(
                    Label((*device.origin, "options", name), secret=True),
                    f"option `{name}` of fencing device `{device.name}` holds a secret as plain text",
                    hint=f"say where it is found: secrets: {{password: {{file: /etc/hagen/{device.name}}}}}; and change it, it was in a file",
                )


def _coverage(topology: Topology) -> Iterator[Diagnostic]:
    covered = {target for device in topology.cluster.fencing.devices for target in device.targets}
    for node in topology.nodes:
        if node.name not in covered:
            yield codes.NO_FENCING_DEVICE.at(
                node.origin,
                f"no fencing device can stop node `{node.name}`, so once it fails Pacemaker cannot go on",
                hint="add a device to cluster.fencing.devices, or in a lab say `fencing: {enabled: false, reason: …}`",
                on_key=True,
            )


def _off(topology: Topology) -> Iterator[Diagnostic]:
    fencing = topology.cluster.fencing
    at = ("cluster", "fencing", "enabled")
    if topology.cluster.production:
        yield codes.FENCING_OFF.at(
            at,
            "fencing is off in a production cluster",
            hint="add cluster.fencing.devices; if nothing but a lab depends on it, say `purpose: lab`",
        )
    if not fencing.reason.strip():
        yield codes.FENCING_UNREASONED.at(
            at,
            "fencing is off and `reason` does not say why",
            hint="say it: fencing: {enabled: false, reason: …}",
        )
    if fencing.devices:
        yield codes.FENCING_CONTRADICTION.at(
            at,
            "fencing is off, yet there are devices",
            Label(("cluster", "fencing", "devices"), "these would never be used", on_key=True),
            hint="remove `enabled: false` or the devices",
        )
