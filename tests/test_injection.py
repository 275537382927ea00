"""Texts that mean something in a language that hagen writes: each is refused where it stands, or stays a text.

That it stays one is not read off the artifacts but asked of what reads them: bash, HAProxy, cloud-init, Anaconda's
parser, sysctl and a Markdown parser.
"""

import base64
import copy
import http.client
import json
import re
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import pytest
import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pykickstart.parser import KickstartParser  # type: ignore[import-untyped]
from pykickstart.version import makeVersion  # type: ignore[import-untyped]

import generated
import haproxies
import programs
import sandbox
import warm
from generated import HOSTILE, SCHEMA, written
from hagen.pipeline import Result, compile_source
from hagen.source import Pointer, Source

UNREADABLE = (
    "\r",
    "a\rb",
    "\0",
    "\x1b[31mred",
    "a\x0bb",
    "a\x85b",
    "a\u2028b",
    "a\u2029b",
    "\u202eevil",
    "\ufeff",
    "\ufffe",
)
"""Texts with characters that no artifact can carry: the loader refuses them wherever they stand."""

SHELL_NAMES = ("_", "PATH", "IFS", "HOME", "PWD", "UID", "EUID", "PPID", "LC_ALL", "BASH_ENV", "SHELLOPTS")
"""Variables of the shell itself: a password does not survive in them, or the shell does not without them."""

NAMES = ("no", "null", "true", "on", "y", "1e3", "0x10", "012", "1-1-1", "a.b", "a--b", "2024-01-01")
ODD_NAMES = (*NAMES, "a._b_", "x-", "X_.-", "n" * 60)


def base() -> Any:
    """Return a sound topology that has a place for everything."""
    return {
        "hagen": 1,
        "cluster": {
            "name": "plain",
            "platform": "el9",
            "description": "plain",
            "links": [{"network": "net"}],
            "fencing": {
                "devices": {
                    "bmc": {
                        "agent": "fence_dummy",
                        "targets": ["n1", "n2", "n3"],
                        "options": {"ip": "plain"},
                    }
                }
            },
            "password": {"file": "/etc/hagen/plain"},
        },
        "networks": {"net": {"cidr": "10.0.0.0/8", "interface": "lo"}},
        "nodes": {f"n{number}": {"addresses": {"net": f"10.0.0.{number}"}} for number in (1, 2, 3)},
        "vips": {"vip": {"address": "10.1.1.1", "network": "net"}},
        "proxy": {
            "stats": {
                "bind": [{"vip": "vip", "port": 1080}],
                "password": {"env": "STATS_PASSWORD"},
                "user": "admin",
                "realm": "plain",
                "uri": "/stats",
            }
        },
        "services": {
            "web": {
                "vips": ["vip"],
                "port": 8080,
                "description": "plain",
                "check": {"type": "http", "http": {"path": "/plain"}},
                "servers": {"nodes": ["n1", "n2", "n3"]},
            }
        },
        "kernel": {"sysctl": {"net.core.plain": "plain"}},
        "provisioning": {"kickstart": True, "packages": ["plain"]},
    }


def unfenced(topology: Any, reason: str) -> None:
    """Take fencing away, for a reason that is long enough to be one."""
    topology["cluster"].update(purpose="lab", fencing={"enabled": False, "reason": f"nobody has it {reason}"})


class Place(NamedTuple):
    """A place where a topology holds text: how it is put there, and what the language might take besides HOSTILE."""

    at: Pointer
    put: Callable[[Any, str], object]
    extremes: tuple[str, ...] = ()


def renamed(topology: Any, at: Pointer, name: str) -> None:
    """Give the one thing at `at` another name, wherever it is spoken of."""
    *above, old = at
    parent = topology
    for step in above:
        parent = parent[step]
    parent[name] = parent.pop(old)
    if above[-1] == "networks":
        for node in topology["nodes"].values():
            node["addresses"] = {name: node["addresses"]["net"]}
        topology["vips"]["vip"]["network"] = name
        topology["cluster"]["links"][0]["network"] = name
    elif above[-1] == "nodes":
        topology["cluster"]["fencing"]["devices"]["bmc"]["targets"][0] = name
        topology["services"]["web"]["servers"]["nodes"][0] = name
    elif above[-1] == "vips":
        topology["services"]["web"]["vips"] = [name]
        topology["proxy"]["stats"]["bind"][0]["vip"] = name


_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_BMC = ("cluster", "fencing", "devices", "bmc")

