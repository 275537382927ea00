"""Failovers to rehearse, and how long a client may notice them: every bound is computed from the topology."""

from collections.abc import Iterator

from hagen.drill.drill import Drill
from hagen.drill.failure import address, proxy
from hagen.drill.network import cables, device
from hagen.drill.node import planned, unplanned
from hagen.drill.scene import Scene
from hagen.model import Topology

__all__ = ["Drill", "drills"]


def drills(topology: Topology) -> tuple[Drill, ...]:
    """Return the failovers to rehearse, each with the outage that a client may see."""
    return tuple(_drills(Scene(topology)))


def _drills(scene: Scene) -> Iterator[Drill]:
    yield from planned(scene)
    yield from unplanned(scene)
    if len(scene.topology.nodes) > 1:
        yield from cables(scene)
        yield from device(scene)
    yield from address(scene)
    yield from proxy(scene)
