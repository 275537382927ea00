"""RabbitMQ on the nodes of the lab, from Debian's packages: three members that find each other by their names.

The settings follow RabbitMQ's guides (https://www.rabbitmq.com/docs/cluster-formation, …/docs/partitions, …/docs/nettick,
…/docs/runtime) and its issue 8110 on GitHub, and spare a small machine.
"""

import json
import sys
from collections.abc import Sequence
from functools import partial

from lab import place, table
from lab.host import Host

UNIT = "rabbitmq-server.service"
USER, PASSWORD = "lab", "lab"
"""Who sends and takes messages from outside."""

_COOKIE = "/var/lib/rabbitmq/.erlang.cookie"

_SETTINGS = "\n".join(
    (
        "cluster_formation.peer_discovery_backend = classic_config",
        *(
            f"cluster_formation.classic_config.nodes.{at} = rabbit@{name}"
            for at, name in enumerate(table.NODES, 1)
        ),
        "cluster_name = lab",
        "cluster_partition_handling = pause_minority",
        f"default_user = {USER}",
        f"default_pass = {PASSWORD}",
        "vm_memory_high_watermark.absolute = 256MB",
        "disk_free_limit.absolute = 50MB",
        # A member that finds none of the others looks for them anew by being started anew.
        "mnesia_table_loading_retry_timeout = 5000",
        "mnesia_table_loading_retry_limit = 3",
        # Each check of the proxy opens a connection and says nothing on it.
        "log.connection.level = critical",
        "",
    )
)

_ENVIRONMENT = """\
# An idle scheduler sleeps. A silent member is given up after a minute, as always: a cable that is out for less is no partition.
# Erlang 25 would part members that see each other when one of them sees a third no more; newer RabbitMQs tell it not to.
SERVER_ADDITIONAL_ERL_ARGS="+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none -kernel prevent_overlapping_partitions false"
"""

_OVER_UNIT = """\
[Unit]
StartLimitIntervalSec=0

[Service]
# The host has booted when it is started, not when it has found its cluster.
Type=exec
RestartSec=2
"""


def place_on(host: Host) -> None:
    """Put the settings on a node; RabbitMQ stays off until it is started as a cluster."""
    host.write("/etc/rabbitmq/rabbitmq.conf", _SETTINGS)
    host.write("/etc/rabbitmq/rabbitmq-env.conf", _ENVIRONMENT)
    host.write(f"/etc/systemd/system/{UNIT}.d/lab.conf", _OVER_UNIT)
    host.write(_COOKIE, "THE-COOKIE-OF-THE-LAB", mode=0o400)
    host.run("chown", "rabbitmq:rabbitmq", _COOKIE)


def begin(hosts: Sequence[Host]) -> None:
    """Start the cluster for the first time; from now on every node joins it by itself when it boots."""
    for host in hosts:
        host.run("systemctl", "start", "--no-block", UNIT)
    for host in hosts:
        host.run("systemctl", "enable", UNIT)


def wait(hosts: Sequence[Host], seconds: float = 90) -> None:
    """Wait until every node takes connections, and one cluster has them all."""
    for host in hosts:
        place.until(
            partial(_listens, host),
            seconds,
            f"RabbitMQ of {host} to listen",
            0.5,
        )
    place.until(lambda: len(_members(hosts[0])) == len(hosts), seconds, "RabbitMQ to be one cluster", 0.5)


def restart_idle(hosts: Sequence[Host]) -> None:
    """Start RabbitMQ anew where it takes no connections: it may wait for members without an end."""
    for host in hosts:
        if not _listens(host):
            log = host.sh("tail -n 30 /var/log/rabbitmq/rabbit@*.log", check=False).out
            sys.stdout.write(f"RabbitMQ of {host} did not come back by itself:\n{log}\n")
            host.run("systemctl", "kill", "--signal=KILL", UNIT, check=False)
            host.run("systemctl", "restart", UNIT)


def leader(host: Host, queue: str) -> str:
    """Return the node that leads a queue."""
    done = host.run("rabbitmqctl", "--quiet", "list_queues", "--formatter=json", "name", "leader")
    (found,) = (each["leader"] for each in json.loads(done.out) if each["name"] == queue)
    return str(found).partition("@")[2]


def remove(host: Host, queue: str) -> None:
    """Remove a queue."""
    host.run("rabbitmqctl", "--quiet", "delete_queue", queue)


def _listens(host: Host) -> bool:
    return bool(host.run("ss", "-Hltn", "sport = :5672").out)


def _members(host: Host) -> list[str]:
    done = host.run("rabbitmqctl", "--quiet", "cluster_status", "--formatter=json", check=False)
    return list(json.loads(done.out)["running_nodes"]) if done.code == 0 else []
