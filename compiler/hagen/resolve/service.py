"""Services: catalog types, the defaults and what was said become what HAProxy is told."""

from collections.abc import Mapping
from typing import Any

from hagen import codes
from hagen.artifact import Origin
from hagen.model import Check, Service
from hagen.model.service import Agent, Balance, Cookie, Fact, HashType, Stick
from hagen.quantity import Duration
from hagen.resolve.frontend import routes
from hagen.resolve.listening import Ground, access, binds, http, rate_limit, tls, vip_binds
from hagen.resolve.reading import Reading
from hagen.resolve.server import pool, servers
from hagen.source import Pointer


def services(reading: Reading, ground: Ground) -> tuple[Service, ...]:
    """Return the services in the order of the topology."""
    made = (_service(reading, name, said, ground) for name, said in reading.data["services"].items())
    return tuple(filter(None, made))


def _service(reading: Reading, name: str, said: Any, ground: Ground) -> Service | None:
    at = ("services", name)
    if not _complete(reading, at, said):
        return None
    facts: Any = reading.valid.catalog[said["type"]] if "type" in said else {}
    why = f"on which service `{name}` is to be reached"
    listening = (
        *vip_binds(reading, at, said, ground),
        *binds(reading, (*at, "bind"), said["bind"], ground, why),
    )
    single_writer = facts.get("single_writer", False)
    found = servers(reading, at, said, ground.nodes, single_writer=single_writer)
    joined = routes(reading, (*at, "routes"), said["routes"])
    if not found or not (listening or joined):
        return None
    known = {key: Origin("catalog", (said["type"], key)) for key in ("title", "before") if key in facts}
    if "writer" not in said and single_writer:
        known["writer"] = Origin("catalog", (said["type"], "single_writer"))
    return Service(
        name=name,
        type=said.get("type"),
        fact=_fact(reading, said.get("type"), facts),
        description=said["description"],
        port=said["port"],
        binds=listening,
        routes=joined,
        mode=said["mode"],
        maxconn=said.get("maxconn"),
        tls=tls(reading, (*at, "tls"), said["tls"], listening) if "tls" in said else None,
        http=http(reading, (*at, "http"), said["http"]),
        access=access(reading, at, said),
        rate_limit=rate_limit(reading, at, said),
        balance=_balance(said),
        hash_type=_hash_type(at, said),
        check=_check(reading, (*at, "check"), said["check"]),
        timeouts=reading.durations((*at, "timeouts"), said["timeouts"]),
        tcp_keepalive=said["tcp_keepalive"],
        log_format=None if said.get("log_format") == "none" else said.get("log_format", f"{said['mode']}log"),
        servers=found,
        pool=pool(reading, (*at, "servers"), said["servers"]),
        listens_everywhere=said["servers"]["listen"] == "any",
        cookie=_cookie(reading, (*at, "cookie"), said.get("cookie")),
        stick=_stick(reading, (*at, "stick"), said.get("stick")),
        on_marked_down=said["on_marked_down"],
        single_writer=single_writer or "writer" in said,
        extra=tuple(said["extra"]),
        origin=at,
        origins=reading.origins(*at, known=known),
    )


def _complete(reading: Reading, at: Pointer, said: Any) -> bool:
    """Tell whether the service says what every service must; if not, that is a diagnostic."""
    wrong = hint = ""
    if "port" not in said:
        wrong, hint = "neither a `type` nor a `port`", "say `port`, or a `type` of the catalog"
    elif not (said["vips"] or said["bind"] or said["routes"]):
        wrong, hint = "none of `vips`, `bind` and `routes`, so nobody can reach it", "say `vips: [NAME]`"
    if not wrong:
        return True
    reading.diagnostics.append(
        codes.INCOMPLETE_SERVICE.at(at, f"service `{at[1]}` has {wrong}", hint=hint, on_key=True)
    )
    return False


def _fact(reading: Reading, kind: str | None, facts: Mapping[str, Any]) -> Fact:
    """Return what the catalog knows; durations there are as sound as those of a topology."""
    releases = facts.get("releases", {})
    at = ("services", kind or "", "at_least")
    least: dict[str, Duration] = reading.durations(at, facts.get("at_least", {}))
    return Fact(
        title=facts.get("title", ""),
        before=facts.get("before", ""),
        protocol=facts.get("protocol", ""),
        answers=facts.get("answers", {}),
        websocket=facts.get("websocket", False),
        internal=facts.get("internal", ""),
        direct=facts.get("direct", ""),
        at_least=least,
        since=releases.get("since"),
        until=releases.get("until"),
    )


def _balance(said: Any) -> Balance:
    options = said.get("balance_options", {})
    return Balance(
        algorithm=said["balance"],
        name=options.get("name"),
        length=options.get("length"),
        depth=options.get("depth"),
        whole=options.get("whole", False),
        draws=options.get("draws"),
    )


def _hash_type(at: Pointer, said: Any) -> HashType | None:
    hashed = said.get("hash_type")
    if hashed is None:
        return None
    return HashType(hashed["method"], hashed.get("function"), hashed["avalanche"], (*at, "hash_type"))


def _check(reading: Reading, at: Pointer, said: Any) -> Check:
    http_, redis, agent = said["http"], said["redis"], said.get("agent")
    return Check(
        kind=said["type"],
        port=said.get("port"),
        tls=said.get("tls"),
        sni=said.get("sni"),
        inter=reading.duration(*at, "inter", value=said["inter"]),
        fastinter=reading.optional(*at, "fastinter", among=said),
        downinter=reading.optional(*at, "downinter", among=said),
        rise=said["rise"],
        fall=said["fall"],
        method=http_["method"],
        path=http_["path"],
        headers=http_["headers"],
        expect=tuple(_codes(each) for each in http_["expect"]),
        expect_regex=http_.get("expect_regex"),
        user=said.get(said["type"], {}).get("user", "") if said["type"] in {"mysql", "pgsql"} else "",
        redis_role=redis["role"],
        redis_password_env=redis.get("password", {}).get("env"),
        domain=said["smtp"]["domain"],
        agent=agent and Agent(agent["port"], reading.duration(*at, "agent", "inter", value=agent["inter"])),
        origin=at,
    )


def _codes(said: int | str) -> int | tuple[int, int]:
    if isinstance(said, int):
        return said
    first, _, last = said.partition("-")
    return int(first), int(last)


def _cookie(reading: Reading, at: Pointer, said: Any) -> Cookie | None:
    if said is None:
        return None
    return Cookie(
        name=said["name"],
        mode=said["mode"],
        secure=said["secure"],
        max_life=reading.optional(*at, "max_life", among=said),
        max_idle=reading.optional(*at, "max_idle", among=said),
        origin=at,
    )


def _stick(reading: Reading, at: Pointer, said: Any) -> Stick | None:
    if said is None:
        return None
    expire = reading.optional(*at, "expire", among=said)
    return Stick(said["by"], said["size"], expire, said["peers"], at)
