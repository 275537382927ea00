"""How connections are spread over servers: options that fit the algorithm, and weights that somebody reads.

Source: HAProxy configuration manual, "balance" and "hash-type".
"""

from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic
from hagen.model import Service, Topology
from hagen.said import place, said

_TAKES = {
    "url_param": frozenset({"name"}),
    "hdr": frozenset({"name"}),
    "rdp-cookie": frozenset({"name"}),
    "uri": frozenset({"length", "depth", "whole"}),
    "random": frozenset({"draws"}),
}
_NEEDS_NAME = frozenset({"url_param", "hdr"})
_HASHING = frozenset({"source", "uri", "url_param", "hdr", "rdp-cookie"})
_SPREADING = frozenset({"static-rr", "leastconn", "random", "uri", "url_param", "hdr", "rdp-cookie"})
"""Algorithms that nobody chooses for one server; the others are what deployments write for active and standby."""


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with the ways in which services are balanced."""
    for service in topology.services:
        yield from _options(service)
        yield from _inert(service)


def _options(service: Service) -> Iterator[Diagnostic]:
    algorithm, balance, origins = service.balance.algorithm, service.balance, service.origins
    if algorithm in _NEEDS_NAME and balance.name is None:
        what = "parameter" if algorithm == "url_param" else "header"
        yield codes.UNFIT_BALANCE_OPTION.at(
            place(origins, ("balance",), service.origin),
            f"service `{service.name}` is balanced by a {what}, and does not say which",
            hint="name it: balance_options: {name: …}",
        )
    given = {
        "name": balance.name is not None,
        "length": balance.length is not None,
        "depth": balance.depth is not None,
        "whole": balance.whole,
        "draws": balance.draws is not None,
    }
    for key, there in given.items():
        if there and key not in _TAKES.get(algorithm, ()):
            takers = " or ".join(f"`balance: {each}`" for each, keys in _TAKES.items() if key in keys)
            yield codes.UNFIT_BALANCE_OPTION.at(
                place(origins, (f"balance_options.{key}", "balance"), service.origin),
                f"service `{service.name}` is balanced by `{algorithm}`, which takes no `{key}`",
                hint=f"remove it, or say {takers}",
            )
    hashed = service.hash_type
    if hashed is not None and algorithm not in _HASHING and said(origins, "hash_type"):
        yield codes.UNFIT_BALANCE_OPTION.at(
            hashed.origin,
            f"service `{service.name}` is balanced by `{algorithm}`, which hashes nothing",
            hint="remove `hash_type`, or say a `balance` that hashes: source, uri, url_param, hdr or rdp-cookie",
            on_key=True,
        )


def _inert(service: Service) -> Iterator[Diagnostic]:
    """Yield weights and algorithms of a service of which one server gets everything."""
    algorithm, origins = service.balance.algorithm, service.origins
    if not (service.single_writer or algorithm == "first"):
        return
    alone = "and one server, its writer, gets all connections"
    why = alone if service.single_writer else "at which `balance: first` does not look"
    for server in service.servers:
        # With weight 0 a server is never used at all, which is more than a share.
        if server.weight:
            yield codes.INERT_SPREADING.at(
                (*service.origin, "servers", "weights", server.name),
                f"server `{server.name}` of service `{service.name}` has a weight, {why}",
                hint="remove the weight",
            )
    if service.single_writer and algorithm in _SPREADING and said(origins, "balance"):
        yield codes.INERT_SPREADING.at(
            origins["balance"].at,
            f"service `{service.name}` is balanced by `{algorithm}`, {alone}",
            hint="remove `balance`",
        )
