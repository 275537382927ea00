"""`systemd/haproxy.service.d/hagen.conf`: what HAProxy needs of systemd besides what its package says.

Source: systemd.exec(5), systemd.service(5); HAProxy management guide, "show servers state".
"""

from collections.abc import Iterator
from typing import TypeAlias

from hagen.artifact import Artifact, Line, Origin, Target
from hagen.model import Topology
from hagen.template import expand

SPARE = 256
"""File descriptors for what is neither a connection, a listener nor a check: logs, sockets, pipes."""

Part: TypeAlias = tuple[Line, tuple[Line, ...]]


def emit(topology: Topology, _made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield `systemd/haproxy.service.d/hagen.conf`."""
    text, origins = expand(
        "haproxy.service.conf.j2",
        {
            "cluster": Line(topology.cluster.name, (topology.cluster.origins["name"],)),
            "parts": (_descriptors(topology), *_state(topology)),
        },
    )
    target = Target(
        path="/etc/systemd/system/haproxy.service.d/hagen.conf",
        mode="0644",
        owner="root",
        group="root",
        nodes=topology.node_names,
        validate=(),
        reload=("systemctl", "daemon-reload"),
    )
    yield Artifact("systemd/haproxy.service.d/hagen.conf", text, 0o644, origins, target)


def _descriptors(topology: Topology) -> Part:
    """Return the limit of open files: two for each connection, one for each listener and check, and some more."""
    proxy = topology.proxy
    checks = sum(len(service.servers) for service in topology.services)
    wanted = 2 * proxy.maxconn + len(topology.binds) + checks + SPARE
    origin = (proxy.origins["maxconn"],)
    return (
        Line(
            f"{proxy.maxconn} connections need two files each, and listeners, checks and logs some more",
            origin,
        ),
        (Line(f"LimitNOFILE={wanted}", origin),),
    )


def _state(topology: Topology) -> Iterator[Part]:
    """Yield how a reload hands over what is known of the servers, if that is wanted."""
    state, socket = topology.proxy.server_state, topology.proxy.stats_socket
    if state is None or socket is None:
        return
    # A percent sign begins a specifier of systemd.
    file, place = state.replace("%", "%%"), socket.path.replace("%", "%%")
    origin = (topology.proxy.origins["server_state.file"], Origin("topology", socket.origin))
    config = topology.platform.haproxy["config"]
    dump = f"echo 1 >{file}; echo show servers state | socat -t 5 - UNIX-CONNECT:{place} >{file}.new && mv {file}.new {file}"
    yield (
        Line("after a start nothing is known of the servers: the file begins anew", origin),
        (Line(f"ExecStartPre=/bin/sh -c 'echo 1 >{file}'", origin),),
    )
    yield (
        Line(
            "a reload first checks the file, then writes down the servers' states for the new process", origin
        ),
        (
            Line("ExecReload=", origin),
            Line(f"ExecReload=/usr/sbin/haproxy -c -q -f {config}", origin),
            Line(f"ExecReload=-/bin/sh -c '{dump}'", origin),
            Line("ExecReload=/bin/kill -USR2 $MAINPID", origin),
        ),
    )
