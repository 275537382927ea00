"""`CHECKLIST.md`: every step to apply and to verify, and the failovers to rehearse."""

from collections.abc import Iterator
from typing import NamedTuple

from hagen import qnetd
from hagen.artifact import Artifact, Line, Origin, Target
from hagen.detection import Detection, detections, words
from hagen.drill import Drill, drills
from hagen.filters import Block, quote
from hagen.machine import QUORUM_DEVICE, Group, groups
from hagen.markdown import cell, prose
from hagen.model import Topology
from hagen.naming import PROXY_CLONE
from hagen.outcome import bound, outcome
from hagen.preparation import authenticated, preparations, secrets
from hagen.template import expand
from hagen.verification import Verification, verifications

# Checks so alike that a table shows them better; by the function of verify.sh that they share.
_TABLES = {
    "property_is": "Cluster properties",
    "answers": "Services, asked through their VIPs from any node",
    "sysctl_is": "Kernel parameters",
    "unit_is": "What systemd starts",
    "file_is": "Files",
    "for_root_alone": "Files that hold secrets, which are not read",
}


class Item(NamedTuple):
    """A line to tick: what, how, and the answer that is right."""

    title: Line
    commands: Block
    expect: Line


class Table(NamedTuple):
    """Checks that are alike: a row for each."""

    title: str
    rows: tuple[Line, ...]


class Rehearsal(NamedTuple):
    """A failover to provoke: how, what must happen, within which time and why, and how to go back."""

    title: Line
    commands: Block
    expect: tuple[Line, ...]
    bound: Line
    undo: Block


class Machines(NamedTuple):
    """Machines that are made ready alike: who they are, what they need, what is put there and done there."""

    title: Line
    hosts: tuple[Line, ...]
    packages: Line
    install: Block
    files: tuple[Line, ...]
    remarks: tuple[Line, ...]
    steps: Block


class Preparing(NamedTuple):
    """Something to prepare, and the commands that do or show it, if there are any."""

    what: Line
    commands: Block | None


