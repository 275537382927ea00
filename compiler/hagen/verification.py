"""What has to hold once the artifacts are applied: the checklist tells people, `verify.sh` asks the nodes.

Both are made from these values, so that they cannot say different things.
"""

from collections.abc import Iterator
from typing import NamedTuple

from hagen.artifact import Artifact, Origin
from hagen.filters import quote
from hagen.model import Stats, Topology
from hagen.naming import PROXY_CLONE, vip_resource
from hagen.quantity import bracketed, written


class Verification(NamedTuple):
    """One thing that must hold: `command` and `expect` for people, `test` for `verify.sh`, whose functions it names."""

    title: str
    command: str
    expect: str
    test: tuple[str, ...]
    origins: tuple[Origin, ...]


def verifications(topology: Topology, files: tuple[Artifact, ...]) -> tuple[Verification, ...]:
    """Return everything that has to hold on a node, in the order in which a person would look."""
    return (
        *_cluster(topology),
        *_settings(topology),
        *_resources(topology),
        *_proxy(topology),
        *_host(topology, files),
    )


def _cluster(topology: Topology) -> Iterator[Verification]:
    names, count = topology.node_names, len(topology.nodes)
    nodes = (Origin("topology", ("nodes",)),)
    yield Verification(
        "every node is online",
        "pcs status cluster",
        f"{count} nodes configured, all of them online: {', '.join(names)}",
        ("nodes_online", *names),
        nodes,
    )
    yield Verification(
        "nothing has failed",
        "crm_mon --one-shot",
        "no `Failed Resource Actions`",
        ("no_failure",),
        (Origin("hagen", (), "Pacemaker bans a resource from a node after enough failures"),),
    )
    yield Verification(
        "the cluster is not in maintenance",
        "pcs property config maintenance-mode",
        "not set, or `false`",
        ("in_service",),
        (Origin("hagen", (), "a cluster in maintenance does nothing when something fails"),),
    )
    yield Verification(
        "corosync on this node sees every member",
        "pcs status corosync\ncorosync-cmapctl | grep members",
        f"{count} members, each with status `joined`",
        ("members_joined", str(count)),
        nodes,
    )
    yield Verification(
        "this node's part of the cluster has quorum",
        "corosync-quorumtool -s",
        "`Quorate: Yes`",
        ("quorate",),
        (topology.cluster.origins["quorum.on_loss"],),
    )
    if topology.cluster.corosync.device is not None:
        yield Verification(
            "the quorum device is connected",
            "corosync-qdevice-tool -s",
            "`State: Connected`",
            ("device_connected",),
            (Origin("topology", topology.cluster.corosync.device.origin),),
        )
    yield Verification(
        "Pacemaker finds no fault with its configuration",
        "crm_verify -L -V",
        "no output, exit code 0",
        ("configuration_faultless",),
        (Origin("hagen", (), "an invalid configuration may keep resources from starting"),),
    )


def _settings(topology: Topology) -> Iterator[Verification]:
    cluster = topology.cluster
    wanted = [
        ("stonith-enabled", str(cluster.fencing.enabled).lower(), cluster.fencing.origins["enabled"]),
        ("no-quorum-policy", cluster.on_loss, cluster.origins["quorum.on_loss"]),
        *((each.name, each.value, each.origin) for each in cluster.properties),
    ]
    for name, value, origin in wanted:
        yield Verification(
            f"cluster property {name} is {value}",
            f"pcs property config {name}",
            f"`{name}` is `{value}`",
            ("property_is", name, value),
            (origin,),
        )


