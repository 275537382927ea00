"""`booth.conf`: the sites that share tickets. Source: boothd(8)."""

from collections.abc import Iterator

from hagen.artifact import Artifact, Line, Origin, Target
from hagen.filters import Block
from hagen.model import Booth, Topology
from hagen.template import expand

KEY = "/etc/booth/booth.key"
"""The file with the key that all sites share; it is made by booth-keygen and is none of ours."""


def emit(topology: Topology, _made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield `booth.conf` if there are several sites."""
    booth = topology.booth
    if booth is None:
        return
    text, origins = expand(
        "booth.conf.j2",
        {
            "cluster": Line(topology.cluster.name, (topology.cluster.origins["name"],)),
            "port": Line(f'port = "{booth.port}"', (Origin("topology", booth.origin),)),
            "key": Line(f'authfile = "{KEY}"', (Origin("hagen", (), "sites trust whoever has their key"),)),
            "sites": tuple(_sites(booth)),
            "tickets": tuple(_tickets(booth)),
        },
    )
    target = Target(
        path="/etc/booth/booth.conf",
        mode="0644",
        owner="root",
        group="root",
        nodes=topology.node_names,
        validate=(),
        reload=(),
    )
    yield Artifact("booth.conf", text, 0o644, origins, target)


def _sites(booth: Booth) -> Iterator[Line]:
    for name, address in booth.sites:
        yield Line(f'site = "{address}"  # {name}', (Origin("topology", (*booth.origin, "sites", name)),))
    for index, address in enumerate(booth.arbitrators):
        at = (*booth.origin, "arbitrators", index)
        yield Line(f'arbitrator = "{address}"', (Origin("topology", at),))


def _tickets(booth: Booth) -> Iterator[Block]:
    for ticket in booth.tickets:
        lines = [f'ticket = "{ticket.name}"']
        lines += [f'    {each.name} = "{each.value}"' for each in ticket.settings]
        yield Block(
            "\n".join(lines),
            ((Origin("topology", ticket.origin),), *((each.origin,) for each in ticket.settings)),
        )
