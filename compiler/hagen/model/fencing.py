"""Fencing: devices, levels, SBD. Source: Pacemaker Explained, "Fencing"; sbd(8)."""

from collections.abc import Mapping
from typing import NamedTuple

from hagen.artifact import Origins
from hagen.model.setting import Setting
from hagen.quantity import Duration
from hagen.source import Pointer


class FencingDevice(NamedTuple):
    """A device that stops nodes. `secrets` maps an option's name to the file on the nodes that holds it."""

    name: str
    agent: str
    targets: tuple[str, ...]
    options: Mapping[str, str]
    secrets: Mapping[str, str]
    monitor: Duration
    delay_base: Duration | None
    delay_max: Duration | None
    meta: tuple[Setting, ...]
    origin: Pointer


class FencingLevel(NamedTuple):
    """The devices of one level for one target, which is a node, a `pattern` of names, or an `attribute` and its value."""

    level: int
    devices: tuple[str, ...]
    node: str | None
    pattern: str | None
    attribute: tuple[str, str] | None
    origin: Pointer


class Sbd(NamedTuple):
    """Fencing by watchdogs; without `devices` it is diskless. Times are whole seconds.

    `delay_start` is ``yes``, ``no`` or a number of seconds, as SBD_DELAY_START takes it.
    """

    watchdog: str
    devices: tuple[str, ...]
    watchdog_timeout: int
    msgwait_timeout: int
    delay_start: str
    startmode: str
    timeout_action: str | None
    origin: Pointer
    origins: Origins


class Fencing(NamedTuple):
    """Whether and how nodes are stopped for certain; `reason` says why not, `waiver` who allows that in production."""

    enabled: bool
    reason: str
    waiver: str
    devices: tuple[FencingDevice, ...]
    levels: tuple[FencingLevel, ...]
    sbd: Sbd | None
    origins: Origins
