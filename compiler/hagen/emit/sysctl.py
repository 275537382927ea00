"""`sysctl.d/90-hagen.conf`: kernel parameters, each with its reason."""

from collections.abc import Iterator

from hagen.artifact import Artifact, Line, Target
from hagen.model import Setting, Topology
from hagen.template import expand


def emit(topology: Topology, _made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield `sysctl.d/90-hagen.conf`."""
    text, origins = expand("sysctl.conf.j2", {"settings": tuple(map(_rows, topology.sysctls))})
    # The service sets what a boot sets; `sysctl --system` would fail for any key of any other file.
    target = Target(
        path="/etc/sysctl.d/90-hagen.conf",
        mode="0644",
        owner="root",
        group="root",
        nodes=topology.node_names,
        validate=(),
        reload=("systemctl", "restart", "systemd-sysctl.service"),
    )
    yield Artifact("sysctl.d/90-hagen.conf", text, 0o644, origins, target)


def _rows(setting: Setting) -> tuple[Line, Line]:
    origins = (setting.origin,)
    return Line(setting.reason or "asked for by the topology", origins), Line(
        f"{setting.name} = {setting.value}", origins
    )
