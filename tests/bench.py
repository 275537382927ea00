"""How long a build takes, as ratios in one run: `make bench`. Reports; asserts nothing, since machines differ.

The installed wheel is measured, by the interpreter of an environment of its own: a checkout compiles templates anew
and may be kept from keeping bytecode. CPU time (user and system) of whole processes, by wait4. Each round runs every
command once, and ratios are taken within a round, so that a machine that becomes slower does not favour anybody.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache/bench"
PYTHON = CACHE / "venv/bin/python"
HAGEN = CACHE / "venv/bin/hagen"
EXAMPLE = ROOT / "examples/openstack-ha/topology.yml"
ROUNDS = 21
ENVIRONMENT = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}


def install() -> None:
    """Build the wheel of this checkout and install it, compiled, with the versions of constraints.txt."""
    shutil.rmtree(CACHE, ignore_errors=True)
    run(sys.executable, "-m", "venv", CACHE / "venv")
    quiet = ("--quiet", "--disable-pip-version-check")
    run(PYTHON, "-m", "pip", "wheel", *quiet, "--no-deps", "--wheel-dir", CACHE, ".")
    run(PYTHON, "-m", "pip", "install", *quiet, "--constraint", "constraints.txt", *CACHE.glob("*.whl"))
    run(PYTHON, "-m", "compileall", "-q", CACHE / "venv/lib")


def run(*words: str | Path) -> None:
    """Run a command in the checkout; it must succeed."""
    subprocess.run(words, check=True, env=ENVIRONMENT, cwd=ROOT)


def cpu(*words: str | Path) -> float:
    """Return the milliseconds of CPU that a command took; it must succeed."""
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(map(str, words))} failed")
    return (usage.ru_utime + usage.ru_stime) * 1000


def starts(folder: Path) -> Iterator[tuple[str, str, Callable[[], float]]]:
    """Yield what is compared with the start of a bare interpreter: name, goal, and how to measure it once."""

    def cold() -> float:
        shutil.rmtree(folder / "cold", ignore_errors=True)
        return cpu(HAGEN, "build", EXAMPLE, "-o", folder / "cold")

    cpu(HAGEN, "build", EXAMPLE, "-o", folder / "kept")
    yield "python -c pass", "1", lambda: cpu(PYTHON, "-c", "pass")
    yield "hagen --version", "", lambda: cpu(HAGEN, "--version")
    yield "hagen validate", "", lambda: cpu(HAGEN, "validate", EXAMPLE)
    yield "hagen build, cold", "at most 9, aim 8", cold
    yield "hagen build, unchanged", "at most 5.5", lambda: cpu(HAGEN, "build", EXAMPLE, "-o", folder / "kept")


def compare_starts(folder: Path) -> None:
    """Print the ratios to a bare interpreter's start."""
    rows = list(starts(folder))
    taken: dict[str, list[float]] = {name: [] for name, _, _ in rows}
    for _ in range(ROUNDS):
        for name, _, measure in rows:
            taken[name].append(measure())
    bare = taken[rows[0][0]]
    print(f"\n{'start-up, CPU':28}{'median ms':>10}{'ratio':>8}{'of minima':>11}   goal")
    for name, goal, _ in rows:
        ratio = median(mine / other for mine, other in zip(taken[name], bare, strict=True))
        print(
            f"{name:28}{median(taken[name]):10.1f}{ratio:8.2f}{min(taken[name]) / min(bare):11.2f}   {goal}"
        )


def topology(services: int, nodes: int, name: str = "big") -> str:
    """Return a topology of so many services and nodes; each service says five things of its own."""
    lines = [
        "hagen: 1",
        "cluster:",
        f"  name: {name}",
        "  platform: debian12",
        "  purpose: lab",
        "  quorum: {device: {host: 192.0.2.1}}",
        "  fencing: {enabled: false, reason: a benchmark}",
        "networks: {main: {cidr: 10.0.0.0/8, interface: eth0}}",
        "nodes:",
        *(f"  node{n}: {{addresses: {{main: 10.1.{n // 250}.{n % 250 + 1}}}}}" for n in range(nodes)),
        "vips: {main: {address: 10.2.0.1, network: main}}",
        "services:",
    ]
    for n in range(services):
        lines += [
            f"  service{n}:",
            "    vips: [main]",
            f"    port: {10000 + n}",
            "    mode: http",
            "    balance: leastconn",
            "    check: {type: http, inter: 3s}",
        ]
    return "\n".join(lines) + "\n"


def compare_sizes(folder: Path) -> None:
    """Print how the cost of a build grows with services and nodes."""
    print(f"\n{'services x nodes':28}{'CPU s':>10}{'per service':>14}{'of half as many':>18}   goal")
    before: dict[tuple[int, int], float] = {}
    for services, nodes in (
        (1250, 3),
        (2500, 3),
        (5000, 3),
        (10000, 3),
        (20000, 3),
        (500, 30),
        (1000, 30),
        (2000, 30),
    ):
        file = folder / "big.yml"
        file.write_text(topology(services, nodes))
        took = min(_into_nothing(folder, file) for _ in range(3)) / 1000
        before[services, nodes] = took
        half = before.get((services // 2, nodes))
        growth = f"{took / half:18.2f}" if half else " " * 18
        goal = "about a second" if (services, nodes) == (10000, 3) else "at most 2.3" if half else ""
        print(f"{f'{services} x {nodes}':28}{took:10.2f}{took / services * 1e6:11.0f} µs{growth}   {goal}")


def _into_nothing(folder: Path, file: Path) -> float:
    shutil.rmtree(folder / "big", ignore_errors=True)
    return cpu(HAGEN, "build", file, "-o", folder / "big")


def compare_many(folder: Path) -> None:
    """Print what many topologies in one command cost, against as many commands."""
    count = 40
    files = []
    for n in range(count):
        files.append(folder / f"many{n}.yml")
        files[-1].write_text(topology(15, 3, f"many{n}"))
    once = cpu(HAGEN, "build", *files, "-o", folder / "many-once-{cluster}")
    each = sum(cpu(HAGEN, "build", file, "-o", folder / "many-each-{cluster}") for file in files)
    print(
        f"\n{count} topologies: {once / 1000:.2f} s CPU in one command, {each / 1000:.2f} s in {count}, {each / once:.1f} times"
    )


def main() -> None:
    """Install, measure, print."""
    install()
    with tempfile.TemporaryDirectory() as name:
        compare_starts(Path(name))
        compare_sizes(Path(name))
        compare_many(Path(name))


if __name__ == "__main__":
    main()