PLACES = {
    "cluster.description": Place(
        ("cluster", "description"), lambda it, text: it["cluster"].update(description=text)
    ),
    "fencing.reason": Place(("cluster", "fencing", "reason"), unfenced),
    "fencing.options": Place(
        (*_BMC, "options", "ip"),
        lambda it, text: it["cluster"]["fencing"]["devices"]["bmc"]["options"].update(ip=text),
        (_PRINTABLE, "\n", "a\\\nb", "'\n'", "é" * 60, "x " * 100),
    ),
    "password.file": Place(
        ("cluster", "password", "file"),
        lambda it, text: it["cluster"].update(password={"file": text}),
        ("/_@%+=:,./-", "/-rf", "/etc/../x"),
    ),
    "password.env": Place(
        ("cluster", "password", "env"),
        lambda it, text: it["cluster"].update(password={"env": text}),
        ("A_0", "_A", "A" * 100, *SHELL_NAMES),
    ),
    "quorum.device": Place(
        ("cluster", "quorum", "device", "host"),
        lambda it, text: it["cluster"].update(quorum={"device": {"host": text}}),
        (*NAMES, "::1", "x" * 63),
    ),
    "interface": Place(
        ("networks", "net", "interface"),
        lambda it, text: it["networks"]["net"].update(interface=text),
        ("A_.-", "eth0.100"),
    ),
    "stats.user": Place(
        ("proxy", "stats", "user"),
        lambda it, text: it["proxy"]["stats"].update(user=text),
        ("-", "--", "A_.-", "0"),
    ),
    "stats.realm": Place(
        ("proxy", "stats", "realm"),
        lambda it, text: it["proxy"]["stats"].update(realm=text),
        (re.sub(r'["\\]', "", _PRINTABLE), " ", "'", "''", "a'b c", "%[env(HOME)]", "$HOME", "#"),
    ),
    "stats.uri": Place(
        ("proxy", "stats", "uri"),
        lambda it, text: it["proxy"]["stats"].update(uri=text),
        ("/", "/-._/A0", "//", "/..", "/-rf"),
    ),
    "stats.password": Place(
        ("proxy", "stats", "password", "env"),
        lambda it, text: it["proxy"]["stats"].update(password={"env": text}),
        ("_", "A_0", "HOME"),
    ),
    "service.description": Place(
        ("services", "web", "description"), lambda it, text: it["services"]["web"].update(description=text)
    ),
    "check.path": Place(
        ("services", "web", "check", "http", "path"),
        lambda it, text: it["services"]["web"]["check"]["http"].update(path=text),
        (
            f"/{_PRINTABLE}",
            "/'",
            "/''",
            "/a'b\"c\\d",
            "/$HOME",
            "/%[env(HOME)]",
            "/#",
            "/\\",
            "/${HOME}",
            "//",
            "/%%",
        ),
    ),
    "sysctl": Place(
        ("kernel", "sysctl", "net.core.plain"),
        lambda it, text: it["kernel"]["sysctl"].update({"net.core.plain": text}),
        ("|/bin/x %p", "-", "=", "a = b", "4096 131072 6291456", "@%+=:,./-|", "_a_ _b_", "--"),
    ),
    "package": Place(
        ("provisioning", "packages", 0),
        lambda it, text: it["provisioning"].update(packages=[text]),
        ("A+._-", "libstdc++6", "0"),
    ),
    "cluster.name": Place(("cluster", "name"), lambda it, text: it["cluster"].update(name=text), ODD_NAMES),
    **{
        kind: Place((*at[:-1], "*"), lambda it, text, at=at: renamed(it, at, text), ODD_NAMES)  # type: ignore[misc]
        for kind, at in {
            "network": ("networks", "net"),
            "node": ("nodes", "n1"),
            "vip": ("vips", "vip"),
            "service": ("services", "web"),
            "device": _BMC,
            "option": (*_BMC, "options", "ip"),
            "parameter": ("kernel", "sysctl", "net.core.plain"),
        }.items()
    },
}
"""Every place of the language that holds free text or a name."""

REFERENCES: tuple[Pointer, ...] = (
    ("cluster", "links", 0, "network"),
    (*_BMC, "agent"),
    (*_BMC, "targets", 0),
    (*_BMC, "secrets", "password", "file"),
    ("cluster", "properties", "load-threshold"),
    ("networks", "net", "cidr"),
    ("networks", "net", "gateway"),
    ("nodes", "n1", "addresses", "net"),
    ("vips", "vip", "address"),
    ("vips", "vip", "network"),
    ("vips", "vip", "with"),
    ("vips", "vip", "monitor"),
    ("proxy", "stats", "bind", 0, "vip"),
    ("proxy", "stats", "bind", 0, "network"),
    ("services", "web", "vips", 0),
    ("services", "web", "servers", "nodes", 0),
    ("services", "web", "servers", "network"),
    ("services", "web", "writer"),
)
"""The other places that hold text: names of what is elsewhere, and texts of a narrow form. None takes odd ones."""


def pacemaker() -> Any:
    """Return a sound topology that has a place for everything that Pacemaker is told."""
    dummy = "ocf:pacemaker:Dummy"
    topology = base()
    topology["cluster"].update(platform="debian12", purpose="lab")
    topology["cluster"]["fencing"]["devices"]["bmc"]["options"] = {}
    topology["provisioning"] = {}
    return {
        **topology,
        "resources": {
            "primitives": {"one": {"agent": dummy}, "two": {"agent": dummy}, "in": {"agent": dummy}},
            "groups": {"both": {"members": ["two"]}},
            "bundles": {
                "box": {
                    "container": {"type": "podman", "image": "plain"},
                    "network": {"control_port": 3123},
                    "resource": "in",
                }
            },
            "tags": {"all": ["one"]},
        },
        "constraints": {
            "location": {"l": {"resource": "one", "node": "n1", "score": 5}},
            "colocation": {
                "c": {"resource": "one", "with": "both", "score": 5},
                "cs": {"sets": [{"resources": ["one"]}, {"resources": ["box"]}], "score": 5},
            },
            "order": {
                "o": {"first": "one", "then": "both"},
                "os": {"sets": [{"resources": ["one"]}, {"resources": ["box"]}]},
            },
            "ticket": {
                "t": {"ticket": "plain", "resource": "one", "loss_policy": "stop"},
                "ts": {"ticket": "plain", "sets": [{"resources": ["both"]}], "loss_policy": "stop"},
            },
        },
        "booth": {"sites": {"a": "172.16.0.1", "b": "172.16.0.2"}, "tickets": {"plain": {}}},
        "acls": {
            "roles": {"plain": {"permissions": [{"kind": "read", "xpath": "/cib"}]}},
            "users": {"u": ["plain"]},
            "groups": {"g": ["plain"]},
        },
        "alerts": {"to": {"path": "/bin/true", "recipients": {"whom": {"value": "plain"}}}},
    }


NAMED: tuple[Pointer, ...] = (
    ("cluster", "fencing", "levels", 0, "node"),
    ("cluster", "fencing", "levels", 0, "devices", 0),
    ("resources", "groups", "both", "members", 0),
    ("resources", "bundles", "box", "resource"),
    ("resources", "tags", "all", 0),
    ("constraints", "location", "l", "resource"),
    ("constraints", "location", "l", "node"),
    ("constraints", "colocation", "c", "resource"),
    ("constraints", "colocation", "c", "with"),
    ("constraints", "colocation", "cs", "sets", 0, "resources", 0),
    ("constraints", "order", "o", "first"),
    ("constraints", "order", "o", "then"),
    ("constraints", "order", "os", "sets", 0, "resources", 0),
    ("constraints", "ticket", "t", "resource"),
    ("constraints", "ticket", "ts", "sets", 0, "resources", 0),
    ("acls", "users", "u", 0),
    ("acls", "groups", "g", 0),
)
"""Where what Pacemaker is told names what is elsewhere."""


