"""MariaDB with Galera on the nodes of the lab, from Debian's packages: three members on the storage network.

The settings are those that MariaDB's and Galera's documentation ask for (https://mariadb.com/kb/en/configuring-mariadb-galera-cluster/,
https://galeracluster.com/library/documentation/galera-parameters.html), and sizes that suit a small machine.
"""

from collections.abc import Sequence
from functools import partial

from lab import place, table
from lab.host import Host

UNIT = "mariadb.service"
OFF = (UNIT, "mariadb.socket")
"""What Debian starts. Its socket is on port 3306 of every address, where the proxy could then not have its own."""
USER, PASSWORD, DATABASE = "lab", "lab", "lab"
"""Who writes from outside, and where to."""
TABLE = f"{DATABASE}.written"
INSERT = f"INSERT INTO {TABLE} (session, number, node) VALUES (%s, %s, @@hostname)"  # noqa: S608  # nothing of it is from outside
"""A row says who asked for it, and which node took it."""

_SETTINGS = """\
[mysqld]
# The proxy has the same port on its own address.
bind-address = {management}
skip-name-resolve
binlog_format = ROW
default_storage_engine = InnoDB
innodb_autoinc_lock_mode = 2
innodb_buffer_pool_size = 64M
wsrep_on = ON
wsrep_provider = /usr/lib/galera/libgalera_smm.so
wsrep_provider_options = "gmcast.listen_addr=tcp://{storage}:4567;gcache.size=32M;pc.wait_prim_timeout=PT20S"
wsrep_cluster_name = lab
wsrep_cluster_address = gcomm://{members}
wsrep_node_name = {name}
wsrep_node_address = {storage}
wsrep_sst_method = rsync
"""

_OVER_UNIT = """\
[Unit]
StartLimitIntervalSec=0

[Service]
# The host has booted when it is started, not when it has found its cluster.
Type=exec
# A node that finds no cluster gives up; it has to find the cluster when that is there again.
Restart=on-failure
RestartSec=2
"""


def place_on(host: Host) -> None:
    """Put the settings on a node; the database stays off until it is started as a cluster."""
    text = _SETTINGS.format(
        name=host.name,
        management=table.HOSTS[host.name].main,
        storage=_storage(host.name),
        members=",".join(_storage(name) for name in table.NODES),
    )
    host.write("/etc/mysql/mariadb.conf.d/90-lab.cnf", text)
    host.write(f"/etc/systemd/system/{UNIT}.d/lab.conf", _OVER_UNIT)
    # rsync asks for the name of whoever connects, and there is no name server that could say that it has none.
    names = "".join(f"{_storage(name)} {name}-storage\n" for name in table.NODES)
    known = host.read("/etc/hosts")
    if names not in known:
        host.write("/etc/hosts", known + names)


def begin(hosts: Sequence[Host]) -> None:
    """Start the cluster for the first time; from now on every node joins it by itself when it boots."""
    first, *others = hosts
    first.run("galera_new_cluster")
    for host in others:
        host.run("systemctl", "start", "--no-block", UNIT)
    for host in hosts:
        host.run("systemctl", "enable", UNIT)


def wait(hosts: Sequence[Host], seconds: float = 90) -> None:
    """Wait until every node is a synced member, and sees all others."""
    for host in hosts:
        place.until(
            partial(_is_synced, host, len(hosts)),
            seconds,
            f"the database of {host} to be synced",
            0.3,
        )


def prepare(host: Host) -> None:
    """Make the user for requests from outside, and an empty table."""
    sql(
        host,
        f"CREATE DATABASE IF NOT EXISTS {DATABASE};"
        f"CREATE USER IF NOT EXISTS {USER}@'%' IDENTIFIED BY '{PASSWORD}';"
        f"GRANT ALL ON {DATABASE}.* TO {USER}@'%';"
        f"DROP TABLE IF EXISTS {TABLE};"
        f"CREATE TABLE {TABLE} (session INT, number INT, node VARCHAR(16), PRIMARY KEY (session, number))",
    )


def desync(host: Host) -> None:
    """Let a node be out of step with the cluster, as one that gives its data to another: alive, and not to be used."""
    sql(host, "SET GLOBAL wsrep_desync = ON")


def sync(host: Host) -> None:
    """Let a node be in step again, if it is up and was not."""
    sql(host, "SET GLOBAL wsrep_desync = OFF", check=False)


def sql(host: Host, statement: str, *, check: bool = True) -> list[list[str]]:
    """Let a node's own database run a statement, and return the rows of its answer."""
    done = host.run("mariadb", "--batch", "--skip-column-names", "--execute", statement, check=check)
    return [line.split("\t") for line in done.out.splitlines()]


def rows(host: Host) -> list[list[str]]:
    """Return the rows that a node's own database has, when it has taken in all that the others have: session, number, node."""
    return sql(host, f"SET SESSION wsrep_sync_wait = 1; SELECT session, number, node FROM {TABLE}")  # noqa: S608  # nothing of it is from outside


def _is_synced(host: Host, size: int) -> bool:
    status = dict(row for row in sql(host, "SHOW GLOBAL STATUS LIKE 'wsrep_%'", check=False) if len(row) == 2)
    return (status.get("wsrep_local_state"), status.get("wsrep_cluster_size")) == ("4", str(size))


def _storage(name: str) -> str:
    (address,) = table.HOSTS[name].addresses[table.CARDS["storage"]]
    return address.partition("/")[0]
