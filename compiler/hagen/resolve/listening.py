"""Where clients come in: binds of VIPs and of nodes, TLS, and who may come."""

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hagen import codes
from hagen.artifact import Origin
from hagen.diagnostic import Label
from hagen.model import Bind, Node, Vip
from hagen.model.frontend import Access, ClientCertificates, Hsts, Http, RateLimit, Tls
from hagen.quantity import Cidr, size
from hagen.resolve.reading import Reading
from hagen.source import Pointer


class Ground(NamedTuple):
    """What listeners stand on."""

    nodes: Mapping[str, Node]
    vips: Mapping[str, Vip]


def binds(reading: Reading, at: Pointer, said: Sequence[Any], ground: Ground, why: str) -> tuple[Bind, ...]:
    """Return what the list of binds at `at` stands for; `why` ends a complaint about a node without address."""
    found: list[Bind] = []
    for index, each in enumerate(said):
        here, port = (*at, index), Origin("topology", (*at, index, "port"))
        if "vip" in each:
            found += _of_vip(reading, (*here, "vip"), each["vip"], each["port"], ground, port)
        elif reading.known(
            codes.UNKNOWN_NETWORK, (*here, "network"), each["network"], reading.data["networks"], "network"
        ):
            found += _of_network(reading, here, each, ground, why)
    return tuple(found)


def vip_binds(reading: Reading, at: Pointer, said: Any, ground: Ground) -> tuple[Bind, ...]:
    """Return the binds of the VIPs and of the port that the mapping at `at` names."""
    port = reading.valid.origin((*at, "port"))
    return tuple(
        bind
        for index, vip in enumerate(said["vips"])
        for bind in _of_vip(reading, (*at, "vips", index), vip, said["port"], ground, port)
    )


def _of_vip(
    reading: Reading, at: Pointer, name: str, port: int, ground: Ground, said: Origin
) -> tuple[Bind, ...]:
    """Return the bind to the address of VIP `name`, if it has one; `said` is where the port comes from."""
    reading.known(codes.UNKNOWN_VIP, at, name, reading.data["vips"], "VIP")
    if name not in ground.vips:
        return ()
    vip = ground.vips[name]
    origins = (Origin("topology", at), Origin("topology", (*vip.origin, "address")), said)
    return (Bind(vip.address, port, f"VIP {name}", name, vip.network.name, at, origins),)


def _of_network(reading: Reading, here: Pointer, said: Any, ground: Ground, why: str) -> tuple[Bind, ...]:
    network = said["network"]
    without = [node.name for node in ground.nodes.values() if network not in node.addresses]
    if without:
        reading.no_address(Label((*here, "network")), without, network, why)
    return tuple(
        Bind(
            address=node.addresses[network],
            port=said["port"],
            owner=f"node {node.name}",
            vip=None,
            network=network,
            origin=here,
            origins=tuple(
                Origin("topology", at) for at in (here, (*node.origin, "addresses", network), (*here, "port"))
            ),
        )
        for node in ground.nodes.values()
        if network in node.addresses
    )


def tls(reading: Reading, at: Pointer, said: Any, listening: tuple[Bind, ...]) -> Tls:
    """Return TLS for what listens at `listening`."""
    for vip in said["certificates"]:
        here = (*at, "certificates", vip)
        reading.known(codes.UNKNOWN_VIP, here, vip, reading.data["vips"], "VIP", on_key=True)
    clients, hsts = said.get("clients"), said.get("hsts")
    return Tls(
        certificate=said.get("certificate"),
        certificates=said["certificates"],
        crt_list=said.get("crt_list"),
        profile=said["profile"],
        min_version=said.get("min_version"),
        http2=said["http2"],
        redirects=_redirects(at, said, listening),
        hsts=Hsts(hsts["days"], hsts["include_subdomains"], hsts["preload"]) if hsts else None,
        clients=ClientCertificates(clients["ca_file"], clients["verify"], clients.get("crl_file"))
        if clients
        else None,
        ocsp_update=said["ocsp_update"],
        origin=at,
        origins=reading.origins(*at),
    )


def _redirects(at: Pointer, said: Any, listening: tuple[Bind, ...]) -> tuple[Bind, ...]:
    """Return a bind for each address of `listening`, on the port of plain HTTP."""
    port = said.get("redirect_http")
    if port is None:
        return ()
    here = (*at, "redirect_http")
    by_address = {bind.address: bind for bind in reversed(listening)}
    return tuple(
        bind._replace(port=port, origin=here, origins=(Origin("topology", here), bind.origins[1]))
        for bind in reversed(by_address.values())
    )


def access(reading: Reading, at: Pointer, said: Any) -> Access:
    """Return who may come."""
    allow = said.get("allow")
    return Access(
        allow=None if allow is None else cidrs(reading, (*at, "allow"), allow),
        deny=cidrs(reading, (*at, "deny"), said.get("deny", ())),
        origins=reading.origins(*at),
    )


def cidrs(reading: Reading, at: Pointer, said: Sequence[str]) -> tuple[Cidr, ...]:
    """Return networks of clients; those that cannot be read are left out after a diagnostic."""
    found = []
    for index, text in enumerate(said):
        try:
            found.append(ipaddress.ip_network(text))
        except ValueError:
            reading.bad_cidr((*at, index), text)
    return tuple(found)


def http(reading: Reading, at: Pointer, said: Any) -> Http:
    """Return what is done with requests and answers."""
    return Http(
        keep_alive=said["keep_alive"],
        forwarded=tuple(said["forwarded"]),
        request_headers=said["request_headers"],
        response_headers=said["response_headers"],
        security_headers=said["security_headers"],
        deny_paths=tuple(said["deny_paths"]),
        max_body=size(said["max_body"]) if "max_body" in said else None,
        origins=reading.origins(*at),
    )


def rate_limit(reading: Reading, at: Pointer, said: Any) -> RateLimit | None:
    """Return how often a client may ask, or None."""
    limit = said.get("rate_limit")
    if limit is None:
        return None
    here = (*at, "rate_limit")
    return RateLimit(
        requests=limit["requests"],
        per=reading.duration(*here, "per", value=limit["per"]),
        status=limit["status"],
        counted=limit["count"],
        path=limit.get("path"),
        clients=limit["clients"],
        origin=here,
        origins=reading.origins(*here),
    )