class Told(NamedTuple):
    """A text that Pacemaker is told: where the topology has it, how the nth is put there, and where the CIB has that."""

    at: generated.Path
    put: Callable[[Any, int, str], object]
    element: str
    attribute: str


def _nth(topology: Any, number: int) -> Any:
    return topology["resources"]["primitives"].setdefault(f"p{number}", {"agent": "ocf:pacemaker:Dummy"})


def _alert(topology: Any, number: int) -> Any:
    alerts = topology["alerts"]
    return alerts.setdefault(
        f"a{number}", {"path": "/bin/true", "recipients": {f"r{number}": {"value": "plain"}}}
    )


def _recipient(topology: Any, number: int) -> Any:
    return _alert(topology, number)["recipients"][f"r{number}"]


def _box(topology: Any, number: int) -> Any:
    bundles = topology["resources"]["bundles"]
    return bundles.setdefault(f"b{number}", {"container": {"type": "podman", "image": "plain"}})["container"]


def _acl_role(topology: Any, number: int) -> Any:
    permissions = [{"kind": "read", "xpath": "/cib"}]
    topology["acls"]["users"][f"u{number}"] = [f"role{number}"]
    return topology["acls"]["roles"].setdefault(f"role{number}", {"permissions": permissions})


TOLD = {
    "instance": Told(
        ("resources", "primitives", "*", "instance", "*"),
        lambda it, number, text: _nth(it, number).update(instance={"fake": text}),
        "nvpair[@id='p{0}-instance_attributes-fake']",
        "value",
    ),
    "primitive description": Told(
        ("resources", "primitives", "*", "description"),
        lambda it, number, text: _nth(it, number).update(description=text),
        "",
        "",
    ),
    "node attribute": Told(
        ("nodes", "*", "attributes", "*"),
        lambda it, number, text: it["nodes"]["n1"].setdefault("attributes", {}).update({f"x{number}": text}),
        "node[@uname='n1']//nvpair[@name='x{0}']",
        "value",
    ),
    "other property": Told(
        ("cluster", "other_properties", "*"),
        lambda it, number, text: (
            it["cluster"].setdefault("other_properties", {}).update({f"x{number}": text})
        ),
        "crm_config//nvpair[@name='x{0}']",
        "value",
    ),
    "alert option": Told(
        ("alerts", "*", "options", "*"),
        lambda it, number, text: _alert(it, number).update(options={"x": text}),
        "alert[@id='a{0}']/instance_attributes/nvpair[@name='x']",
        "value",
    ),
    "alert description": Told(
        ("alerts", "*", "description"),
        lambda it, number, text: _alert(it, number).update(description=text),
        "alert[@id='a{0}']",
        "description",
    ),
    "recipient": Told(
        ("alerts", "*", "recipients", "*", "value"),
        lambda it, number, text: _recipient(it, number).update(value=text),
        "recipient[@id='r{0}']",
        "value",
    ),
    "recipient option": Told(
        ("alerts", "*", "recipients", "*", "options", "*"),
        lambda it, number, text: _recipient(it, number).update(options={"x": text}),
        "recipient[@id='r{0}']/instance_attributes/nvpair[@name='x']",
        "value",
    ),
    "recipient description": Told(
        ("alerts", "*", "recipients", "*", "description"),
        lambda it, number, text: _recipient(it, number).update(description=text),
        "recipient[@id='r{0}']",
        "description",
    ),
    "bundle options": Told(
        ("resources", "bundles", "*", "container", "options"),
        lambda it, number, text: _box(it, number).update(options=text),
        "bundle[@id='b{0}']/podman",
        "options",
    ),
    "bundle command": Told(
        ("resources", "bundles", "*", "container", "run_command"),
        lambda it, number, text: _box(it, number).update(run_command=text),
        "bundle[@id='b{0}']/podman",
        "run-command",
    ),
    "role description": Told(
        ("acls", "roles", "*", "description"),
        lambda it, number, text: _acl_role(it, number).update(description=text),
        "acl_role[@id='role{0}']",
        "description",
    ),
}
"""The free texts that Pacemaker is told; descriptions of resources become comments of the script."""

PROXIES: tuple[generated.Path, ...] = (
    # names of what is elsewhere: what is not there is refused, as with `proxy.stats.bind`
    ("proxy", "metrics", "bind", "*", "vip"),
    ("proxy", "metrics", "bind", "*", "network"),
    ("proxy", "peers", "network"),
    ("proxy", "acme", "network"),
    ("frontends", "*", "vips", "*"),
    ("frontends", "*", "bind", "*", "vip"),
    ("frontends", "*", "bind", "*", "network"),
    ("frontends", "*", "default_service"),
    ("services", "*", "bind", "*", "vip"),
    ("services", "*", "bind", "*", "network"),
    ("services", "*", "routes", "*", "frontend"),
    ("services", "*", "servers", "backup", "*"),
    ("services", "*", "servers", "resolvers"),
    # lines of HAProxy's own language: test_escape_hatch
    ("proxy", "extra", "global", "*"),
    ("proxy", "extra", "defaults", "*"),
    ("frontends", "*", "extra", "*"),
    ("services", "*", "extra", "*"),
    # comments, as the description of a service is
    ("frontends", "*", "description"),
    # headers that arrive letter by letter: test_behaviour
    ("frontends", "*", "http", "request_headers", "*"),
    ("frontends", "*", "http", "response_headers", "*"),
    ("services", "*", "http", "request_headers", "*"),
    ("services", "*", "http", "response_headers", "*"),
    ("services", "*", "check", "http", "headers", "*"),
    # digits and the signs of a pattern, in quotes
    ("services", "*", "check", "http", "expect_regex"),
)
"""Texts that only HAProxy reads, and how they are attacked instead."""

