"""HAProxy and the services behind it: catalog types, binds and servers become what HAProxy is told."""

from collections.abc import Mapping
from typing import Any

from hagen import codes
from hagen.artifact import Origin
from hagen.diagnostic import Label
from hagen.model import Bind, Check, Node, Proxy, Server, Service, Stats, Vip
from hagen.quantity import Address
from hagen.resolve.reading import Reading
from hagen.source import Pointer


def proxy(reading: Reading, nodes: Mapping[str, Node], vips: Mapping[str, Vip]) -> Proxy:
    """Return HAProxy's own settings."""
    said = reading.data["proxy"]
    stats = said.get("stats")
    return Proxy(
        everywhere=said["placement"] == "everywhere",
        maxconn=said["maxconn"],
        retries=said["retries"],
        timeouts=reading.durations(("proxy", "timeouts"), said["timeouts"]),
        facility=said["log"]["facility"],
        level=said["log"]["level"],
        monitor=reading.duration("proxy", "monitor", value=said["monitor"]),
        stats=stats and _stats(reading, stats, nodes, vips),
        origins=reading.origins("proxy"),
    )


def _stats(reading: Reading, said: Any, nodes: Mapping[str, Node], vips: Mapping[str, Vip]) -> Stats:
    at = ("proxy", "stats")
    binds: list[Bind] = []
    for index, each in enumerate(said["bind"]):
        here = (*at, "bind", index)
        if "vip" in each:
            binds += _vip_binds(
                reading, (*here, "vip"), each["vip"], each["port"], vips, Origin("topology", (*here, "port"))
            )
        elif reading.known(
            codes.UNKNOWN_NETWORK, (*here, "network"), each["network"], reading.data["networks"], "network"
        ):
            network = each["network"]
            for node in nodes.values():
                if network in node.addresses:
                    origins = (here, (*node.origin, "addresses", network), (*here, "port"))
                    binds.append(
                        Bind(
                            node.addresses[network],
                            each["port"],
                            f"node {node.name}",
                            here,
                            tuple(Origin("topology", at) for at in origins),
                        )
                    )
            without = [node.name for node in nodes.values() if network not in node.addresses]
            if without:
                why = "on which the stats page is to be reached"
                reading.no_address(Label((*here, "network")), without, network, why)
    return Stats(
        binds=tuple(binds),
        user=said["user"],
        password_env=said["password"]["env"],
        realm=said["realm"],
        uri=said["uri"],
        refresh=reading.duration(*at, "refresh", value=said["refresh"]),
        origin=at,
        origins=reading.origins(*at),
    )


def _vip_binds(
    reading: Reading, at: Pointer, name: str, port: int, vips: Mapping[str, Vip], said: Origin
) -> list[Bind]:
    """Return the bind to the address of VIP `name`, if it has one; `said` is where the port comes from."""
    reading.known(codes.UNKNOWN_VIP, at, name, reading.data["vips"], "VIP")
    if name not in vips:
        return []
    vip = vips[name]
    origins = (Origin("topology", at), Origin("topology", (*vip.origin, "address")), said)
    return [Bind(vip.address, port, f"VIP {name}", at, origins)]


def services(reading: Reading, nodes: Mapping[str, Node], vips: Mapping[str, Vip]) -> tuple[Service, ...]:
    """Return the services in the order of the topology."""
    return tuple(
        filter(
            None,
            (_service(reading, name, said, nodes, vips) for name, said in reading.data["services"].items()),
        )
    )


