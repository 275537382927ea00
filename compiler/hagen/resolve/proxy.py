"""HAProxy itself: what is said of the process, and the listeners that are its own."""

from typing import Any

from hagen import codes
from hagen.diagnostic import Label
from hagen.model import Proxy, Stats
from hagen.model.proxy import (
    Acme,
    AcmeServer,
    LogTarget,
    Metrics,
    Nameserver,
    Peer,
    Peers,
    Resolvers,
    StatsSocket,
)
from hagen.quantity import Address
from hagen.resolve.listening import Ground, binds, cidrs
from hagen.resolve.reading import Reading
from hagen.source import Pointer

_AT = ("proxy",)


def proxy(reading: Reading, ground: Ground) -> Proxy:
    """Return HAProxy's own settings."""
    said = reading.data["proxy"]
    state = said.get("server_state")
    return Proxy(
        everywhere=said["placement"] == "everywhere",
        maxconn=said["maxconn"],
        service_maxconn=said["service_maxconn"],
        threads=said.get("threads"),
        retries=said["retries"],
        timeouts=reading.durations((*_AT, "timeouts"), said["timeouts"]),
        hard_stop_after=reading.optional(*_AT, "hard_stop_after", among=said),
        facility=said["log"]["facility"],
        level=said["log"]["level"],
        json=said["log"]["format"] == "json",
        log_target=_log_target(reading, said["log"]),
        monitor=reading.duration(*_AT, "monitor", value=said["monitor"]),
        stats=_stats(reading, said["stats"], ground) if "stats" in said else None,
        stats_socket=_stats_socket(reading, said.get("stats_socket")),
        metrics=_metrics(reading, said["metrics"], ground) if "metrics" in said else None,
        peers=_peers(reading, said["peers"], ground) if "peers" in said else None,
        resolvers=tuple(_resolvers(reading, name, each) for name, each in said["resolvers"].items()),
        server_state=state and state["file"],
        error_files=said["error_files"],
        acme=_acme(reading, said["acme"], ground) if "acme" in said else None,
        extra_global=tuple(said["extra"]["global"]),
        extra_defaults=tuple(said["extra"]["defaults"]),
        origins=reading.origins("proxy"),
    )


def _log_target(reading: Reading, said: Any) -> LogTarget | None:
    at, target = (*_AT, "log", "target"), said.get("target")
    address = target and reading.address((*at, "address"), target["address"])
    return LogTarget(address, target["port"], at) if address else None


def _stats(reading: Reading, said: Any, ground: Ground) -> Stats:
    at = (*_AT, "stats")
    return Stats(
        binds=binds(reading, (*at, "bind"), said["bind"], ground, "on which the stats page is to be reached"),
        user=said["user"],
        password_env=said["password"]["env"],
        realm=said["realm"],
        uri=said["uri"],
        refresh=reading.duration(*at, "refresh", value=said["refresh"]),
        origin=at,
        origins=reading.origins(*at),
    )


def _stats_socket(reading: Reading, said: Any) -> StatsSocket | None:
    at = (*_AT, "stats_socket")
    return (
        said and StatsSocket(said["path"], said["level"], said.get("group"), at, reading.origins(*at))
    ) or None


def _metrics(reading: Reading, said: Any, ground: Ground) -> Metrics:
    at = (*_AT, "metrics")
    return Metrics(
        binds=binds(reading, (*at, "bind"), said["bind"], ground, "on which the exporter is to be reached"),
        path=said["path"],
        allow=cidrs(reading, (*at, "allow"), said["allow"]) if "allow" in said else None,
        origin=at,
        origins=reading.origins(*at),
    )


def _on_network(
    reading: Reading, at: Pointer, network: str, ground: Ground, why: str
) -> list[tuple[str, Address]]:
    """Return each node with its address on `network`, which is said at `at`."""
    if not reading.known(codes.UNKNOWN_NETWORK, at, network, reading.data["networks"], "network"):
        return []
    without = [name for name in ground.nodes if network not in reading.data["nodes"][name]["addresses"]]
    if without:
        reading.no_address(Label(at), without, network, why)
    return [
        (name, node.addresses[network]) for name, node in ground.nodes.items() if network in node.addresses
    ]


def _peers(reading: Reading, said: Any, ground: Ground) -> Peers:
    at = (*_AT, "peers")
    found = _on_network(
        reading, (*at, "network"), said["network"], ground, "on which the proxies talk to each other"
    )
    return Peers(
        peers=tuple(Peer(name, address, said["port"]) for name, address in found),
        origin=at,
        origins=reading.origins(*at),
    )


def _resolvers(reading: Reading, name: str, said: Any) -> Resolvers:
    at = (*_AT, "resolvers", name)
    found = []
    for key, each in said["nameservers"].items():
        here = (*at, "nameservers", key)
        address = reading.address((*here, "address"), each["address"])
        if address is not None:
            found.append(Nameserver(key, address, each["port"], here))
    return Resolvers(
        name=name,
        nameservers=tuple(found),
        retries=said["retries"],
        timeout=reading.duration(*at, "timeout", value=said["timeout"]),
        hold_valid=reading.duration(*at, "hold_valid", value=said["hold_valid"]),
        origin=at,
        origins=reading.origins(*at),
    )


def _acme(reading: Reading, said: Any, ground: Ground) -> Acme:
    at = (*_AT, "acme")
    found = _on_network(
        reading, (*at, "network"), said["network"], ground, "on which ACME's challenges are answered"
    )
    return Acme(
        servers=tuple(AcmeServer(name, address, said["port"]) for name, address in found),
        origin=at,
        origins=reading.origins(*at),
    )