def _resources(topology: Topology) -> Iterator[Verification]:
    for vip in topology.vips:
        origin = (Origin("topology", vip.origin),)
        yield Verification(
            f"{vip.resource} runs on one node",
            "pcs resource status",
            f"`{vip.resource}` is `Started` on one node",
            ("runs_on", "1", vip.resource),
            origin,
        )
        yield Verification(
            f"address {vip.address} is on that node and no other",
            f"ip -brief address show to {vip.address}",
            f"one line on the node that runs `{vip.resource}`, nothing on the others",
            ("address_follows", vip.resource, str(vip.address)),
            origin,
        )
        if vip.leader is not None:
            leader = vip_resource(vip.leader)
            yield Verification(
                f"{vip.resource} is where {leader} is",
                "pcs resource status",
                f"`{vip.resource}` and `{leader}` are `Started` on the same node",
                ("same_node", vip.resource, leader),
                (vip.origins["with"],),
            )
    for device in topology.cluster.fencing.devices:
        yield Verification(
            f"fencing device {device.name} is watched",
            "pcs stonith status",
            f"`{device.name}` is `Started`",
            ("runs_on", "1", device.name),
            (Origin("topology", device.origin),),
        )


def _proxy(topology: Topology) -> Iterator[Verification]:
    proxy = topology.proxy
    count = len(topology.nodes) if proxy.everywhere else 1
    paths = topology.platform.haproxy
    yield Verification(
        f"HAProxy runs on {count} {'node' if count == 1 else 'nodes'}",
        f"pcs resource status {PROXY_CLONE}",
        "`Started` on every node"
        if proxy.everywhere
        else "`Started` on the node of the VIPs, `Stopped` on the others",
        ("runs_on", str(count), PROXY_CLONE),
        (proxy.origins["placement"],),
    )
    yield Verification(
        "HAProxy accepts its configuration",
        f"haproxy -c -f {paths['config']}",
        "`Configuration file is valid`",
        ("proxy_accepts", paths["config"]),
        (Origin("hagen", (), "a reload with a faulty file keeps the old configuration without a word"),),
    )
    for service in topology.services:
        for bind in service.binds:
            address, port = written(bind.address), str(bind.port)
            yield Verification(
                f"the proxy takes connections for {service.name} on {address} port {port}",
                f"timeout 5 bash -c '</dev/tcp/{address}/{port}'",
                "exit code 0",
                ("answers", address, port),
                bind.origins,
            )
    if proxy.stats is None:
        return
    yield from _stats(topology, proxy.stats)


def _stats(topology: Topology, stats: Stats) -> Iterator[Verification]:
    """Yield what the stats page tells; it is asked at a VIP, or at the node's own address."""
    origin = (Origin("topology", stats.origin),)
    file = topology.platform.haproxy["environment"]
    vips = [bind for bind in stats.binds if bind.owner.startswith("VIP")]
    binds = vips[:1] or [bind for bind in stats.binds if bind.port == stats.binds[0].port]
    place = (str(binds[0].port), stats.uri, *(written(bind.address) for bind in binds))
    url = f"http://{bracketed(binds[0].address)}:{binds[0].port}{stats.uri}"
    yield Verification(
        "the stats page asks for its password",
        f"curl -s -o /dev/null -w '%{{http_code}}\\n' {quote(url)}",
        f"`401`; `403` means that HAProxy found no `{stats.password_env}` in {file}",
        ("http_status", "401", *place),
        origin,
    )
    services = " ".join(service.name for service in topology.services)
    yield Verification(
        "every service has a usable server",
        f"curl -s -u {stats.user} {quote(url + ';csv')} | cut -d, -f1,2,18",
        f"asks for the password of `{stats.user}`; every service has a server that is `UP`",
        ("servers_up", stats.user, stats.password_env, file, services, *place),
        origin,
    )


def _host(topology: Topology, files: tuple[Artifact, ...]) -> Iterator[Verification]:
    for setting in topology.sysctls:
        yield Verification(
            f"kernel parameter {setting.name} is {setting.value}",
            f"sysctl -n {quote(setting.name)}",
            f"`{setting.value}`",
            ("sysctl_is", setting.name, setting.value),
            (setting.origin,),
        )
    for unit, state in (
        ("pcsd", "enabled"),
        ("corosync", "enabled"),
        ("pacemaker", "enabled"),
        ("haproxy", "disabled"),
    ):
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
        if made.target is not None:
            yield Verification(
                f"{made.target.path} is what hagen made",
                f"sha256sum {quote(made.target.path)}",
                f"the digest that `manifest.json` has for `{made.path}`",
                ("digest_is", made.digest(), made.target.path),
                (Origin("hagen", (), f"the file is made as {made.path}"),),
            )
