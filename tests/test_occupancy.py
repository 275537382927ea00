"""Who takes which port of a node: the table is whole, and two that can be one program are left alone."""

import json

import pytest
import yaml

from hagen import codes, ports
from hagen.model import Topology
from hagen.occupancy import daemons, listeners
from hagen.pipeline import check_source
from hagen.resolve import resolve
from hagen.resolve.kernel import EPHEMERAL_PORTS, reserved_ports
from hagen.schema import fill
from hagen.source import Source
from test_cases import BASE, lay_over, read

WHOLE = """
    networks: {six: {cidr: "2001:db8:1::/64"}}
    nodes:
      controller1: {addresses: {six: "2001:db8:1::55"}}
      controller2: {addresses: {six: "2001:db8:1::56"}}
      controller3: {addresses: {six: "2001:db8:1::58"}}
    vips: {six: {address: "2001:db8:1::224", network: six}}
    cluster: {links: [{network: management}, {network: public, port: 5407}]}
    proxy:
      stats: {bind: [{vip: management, port: 1080}], password: {env: STATS_PASSWORD}}
      metrics: {bind: [{network: management, port: 9101}]}
      peers: {network: management}
      acme: {network: management, port: 8888}
    frontends:
      web: {vips: [six], port: 443, tls: {certificate: /etc/haproxy/tls/a.pem, redirect_http: 80}}
    services:
      keystone: {stick: {peers: true}, routes: [{frontend: web}]}
      galera: {type: galera, vips: [management], on_marked_down: shutdown-sessions}
      site:
        {bind: [{network: public, port: 7000}], port: 7000, servers: {port: 7001}, check: {port: 7002, agent: {port: 7003}}}
      far: {vips: [management], port: 7010, servers: {network: management, external: {x: {address: 192.0.2.1}}}}
    resources: {primitives: {dlm: {agent: "ocf:pacemaker:controld"}}}
    booth:
      sites: {here: 10.10.16.224, there: 10.10.17.224}
      arbitrators: [10.10.18.224]
      tickets: {t: {}}
"""
"""Everything that listens on a node."""


def source(piece: str) -> Source:
    """Return the base, which gets a VIP on the public network, with `piece` laid over it."""
    base = read(BASE.read_text())
    base["vips"]["public"] = {"address": "203.0.113.224", "network": "public"}
    return Source("base.yml", json.dumps(lay_over(base, yaml.safe_load(piece))).encode())


def resolved(piece: str) -> Topology:
    """Return the base with `piece` laid over it, resolved, whatever the rules say of it."""
    checked = check_source(source(piece))
    assert checked.document is not None, checked.diagnostics
    found, mistakes = resolve(fill(checked.document))
    assert mistakes == ()
    assert found is not None
    return found


def said(piece: str) -> list[str]:
    """Return the codes of the collisions that are told of the base with `piece` laid over it."""
    diagnostics = check_source(source(piece)).diagnostics
    assert [each for each in diagnostics if each.code.id < "HG4"] == []  # or no rule would have been asked
    ours = {codes.LISTENER_COLLISION.id, codes.DAEMON_COLLISION.id, codes.TWO_DAEMONS.id}
    return [each.code.id for each in diagnostics if each.code.id in ours]


def test_the_table_has_every_place_of_the_firewall() -> None:
    """What the firewalls open on the nodes is taken by somebody in the table, and the other way round but for sshd."""
    topology = resolved(WHOLE)
    opened = {(row.port, row.protocol) for row in ports.of_nodes(topology)}
    held = {(each.port, "tcp") for each in listeners(topology)}
    held |= {(each.port, each.protocol) for each in daemons(topology)}

    assert opened == held - {(topology.platform.daemons["sshd"], "tcp")}
    assert len(opened) == 20
    assert said(WHOLE) == []


@pytest.mark.parametrize(
    ("piece", "port"),
    [
        ("services: {a: {vips: [management], port: 40000, servers: {port: 90}}}", 40000),
        ("services: {a: {vips: [management], port: 90, servers: {port: 40000}}}", 40000),
        ("services: {a: {vips: [management], port: 90, servers: {port: 91}, check: {port: 60999}}}", 60999),
        ("proxy: {peers: {network: management, port: 32768}}", 32768),
        ("proxy: {metrics: {bind: [{network: management, port: 50000}]}}", 50000),
        ("proxy: {acme: {network: management, port: 50000}}", 50000),
    ],
)
def test_a_port_of_outgoing_connections_is_reserved(piece: str, port: int) -> None:
    """Whoever listens there: HAProxy, a daemon behind it, what answers checks."""
    (setting,) = [each for each in resolved(piece).sysctls if each.name.endswith("reserved_ports")]

    assert setting.value == str(port)


