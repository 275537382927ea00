"""How much processor time hagen takes, as it is installed: `make bench`. A table for people; nothing is judged.

The wheel is built and installed into an environment of its own, compiled as pip does it. Every command is measured
in rounds beside a bare start of the same interpreter, so that a busy machine slows both; the ratio is the median of
the rounds' ratios. Processor time is the child's own, user and system, as the kernel counted it.
"""

import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / ".cache/bench"
EXAMPLE = ROOT / "examples/openstack-ha/topology.yml"
ROUNDS = 15
ENVIRONMENT = {"PATH": os.environ.get("PATH", ""), "HOME": str(BENCH)}
"""Without any of Python's own variables, which may forbid compiled files."""


class Cost(NamedTuple):
    """What a command took: seconds of processor time, and the most memory it had at once, in MiB."""

    cpu: float
    memory: float


def run(*command: str | Path) -> Cost:
    """Run a command that must succeed, and return its cost."""
    words = [str(word) for word in command]
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    process = os.posix_spawn(words[0], words, ENVIRONMENT, file_actions=quiet)
    _, status, usage = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status):
        raise RuntimeError(f"{' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def install() -> Path:
    """Build the wheel, install it with its dependencies, and return the folder of the environment's programs."""
    shutil.rmtree(BENCH, ignore_errors=True)
    BENCH.mkdir(parents=True)
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")
    pinned = ("--constraint", str(ROOT / "constraints.txt"))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def do(*command: str) -> None:
        subprocess.run(command, cwd=ROOT, env=clean, check=True)

    do(*pip, "wheel", "--no-deps", "--wheel-dir", str(BENCH), ".")
    do(sys.executable, "-m", "venv", str(BENCH / "venv"))
    wheels = [str(path) for path in BENCH.glob("*.whl")]
    do(str(BENCH / "venv/bin/python"), *pip[1:], "install", *pinned, *wheels)
    return BENCH / "venv/bin"


def topology(services: int, nodes: int, name: str = "bench") -> str:
    """Return a sound topology of a size."""
    names = [f"node{number}" for number in range(1, nodes + 1)]
    device = "" if nodes % 2 else ", quorum: {device: {host: 192.0.2.1}}"
    return "".join(
        (
            "hagen: 1\n",
            f"cluster: {{name: {name}, platform: debian12{device},\n",
            f"  fencing: {{devices: {{all: {{agent: fence_vmware_rest, targets: [{', '.join(names)}]}}}}}}}}\n",
            "networks: {main: {cidr: 10.0.0.0/16}}\n",
            "nodes:\n",
            *(
                f"  {each}: {{addresses: {{main: 10.0.0.{number}}}}}\n"
                for number, each in enumerate(names, 1)
            ),
            "vips: {main: {address: 10.0.1.1, network: main}}\n",
            "services:\n",
            *(
                f"  service{number}: {{vips: [main], port: {10000 + number}, mode: http, check: {{type: http}}}}\n"
                for number in range(services)
            ),
        )
    )


def rounds(
    bare: Callable[[], Cost], commands: dict[str, Callable[[], Cost]], count: int
) -> Iterator[tuple[str, Cost, float]]:
    """Yield each command's name, its median cost, and the median of its ratios to a bare start."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    ratios: dict[str, list[float]] = {name: [] for name in commands}
    for command in (bare, *commands.values()):
        command()  # once for the disk
    for _ in range(count):
        start = bare().cpu
        for name, command in commands.items():
            cost = command()
            costs[name].append(cost)
            ratios[name].append(cost.cpu / start)
    for name in commands:
        middle = Cost(*(statistics.median(each) for each in zip(*costs[name], strict=True)))
        yield name, middle, statistics.median(ratios[name])


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, its columns as wide as they need to be."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    print(f"\n{title}\n")
    for row in (head, ["-" * width for width in widths], *rows):
        cells = [
            cell.ljust(width) if not index else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells))


def daily(programs: Path) -> None:
    """Measure the commands of every day on the example."""
    hagen, cold, settled = programs / "hagen", BENCH / "cold", BENCH / "settled"

    def build_cold() -> Cost:
        shutil.rmtree(cold, ignore_errors=True)
        return run(hagen, "build", EXAMPLE, "-o", cold)

    run(hagen, "build", EXAMPLE, "-o", settled)
    commands: dict[str, Callable[[], Cost]] = {
        "python -c pass": lambda: run(programs / "python", "-c", "pass"),
        "hagen --version": lambda: run(hagen, "--version"),
        "hagen --help": lambda: run(hagen, "--help"),
        "hagen validate": lambda: run(hagen, "validate", EXAMPLE),
        "hagen build, cold": build_cold,
        "hagen build, unchanged": lambda: run(hagen, "build", EXAMPLE, "-o", settled),
        "hagen build --check": lambda: run(hagen, "build", "--check", EXAMPLE, "-o", settled),
    }
    targets = {"hagen build, cold": "<= 9", "hagen build, unchanged": "<= 5.5"}
    measured = rounds(commands["python -c pass"], commands, ROUNDS)
    table(
        f"The OpenStack example, {ROUNDS} rounds",
        ("command", "CPU ms", "bare starts", "target", "MiB"),
        [
            (name, f"{cost.cpu * 1000:.1f}", f"{ratio:.2f}", targets.get(name, ""), f"{cost.memory:.0f}")
            for name, cost, ratio in measured
        ],
    )


def scale(programs: Path) -> None:
    """Measure cold builds of growing topologies, each beside the half of it."""
    rows: list[tuple[str, ...]] = []
    before: dict[tuple[int, int], float] = {}
    for services, nodes in ((1250, 3), (2500, 3), (5000, 3), (10_000, 3), (1000, 32), (2000, 32)):
        source, out = BENCH / "scale.yml", BENCH / "scale"
        source.write_text(topology(services, nodes))

        def build(source: Path = source, out: Path = out) -> Cost:
            shutil.rmtree(out, ignore_errors=True)
            return run(programs / "hagen", "build", source, "-o", out)

        name = f"{services} services, {nodes} nodes"
        [(_, cost, ratio)] = rounds(lambda: run(programs / "python", "-c", "pass"), {name: build}, 5)
        half = before.get((services // 2, nodes))
        growth = f"{cost.cpu / half:.2f}" if half else ""
        before[services, nodes] = cost.cpu
        target = "about 1 s, <= 2.3" if services == 10_000 else "<= 2.3" if half else ""
        rows.append((name, f"{cost.cpu:.2f}", f"{ratio:.0f}", growth, target, f"{cost.memory:.0f}"))
    table(
        "Cold builds, 5 rounds", ("topology", "CPU s", "bare starts", "of half of it", "target", "MiB"), rows
    )


def many(programs: Path) -> None:
    """Measure fifty topologies in one command beside one."""
    sources = []
    for number in range(50):
        sources.append(BENCH / f"cluster{number}.yml")
        sources[-1].write_text(EXAMPLE.read_text().replace("openstack-cluster-01", f"cluster-{number}"))

    def build(*chosen: Path) -> Cost:
        shutil.rmtree(BENCH / "many", ignore_errors=True)
        return run(programs / "hagen", "build", *chosen, "-o", BENCH / "many/{cluster}")

    costs = {count: statistics.median(build(*sources[:count]).cpu for _ in range(5)) for count in (1, 50)}
    each = (costs[50] - costs[1]) / 49
    table(
        "Several OpenStack topologies in one command, median of 5",
        ("topologies", "CPU ms", "each further one, ms"),
        [("1", f"{costs[1] * 1000:.0f}", ""), ("50", f"{costs[50] * 1000:.0f}", f"{each * 1000:.1f}")],
    )


def main() -> None:
    """Install hagen and print the tables."""
    programs = install()
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    daily(programs)
    scale(programs)
    many(programs)


if __name__ == "__main__":
    main()
