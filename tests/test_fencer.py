"""How nodes are stopped, which of two first, and what a fencing device reaches: by what Pacemaker does with its options."""

from typing import Any

import pytest
import yaml

from hagen.fencer import WATCHDOG, fencers, race_decided
from hagen.model import Topology
from hagen.pipeline import check_source
from hagen.plug import reached
from hagen.source import Source

TOPOLOGY = """
hagen: 1
cluster: {name: t, platform: debian12, purpose: lab}
networks: {lan: {cidr: 192.0.2.0/24}}
nodes:
  a: {addresses: {lan: 192.0.2.11}}
  b: {addresses: {lan: 192.0.2.12}}
vips: {one: {address: 192.0.2.100, network: lan}}
services: {web: {vips: [one], port: 80, mode: http, servers: {port: 8080}}}
"""


def topology(fencing: str, cluster: str = "{}") -> Topology:
    """Return two nodes with this fencing."""
    data: Any = yaml.safe_load(TOPOLOGY)
    data["cluster"] |= {"fencing": yaml.safe_load(fencing)} | yaml.safe_load(cluster)
    result = check_source(Source("t", yaml.safe_dump(data).encode()))
    assert result.topology is not None, result.diagnostics
    return result.topology


BOARDS = """
  board-a: {{agent: fence_ipmilan, targets: [a], options: {{ip: 198.51.100.1}}{0}}}
  board-b: {{agent: fence_ipmilan, targets: [b], options: {{ip: 198.51.100.2}}{1}}}
"""
FEEDS = """
  left: {{agent: fence_apc, targets: [a, b], options: {{ip: 198.51.100.3, pcmk_host_map: "a:1;b:2"}}{0}}}
  right: {{agent: fence_apc, targets: [a, b], options: {{ip: 198.51.100.4, pcmk_host_map: "a:1;b:2"}}{1}}}
"""
SLOW = ", delay_base: 5s"


def boards(of_a: str = "", of_b: str = "", more: str = "", levels: str = "[]") -> str:
    """Return fencing with a board for each node, and more."""
    return f"devices:{BOARDS.format(of_a, of_b)}{more}\nlevels: {levels}"


PING = "  ping: {agent: fence_heuristics_ping, targets: [a, b], options: {ping_targets: 192.0.2.1}}"
BOTH = "[{{level: 1, node: a, devices: [{0}]}}, {{level: 1, node: b, devices: [{1}]}}]"


@pytest.mark.parametrize(
    ("fencing", "decided"),
    [
        (boards(), False),
        (boards(SLOW), True),
        (boards(SLOW, SLOW), False),
        (boards(", delay_max: 5s"), True),
        (boards(", delay_max: 5s", ", delay_max: 5s"), True),
        (boards(", delay_max: 1s"), False),
        (boards(", delay_base: 4s, delay_max: 5s", ", delay_base: 4s"), False),
        (boards(", delay_base: 4s, delay_max: 5s"), True),
        (boards(", meta: {target-role: Started}, delay_base: 5s"), True),
        (boards(SLOW, more=FEEDS.format("", "")), False),
        (boards(SLOW, more=PING, levels=BOTH.format("ping, board-a", "ping, board-b")), True),
        (boards(more=FEEDS.format(SLOW, ""), levels=BOTH.format("left, right", "board-b")), True),
        (boards(more=FEEDS.format(SLOW, ""), levels=BOTH.format("left, right", "left, right")), False),
        (boards(more=FEEDS.format("", SLOW), levels=BOTH.format("left, right", "board-b")), False),
        (boards(more=FEEDS.format(", delay_max: 9s", ""), levels=BOTH.format("left", "left")), True),
    ],
    ids=[
        "none",
        "one",
        "the same",
        "random",
        "both random",
        "random and always 0",
        "random and always the base",
        "base",
        "switched on",
        "perhaps by another device",
        "after a bystander",
        "two feeds, the first slow",
        "two feeds for both",
        "perhaps dead at once",
        "shared and random",
    ],
)
def test_which_of_two_nodes_is_stopped_first(fencing: str, decided: bool) -> None:
    """It is decided by the delays of what shoots first at each node, counted as pacemaker-fenced counts them."""
    assert race_decided(topology(fencing)) is decided


