"""Ask Pacemaker's simulator what a cluster would do with a CIB: who runs what, and what happens when nodes die."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias
from xml.etree import ElementTree as ET

import programs

Run: TypeAlias = Callable[[Sequence[str | Path], Mapping[str, Path]], str]
"""Runs a command with environment variables that name files, and returns what it says; it must succeed."""

_LOCATE = 'for each; do crm_resource --locate --resource "$each" || echo "no resource $each"; done'
_RUNS = re.compile(r"^resource (\S+) is running on: (\S+)", re.MULTILINE)


def on_host(command: Sequence[str | Path], files: Mapping[str, Path]) -> str:
    """Run a command of this machine."""
    program, *arguments = command
    return programs.run(
        str(program), *arguments, env={name: str(path) for name, path in files.items()}
    ).require()


class Simulated(NamedTuple):
    """A transition: the CIB after it, the simulator's account of it, and how to run Pacemaker's programs."""

    cib: Path
    account: str
    run: Run

    def where(self, resource: str) -> list[str]:
        """Return the nodes on which `resource` runs, sorted."""
        return self.places([resource])[resource]

    def places(self, resources: Sequence[str]) -> dict[str, list[str]]:
        """Return the nodes on which each of `resources`, which must exist, runs, sorted."""
        said = self.run(["bash", "-c", _LOCATE, "bash", *resources], {"CIB_file": self.cib})
        assert "no resource" not in said, said
        found: dict[str, list[str]] = {each: [] for each in resources}
        for resource, node in _RUNS.findall(said):
            found[resource].append(node)
        return {each: sorted(nodes) for each, nodes in found.items()}

    def summary(self) -> list[str]:
        """Return what the transition does, a line each: ``Start vip ( lb1 )``, ``Fence (reboot) lb1 …``."""
        rest = self.account.partition("Transition Summary:\n")[2].partition("Executing Cluster Transition")[0]
        return [" ".join(line.lstrip(" *").split()) for line in rest.splitlines() if line.strip()]


def all_up(
    cib: Path, nodes: Iterable[str], after: Path, run: Run = on_host, grant: Iterable[str] = ()
) -> Simulated:
    """Bring all `nodes` up, with quorum and the tickets of `grant`, and let the cluster settle in `after`."""
    changes = [f"--node-up={node}" for node in nodes] + [f"--ticket-grant={ticket}" for ticket in grant]
    found = _simulate(cib, after, run, quorum=True, changes=changes)
    for _ in range(5):
        found = _simulate(after, after, run, quorum=True, changes=[])
        if not found.summary():
            return found
    raise AssertionError(f"the cluster does not settle: {found.account}")


def again(before: Simulated, after: Path) -> Simulated:
    """Let the cluster do what is still to be done."""
    return _simulate(before.cib, after, before.run, quorum=True, changes=[])


def node_leaves(before: Simulated, node: str, after: Path) -> Simulated:
    """Take a node down in good order."""
    return _simulate(before.cib, after, before.run, quorum=True, changes=[f"--node-down={node}"])


def node_in_standby(before: Simulated, node: str, after: Path) -> Simulated:
    """Put a node into standby, as `pcs node standby` does: by an attribute that stays."""
    root = ET.fromstring(before.cib.read_text())  # noqa: S314  written by crm_simulate a moment ago
    for member in root.iterfind(f"configuration/nodes/node[@uname='{node}']"):
        attributes = member.find("instance_attributes")
        if attributes is None:
            attributes = ET.SubElement(member, "instance_attributes", id=f"{node}-attributes")
        ET.SubElement(attributes, "nvpair", id=f"{node}-in-standby", name="standby", value="on")
    before_leaving = after.with_suffix(".standby.xml")
    before_leaving.write_text(ET.tostring(root, encoding="unicode"))
    return _simulate(before_leaving, after, before.run, quorum=True, changes=[])


def node_fails(before: Simulated, *nodes: str, after: Path, quorum: bool = True) -> Simulated:
    """Let nodes die; without `quorum` the rest is a minority."""
    changes = [f"--node-fail={node}" for node in nodes]
    return _simulate(before.cib, after, before.run, quorum=quorum, changes=changes)


def monitor_fails(before: Simulated, resource: str, node: str, interval_ms: int, after: Path) -> Simulated:
    """Let a resource's recurring monitor find it dead on a node."""
    event = f"--op-inject={resource}_monitor_{interval_ms}@{node}=7"
    return _simulate(before.cib, after, before.run, quorum=True, changes=[event])


def start_fails(before: Simulated, resource: str, node: str, interval_ms: int, after: Path) -> Simulated:
    """Let a resource be found dead on a node, and be started there in vain.

    The simulator counts a start that failed as one failure. A cluster counts it as all that there can be, where
    start-failure-is-fatal is on, as Pacemaker's default has it.
    """
    event = f"--op-inject={resource}_monitor_{interval_ms}@{node}=7"
    failure = f"--op-fail={resource}_start_0@{node}=1"
    failed = _simulate(before.cib, after, before.run, quorum=True, changes=[event, failure])
    count = re.compile(rf'(name="fail-count-{resource}#start_0" value=)"1"')
    text, found = count.subn(r'\1"INFINITY"', after.read_text())
    assert found == 1, failed.account
    after.write_text(text)
    return again(failed, after)


def _simulate(cib: Path, after: Path, run: Run, *, quorum: bool, changes: list[str]) -> Simulated:
    command: tuple[str | Path, ...] = (
        "crm_simulate",
        "--xml-file",
        cib,
        "--simulate",
        f"--quorum={int(quorum)}",
        *changes,
        "--save-output",
        after,
    )
    return Simulated(after, run(command, {}), run)
