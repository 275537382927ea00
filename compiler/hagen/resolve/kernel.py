"""Kernel parameters: those that VIPs and listeners need, then those that the topology asks for."""

from collections.abc import Mapping

from hagen.artifact import Origin
from hagen.model import Setting, Topology
from hagen.occupancy import ports
from hagen.resolve.reading import Reading
from hagen.source import Pointer

EPHEMERAL_PORTS = range(32768, 61000)
"""What Linux hands out to outgoing connections by default, the first and the last being 32768 and 60999."""

RESERVED_PORTS = "net.ipv4.ip_local_reserved_ports"
PORT_RANGE = "net.ipv4.ip_local_port_range"


def sysctls(reading: Reading, topology: Topology) -> tuple[Setting, ...]:
    """Return the parameters in the order in which they are written; what is said comes before what is derived.

    `topology` is complete but for them.
    """
    derived = {}
    vips = topology.vips
    for version in sorted({vip.address.version for vip in vips}):
        reason = "HAProxy binds VIPs on nodes that do not hold them at the moment"
        first = next(vip for vip in vips if vip.address.version == version)
        name = f"net.ipv{version}.ip_nonlocal_bind"
        derived[name] = Setting(name, "1", reason, Origin("hagen", first.origin, reason))
    said = reading.data["kernel"]["sysctl"]
    reserved = reserved_ports(topology, said.get(PORT_RANGE))
    if reserved:
        reason = "the kernel would otherwise hand these listeners' ports to outgoing connections"
        written = ",".join(str(port) for port in sorted(reserved))
        derived[RESERVED_PORTS] = Setting(
            RESERVED_PORTS, written, reason, Origin("hagen", reserved[min(reserved)], reason)
        )
    for name, value in said.items():
        at = ("kernel", "sysctl", name)
        derived[name] = Setting(name, str(value), "", Origin("topology", at))
    return tuple(derived.values())


def reserved_ports(topology: Topology, said: str | int | None) -> Mapping[int, Pointer]:
    """Return the ports that outgoing connections must not take, each with its place.

    `said` is the topology's own ip_local_port_range, or None. What cannot be read counts as the kernel's default.
    """
    first, _, last = " ".join(str(said).split()).partition(" ")
    given = range(int(first), int(last) + 1) if first.isdecimal() and last.isdecimal() else EPHEMERAL_PORTS
    return {port: at for port, at in ports(topology).items() if port in given}