UNTOLD: frozenset[generated.Path] = frozenset(
    {
        ("resources", "remotes", "*", "attributes", "*"),  # written as those of nodes are
        ("cluster", "fencing", "waiver"),  # for people, as the reason is
        ("acls", "roles", "*", "permissions", "*", "xpath"),
        ("cluster", "quorum", "device", "heuristics", "commands", "*"),
        ("constraints", "location", "*", "pattern"),
        ("cluster", "fencing", "levels", "*", "pattern"),
        *PROXIES,
        *(at for at, _ in generated.places() if at[-1:] == ("attribute",) and "rule" in at),  # `#` is quoted
    }
)
"""Texts that a test of their own attacks, or that go the way of another one."""

_HARMLESS = re.compile(r"[A-Za-z0-9_.:@%+=/,-]*")


def compiled(topology: Any) -> Result:
    """Compile a topology."""
    return compile_source(Source("topology.yml", written(topology).encode()))


def made(topology: Any) -> dict[str, str]:
    """Return the texts of a topology's artifacts by their paths."""
    result = compiled(topology)
    assert result.diagnostics == ()
    return {each.path: each.text for each in result.artifacts}


def spoilt(place: Place, text: str) -> Any:
    """Return the sound topology with `text` at `place`."""
    topology = base()
    place.put(topology, text)
    return topology


@cache
def outcome(name: str, text: str) -> Result:
    """Compile the sound topology with `text` at a place."""
    return compiled(spoilt(PLACES[name], text))


@cache
def kept(name: str) -> tuple[str, ...]:
    """Return the texts that the language takes at a place."""
    return tuple(text for text in (*PLACES[name].extremes, *HOSTILE) if outcome(name, text).topology)


def skeleton(config: str) -> list[str]:
    """Return the first word of every line of a configuration that is not a comment."""
    return [
        line.split()[0] for line in config.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]


def put_at(topology: Any, at: Pointer, text: str) -> None:
    """Put a text at a place, and make the way to it."""
    below: Any = topology
    for step in at[:-1]:
        below = below.setdefault(step, {}) if isinstance(step, str) else below[step]
    if at[-1] == "network":
        below.pop("vip", None)  # a bind has one of the two
    below[at[-1]] = text


def test_every_text_of_the_language_is_attacked() -> None:
    """The tables above leave no place out that holds text."""

    def general(at: Pointer) -> generated.Path:
        schema, found = SCHEMA, []
        for step in at:
            schema = generated.target(schema)
            found.append(str(step) if step in schema.get("properties", {}) else "*")
            schema = (
                schema.get("properties", {}).get(step)
                or schema.get("additionalProperties")
                or schema.get("items")
            )
        return tuple(found)

    pointers = (*(place.at for place in PLACES.values()), *REFERENCES, *NAMED)
    attacked = {general(at) for at in pointers} | {each.at for each in TOLD.values()} | UNTOLD
    texts = {
        at for at, schema in generated.places() if "string" in schema["type"] and "enum" not in schema
    } - narrow(generated.places())
    durations = {at for at, schema in generated.places() if schema.get("title") == "duration"}
    named = {
        at
        for at, schema in generated.places()
        if "propertyNames" in schema
        and at[-1] not in {"addresses", "secrets"}
        and not harmless(schema["propertyNames"]["pattern"])
    }

    assert texts - attacked - durations == set()
    assert {(*at, "*") for at in named} - attacked == set()


def narrow(places: Iterable[tuple[generated.Path, Any]]) -> set[generated.Path]:
    """Return the places whose form lets nothing through that means anything to bash, XML or pcs."""
    return {at for at, schema in places if "pattern" in schema and harmless(schema["pattern"])}


def harmless(pattern: str) -> bool:
    """Tell whether a pattern takes only such odd texts as are plain words to everybody."""
    whole = re.compile(pattern.removesuffix("$") + r"\Z")
    taken = [text for text in (*HOSTILE, *UNREADABLE, *_ODD) if whole.search(text)]
    return all(_HARMLESS.fullmatch(text) for text in taken)


_ODD = tuple(
    f"{before}{sign}{after}"
    for sign in " '\"`$&|;<>()[]{}*?!~#\\\n\t"
    for before in ("", "a", "/", "/a")
    for after in ("", "a")
)
"""Each sign that means something to bash or XML, where a pattern might let it stand."""


@pytest.mark.parametrize("at", REFERENCES, ids=lambda at: ".".join(map(str, at)))
def test_hostile_text_refers_to_nothing(at: Pointer) -> None:
    """What is no name of anything, no address and no duration is refused at its place."""
    for text in (*HOSTILE, *UNREADABLE):
        topology = base()
        put_at(topology, at, text)
        first, *_ = compiled(topology).diagnostics
        assert first.severity == "error"
        assert first.primary.span is not None
        assert first.code.id[:3] == "HG1" or first.primary.at[: len(at)] == at, text


@pytest.mark.parametrize("at", NAMED, ids=lambda at: ".".join(map(str, at)))
def test_hostile_text_names_nothing_of_pacemakers(at: Pointer) -> None:
    """What names no resource, node, device or role is refused at its place."""
    for text in (*HOSTILE, *UNREADABLE[:1]):
        topology = pacemaker()
        topology["cluster"]["fencing"]["levels"] = [{"level": 1, "node": "n1", "devices": ["bmc"]}]
        put_in(topology, at, text)
        first, *_ = compiled(topology).diagnostics
        assert (first.severity, first.primary.span is None) == ("error", False)
        assert first.code.id[:3] == "HG1" or first.primary.at[: len(at)] == at, text


