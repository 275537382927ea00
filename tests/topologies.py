"""The example topologies: where they lie, what they compile to, and which secrets they refer to."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

import programs

ROOT = Path(__file__).resolve().parent.parent


class Example(NamedTuple):
    """A folder of `examples/`: its name, its topology, and the committed folder that it compiles to."""

    name: str
    topology: Path
    out: Path


class Secrets(NamedTuple):
    """The secrets that a topology refers to, with made-up values.

    `env` has the environment variables, `files` the files by their paths; `hacluster` is the password among them
    with which pcs authenticates.
    """

    env: dict[str, str]
    files: dict[str, str]
    hacluster: str


EXAMPLES = tuple(
    Example(path.parent.name, path, ROOT / "out" / path.parent.name)
    for path in sorted(ROOT.glob("examples/*/topology.yml"))
)
"""Every example, in the order of their names."""


def hagen(*arguments: str | Path) -> programs.Verdict:
    """Run hagen's command line as a user does."""
    return programs.run(sys.executable, "-m", "hagen", *arguments)


def compile_into(topology: Path, folder: Path) -> Path:
    """Compile a sound topology into `folder`, and return it."""
    hagen("build", topology, "-o", folder).require()
    return folder


def secrets(topology: Path) -> Secrets:
    """Return a value for every secret that a topology refers to."""
    data = yaml.safe_load(topology.read_text())
    env, files = {}, {}
    for reference in _references(data):
        if "env" in reference:
            env[reference["env"]] = f"made-up-{reference['env']}"
        else:
            files[reference["file"]] = f"made-up-{Path(reference['file']).name}\n"
    hacluster = "made-up hacluster's \"$password"
    password = data["cluster"].get("password", {"env": "HACLUSTER_PASSWORD"})
    if "env" in password:
        env[password["env"]] = hacluster
    else:
        files[password["file"]] = f"{hacluster}\n"
    return Secrets(env, files, hacluster)


def _references(data: object) -> Iterator[dict[str, str]]:
    """Yield every mapping in `data` of the form {env: NAME} or {file: PATH}."""
    if isinstance(data, dict):
        if data.keys() in ({"env"}, {"file"}) and all(isinstance(value, str) for value in data.values()):
            yield data
        for value in data.values():
            yield from _references(value)
    elif isinstance(data, list):
        for value in data:
            yield from _references(value)
