"""What people have to prepare themselves, since no artifact can hold it: keys, disks, images, programs, secrets."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from hagen.artifact import Line, Origin
from hagen.dialect import dialect
from hagen.filters import quote
from hagen.haproxy.files import node_files
from hagen.machine import NODE, groups
from hagen.model import FencingDevice, Topology
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
    yield from _names(topology)
    yield from _sctp(topology)
    yield from _of_proxy(topology)
    yield from _watchdogs(topology)
    yield from _programs(topology)
    yield from _distant(topology)
    yield from _sites(topology)


def _names(topology: Topology) -> Iterator[Preparation]:
    """Yield what the nodes have to find by name alone."""
    if not dialect(topology.platform).hosts:
        names = " ".join(map(quote, topology.node_names))
        yield Preparation(
            "every node finds every other by its name, which is all that this pcs takes",
            (f"getent hosts {names}",),
            (Origin("topology", ("nodes",)),),
        )
    for primitive in topology.resources.primitives:
        guest = primitive.guest
        if guest is not None and all(each.name != "remote-addr" for each in guest.settings):
            yield Preparation(
                f"every node finds guest {guest.name} by its name, since the topology has no `address` for it",
                (f"getent hosts {quote(guest.name)}",),
                (Origin("topology", guest.origin),),
            )


def _sctp(topology: Topology) -> Iterator[Preparation]:
    """Yield what lets the kernel speak SCTP. Source: modprobe.d(5), "blacklist"; modules-load.d(5)."""
    links = [link for link in topology.cluster.corosync.links if link.sctp]
    if not links:
        return
    who = f"the kernel of every node speaks SCTP, for Corosync on {', '.join(link.network.name for link in links)}"
    origins = tuple(Origin("topology", link.origin) for link in links)
    if topology.platform.family == "el":
        yield Preparation(
            f"{who}; the module is in a package of its own, which also keeps it from being loaded",
            (
                f"{topology.platform.install} kernel-modules-extra   # the one of the kernel that runs: see uname -r",
                "sed -i 's/^blacklist sctp$/# &/' /etc/modprobe.d/sctp-blacklist.conf",
                "echo sctp >/etc/modules-load.d/sctp.conf",
                "modprobe sctp",
            ),
            origins,
        )
        return
    yield Preparation(
        f"{who}; the module loads by itself when Corosync starts, if it is there and nobody has forbidden it (where "
        "Ubuntu's kernel is one for clouds, it is in the package linux-modules-extra of that kernel)",
        ("modprobe --dry-run sctp   # exit code 0",),
        origins,
    )


def _of_proxy(topology: Topology) -> Iterator[Preparation]:
    for each in node_files(topology):
        yield Preparation(
            f"`{each.path}` is on every node: {each.what}", (f"test -s {quote(each.path)}",), (each.origin,)
        )
    socket, acme = topology.proxy.stats_socket, topology.proxy.acme
    if socket is not None and socket.group is not None:
        yield Preparation(
            f"every node has the group {socket.group}, without which HAProxy does not start",
            (f"getent group {quote(socket.group)}",),
            (socket.origins["group"],),
        )
    if acme is not None:
        yield Preparation(
            f"the ACME client of each node answers challenges on port {acme.servers[0].port} of the node's own address",
            (),
            (Origin("topology", acme.origin),),
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


def secrets(topology: Topology) -> Iterator[Line]:
    """Yield the files that hold secrets, what they are, and where else than on every node they have to be."""
    kept: defaultdict[tuple[str, str], list[FencingDevice]] = defaultdict(list)
    for device in topology.cluster.fencing.devices:
        for name, file in device.secrets.items():
            kept[file, name].append(device)
    for (file, name), devices in kept.items():
        whose = ", ".join(f"`{device.name}`" for device in devices)
        yield Line(
            f"`{file}`: the {name} of fencing device{'s' if len(devices) > 1 else ''} {whose}",
            tuple(Origin("topology", (*device.origin, "secrets", name)) for device in devices),
        )
    password = topology.cluster.password
    if password.file is not None:
        others = [host.name for group in groups(topology) if group.what != NODE for host in group.hosts]
        yield Line(
            f"`{password.file}`: the password of `hacluster`, {_also_on(others)}, before the cloud-init or kickstart file "
            "runs there",
            (topology.cluster.origins["password"],),
        )


def authenticated(topology: Topology) -> Line:
    """Return on which machines hacluster has the password by which pcs authenticates, in words."""
    device = topology.cluster.corosync.device
    origins = (topology.cluster.origins["password"],)
    if device is None:
        return Line(_also_on([]), origins)
    name = device.machine.name if device.machine else device.host
    return Line(_also_on([name]), (*origins, Origin("topology", device.origin)))


def _also_on(others: list[str]) -> str:
    *some, last = ["on every node", *(f"on `{name}`" for name in others)]
    return f"{', '.join(some)} and {last}" if some else last