def put_in(topology: Any, at: Pointer, text: str) -> None:
    """Put a text at a place that is there."""
    below: Any = topology
    for step in at[:-1]:
        below = below[step]
    below[at[-1]] = text


_SHARP = (
    "ünï<b>",
    'é"x',
    "é&lt;",
    "<b>é",
    "'",
    '"',
    "`id`",
    "$(touch hagen-was-here)",
    "a\nb",
    "-rf",
    "<b>bold</b>",
    "&lt;",
    "]]>",
    "back\\",
)
"""What is tried everywhere; of the rest, each place gets a quarter."""


@cache
def taken(name: str) -> tuple[str, ...]:
    """Return the texts that the language takes where Pacemaker is told something."""
    told = TOLD[name]
    texts = [*_SHARP, *(text for text in HOSTILE[[*TOLD].index(name) % 4 :: 4] if text not in _SHARP)]
    while True:
        topology = pacemaker()
        places: dict[Pointer, str] = {}
        for number, text in enumerate(texts):
            before = set(leaves(topology))
            told.put(topology, number, text)
            places |= dict.fromkeys(set(leaves(topology)) - before, text)
        result = compiled(topology)
        if result.topology is not None:
            return tuple(texts)
        refused = {places.get(each.primary.at) for each in result.diagnostics if each.severity == "error"}
        assert refused & set(texts), result.diagnostics
        texts = [text for text in texts if text not in refused]


def leaves(data: Any, at: Pointer = ()) -> Iterator[Pointer]:
    """Yield the place of every scalar."""
    if isinstance(data, dict | list):
        for key, each in data.items() if isinstance(data, dict) else enumerate(data):
            yield from leaves(each, (*at, key))
    else:
        yield at


def test_pacemaker_is_told_exactly_what_was_written(tmp_path: Path) -> None:
    """Read back from the CIB that pcs builds, every odd text is what it was, and so are rules of regular expressions."""
    topology = pacemaker()
    for name, told in TOLD.items():
        assert len(taken(name)) > 10, name
        for number, text in enumerate(taken(name)):
            told.put(topology, number, text)
    result = compiled(topology)
    assert result.topology is not None, result.diagnostics
    script = tmp_path / "pcs.sh"
    script.write_text(next(each.text for each in result.artifacts if each.path == "pcs.sh"))
    with warm.warm() as pcs:
        verdict = pcs.build(script, tmp_path / "cib.xml")
    assert verdict.code == 0, verdict.output

    cib = ET.parse(tmp_path / "cib.xml")  # noqa: S314  written by pcs a moment ago
    for name, told in TOLD.items():
        for number, text in enumerate(taken(name) if told.element else ()):
            found = cib.find(f".//{told.element.format(number)}")
            assert found is not None, (name, text)
            # Descriptions are one line.
            wanted = " ".join(text.split()) if told.attribute == "description" else text
            assert found.get(told.attribute, "") == wanted, name
    assert not Path("hagen-was-here").exists()


@pytest.mark.parametrize("name", PLACES)
def test_hostile_text_is_refused_where_it_stands_or_changes_no_other_line(name: str) -> None:
    """A refusal names the place; what is taken leaves haproxy.cfg's and the kernel parameters' lines as they were."""
    place = PLACES[name]
    at = tuple(step for step in place.at if step != "*")
    plain = made(base())

    for text in (*place.extremes, *HOSTILE, *UNREADABLE):
        result = outcome(name, text)
        if result.topology is None:
            first = result.diagnostics[0]
            assert first.primary.span is not None
            assert first.code.id[:3] == "HG1" or first.primary.at[: len(at)] == at, text
        else:
            texts = {each.path: each.text for each in result.artifacts}
            assert text not in UNREADABLE
            assert skeleton(texts["haproxy.cfg"]) == skeleton(plain["haproxy.cfg"])
            assert texts["rsyslog.d/49-haproxy.conf"] == plain["rsyslog.d/49-haproxy.conf"]
            assert len(skeleton(texts["sysctl.d/90-hagen.conf"])) == len(
                skeleton(plain["sysctl.d/90-hagen.conf"])
            )


def test_the_language_takes_some_hostile_text_everywhere() -> None:
    """The tests below have something to test: every place takes at least two odd texts, free ones nearly all."""
    assert [name for name in PLACES if len(kept(name)) < 2] == []
    assert {
        "cluster.description",
        "fencing.reason",
        "fencing.options",
        "service.description",
        "stats.realm",
    } == {name for name in PLACES if len(kept(name)) > 30}


def test_the_shell_keeps_its_own_variables() -> None:
    """A password is not looked for where bash keeps its own things."""
    assert [name for name in SHELL_NAMES if name in kept("password.env")] == []


COMMANDS = ("/bin/x;y", "/bin/a & b | c > /d", "/bin/[a] {b} *? !1", "/bin/# no comment", "/bin/<b>&lt;</b>")
"""Commands of heuristics that mean more to a shell than to Corosync."""


def everything() -> Any:
    """Return one topology with every hostile text that the language takes, as many at each place as fit."""
    topology = base()
    cluster, services = topology["cluster"], topology["services"]
    cluster["name"] = "a._b_"
    cluster["description"] = "\n".join(kept("cluster.description"))[:2000]
    cluster["password"] = {"file": "/etc/hagen/_@%+=:,.-"}
    cluster["fencing"]["devices"] = {
        name: {
            "agent": "fence_dummy",
            "targets": ["n1"],
            "options": {f"o{number}": text for number, text in enumerate(kept("fencing.options"))},
        }
        for name in kept("device")
    }
    topology["nodes"] |= {
        name: {"addresses": {"net": f"10.0.1.{number}"}} for number, name in enumerate(kept("node"), 1)
    }
    asked = {f"c{number}": text for number, text in enumerate(COMMANDS)}
    cluster["quorum"] = {"device": {"host": "x" * 63, "heuristics": {"commands": asked}}}
    cluster["fencing"]["devices"]["bmc"] = {"agent": "fence_dummy", "targets": list(topology["nodes"])}
    topology["vips"] |= {
        name: {"address": f"10.1.2.{number}", "network": "net"} for number, name in enumerate(kept("vip"), 1)
    }
    texts = kept("service.description")
    for number, text in enumerate(texts):
        name = kept("service")[number] if number < len(kept("service")) else f"s{number}"
        services[name] = {"vips": ["vip"], "port": 9000 + number, "description": text}
    topology["kernel"]["sysctl"] = {f"net.core.o{number}": text for number, text in enumerate(kept("sysctl"))}
    topology["provisioning"]["packages"] = list(kept("package"))
    return topology


