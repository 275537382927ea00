"""Corosync: links, transport, timing and the quorum device. Source: corosync.conf(5), corosync-qdevice(8)."""

from typing import Any

from hagen import codes, resources
from hagen.diagnostic import Label, did_you_mean
from hagen.model.corosync import Corosync, Link, Machine, QuorumDevice, Transport
from hagen.model.network import Network, Node
from hagen.model.platform import Platform
from hagen.model.setting import Setting
from hagen.resolve.platform import known_platform
from hagen.resolve.reading import Reading
from hagen.resolve.setting import MILLISECONDS, SECONDS, VOTEQUORUM, closed, properties

_FIRST_PORT = 5405  # corosync.conf(5): knet's ports are 5405 and one more for each further link
_KNET = (
    3  # the major version of Corosync from which on there is knet; pcs sets clusters up with it from then on
)
_TOKEN = 3.0  # corosync.conf(5): totem.token, in seconds
_OLD_TOKEN = 1.0  # the same before Corosync 3
_COEFFICIENT = 0.65  # corosync.conf(5): totem.token_coefficient, in seconds
_SYNC_TIMEOUT = 30.0  # corosync-qdevice(8): quorum.device.sync_timeout, in seconds
_LINK_NAMES = {
    "priority": "link_priority",
    "port": "mcastport",
    "transport": "transport",
    "ping_interval": "ping_interval",
    "ping_timeout": "ping_timeout",
    "ping_precision": "ping_precision",
    "pong_count": "pong_count",
    "mcastaddr": "mcastaddr",
    "ttl": "ttl",
}


def corosync(
    reading: Reading, platform: Platform, networks: dict[str, Network], nodes: tuple[Node, ...]
) -> Corosync:
    """Return what Corosync is told; every node must have an address on each of its links."""
    said = reading.data["cluster"]
    totem = closed(reading, ("cluster", "totem"), said["totem"], properties("cluster", "totem"), MILLISECONDS)
    consensus = _time(totem, "consensus", 0.0)
    return Corosync(
        transport=_transport(reading, platform),
        links=_links(reading, networks, nodes),
        totem=totem,
        token=_time(totem, "token", _TOKEN if _has_knet(platform) else _OLD_TOKEN),
        coefficient=_time(totem, "token_coefficient", _COEFFICIENT),
        consensus=consensus or None,
        quorum=closed(
            reading,
            ("cluster", "quorum"),
            {key: value for key, value in said["quorum"].items() if key not in {"on_loss", "device"}},
            properties("cluster", "quorum"),
            VOTEQUORUM,
        ),
        device=_device(reading, platform, said["quorum"].get("device")),
    )


def _has_knet(platform: Platform) -> bool:
    return int(platform.versions["corosync"].partition(".")[0]) >= _KNET


def _time(settings: tuple[Setting, ...], name: str, otherwise: float) -> float:
    """Return a setting in seconds, or `otherwise`."""
    return next((int(each.value) / 1000 for each in settings if each.name == name), otherwise)


def _transport(reading: Reading, platform: Platform) -> Transport:
    at, said = ("cluster", "transport"), reading.data["cluster"]["transport"]
    keys = properties(*at)
    options = closed(
        reading,
        at,
        {key: value for key, value in said.items() if key not in {"type", "crypto", "compression"}},
        keys,
        SECONDS,
        names={
            "link_mode": "link_mode",
            "ip_version": "ip_version",
            "pmtud_interval": "knet_pmtud_interval",
            "netmtu": "netmtu",
        },
    )
    return Transport(
        kind=said.get("type", "knet" if _has_knet(platform) else "udpu"),
        options=options,
        crypto=closed(reading, (*at, "crypto"), said["crypto"], keys["crypto"]["properties"]),
        compression=closed(
            reading,
            (*at, "compression"),
            said.get("compression", {}),
            keys["compression"]["properties"],
        ),
        origins=reading.origins(*at),
    )


def _links(reading: Reading, networks: dict[str, Network], nodes: tuple[Node, ...]) -> tuple[Link, ...]:
    said = reading.data["cluster"].get("links")
    places: list[tuple[dict[str, Any], Label]]
    if said is None:
        first = next(iter(reading.data["networks"]))
        label = Label(("networks", first), "the first network, so Corosync talks here", on_key=True)
        places = [({"network": first}, label)]
    else:
        places = [(each, Label(("cluster", "links", index, "network"))) for index, each in enumerate(said)]
    keys = properties("cluster")["links"]["items"]["properties"]
    found = []
    for index, (each, at) in enumerate(places):
        name = each["network"]
        if not reading.known(codes.UNKNOWN_NETWORK, at.at, name, reading.data["networks"], "network"):
            continue
        without = [node.name for node in nodes if name not in reading.data["nodes"][node.name]["addresses"]]
        if without:
            otherwise = ", or say on which network Corosync talks: cluster.links: [{network: …}]"
            reading.no_address(at, without, name, "on which Corosync talks", "" if said else otherwise)
        if name in networks:
            here = ("cluster", "links", index) if said else at.at
            settings = closed(reading, here, each, keys, MILLISECONDS, names=_LINK_NAMES)
            found.append(Link(networks[name], each.get("port", _FIRST_PORT + index), settings, here))
    return tuple(found)


def _device(reading: Reading, platform: Platform, said: Any) -> QuorumDevice | None:
    if said is None:
        return None
    at = ("cluster", "quorum", "device")
    keys = properties(*at)
    generic = _some(reading, at, said, {"timeout", "sync_timeout"})
    heuristics: tuple[Setting, ...] = ()
    if "heuristics" in said:
        here, given = (*at, "heuristics"), said["heuristics"]
        plain = {key: value for key, value in given.items() if key != "commands"}
        named_keys = keys["heuristics"]["properties"]
        heuristics = closed(reading, here, plain, named_keys, MILLISECONDS) + tuple(
            Setting(f"exec_{name}", command, "", reading.valid.origin((*here, "commands", name)))
            for name, command in given["commands"].items()
        )
    return QuorumDevice(
        host=said["host"],
        algorithm=said["algorithm"],
        port=said.get("port"),
        generic=generic,
        net=_some(reading, at, said, {"tie_breaker", "port", "connect_timeout", "force_ip_version"}),
        heuristics=heuristics,
        sync_timeout=_time(generic, "sync_timeout", _SYNC_TIMEOUT),
        machine=_machine(reading, platform, said.get("machine")),
        origin=at,
    )


def _some(
    reading: Reading, at: tuple[str, ...], said: dict[str, Any], names: set[str]
) -> tuple[Setting, ...]:
    chosen = {key: value for key, value in said.items() if key in names}
    return closed(reading, at, chosen, properties(*at), MILLISECONDS)


def _machine(reading: Reading, platform: Platform, said: Any) -> Machine | None:
    if said is None:
        return None
    at = ("cluster", "quorum", "device", "machine")
    name = said.get("platform", platform.name)
    table: Any = resources.data(resources.PLATFORMS)
    names: list[str] = list(table)
    if name not in names:
        reading.diagnostics.append(
            codes.UNKNOWN_VALUE.at(
                (*at, "platform"), f"there is no platform `{name}`", hint=did_you_mean(name, names)
            )
        )
        return None
    return Machine(said["name"], known_platform(name), at)
