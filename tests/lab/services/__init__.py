"""What the lab has behind the proxy, from Debian's packages: a Galera cluster, RabbitMQ, a web service, a websocket.

`place` puts all of it on a node before the cluster is made; the web service, the websocket and the check of the
database run from then on. `start` forms the clusters of MariaDB and RabbitMQ, which afterwards start at boot.
"""

from collections.abc import Sequence

from lab.host import Host
from lab.services import database, messages, units

_PATIENCE_S = 45
"""How long services may take to be whole again by themselves until somebody restarts them, as an operator would."""


def place(host: Host) -> None:
    """Put every service on a node; only what needs no other node is started."""
    host.run("systemctl", "disable", "--quiet", "--now", *database.OFF, messages.UNIT)
    for service in (units, database, messages):
        service.place_on(host)
    host.run("systemctl", "daemon-reload")
    host.run("systemctl", "enable", "--quiet", "--now", *units.ON)


def start(hosts: Sequence[Host]) -> None:
    """Form the clusters of MariaDB and RabbitMQ, and wait until they are whole."""
    database.begin(hosts)
    messages.begin(hosts)
    wait(hosts)
    database.prepare(hosts[0])


def wait(hosts: Sequence[Host], seconds: float = 90) -> None:
    """Wait until each service is whole on every node, as after a node has come back."""
    database.wait(hosts, seconds)
    messages.wait(hosts, seconds)


def mend(hosts: Sequence[Host]) -> None:
    """Let everything go on that was stopped, killed or halted in mid-air, and wait until all of it is whole."""
    daemons = (units.WEB, units.EVENTS, database.UNIT, messages.UNIT)
    for host in hosts:
        # One that does not run has nothing to go on with.
        host.run("systemctl", "kill", "--signal=CONT", *daemons, check=False)
        host.run("systemctl", "start", units.CLUSTERCHECK, *daemons)
        database.sync(host)
    try:
        wait(hosts, _PATIENCE_S)
    except AssertionError:
        messages.restart_idle(hosts)
        wait(hosts)
