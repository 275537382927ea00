"""Networks, nodes and VIPs: names become the things they name, texts become addresses."""

import ipaddress
from typing import Any

from hagen import codes
from hagen.diagnostic import Label
from hagen.model.network import Network, Node, NodeSbd, Vip
from hagen.naming import vip_resource
from hagen.resolve.reading import Reading
from hagen.resolve.setting import free


def networks(reading: Reading) -> dict[str, Network]:
    """Return the networks by name; one that cannot be read is left out after a diagnostic."""
    found: dict[str, Network] = {}
    for name, said in reading.data["networks"].items():
        at = ("networks", name)
        try:
            cidr = ipaddress.ip_network(said["cidr"])
        except ValueError:
            reading.bad_cidr((*at, "cidr"), said["cidr"])
            continue
        gateway = reading.address((*at, "gateway"), said["gateway"]) if "gateway" in said else None
        public = said.get("public", cidr.is_global)
        found[name] = Network(name, cidr, said.get("interface"), gateway, public, at)
    return found


def nodes(reading: Reading) -> tuple[Node, ...]:
    """Return the nodes in the order of the topology."""
    found = []
    for name, said in reading.data["nodes"].items():
        addresses = {}
        for network, text in said["addresses"].items():
            here = ("nodes", name, "addresses", network)
            reading.known(
                codes.UNKNOWN_NETWORK, here, network, reading.data["networks"], "network", on_key=True
            )
            address = reading.address(here, text)
            if address is not None:
                addresses[network] = address
        at = ("nodes", name)
        found.append(
            Node(
                name=name,
                addresses=addresses,
                attributes=free((*at, "attributes"), said["attributes"]),
                utilization=free((*at, "utilization"), said["utilization"]),
                standby=said.get("standby"),
                maintenance=said.get("maintenance"),
                sbd=_sbd(said["sbd"]) if "sbd" in said else None,
                origin=at,
            )
        )
    return tuple(found)


def _sbd(said: Any) -> NodeSbd:
    return NodeSbd(
        watchdog=said.get("watchdog"),
        devices=tuple(said.get("devices", ())),
        modules=tuple(said["watchdog_modules"]),
        blocklist=tuple(said["watchdog_modules_blocklist"]),
    )


def vips(reading: Reading, found: dict[str, Network]) -> tuple[Vip, ...]:
    """Return the VIPs in the order of the topology; those that cannot be read are left out."""
    said: Any = reading.data["vips"]
    _circles(reading)
    _homes(reading)
    made = []
    for name, each in said.items():
        at = ("vips", name)
        address = reading.address((*at, "address"), each["address"])
        known = reading.known(
            codes.UNKNOWN_NETWORK, (*at, "network"), each["network"], reading.data["networks"], "network"
        )
        leader = each.get("with")
        if leader is not None:
            reading.known(codes.UNKNOWN_VIP, (*at, "with"), leader, said, "VIP")
        network = found.get(each["network"])
        if address is None or not known or network is None:
            continue
        made.append(
            Vip(
                name=name,
                resource=vip_resource(name),
                address=address,
                network=network,
                leader=leader,
                monitor=reading.duration(*at, "monitor", value=each["monitor"]),
                origin=at,
                origins=reading.origins(*at),
            )
        )
    return tuple(made)


def _circles(reading: Reading) -> None:
    """Note each circle of VIPs that follow each other by `with`, once."""
    said = reading.data["vips"]
    seen: set[str] = set()
    for start in said:
        trail: dict[str, None] = {}
        name = start
        while name in said and name not in seen:
            seen.add(name)
            trail[name] = None
            name = said[name].get("with")
        if name not in trail:
            continue
        names = list(trail)
        circle = names[names.index(name) :]
        route = " with ".join(f"`{each}`" for each in [*circle, name])
        message, hint = f"VIPs follow each other in a circle: {route}", "let one of them have no `with`"
        if len(circle) == 1:
            message, hint = f"VIP `{name}` is to be kept with itself", "remove `with`, or name another VIP"
        reading.diagnostics.append(codes.VIP_WITH_ITSELF.at(("vips", name, "with"), message, hint=hint))


def _homes(reading: Reading) -> None:
    """Note, once a network, that a VIP may move to nodes that are not on its network."""
    first: dict[str, str] = {}
    for name, each in reading.data["vips"].items():
        if each["network"] in reading.data["networks"]:
            first.setdefault(each["network"], name)
    for network, vip in first.items():
        without = [name for name, node in reading.data["nodes"].items() if network not in node["addresses"]]
        if without:
            place = Label(("vips", vip, "network"))
            why = f"where VIP `{vip}` is, which may move to any node"
            reading.no_address(place, without, network, why)
