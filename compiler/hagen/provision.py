"""What makes machines ready, in commands: cloud-init and kickstart run the same steps at different times.

Source: the packaging of pcs, corosync and haproxy in Debian and Enterprise Linux; `schema/platforms.yaml` has the
facts that differ between them.
"""

from collections.abc import Iterator
from typing import NamedTuple

from hagen.artifact import Origin
from hagen.filters import quote
from hagen.model import Platform, Topology


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
    if cluster.fencing.sbd is not None:
        found |= dict.fromkeys(platform.sbd_packages, Origin("topology", cluster.fencing.sbd.origin))
    for package, agents in platform.agents.items():
        for device in cluster.fencing.devices:
            if device.agent in agents:
                found.setdefault(package, Origin("topology", (*device.origin, "agent")))
    if topology.proxy.stats is not None:
        # verify.sh asks the page.
        found["curl"] = Origin("topology", topology.proxy.stats.origin)
    if topology.proxy.stats_socket is not None:
        found["socat"] = Origin("topology", topology.proxy.stats_socket.origin)
    if topology.booth is not None:
        found |= dict.fromkeys(platform.booth_packages, Origin("topology", topology.booth.origin))
    found |= dict(for_firewall(topology, platform))
    for index, name in enumerate(topology.provisioning.packages):
        found.setdefault(name, Origin("topology", ("provisioning", "packages", index)))
    return tuple(found.items())


def repositories(topology: Topology) -> tuple[tuple[str, Origin], ...]:
    """Return the commands that enable the repositories of a node's packages."""
    return platform_repositories(topology.platform)


def steps(topology: Topology) -> tuple[Step, ...]:
    """Return the steps of a node that follow once packages and files are there."""
    platform = topology.platform
    return (
        *_clean(platform),
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
        _derived(
            "systemd lays hagen's settings over HAProxy's unit",
            "systemctl daemon-reload",
            "proxy",
            running=True,
        ),
        *_watchdog(topology),
        *_selinux(platform),
        *firewall(topology, platform, ("clients", "members")),
        *password(topology),
        *pcsd("pcsd takes pcs' commands on every node"),
        _derived(
            "the kernel parameters hold from now on, not only after a reboot",
            "systemctl restart systemd-sysctl.service",
            running=True,
        ),
        _derived("HAProxy's log is taken from now on", "systemctl restart rsyslog.service", running=True),
    )


def for_firewall(topology: Topology, platform: Platform) -> Iterator[tuple[str, Origin]]:
    """Yield the packages without which the firewall's files are not read."""
    if topology.provisioning.firewall:
        for name in platform.firewall_packages:
            yield name, Origin("platform", (platform.name, "firewall"))


def platform_repositories(platform: Platform) -> tuple[tuple[str, Origin], ...]:
    """Return the commands that enable the repositories of `platform`."""
    origin = Origin("platform", (platform.name, "repositories"))
    return tuple((command, origin) for command in platform.repositories)


def _clean(platform: Platform) -> Iterator[Step]:
    if platform.ready_made is not None:
        yield Step(
            f"the packages start a one-node cluster called {platform.ready_made}; pcs cannot make another one beside "
            "it; one with resources stays",
            f"if grep -q '^[[:space:]]*cluster_name: {platform.ready_made}$' /etc/corosync/corosync.conf 2>/dev/null && "
            "grep -q '^[[:space:]]*ring0_addr: 127.0.0.1$' /etc/corosync/corosync.conf && "
            "! grep -q '<resources>' /var/lib/pacemaker/cib/cib.xml 2>/dev/null; then pcs cluster destroy </dev/null; fi",
            running=True,
            origins=(Origin("platform", (platform.name, "ready_made")),),
        )


def password(topology: Topology) -> Iterator[Step]:
    """Yield what gives hacluster its password, if a file on the machine holds it."""
    if topology.cluster.password.file is not None:
        file = quote(topology.cluster.password.file)
        absent = quote(f"hacluster has no password: {topology.cluster.password.file} is not here")
        yield Step(
            "pcs authenticates as hacluster; the password comes from the file on this machine and is in no argument list",
            f"if [ -r {file} ]; then {{ printf 'hacluster:'; cat {file}; }} | chpasswd; else echo {absent} >&2; fi",
            running=False,
            origins=(topology.cluster.origins["password"],),
        )


DAEMON_PORT = 3121
"""The TCP port of pacemaker_remote, where its environment names no other."""


def remote_port(platform: Platform, port: int) -> str:
    """Return the command that lets pacemaker_remote listen on `port`. Source: Pacemaker Administration, "sysconfig"."""
    file = platform.remote_environment
    return f"sed -i '/^PCMK_remote_port=/d' {file} && echo PCMK_remote_port={port} >>{file}"


def pcsd(reason: str) -> tuple[Step, Step]:
    """Return what keeps pcsd running, for `reason`."""
    return (
        _derived(f"{reason}, now and after a reboot", "systemctl enable pcsd.service", running=False),
        _derived(reason, "systemctl start pcsd.service", running=True),
    )


def _derived(reason: str, command: str, *at: str, running: bool) -> Step:
    """Return a step that hagen takes by itself, for `reason`, because of what stands `at` that place."""
    return Step(reason, command, running, (Origin("hagen", at, reason),))


def _watchdog(topology: Topology) -> Iterator[Step]:
    if any(node.sbd is not None and (node.sbd.modules or node.sbd.blocklist) for node in topology.nodes):
        yield _derived(
            "the watchdog has its driver from now on",
            "systemctl restart systemd-modules-load.service",
            running=True,
        )


def _selinux(platform: Platform) -> Iterator[Step]:
    for name in platform.selinux:
        yield Step(
            f"SELinux lets HAProxy bind and reach the services' ports ({name})",
            f"setsebool -P {name} 1",
            running=False,
            origins=(Origin("platform", (platform.name, "selinux")),),
        )


def firewall(topology: Topology, platform: Platform, audiences: tuple[str, ...]) -> Iterator[Step]:
    """Yield what makes the firewall's files take effect on a machine that `audiences` (clients, members) connect to."""
    origins = (Origin("platform", (platform.name, "firewall")),)
    if not topology.provisioning.firewall:
        return
    if platform.firewall == "nftables":
        if "members" in audiences:
            reason = "the cluster's ports are closed to strangers"
            unit = "hagen-firewall.service"
            yield Step(f"{reason}, after a reboot too", f"systemctl enable {unit}", False, origins)
            yield Step(reason, f"systemctl reload-or-restart {unit}", True, origins)
        return
    if platform.firewall == "service":
        services = " ".join(f"--add-service=hagen-{name}" for name in audiences)
        yield Step(
            "the firewall's default zone has the services that hagen describes",
            f"if command -v firewall-offline-cmd >/dev/null; then firewall-offline-cmd -q {services}; fi",
            False,
            origins,
        )
    yield Step(
        "a firewall that runs already reads its files again",
        f"{' '.join(platform.reload)} firewalld.service",
        True,
        origins,
    )
