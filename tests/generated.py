"""Topologies made by hypothesis from the JSON schema itself: what the schema gains, the tests try without a new line.

A walk over `schema/topology.schema.json` makes every value out of its keywords. What no schema can say is in
`_PLACES` (names refer to things that are there, addresses lie in their networks) and in `_reconciled` (ports are
taken once, fencing is complete or off for a reason). One topology in three is made without that care, so that
references dangle and rules are broken, and some of these do not even keep to the schema.
"""

import ipaddress
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeAlias

import yaml
from hypothesis import strategies as st

from topologies import ROOT

SCHEMA: Any = json.loads((ROOT / "schema/topology.schema.json").read_text())
CATALOG: Any = yaml.safe_load((ROOT / "schema/catalog.yaml").read_text())

HOSTILE = (
    "'",
    '"',
    "`id`",
    "$(touch hagen-was-here)",
    "${HOME}",
    "a\nb",
    "a\n%end\nb",
    "a\nend-of-file-made-by-hagen\nb",
    "a\n\n\nb\n",
    " # no comment",
    "%",
    "%end",
    "{{ 7*7 }}",
    "{% raw %}",
    "{# gone #}",
    "]]>",
    "-->",
    "<b>bold</b>",
    "```\nfence",
    "  two  spaces  ",
    "tab\there",
    "-rf",
    "--",
    "~",
    "*",
    "!",
    "\\",
    "\\n",
    "back\\",
    "a: b",
    "- a",
    "? a",
    "[a]",
    "{a: b}",
    "&a *a !!a",
    "@a",
    "no",
    "null",
    "0x10",
    "1e3",
    "012",
    "2024-01-01",
    "ünïcödé",
    "🦄" * 40,
    "a\u200bb\u202fc\u3000d",
    "1. one\n2. two",
    "===",
    "***",
    "| a | b |",
    "[a](http://example.org)",
    "&lt;",
)
"""Texts that mean something in a language that hagen writes."""

Path: TypeAlias = tuple[str, ...]
"""A place in the language: keys of closed objects by their names, ``*`` for names and indices."""

_NETWORKS = (
    "10.10.16.0/24",
    "203.0.113.0/24",
    "2001:db8:10::/64",
    "192.168.0.0/16",
    "198.51.100.128/25",
    "fd00:1::/120",
)
_NAMES = {
    ("networks",): ("management", "public", "storage6", "n.a_m-e", "x" * 63, "_a._b_"[1:], "no", "null"),
    ("nodes",): (
        "controller1",
        "controller2",
        "a",
        "0",
        "no",
        "1e3",
        "node.example.org",
        "x" * 63,
        "2024-01-01",
    ),
    ("vips",): ("management", "public", "a._b_", "V" + "-" * 40, "on"),
    ("services",): ("galera", "web", "api._v2_", "global", "defaults", "S" * 63, "GLOBAL", "y"),
    ("cluster", "fencing", "devices"): ("ipmi-1", "pdu_a", "true", "F" * 63),
}
_SIZES = {
    ("networks",): 3,
    ("nodes",): 5,
    ("vips",): 3,
    ("services",): 4,
    ("cluster", "fencing", "devices"): 3,
}
_LONGEST = ("999999999ms", "2147483s", "35791min", "596h", "24d")
_TOO_LONG = ("2147483648ms", "2147484s", "25d", "999999999d")
_PLAIN = re.compile("[A-Za-z_][A-Za-z0-9_/-]*")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_TAKEN = frozenset({22, 2224})
_RISKY_OPTIONS = (
    "pass",
    "secret",
    "token",
    "key",
    "comm",
    "cred",
    "pw",
    "pin",
    "psk",
    "pcmk",
    "action",
    "option",
)


def topologies() -> st.SearchStrategy[Any]:
    """Return a strategy for topologies as plain data; most of them are sound."""
    return st.composite(_topology)()


@cache
def texts() -> st.SearchStrategy[str]:
    """Return a strategy for what people may write where the language lets them write anything."""
    free = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30)
    return st.one_of(
        st.sampled_from(HOSTILE), st.lists(st.sampled_from(HOSTILE), max_size=3).map("".join), free
    )