# --- bash -----------------------------------------------------------------------------------------------------------

STUB = """\
#!/bin/bash
{ printf '%s\\0' "${0##*/}" "$@"; printf '\\n'; } >>"$CALLS"
"""


def stubs(folder: Path, names: tuple[str, ...], code: int = 0) -> Path:
    """Fill a folder with programs that only write down their arguments."""
    folder.mkdir()
    for name in names:
        (folder / name).write_text(f"{STUB}exit {code}\n")
        (folder / name).chmod(0o755)
    return folder


def recorded(calls: Path) -> list[list[str]]:
    """Return the argument lists that the stubs wrote down."""
    text = calls.read_bytes().decode() if calls.exists() else ""
    return [call.split("\0") for call in text.removesuffix("\0\n").split("\0\n")] if text else []


def bash(
    script: str, *arguments: str | Path, path: Path, scratch: Path, env: dict[str, str] | None = None
) -> str:
    """Run a script with stubs before the real programs, and return what it printed."""
    (scratch / "script.sh").write_text(script)
    calls = {"PATH": f"{path}:{programs.PATH}", "CALLS": str(scratch / "calls")}
    return programs.run("bash", scratch / "script.sh", *arguments, env={**calls, **(env or {})}).output


def test_pcs_is_given_exactly_the_words_that_were_written(tmp_path: Path) -> None:
    """Every option, name and address of pcs.sh reaches pcs through bash as one argument, and nothing else is run."""
    topology = everything()
    path = stubs(tmp_path / "bin", ("pcs", "cibadmin", "crm_verify", "crm_diff", "crm_resource"))
    (path / "uname").write_text("#!/bin/sh\necho n1\n")
    (path / "uname").chmod(0o755)
    absent = f"corosync_conf={tmp_path}/corosync.conf"
    script = made(topology)["pcs.sh"].replace("corosync_conf=/etc/corosync/corosync.conf", absent)
    assert absent in script

    bash(script, "cib", tmp_path / "wanted.xml", path=path, scratch=tmp_path)
    bash(script, "setup", path=path, scratch=tmp_path)

    calls = recorded(tmp_path / "calls")
    assert {call[0] for call in calls} == {"pcs", "cibadmin", "crm_verify"}
    devices = {
        call[5]: call[6:] for call in calls if call[1:2] == ["-f"] and call[3:5] == ["stonith", "create"]
    }
    assert list(devices) == list(topology["cluster"]["fencing"]["devices"])
    for name in kept("device"):
        wanted = [f"o{number}={text}" for number, text in enumerate(kept("fencing.options"))]
        assert devices[name] == [
            "fence_dummy",
            *wanted,
            "pcmk_host_list=n1",
            "op",
            "monitor",
            "interval=60s",
        ]
    assert devices["bmc"][1] == "pcmk_host_list=" + " ".join(topology["nodes"])
    setup = next(call for call in calls if call[1:3] == ["cluster", "setup"])
    members = [
        word
        for name in topology["nodes"]
        for word in (name, f"addr={topology['nodes'][name]['addresses']['net']}")
    ]
    assert setup[3 : len(members) + 4] == ["a._b_", *members]
    assert setup[len(members) + 4] == "transport"
    device = next(call for call in calls if call[1:4] == ["quorum", "device", "add"])
    asked = [f"exec_c{number}={text}" for number, text in enumerate(COMMANDS)]
    assert [word for word in device if word.startswith("exec_")] == asked


@pytest.mark.parametrize("where", ["env", "file"])
def test_any_password_reaches_pcs_on_standard_input_alone(where: str, tmp_path: Path) -> None:
    """Wherever it is kept and whatever it looks like, pcs reads the password as it is, and no argument has it."""
    path = stubs(tmp_path / "bin", ())
    (path / "pcs").write_text(f'{STUB}[ "$1 $2" = "host auth" ] && exec cat >"$CALLS.password"\n')
    (path / "pcs").chmod(0o755)
    passwords = [text for text in HOSTILE if "\n" not in text]
    for number, password in enumerate(passwords):
        topology = base()
        file = tmp_path / "_@%+=:,.-"
        file.write_text(f"{password}\n")
        names = kept("password.env")
        name = names[number % len(names)]
        topology["cluster"]["password"] = {"env": name} if where == "env" else {"file": str(file)}
        bash(made(topology)["pcs.sh"], "auth", path=path, scratch=tmp_path, env={name: password})
        assert (tmp_path / "calls.password").read_text() == f"{password}\n"
    assert [call for call in recorded(tmp_path / "calls") if set(call) & set(passwords)] == []


def test_checks_are_given_exactly_the_words_that_were_written(tmp_path: Path) -> None:
    """verify.sh asks for every name and value as written, and each title stays one line of TAP."""
    topology = everything()
    asked = (
        "crm_node",
        "crm_resource",
        "crm_attribute",
        "crm_verify",
        "corosync-cmapctl",
        "corosync-quorumtool",
        "corosync-qdevice-tool",
        "haproxy",
    )
    path = stubs(
        tmp_path / "bin",
        (*asked, "timeout", "curl", "sysctl", "systemctl", "sha256sum", "stat", "ip"),
        code=1,
    )

    said = bash(made(topology)["verify.sh"], path=path, scratch=tmp_path).splitlines()

    calls = recorded(tmp_path / "calls")
    titles = [line for line in said if line.startswith(("ok ", "not ok "))]
    assert [line for line in said if not line.startswith(("ok ", "not ok ", "# "))] == [f"1..{len(titles)}"]
    assert [call[2] for call in calls if call[0] == "sysctl"][1:] == list(topology["kernel"]["sysctl"])
    assert {f"vip_{name}" for name in topology["vips"]} <= {
        call[2] for call in calls if call[0] == "crm_resource"
    }
    wanted = [f"kernel parameter {name} is {value}" for name, value in topology["kernel"]["sysctl"].items()]
    assert [title for title in wanted if not any(line.endswith(f" - {title}") for line in titles)] == []


