"""What all tests share: --update, the examples as arguments, and the loud word about programs that are not here."""

from collections import Counter
from pathlib import Path

import pytest

import programs
import topologies


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --update: golden files and expected texts are written instead of compared."""
    parser.addoption(
        "--update", action="store_true", help="write the expected files instead of comparing with them"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that has the argument `example` once for each example."""
    if "example" in metafunc.fixturenames:
        metafunc.parametrize("example", topologies.EXAMPLES, ids=[each.name for each in topologies.EXAMPLES])


@pytest.fixture(scope="session")
def update(request: pytest.FixtureRequest) -> bool:
    """Whether expected files are to be written."""
    return bool(request.config.getoption("--update"))


@pytest.fixture(scope="session")
def examples() -> tuple[topologies.Example, ...]:
    """Every example."""
    return topologies.EXAMPLES


@pytest.fixture
def built(example: topologies.Example, tmp_path: Path) -> Path:
    """Return a folder into which the example was compiled just now."""
    return topologies.compile_into(example.topology, tmp_path / "out")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which programs were missing, and how many tests did not run for it."""
    absent: Counter[str] = Counter()
    unrun = 0
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        if programs.MISSING in reason:
            unrun += 1
            absent.update(reason.split(programs.MISSING, 1)[1].split(", "))
    if unrun:
        names = ", ".join(sorted(absent))
        terminalreporter.section("NOT RUN", sep="=", red=True, bold=True)
        terminalreporter.line(
            f"NOT RUN here: {names} ({unrun} tests). These programs are missing; as root on Debian `make test` installs them, and `make lab` those of the lab.",
            red=True,
        )
