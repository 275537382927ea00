"""What has to hold once the artifacts are applied: the checklist tells people, `verify.sh` asks the nodes.

Both are made from these values, so that they cannot say different things.
"""

from collections.abc import Iterator
from typing import NamedTuple

from hagen.artifact import Artifact, Origin
from hagen.filters import quote
from hagen.model import Service, Topology
from hagen.source import Pointer


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
    if topology.cluster.device is not None:
        yield Verification(
            "the quorum device is connected",
            "corosync-qdevice-tool -s",
            "`State: Connected`",
            ("device_connected",),
            (Origin("topology", topology.cluster.device.origin),),
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
            yield Verification(
                f"{vip.resource} is where vip_{vip.leader} is",
                "pcs resource status",
                f"`{vip.resource}` and `vip_{vip.leader}` are `Started` on the same node",
                ("same_node", vip.resource, f"vip_{vip.leader}"),
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
        "pcs resource status lb-haproxy-clone",
        "`Started` on every node" if proxy.everywhere else "`Started` on the node of the VIPs, `Stopped` on the others",
        ("runs_on", str(count), "lb-haproxy-clone"),
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
            yield Verification(
                f"{service.name} answers on {bind.address} port {bind.port}",
                f"timeout 5 bash -c '</dev/tcp/{bind.address}/{bind.port}'",
                "exit code 0",
                ("answers", str(bind.address), str(bind.port)),
                (Origin("topology", service.origin),),
            )
    if proxy.stats is None:
        return
    stats = proxy.stats
    origin = (Origin("topology", stats.origin),)
    bind = next((each for each in stats.binds if each.owner.startswith("VIP")), stats.binds[0])
    url = f"http://{f'[{bind.address}]' if bind.address.version == 6 else bind.address}:{bind.port}{stats.uri}"  # noqa: PLR2004
    yield Verification(
        "the stats page asks for its password",
        f"curl -s -o /dev/null -w '%{{http_code}}\\n' {quote(url)}",
        f"`401`; `403` means that HAProxy found no `{stats.password_env}` in {paths['environment']}",
        ("http_status", "401", url),
        origin,
    )
    yield Verification(
        "every service has a usable server",
        f"curl -s -u {stats.user} {quote(url + ';csv')} | cut -d, -f1,2,18",
        f"asks for the password of `{stats.user}`; every service has a server that is `UP`",
        ("servers_up", url + ";csv", stats.user, stats.password_env, *(service.name for service in topology.services)),
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
    for unit, state in (("pcsd", "enabled"), ("corosync", "enabled"), ("pacemaker", "enabled"), ("haproxy", "disabled")):
        reason = "Pacemaker starts HAProxy, so systemd must not" if state == "disabled" else "the node has to rejoin the cluster after a reboot"
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
                ("digest_is", _digest(made), made.target.path),
                (Origin("hagen", (), f"the file is made as {made.path}"),),
            )


def _digest(made: Artifact) -> str:
    import hashlib  # noqa: PLC0415  only a build needs it

    return hashlib.sha256(made.text.encode()).hexdigest()


class Drill(NamedTuple):
    """Something to break on purpose: the commands, what must happen, within how many seconds, and why so many."""

    title: str
    commands: tuple[str, ...]
    expect: str
    seconds: float
    because: str
    undo: tuple[str, ...]
    origin: Pointer


_TOKEN_MS = 3000  # corosync.conf(5): totem.token
_TOKEN_EACH_MS = 650  # corosync.conf(5): totem.token_coefficient, for every node beyond two
_CONSENSUS = 1.2  # corosync.conf(5): totem.consensus is 1.2 times token
_START_S = 5.0  # an address and its gratuitous ARP take one or two seconds; room for a busy node
_PROXY_S = 5.0  # systemd starts HAProxy, and Pacemaker asks once whether it runs
_FENCE_S = 15.0  # a power cycle through a BMC, told and confirmed


def drills(topology: Topology) -> tuple[Drill, ...]:
    """Return the failovers to rehearse, each with the outage that a client may see."""
    count = len(topology.nodes)
    move = _START_S + (0.0 if topology.proxy.everywhere else _PROXY_S)
    moved = f"{move:.0f} s to start the address{'' if topology.proxy.everywhere else ' and HAProxy'} elsewhere"
    vip = topology.vips[0]
    token = (_TOKEN_MS + max(0, count - 2) * _TOKEN_EACH_MS) / 1000
    lost = token * (1 + _CONSENSUS)
    fenced = _FENCE_S if topology.cluster.fencing.enabled else 0.0
    where = f'node=$(crm_resource --resource {vip.resource} --locate --quiet | head -n 1); echo "$node"'
    found: list[Drill] = []
    if count > 1:
        found.append(
            Drill(
                f"planned: the node of {vip.resource} goes into standby",
                (where, 'pcs node standby "$node"'),
                f"`pcs resource status` shows `{vip.resource}` on another node",
                move,
                moved,
                ('pcs node unstandby "$node"',),
                vip.origin,
            )
        )
        found.append(
            Drill(
                f"unplanned: the node of {vip.resource} loses power",
                (where,),
                "cut that node's power (at its BMC, not by a clean shutdown); the VIPs come up on another node",
                lost + fenced + move,
                f"{lost:.1f} s until Corosync forms a cluster without it (token {token:.2f} s, consensus {_CONSENSUS} times that), "
                + (f"{fenced:.0f} s to fence it, " if fenced else "")
                + moved,
                ("pcs cluster start   # on that node, if it does not rejoin by itself",),
                vip.origin,
            )
        )
    found.append(
        Drill(
            f"HAProxy dies on the node of {vip.resource}",
            ("pkill -KILL -x haproxy   # on that node",),
            "HAProxy is started again, by systemd or by Pacemaker's next look",
            topology.proxy.monitor.seconds + _PROXY_S + move,
            f"{topology.proxy.monitor.seconds:g} s until the next look, {_PROXY_S:.0f} s to start HAProxy, {moved}",
            ("pcs resource cleanup lb-haproxy-clone",),
            topology.proxy.origins["monitor"].at,
        )
    )
    found += [_server_drill(topology, service) for service in topology.services]
    return tuple(found)


def _server_drill(topology: Topology, service: Service) -> Drill:
    check = service.check
    refused = check.fall * check.inter.seconds
    hung = check.fall * (check.inter.seconds + (service.timeouts.get("check") or topology.proxy.timeouts["check"]).seconds)
    first = service.servers[0]
    others = len(service.servers) - 1
    expect = f"HAProxy marks `{first.node}` of `{service.name}` DOWN" + (" and goes on with the others" if others else "; the service is gone")
    return Drill(
        f"{service.name}: the service on {first.node} stops",
        (f"# stop the service on {first.node}; then freeze it (kill -STOP) instead",),
        expect,
        refused,
        f"{check.fall} failed checks, one every {check.inter.seconds:g} s; if it hangs instead of refusing, up to {hung:g} s",
        (f"# start the service on {first.node}; HAProxy uses it again after {check.rise} good checks",),
        (*service.origin, "check"),
    )
