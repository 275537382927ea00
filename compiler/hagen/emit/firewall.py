"""The firewall of each machine: whole files, so that what is no longer wanted is gone with the next ones.

Where firewalld runs, it is told what to let through, and nothing of its zones is touched. Elsewhere nothing blocks, so
a table of nftables of its own closes the cluster's daemons to strangers, and nothing else.

Source: firewalld.policy(5), firewalld.service(5), nft(8), systemd.unit(5).
"""

from collections.abc import Iterable, Iterator

from hagen.artifact import Artifact, Line, Origin, Target
from hagen.filters import Block
from hagen.model import Platform, Topology
from hagen.ports import Audience, Row, of_device, of_nodes, of_remote, sources
from hagen.quantity import Address
from hagen.template import expand

NFT_UNIT = "hagen-firewall.service"
_NFT_FILE = "/etc/hagen/firewall.nft"


def emit(topology: Topology, _made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield the files of the nodes, of the quorum device's host and of remote hosts, unless none are wanted."""
    if not topology.provisioning.firewall:
        return
    purpose = "What the members of the cluster and the clients of its proxy need."
    yield from _files(
        topology, topology.platform, of_nodes(topology), "firewall", topology.node_names, purpose
    )
    device = topology.cluster.corosync.device
    if device is not None and device.machine is not None:
        name, there = device.machine.name, device.machine.platform
        purpose = "What clusters need of their quorum device; whoever asks is let through."
        yield from _files(topology, there, of_device(topology), f"firewall/{name}", (name,), purpose)
    for remote in topology.resources.remotes:
        rows = of_remote(topology, remote.name)
        folder, purpose = f"firewall/{remote.name}", "What the members of the cluster need of a remote host."
        yield from _files(topology, topology.platform, rows, folder, (remote.name,), purpose)


def _files(
    topology: Topology,
    platform: Platform,
    rows: tuple[Row, ...],
    folder: str,
    nodes: tuple[str, ...],
    purpose: str,
) -> Iterator[Artifact]:
    """Yield the files that tell the firewall of `platform` of these rows, which have a `purpose`."""
    match platform.firewall:
        case "nftables":
            if any(row.closed for row in rows):
                yield from _nftables(topology, platform, rows, folder, nodes)
        case "policy":
            yield from _policy(topology, platform, rows, folder, nodes, purpose)
        case "service":
            yield from _services(topology, platform, rows, folder, nodes)


def _nftables(
    topology: Topology, platform: Platform, rows: tuple[Row, ...], folder: str, nodes: tuple[str, ...]
) -> Iterator[Artifact]:
    why = (Origin("platform", (platform.name, "firewall")),)
    cluster = Line(topology.cluster.name, (topology.cluster.origins["name"],))
    unit, origins = expand("firewall.service.j2", {"cluster": cluster, "file": Line(_NFT_FILE, why)})
    # Enabling makes systemd read its units again; the table itself is loaded by the other file's command.
    place = Target(
        f"/etc/systemd/system/{NFT_UNIT}",
        "0644",
        "root",
        "root",
        nodes,
        validate=(),
        reload=("systemctl", "enable", NFT_UNIT),
    )
    yield Artifact(f"{folder}/{NFT_UNIT}", unit, 0o644, origins, place)

    closed = [row for row in rows if row.closed]
    audiences = tuple(dict.fromkeys(row.audience for row in closed))
    text, origins = expand(
        "firewall.nft.j2",
        {
            "cluster": cluster,
            "sets": tuple(
                (
                    Line(f"{audience}_ipv{version}", why),
                    f"ipv{version}_addr",
                    tuple(Line(f"{address},", (origin,)) for address, origin in found),
                )
                for audience in audiences
                for version in (4, 6)
                if (found := _of(topology, audience, version))
            ),
            "accepts": tuple(
                Line(f"{family} saddr @{audience}_ipv{version} {match} accept", why)
                for audience in audiences
                for match in _matches(closed, audience)
                for family, version in (("ip", 4), ("ip6", 6))
                if _of(topology, audience, version)
            ),
            "drops": tuple(
                Line(f"{row.protocol} dport {row.port} drop  # {row.reason}", row.origins)
                for row in _once(closed)
            ),
        },
    )
    place = Target(
        _NFT_FILE,
        "0644",
        "root",
        "root",
        nodes,
        validate=("nft", "-c", "-f", "{}"),
        reload=("systemctl", "reload-or-restart", NFT_UNIT),
    )
    yield Artifact(f"{folder}/hagen.nft", text, 0o644, origins, place)


def _policy(
    topology: Topology,
    platform: Platform,
    rows: tuple[Row, ...],
    folder: str,
    nodes: tuple[str, ...],
    purpose: str,
) -> Iterator[Artifact]:
    by: dict[Audience, list[Row]] = {"everyone": [], "members": [], "sites": []}
    for row in rows:
        by[row.audience].append(row)
    if by["members"]:
        yield _service(platform, "hagen-members", by["members"], folder, nodes)
    rules = [
        Line(_rule(address, f'<source address="{address}"/><service name="hagen-members"/>'), (origin,))
        for address, origin in (_all(topology, "members") if by["members"] else ())
    ]
    rules += [
        Line(_rule(address, f'<source address="{address}"/>{_port(row)}'), (*row.origins, origin))
        for row in _once(by["sites"])
        for address, origin in _all(topology, "sites")
    ]
    rules += [
        Line(
            _port(row)
            if row.address is None
            else _rule(row.address, f'<destination address="{row.address}"/>{_port(row)}'),
            row.origins,
        )
        for row in by["everyone"]
    ]
    text, origins = expand("firewall-policy.xml.j2", {"purpose": purpose, "rules": _block(rules)})
    place = _firewalld(platform, "policies/hagen.xml", nodes)
    yield Artifact(f"{folder}/hagen.xml", text, 0o644, origins, place)


def _services(
    _topology: Topology, platform: Platform, rows: tuple[Row, ...], folder: str, nodes: tuple[str, ...]
) -> Iterator[Artifact]:
    """Yield services for the default zone: this firewalld has no policies that could tell members from others."""
    clients = [row for row in rows if row.audience == "everyone"]
    members = [row for row in rows if row.audience != "everyone"]
    if members:
        yield _service(platform, "hagen-members", members, folder, nodes)
    if clients:
        yield _service(platform, "hagen-clients", clients, folder, nodes)


def _service(platform: Platform, name: str, rows: list[Row], folder: str, nodes: tuple[str, ...]) -> Artifact:
    ports = _block([Line(_port(row), row.origins) for row in _once(rows)])
    text, origins = expand("firewall-service.xml.j2", {"name": name, "ports": ports})
    place = _firewalld(platform, f"services/{name}.xml", nodes)
    return Artifact(f"{folder}/{name}.xml", text, 0o644, origins, place)


def _firewalld(platform: Platform, path: str, nodes: tuple[str, ...]) -> Target:
    reload = (*platform.reload, "firewalld.service")
    return Target(f"/etc/firewalld/{path}", "0644", "root", "root", nodes, validate=(), reload=reload)


def _rule(address: Address, what: str) -> str:
    return f'<rule family="ipv{address.version}">{what}<accept/></rule>'


def _port(row: Row) -> str:
    return f'<port port="{row.port}" protocol="{row.protocol}"/>'


def _matches(rows: Iterable[Row], audience: Audience) -> Iterator[str]:
    """Yield what matches everything that an audience may reach, for each protocol."""
    for protocol in ("udp", "sctp", "tcp"):
        ports = sorted({row.port for row in rows if row.audience == audience and row.protocol == protocol})
        if ports:
            yield f"{protocol} dport {{ {', '.join(map(str, ports))} }}"


def _once(rows: Iterable[Row]) -> list[Row]:
    """Return the first row of each port, since services and sets do not tell addresses apart."""
    return list({(row.port, row.protocol): row for row in reversed(list(rows))}.values())[::-1]


def _all(topology: Topology, audience: Audience) -> list[tuple[Address, Origin]]:
    return [(address, Origin("topology", place)) for address, place in sources(topology, audience)]


def _of(topology: Topology, audience: Audience, version: int) -> list[tuple[Address, Origin]]:
    return [(address, origin) for address, origin in _all(topology, audience) if address.version == version]


def _block(lines: list[Line]) -> Block:
    return Block("\n".join(line.text for line in lines), tuple(line.origins for line in lines))