# --- provisioning ---------------------------------------------------------------------------------------------------


def copies(topology: Any) -> dict[str, str]:
    """Return the files that a node gets, by their paths there."""
    return {each.target.path: each.text for each in compiled(topology).artifacts if each.target}


def test_cloud_init_writes_exactly_the_files_and_installs_exactly_the_packages() -> None:
    """YAML reads back every file, package and host name, and names that YAML takes for values are still names."""
    topology = everything()
    texts = made(topology)
    for node in topology["nodes"]:
        data = yaml.safe_load(texts[f"cloud-init/{node}.yaml"])
        assert data["hostname"] == node
        assert {each["path"]: each["content"] for each in data["write_files"]} == copies(topology)
        assert data["packages"][-len(kept("package")) :] == list(kept("package"))
        assert {type(each) for each in data["runcmd"]} == {str}
    assert f"cloud-init/{kept('node')[0]}.yaml" in texts


def test_cloud_init_itself_accepts_hostile_text(tmp_path: Path) -> None:
    """`cloud-init schema` calls the user data valid."""
    path = tmp_path / "user-data"
    path.write_text(made(everything())["cloud-init/no.yaml"])

    assert programs.cloud_init_schema(path) == programs.Verdict(0, f"Valid cloud-config: {path}\n")


def test_anaconda_writes_exactly_the_files(tmp_path: Path) -> None:
    """Its parser finds one script; run by bash with an /etc of its own, it writes every file as it is."""
    programs.need("bash", "unshare", "mount")
    topology = everything()
    parser = KickstartParser(makeVersion("RHEL9"))
    parser.readKickstartFromString(made(topology)["kickstart/no.ks"])
    handler = parser.handler
    assert [(script.interp, script.errorOnFail) for script in handler.scripts] == [("/bin/bash", True)]
    assert [each.hostname for each in handler.network.network] == ["no"]

    etc = tmp_path / "etc"
    etc.mkdir()
    for name in ("passwd", "group"):
        (etc / name).write_text("root:x:0:0:root:/root:/bin/sh\n" if name == "passwd" else "root:x:0:\n")
    (tmp_path / "post").write_text(handler.scripts[0].script)
    path = stubs(tmp_path / "bin", ("dnf", "systemctl", "setsebool", "firewall-offline-cmd", "chpasswd"))
    inside = ["bash", "-c", 'mount --bind "$0" /etc && exec bash "$1"', str(etc), str(tmp_path / "post")]
    env = {"PATH": f"{path}:{programs.PATH}", "CALLS": str(tmp_path / "calls")}
    programs.run("unshare", *sandbox._unshare()[1:2], *inside, env=env).require()

    written_files = {
        f"/etc/{each.relative_to(etc)}": each.read_text() for each in etc.rglob("*") if each.is_file()
    }
    assert {name: written_files[name] for name in copies(topology)} == copies(topology)
    assert set(written_files) == {"/etc/passwd", "/etc/group", *copies(topology)}
    installed = next(
        call
        for call in recorded(tmp_path / "calls")
        if call[:3] == ["dnf", "-y", "install"] and len(call) > 4
    )
    assert installed[-len(kept("package")) :] == list(kept("package"))


def test_sysctl_reads_every_value_as_it_was_written(tmp_path: Path) -> None:
    """The program `sysctl` finds the value that the topology has, whatever it looks like."""
    name = "kernel.core_pattern"
    files = [tmp_path / f"{number}.conf" for number in range(len(kept("sysctl")))]
    for path, value in zip(files, kept("sysctl"), strict=True):
        topology = base()
        topology["kernel"]["sysctl"] = {name: value}
        text = made(topology)["sysctl.d/90-hagen.conf"]
        path.write_text(
            "".join(line for line in text.splitlines(keepends=True) if not line.startswith("net."))
        )

    said = programs.run("sysctl", "--dry-run", "--load", *files).output.splitlines()

    assert said == [f"{name} = {value}" for value in kept("sysctl")]


# --- people ---------------------------------------------------------------------------------------------------------


def inlines(text: str) -> list[tuple[list[str], str]]:
    """Return every piece of running text of a Markdown document: what it is made of, and what a reader sees."""

    def seen(children: list[Token]) -> str:
        return "".join("\n" if child.type == "softbreak" else child.content for child in children)

    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    return [
        ([child.type for child in each.children or ()], seen(each.children or []))
        for each in tokens
        if each.type == "inline"
    ]


def blocks(text: str) -> list[str]:
    """Return the kinds of blocks of a Markdown document, in their order."""
    return [each.type for each in MarkdownIt("commonmark").enable("table").parse(text)]


@pytest.mark.parametrize(
    "name", ["cluster.description", "fencing.reason", "cluster.name", "service", "vip", "device", "sysctl"]
)
def test_the_checklist_shows_text_as_it_is(name: str) -> None:
    """No text becomes a heading, a list, code, a table, markup or an entity: a reader sees it as it was written."""
    place = PLACES[name]
    plain = made(spoilt(place, "plain"))["CHECKLIST.md"]

    for text in kept(name):
        shown = next(each.text for each in outcome(name, text).artifacts if each.path == "CHECKLIST.md")
        assert blocks(shown) == blocks(plain), text
        kinds = {kind for its, _ in inlines(shown) for kind in its}
        assert kinds <= {"text", "softbreak", "code_inline", "strong_open", "strong_close"}, text
        assert sum(its.count("strong_open") for its, _ in inlines(shown)) == plain.count("**") // 2
        words = " ".join(text.split())
        assert any(words in " ".join(seen.split()) for _, seen in inlines(shown)), text


