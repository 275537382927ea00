"""Whether HAProxy does its work."""

from collections.abc import Callable, Iterator, Sequence

from hagen.artifact import Origin
from hagen.dialect import dialect
from hagen.filters import quote
from hagen.model import Bind, Frontend, Service, Stats, Topology
from hagen.model.proxy import StatsSocket
from hagen.naming import PROXY_CLONE
from hagen.quantity import bracketed, written
from hagen.verification.verification import Verification


def proxy(topology: Topology) -> Iterator[Verification]:
    """Yield what is asked of HAProxy itself, through the VIPs and at its stats page."""
    placed = topology.proxy
    count = len(topology.nodes) if placed.everywhere else 1
    paths = topology.platform.haproxy
    yield Verification(
        f"HAProxy runs on {count} {'node' if count == 1 else 'nodes'}",
        f"pcs {dialect(topology.platform).resource_status} {PROXY_CLONE}",
        "`Started` on every node"
        if placed.everywhere
        else "`Started` on the node of the VIPs, `Stopped` on the others",
        ("runs_on", str(count), PROXY_CLONE),
        (placed.origins["placement"],),
    )
    yield Verification(
        "HAProxy accepts its configuration",
        f"haproxy -c -f {paths['config']}",
        "`Configuration file is valid`",
        ("proxy_accepts", paths["config"]),
        (Origin("hagen", (), "a reload with a faulty file keeps the old configuration without a word"),),
    )
    yield Verification(
        "HAProxy runs with the configuration that is there",
        f"ps -o lstart= -C haproxy; stat -c %z {paths['config']}",
        "the newest process has begun after the file was put there; if not, `systemctl reload haproxy.service`, "
        "and if it stays so, `journalctl -u haproxy.service` says why",
        ("proxy_is_current", paths["config"]),
        (
            Origin(
                "hagen", (), "a file that was changed and not loaded comes into force with the next failover"
            ),
        ),
    )
    yield Verification(
        "systemd has read what HAProxy needs of it",
        "systemctl show --property=NeedDaemonReload haproxy.service",
        "`NeedDaemonReload=no`; if not, `systemctl daemon-reload`",
        ("unit_is_read", "haproxy.service"),
        (Origin("hagen", (), "settings that are laid over a unit hold only once systemd has read them"),),
    )
    yield from _listening(topology)
    if placed.stats is not None:
        yield from _stats(topology, placed.stats)
    elif placed.stats_socket is not None:
        yield _at_socket(topology, placed.stats_socket)


def _listening(topology: Topology) -> Iterator[Verification]:
    entries: tuple[Frontend | Service, ...] = (*topology.frontends, *topology.services)
    for entry in entries:
        for bind in (*entry.binds, *(entry.tls.redirects if entry.tls else ())):
            address, port = written(bind.address), str(bind.port)
            yield Verification(
                f"the proxy takes connections for {entry.name} on {address} port {port}",
                f"timeout 5 bash -c '</dev/tcp/{address}/{port}'",
                "exit code 0",
                ("answers", address, port),
                bind.origins,
            )


def _checked(topology: Topology) -> str:
    """Return the names of the services whose servers are checked."""
    return " ".join(service.name for service in topology.services if service.check.kind != "none")


def _at_socket(topology: Topology, socket: StatsSocket) -> Verification:
    """Return what the stats socket tells."""
    path = quote(socket.path)
    return Verification(
        "every service has a usable server",
        f"echo show stat | socat -t 5 - UNIX-CONNECT:{path} | cut -d, -f1,2,18",
        "every service has a server that is `UP`",
        ("servers_up_at", socket.path, _checked(topology)),
        (Origin("topology", socket.origin),),
    )


def _stats(topology: Topology, stats: Stats) -> Iterator[Verification]:
    """Yield what the stats page tells; it is asked at a VIP, or at the node's own address."""
    origin = (Origin("topology", stats.origin),)
    file = topology.platform.haproxy["environment"]
    vips = [bind for bind in stats.binds if bind.owner.startswith("VIP")]
    binds = vips[:1] or [bind for bind in stats.binds if bind.port == stats.binds[0].port]
    place = (str(binds[0].port), stats.uri, *(written(bind.address) for bind in binds))
    yield Verification(
        "the stats page asks for its password",
        _at_each(binds, lambda url: f"curl -s -o /dev/null -w '%{{http_code}}\\n' {quote(url + stats.uri)}"),
        f"`401`; `403` means that HAProxy found no `{stats.password_env}` in {file}",
        ("http_status", "401", *place),
        origin,
    )
    services = _checked(topology)
    yield Verification(
        "every service has a usable server",
        _at_each(
            binds, lambda url: f"curl -s -u {stats.user} {quote(f'{url}{stats.uri};csv')} | cut -d, -f1,2,18"
        ),
        f"asks for the password of `{stats.user}`; every service has a server that is `UP`",
        ("servers_up", stats.user, stats.password_env, file, services, *place),
        origin,
    )


def _at_each(binds: Sequence[Bind], command: Callable[[str], str]) -> str:
    """Return a command for the page of each node, or for the one of a VIP."""
    lines = [
        (command(f"http://{bracketed(bind.address)}:{bind.port}"), bind.owner.removeprefix("node "))
        for bind in binds
    ]
    return "\n".join(f"{line}  # on {owner}" if len(lines) > 1 else line for line, owner in lines)
