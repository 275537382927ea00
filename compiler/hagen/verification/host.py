"""Whether a node is set up as it should be: kernel, services, files."""

from collections.abc import Iterator

from hagen.artifact import Artifact, Origin
from hagen.filters import quote
from hagen.model import Topology
from hagen.verification.verification import Verification


def host(topology: Topology, files: tuple[Artifact, ...]) -> Iterator[Verification]:
    """Yield what is asked of the node itself."""
    for setting in topology.sysctls:
        yield Verification(
            f"kernel parameter {setting.name} is {setting.value}",
            f"sysctl -n {quote(setting.name)}",
            f"`{setting.value}`",
            ("sysctl_is", setting.name, setting.value),
            (setting.origin,),
        )
    for unit, state in _units(topology):
        reason = (
            "Pacemaker starts HAProxy, so systemd must not"
            if state == "disabled"
            else "the node has to rejoin the cluster after a reboot"
        )
        yield Verification(
            f"systemd has {unit} {state}",
            f"systemctl is-enabled {unit}.service",
            f"`{state}`: {reason}",
            ("unit_is", f"{unit}.service", state),
            (Origin("hagen", (), reason),),
        )
    for made in files:
        if made.target is not None and made.target.nodes == topology.node_names:
            yield Verification(
                f"{made.target.path} is what hagen made",
                f"sha256sum {quote(made.target.path)}",
                f"the digest that `manifest.json` has for `{made.path}`",
                ("digest_is", made.digest(), made.target.path),
                (Origin("hagen", (), f"the file is made as {made.path}"),),
            )


def _units(topology: Topology) -> Iterator[tuple[str, str]]:
    """Yield systemd's units and the state that each is to be in."""
    yield from (("pcsd", "enabled"), ("corosync", "enabled"), ("pacemaker", "enabled"))
    if topology.cluster.corosync.device is not None:
        yield "corosync-qdevice", "enabled"
    if topology.cluster.fencing.sbd is not None:
        yield "sbd", "enabled"
    yield "haproxy", "disabled"