# --- HAProxy --------------------------------------------------------------------------------------------------------


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that nobody has at the moment."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


@contextmanager
def proxy(config: str, scratch: Path, port: int, env: dict[str, str]) -> Iterator[None]:
    """Run HAProxy with a configuration, as the user that runs the tests, until the block ends.

    Where the configuration says 10.x.y.z, it is given 127.x.y.z.
    """
    program = programs.need("haproxy")["haproxy"]
    dropped = re.compile(r"^    (chroot|pidfile|user|group|daemon|log)\b.*\n", re.MULTILINE)
    head, defaults, rest = config.partition("\ndefaults\n")
    path = scratch / "haproxy.cfg"
    text = dropped.sub("", head) + defaults + rest
    path.write_text(re.sub(r"(?m)^(    (?:bind|server \S+) )10\.", r"\g<1>127.", text))
    log = scratch / "haproxy.log"
    with log.open("w") as said:
        process = subprocess.Popen([program, "-db", "-f", path], env=env, stdout=said, stderr=said)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.1.1.1", port)) == 0:
                    break
            assert process.poll() is None, log.read_text()
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait()


def ask(port: int, uri: str, credentials: str = "") -> tuple[int, str]:
    """Ask the stats page, and return the status and what a browser would be told of the realm."""
    connection = http.client.HTTPConnection("127.1.1.1", port, timeout=10)
    head = (
        {"Authorization": "Basic " + base64.b64encode(credentials.encode()).decode()} if credentials else {}
    )
    connection.request("GET", uri, headers=head)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers.get("WWW-Authenticate", "")


def test_haproxy_asks_for_the_password_as_it_was_told(tmp_path: Path) -> None:
    """Realm, path and user reach a running HAProxy unchanged, and so does any password in its environment."""
    passwords = [text for text in HOSTILE if "\n" not in text and text.isascii()]
    port, back = free_ports(2)
    for number, realm in enumerate(kept("stats.realm")):
        uri = kept("stats.uri")[number % len(kept("stats.uri"))]
        user = kept("stats.user")[number % len(kept("stats.user"))]
        password = passwords[number % len(passwords)]
        topology = base()
        topology["proxy"]["stats"].update(
            bind=[{"vip": "vip", "port": port}], realm=realm, uri=uri, user=user
        )
        topology["services"]["web"]["port"] = back
        with proxy(made(topology)["haproxy.cfg"], tmp_path, port, {"STATS_PASSWORD": password, "HOME": "/"}):
            assert ask(port, uri) == (401, f'Basic realm="{realm}"')
            assert ask(port, uri, f"{user}:not {password}")[0] == 401
            assert ask(port, uri, f"{user}:{password}")[0] == 200


def test_haproxy_without_its_password_shows_nothing(tmp_path: Path) -> None:
    """An environment without the password closes the page, even to an empty password."""
    port, back = free_ports(2)
    topology = base()
    topology["proxy"]["stats"]["bind"] = [{"vip": "vip", "port": port}]
    topology["services"]["web"]["port"] = back
    for env in ({}, {"STATS_PASSWORD": ""}):
        with proxy(made(topology)["haproxy.cfg"], tmp_path, port, env):
            assert [ask(port, "/stats")[0], ask(port, "/stats", "admin:")[0]] == [403, 403]


def test_haproxy_checks_exactly_the_path_that_was_written(tmp_path: Path) -> None:
    """Every path arrives at the server byte by byte."""
    asked: set[str] = set()

    class Server(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            line = self.rfile.readline().decode()
            if line:  # HAProxy may end with a connection on which it has not asked yet
                asked.add(line)
            self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")

    wanted = {f"OPTIONS {path} HTTP/1.0\r\n" for path in kept("check.path")}
    ports = free_ports(len(wanted) + 1)
    topology = base()
    del topology["proxy"]
    topology["services"] = {
        f"s{number}": {
            "vips": ["vip"],
            "port": ports[number],
            "check": {"type": "http", "inter": "100ms", "http": {"path": path}},
            "servers": {"external": {"one": {"address": "10.0.0.1"}}, "port": ports[-1]},
        }
        for number, path in enumerate(kept("check.path"))
    }
    with socketserver.ThreadingTCPServer(("127.0.0.1", ports[-1]), Server) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        try:
            with proxy(made(topology)["haproxy.cfg"], tmp_path, ports[0], {}):
                deadline = time.monotonic() + 10
                while asked != wanted and time.monotonic() < deadline:
                    time.sleep(0.05)
        finally:
            server.shutdown()

    assert asked == wanted


def test_haproxy_finds_the_sections_and_nothing_of_the_comments(tmp_path: Path) -> None:
    """HAProxy reads as many proxies as there are services, whatever their descriptions say."""
    topology = everything()
    config = tmp_path / "haproxy.cfg"
    config.write_text(made(topology)["haproxy.cfg"])

    assert haproxies.judge_here(config, tmp_path / "judged").code == 0
    sections = [line.split()[1] for line in config.read_text().splitlines() if line.startswith("listen ")]
    assert sections == ["stats", *topology["services"]]
    benign = copy.deepcopy(topology)
    for service in benign["services"].values():
        service["description"] = "plain"
    assert skeleton(config.read_text()) == skeleton(made(benign)["haproxy.cfg"])


def test_the_manifest_is_json_whatever_the_names() -> None:
    """Names of clusters and nodes come back from the manifest as they were."""
    topology = everything()
    manifest = json.loads(made(topology)["manifest.json"])

    assert manifest["cluster"] == "a._b_"
    assert {node for each in manifest["files"] for node in each.get("nodes", ())} == set(topology["nodes"])
