"""Ask Pacemaker's simulator what a cluster would do with a CIB: who runs what, and what happens when nodes die."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias
from xml.etree import ElementTree as ET

import programs

Run: TypeAlias = Callable[[Sequence[str | Path], Mapping[str, Path]], str]
"""Runs a command with environment variables that name files, and returns what it says."""

_SETTLES = 5  # transitions; who does not come to rest in so many never does


def on_host(command: Sequence[str | Path], files: Mapping[str, Path]) -> str:
    """Run a command of this machine."""
    program, *arguments = command
    return programs.run(
        str(program), *arguments, env={name: str(path) for name, path in files.items()}
    ).output


class Simulated(NamedTuple):
    """A transition: the CIB after it, the simulator's account of it, and how to run Pacemaker's programs."""

    cib: Path
    account: str
    run: Run

    def where(self, resource: str) -> list[str]:
        """Return the nodes on which `resource` runs, sorted."""
        return self.places()[resource]

    def places(self) -> Mapping[str, list[str]]:
        """Return the nodes on which each primitive, group and clone runs, sorted; nowhere is an empty list."""
        said = self.run(["crm_mon", "--one-shot", "--output-as=xml"], {"CIB_file": self.cib})
        resources = ET.fromstring(said).find("resources")  # noqa: S314  written by crm_mon a moment ago
        assert resources is not None, said
        found: defaultdict[str, set[str]] = defaultdict(set)
        todo: list[tuple[ET.Element, tuple[str, ...]]] = [(each, ()) for each in resources]
        for element, above in todo:
            ids = (*above, element.attrib["id"].partition(":")[0])
            for inside in element:
                if inside.tag == "node":
                    for each in ids:
                        found[each].add(inside.attrib["name"])
                elif "id" in inside.attrib:
                    todo.append((inside, ids))
            found[ids[-1]].update()
        return defaultdict(list, {each: sorted(nodes) for each, nodes in found.items()})

    def summary(self) -> list[str]:
        """Return what the transition does, a line each: ``Start vip ( lb1 )``, ``Fence (reboot) lb1 …``."""
        rest = self.account.partition("Transition Summary:\n")[2]
        lines = re.split(
            "^Executing cluster transition", rest, maxsplit=1, flags=re.IGNORECASE | re.MULTILINE
        )[0].splitlines()
        return [" ".join(line.lstrip(" *").split()) for line in lines if line.strip()]


def all_up(
    cib: Path, nodes: Iterable[str], after: Path, run: Run = on_host, grant: Iterable[str] = ()
) -> Simulated:
    """Bring all `nodes` up, with quorum and the tickets of `grant`, and let the cluster settle in `after`."""
    changes = [f"--node-up={node}" for node in nodes] + [f"--ticket-grant={ticket}" for ticket in grant]
    found = _simulate(cib, after, run, quorum=True, changes=changes)
    for _ in range(_SETTLES):
        was, found = found, again(found, after)
        if found.summary() == was.summary():
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

    The simulator of Pacemaker 2 counts a start that failed as one failure. A cluster, like the simulator of Pacemaker 3,
    counts it as all that there can be, where start-failure-is-fatal is on, as it is if nothing is said.
    """
    event = f"--op-inject={resource}_monitor_{interval_ms}@{node}=7"
    failure = f"--op-fail={resource}_start_0@{node}=1"
    failed = _simulate(before.cib, after, before.run, quorum=True, changes=[event, failure])
    count = re.compile(rf'(name="fail-count-{resource}#start_0" value=)"(1|INFINITY)"')
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
    if after != cib:
        after.unlink(missing_ok=True)
    account = run(command, {})
    # Its exit code is about the transition: one that is cut short, as the loss of quorum can do, is no failure of its own.
    assert "revised cluster status:" in account.lower(), account
    assert after.exists(), account
    return Simulated(after, account, run)
