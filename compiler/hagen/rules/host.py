"""The nodes themselves: kernel parameters and provisioning that go with the rest.

Source: Linux' Documentation/networking/ip-sysctl; Anaconda exists only on Fedora and its relatives.
"""

from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic
from hagen.model import Setting, Topology
from hagen.resolve.kernel import PORT_RANGE, RESERVED_PORTS, reserved_ports


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with kernel parameters and provisioning."""
    for setting in topology.sysctls:
        if setting.origin.kind == "topology":
            yield from _against_vips(topology, setting)
    if topology.provisioning.kickstart and topology.platform.kickstart is None:
        yield codes.KICKSTART_PLATFORM.at(
            ("provisioning", "kickstart"),
            f"{topology.platform.title} is not installed by Anaconda, so it reads no kickstart file",
            hint="remove `kickstart: true`; cloud-init does the same there",
        )


def _against_vips(topology: Topology, setting: Setting) -> Iterator[Diagnostic]:
    versions = {f"net.ipv{vip.address.version}.ip_nonlocal_bind" for vip in topology.vips}
    if setting.name in versions and setting.value != "1":
        yield codes.DERIVED_SYSCTL.at(
            setting.origin.at,
            f"with {setting.name}={setting.value} HAProxy cannot start where a VIP is not",
            hint="remove the line: hagen sets it to 1",
        )
    if setting.name == RESERVED_PORTS:
        given = {each.name: each.value for each in topology.sysctls}.get(PORT_RANGE)
        wanted = reserved_ports(topology, given)
        missing = sorted(wanted.keys() - _ports(setting.value))
        if missing:
            yield codes.DERIVED_SYSCTL.at(
                setting.origin.at,
                f"{setting.name} leaves out {', '.join(map(str, missing))}, on which the proxy or a daemon of the nodes listens",
                hint="add the port, or remove the line: hagen reserves what the listeners need",
            )


def _ports(value: str) -> set[int]:
    """Return the ports of a list such as ``35357,49000-49001``; what is not a number counts for nothing."""
    found: set[int] = set()
    for part in value.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdecimal() and (last or first).isdecimal():
            found.update(range(int(first), min(int(last or first), 65535) + 1))
    return found
