"""The lab's fixtures: one cluster for all tests, in an order of their own, and the times that they measured in the end."""

import os
from collections.abc import Iterator
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
)
"""The modules in the order in which they run: what leaves the cluster as it is comes first, what makes another one last."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark and order what lies in this folder."""
    own = [item for item in items if item.path.parent == Path(__file__).parent]
    for item in own:
        item.add_marker(pytest.mark.lab)
    places = iter([index for index, item in enumerate(items) if item in own])
    for item in sorted(own, key=lambda item: _ORDER.index(item.path.stem)):
        items[next(places)] = item


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table of what was measured."""
    if measure.TAKEN:
        terminalreporter.section("measured in the lab")
        for line in measure.table():
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def _able() -> None:
    """Require what a lab needs: root, the programs, the hosts' system."""
    if os.geteuid():
        programs.missing("the right to make hosts (root)")
    programs.need(*_PROGRAMS)
    if not roots.is_ready(root.HOST):
        programs.missing(f"{root.HOST.title} (make lab)")


@pytest.fixture(scope="session")
def cluster(_able: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Form the cluster of three nodes from clean hosts; a test leaves it as it found it."""
    with formed(tmp_path_factory.mktemp("cluster"), pristine=False) as made:
        yield made