@pytest.mark.parametrize(("delay", "decided"), [("30s", True), ("500ms", False)])
def test_priorities_decide_by_whole_seconds(delay: str, decided: bool) -> None:
    """Pacemaker takes whole seconds of priority-fencing-delay, so that half a second is nothing."""
    policy = f"{{properties: {{priority-fencing-delay: {delay}}}, resource_defaults: {{priority: 1}}}}"
    assert race_decided(topology(boards(), policy)) is decided


@pytest.mark.parametrize(
    ("fencing", "levels"),
    [
        (boards(), (("board-a",),)),
        (f"{boards()}\nsbd: {{}}", (("board-a",), (WATCHDOG,))),
        (
            f"{boards(more=FEEDS.format('', ''), levels=BOTH.format('left, right', 'board-b'))}\nsbd: {{}}",
            (("left", "right"),),
        ),
        (f"{boards(more=FEEDS.format('', ''))}\nsbd: {{}}", ()),
        ("sbd: {}", ((WATCHDOG,),)),
    ],
    ids=["a board", "a board and a watchdog", "levels", "whichever", "a watchdog"],
)
def test_the_watchdog_is_the_last_resort(fencing: str, levels: tuple[tuple[str, ...], ...]) -> None:
    """A node's device is asked first; its watchdog is waited for if that fails, but where levels say all."""
    split = "{quorum: {auto_tie_breaker: true}}"
    found = {each.node: each.levels for each in fencers(topology(fencing, split))}
    assert found["a"] == levels


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("fence_ipmilan, options: {ip: 198.51.100.1}", "fence_ilo4, options: {ip: 198.51.100.1}", True),
        (
            "fence_ipmilan, options: {ip: 198.51.100.1}",
            "fence_ipmilan, options: {ip: 198.51.100.1, ipport: 623}",
            True,
        ),
        (
            "fence_ipmilan, options: {ip: 198.51.100.1, ipport: 6231}",
            "fence_ipmilan, options: {ip: 198.51.100.1, ipport: 6232}",
            False,
        ),
        (
            'fence_ipmilan, options: {ip: "2001:db8::1"}',
            'fence_ipmilan, options: {ip: "2001:DB8:0::1"}',
            True,
        ),
        (
            "fence_redfish, options: {ip: 198.51.100.1, systems_uri: /redfish/v1/Systems/1}",
            "fence_redfish, options: {ip: 198.51.100.1, systems_uri: /redfish/v1/Systems/2}",
            False,
        ),
        (
            "fence_apc, options: {ip: 198.51.100.1, plug: 1}",
            'fence_apc_snmp, options: {ip: 198.51.100.1, pcmk_host_map: "b:2,1"}',
            True,
        ),
        (
            "fence_apc, options: {ip: 198.51.100.1, plug: 1}",
            "fence_ipmilan, options: {ip: 198.51.100.1}",
            False,
        ),
        (
            "fence_vmware_rest, options: {ip: 198.51.100.1}",
            "fence_vmware_rest, options: {ip: 198.51.100.1}",
            False,
        ),
    ],
    ids=["agents", "port said", "ports", "spelling", "systems", "a plug of two", "kinds", "names"],
)
def test_what_two_devices_reach(one: str, other: str, same: bool) -> None:
    """Two devices reach one thing if a board or a plug is the same, however it is written."""
    devices = f"devices:\n  x: {{agent: {one}, targets: [a]}}\n  y: {{agent: {other}, targets: [b]}}"
    data: Any = yaml.safe_load(TOPOLOGY)
    data["cluster"]["fencing"] = yaml.safe_load(devices)
    result = check_source(Source("t", yaml.safe_dump(data).encode()))
    told = [each for each in result.diagnostics if each.code.id == "HG4312"]
    assert bool(told) is same
    if result.topology is not None:
        x, y = result.topology.cluster.fencing.devices
        assert {each.thing for each in reached(x)}.isdisjoint(each.thing for each in reached(y))
