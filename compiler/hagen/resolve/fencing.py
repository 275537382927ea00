"""Fencing: devices, levels and SBD."""

from typing import Any

from hagen import codes
from hagen.diagnostic import did_you_mean
from hagen.model.fencing import Fencing, FencingDevice, FencingLevel, Sbd
from hagen.model.network import Node
from hagen.quantity import Duration
from hagen.resolve.reading import Reading
from hagen.resolve.setting import SECONDS, closed, duration, properties, written
from hagen.source import Pointer


def fencing(reading: Reading, nodes: tuple[Node, ...]) -> Fencing:
    """Return how nodes are stopped; devices that cannot be read are left out after a diagnostic."""
    at = ("cluster", "fencing")
    said = reading.data["cluster"]["fencing"]
    names = [*(node.name for node in nodes), *reading.data["resources"]["remotes"]]
    return Fencing(
        enabled=said["enabled"],
        reason=said["reason"],
        waiver=said["waiver"],
        devices=tuple(_device(reading, name, each, names) for name, each in said["devices"].items()),
        levels=tuple(_level(reading, index, each, names) for index, each in enumerate(said["levels"])),
        sbd=_sbd(reading, said["sbd"]) if "sbd" in said else None,
        origins=reading.origins(*at),
    )


def _device(reading: Reading, name: str, said: Any, nodes: list[str]) -> FencingDevice:
    at = ("cluster", "fencing", "devices", name)
    for index, target in enumerate(said["targets"]):
        _node(reading, (*at, "targets", index), target, nodes)
    return FencingDevice(
        name=name,
        agent=said["agent"],
        targets=tuple(said["targets"]),
        options={key: written(value) for key, value in said["options"].items()},
        secrets={key: value["file"] for key, value in said["secrets"].items()},
        monitor=reading.duration(*at, "monitor", value=said["monitor"]),
        delay_base=_delay(reading, at, said, "delay_base"),
        delay_max=_delay(reading, at, said, "delay_max"),
        meta=closed(reading, (*at, "meta"), said["meta"], properties("#", "meta")),
        origin=at,
    )


def _delay(reading: Reading, at: Pointer, said: Any, key: str) -> Duration | None:
    """Return a delay, of which Pacemaker counts whole seconds: the rest of them it leaves out."""
    if key not in said:
        return None
    found = reading.duration(*at, key, value=said[key])
    if found.milliseconds % 1000:
        reading.diagnostics.append(
            codes.OUT_OF_RANGE.at(
                (*at, key), f"`{said[key]}` is not a whole number of seconds", hint="write it in seconds: 5s"
            )
        )
    return found


def _node(reading: Reading, at: Pointer, name: str, nodes: list[str]) -> None:
    if name not in nodes:
        reading.diagnostics.append(
            codes.UNKNOWN_NODE.at(at, f"there is no node `{name}`", hint=did_you_mean(name, nodes))
        )


def _level(reading: Reading, index: int, said: Any, nodes: list[str]) -> FencingLevel:
    at = ("cluster", "fencing", "levels", index)
    devices = list(reading.data["cluster"]["fencing"]["devices"])
    for place, name in enumerate(said["devices"]):
        if name not in devices:
            reading.diagnostics.append(
                codes.UNKNOWN_DEVICE.at(
                    (*at, "devices", place),
                    f"there is no fencing device `{name}`",
                    hint=did_you_mean(name, devices),
                )
            )
    if "node" in said:
        _node(reading, (*at, "node"), said["node"], nodes)
    attribute = said.get("attribute")
    return FencingLevel(
        level=said["level"],
        devices=tuple(said["devices"]),
        node=said.get("node"),
        pattern=said.get("pattern"),
        attribute=attribute and (attribute["name"], attribute["value"]),
        origin=at,
    )


def _sbd(reading: Reading, said: Any) -> Sbd:
    at = ("cluster", "fencing", "sbd")
    watchdog = int(duration(reading, (*at, "watchdog_timeout"), said["watchdog_timeout"], SECONDS))
    msgwait = 2 * watchdog  # sbd(8): msgwait has to be longer than the watchdog's time, twice is usual
    if "msgwait_timeout" in said:
        msgwait = int(duration(reading, (*at, "msgwait_timeout"), said["msgwait_timeout"], SECONDS))
    return Sbd(
        watchdog=said["watchdog"],
        devices=tuple(said["devices"]),
        watchdog_timeout=watchdog,
        msgwait_timeout=msgwait,
        delay_start=said["delay_start"].removesuffix("s") if said["delay_start"] != "yes" else "yes",
        startmode=said["startmode"],
        timeout_action=said.get("timeout_action"),
        origin=at,
        origins=reading.origins(*at),
    )
