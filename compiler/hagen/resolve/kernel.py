"""Kernel parameters: those that VIPs and listeners need, then those that the topology asks for."""

from hagen.artifact import Origin
from hagen.model import Bind, Setting, Vip
from hagen.resolve.reading import Reading

EPHEMERAL_PORTS = range(32768, 61000)
"""What Linux hands out to outgoing connections by default (net.ipv4.ip_local_port_range)."""

RESERVED_PORTS = "net.ipv4.ip_local_reserved_ports"


def sysctls(reading: Reading, vips: tuple[Vip, ...], binds: tuple[Bind, ...]) -> tuple[Setting, ...]:
    """Return the parameters in the order in which they are written; what is said comes before what is derived."""
    derived = {}
    for version in sorted({vip.address.version for vip in vips}):
        reason = "HAProxy binds VIPs on nodes that do not hold them at the moment"
        first = next(vip for vip in vips if vip.address.version == version)
        name = f"net.ipv{version}.ip_nonlocal_bind"
        derived[name] = Setting(name, "1", reason, Origin("hagen", first.origin, reason))
    reserved = {bind.port: bind.origin for bind in binds if bind.port in EPHEMERAL_PORTS}
    if reserved:
        reason = "the kernel would otherwise hand these listeners' ports to outgoing connections"
        ports = ",".join(str(port) for port in sorted(reserved))
        derived[RESERVED_PORTS] = Setting(
            RESERVED_PORTS, ports, reason, Origin("hagen", reserved[min(reserved)], reason)
        )
    for name, value in reading.data["kernel"]["sysctl"].items():
        at = ("kernel", "sysctl", name)
        derived[name] = Setting(name, str(value), "", Origin("topology", at))
    return tuple(derived.values())
