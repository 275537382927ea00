"""Makes the cluster's part of a topology sound: quorum, fencing and Corosync, where rules would refuse most of it."""

import re
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from generated.place import FENCE_AGENTS

_OLD = frozenset({"el7", "debian11", "ubuntu22.04"})
_NEW = frozenset({"el10", "debian13"})
_SECRET = re.compile("pass|paswd|pswd|secret|token|credential|snmp|community|api_?key|pw|psk", re.IGNORECASE)
_TOTEM = {
    "token": ("1s", "5s", "30s"),
    "token_coefficient": ("100ms", "1s"),
    "token_retransmits_before_loss_const": (1, 4, 10),
    "join": ("50ms", "100ms"),
    "send_join": ("80ms",),
    "merge": ("200ms",),
    "downcheck": ("1s",),
}
ON_FAIL = frozenset({"ignore", "block"})
"""What may be said of every operation, a stop among them."""

_TIMES_OF_DEVICE = ("connect_timeout", "timeout", "sync_timeout")


def without(made: Any, *keys: str) -> None:
    """Remove keys from a mapping."""
    for key in keys:
        made.pop(key, None)


def _permissions(cluster: Any) -> None:
    """Say the rights of each user and group once."""
    if "pcs_permissions" in cluster:
        once = {(each["type"], each["name"]): each for each in cluster["pcs_permissions"]}
        cluster["pcs_permissions"] = [*once.values()]


def platform(made: Any) -> None:
    """Leave out what the platform's programs do not have."""
    cluster = made["cluster"]
    _permissions(cluster)
    name = cluster["platform"]
    if name == "el7":
        without(made, "resources", "constraints", "acls", "alerts", "booth")
        kept = {"name", "platform", "purpose", "description", "password", "fencing", "quorum"}
        without(cluster, *(key for key in list(cluster) if key not in kept))
        for node in made["nodes"].values():
            without(node, "sbd", "utilization")
        if cluster.get("quorum", {}).get("on_loss") == "demote":
            cluster["quorum"]["on_loss"] = "stop"
    properties = cluster.get("properties", {})
    if name not in {"el8", "el9", "el10", "debian13"}:
        without(properties, "node-pending-timeout")
    if name in _NEW:
        without(properties, "remove-after-stop")
    if name not in {"el8", "el9", "el10", "debian13", "ubuntu24.04"}:
        for alert in made.get("alerts", {}).values():
            for each in (alert, *alert.get("recipients", {}).values()):
                without(each.get("meta", {}), "enabled")
    if name in _OLD:
        _without_new_meta(made)
        without(made.get("acls", {}), "groups")
        without(cluster.get("totem", {}), "block_unlisted_ips")


def _without_new_meta(made: Any) -> None:
    if isinstance(made, dict):
        without(made, "critical", "allow-unhealthy-nodes")
        if made.get("multiple-active") == "stop_unexpected":
            del made["multiple-active"]
        for each in made.values():
            _without_new_meta(each)


def fencing(made: Any, draw: st.DrawFn) -> None:
    """Let devices stop every machine, or turn fencing off for a reason."""
    cluster, nodes = made["cluster"], list(made["nodes"])
    said = cluster.setdefault("fencing", {})
    machines = {*nodes, *made.get("resources", {}).get("remotes", {})}
    if draw(st.integers(0, 3)):
        without(said, "enabled", "waiver")
        devices = said.setdefault("devices", {})
        if not devices:
            devices["stops-all"] = {"agent": "fence_dummy", "targets": nodes[:1]}
        some = next(iter(devices.values()))
        covered = {target for device in devices.values() for target in device["targets"]}
        some["targets"] += [name for name in sorted(machines) if name not in covered]
        for device in devices.values():
            _device(device, machines, draw)
        said["levels"] = [*_levels(said.get("levels", ()), devices, made["nodes"])]
    else:
        reason = f"no hardware {said.get('reason', '')}".strip()
        cluster["fencing"] = {"enabled": False, "reason": reason}
        cluster["purpose"] = "lab"
        if cluster.get("quorum", {}).get("on_loss") == "suicide":
            cluster["quorum"]["on_loss"] = "stop"
    _sbd(made, draw)
    without(
        cluster.get("properties", {}), "stonith-timeout", "stonith-watchdog-timeout", "priority-fencing-delay"
    )


def _device(device: Any, machines: set[str], draw: st.DrawFn) -> None:
    """Give a device an agent that is there, and options that it has."""
    device["targets"] = [each for each in device["targets"] if each in machines] or [min(machines)]
    agent = draw(st.sampled_from(tuple(FENCE_AGENTS)))
    needed, known = FENCE_AGENTS[agent]
    values = [value for value in device.get("options", {}).values() if value not in {"", True, False}]
    device["agent"] = agent
    device["options"] = {**needed, **dict(zip(known, map(str, values), strict=False))}
    without(device, "secrets")
    if "delay_base" in device:
        device["delay_base"] = "2s"
    if "delay_max" in device:
        device["delay_max"] = "5s"
    _no_role(device)


