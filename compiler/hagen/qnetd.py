"""The host of the quorum device: its ports and why they are open, whom it serves, how it is made ready by hand.

Source: corosync-qnetd(8) and its unit file, whose environment names the options; pcs(8), "qdevice setup".
"""

from hagen.artifact import Line, Origin
from hagen.model import Topology
from hagen.ports import QNETD, of_device


def ports(topology: Topology) -> Line | None:
    """Return the ports that nodes connect to, in words; None if there is no quorum device."""
    rows = of_device(topology)
    if not rows:
        return None
    text = " and ".join(f"port {row.port}/{row.protocol}" for row in rows)
    return Line(text, tuple(origin for row in rows for origin in row.origins))


def remarks(topology: Topology) -> tuple[Line, ...]:
    """Return why the firewall of a host that hagen makes ready is as it is, or is not there."""
    device, there = topology.cluster.corosync.device, ports(topology)
    if device is None or device.machine is None or there is None:
        return ()
    text = f"P{there.text[1:]} are for whoever asks, since the host may serve other clusters too: corosync-qnetd serves "
    text += "nobody without a certificate that it has signed, and pcsd wants the password of `hacluster`."
    blocks = device.machine.platform.firewall != "nftables"
    if not (blocks and topology.provisioning.firewall):
        text += " There is no firewall file for it"
        text += ", as none is wanted" if not topology.provisioning.firewall else ", as nothing blocks them"
        text += "; a firewall of your own has to let them through."
    return (Line(text, (*there.origins, Origin("topology", device.machine.origin))),)


def commands(topology: Topology) -> tuple[str, ...]:
    """Return the commands that make somebody else's machine the host of the quorum device."""
    device, platform = topology.cluster.corosync.device, topology.platform
    if device is None:
        return ()
    return (
        f"{platform.install} {' '.join(platform.qnetd_packages)}",
        "passwd hacluster   # the same password as on the nodes",
        *platform.qnetd_commands,
        *(_listen(platform.family, device.port) if device.port not in {None, QNETD} else ()),
    )


def only_with_certificate(family: str) -> str:
    """Return the command that lets the daemon serve nobody without a certificate that it has signed.

    Without "-s req" it serves whoever names a cluster and does not ask for TLS. pcs gives every node a certificate.
    """
    return f"echo 'COROSYNC_QNETD_OPTIONS=\"-s req\"' >{_environment(family)}"


def _listen(family: str, port: int | None) -> tuple[str, ...]:
    """Return the commands that move the daemon to `port`."""
    file = _environment(family)
    opened = (f"firewall-cmd --permanent --add-port={port}/tcp", "firewall-cmd --reload")
    return (
        f"grep -qs '^COROSYNC_QNETD_OPTIONS=' {file} || echo 'COROSYNC_QNETD_OPTIONS=\"\"' >>{file}",
        f"sed -i '/^COROSYNC_QNETD_OPTIONS=/s/\"$/ -p {port}\"/' {file}   # not {QNETD}: other clusters of this host must follow",
        "systemctl restart corosync-qnetd.service",
        *(() if family == "debian" else opened),
    )


def _environment(family: str) -> str:
    """Return the file of which the daemon's unit takes its options."""
    return "/etc/default/corosync-qnetd" if family == "debian" else "/etc/sysconfig/corosync-qnetd"
