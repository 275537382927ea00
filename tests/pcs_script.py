"""A small cluster whose pcs script runs fast, and the script of any topology."""

from pathlib import Path

from hagen.pipeline import compile_source
from hagen.source import Source

SMALL = """\
hagen: 1
cluster:
  name: small
  platform: debian12
  purpose: lab
  fencing: {enabled: false, reason: nobody depends on it}
  links:
    - {network: main}
networks:
  main: {cidr: 192.0.2.0/25}
  other: {cidr: 198.51.100.0/25}
nodes:
  a: {addresses: {main: 192.0.2.11, other: 198.51.100.11}}
  b: {addresses: {main: 192.0.2.12, other: 198.51.100.12}}
  c: {addresses: {main: 192.0.2.13, other: 198.51.100.13}}
vips:
  main: {address: 192.0.2.100, network: main}
services:
  web: {vips: [main], port: 8080, mode: http, check: {type: http}, servers: {port: 8081}}
"""
"""Three nodes in a lab, without fencing: the fewest commands that make a whole configuration."""

PASSWORD = {"HACLUSTER_PASSWORD": "made up"}
"""The environment that its script needs."""


def changed(text: str, *changes: tuple[str, str]) -> str:
    """Return a topology in which texts are replaced; each must be there."""
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    return text


def script(folder: Path, text: str = SMALL, name: str = "pcs.sh") -> Path:
    """Write the pcs.sh of a topology, which must be sound, and return its path."""
    result = compile_source(Source("topology.yml", text.encode()))
    assert [each for each in result.diagnostics if each.severity == "error"] == []
    made = next(artifact for artifact in result.artifacts if artifact.path == "pcs.sh")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(made.text)
    return path
