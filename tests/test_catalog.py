"""The catalog: every type alone and all together are sound, HAProxy accepts them, and no entry contradicts itself."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import haproxies
from hagen import resources
from hagen.pipeline import Result, compile_source
from hagen.quantity import Duration
from hagen.source import Source
from programs import Verdict

CATALOG: Any = resources.data("schema/catalog.yaml")
PLATFORMS: Any = resources.data("schema/platforms.yaml")
SCHEMA: Any = resources.data("schema/topology.schema.json")
ONE = "debian12"
"""The platform on which each type is compiled alone."""

ASKED_AS = {
    "http": {"tcp", "http"},
    "mysql": {"tcp", "mysql"},
    "pgsql": {"tcp", "pgsql"},
    "redis": {"tcp", "redis"},
    "tls": {"tcp", "ssl-hello"},
}
"""The checks that a port answers, by what it speaks; any other port takes connections, and no more is asked of it."""


def topology(platform: str, services: dict[str, Any]) -> dict[str, Any]:
    """Return three nodes of a platform with a VIP and these services."""
    return {
        "hagen": 1,
        "cluster": {
            "name": "catalog",
            "platform": platform,
            "purpose": "lab",
            "fencing": {"enabled": False, "reason": "nothing of this is ever started"},
        },
        "networks": {"management": {"cidr": "192.0.2.0/24"}},
        "nodes": {f"node{n}": {"addresses": {"management": f"192.0.2.{10 + n}"}} for n in (1, 2, 3)},
        "vips": {"main": {"address": "192.0.2.100", "network": "management"}},
        "proxy": {"maxconn": 10000},
        "services": services,
    }


def compiled(platform: str, services: dict[str, Any]) -> Result:
    """Compile such a topology in this process."""
    text = yaml.safe_dump(topology(platform, services), sort_keys=False)
    return compile_source(Source("topology.yml", text.encode()))


def together(platform: str) -> Result:
    """Compile all types, each on a port of its own, since some have the same one."""
    return compiled(
        platform,
        {
            name: {"type": name, "vips": ["main"], "port": 20000 + n, "servers": {"port": 20000 + n, "listen": "address"}}
            for n, name in enumerate(CATALOG)
        },
    )  # fmt: skip


def errors(result: Result) -> list[str]:
    """Return what a topology was refused for."""
    return [f"{each.code.id}: {each.message}" for each in result.diagnostics if each.severity == "error"]


def config(result: Result) -> str:
    """Return the text of haproxy.cfg."""
    return next(each.text for each in result.artifacts if each.path == "haproxy.cfg")


@pytest.mark.parametrize("name", CATALOG)
def test_each_type_alone_is_sound(name: str) -> None:
    """A service that says no more than its type has a section with its port, its mode and a server on each node."""
    result = compiled(ONE, {"it": {"type": name, "vips": ["main"]}})
    said = CATALOG[name]["service"]

    assert errors(result) == []
    section = config(result).partition("\nlisten it\n")[2].partition("\n\n")[0].splitlines()
    assert section[0] == f"    bind 192.0.2.100:{said['port']}"
    assert ("    mode http" in section) == (said.get("mode") == "http")
    assert len([line for line in section if line.startswith("    server node") and " check " in line]) == 3


@pytest.mark.parametrize("platform", PLATFORMS)
def test_all_types_together_are_sound_everywhere(platform: str) -> None:
    """Every platform can have every type."""
    result = together(platform)

    assert errors(result) == []
    assert config(result).count("\nlisten ") == len(CATALOG)


def platform_of(version: str) -> str:
    """Return the platform whose HAProxy is this one, or the next older one."""
    numbers: dict[str, tuple[int, ...]] = {
        name: tuple(map(int, each["versions"]["haproxy"].split("."))) for name, each in PLATFORMS.items()
    }
    wanted = tuple(map(int, version.split(".")))
    return max((each for each in numbers if numbers[each] <= wanted), key=lambda each: numbers[each])


@pytest.mark.parametrize("version", haproxies.VERSIONS)
def test_every_haproxy_accepts_all_types(version: str, tmp_path: Path) -> None:
    """`haproxy -dW -c` finds no fault in a file with all of them, and gives no warning."""
    path = tmp_path / "haproxy.cfg"
    path.write_text(config(together(platform_of(version))))

    assert haproxies.check(version, path) in haproxies.SATISFIED


def test_a_check_that_haproxy_refuses_would_be_seen(tmp_path: Path) -> None:
    """The test above can fail: a word that HAProxy does not know is found."""
    path = tmp_path / "haproxy.cfg"
    path.write_text(config(together(platform_of("2.6"))).replace("balance leastconn", "balance leastcon"))

    verdict = haproxies.check("2.6", path)
    assert verdict != Verdict(0, "")
    assert "leastcon" in verdict.output


@pytest.mark.parametrize("name", CATALOG)
def test_checks_speak_what_the_port_speaks(name: str) -> None:
    """A check asks in the protocol of its port, or only connects, and mode http is for HTTP alone."""
    entry = CATALOG[name]
    service, check = entry["service"], entry["service"]["check"]
    spoken = entry["protocol"]
    if "port" in check:
        spoken = entry["answers"][check["port"]]
    by_tls = check.get("tls", False)

    assert by_tls == (spoken == "tls" and check["type"] == "http")
    assert by_tls or check["type"] in ASKED_AS.get(spoken, {"tcp"})
    assert service.get("mode") != "http" or entry["protocol"] == "http"


def time(value: str) -> int:
    """Return a duration of the catalog in milliseconds."""
    number, unit = re.fullmatch(r"(\d+)(\D+)", value).groups()  # type: ignore[union-attr]
    return Duration(int(number), unit).milliseconds


@pytest.mark.parametrize("name", CATALOG)
def test_timeouts_are_long_enough(name: str) -> None:
    """What clients need at least, the entry or HAProxy's defaults give; a websocket has a tunnel timeout."""
    entry = CATALOG[name]
    given = {
        **{key: each["default"] for key, each in SCHEMA["properties"]["proxy"]["properties"]["timeouts"]["properties"].items() if "default" in each},
        **entry["service"].get("timeouts", {}),
    }  # fmt: skip
    for key, least in entry.get("at_least", {}).items():
        assert time(given[key]) >= time(least), key
    assert ("websocket" in entry) == ("tunnel" in given)
    assert ("client" in entry["service"].get("timeouts", {})) == (
        "server" in entry["service"].get("timeouts", {})
    )


