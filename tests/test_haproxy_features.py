"""The table of HAProxy's features, entry by entry: each is found where it is wanted, and real HAProxies prove the table."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import haproxies
from hagen import codes, resources
from hagen.dialect import version as number
from hagen.emit import haproxy
from hagen.feature import Gate
from hagen.haproxy_feature import ERROR_FILES, GATES
from hagen.model import Topology
from hagen.pipeline import check_source
from hagen.resolve import resolve
from hagen.schema import fill
from hagen.source import Source
from haproxies import SATISFIED, VERSIONS
from test_cases import BASE, lay_over, read

PLATFORMS: Any = resources.data(resources.PLATFORMS)
SCHEMA: Any = resources.data("schema/topology.schema.json")
HAVE = {name: each["versions"]["haproxy"] for name, each in PLATFORMS.items()}

WEB = "port: 8443, mode: http, servers: {port: 9001}, vips: [management]"

WANTING = {
    "`proxy.stats`, whose password comes from the environment, needs": (
        "proxy: {stats: {bind: [{vip: management, port: 1080}], password: {env: STATS_PASSWORD}}}"
    ),
    "a check's password, which comes from the environment, needs": """
        services:
          cache:
            {vips: [management], port: 6379, servers: {port: 6380}, check: {type: redis, redis: {password: {env: WORD}}}}
    """,
    "`server_state` needs": "proxy: {server_state: {}}",
    "`resolvers` needs": "proxy: {resolvers: {dns: {nameservers: {one: {address: 10.10.16.10}}}}}",
    "`threads` needs": "proxy: {threads: 2}",
    "`hard_stop_after` needs": "proxy: {hard_stop_after: 30min}",
    "`format: json` needs": "proxy: {log: {format: json}}",
    "`metrics` needs": "proxy: {metrics: {bind: [{network: management, port: 9101}]}}",
    "version 1.3 of TLS needs": (
        f"services: {{web: {{{WEB}, tls: {{certificate: /etc/haproxy/tls/a.pem, min_version: TLSv1.3}}}}}}"
    ),
    "`http2` needs": f"services: {{web: {{{WEB}, tls: {{certificate: /etc/haproxy/tls/a.pem, http2: true}}}}}}",
    "a redirect to another port than 443 needs": (
        f"services: {{web: {{{WEB}, tls: {{certificate: /etc/haproxy/tls/a.pem, redirect_http: 80}}}}}}"
    ),
    "`ocsp_update` needs": (
        f"services: {{web: {{{WEB}, tls: {{certificate: /etc/haproxy/tls/a.pem, ocsp_update: true}}}}}}"
    ),
    "`rate_limit` needs": f"services: {{web: {{{WEB}, rate_limit: {{requests: 100}}}}}}",
    "`deny_paths` needs": f"services: {{web: {{{WEB}, http: {{deny_paths: [/admin]}}}}}}",
    "`max_body` needs": f"services: {{web: {{{WEB}, http: {{max_body: 10MiB}}}}}}",
    "choosing by host needs": """
        frontends: {all: {vips: [management], port: 80}}
        services: {keystone: {routes: [{frontend: all, hosts: [id.example.org]}]}}
    """,
    "`strip_path` needs": """
        frontends: {all: {vips: [management], port: 80}}
        services: {keystone: {routes: [{frontend: all, paths: [/identity], strip_path: true}]}}
    """,
    "`balance: random` needs": f"services: {{web: {{{WEB}, balance: random}}}}",
    "the hash function crc32 needs": (
        f"services: {{web: {{{WEB}, balance: source, hash_type: {{function: crc32}}}}}}"
    ),
    "`check.tls: false` needs": (
        f"services: {{web: {{{WEB}, check: {{tls: false}}}}}}".replace(
            "{port: 9001}", "{port: 9001, tls: {ca_file: /etc/haproxy/tls/ca.pem}}"
        )
    ),
    "`check.sni` needs": f"services: {{web: {{{WEB}, check: {{tls: true, sni: a.example.org}}}}}}",
    "`servers.tls.sni` needs": f"services: {{web: {{{WEB}}}}}".replace(
        "{port: 9001}", "{port: 9001, tls: {ca_file: /etc/haproxy/tls/ca.pem, sni: a.example.org}}"
    ),
    "a server with a host name needs": f"services: {{web: {{{WEB}}}}}".replace(
        "{port: 9001}", "{port: 9001, network: management, external: {far: {host: localhost}}}"
    ),
    "a quote in an extra line needs": """
        services: {keystone: {extra: ["http-request set-header X 'a b'"]}}
    """,
    "`init_state` needs": f"services: {{web: {{{WEB}}}}}".replace(
        "{port: 9001}", "{port: 9001, init_state: down}"
    ),
}
"""For each entry of the table a piece of topology that wants it; error files have one for each of their versions."""


def wanting(gate: Gate) -> str:
    """Return the piece that wants what the gate is about."""
    if gate.what.startswith("an error file"):
        statuses = [status for status, since in ERROR_FILES.items() if since == gate.since]
        pages = ", ".join(f'"{status}": /etc/haproxy/errors/{status}.http' for status in statuses)
        return f"proxy: {{error_files: {{{pages}}}}}"
    return WANTING[gate.what]


def topology(piece: str, platform: str) -> tuple[Topology, set[str]]:
    """Return the base on a platform with `piece` laid over it, resolved, and the codes of what is said of it."""
    data = lay_over(read(BASE.read_text(encoding="utf-8")), yaml.safe_load(piece))
    data["cluster"]["platform"] = platform
    checked = check_source(Source("base.yml", json.dumps(data).encode()))
    assert checked.document is not None
    found, mistakes = resolve(fill(checked.document))
    assert mistakes == ()
    assert found is not None
    return found, {each.code.id for each in checked.diagnostics}


def config(found: Topology) -> str:
    """Return the haproxy.cfg of a topology, whatever the rules say of it."""
    (artifact,) = haproxy.emit(found, ())
    return artifact.text


every = pytest.mark.parametrize("gate", GATES, ids=lambda gate: f"{gate.what} {gate.since}")


def test_the_table_is_wanted_whole() -> None:
    """Each entry of the table has a piece that wants it, and each status code of the schema is judged."""
    assert {each.what for each in GATES if not each.what.startswith("an error file")} == set(WANTING)
    assert {each.since for each in GATES if each.what.startswith("an error file")} == set(
        ERROR_FILES.values()
    )


@every
def test_an_entry_is_told_where_it_is_wanting(gate: Gate) -> None:
    """It is found in the document, told on each platform that lacks it, and on none that has it."""
    found, _ = topology(wanting(gate), "debian12")
    assert list(gate.find(found)) != []
    assert list(gate.find(topology("proxy: {retries: 3}", "debian12")[0])) == []

    told = {name: codes.NEWER_HAPROXY.id in topology(wanting(gate), name)[1] for name in HAVE}
    assert told == {name: number(has) < number(gate.since) for name, has in HAVE.items()}


@every
def test_real_haproxies_prove_the_table(gate: Gate, tmp_path: Path) -> None:
    """Each HAProxy since then takes what is made without a warning, and each before it refuses."""
    newest = max(VERSIONS, key=number)
    platform = max(HAVE, key=lambda name: number(HAVE[name]))
    assert number(HAVE[platform]) <= number(newest)
    text = config(topology(wanting(gate), platform)[0])
    verdicts = {
        version: haproxies.judge(version, text, tmp_path, {"STATS_PASSWORD": "x", "WORD": "x"})
        for version in VERSIONS
    }

    assert {version: verdict in SATISFIED for version, verdict in verdicts.items()} == {
        version: number(version) >= number(gate.since) for version in VERSIONS
    }, verdicts


@pytest.mark.parametrize("version", VERSIONS)
def test_an_error_file_of_every_status(version: str, tmp_path: Path) -> None:
    """Of the status codes that the schema takes, those that the table does not refuse have a page in this HAProxy."""
    pattern = SCHEMA["properties"]["proxy"]["properties"]["error_files"]["propertyNames"]["pattern"]
    statuses = re.findall(r"[0-9]{3}", pattern)
    assert set(ERROR_FILES) < set(statuses)

    known = [each for each in statuses if number(ERROR_FILES.get(each, "1.5")) <= number(version)]
    pages = ", ".join(f'"{status}": /etc/haproxy/errors/{status}.http' for status in known)
    text = config(topology(f"proxy: {{error_files: {{{pages}}}}}", "debian13")[0])
    assert haproxies.judge(version, text, tmp_path) in SATISFIED