def _levels(levels: Iterable[Any], devices: Any, nodes: Any) -> Iterable[Any]:
    """Yield levels whose devices are for their nodes, counted from 1."""
    numbers: dict[str, int] = {}
    for level in levels:
        name = next((each for each in level["devices"] if each in devices), next(iter(devices)))
        node = next((each for each in devices[name]["targets"] if each in nodes), None)
        if node is None:
            continue
        kind = next(each for each in ("node", "pattern", "attribute") if each in level)
        numbers[kind + node] = numbers.get(kind + node, 0) + 1
        made = {"level": numbers[kind + node], "devices": [name]}
        if numbers[kind + node] > 9:
            continue
        if kind == "attribute":
            nodes[node].setdefault("attributes", {})["rack"] = f"r-{node}"
            yield {**made, "attribute": {"name": "rack", "value": f"r-{node}"}}
        else:
            yield {**made, kind: f"^{node}$" if kind == "pattern" else node}


def _sbd(made: Any, draw: st.DrawFn) -> None:
    """Leave SBD out, or let it be without disks where that is safe."""
    cluster = made["cluster"]
    sbd = cluster["fencing"].get("sbd")
    quorum = cluster.get("quorum", {})
    fits = len(made["nodes"]) % 2 and "device" not in quorum and quorum.get("on_loss") != "ignore"
    if sbd is None or not fits or draw(st.integers(0, 3)):
        without(cluster["fencing"], "sbd")
        for node in made["nodes"].values():
            without(node, "sbd")
        return
    without(sbd, "devices", "msgwait_timeout")
    sbd["watchdog_timeout"] = "5s"
    sbd["delay_start"] = "no"
    for node in made["nodes"].values():
        without(node.get("sbd", {}), "devices")


def quorum(made: Any) -> None:
    """Let an even number of nodes have a quorum device, and votequorum's options go together."""
    cluster, count = made["cluster"], len(made["nodes"])
    said = cluster.setdefault("quorum", {})
    if count > 2 and said.get("on_loss") == "ignore":
        cluster["purpose"] = "lab"
    if count % 2 == 0 and cluster.get("purpose") != "lab":
        said.setdefault("device", {"host": "192.0.2.250"})
    if "device" in said:
        without(said, "auto_tie_breaker", "last_man_standing", "last_man_standing_window")
        device = said["device"]
        without(device, "tie_breaker", "machine", *_TIMES_OF_DEVICE)
        without(device.get("heuristics", {}), "timeout", "sync_timeout", "interval")
    if not said.get("last_man_standing"):
        without(said, "last_man_standing_window")
    elif not said.get("wait_for_all"):
        said["wait_for_all"] = True
    if count == 2:
        without(said, "wait_for_all", "last_man_standing", "last_man_standing_window")


def corosync(made: Any) -> None:
    """Keep to knet, one link a network, and times of which each is longer than what it waits for."""
    cluster = made["cluster"]
    transport = cluster.get("transport", {})
    without(transport, "type", "netmtu", "ip_version")
    if "pmtud_interval" in transport:
        transport["pmtud_interval"] = "30s"
    crypto = transport.get("crypto", {})
    for key in [key for key, value in crypto.items() if value == "none"]:
        del crypto[key]
    without(transport.get("compression", {}), "level")
    links = {link["network"]: link for link in cluster.get("links", ())}
    for number, link in enumerate(links.values()):
        without(link, "mcastaddr", "ttl")
        if "port" in link:
            link["port"] = 5405 + number
        if {"ping_interval", "ping_timeout"} & set(link):
            link.update(ping_interval="200ms", ping_timeout="400ms")
        if transport.get("link_mode", "passive") != "passive":
            without(link, "priority")
    if links:
        cluster["links"] = [*links.values()]
    totem = cluster.get("totem", {})
    without(totem, "token_retransmit", "hold", "consensus", "max_network_delay", "heartbeat_failures_allowed")
    for key, fine in _TOTEM.items():
        if key in totem:
            totem[key] = fine[len(str(totem[key])) % len(fine)]


def policy(made: Any) -> None:
    """Let properties and defaults be such as leave every resource a place."""
    cluster = made["cluster"]
    properties = cluster.get("properties", {})
    without(
        properties,
        "symmetric-cluster",
        "remove-after-stop",
        *(key for key, value in properties.items() if str(value).endswith("ms")),
    )
    for key in (
        "resource_defaults",
        "resource_defaults_sets",
        "operation_defaults",
        "operation_defaults_sets",
    ):
        _no_role(cluster.get(key, {}))
    for each in cluster.get("operation_defaults_sets", {}).values():
        each["values"] = each["values"] or {"timeout": "30s"}
    others = cluster.get("other_properties", {})
    for name in [name for name, value in others.items() if value == "" or secret(name, value)]:
        del others[name]


def _no_role(made: Any) -> None:
    """Take out target roles that only some resources can have, and what needs fencing."""
    if isinstance(made, dict):
        if made.get("target-role") in {"Promoted", "Unpromoted"}:
            del made["target-role"]
        if made.get("requires") in {"fencing", "unfencing"}:
            del made["requires"]
        if made.get("on-fail") not in ON_FAIL:
            made.pop("on-fail", None)
        for each in made.values():
            _no_role(each)


no_role = _no_role


def secret(name: str, value: object) -> bool:
    """Tell whether somebody could take a parameter for a secret."""
    return _SECRET.search(name) is not None or "://" in str(value)
