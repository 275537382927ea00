"""Servers of a service: nodes of the cluster and others, who is a backup, and how HAProxy speaks with them."""

from collections.abc import Mapping
from typing import Any

from hagen import codes
from hagen.diagnostic import Label
from hagen.model import Node, Server
from hagen.model.service import Pool, ServerTls
from hagen.quantity import Address
from hagen.resolve.reading import Reading
from hagen.source import Pointer


def servers(
    reading: Reading, at: Pointer, said: Any, nodes: Mapping[str, Node], *, single_writer: bool
) -> tuple[Server, ...]:
    """Return the servers in their order, nodes first; with a writer the others are backups."""
    pool = said["servers"]
    names = pool.get("nodes", [] if pool["external"] else list(nodes))
    everyone = [*names, *pool["external"]]
    writer = said.get("writer", everyone[0] if single_writer and everyone else None)
    if writer is not None and writer not in everyone:
        _no_server(reading, at, writer, nodes)
    for index, name in enumerate(pool["backup"]):
        here = (*at, "servers", "backup", index)
        reading.known(codes.UNKNOWN_SERVER, here, name, dict.fromkeys(everyone), "server")
    for name in pool["weights"]:
        here = (*at, "servers", "weights", name)
        reading.known(codes.UNKNOWN_SERVER, here, name, dict.fromkeys(everyone), "server", on_key=True)
    port = pool.get("port", said["port"])
    places = [
        (name, name, address, port, ("nodes", name))
        for name, address in _of_nodes(reading, at, said, names, nodes)
    ]
    return tuple(
        Server(
            name=name,
            node=node,
            address=address,
            port=own,
            backup=name in pool["backup"] or (writer is not None and name != writer),
            weight=pool["weights"].get(name),
            origin=origin,
        )
        for name, node, address, own, origin in (*places, *_external(reading, at, pool, port, nodes))
    )


def _of_nodes(
    reading: Reading, at: Pointer, said: Any, names: list[str], nodes: Mapping[str, Node]
) -> list[tuple[str, Address]]:
    """Return the servers that are nodes, each with its address on the servers' network."""
    if not names:
        return []
    network, place = _network(reading, at, said)
    found: list[tuple[str, Address]] = []
    without: dict[Pointer, list[str]] = {}
    for index, name in enumerate(names):
        here = (*at, "servers", "nodes", index) if "nodes" in said["servers"] else place
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
    return found


def _external(
    reading: Reading, at: Pointer, pool: Any, port: int, nodes: Mapping[str, Node]
) -> list[tuple[str, None, Address | str, int, Pointer]]:
    found: list[tuple[str, None, Address | str, int, Pointer]] = []
    for name, said in pool["external"].items():
        here = (*at, "servers", "external", name)
        if name in nodes:
            reading.diagnostics.append(
                codes.SERVER_TWICE.at(
                    here,
                    f"the external server `{name}` is called like a node of the cluster",
                    Label(("nodes", name), "the node", on_key=True),
                    hint="give it another name, or say `nodes` if the node is meant",
                    on_key=True,
                )
            )
        if len({"address", "host"} & set(said)) != 1:
            wrong = "both `address` and `host`" if "host" in said else "neither `address` nor `host`"
            reading.diagnostics.append(
                codes.INCOMPLETE_SERVICE.at(
                    here, f"the external server `{name}` has {wrong}", hint="say one of the two", on_key=True
                )
            )
            continue
        address = reading.address((*here, "address"), said["address"]) if "address" in said else said["host"]
        if address is not None:
            found.append((name, None, address, said.get("port", port), here))
    return found


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


def _network(reading: Reading, at: Pointer, said: Any) -> tuple[str | None, Pointer]:
    """Return the network on which servers are reached, and the place that decided it."""
    network = said["servers"].get("network")
    networks = reading.data["networks"]
    if network is not None:
        here = (*at, "servers", "network")
        known = reading.known(codes.UNKNOWN_NETWORK, here, network, networks, "network")
        return (network if known else None), here
    for index, name in enumerate(said["vips"]):
        vip = reading.data["vips"].get(name)
        return (vip["network"] if vip and vip["network"] in networks else None), (*at, "vips", index)
    for index, bind in enumerate(said["bind"]):
        network = bind.get("network") or reading.data["vips"].get(bind.get("vip"), {}).get("network")
        return (network if network in networks else None), (*at, "bind", index)
    reading.diagnostics.append(
        codes.INCOMPLETE_SERVICE.at(
            at,
            f"service `{at[1]}` has no VIP that would say on which network its servers are reached",
            hint="say it: servers: {network: …}",
            on_key=True,
        )
    )
    return None, at


def pool(reading: Reading, at: Pointer, said: Any) -> Pool:
    """Return what holds for every server."""
    resolvers = said.get("resolvers")
    if resolvers is not None:
        known = reading.data["proxy"]["resolvers"]
        reading.known(codes.UNKNOWN_RESOLVERS, (*at, "resolvers"), resolvers, known, "resolvers section")
    tls = said.get("tls")
    return Pool(
        maxconn=said.get("maxconn"),
        max_connections=said.get("max_connections"),
        slowstart=reading.optional(*at, "slowstart", among=said),
        send_proxy=said["send_proxy"],
        tls=ServerTls(
            verify=tls["verify"],
            ca_file=tls.get("ca_file"),
            verify_host=tls.get("verify_host"),
            sni=tls.get("sni"),
            certificate=tls.get("certificate"),
            origin=(*at, "tls"),
            origins=reading.origins(*at, "tls"),
        )
        if tls is not None
        else None,
        resolvers=resolvers,
        init_addr=tuple(said["init_addr"]),
        init_state=said.get("init_state"),
        origins=reading.origins(*at),
    )
