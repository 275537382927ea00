"""The machines that are made ready, in groups that are alike: nodes, the quorum device's host, remote hosts."""

from collections.abc import Iterator
from typing import NamedTuple

from hagen.artifact import Artifact, Origin
from hagen.model import Platform, Topology
from hagen.model.resource import Remote
from hagen.provision import (
    DAEMON_PORT,
    Step,
    firewall,
    for_firewall,
    packages,
    password,
    pcsd,
    platform_repositories,
    remote_port,
    repositories,
    steps,
)
from hagen.qnetd import only_with_certificate
from hagen.source import Pointer

NODE, QUORUM_DEVICE = "Node", "Quorum device"
"""What the groups of the nodes and of the quorum device's host say that they are."""


class Host(NamedTuple):
    """A machine to be made ready: its name, and where the topology speaks of it."""

    name: str
    origin: Pointer


class Group(NamedTuple):
    """Hosts that are made ready in the same way; `what` says what they are, as a sentence begins.

    `by_hand`: a person has to give hacluster its password on them, since no file there holds it and pcs asks for it.
    """

    what: str
    by_hand: bool
    hosts: tuple[Host, ...]
    platform: Platform
    packages: tuple[tuple[str, Origin], ...]
    repositories: tuple[tuple[str, Origin], ...]
    steps: tuple[Step, ...]

    def files(self, made: tuple[Artifact, ...]) -> tuple[Artifact, ...]:
        """Return the artifacts among `made` that belong on each of these hosts."""
        names = tuple(host.name for host in self.hosts)
        return tuple(each for each in made if each.target is not None and each.target.nodes == names)

    def own_files(self, host: Host, made: tuple[Artifact, ...]) -> tuple[Artifact, ...]:
        """Return the artifacts among `made` that belong on `host` and on no other of several hosts."""
        if len(self.hosts) == 1:
            return ()
        return tuple(each for each in made if each.target is not None and each.target.nodes == (host.name,))


def groups(topology: Topology) -> tuple[Group, ...]:
    """Return every machine that is made ready: the nodes, the quorum device's host, the remote hosts."""
    platform = topology.platform
    by_hand = topology.cluster.password.file is None
    nodes = Group(
        NODE,
        by_hand,
        tuple(Host(node.name, node.origin) for node in topology.nodes),
        platform,
        packages(topology),
        repositories(topology),
        steps(topology),
    )
    remotes = tuple(
        Group(
            "Remote host",
            False,  # pcs.sh gives it no commands
            (Host(remote.name, remote.origin),),
            platform,
            _plus(platform.remote_packages, Origin("topology", remote.origin), topology),
            repositories(topology),
            _remote_steps(topology, remote),
        )
        for remote in topology.resources.remotes
    )
    return (nodes, *_device(topology), *remotes)


def _device(topology: Topology) -> Iterator[Group]:
    """Yield the group of the quorum device's host, if it is to be made ready."""
    device = topology.cluster.corosync.device
    if device is None or device.machine is None:
        return
    platform = device.machine.platform
    origin = (Origin("platform", (platform.name, "qnetd")),)
    yield Group(
        QUORUM_DEVICE,
        topology.cluster.password.file is None,
        (Host(device.machine.name, device.machine.origin),),
        platform,
        tuple((name, *origin) for name in platform.qnetd_packages),
        platform_repositories(platform),
        (
            *firewall(topology, platform, ("clients",)),
            *password(topology),
            *(
                Step("the host answers the nodes that ask for its vote", command, False, origin)
                for command in platform.qnetd_prepare
            ),
            Step(
                "its port is open to everybody: whoever has no certificate that it has signed is not served",
                only_with_certificate(platform.family),
                False,
                origin,
            ),
            *(
                Step("the host answers from now on", command, True, origin)
                for command in (*platform.qnetd_start, "systemctl restart corosync-qnetd.service")
            ),
        ),
    )


def _remote_steps(topology: Topology, remote: Remote) -> tuple[Step, ...]:
    platform = topology.platform
    unit = platform.remote_unit
    port = Step(
        "the daemon listens where the nodes look for it",
        remote_port(platform, remote.port),
        running=False,
        origins=(Origin("topology", remote.origin),),
    )
    return (
        *firewall(topology, platform, ("members",)),
        *password(topology),
        *pcsd("pcsd takes the key that pcs hands out"),
        *((port,) if remote.port != DAEMON_PORT else ()),
        Step(
            "Pacemaker's nodes run resources here through this daemon",
            f"systemctl enable {unit}",
            running=False,
            origins=(Origin("platform", (platform.name, "remote")),),
        ),
    )


def _plus(names: tuple[str, ...], origin: Origin, topology: Topology) -> tuple[tuple[str, Origin], ...]:
    return (*((name, origin) for name in names), *for_firewall(topology, topology.platform))
