"""The OpenStack example says what the installation said that it was written after, but for the differences its README names.

The facts below were carried over by hand from that installation's haproxy.cfg and its Pacemaker chapter.
"""

from pathlib import Path
from typing import NamedTuple

import pytest

from topologies import ROOT

OUT = ROOT / "out/openstack-ha"
VIP = "10.10.16.224"
NODES = {"controller1": "10.10.16.55", "controller2": "10.10.16.56", "controller3": "10.10.16.58"}
PLAIN = frozenset({"option tcpka", "option tcplog"})
ASKED = PLAIN | {"option httpchk OPTIONS /"}
GOOD = frozenset({"option httpchk GET /", "http-check expect status 200"})


class Listener(NamedTuple):
    """What a proxy of the original says: its port, the servers' port, the balance, its options, and the check."""

    port: int
    servers: int
    balance: str
    options: frozenset[str]
    check: str = "check inter 2s rise 2 fall 5"
    backups: tuple[str, ...] = ()


LISTENERS = {
    "dashboard_cluster": Listener(80, 80, "source", ASKED),
    # Different on purpose: the check asks clustercheck on port 9200 and looks at its answer, and connections that
    # are idle for an hour are not cut off.
    "galera_cluster": Listener(
        3306,
        3306,
        "source",
        frozenset(
            {
                "option tcpka",
                "option httpchk GET /",
                "http-check expect status 200",
                "timeout client 90m",
                "timeout server 90m",
            }
        ),
        "check port 9200 inter 2s rise 2 fall 5 on-marked-down shutdown-sessions",
        ("controller2", "controller3"),
    ),
    "rabbitmq_cluster": Listener(
        5673,
        5672,
        "roundrobin",
        frozenset({"option tcpka", "timeout client 3h", "timeout server 3h"}),
        "check inter 10s rise 2 fall 5",
    ),
    # Different on purpose: a long upload is not cut off.
    "glance_api_cluster": Listener(9292, 9292, "source", ASKED | {"timeout client 6h", "timeout server 6h"}),
    "glance_registry_cluster": Listener(9191, 9191, "source", PLAIN),
    "keystone_admin_cluster": Listener(35357, 35357, "source", ASKED),
    "keystone_public_cluster": Listener(5000, 5000, "source", ASKED),
    "nova_ec2_api_cluster": Listener(8773, 8773, "source", PLAIN),
    "nova_compute_api_cluster": Listener(8774, 8774, "source", ASKED),
    # Different on purpose: the checks of these three ask, and do not only connect.
    "nova_placement_cluster": Listener(8778, 8778, "source", PLAIN | GOOD),
    "nova_metadata_api_cluster": Listener(8775, 8775, "source", PLAIN | GOOD),
    # And a console may be silent for an hour.
    "nova_vncproxy_cluster": Listener(
        6080,
        6080,
        "source",
        PLAIN | {"timeout tunnel 1h", "option httpchk HEAD /vnc.html", "http-check expect status 200"},
    ),
    "neutron_api_cluster": Listener(9696, 9696, "source", ASKED),
    "cinder_api_cluster": Listener(8776, 8776, "source", ASKED),
}


@pytest.fixture(scope="module")
def sections() -> dict[str, list[str]]:
    """Return the sections of haproxy.cfg and their lines."""
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in Path(OUT, "haproxy.cfg").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith((" ", "#")):
            lines = found[line.removeprefix("listen ")] = []
        elif line.startswith(" "):
            lines.append(line.strip())
    return found


def test_same_proxies_in_the_same_order(sections: dict[str, list[str]]) -> None:
    """The stats page and fourteen services, fifteen proxies in all."""
    assert list(sections) == ["global", "defaults", "stats", *LISTENERS]


