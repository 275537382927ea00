"""The Pacemaker cluster: quorum, fencing, properties, links, and the platform that it runs on."""

from typing import Any

from hagen import codes, resources
from hagen.artifact import Origin
from hagen.diagnostic import Label, did_you_mean
from hagen.model import (
    Cluster,
    Fencing,
    FencingDevice,
    Network,
    Node,
    Platform,
    QuorumDevice,
    Secret,
    Setting,
)
from hagen.resolve.reading import Reading
from hagen.source import Json, Pointer


def platform(reading: Reading) -> Platform:
    """Return what `schema/platforms.yaml` says of the topology's platform."""
    name = reading.data["cluster"]["platform"]
    table: Any = resources.data(resources.PLATFORMS)
    facts = table[name]
    return Platform(
        name=name,
        title=facts["title"],
        family=facts["family"],
        versions=facts["versions"],
        packages=tuple(facts["packages"]),
        install=facts["install"],
        qdevice=facts["qdevice"],
        qnetd_packages=tuple(facts["qnetd"]["packages"]),
        qnetd_commands=tuple(facts["qnetd"]["commands"]),
        repositories=tuple(facts["repositories"]),
        haproxy=facts["haproxy"],
        log_target=facts["log"]["target"],
        log_socket=facts["log"]["socket"],
        log_port=facts["log"]["port"],
        daemons=facts["daemons"],
        selinux=tuple(facts["selinux"]),
        firewalld=facts["firewalld"],
        ready_made=facts["ready_made"],
        kickstart=facts["kickstart"],
    )


def cluster(reading: Reading, networks: dict[str, Network], nodes: tuple[Node, ...]) -> Cluster:
    """Return the cluster; every node must have an address on each of its links."""
    said = reading.data["cluster"]
    device = said["quorum"].get("device")
    return Cluster(
        name=said["name"],
        description=said["description"],
        production=said["purpose"] == "production",
        links=_links(reading, networks, nodes),
        password=Secret(said["password"].get("env"), said["password"].get("file")),
        on_loss=said["quorum"]["on_loss"],
        device=device and QuorumDevice(device["host"], device["algorithm"], ("cluster", "quorum", "device")),
        fencing=_fencing(reading, nodes),
        properties=_settings(reading, ("cluster", "properties"), said["properties"]),
        resource_defaults=_settings(reading, ("cluster", "resource_defaults"), said["resource_defaults"]),
        origin=("cluster",),
        origins=reading.origins("cluster"),
    )


def _links(reading: Reading, networks: dict[str, Network], nodes: tuple[Node, ...]) -> tuple[Network, ...]:
    said = reading.data["cluster"].get("links")
    if said is None:
        first = next(iter(reading.data["networks"]))
        places = [
            (first, Label(("networks", first), "the first network, so Corosync talks here", on_key=True))
        ]
    else:
        places = [
            (each["network"], Label(("cluster", "links", index, "network")))
            for index, each in enumerate(said)
        ]
    found = []
    for name, at in places:
        if not reading.known(codes.UNKNOWN_NETWORK, at.at, name, reading.data["networks"], "network"):
            continue
        without = [node.name for node in nodes if name not in reading.data["nodes"][node.name]["addresses"]]
        if without:
            otherwise = ", or say on which network Corosync talks: cluster.links: [{network: …}]"
            reading.no_address(at, without, name, "on which Corosync talks", "" if said else otherwise)
        if name in networks:
            found.append(networks[name])
    return tuple(found)


def _fencing(reading: Reading, nodes: tuple[Node, ...]) -> Fencing:
    said = reading.data["cluster"]["fencing"]
    devices = []
    for name, each in said["devices"].items():
        at = ("cluster", "fencing", "devices", name)
        for index, target in enumerate(each["targets"]):
            if all(target != node.name for node in nodes):
                reading.diagnostics.append(
                    codes.UNKNOWN_NODE.at(
                        (*at, "targets", index),
                        f"there is no node `{target}`",
                        hint=did_you_mean(target, [node.name for node in nodes]),
                    )
                )
        devices.append(
            FencingDevice(
                name=name,
                agent=each["agent"],
                targets=tuple(each["targets"]),
                options={key: _written(value) for key, value in each["options"].items()},
                secrets={key: value["file"] for key, value in each["secrets"].items()},
                monitor=reading.duration(*at, "monitor", value=each["monitor"]),
                origin=at,
            )
        )
    origins = reading.origins("cluster", "fencing")
    return Fencing(said["enabled"], said["reason"], tuple(devices), origins)


def _settings(reading: Reading, at: Pointer, said: dict[str, Any]) -> tuple[Setting, ...]:
    properties: Any = resources.data(resources.SCHEMA)
    for step in at:
        properties = properties["properties"][step]
    found = []
    for name, value in said.items():
        kind = properties["properties"][name].get("$ref", "")
        text = (
            reading.duration(*at, name, value=value).pacemaker
            if kind.endswith("/duration")
            else _written(value)
        )
        found.append(Setting(name, text, "", Origin("topology", (*at, name))))
    return tuple(found)


def _written(value: Json) -> str:
    """Return a scalar as Pacemaker and agents write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