def emit(topology: Topology, made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield `CHECKLIST.md`."""
    cluster, platform = topology.cluster, topology.platform
    stats = topology.proxy.stats
    checks = verifications(topology, made)
    device = cluster.corosync.device
    text, origins = expand(
        "checklist.md.j2",
        {
            "cluster": Line(prose(cluster.name), (cluster.origins["name"],)),
            "description": tuple(
                Line(prose(each), (Origin("topology", ("cluster", "description")),))
                for each in cluster.description.splitlines()
                if each.strip()
            ),
            "unfenced": None
            if cluster.fencing.enabled
            else Line(prose(" ".join(cluster.fencing.reason.split())), (cluster.fencing.origins["reason"],)),
            "distant": bool(topology.resources.remotes)
            or any(each.guest is not None for each in topology.resources.primitives),
            "disks": cluster.fencing.sbd is not None and bool(cluster.fencing.sbd.devices),
            "groups": tuple(_group(topology, group, made) for group in groups(topology)),
            "device": device
            and device.machine is None
            and Line(device.host, (Origin("topology", device.origin),)),
            "device_ports": qnetd.ports(topology),
            "device_commands": device
            and device.machine is None
            and _block(qnetd.commands(topology), (Origin("platform", (platform.name, "qnetd")),)),
            "preparations": tuple(
                Preparing(
                    Line(_sentence(each.what), each.origins),
                    _block(each.commands, each.origins) if each.commands else None,
                )
                for each in preparations(topology)
            ),
            "derived": tuple(_derived(topology)),
            "secrets": tuple(secrets(topology)),
            "authenticated": authenticated(topology),
            "password_env": cluster.password.env
            and Line(cluster.password.env, (cluster.origins["password"],)),
            "stats_env": stats and Line(stats.password_env, (stats.origins["password"],)),
            "environment": Line(
                platform.haproxy["environment"], (Origin("platform", (platform.name, "haproxy")),)
            ),
            "checks": tuple(_item(check) for check in checks if check.test[0] not in _TABLES),
            "tables": tuple(
                Table(title, tuple(map(_row, chosen)))
                for name, title in _TABLES.items()
                if (chosen := [check for check in checks if check.test[0] == name])
            ),
            "detections": tuple(map(_detection, detections(topology))),
            "drills": tuple(map(_rehearsal, drills(topology))),
        },
    )
    yield Artifact("CHECKLIST.md", text, 0o644, origins, None)


def _sentence(text: str) -> str:
    """Return a text of ours, in which backticks mark code, so that names in it are shown as they are."""
    parts = text.split("`")
    for index in range(0, len(parts), 2):
        inner = parts[index].strip()
        parts[index] = parts[index].replace(inner, prose(inner)) if inner else parts[index]
    return "`".join(parts)


def _group(topology: Topology, group: Group, made: tuple[Artifact, ...]) -> Machines:
    every = len(group.hosts) > 1
    who = f"every {group.what.lower()}" if every else group.hosts[0].name
    platform = (Origin("platform", (group.platform.name, "packages")),)
    files = [*group.files(made), *(each for host in group.hosts for each in group.own_files(host, made))]
    addresses = {node.name: ", ".join(map(str, node.addresses.values())) for node in topology.nodes}
    addresses |= {remote.name: str(remote.address) for remote in topology.resources.remotes}
    commands = (
        *(command for command, _ in group.repositories),
        f"{group.platform.install} {' '.join(quote(name) for name, _ in group.packages)}",
    )
    return Machines(
        title=Line(who, platform),
        hosts=tuple(
            Line(
                f"`{host.name}`, {group.what.lower()}"
                f"{f' ({addresses[host.name]})' if host.name in addresses else ''}, on {group.platform.title}",
                (Origin("topology", host.origin),),
            )
            for host in group.hosts
        ),
        packages=Line(", ".join(f"`{name}`" for name, _ in group.packages), platform),
        install=_block(commands, platform),
        files=tuple(_file(each, each.target, every) for each in files if each.target is not None),
        remarks=qnetd.remarks(topology) if group.what == QUORUM_DEVICE else (),
        steps=_block(
            tuple(text for step in group.steps for text in (f"# {step.reason}", step.command)),
            (Origin("hagen", (), "what the cloud-init file does on the machine's first boot"),),
        ),
    )


def _file(made: Artifact, target: Target, every: bool) -> Line:
    where = f" on {target.nodes[0]}" if every and len(target.nodes) == 1 else ""
    return Line(
        f"`{made.path}` → `{target.path}`{where} ({target.owner}:{target.group}, {target.mode})",
        (Origin("hagen", (), "where the file belongs"),),
    )


def _block(lines: tuple[str, ...], origins: tuple[Origin, ...]) -> Block:
    return Block("\n".join(lines), (origins,) * len(lines))


def _item(check: Verification) -> Item:
    return Item(
        Line(prose(check.title), check.origins),
        _block(tuple(check.command.split("\n")), check.origins),
        Line(check.expect, check.origins),
    )


def _row(check: Verification) -> Line:
    return Line(f"| {prose(check.title)} | `{cell(check.command)}` | {cell(check.expect)} |", check.origins)


def _detection(found: Detection) -> Line:
    row = " | ".join((prose(found.service), *words(found)))
    return Line(f"| {row} |", (Origin("hagen", found.origin, found.because),))


def _rehearsal(drill: Drill) -> Rehearsal:
    origins = (Origin("hagen", drill.origin, drill.because),)
    return Rehearsal(
        Line(prose(drill.title), origins),
        _block(drill.commands, origins),
        tuple(Line(each, origins) for each in outcome(drill)),
        Line(bound(drill), origins),
        _block(drill.undo, origins),
    )


def _derived(topology: Topology) -> Iterator[Line]:
    """Yield what hagen added without being asked, and why."""
    for vip in topology.vips:
        yield Line(
            f"`{vip.resource}`: the resource that puts {vip.address} on one node",
            (Origin("topology", vip.origin),),
        )
    yield Line(
        f"`{PROXY_CLONE}`: HAProxy as a resource, so that VIPs are only where it lives",
        (topology.proxy.origins["placement"],),
    )
    for setting in topology.sysctls:
        if setting.reason:
            yield Line(f"`{setting.name} = {setting.value}`: {setting.reason}", (setting.origin,))
