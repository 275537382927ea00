"""What makes a node ready fits the rest: the firewall opens what haproxy.cfg uses, names survive cloud-init."""

import re
from pathlib import Path

import pytest
import yaml

from hagen.pipeline import compile_source
from hagen.source import Source
from topologies import ROOT

EL9 = ["openstack-ha", "two-networks"]


@pytest.mark.parametrize("name", EL9)
@pytest.mark.parametrize("kind", ["cloud-init", "kickstart"])
def test_the_firewall_opens_every_port_that_haproxy_uses(name: str, kind: str) -> None:
    """Clients reach binds; the proxy of one node reaches servers and their checks on the others."""
    out = ROOT / "out" / name
    config = (out / "haproxy.cfg").read_text()
    used = {int(port) for port in re.findall(r"^ +(?:bind|server \S+) \S+:(\d+)", config, re.MULTILINE)}
    used |= {int(port) for port in re.findall(r"check port (\d+)", config)}
    assert {3306, 5672, 5673, 9200} <= used

    opened = {
        int(port)
        for path in (out / kind).iterdir()
        for port in re.findall(r"--add-port=(\d+)/tcp", path.read_text())
    }
    assert opened == used


def test_a_name_with_dots_is_the_whole_name() -> None:
    """cloud-init would make `one` of `one.example.com`, and Pacemaker would not find the node."""
    text = (
        Path(ROOT, "examples/single-node/topology.yml")
        .read_text()
        .replace("  one: {", "  one.example.com: {")
    )
    made = {each.path: each.text for each in compile_source(Source("t.yml", text.encode())).artifacts}
    config = yaml.safe_load(made["cloud-init/one.example.com.yaml"])

    assert config["hostname"] == config["fqdn"] == "one.example.com"
    assert config["prefer_fqdn_over_hostname"] is True
