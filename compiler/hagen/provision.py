"""What makes a node ready, in commands: cloud-init and kickstart run the same steps at different times.

Source: the packaging of pcs, corosync and haproxy in Debian and Enterprise Linux; `schema/platforms.yaml` has the
facts that differ between them.
"""

from typing import NamedTuple

from hagen.artifact import Origin
from hagen.filters import quote
from hagen.model import Topology


class Step(NamedTuple):
    """A shell command, the reason for it, and whether it needs a system that is up (not an installer's chroot)."""

    reason: str
    command: str
    running: bool
    origins: tuple[Origin, ...]


def packages(topology: Topology) -> tuple[tuple[str, Origin], ...]:
    """Return the packages of a node, each with its origin: first the platform's, then those asked for."""
    platform, cluster = topology.platform, topology.cluster
    found = {name: Origin("platform", (platform.name, "packages")) for name in platform.packages}
    if cluster.corosync.device is not None:
        found[platform.qdevice] = Origin("topology", cluster.corosync.device.origin)
    for index, name in enumerate(topology.provisioning.packages):
        found.setdefault(name, Origin("topology", ("provisioning", "packages", index)))
    return tuple(found.items())


def repositories(topology: Topology) -> tuple[tuple[str, Origin], ...]:
    """Return the commands that enable the repositories of these packages."""
    origin = Origin("platform", (topology.platform.name, "repositories"))
    return tuple((command, origin) for command in topology.platform.repositories)


def steps(topology: Topology) -> tuple[Step, ...]:
    """Return the steps that follow once packages and files are there."""
    platform = topology.platform
    found = []
    if platform.ready_made is not None:
        found.append(
            Step(
                f"the packages start a one-node cluster called {platform.ready_made}; pcs cannot make another one beside it",
                f"if grep -q '^[[:space:]]*cluster_name: {platform.ready_made}$' /etc/corosync/corosync.conf 2>/dev/null; "
                "then pcs cluster destroy </dev/null; fi",
                running=True,
                origins=(Origin("platform", (platform.name, "ready_made")),),
            )
        )
    found += [
        _derived(
            "Pacemaker starts HAProxy, so systemd must not",
            "systemctl disable haproxy.service",
            "proxy",
            running=False,
        ),
        _derived(
            "a HAProxy that runs already, without Pacemaker, would hold the ports",
            "systemctl stop haproxy.service",
            "proxy",
            running=True,
        ),
    ]
    found += _security(topology)
    if topology.cluster.password.file is not None:
        file = quote(topology.cluster.password.file)
        found.append(
            Step(
                "pcs authenticates as hacluster; the password comes from the file on this node and is in no argument list",
                f"if [ -r {file} ]; then {{ printf 'hacluster:'; cat {file}; }} | chpasswd; fi",
                running=False,
                origins=(topology.cluster.origins["password"],),
            )
        )
    found += [
        _derived(
            "pcsd takes pcs' commands on every node, now and after a reboot",
            "systemctl enable pcsd.service",
            running=False,
        ),
        _derived("pcsd takes pcs' commands on every node", "systemctl start pcsd.service", running=True),
        _derived(
            "the kernel parameters hold from now on, not only after a reboot", "sysctl --system", running=True
        ),
        _derived("HAProxy's log is taken from now on", "systemctl restart rsyslog.service", running=True),
    ]
    return tuple(found)


def _derived(reason: str, command: str, *at: str, running: bool) -> Step:
    """Return a step that hagen takes by itself, for `reason`, because of what stands `at` that place."""
    return Step(reason, command, running, (Origin("hagen", at, reason),))


def _security(topology: Topology) -> list[Step]:
    """Return what SELinux and the firewall of the platform have to be told."""
    platform = topology.platform
    found = [
        Step(
            f"SELinux lets HAProxy bind and reach the services' ports ({name})",
            f"setsebool -P {name} 1",
            running=False,
            origins=(Origin("platform", (platform.name, "selinux")),),
        )
        for name in platform.selinux
    ]
    if platform.firewalld:
        opened = " ".join(f"--add-port={port}/tcp" for port in _ports(topology))
        found.append(
            Step(
                "the firewall lets the cluster through, the clients to the proxy, and the proxy to servers and their checks",
                "if command -v firewall-offline-cmd >/dev/null; then "
                f"firewall-offline-cmd -q --add-service=high-availability {opened}; fi",
                running=False,
                origins=(
                    Origin("platform", (platform.name, "firewalld")),
                    Origin("topology", ("services",)),
                ),
            )
        )
        found.append(
            Step(
                "the firewall that runs already learns of it",
                "if systemctl -q is-active firewalld.service; then firewall-cmd -q --reload; fi",
                running=True,
                origins=(Origin("platform", (platform.name, "firewalld")),),
            )
        )
    return found


def _ports(topology: Topology) -> list[int]:
    """Return every port on which a node is reached by clients, or by the proxy of another node."""
    binds = [bind for service in topology.services for bind in service.binds]
    binds += topology.proxy.stats.binds if topology.proxy.stats else ()
    ports = {bind.port for bind in binds}
    for service in topology.services:
        ports.update(server.port for server in service.servers)
        if service.check.port is not None:
            ports.add(service.check.port)
    return sorted(ports)
