"""`down` takes away all of a lab whose run was killed, and nothing else; what asks from outside ends with its test."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from lab import place
from topologies import ROOT

_SOON_S = 60
_ASK = """
from lab.services.outside import running
with running("asker", "http://192.0.2.1/"):
    print("asked", flush=True)
    input()
"""
_SAY = "from lab import place; print(place.RUN, place.cgroups(), place.TAG)"


class Traces(NamedTuple):
    """What a lab leaves on a machine while it is up: a folder, a control group, names of namespaces."""

    folder: Path
    group: Path
    tag: str

    @property
    def namespaces(self) -> list[Path]:
        """The files of its network namespaces."""
        return sorted(Path("/run/netns").glob(f"{self.tag}-*"))


class Other:
    """A lab of its own, beside those of the tests, that is steered from outside as by hand."""

    def __init__(self) -> None:
        """Find out where it lies."""
        outer = {name: value for name, value in os.environ.items() if name != "PYTEST_XDIST_WORKER"}
        self._env = {**outer, "HAGEN_LAB": "lab-down", "PYTHONPATH": str(ROOT / "tests")}
        folder, group, tag = self.said("-c", _SAY).split()
        self.traces = Traces(Path(folder), Path(group), tag)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start Python in this lab."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [sys.executable, *words], env=self._env, stdin=pipe, stdout=pipe, text=True, cwd=ROOT
        )

    def said(self, *words: str) -> str:
        """Run Python in this lab, which has to succeed, and return what it said."""
        with self.start(*words) as process:
            out, _ = process.communicate(timeout=_SOON_S)
        assert process.returncode == 0, out
        return out


@pytest.fixture
def other(_able: None) -> Iterator[Other]:
    """Yield a lab that is not up yet, and take it down in the end."""
    found = Other()
    found.said("-m", "lab", "down")
    yield found
    found.said("-m", "lab", "down")


def _inside(namespaces: list[Path]) -> set[int]:
    """Return the processes of this machine that are in network namespaces."""
    wanted = {each.stat().st_ino for each in namespaces}
    found = set()
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (each / "ns/net").stat().st_ino in wanted:
                found.add(int(each.name))
    return found


def _mounts() -> str:
    return Path("/proc/self/mountinfo").read_text()


def test_down_leaves_nothing_of_a_run_that_was_killed(other: Other) -> None:
    """A run is killed while hosts boot: they go on, and `down` ends them, and no process that is not the lab's."""
    folder, group, tag = other.traces
    with other.start("-m", "lab", "up") as up:
        place.until(lambda: "c1 up" in other.said("-m", "lab", "status"), _SOON_S, "a host to have power", 1)
        up.kill()
    with other.start("-c", _ASK) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "asked\n"
        client = [each for each in other.traces.namespaces if each.name == f"{tag}-client"]
        assert _inside(client)
        starter.kill()
    place.until(lambda: not _inside(client), _SOON_S, "what asks from outside to end with its starter")

    began = _inside(other.traces.namespaces)
    assert len(began) > 5
    assert (folder.exists(), group.exists()) == (True, True)
    with subprocess.Popen(["sleep", "600"]) as bystander:
        other.said("-m", "lab", "down")
        assert bystander.poll() is None
        bystander.kill()

    assert other.traces.namespaces == []
    assert (folder.exists(), group.exists()) == (False, False)
    assert [each for each in began if place.born(each)] == []
    assert str(folder) not in _mounts()
    assert tag not in _mounts()
