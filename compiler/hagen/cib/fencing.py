"""Fencing devices and levels."""

from collections.abc import Iterator

from hagen.artifact import Line, Origin
from hagen.cib.section import Section, Word, command, grouped, said, section
from hagen.dialect import Dialect
from hagen.filters import quote
from hagen.model import FencingDevice, Topology
from hagen.model.fencing import FencingLevel


def fencing(topology: Topology, dialect: Dialect) -> Iterator[Section]:
    """Yield the devices; levels name devices and come after all of them."""
    for device in topology.cluster.fencing.devices:
        lines = _device(device, dialect)
        if len(device.targets) == 1 and device.targets[0] in topology.node_names:
            lines += _elsewhere(device)
        yield section(f"can stop {', '.join(device.targets)}", device.origin, lines)
    levels = topology.cluster.fencing.levels
    if levels:
        yield section(
            "which devices are tried one after the other: if one level fails, the next",
            ("cluster", "fencing", "levels"),
            [_level(level) for level in levels],
        )


def _device(device: FencingDevice, dialect: Dialect) -> tuple[Line, ...]:
    words = list(_options(device, dialect))
    words.append((f"op monitor interval={device.monitor.pacemaker}", said(device.origin)))
    words += grouped(device.meta, "meta", dialect)
    return command(f"stonith create {quote(device.name)} {device.agent}", said(device.origin), words)


def _elsewhere(device: FencingDevice) -> tuple[Line, ...]:
    alone = Origin("hagen", (*device.origin, "targets"), "a node does not run the device that has to stop it")
    avoids = f"constraint location {quote(device.name)} avoids {quote(device.targets[0])}=INFINITY"
    return command(avoids, (alone,))


def _options(device: FencingDevice, dialect: Dialect) -> Iterator[Word]:
    for name, value in device.options.items():
        known = dialect.option(device.agent, name)
        yield quote(f"{known}={value}"), said((*device.origin, "options", name))
    if "pcmk_host_map" not in device.options:
        targets = quote(f"pcmk_host_list={' '.join(device.targets)}")
        yield targets, said((*device.origin, "targets"))
    for name, file in device.secrets.items():
        # The agent runs this when it needs the secret, so that the secret is neither in the CIB nor in an argument list.
        known = dialect.option(device.agent, name)
        yield quote(f"{known}_script=cat {file}"), said((*device.origin, "secrets", name))
    for key, delay in (("delay_base", device.delay_base), ("delay_max", device.delay_max)):
        if delay is not None:
            yield f"pcmk_{key}={delay.pacemaker}", said((*device.origin, key))


def _level(level: FencingLevel) -> Line:
    target = level.node or f"regexp%{level.pattern}"
    if level.attribute is not None:
        target = "attrib%{}={}".format(*level.attribute)
    devices = " ".join(map(quote, level.devices))
    text = f"in_cib stonith level add {level.level} {quote(target)} {devices}"
    return Line(text, said(level.origin))
