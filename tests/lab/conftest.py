"""The lab's fixtures: one cluster for all tests, in an order of their own, and the times that they measured in the end."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import programs
from dialects import roots
from lab import measure, root
from lab.cluster import Cluster, formed

_PROGRAMS = ("systemd-nspawn", "ip", "nsenter", "unshare", "curl")
_ORDER = (
    "test_formation",
    "test_checklist",
    "test_verification",
    "test_services",
    "test_failover",
    "test_fencing",
    "test_change",
    "test_apply",
    "test_membership",
    "test_pristine",
    "test_down",
)
"""The modules in the order in which they begin: what leaves the cluster as it is comes first, what makes another one last.

Two processes share them out, each with a cluster of its own.
"""
_MEASURED: list[str] = []
_TOOK: dict[str, float] = {}
"""The seconds of each test itself, by its name."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what lies in this folder."""
    if item.path.parent == Path(__file__).parent:
        item.add_marker(pytest.mark.lab)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order what lies in this folder."""
    own = [item for item in items if item.path.parent == Path(__file__).parent]
    places = iter([index for index, item in enumerate(items) if item in own])
    for item in sorted(own, key=lambda item: _ORDER.index(item.path.stem)):
        items[next(places)] = item


@pytest.fixture(autouse=True)
def _measured(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """Give the report of a test what was measured in it."""
    yield
    for line in measure.lines():
        record_property("measured", line)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Print what a test measured, or else how long it took itself, where the tests are watched."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    if report.when == "call":
        _TOOK[report.nodeid] = report.duration
    if report.when == "teardown" and report.nodeid in _TOOK:
        found = [str(line) for name, line in report.user_properties if name == "measured"]
        found = found or [measure.line(report.nodeid.rpartition("::")[2], _TOOK[report.nodeid])]
        _MEASURED.extend(found)
        sys.stdout.write("".join(f"\n{line}" for line in found))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of what was measured."""
    if _MEASURED:
        terminalreporter.section("measured in the lab")
        for line in _MEASURED:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def _able() -> None:
    """Require what a lab needs: root, the programs, the hosts' system."""
    if os.geteuid():
        programs.missing("the right to make hosts (root)")
    programs.need(*_PROGRAMS)
    if not Path("/sys/fs/cgroup/cgroup.controllers").exists() and not Path("/sys/fs/cgroup/unified").exists():
        programs.missing("cgroup2")
    if not roots.is_ready(root.HOST):
        programs.missing(f"{root.HOST.title} (make lab)")


@pytest.fixture(scope="session")
def cluster(_able: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Form the cluster of three nodes from clean hosts; a test leaves it as it found it."""
    with formed(tmp_path_factory.mktemp("cluster"), pristine=False) as made:
        yield made