@pytest.mark.parametrize("name", CATALOG)
def test_long_silence_is_watched_by_the_kernel(name: str) -> None:
    """A session that may be silent for more than ten minutes in mode tcp, or as a websocket, has keepalives on both sides."""
    service = CATALOG[name]["service"]
    tunnelled = service.get("mode") != "http" or "websocket" in CATALOG[name]
    longest = max((time(each) for each in service.get("timeouts", {}).values()), default=time("1min"))

    assert (service.get("tcp_keepalive") == "both") == (tunnelled and longest > time("10min"))


def test_one_writer_closes_what_it_leaves() -> None:
    """Sessions with a server that may no longer be used are closed, so that no two are used at a time."""
    single = {name: entry["service"] for name, entry in CATALOG.items() if "single_writer" in entry}

    assert {"galera", "mysql", "postgresql"} <= set(single)
    assert {name for name, each in single.items() if each["on_marked_down"] != "shutdown-sessions"} == set()


def test_ports_that_clash_are_named() -> None:
    """Two types with one port say so, each naming the other or the port."""
    ports: dict[int, list[str]] = {}
    for name, entry in CATALOG.items():
        ports.setdefault(entry["service"]["port"], []).append(name)
    clashes = {port: names for port, names in ports.items() if len(names) > 1}

    assert clashes == {
        3306: ["galera", "mysql"],
        5050: ["ironic-inspector", "adjutant"],
        6379: ["redis", "valkey"],
        8778: ["placement", "senlin"],
        8888: ["zaqar", "certbot"],
        9090: ["freezer", "prometheus"],
    }
    for port in (5050, 8778, 8888, 9090):
        assert all(str(port) in CATALOG[name]["why"] for name in clashes[port]), port
    assert all("9200" in CATALOG[name]["why"] for name in ("galera", "opensearch"))


def test_what_rules_the_cloud_is_not_for_strangers() -> None:
    """Databases, messages, caches and the metadata of instances are marked as internal."""
    assert {"galera", "mysql", "postgresql", "rabbitmq", "rabbitmq-management", "memcached", "redis", "valkey", "etcd",
            "nova-metadata", "ovn-nb", "ovn-sb"} <= {name for name, each in CATALOG.items() if "internal" in each}  # fmt: skip
    assert {"rabbitmq", "memcached", "redis"} <= {name for name, each in CATALOG.items() if "direct" in each}
