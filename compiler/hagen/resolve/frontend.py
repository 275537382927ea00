"""Shared frontends, and the routes by which services join them."""

from typing import Any

from hagen import codes
from hagen.model import Frontend
from hagen.model.frontend import Route
from hagen.resolve.listening import Ground, access, binds, http, rate_limit, tls, vip_binds
from hagen.resolve.reading import Reading
from hagen.source import Pointer


def frontends(reading: Reading, ground: Ground) -> tuple[Frontend, ...]:
    """Return the frontends in the order of the topology."""
    return tuple(_frontend(reading, name, said, ground) for name, said in reading.data["frontends"].items())


def _frontend(reading: Reading, name: str, said: Any, ground: Ground) -> Frontend:
    at = ("frontends", name)
    if not (said["vips"] or said["bind"]):
        reading.diagnostics.append(
            codes.INCOMPLETE_SERVICE.at(
                at,
                f"frontend `{name}` says neither `vips` nor `bind`, so nobody can reach it",
                hint="say `vips: [NAME]`",
                on_key=True,
            )
        )
    why = f"on which frontend `{name}` is to be reached"
    listening = (
        *vip_binds(reading, at, said, ground),
        *binds(reading, (*at, "bind"), said["bind"], ground, why),
    )
    default = said.get("default_service")
    if default is not None:
        services = reading.data["services"]
        reading.known(codes.UNKNOWN_SERVICE, (*at, "default_service"), default, services, "service")
    return Frontend(
        name=name,
        description=said["description"],
        binds=listening,
        maxconn=said.get("maxconn"),
        tls=tls(reading, (*at, "tls"), said["tls"], listening) if "tls" in said else None,
        http=http(reading, (*at, "http"), said["http"]),
        access=access(reading, at, said),
        rate_limit=rate_limit(reading, at, said),
        timeouts=reading.durations((*at, "timeouts"), said["timeouts"]),
        tcp_keepalive=said["tcp_keepalive"],
        log_format=None if said["log_format"] == "none" else said["log_format"],
        default_service=default,
        extra=tuple(said["extra"]),
        origin=at,
        origins=reading.origins(*at),
    )


def routes(reading: Reading, at: Pointer, said: Any) -> tuple[Route, ...]:
    """Return the routes of a service."""
    found = []
    for index, each in enumerate(said):
        here = (*at, index)
        reading.known(
            codes.UNKNOWN_FRONTEND,
            (*here, "frontend"),
            each["frontend"],
            reading.data["frontends"],
            "frontend",
        )
        found.append(
            Route(
                frontend=each["frontend"],
                hosts=tuple(each["hosts"]),
                paths=tuple(each["paths"]),
                strip_path=each["strip_path"],
                origin=here,
                origins=reading.origins(*here),
            )
        )
    return tuple(found)
