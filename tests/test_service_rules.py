"""The rules of services and frontends, beside the cases: what they let pass, and what they find in all its forms."""

import json
from typing import Any

import pytest

from hagen import resources
from hagen.pipeline import check_source
from hagen.source import Source
from test_cases import BASE, lay_over, read

BASIS = read(BASE.read_text(encoding="utf-8"))
CATALOG: Any = resources.data(resources.CATALOG)
RESOLVERS = "proxy: {resolvers: {dns: {nameservers: {one: {address: 10.10.16.10}}}}}\n"
PUBLIC = """
networks: {public: {cidr: 203.0.113.0/24, public: true}}
vips: {public: {address: 203.0.113.224, network: public}}
"""
OTHER_VIP = "vips: {other: {address: 10.10.16.225, network: management}}\n"


def found(fragment: str) -> list[str]:
    """Return the codes of what is found in a fragment that is laid over the sound topology of the cases."""
    data = lay_over(BASIS, read(fragment))
    return [each.code.id for each in check_source(Source("fragment", json.dumps(data).encode())).diagnostics]


SOUND = {
    "a regular expression instead of the catalog's codes": "services: {keystone: {check: {http: {expect_regex: 2..}}}}",
    "a check of type tcp that says what the catalog says": """
        services: {clustering: {type: senlin, vips: [management], check: {type: tcp}}}
    """,
    "a single server without a check": """
        services:
          outside: {vips: [management], port: 80, servers: {external: {one: {address: 192.0.2.1}}}, check: {type: none}}
    """,
    "a greeting of TLS on a port that speaks TLS": """
        services: {kubernetes: {type: k8s-api, vips: [management], check: {type: ssl-hello, tls: false}}}
    """,
    "a check that follows the TLS of its servers": """
        services:
          keystone: {servers: {tls: {ca_file: /etc/haproxy/ca.pem}}, check: {sni: keystone.example.org}}
    """,
    "an agent on a port of its own": "services: {keystone: {check: {agent: {port: 9777}}}}",
    "mode http for TLS that the proxy opens": """
        services:
          dashboard:
            {type: ceph-dashboard, vips: [management], mode: http, servers: {tls: {ca_file: /etc/haproxy/ca.pem}}}
    """,
    "mode http with a mysql check on another port": """
        services:
          web:
            vips: [management]
            port: 80
            mode: http
            servers: {port: 8080}
            check: {type: mysql, port: 3306, mysql: {user: haproxy}}
    """,
    "a cookie of RDP in mode tcp": """
        services: {desktops: {vips: [management], port: 3389, servers: {port: 3390}, balance: rdp-cookie}}
    """,
    "a writer that is balanced by source": """
        services: {galera: {type: galera, vips: [management], balance: source}}
    """,
    "a weight of 0 beside a writer": """
        services: {galera: {type: galera, vips: [management], servers: {weights: {controller3: 0}}}}
    """,
    "a writer whose clients stay together": """
        services: {galera: {type: galera, vips: [management], stick: {by: dst}}}
    """,
    "a writer of requests": """
        services: {jobs: {vips: [management], port: 8080, mode: http, servers: {port: 8081}, writer: controller2}}
    """,
    "a single server that is no node": """
        services: {outside: {vips: [management], port: 80, servers: {external: {one: {address: 192.0.2.1}}}}}
    """,
    "a list of certificates": "services: {keystone: {tls: {crt_list: /etc/haproxy/list.txt}}}",
    "a certificate for each VIP": f"""
        {OTHER_VIP}
        services:
          keystone:
            vips: [management, other]
            tls: {{certificates: {{management: /etc/haproxy/one.pem, other: /etc/haproxy/other.pem}}}}
    """,
    "servers that are not verified in a lab": """
        cluster: {purpose: lab}
        services: {keystone: {servers: {tls: {verify: none}}}}
    """,
    "one path of two hosts": """
        frontends: {web: {vips: [management], port: 80}}
        services:
          keystone: {routes: [{frontend: web, hosts: [a.example.org], paths: [/v3]}]}
          grafana: {type: grafana, vips: [management], routes: [{frontend: web, hosts: [b.example.org], paths: [/v3]}]}
    """,
    "a path below another": """
        frontends: {web: {vips: [management], port: 80}}
        services:
          keystone: {routes: [{frontend: web}]}
          grafana: {type: grafana, vips: [management], routes: [{frontend: web, paths: [/grafana]}]}
    """,
    "a default that also has the route for everything": """
        frontends: {web: {vips: [management], port: 80, default_service: keystone}}
        services: {keystone: {routes: [{frontend: web}]}}
    """,
    "a listener of its own beside routes": """
        frontends: {web: {vips: [management], port: 80}}
        services: {keystone: {routes: [{frontend: web}], maxconn: 500, timeouts: {client: 5min}}}
    """,
    "keep-alives of both sides where only the server's count": """
        frontends: {web: {vips: [management], port: 80}}
        services:
          grafana: {type: grafana, routes: [{frontend: web}], servers: {network: management}, tcp_keepalive: both}
    """,
    "challenges by a plain frontend": """
        proxy: {acme: {network: management, port: 8888}}
        frontends: {web: {vips: [management], port: 80, default_service: keystone}}
    """,
    "challenges by a plain service": """
        proxy: {acme: {network: management, port: 8888}}
        services: {keystone: {port: 80, servers: {port: 5000}}}
    """,
    "resolvers for one host among addresses": f"""
        {RESOLVERS}
        services:
          records:
            vips: [management]
            port: 80
            servers:
              external: {{one: {{address: 192.0.2.1}}, two: {{host: localhost}}}}
              resolvers: dns
              init_addr: [none]
    """,
    "a tunnel that takes the place of short timeouts": """
        services: {galera: {type: galera, vips: [management], timeouts: {client: 5min, server: 5min, tunnel: 2h}}}
    """,
    "a frontend as patient as the service needs": """
        frontends: {web: {vips: [management], port: 80, timeouts: {client: 1h}}}
        services: {glance: {type: glance-api, routes: [{frontend: web}], servers: {network: management}}}
    """,
    "an hour without keep-alives": """
        services: {records: {vips: [management], port: 80, servers: {port: 8080}, timeouts: {client: 1h, server: 60min}}}
    """,
    "a server's long timeout with keep-alives of that side": """
        services:
          records: {vips: [management], port: 80, servers: {port: 8080}, timeouts: {server: 8h}, tcp_keepalive: server}
    """,
    "long timeouts of requests": """
        services: {glance: {type: glance-api, vips: [management], timeouts: {client: 6h, server: 6h}}}
    """,
    "the only service takes every connection": "proxy: {maxconn: 1000, service_maxconn: 1000}",
    "limits that add up to the whole": """
        services:
          keystone: {maxconn: 3000}
          grafana: {type: grafana, vips: [management], maxconn: 1000}
    """,
    "a daemon that takes what one proxy opens": """
        services: {galera: {type: galera, vips: [management], servers: {max_connections: 2000}}}
    """,
    "VIPs of one node count once": """
        vips: {other: {address: 10.10.16.225, network: management, with: management}}
        services: {galera: {type: galera, vips: [management, other], servers: {max_connections: 2000}}}
    """,
    "one proxy counts once": """
        vips: {other: {address: 10.10.16.225, network: management, with: management}}
        proxy: {placement: with_vip}
        services: {galera: {type: galera, vips: [management, other], servers: {max_connections: 2000}}}
    """,
    "an internal service for those who are named": PUBLIC
    + "services: {galera: {type: galera, vips: [public], allow: [198.51.100.0/24]}}",
    "an internal service behind a frontend for those who are named": PUBLIC
    + """
frontends: {web: {vips: [public], port: 80, allow: [198.51.100.0/24]}}
services: {prometheus: {type: prometheus, routes: [{frontend: web}], servers: {network: management}}}
""",
    "a service that is not internal on a public network": PUBLIC + "services: {keystone: {vips: [public]}}",
    "the last release that has a service": """
        cluster: {openstack_release: ussuri}
        services: {images: {type: glance-registry, vips: [management]}}
    """,
    "the first release that has a service": """
        cluster: {openstack_release: zed}
        services: {skyline: {type: skyline-apiserver, vips: [management]}}
    """,
}


