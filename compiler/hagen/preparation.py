"""What people have to prepare themselves, since no artifact can hold it: keys, disks, images, programs."""

from collections.abc import Iterator
from typing import NamedTuple

from hagen.artifact import Origin
from hagen.dialect import dialect
from hagen.filters import quote
from hagen.haproxy.files import node_files
from hagen.model import Topology
from hagen.provision import DAEMON_PORT, remote_port


class Preparation(NamedTuple):
    """Something to be there before the cluster is made: what, and commands that make it so or show it (may be none)."""

    what: str
    commands: tuple[str, ...]
    origins: tuple[Origin, ...]


def preparations(topology: Topology) -> Iterator[Preparation]:
    """Yield what has to be prepared, in the order in which a person would do it."""
    for service in topology.services:
        if service.fact.before:
            origins = (Origin("topology", service.origin), service.origins["before"])
            yield Preparation(f"service {service.name}: {service.fact.before}", (), origins)
    if not dialect(topology.platform).hosts:
        names = " ".join(map(quote, topology.node_names))
        yield Preparation(
            "every node finds every other by its name, which is all that this pcs takes",
            (f"getent hosts {names}",),
            (Origin("topology", ("nodes",)),),
        )
    yield from _of_proxy(topology)
    yield from _watchdogs(topology)
    yield from _programs(topology)
    yield from _distant(topology)
    yield from _sites(topology)


def _of_proxy(topology: Topology) -> Iterator[Preparation]:
    for each in node_files(topology):
        yield Preparation(
            f"`{each.path}` is on every node: {each.what}", (f"test -s {quote(each.path)}",), (each.origin,)
        )
    for service in topology.services:
        variable = service.check.redis_password_env
        if variable is not None:
            file = topology.platform.haproxy["environment"]
            yield Preparation(
                f"a line `{variable}=…` in `{file}` on every node: the password with which HAProxy checks the servers of "
                f"{service.name}; without it none is usable",
                (),
                (Origin("topology", (*service.check.origin, "redis", "password", "env")),),
            )


def _watchdogs(topology: Topology) -> Iterator[Preparation]:
    sbd = topology.cluster.fencing.sbd
    if sbd is None:
        return
    for node in topology.nodes:
        watchdog = (node.sbd and node.sbd.watchdog) or sbd.watchdog
        at = (
            (*node.origin, "sbd", "watchdog") if node.sbd and node.sbd.watchdog else (*sbd.origin, "watchdog")
        )
        yield Preparation(
            f"node {node.name} has a watchdog at {watchdog}",
            (f"test -c {quote(watchdog)}",),
            (Origin("topology", at),),
        )
    if sbd.devices:
        yield Preparation(
            "the shared disks of SBD are there under the same names on every boot; `pcs.sh sbd-disks` writes SBD's "
            "header on them, once",
            tuple(f"test -b {quote(device)}" for device in sbd.devices),
            (Origin("topology", (*sbd.origin, "devices")),),
        )


def _programs(topology: Topology) -> Iterator[Preparation]:
    for alert in topology.alerts:
        yield Preparation(
            f"the program of alert {alert.id} is on every node",
            (f"test -x {quote(alert.path)}",),
            (Origin("topology", (*alert.origin, "path")),),
        )
    for bundle in topology.resources.bundles:
        image = next(each for each in bundle.container if each.name == "image")
        yield Preparation(
            f"{bundle.kind} and the image of bundle {bundle.id} are on every node that may run it",
            (f"{bundle.kind} image inspect --format ok {quote(image.value)}",),
            (image.origin,),
        )
    device = topology.cluster.corosync.device
    for setting in device.heuristics if device else ():
        if setting.name.startswith("exec_"):
            program = setting.value.split(" ", maxsplit=1)[0]
            yield Preparation(
                f"the program of heuristics {setting.name.removeprefix('exec_')} is on every node",
                (f"test -x {quote(program)}",),
                (setting.origin,),
            )


def _distant(topology: Topology) -> Iterator[Preparation]:
    platform = topology.platform
    hosts = [(each.name, each.port, each.origin) for each in topology.resources.remotes]
    for primitive in topology.resources.primitives:
        if primitive.guest is not None:
            ports = [int(each.value) for each in primitive.guest.settings if each.name == "remote-port"]
            hosts.append((primitive.guest.name, ports[0] if ports else DAEMON_PORT, primitive.guest.origin))
    for name, port, origin in hosts:
        host = quote(name)
        listen = () if port == DAEMON_PORT else (f"ssh {host} {quote(remote_port(platform, port))}",)
        yield Preparation(
            f"{name} has the key of Pacemaker, which `pcs.sh setup` makes on the nodes, and runs pacemaker_remote",
            (
                f"ssh {host} install -d -g haclient -m 0750 /etc/pacemaker",
                f"scp -p /etc/pacemaker/authkey {host}:/etc/pacemaker/authkey   # after pcs.sh setup",
                *listen,
                f"ssh {host} systemctl enable --now pacemaker_remote.service",
            ),
            (Origin("topology", origin),),
        )


def _sites(topology: Topology) -> Iterator[Preparation]:
    if topology.booth is not None:
        yield Preparation(
            "every site and arbitrator has the same key of booth: made once, then copied",
            (
                "booth-keygen /etc/booth/booth.key   # once; then copy it to every site, readable by booth alone",
            ),
            (Origin("topology", topology.booth.origin),),
        )