def _service(
    reading: Reading, name: str, said: Any, nodes: Mapping[str, Node], vips: Mapping[str, Vip]
) -> Service | None:
    at = ("services", name)
    if "port" not in said:
        reading.diagnostics.append(
            codes.INCOMPLETE_SERVICE.at(
                at,
                f"service `{name}` has neither a `type` nor a `port`",
                hint="say `port`, or a `type` of the catalog",
                on_key=True,
            )
        )
        return None
    facts: Any = reading.valid.catalog[said["type"]] if "type" in said else {}
    binds: list[Bind] = []
    port = reading.valid.origin((*at, "port"))
    for index, vip in enumerate(said["vips"]):
        binds += _vip_binds(reading, (*at, "vips", index), vip, said["port"], vips, port)
    single_writer = facts.get("single_writer", False)
    servers = _servers(reading, at, said, nodes, single_writer=single_writer)
    if not binds or not servers:
        return None
    known = {key: Origin("catalog", (said["type"], key)) for key in ("title", "before") if key in facts}
    if "writer" not in said and single_writer:
        known["writer"] = Origin("catalog", (said["type"], "single_writer"))
    return Service(
        name=name,
        title=facts.get("title", ""),
        description=said["description"],
        before=facts.get("before", ""),
        binds=tuple(binds),
        mode=said["mode"],
        balance=said["balance"],
        check=_check(reading, (*at, "check"), said["check"]),
        timeouts=reading.durations((*at, "timeouts"), said["timeouts"]),
        tcp_keepalive=said["tcp_keepalive"],
        log_format=None if said.get("log_format") == "none" else said.get("log_format", f"{said['mode']}log"),
        servers=servers,
        listens_everywhere=said["servers"]["listen"] == "any",
        on_marked_down=said["on_marked_down"],
        single_writer=single_writer or "writer" in said,
        origin=at,
        origins=reading.origins(*at, known=known),
    )


def _check(reading: Reading, at: Pointer, said: Any) -> Check:
    http = said["http"]
    return Check(
        kind=said["type"],
        port=said.get("port"),
        inter=reading.duration(*at, "inter", value=said["inter"]),
        rise=said["rise"],
        fall=said["fall"],
        method=http["method"],
        path=http["path"],
        expect=tuple(http["expect"]),
    )


def _servers(
    reading: Reading, at: Pointer, said: Any, nodes: Mapping[str, Node], *, single_writer: bool
) -> tuple[Server, ...]:
    """Return the servers in their order; with a writer the others are backups."""
    chosen = said["servers"].get("nodes")
    names = list(nodes) if chosen is None else chosen
    network, place = _server_network(reading, at, said)
    found: list[tuple[str, Address]] = []
    without: dict[Pointer, list[str]] = {}
    for index, name in enumerate(names):
        here = place if chosen is None else (*at, "servers", "nodes", index)
        if not reading.known(codes.UNKNOWN_NODE, here, name, nodes, "node") or network is None:
            continue
        address = nodes[name].addresses.get(network)
        if address is not None:
            found.append((name, address))
        elif network not in reading.data["nodes"][name]["addresses"]:
            without.setdefault(here, []).append(name)
    for here, lacking in without.items():
        why = f"on which the proxy reaches service `{at[1]}`"
        otherwise = ", or say where the proxy reaches them: servers: {network: …}"
        reading.no_address(Label(here), lacking, network or "", why, otherwise)
    writer = said.get("writer", names[0] if single_writer else None)
    if writer is not None and writer not in names:
        _no_server(reading, at, writer, nodes)
    port = said["servers"].get("port", said["port"])
    return tuple(
        Server(name, address, port, writer is not None and name != writer) for name, address in found
    )


def _no_server(reading: Reading, at: Pointer, writer: str, nodes: Mapping[str, Node]) -> None:
    """Note that the writer of the service at `at` is none of its servers, or no node at all."""
    if reading.known(codes.UNKNOWN_NODE, (*at, "writer"), writer, nodes, "node"):
        reading.diagnostics.append(
            codes.WRITER_IS_NO_SERVER.at(
                (*at, "writer"),
                f"the writer `{writer}` is not one of the servers of service `{at[1]}`",
                Label((*at, "servers", "nodes"), "the servers"),
                hint="name one of these servers, or add the writer to them",
            )
        )


def _server_network(reading: Reading, at: Pointer, said: Any) -> tuple[str | None, Pointer]:
    """Return the network on which servers are reached, and the place that decided it."""
    network = said["servers"].get("network")
    if network is not None:
        here = (*at, "servers", "network")
        known = reading.known(codes.UNKNOWN_NETWORK, here, network, reading.data["networks"], "network")
        return (network if known else None), here
    first = reading.data["vips"].get(said["vips"][0])
    network = first and first["network"]
    return (network if network in reading.data["networks"] else None), (*at, "vips", 0)
