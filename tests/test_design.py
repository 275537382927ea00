"""The house's own rules, where no linter knows them."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest

import hagen.emit
import hagen.rules
from hagen import codes, model, resources
from topologies import ROOT

SCHEMA: Any = resources.data("schema/topology.schema.json")


@pytest.mark.parametrize("package", [hagen.emit, hagen.rules], ids=["emit", "rules"])
def test_every_unit_is_registered(package: Any) -> None:
    """A module that is not in its package's ALL would do nothing, in silence."""
    names = {module.name for module in pkgutil.iter_modules(package.__path__)}

    assert {unit.__module__.rpartition(".")[2] for unit in package.ALL} == names


def test_the_model_has_no_defaults() -> None:
    """Defaults stand in the schema alone; a model with gaps is a mistake of resolve."""
    names = [f"{model.__name__}.{module.name}" for module in pkgutil.iter_modules(model.__path__)]
    modules = [model, *map(importlib.import_module, names)]
    values = [
        each
        for module in modules
        for each in vars(module).values()
        if getattr(each, "__module__", "") == module.__name__ and hasattr(each, "_field_defaults")
    ]
    assert len(values) > 40

    assert [each.__name__ for each in values if each._field_defaults] == []


def test_no_template_decides_a_default() -> None:
    """Templates lay out what emitters made ready."""
    templates = {path.name: path.read_text() for path in (ROOT / "templates").glob("*.j2")}
    assert "haproxy.cfg.j2" in templates

    assert [name for name, text in templates.items() if re.search(r"\bdefault\b\s*\(", text)] == []


