"""What a fencing device reaches for each of its nodes: the board of a machine, or plugs of a switch, a host, a chassis.

Source: Pacemaker Explained, "Special Options for Fencing Resources"; how a map is read, and that an option that names the
plug goes before it, in Pacemaker's daemon that fences; the agents' own metadata for their ports.
"""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import NamedTuple

from hagen.model import FencingDevice

ADDRESSES = ("ip", "ipaddr")
"""The options that say where a device is."""

PLUGS = ("plug", "port")
"""The options that say which plug a device stops, whatever node is meant."""

_IPMI = (
    "fence_idrac",
    "fence_ilo3",
    "fence_ilo4",
    "fence_ilo5",
    "fence_imm",
    "fence_ipmilan",
    "fence_ipmilanplus",
)
_PORTS = {**dict.fromkeys(_IPMI, "623"), "fence_ilo": "443", "fence_ilo2": "443", "fence_redfish": "443"}
"""Ports that agents use where none is said."""

_ONE_MACHINE = frozenset(
    {
        *_PORTS,
        "fence_amt",
        "fence_amt_ws",
        "fence_ilo_mp",
        "fence_ilo_ssh",
        "fence_rsa",
        "fence_rsb",
    }
)
"""Agents that talk to the management board of one machine; those of chassis and hypervisors are told which one."""

_BEHIND = ("target", "systems_uri")
"""Options that name one of several machines behind a board: of IPMI's bridges, and of Redfish."""

_ENTRY = re.compile(r"([^;\s:=]+)[:=]([^;\s]+)")
"""An entry of Pacemaker's pcmk_host_map with something behind its colon: ``node1:1;node2:2,3``."""


class Reached(NamedTuple):
    """What a device stops for `target`: `thing` is equal to another one only if both are the same; `option` says it."""

    target: str
    thing: tuple[str, ...]
    option: str


def option(device: FencingDevice, names: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the first of the options `names` that the device says, with its value."""
    return next(((name, device.options[name]) for name in names if name in device.options), None)


def mapped(device: FencingDevice) -> Mapping[str, str]:
    """Return what a device's pcmk_host_map calls each node, by the node's name in lower case."""
    return {name.lower(): plug for name, plug in _ENTRY.findall(device.options.get("pcmk_host_map", ""))}


def is_board(device: FencingDevice) -> bool:
    """Tell whether a device's agent talks to the management board of one machine."""
    return device.agent in _ONE_MACHINE


def reached(device: FencingDevice) -> Iterator[Reached]:
    """Yield what a device reaches for each of its targets, as far as options tell; without an address nothing."""
    address = option(device, ADDRESSES)
    if address is None:
        return
    port = device.options.get("ipport", "")
    where = (_written(address[1]), "" if port == _PORTS.get(device.agent) else port)
    if is_board(device):
        behind = tuple(device.options.get(each, "") for each in _BEHIND)
        yield from (Reached(target, ("board", *where, *behind), address[0]) for target in device.targets)
        return
    for target, plug, said in plugs(device):
        yield Reached(target, ("plug", *where, plug), said or address[0])


def plugs(device: FencingDevice) -> Iterator[tuple[str, str, str]]:
    """Yield each target, each plug that is its own, and the map's option if that says so; not said, it is the node's name."""
    if "pcmk_host_argument" in device.options:
        return  # then it depends on the agent what is told to it
    fixed, names = option(device, PLUGS), mapped(device)
    for target in device.targets:
        text = fixed[1] if fixed else names.get(target.lower(), target)
        said = "pcmk_host_map" if not fixed and target.lower() in names else ""
        for plug in filter(None, text.split(",")):
            yield target, plug, said


def _written(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        return address.lower()
