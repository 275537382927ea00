"""Checks that find out whether a server can be used, and not something else.

Source: HAProxy configuration manual, "option httpchk", "option mysql-check", "check-ssl" and "agent-check"; OpenStack
HA guide, whose galera example asks an HTTP port with mysql-check and takes every node down.
"""

import re
from collections.abc import Iterator
from typing import Any

from hagen import codes, resources
from hagen.diagnostic import Diagnostic
from hagen.model import Service, Topology
from hagen.said import place, said

_KINDS = ("http", "mysql", "pgsql", "redis", "smtp")
"""Kinds of check that have settings of their own."""
_OF_ANY = ("port", "tls", "sni", "inter", "fastinter", "downinter", "rise", "fall", "agent")
_CONNECTING = frozenset({"none", "tcp"})
_TONGUES = {"tcp": "a protocol of its own", "tls": "TLS", "http": "HTTP"}
"""What protocols of the catalog are called, where that is not their name."""


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with the checks of services."""
    for service in topology.services:
        if said(service.origins, "check"):
            yield from _inert(service)
            yield from _shallow(service)
            yield from _unusable(service)
            yield from _agent(service)
        if service.check.kind == "none" and len(service.servers) > 1:
            yield codes.NO_CHECK.at(
                place(service.origins, ("check.type",), service.origin),
                f"service `{service.name}` has {len(service.servers)} servers and no check, so a dead one goes on getting its share",
                hint="say how a living server is told: check: {type: http, http: {path: …}}, or at least `type: tcp`",
            )
        yield from _protocol(service)


def _inert(service: Service) -> Iterator[Diagnostic]:
    """Yield settings that the kind of check does not use."""
    kind, origins = service.check.kind, service.origins
    for each in _KINDS:
        if each != kind and said(origins, f"check.{each}"):
            yield codes.INERT_CHECK.at(
                origins[f"check.{each}"].at,
                f"service `{service.name}` describes a check of type `{each}`, but its check is of type `{kind}`",
                hint=f"say `type: {each}`, or remove `{each}`",
                on_key=True,
            )
    for each in _OF_ANY if kind == "none" else ():
        if said(origins, f"check.{each}"):
            yield codes.INERT_CHECK.at(
                origins[f"check.{each}"].at,
                f"service `{service.name}` is not checked, so `{each}` has no effect",
                hint=f"say another `type` than none, or remove `{each}`",
                on_key=True,
            )
    sni = service.check.sni is not None and said(origins, "check.sni")
    if kind != "none" and sni and not _tls(service):
        yield codes.INERT_CHECK.at(
            origins["check.sni"].at,
            f"the check of service `{service.name}` names a host by TLS, and it does not speak TLS",
            hint="say `tls: true` beside it, or remove `sni`",
            on_key=True,
        )


def _tls(service: Service) -> bool:
    """Tell whether the check speaks TLS: as the servers do, but not on a port of its own (manual, "check-ssl")."""
    check_ = service.check
    return check_.tls if check_.tls is not None else service.pool.tls is not None and check_.port is None


def _shallow(service: Service) -> Iterator[Diagnostic]:
    if service.check.kind != "tcp" or service.type is None or not said(service.origins, "check.type"):
        return
    catalog: Any = resources.data(resources.CATALOG)
    better = catalog[service.type]["service"].get("check", {}).get("type", "tcp")
    if better not in _CONNECTING:
        yield codes.SHALLOW_CHECK.at(
            service.origins["check.type"].at,
            f"the check of service `{service.name}` only connects, and the catalog has one of type `{better}` that asks",
            hint="remove `type: tcp`: a process that hangs still takes connections",
        )


def _unusable(service: Service) -> Iterator[Diagnostic]:
    """Yield checks that say too little, or whose expectation contradicts itself."""
    check_, origins = service.check, service.origins
    if check_.kind in {"mysql", "pgsql"} and not check_.user:
        yield codes.UNUSABLE_CHECK.at(
            place(origins, ("check.type",), service.origin),
            f"the check of service `{service.name}` logs in, and does not say as whom",
            hint=f"say it beside the type: {check_.kind}: {{user: haproxy}}; the user needs no password and no rights",
        )
    if check_.kind == "ssl-hello" and (
        check_.tls or (service.pool.tls and check_.port is None and check_.tls is None)
    ):
        yield codes.UNUSABLE_CHECK.at(
            place(origins, ("check.type",), service.origin),
            f"the check of service `{service.name}` says hello inside of TLS, where nobody answers it",
            hint="say `type: tcp`, which then judges the servers' TLS, or `type: http`",
        )
    if check_.kind != "http":
        return
    if check_.expect_regex is not None and not _compiles(check_.expect_regex):
        yield codes.UNUSABLE_CHECK.at(
            origins["check.http.expect_regex"].at,
            f"`{check_.expect_regex}` is not a regular expression",
            hint="write it like 2[0-9][0-9]|401, or use `expect`",
        )
    if check_.expect_regex is not None and said(origins, "check.http.expect"):
        yield codes.UNUSABLE_CHECK.at(
            origins["check.http.expect"].at,
            f"the check of service `{service.name}` has both `expect` and `expect_regex`, and one of them decides",
            hint="remove one of them",
            on_key=True,
        )
    for index, each in enumerate(check_.expect):
        if isinstance(each, tuple) and each[0] > each[1]:
            yield codes.UNUSABLE_CHECK.at(
                (*check_.origin, "http", "expect", index),
                f"no status code is from {each[0]} to {each[1]}",
                hint=f"write the smaller one first: {each[1]}-{each[0]}",
            )


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _agent(service: Service) -> Iterator[Diagnostic]:
    check_ = service.check
    if check_.agent is None or check_.kind == "none":
        return
    port = check_.agent.port
    taken = "the service itself" if port in {server.port for server in service.servers} else ""
    taken = "its check" if not taken and port == check_.port else taken
    if taken:
        yield codes.AGENT_PORT_TAKEN.at(
            place(service.origins, ("check.agent.port",), service.origin),
            f"the agent of service `{service.name}` is asked on port {port}, where {taken} is reached",
            hint="give the agent, a program of its own on the server, another port",
        )


def _protocol(service: Service) -> Iterator[Diagnostic]:
    """Yield it when what the check speaks is not what the port that it asks speaks."""
    check_, fact = service.check, service.fact
    if check_.kind in _CONNECTING or not (fact.protocol or fact.answers):
        return
    own = {server.port for server in service.servers}
    asked = check_.port if check_.port is not None else next(iter(own))
    spoken = fact.protocol if asked in own else fact.answers.get(asked, "")
    if spoken in {"", check_.kind} or service.pool.tls is not None:
        return
    if spoken == "tls" and (check_.kind == "ssl-hello" or _tls(service)):
        return
    elsewhere = [port for port, it in fact.answers.items() if it == check_.kind]
    if fact.protocol == check_.kind:
        hint = f"ask the port of the service itself: `port: {next(iter(own))}`"
    elif elsewhere:
        hint = f"ask the port that does: `port: {elsewhere[0]}`"
    elif spoken == "tls":
        hint = "say `tls: true` beside the type, or `type: ssl-hello`"
    else:
        hint = f"say `type: {spoken if spoken in _KINDS else 'tcp'}`"
    yield codes.WRONG_PROTOCOL_CHECK.at(
        place(service.origins, ("check.type", "check.port"), service.origin),
        f"the check of service `{service.name}` speaks {check_.kind}, and port {asked} of its servers speaks {_TONGUES.get(spoken, spoken)}",
        hint=hint,
    )