class _Quoting(yaml.CSafeDumper):
    """Quotes every text that one YAML or another could take for something else."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  the signature is PyYAML's
        return True


_Quoting.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str",
        text,
        style="" if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else '"',
    ),
)


def written(topology: Any) -> str:
    """Return a topology as YAML."""
    text: str = yaml.dump(topology, Dumper=_Quoting, sort_keys=False, allow_unicode=True, width=100)
    return text


def shuffled(topology: Any, order: Callable[[list[str]], list[str]]) -> Any:
    """Return the same topology with the keys of closed objects in another order; names keep theirs."""
    return _shuffled(topology, SCHEMA, order)


def places(schema: Any = SCHEMA, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every place of the language, and what the schema says of it."""
    schema = target(schema)
    yield at, schema
    for key, below in schema.get("properties", {}).items():
        yield from places(below, (*at, key))
    for keyword in ("additionalProperties", "items"):
        if isinstance(schema.get(keyword), dict):
            yield from places(schema[keyword], (*at, "*"))


@cache
def _matching(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(pattern, fullmatch=True, alphabet=st.characters(codec="ascii"))


@cache
def _durations(odd: tuple[str, ...]) -> st.SearchStrategy[str]:
    plain = st.builds("{}{}".format, st.integers(1, 90), st.sampled_from(("s", "min", "ms", "h")))
    return st.one_of(plain, plain, st.sampled_from(odd))


@cache
def _integers(least: int, most: int, odd: tuple[int, ...]) -> st.SearchStrategy[int]:
    return st.one_of(st.sampled_from((least, most, *odd)), st.integers(least, most))


@cache
def _lists(among: tuple[str, ...], least: int, most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(among), min_size=least, max_size=most, unique=True)


@cache
def _names(at: Path) -> st.SearchStrategy[list[str]]:
    schema = SCHEMA
    for step in at:
        schema = schema["properties"][step]
    known = st.sampled_from(_NAMES[at])
    one = st.one_of(
        known, known, _matching(schema["propertyNames"]["pattern"]).filter(lambda name: len(name) <= 64)
    )
    return st.lists(one, min_size=schema.get("minProperties", 0), max_size=_SIZES[at], unique_by=str.lower)


def _topology(draw: st.DrawFn) -> Any:
    care = draw(st.integers(0, 8))
    careful = care > 2
    made = _Maker(draw, careful=careful, fitting=care > 0).value(SCHEMA, ())
    made = json.loads(json.dumps(made))  # no part of it twice, or YAML would write aliases
    return _reconciled(made, draw) if careful else made


def target(schema: Any) -> Any:
    """Follow a `$ref`; what stands beside it is only description."""
    reference = schema.get("$ref")
    return SCHEMA["definitions"][reference.rpartition("/")[2]] if reference else schema


def _shuffled(value: Any, schema: Any, order: Callable[[list[str]], list[str]]) -> Any:
    schema = target(schema)
    if isinstance(value, dict):
        closed = schema.get("properties")
        keys = order(list(value)) if closed else list(value)
        return {
            key: _shuffled(value[key], closed[key] if closed else schema["additionalProperties"], order)
            for key in keys
        }
    if isinstance(value, list):
        return [_shuffled(each, schema["items"], order) for each in value]
    return value


class _Maker:
    """Makes one topology."""

    def __init__(self, draw: st.DrawFn, *, careful: bool, fitting: bool) -> None:
        self._draw = draw
        self._careful = careful
        self._fitting = fitting
        self._names = {at: tuple(draw(_names(at))) for at in _NAMES}
        cidrs = draw(st.permutations(_NETWORKS))
        self._networks = dict(zip(self._names["networks",], cidrs, strict=False))
        self._hosts = dict.fromkeys(cidrs, 0)

    def value(self, schema: Any, at: Path) -> Any:
        """Make a value for a place of the language."""
        if at in _PLACES:
            return _PLACES[at](self)
        named = schema.get("$ref", "").rpartition("/")[2]
        if named == "duration":
            return self._duration()
        schema = target(schema)
        if "enum" in schema:
            return self._draw(st.sampled_from(schema["enum"]))
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return self._of_kind(self._draw(st.sampled_from(kinds)), schema, at)

    def _of_kind(self, kind: str, schema: Any, at: Path) -> Any:
        if kind == "object":
            return self._object(schema, at) if "properties" in schema else self._map(schema, at)
        if kind == "array":
            return self._array(schema, at)
        if kind == "boolean":
            return self._draw(st.booleans())
        return self._integer(schema) if kind == "integer" else self._text(schema)

    def one_of(self, names: tuple[str, ...]) -> str:
        """Refer to something that is there, or, without care, perhaps to what is not."""
        return self._draw(st.sampled_from(names if self._careful else (*names, "nowhere", "")))

    def some_of(self, names: tuple[str, ...]) -> list[str]:
        """Refer to one or several of what is there."""
        among = names if self._careful else (*names, "nowhere")
        return self._draw(_lists(among, 1, 4))

    def names(self, *at: str) -> tuple[str, ...]:
        """Return the names of the networks, nodes, … of this topology."""
        return self._names[at]

    def cidr(self) -> str:
        """Give the next network its range."""
        name = next(iter(self._networks))
        cidr = self._networks.pop(name)
        self._networks[name] = cidr
        return (
            cidr
            if self._careful
            else self._draw(st.sampled_from((cidr, *_NETWORKS, "10.0.0.1/8", "::1/0", "1::2::3/64")))
        )

    def address(self, network: str) -> str:
        """Take an address of a network that nobody has yet."""
        if not self._careful and self._draw(st.integers(0, 5)) == 0:
            return self._draw(
                st.sampled_from(
                    ("10.10.16.0", "10.10.16.255", "::", "1:2:3", "255.255.255.255", "10.10.16.1")
                )
            )
        cidr = self._networks.get(network, _NETWORKS[0])
        self._hosts[cidr] += 1
        return str(ipaddress.ip_network(cidr)[self._hosts[cidr]])

    def host(self) -> str:
        """Choose a host for the quorum device, perhaps a node itself."""
        names = ("192.0.2.250", "quorum.example.org", "2001:db8::99")
        return self._draw(st.sampled_from(names if self._careful else (*names, "10.10.16.1", "a")))

    def gateway(self) -> str:
        """Choose a router of the network that was given its range last, perhaps one that is not on it."""
        own = str(ipaddress.ip_network([*self._networks.values()][-1])[-2])
        return self._draw(st.sampled_from((own,) if self._careful else (own, "10.10.16.2", "::", "1:2:3")))

    def addresses(self) -> dict[str, str]:
        """Give a node an address on every network, or, without care, on some."""
        names = self.names("networks")
        chosen = names if self._careful else self.some_of(names)
        return {name: self.address(name) for name in chosen}

    def vips(self) -> dict[str, Any]:
        """Make the VIPs, each with an address of its network."""
        schema = SCHEMA["properties"]["vips"]["additionalProperties"]
        made = {}
        for name in self.names("vips"):
            vip = self.value(schema, ("vips", "*"))
            vip["address"] = self.address(vip["network"])
            made[name] = vip
        return made

    def _object(self, schema: Any, at: Path) -> dict[str, Any]:
        properties = schema["properties"]
        needed = list(schema.get("required", ()))
        optional = [key for key in properties if key not in needed]
        least = max(0, schema.get("minProperties", 0) - len(needed))
        most = min(schema.get("maxProperties", 99) - len(needed), len(optional), max(least, 6))
        some = self._draw(_lists(tuple(optional), least, most)) if optional else []
        return {key: self.value(properties[key], (*at, key)) for key in [*needed, *some]}

    def _map(self, schema: Any, at: Path) -> dict[str, Any]:
        if at in self._names:
            names = self._names[at]
        else:
            name = _matching(schema["propertyNames"]["pattern"])
            names = tuple(
                self._draw(st.lists(name, min_size=schema.get("minProperties", 0), max_size=3, unique=True))
            )
        return {name: self.value(schema["additionalProperties"], (*at, "*")) for name in names}

    def _array(self, schema: Any, at: Path) -> list[Any]:
        least = schema.get("minItems", 0)
        count = self._draw(st.integers(least, min(schema.get("maxItems", 99), least + 2)))
        made = [self.value(schema["items"], (*at, "*")) for _ in range(count)]
        if schema.get("uniqueItems") and self._fitting:
            return [each for index, each in enumerate(made) if each not in made[:index]]
        return made

    def _integer(self, schema: Any) -> int:
        least, most = schema.get("minimum", -(2**31)), schema.get("maximum", 2**31)
        return self._draw(_integers(least, most, () if self._fitting else (least - 1, most + 1)))

    def _text(self, schema: Any) -> str:
        longest = schema.get("maxLength", 10**6)
        made = texts()
        if "pattern" in schema and (self._fitting or self._draw(st.integers(0, 9))):
            known = "examples" in schema and self._draw(st.booleans())
            made = st.sampled_from(schema["examples"]) if known else _matching(schema["pattern"])
        return self._draw(made)[:longest] or "x" * schema.get("minLength", 0)

    def _duration(self) -> str:
        return self._draw(_durations(_LONGEST if self._careful else _LONGEST + _TOO_LONG))


_PLACES: dict[Path, Callable[[_Maker], Any]] = {
    ("cluster", "links", "*", "network"): lambda make: make.one_of(make.names("networks")),
    ("cluster", "quorum", "device", "host"): _Maker.host,
    ("cluster", "fencing", "devices", "*", "targets"): lambda make: make.some_of(make.names("nodes")),
    ("networks", "*", "cidr"): _Maker.cidr,
    ("networks", "*", "gateway"): _Maker.gateway,
    ("nodes", "*", "addresses"): _Maker.addresses,
    ("vips",): _Maker.vips,
    ("vips", "*", "address"): lambda _: "",  # `vips` gives it, once the network is chosen
    ("vips", "*", "network"): lambda make: make.one_of(make.names("networks")),
    ("vips", "*", "with"): lambda make: make.one_of(make.names("vips")),
    ("proxy", "stats", "bind", "*", "vip"): lambda make: make.one_of(make.names("vips")),
    ("proxy", "stats", "bind", "*", "network"): lambda make: make.one_of(make.names("networks")),
    ("services", "*", "vips"): lambda make: make.some_of(make.names("vips")),
    ("services", "*", "servers", "nodes"): lambda make: make.some_of(make.names("nodes")),
    ("services", "*", "servers", "network"): lambda make: make.one_of(make.names("networks")),
    ("services", "*", "writer"): lambda make: make.one_of(make.names("nodes")),
}


def _reconciled(made: Any, draw: st.DrawFn) -> Any:
    """Change what rules would refuse, and as little as that takes."""
    _reconcile_cluster(made, draw)
    _reconcile_vips(made)
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
        _reconcile_service(service, taken, list(made["nodes"]))
    sysctl = made.get("kernel", {}).get("sysctl", {})
    for name in [name for name in sysctl if "nonlocal_bind" in name or "reserved_ports" in name]:
        del sysctl[name]
    if not made["cluster"]["platform"].startswith("el"):
        made.get("provisioning", {}).pop("kickstart", None)
    if made["cluster"]["platform"] == "el7":
        made.get("proxy", {}).pop("stats", None)
    return made


def _reconcile_cluster(made: Any, draw: st.DrawFn) -> None:
    cluster, nodes = made["cluster"], list(made["nodes"])
    fencing = cluster.setdefault("fencing", {})
    devices = fencing.get("devices", {})
    if draw(st.booleans()):
        fencing.pop("enabled", None)
        devices = fencing.setdefault("devices", {})
        if not devices:
            devices["stops-all"] = {"agent": "fence_dummy", "targets": nodes[:1]}
        some = next(iter(devices.values()))
        covered = {target for device in devices.values() for target in device["targets"]}
        some["targets"] += [node for node in nodes if node not in covered]
        for device in devices.values():
            options = device.get("options", {})
            for name in [name for name in options if any(word in name for word in _RISKY_OPTIONS)]:
                del options[name]
    else:
        fencing.update(enabled=False, reason=fencing.get("reason", "").strip() or "no hardware", devices={})
        cluster["purpose"] = "lab"
    quorum = cluster.setdefault("quorum", {})
    if len(nodes) > 2 and quorum.get("on_loss") == "ignore":
        cluster["purpose"] = "lab"
    if len(nodes) % 2 == 0 and cluster.get("purpose") != "lab":
        quorum.setdefault("device", {"host": "192.0.2.250"})


def _reconcile_vips(made: Any) -> None:
    vips = made["vips"]
    names = list(vips)
    together = made.get("proxy", {}).get("placement") == "with_vip"
    for index, vip in enumerate(vips.values()):
        if together and index:
            vip["with"] = names[index - 1]
        elif vip.get("with") not in names[:index]:
            vip.pop("with", None)


def _reconcile_service(service: Any, taken: set[int], nodes: list[str]) -> None:
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
