"""Makes the proxy's part of a topology sound: what rules would refuse is changed or taken out."""

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import fastjsonschema

from generated.language import CATALOG, SCHEMA
from generated.text import written
from hagen import document, rules
from hagen.resolve import resolve
from hagen.schema import fill
from hagen.source import Pointer, Source

_TAKEN = frozenset({22, 2224, 3121, 5403, 9929, *range(5404, 5420)})
_TIMES = 30
"""How often something is taken out at most: what is refused then stays refused."""


def vips(made: Any) -> None:
    """Let a VIP follow one that is before it, and all of them one if the proxy follows them."""
    found = made["vips"]
    names = list(found)
    together = made.get("proxy", {}).get("placement") == "with_vip"
    for index, vip in enumerate(found.values()):
        if together and index:
            vip["with"] = names[index - 1]
        elif vip.get("with") not in names[:index]:
            vip.pop("with", None)


def proxy(made: Any) -> None:
    """Give every listener a port of its own, and say of each platform what it can do."""
    taken = set(_TAKEN)
    for bind in _binds(made):
        _bind(bind, taken, next(iter(made["networks"])))
    for name in [name for name in made["services"] if name == "stats"]:
        made["services"]["statistics"] = made["services"].pop(name)
    for service in made["services"].values():
        _service(service, taken, list(made["vips"]))
    for frontend in made.get("frontends", {}).values():
        _ports(frontend, taken)
    for key in ("peers", "acme"):
        if key in (said := made.get("proxy", {})):
            said[key]["port"] = _free(said[key].get("port", 10000), taken)
    sysctl = made.get("kernel", {}).get("sysctl", {})
    for name in [name for name in sysctl if "nonlocal_bind" in name or "reserved_ports" in name]:
        del sysctl[name]
    if not made["cluster"]["platform"].startswith("el"):
        made.get("provisioning", {}).pop("kickstart", None)
    _mend(made)


def _bind(bind: Any, taken: set[int], network: str) -> None:
    if not {"vip", "network"} - set(bind):
        del bind["vip"]
    if not {"vip", "network"} & set(bind):
        bind["network"] = network
    bind["port"] = _free(bind.get("port", 1), taken)


def _binds(made: Any) -> Iterator[Any]:
    said = made.get("proxy", {})
    pages = [said[key] for key in ("stats", "metrics") if key in said]
    for each in (*pages, *made.get("frontends", {}).values(), *made["services"].values()):
        yield from each.get("bind", ())


def _service(service: Any, taken: set[int], names: list[str]) -> None:
    known = CATALOG[service["type"]]["service"] if "type" in service else {}
    port = _free(service.get("port", known.get("port", 80)), taken)
    if port != known.get("port"):
        service["port"] = port
    if not {"vips", "bind", "routes"} & {key for key, value in service.items() if value}:
        service["vips"] = names[:1]
    _tls(service, taken)
    servers = service.get("servers", {})
    own = known.get("servers", {})
    if servers.get("listen", own.get("listen")) == "any":
        service["servers"] = servers
        servers["port"] = _free(servers.get("port", own.get("port", 8080)), taken)
    elif "port" in servers:
        servers["port"] = _free(servers["port"], taken)
    for external in servers.get("external", {}).values():
        if not {"address", "host"} - set(external):
            del external["host"]
        if not {"address", "host"} & set(external):
            external["address"] = "192.0.2.77"


def _ports(frontend: Any, taken: set[int]) -> None:
    frontend["port"] = _free(frontend["port"], taken)
    _tls(frontend, taken)


def _tls(said: Any, taken: set[int]) -> None:
    if "redirect_http" in said.get("tls", {}):
        said["tls"]["redirect_http"] = _free(said["tls"]["redirect_http"], taken)


def _mend(made: Any) -> None:
    """Take out of the proxy's part what is refused, as long as something is."""
    for _ in range(_TIMES if _fits(made) else 0):
        ours = [at for at in _refused(made) if at and at[0] in {"proxy", "frontends", "services"}]
        if not ours or not any(list(map(partial(_taken_out, made), dict.fromkeys(ours)))):
            return


def _refused(made: Any) -> Iterator[Pointer]:
    """Yield the places that are refused of a topology that keeps to the schema, which is not judged again."""
    loaded, _ = document.load(Source("topology.yml", written(made).encode()))
    if loaded is not None:
        topology, found = resolve(fill(loaded))
        if topology is not None:
            found = tuple(each for rule in rules.ALL for each in rule(topology))
        yield from (each.primary.at for each in found if each.severity == "error")


def _taken_out(made: Any, at: Pointer) -> bool:
    """Take out what stands at a place, or the next thing around it that can go; tell whether that was done."""
    done = False
    while len(at) > 1 and not (done and _fits(made)):
        around, last = _below(made, at[:-1]), at[-1]
        only = at[0] == "services" and len(at) == 2 and len(around) == 1
        if last in (range(len(around)) if isinstance(around, list) else around) and not only:
            del around[last]
            done = True
        at = at[:-1]
    return done


@cache
def _validator() -> Callable[[Any], Any]:
    return fastjsonschema.compile(SCHEMA, use_default=False)


def _fits(made: Any) -> bool:
    """Tell whether a topology keeps to the schema."""
    try:
        _validator()(made)
    except fastjsonschema.JsonSchemaValueException:
        return False
    return True


def _below(value: Any, at: Pointer) -> Any:
    """Return what stands at a place; what is not there is an empty mapping."""
    for step in at:
        known = range(len(value)) if isinstance(value, list) else value
        value = value[step] if step in known else {}
    return value


def _free(port: int, taken: set[int]) -> int:
    """Take `port`, or the next one that nobody has."""
    while port in taken or port > 65535:
        port = port % 65535 + 1
    taken.add(port)
    return port