@pytest.mark.parametrize("name", LISTENERS)
def test_same_listener(sections: dict[str, list[str]], name: str) -> None:
    """Address, ports, balance, options, intervals and backup servers are those of the original."""
    wanted = LISTENERS[name]
    servers = [
        f"server {node} {address}:{wanted.servers} {_before(node, wanted)}{wanted.check}"
        for node, address in NODES.items()
    ]
    lines = sections[name]

    assert lines[0] == f"bind {VIP}:{wanted.port}"
    assert lines[1] == f"balance {wanted.balance}"
    assert frozenset(lines[2:-3]) == wanted.options
    assert lines[-3:] == servers


def _before(node: str, wanted: Listener) -> str:
    """Return what stands before a server's check; that a writer ends other sessions is different on purpose."""
    if node in wanted.backups:
        return "backup "
    return "on-marked-up shutdown-backup-sessions " if wanted.backups else ""


def test_same_process_and_defaults(sections: dict[str, list[str]]) -> None:
    """Global settings and timeouts, and a log where the original had none."""
    assert {"chroot /var/lib/haproxy", "daemon", "group haproxy", "user haproxy", "maxconn 4000"} <= set(
        sections["global"]
    )
    assert [line for line in sections["global"] if line.startswith("log ")] == [
        "log 127.0.0.1:514 local0 info"
    ]
    assert sections["defaults"] == [
        "log global",
        "mode tcp",
        # Different on purpose: no listener takes all connections.
        "maxconn 2000",
        "option redispatch",
        "retries 3",
        "timeout http-request 10s",
        "timeout queue 1m",
        "timeout connect 10s",
        "timeout client 1m",
        "timeout server 1m",
        "timeout check 10s",
        "timeout http-keep-alive 10s",
    ]


def test_stats_page(sections: dict[str, list[str]]) -> None:
    """The page is where it was for those who are meant to see it, with a password that is not in the file."""
    lines = sections["stats"]

    assert [line for line in lines if line.startswith("bind")] == [
        f"bind {address}:1080" for address in (VIP, *NODES.values())
    ]
    assert {
        "mode http",
        "stats enable",
        "stats uri /",
        "stats refresh 30s",
        "stats realm 'OpenStack Haproxy'",
    } <= set(lines)
    assert {"stats show-node", "stats show-legends", "stats hide-version"} <= set(lines)
    assert 'stats auth "admin:${HAPROXY_STATS_PASSWORD}"' in lines
    assert "admin:admin" not in Path(OUT, "haproxy.cfg").read_text(encoding="utf-8")


def test_same_cluster() -> None:
    """Set-up, properties, VIP, HAProxy clone, order and colocation of the Pacemaker chapter."""
    words = " ".join(Path(OUT, "pcs.sh").read_text(encoding="utf-8").replace("\\\n", " ").split())

    for wanted in (
        "pcs host auth controller1 addr=10.10.16.55 controller2 addr=10.10.16.56 controller3 addr=10.10.16.58 -u hacluster",
        "pcs cluster setup openstack-cluster-01 controller1 addr=10.10.16.55 controller2 addr=10.10.16.56",
        "pcs cluster start --all",
        "pcs cluster enable --all",
        (
            "property set stonith-enabled=false no-quorum-policy=stop cluster-recheck-interval=5min "
            "pe-error-series-max=1000 pe-input-series-max=1000 pe-warn-series-max=1000"
        ),
        (
            "resource create vip_management ocf:heartbeat:IPaddr2 ip=10.10.16.224 cidr_netmask=24 nic=enahisic2i0 "
            "op monitor interval=30s"
        ),
        "resource create lb-haproxy systemd:haproxy",
        "resource clone lb-haproxy",
        "constraint order vip_management 'then' lb-haproxy-clone kind=Optional",
        "constraint colocation add lb-haproxy-clone with vip_management score=INFINITY",
    ):
        assert wanted in words


def test_same_kernel_parameters() -> None:
    """VIPs can be bound where they are not, packets are forwarded, and keystone's old port is kept free."""
    lines = Path(OUT, "sysctl.d/90-hagen.conf").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == [
        "net.ipv4.ip_nonlocal_bind = 1",
        "net.ipv4.ip_local_reserved_ports = 35357",
        "net.ipv4.ip_forward = 1",
    ]
