"""`CHECKLIST.md`: every step to apply and to verify, and the failovers to rehearse."""

from collections.abc import Iterator
from typing import NamedTuple

from hagen.artifact import Artifact, Line, Origin
from hagen.drill import Detection, Drill, detections, drills
from hagen.filters import Block, quote
from hagen.model import Topology
from hagen.naming import PROXY_CLONE
from hagen.provision import packages, repositories, steps
from hagen.template import expand
from hagen.verification import Verification, verifications

# Checks so alike that a table shows them better; by the function of verify.sh that they share.
_TABLES = {
    "property_is": "Cluster properties",
    "answers": "Services, asked through their VIPs from any node",
    "sysctl_is": "Kernel parameters",
    "unit_is": "What systemd starts",
    "digest_is": "Files",
}
_SPECIAL = str.maketrans({character: f"\\{character}" for character in r"\`*{}[]<>|~&$"})
_HARMLESS = dict.fromkeys(
    (*range(ord("a"), ord("z") + 1), *range(ord("A"), ord("Z") + 1), *map(ord, "0123456789 .,:;/()-"))
)


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
    expect: Line
    bound: Line
    undo: Block


def emit(topology: Topology, made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield `CHECKLIST.md`."""
    cluster, platform = topology.cluster, topology.platform
    stats = topology.proxy.stats
    checks = verifications(topology, made)
    device = cluster.corosync.device
    text, origins = expand(
        "checklist.md.j2",
        {
            "cluster": Line(_prose(cluster.name), (cluster.origins["name"],)),
            "platform": Line(platform.title, (cluster.origins["platform"],)),
            "description": tuple(
                Line(_prose(each), (Origin("topology", ("cluster", "description")),))
                for each in cluster.description.splitlines()
                if each.strip()
            ),
            "unfenced": None
            if cluster.fencing.enabled
            else Line(_prose(" ".join(cluster.fencing.reason.split())), (cluster.fencing.origins["reason"],)),
            "nodes": tuple(
                Line(
                    f"`{node.name}` ({', '.join(map(str, node.addresses.values()))})",
                    (Origin("topology", node.origin),),
                )
                for node in topology.nodes
            ),
            "device": device and Line(device.host, (Origin("topology", device.origin),)),
            "device_commands": _device_commands(topology),
            "install": _install(topology),
            "steps": _block(
                tuple(text for step in steps(topology) for text in (f"# {step.reason}", step.command)),
                (Origin("hagen", (), "what the cloud-init file does on a node's first boot"),),
            ),
            "packages": Line(
                ", ".join(f"`{name}`" for name, _ in packages(topology)),
                (Origin("platform", (platform.name, "packages")),),
            ),
            "befores": tuple(
                Line(
                    f"{_prose(service.name)}: {service.before}",
                    (Origin("topology", service.origin), service.origins["before"]),
                )
                for service in topology.services
                if service.before
            ),
            "derived": tuple(_derived(topology)),
            "secrets": tuple(_secrets(topology)),
            "password_env": cluster.password.env
            and Line(cluster.password.env, (cluster.origins["password"],)),
            "stats_env": stats and Line(stats.password_env, (stats.origins["password"],)),
            "environment": Line(
                platform.haproxy["environment"], (Origin("platform", (platform.name, "haproxy")),)
            ),
            "files": tuple(
                Line(
                    f"`{each.path}` → `{each.target.path}` ({each.target.owner}:{each.target.group}, {each.target.mode})",
                    (Origin("hagen", (), "where the file belongs"),),
                )
                for each in made
                if each.target is not None
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


def _prose(text: str) -> str:
    """Return `text`, which is one line, so that Markdown shows it as it is wherever it stands."""
    if text[:1].isalpha() and not text.translate(_HARMLESS):
        return text
    first, *rest = text.strip().translate(_SPECIAL).split("_")
    for part in rest:  # an underscore inside a word means nothing, elsewhere it begins or ends an emphasis
        first += f"_{part}" if first[-1:].isalnum() and part[:1].isalnum() else f"\\_{part}"
    mark = first.lstrip("0123456789")
    if mark.startswith(("#", "+", "-", "=")) if mark == first else mark.startswith((".", ")")):
        return f"{first[: len(first) - len(mark)]}\\{mark}"  # a heading, an item, a line below a heading
    return first


def _cell(text: str) -> str:
    """Return Markdown so that a table, which cuts at every bar, even one in code, shows it in one cell."""
    return text.replace("|", "\\|")


def _install(topology: Topology) -> Block:
    """Return the commands that install what a node needs."""
    names = " ".join(quote(name) for name, _ in packages(topology))
    commands = (*(command for command, _ in repositories(topology)), f"{topology.platform.install} {names}")
    return _block(commands, (Origin("platform", (topology.platform.name, "packages")),))


def _device_commands(topology: Topology) -> Block | None:
    """Return the commands that make the host of the quorum device ready, if there is to be one."""
    if topology.cluster.corosync.device is None:
        return None
    platform = topology.platform
    commands = (
        f"{platform.install} {' '.join(platform.qnetd_packages)}",
        "passwd hacluster   # the same password as on the nodes",
        *platform.qnetd_commands,
    )
    return _block(commands, (Origin("platform", (platform.name, "qnetd")),))


def _block(lines: tuple[str, ...], origins: tuple[Origin, ...]) -> Block:
    return Block("\n".join(lines), (origins,) * len(lines))


def _item(check: Verification) -> Item:
    return Item(
        Line(_prose(check.title), check.origins),
        _block(tuple(check.command.split("\n")), check.origins),
        Line(check.expect, check.origins),
    )


def _row(check: Verification) -> Line:
    return Line(
        f"| {_prose(check.title)} | `{_cell(check.command)}` | {_cell(check.expect)} |", check.origins
    )


def _detection(found: Detection) -> Line:
    hung = "not noticed: the check only connects" if found.hung is None else f"{found.hung:g} s"
    return Line(
        f"| {_prose(found.service)} | {found.refused:g} s | {found.silent:g} s | {hung} |",
        (Origin("hagen", found.origin, found.because),),
    )


def _rehearsal(drill: Drill) -> Rehearsal:
    origins = (Origin("hagen", drill.origin, drill.because),)
    return Rehearsal(
        Line(_prose(drill.title), origins),
        _block(drill.commands, origins),
        Line(drill.expect, origins),
        Line(f"at most {drill.seconds:.0f} s: {drill.because}", origins),
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


def _secrets(topology: Topology) -> Iterator[Line]:
    for device in topology.cluster.fencing.devices:
        for name, file in device.secrets.items():
            yield Line(
                f"`{file}`: the {name} of fencing device `{device.name}`",
                (Origin("topology", (*device.origin, "secrets", name)),),
            )
    if topology.cluster.password.file is not None:
        yield Line(
            f"`{topology.cluster.password.file}`: the password of `hacluster`",
            (topology.cluster.origins["password"],),
        )