def test_the_range_of_outgoing_connections_can_be_said() -> None:
    """Both ends belong to it; what cannot be read leaves the kernel's own."""
    topology = resolved("services: {a: {vips: [management], port: 61000, servers: {port: 32767}}}")

    assert (EPHEMERAL_PORTS[0], EPHEMERAL_PORTS[-1]) == (32768, 60999)
    assert set(reserved_ports(topology, None)) == set()
    assert set(reserved_ports(topology, "32767\t61000")) == {32767, 61000}
    assert set(reserved_ports(topology, "soon")) == set()
    assert 5000 in reserved_ports(topology, "1024 65535")


ONE_PROGRAM = [
    "keystone-admin: {type: keystone-admin, vips: [management], servers: {port: 5000}}",
    "keystone-public: {type: keystone, vips: [public]}",
    "identity: {vips: [public], port: 5000, mode: http, servers: {port: 5000, network: management}}",
    "plain: {vips: [management], port: 5001, servers: {port: 5000}}",
    """
      placement: {type: placement, vips: [management], servers: {port: 80}}
      horizon: {type: horizon, vips: [public], servers: {port: 80, network: management}, port: 8080}
    """,
    """
      db: {type: galera, vips: [management], on_marked_down: shutdown-sessions}
      db-read: {type: mysql, vips: [management], port: 3308, servers: {port: 3306}}
    """,
    """
      rabbitmq: {type: rabbitmq, vips: [management], check: {type: http, port: 15672, http: {path: /}}}
      rabbitmq-management: {type: rabbitmq-management, vips: [public], port: 15673, servers: {network: management, port: 15672}}
    """,
    """
      pg: {vips: [management], port: 5432, servers: {port: 5433}, check: {type: http, port: 8008, http: {path: /}}}
      patroni: {vips: [management], port: 8009, servers: {port: 8008}, mode: http}
    """,
    "ssh: {vips: [management], port: 2222, servers: {port: 22}}",
    """
      a: {vips: [management], port: 90, servers: {port: 9000, nodes: [controller1]}, mode: http}
      b: {vips: [management], port: 91, servers: {port: 9000, nodes: [controller2]}, check: {type: ldap}}
    """,
    """
      a: {vips: [management], port: 90, servers: {port: 9000, network: public}, mode: http}
      b: {vips: [management], port: 91, servers: {port: 9000, network: management}, check: {type: ldap}}
    """,
    """
      a: {vips: [management], port: 90, servers: {port: 91}, check: {agent: {port: 9777}}}
      b: {vips: [management], port: 92, servers: {port: 93}, check: {agent: {port: 9777}}}
    """,
]


@pytest.mark.parametrize("services", ONE_PROGRAM)
def test_one_program_may_be_offered_twice(services: str) -> None:
    """Two services with the same servers are no collision if nothing says that they are two programs."""
    assert said("services:\n" + services if services.startswith("\n") else f"services:\n  {services}") == []


TWO_PROGRAMS = [
    """
      ironic-inspector: {type: ironic-inspector, vips: [management]}
      adjutant: {type: adjutant, vips: [public], servers: {network: management}}
    """,
    """
      prometheus: {type: prometheus, vips: [management]}
      freezer: {type: freezer, vips: [public], servers: {network: management}}
    """,
    """
      galera: {type: galera, vips: [management], on_marked_down: shutdown-sessions}
      opensearch: {type: opensearch, vips: [management], port: 9201, servers: {port: 9200}}
    """,
    """
      a: {vips: [management], port: 90, servers: {port: 9000, listen: any, network: public}, mode: http}
      b: {vips: [management], port: 91, servers: {port: 9000}, check: {type: ldap}}
    """,
    "web: {vips: [management], port: 91, mode: http, servers: {port: 2224}}",
]


@pytest.mark.parametrize("services", TWO_PROGRAMS)
def test_two_programs_are_told_once(services: str) -> None:
    """Whatever shows that they are two, there is one diagnostic of them."""
    indented = services if services.startswith("\n") else f"  {services}"
    assert said(f"services:\n{indented}") == [codes.TWO_DAEMONS.id]


def test_protocols_are_kept_apart() -> None:
    """A UDP port of Corosync is free for TCP, and booth's is taken for both."""
    assert said("services: {a: {vips: [management], port: 5405, servers: {port: 91}}}") == []
    booth = "booth: {sites: {a: 10.10.16.224, b: 10.10.17.1}, arbitrators: [10.10.18.1], port: PORT, tickets: {t: {}}}"
    assert said(booth.replace("PORT", "5405")) == [codes.TWO_DAEMONS.id]
    assert said(booth.replace("PORT", "5000")) == [codes.DAEMON_COLLISION.id]


def test_a_collision_is_told_once() -> None:
    """Where listeners collide as well as the daemons behind them, the listeners are what is said."""
    both = """
        services:
          senlin: {type: senlin, vips: [management]}
          placement: {type: placement, vips: [management]}
    """
    assert said(both) == [codes.LISTENER_COLLISION.id]
    search = """
        services:
          galera: {type: galera, vips: [management], on_marked_down: shutdown-sessions}
          opensearch: {type: opensearch, vips: [management]}
    """
    assert said(search) == [codes.DAEMON_COLLISION.id]