def test_codes_are_unique_and_in_order() -> None:
    """A number means one thing for ever, and so does a name."""
    ids = [code.id for code in codes.ALL]
    names = [code.name for code in codes.ALL]

    assert ids == sorted(set(ids))
    assert len(names) == len(set(names))
    assert set(ids).isdisjoint(codes.RETIRED)
    assert [code.id for code in codes.ALL if not re.fullmatch("HG[1-9][0-9]{3}", code.id)] == []
    assert [code.name for code in codes.ALL if not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", code.name)] == []


def objects(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every schema of an object below `schema`, with a path that people can read."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield path or "(top)", schema
        for key, value in schema.items():
            if key not in {"default", "examples", "defaultSnippets"}:
                yield from objects(value, f"{path}/{key}")


# What is left out of these objects, by their titles, is what the program that reads it takes by itself; a default of
# hagen's would be written into every cluster.
THE_PROGRAMS_OWN = {
    "alert meta attributes", "bundle network", "clone meta attributes", "cluster properties", "compression",
    "container", "guest node", "heuristics", "link", "meta attributes", "operation", "operation defaults",
    "operation values", "resource defaults", "totem options",
}  # fmt: skip

# These say one thing in one of several ways.
EITHER_OR = {
    "bind", "colocation constraint", "expression", "fencing level", "location constraint", "order constraint",
    "permission", "port map", "resource set", "rule", "secret", "storage map", "ticket constraint",
}  # fmt: skip

# What these keys mean when they are left out cannot be said by a value; their descriptions say it.
MEANINGFUL_ABSENCE = {
    "topology": {"booth", "acls"},
    "cluster": {"links", "openstack_release", "pcs_permissions"},
    "transport": {"type", "link_mode", "ip_version", "pmtud_interval", "netmtu", "compression"},
    "crypto": {"model"},
    "quorum": {"wait_for_all", "auto_tie_breaker", "last_man_standing", "last_man_standing_window", "device"},
    "quorum device": {
        "tie_breaker", "port", "connect_timeout", "force_ip_version", "timeout", "sync_timeout", "heuristics", "machine",
    },
    "machine": {"platform"},
    "fencing": {"sbd"},
    "fencing device": {"delay_base", "delay_max"},
    "SBD": {"msgwait_timeout", "timeout_action"},
    "SBD of the node": {"watchdog", "devices"},
    "set of resource defaults": {"score", "rule"},
    "set of operation defaults": {"score", "rule"},
    "network": {"interface", "gateway", "public"},
    "node": {"standby", "maintenance", "sbd"},
    "VIP": {"with"},
    "proxy": {
        "threads", "hard_stop_after", "stats", "stats_socket", "metrics", "peers", "server_state", "acme",
    },
    "log": {"target"},
    "stats socket": {"group"},
    "metrics": {"allow"},
    "frontend": {"maxconn", "tls", "allow", "deny", "rate_limit", "default_service"},
    "frontend timeouts": {"client", "http_request", "http_keep_alive"},
    "TLS": {"certificate", "crt_list", "min_version", "redirect_http", "hsts", "clients"},
    "client certificates": {"crl_file"},
    "HTTP": {"max_body"},
    "rate limit": {"path"},
    "service": {
        "type", "port", "maxconn", "tls", "allow", "deny", "rate_limit", "balance_options", "hash_type", "log_format",
        "writer", "cookie", "stick",
    },
    "balance options": {"name", "length", "depth", "draws"},
    "hash type": {"function"},
    "check": {"mysql", "pgsql", "port", "tls", "sni", "fastinter", "downinter", "agent"},
    "http check": {"expect_regex"},
    "redis check": {"password"},
    "timeouts": {
        "client", "server", "tunnel", "connect", "queue", "check", "http_request", "http_keep_alive",
    },
    "servers": {
        "nodes", "network", "port", "maxconn", "max_connections", "slowstart", "tls", "resolvers", "init_state",
    },
    "external server": {"address", "host", "port"},
    "TLS to servers": {"ca_file", "verify_host", "sni", "certificate"},
    "cookie": {"max_life", "max_idle"},
    "stick table": {"expire"},
    "primitive": {"guest"},
    "clone": {"id"},
    "bundle": {"network", "resource"},
    "remote node": {"reconnect_interval"},
    "ticket": {"acquire_after"},
}  # fmt: skip


def optional(schema: Any) -> set[str]:
    """Return the keys of an object that may be left out."""
    return set(schema.get("properties", {})) - set(schema.get("required", ()))


def test_optional_keys_have_defaults() -> None:
    """Each key that may be left out has its default in the schema, but for those whose absence means something."""
    gaps: dict[str, set[str]] = {}
    for _, schema in objects(SCHEMA):
        without = {key for key in optional(schema) if "default" not in schema["properties"][key]}
        if without and schema["title"] not in THE_PROGRAMS_OWN | EITHER_OR:
            gaps.setdefault(schema["title"], set()).update(without)

    assert gaps == MEANINGFUL_ABSENCE


def test_what_is_the_programs_own_has_no_default() -> None:
    """Where hagen leaves a choice to a program, it does so for the whole object, and every object listed is one."""
    seen = set()
    for path, schema in objects(SCHEMA):
        if schema["title"] in THE_PROGRAMS_OWN:
            seen.add(schema["title"])
            assert [key for key in optional(schema) if "default" in schema["properties"][key]] in (
                [],
                ["mode"],
            ), path

    assert seen == THE_PROGRAMS_OWN


def test_objects_of_alternatives_leave_them_out() -> None:
    """Every object that is listed for its alternatives has at least two keys of which none is needed or a default."""
    found: dict[str, set[str]] = {}
    for _, schema in objects(SCHEMA):
        if schema["title"] in EITHER_OR:
            open_keys = {key for key in optional(schema) if "default" not in schema["properties"][key]}
            found.setdefault(schema["title"], set()).update(open_keys)

    assert set(found) == EITHER_OR
    assert [title for title, keys in found.items() if len(keys) < 2] == []


def test_objects_are_closed_described_and_named() -> None:
    """An editor shows the title as the type's name and the description on hover; unknown keys are mistakes."""
    for path, schema in objects(SCHEMA):
        assert "additionalProperties" in schema, path
        assert schema["additionalProperties"] is False or "propertyNames" in schema, path
        assert re.fullmatch(r"[\w -]{2,30}", schema["title"]), path
        assert len(schema["description"]) > 10, path


def test_every_property_is_described() -> None:
    """Every key has words of its own, and every pattern says what it wants."""
    for path, schema in objects(SCHEMA):
        for key, value in schema.get("properties", {}).items():
            assert value.get("description"), f"{path}.{key}"
            assert "pattern" not in value or value.get("patternErrorMessage"), f"{path}.{key}"


def test_patterns_are_anchored() -> None:
    """An open pattern would let anything pass around what it names."""
    text = (ROOT / "schema/topology.schema.json").read_text()
    patterns = re.findall(r'"pattern": "((?:[^"\\]|\\.)*)"', text)
    assert len(patterns) > 20

    assert [each for each in patterns if not (each.startswith("^") and each.endswith("$"))] == []


def test_no_forbidden_keyword() -> None:
    """Keywords for which editors and validators have no usable message, or that are slow in editors."""
    text = (ROOT / "schema/topology.schema.json").read_text()
    assert [
        word
        for word in ("oneOf", "anyOf", "patternProperties", '"format": "', 'errorMessage": {')
        if f"{word}" in text
    ] == []


def test_catalog_entries_are_complete() -> None:
    """Every type says what it is, why its values are as they are, what it speaks, and where that can be read."""
    catalog: Any = resources.data("schema/catalog.yaml")
    needed = {"title", "source", "why", "protocol", "service"}
    facts = {"answers", "websocket", "internal", "direct", "single_writer", "before", "at_least", "releases"}
    keys = SCHEMA["properties"]["services"]["additionalProperties"]["properties"]
    for name, entry in catalog.items():
        assert needed <= set(entry) <= needed | facts, name
        assert entry["source"], name
        assert all(each.startswith("https://") for each in entry["source"]), name
        assert {"port", "balance", "check"} <= set(entry["service"]), name
        assert set(entry["service"]) <= set(keys) - {"type", "vips", "bind", "routes", "writer"}, name


def test_catalog_facts_are_of_the_right_form() -> None:
    """What rules read of a type is a word, a flag, a phrase or a timeout of the known kinds."""
    catalog: Any = resources.data("schema/catalog.yaml")
    protocols = {"http", "mysql", "pgsql", "amqp", "redis", "memcached", "mongodb", "ovsdb", "tls", "tcp"}
    properties = SCHEMA["properties"]
    timeouts = properties["services"]["additionalProperties"]["properties"]["timeouts"]["properties"]
    releases = properties["cluster"]["properties"]["openstack_release"]["enum"]
    for name, entry in catalog.items():
        assert {entry["protocol"], *entry.get("answers", {}).values()} <= protocols, name
        assert all(isinstance(port, int) for port in entry.get("answers", {})), name
        assert all(entry[flag] is True for flag in ("websocket", "single_writer") if flag in entry), name
        for phrase in (entry[key] for key in ("internal", "direct", "before") if key in entry):
            assert not phrase.endswith("."), name
            assert "\n" not in phrase, name
        assert set(entry.get("at_least", {})) <= set(timeouts), name
        assert set(entry.get("releases", {})) <= {"since", "until"}, name
        assert set(entry.get("releases", {}).values()) <= set(releases), name


def test_catalog_types_are_those_of_the_language() -> None:
    """Editors offer every type with its title, in the catalog's order."""
    catalog: Any = resources.data("schema/catalog.yaml")
    kind = SCHEMA["properties"]["services"]["additionalProperties"]["properties"]["type"]

    assert kind["enum"] == list(catalog)
    assert kind["enumDescriptions"] == [entry["title"] for entry in catalog.values()]


def test_platforms_say_the_same_things() -> None:
    """Every platform answers every question."""
    platforms: Any = resources.data("schema/platforms.yaml")
    shapes = {frozenset(entry) for entry in platforms.values()}
    assert len(shapes) == 1


def test_modules_are_small() -> None:
    """A module of more than 250 lines holds two subjects."""
    sizes = {path: len(path.read_text().splitlines()) for path in (ROOT / "compiler/hagen").rglob("*.py")}
    assert {path.name: size for path, size in sizes.items() if size > 250} == {}


def test_no_unit_is_named_after_nothing() -> None:
    """Names that say nothing attract everything."""
    names = {path.stem for path in (ROOT / "compiler/hagen").rglob("*.py")}
    assert names.isdisjoint({"utils", "helpers", "common", "manager", "base", "misc"})


def test_the_public_api_is_what_it_says() -> None:
    """Every name that the package offers can be had from it."""
    package = importlib.import_module("hagen")
    assert [name for name in package.__all__ if not hasattr(package, name)] == []
