"""Ask Pacemaker's simulator what a cluster would do with a CIB: who runs what, and what happens when nodes die."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import programs


class Simulated(NamedTuple):
    """A transition: the CIB after it, and the simulator's account of it."""

    cib: Path
    account: str

    def where(self, resource: str) -> list[str]:
        """Return the nodes on which `resource` runs, sorted."""
        said = programs.run(
            "crm_resource", "--locate", "--resource", resource, env={"CIB_file": str(self.cib)}
        )
        mark = f"resource {resource} is running on: "
        return sorted(line.split(mark, 1)[1].split()[0] for line in said.output.splitlines() if mark in line)

    def summary(self) -> list[str]:
        """Return what the transition does, a line each: ``Start vip ( lb1 )``, ``Fence (reboot) lb1 …``."""
        lines = self.account.partition("Transition Summary:\n")[2].partition("\n\n")[0].splitlines()
        return [" ".join(line.lstrip(" *").split()) for line in lines]


def all_up(cib: Path, nodes: Iterable[str], after: Path) -> Simulated:
    """Bring all `nodes` up, with quorum, and let the cluster settle; `after` receives the resulting CIB."""
    return _simulate(cib, after, quorum=True, changes=[f"--node-up={node}" for node in nodes])


def node_leaves(before: Simulated, node: str, after: Path) -> Simulated:
    """Take a node down in good order."""
    return _simulate(before.cib, after, quorum=True, changes=[f"--node-down={node}"])


def node_fails(before: Simulated, *nodes: str, after: Path, quorum: bool = True) -> Simulated:
    """Let nodes die; without `quorum` the rest is a minority."""
    return _simulate(before.cib, after, quorum=quorum, changes=[f"--node-fail={node}" for node in nodes])


def monitor_fails(before: Simulated, resource: str, node: str, interval_ms: int, after: Path) -> Simulated:
    """Let a resource's recurring monitor find it dead on a node."""
    event = f"{resource}_monitor_{interval_ms}@{node}=7"
    return _simulate(before.cib, after, quorum=True, changes=[f"--op-inject={event}"])


def _simulate(cib: Path, after: Path, *, quorum: bool, changes: list[str]) -> Simulated:
    arguments: tuple[str | Path, ...] = (
        "--xml-file",
        cib,
        "--simulate",
        f"--quorum={int(quorum)}",
        *changes,
        "--save-output",
        after,
    )
    return Simulated(after, programs.run("crm_simulate", *arguments).require())
