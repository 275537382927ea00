"""Makes the proxy's part of a topology sound: what rules would refuse is changed, and as little as that takes."""

from typing import Any

from generated.language import CATALOG

_TAKEN = frozenset({22, 2224, 3121, 5403, 9929, *range(5404, 5420)})


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
    for bind in made.get("proxy", {}).get("stats", {}).get("bind", ()):
        if not {"vip", "network"} - set(bind):
            del bind["vip"]
        if not {"vip", "network"} & set(bind):
            bind["network"] = next(iter(made["networks"]))
        bind["port"] = _free(bind.get("port", 1), taken)
    for name in [name for name in made["services"] if name == "stats"]:
        made["services"]["statistics"] = made["services"].pop(name)
    for service in made["services"].values():
        _service(service, taken, list(made["nodes"]))
    sysctl = made.get("kernel", {}).get("sysctl", {})
    for name in [name for name in sysctl if "nonlocal_bind" in name or "reserved_ports" in name]:
        del sysctl[name]
    if not made["cluster"]["platform"].startswith("el"):
        made.get("provisioning", {}).pop("kickstart", None)
    if made["cluster"]["platform"] == "el7":
        made.get("proxy", {}).pop("stats", None)


def _service(service: Any, taken: set[int], nodes: list[str]) -> None:
    known = CATALOG[service["type"]]["service"] if "type" in service else {}
    wanted = service.get("port", known.get("port", 80))
    port = _free(wanted, taken)
    if port != known.get("port"):
        service["port"] = port
    if service.get("mode", known.get("mode")) != "http" and service.get("log_format") == "httplog":
        service["mode"] = "http"
    check = service.get("check", {})
    if "http" in check:
        check["type"] = "http"
    servers = service.get("servers", {})
    own = known.get("servers", {})
    if servers.get("listen", own.get("listen")) == "any":
        service["servers"] = servers
        servers["port"] = _free(servers.get("port", own.get("port", 8080)), taken)
    elif "port" in servers:
        servers["port"] = _free(servers["port"], taken)
    if service.get("writer", "") not in servers.get("nodes", nodes):
        service.pop("writer", None)


def _free(port: int, taken: set[int]) -> int:
    """Take `port`, or the next one that nobody has."""
    while port in taken or port > 65535:
        port = port % 65535 + 1
    taken.add(port)
    return port
