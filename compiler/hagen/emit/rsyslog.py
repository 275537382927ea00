"""`rsyslog.d/49-haproxy.conf`: takes HAProxy's log out of its chroot and keeps it in a file of its own."""

from collections.abc import Iterator

from hagen.artifact import Artifact, Line, Origin, Target
from hagen.model import Topology
from hagen.template import expand


def emit(topology: Topology, _made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield `rsyslog.d/49-haproxy.conf`."""
    origins = (Origin("platform", (topology.platform.name, "log")),)
    socket, port = topology.platform.log_socket, topology.platform.log_port
    text, lines = expand(
        "rsyslog.conf.j2",
        {
            "socket": socket and Line(f'input(type="imuxsock" Socket="{socket}" CreatePath="on")', origins),
            "port": port and Line(f'input(type="imudp" Address="127.0.0.1" Port="{port}")', origins),
        },
    )
    target = Target(
        path="/etc/rsyslog.d/49-haproxy.conf",
        mode="0644",
        owner="root",
        group="root",
        nodes=topology.node_names,
        validate=(),
        reload=("systemctl", "restart", "rsyslog.service"),
    )
    yield Artifact("rsyslog.d/49-haproxy.conf", text, 0o644, lines, target)