@pytest.mark.parametrize("fragment", SOUND.values(), ids=SOUND)
def test_what_is_sound_is_let_pass(fragment: str) -> None:
    """Nothing is said of what only looks like a mistake."""
    assert found(fragment) == []


@pytest.mark.parametrize("algorithm", ["roundrobin", "leastconn", "source", "first", "uri", "random", "hdr"])
@pytest.mark.parametrize(
    ("option", "takers"),
    [
        ("name: X-Project", {"hdr"}),
        ("length: 5", {"uri"}),
        ("depth: 5", {"uri"}),
        ("whole: true", {"uri"}),
        ("draws: 5", {"random"}),
    ],
)
def test_options_of_balance_fit_their_algorithm(algorithm: str, option: str, takers: set[str]) -> None:
    """An option passes with the algorithms that take it, and `hdr` not without its name."""
    codes = found(f"services: {{keystone: {{balance: {algorithm}, balance_options: {{{option}}}}}}}")

    wrong = (algorithm not in takers) + (algorithm == "hdr" and algorithm not in takers)
    assert codes == ["HG4417"] * wrong


@pytest.mark.parametrize(
    "key", ["port: 9000", "tls: true", "sni: a.example.org", "inter: 1s", "fastinter: 1s"]
)
def test_nothing_is_said_of_a_check_that_is_none(key: str) -> None:
    """Whatever every kind of check has means nothing for none."""
    servers = "{external: {one: {address: 192.0.2.1}}}"
    fragment = f"outside: {{vips: [management], port: 80, servers: {servers}, check: {{type: none, {key}}}}}"

    assert found(f"services: {{{fragment}}}") == ["HG4404"]


@pytest.mark.parametrize("name", [name for name, entry in CATALOG.items() if entry.get("internal")])
def test_internal_services_are_not_for_public_networks(name: str) -> None:
    """Each type that the catalog calls internal is refused on a public VIP."""
    fragment = (
        f"{PUBLIC}\nservices: {{it: {{type: {name}, vips: [public], servers: {{network: management}}}}}}"
    )

    assert "HG4438" in found(fragment)


@pytest.mark.parametrize(
    ("name", "key"),
    [(name, key) for name, entry in CATALOG.items() for key in entry.get("at_least", {}) if key != "tunnel"],
)
def test_every_timeout_of_the_catalog_is_watched(name: str, key: str) -> None:
    """A timeout below what a type needs is refused, for each type and each timeout that it names."""
    assert "HG4434" in found(
        f"services: {{it: {{type: {name}, vips: [management], timeouts: {{{key}: 1s}}}}}}"
    )


@pytest.mark.parametrize("name", [name for name, entry in CATALOG.items() if entry.get("websocket")])
def test_websockets_are_not_cut_off(name: str) -> None:
    """A short tunnel is refused for each type that has websockets."""
    assert found(f"services: {{it: {{type: {name}, vips: [management], timeouts: {{tunnel: 1min}}}}}}") == [
        "HG4434"
    ]
