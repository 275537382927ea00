"""The table of features, entry by entry, and the formulas of times."""

import json
from typing import Any

import pytest
import yaml

from hagen import clock, resources
from hagen.drill import drills
from hagen.feature import GATES, GONE, Gate, Gone
from hagen.model import Topology
from hagen.pipeline import check_source
from hagen.resolve import resolve
from hagen.schema import fill
from hagen.source import Source
from test_cases import BASE, lay_over, read

PLATFORMS: Any = resources.data(resources.PLATFORMS)

WANTING = {
    "knet needs": "cluster: {platform: el7, transport: {type: knet}}",
    "this transport option needs": "cluster: {platform: el7, transport: {type: udp, netmtu: 1400, ip_version: ipv4}}",
    "this totem option needs": "cluster: {totem: {merge: 300ms}}",
    "`block_unlisted_ips` needs": "cluster: {totem: {block_unlisted_ips: true}}",
    "the timeout action of SBD needs": "cluster: {fencing: {sbd: {timeout_action: 'flush,off'}}}",
    "a tag needs": "resources: {tags: {addresses: [vip_management]}}",
    "sets of defaults need": """
        cluster:
          resource_defaults_sets: {night: {values: {resource-stickiness: 5}}}
          operation_defaults_sets: {slow: {values: {timeout: 90s}}}
    """,
    "an id of a clone's own needs": """
        resources:
          primitives: {agent: {agent: "ocf:pacemaker:Dummy"}}
          clones: {agent: {id: agents}}
    """,
    "comparing as numbers needs": """
        constraints:
          location:
            loaded:
              resource: vip_management
              score: -50
              rule: {all: [{attribute: load, operation: gt, type: number, value: "0.5"}]}
    """,
    "`on-fail: demote` needs": "cluster: {operation_defaults: {on-fail: demote}}",
    "`on_loss: demote` needs": "cluster: {quorum: {on_loss: demote}}",
    "podman needs": "resources: {bundles: {web: {container: {type: podman, image: 'web:1'}}}}",
    "`promoted_max` needs": "resources: {bundles: {web: {container: {type: docker, image: 'web:1', promoted_max: 1}}}}",
    "`fence-reaction` needs": "cluster: {properties: {fence-reaction: panic}}",
    "`priority-fencing-delay` needs": "cluster: {properties: {priority-fencing-delay: 5s}}",
    "`node-pending-timeout` needs": "cluster: {properties: {node-pending-timeout: 5min}}",
    "this property needs": """
        cluster:
          properties:
            join-finalization-timeout: 30min
            join-integration-timeout: 3min
            transition-delay: 2s
            shutdown-lock: true
            shutdown-lock-limit: 1h
    """,
    "`critical` needs": "cluster: {resource_defaults: {critical: false}}",
    "`allow-unhealthy-nodes` needs": "cluster: {resource_defaults: {allow-unhealthy-nodes: true}}",
    "`stop_unexpected` needs": "cluster: {resource_defaults: {multiple-active: stop_unexpected}}",
    "roles of groups need": "acls: {roles: {look: {permissions: [{kind: read, xpath: /cib}]}}, groups: {ops: [look]}}",
    "`enabled` of alerts needs": "alerts: {mail: {path: /bin/true, meta: {enabled: false}}}",
    "a property `fencing-…` needs": "cluster: {other_properties: {fencing-action: 'off'}}",
    "`remove-after-stop`": "cluster: {properties: {remove-after-stop: false}}",
    "this property": "cluster: {other_properties: {crmd-transition-delay: 2s}}",
}
"""For each entry of the table a piece of topology that wants it."""


def topology(piece: str) -> Topology:
    """Return the base with `piece` laid over it, resolved, whatever the rules say of it."""
    data = read(BASE.read_text(encoding="utf-8"))
    if piece:
        data = lay_over(data, yaml.safe_load(piece))
    source = Source("base.yml", json.dumps(data).encode())
    loaded = check_source(source).document
    assert loaded is not None
    found, mistakes = resolve(fill(loaded))
    assert mistakes == ()
    assert found is not None
    return found


def test_the_table_is_wanted_whole() -> None:
    """Each entry of the table has a piece that wants it."""
    assert {each.what for each in GATES} | {each.what for each in GONE} == set(WANTING)


@pytest.mark.parametrize("entry", [*GATES, *GONE], ids=lambda each: each.what)
def test_an_entry_finds_what_wants_it(entry: Gate | Gone) -> None:
    """An entry points at what wants it, and at nothing in a topology that does not."""
    found = list(entry.find(topology(WANTING[entry.what])))

    assert found != []
    assert all(isinstance(step, str | int) for at in found for step in at)
    if entry.what != "knet needs":
        assert list(entry.find(topology(""))) == []


@pytest.mark.parametrize("entry", [*GATES, *GONE], ids=lambda each: each.what)
def test_an_entry_can_be_met(entry: Gate | Gone) -> None:
    """Some platform has each feature, or nothing could use it; the one that is newer than all is known."""
    having = [
        name
        for name, each in PLATFORMS.items()
        if tuple(map(int, each["versions"][entry.program].split(".")))
        >= tuple(map(int, entry.since.split(".")))
    ]

    assert having != [] or entry.since == "3.0.2"


@pytest.mark.parametrize(
    ("piece", "token", "consensus"),
    [
        ("", 3.65, 4.38),
        ("cluster: {totem: {token: 10s}}", 10.65, 12.78),
        ("cluster: {totem: {token: 10s, token_coefficient: 1s, consensus: 15s}}", 11.0, 15.0),
        ("cluster: {platform: el7}", 1.65, 1.98),
    ],
    ids=["defaults", "token", "all", "corosync-2"],
)
def test_token_and_consensus(piece: str, token: float, consensus: float) -> None:
    """The token grows with the nodes beyond two; consensus is a fifth more unless it is said."""
    found = topology(piece)

    assert clock.token(found) == pytest.approx(token)
    assert clock.consensus(found) == pytest.approx(consensus)


DISK = "devices: [/dev/disk/by-id/one]"


@pytest.mark.parametrize(
    ("piece", "stonith", "start"),
    [
        ("cluster: {fencing: {sbd: {watchdog_timeout: 5s}}}", 60 + 8.03, 10 + 8.03),
        ("cluster: {fencing: {sbd: {watchdog_timeout: 35s}}}", 84 + 8.03, 70 + 8.03),
        (f"cluster: {{fencing: {{sbd: {{{DISK}, watchdog_timeout: 60s}}}}}}", 144 + 8.03, 120 + 8.03),
        (
            f"cluster: {{fencing: {{sbd: {{{DISK}}}, devices: {{ipmi-controller1: {{delay_max: 7s}}}}}}}}",
            60 + 8.03,
            7 + 10 + 8.03,
        ),
    ],
    ids=["diskless", "diskless-patient", "disk", "disk-and-delay"],
)
def test_formulas_of_sbd(piece: str, stonith: float, start: float) -> None:
    """stonith-timeout and SBD_DELAY_START are those of crmsh's manual."""
    found = topology(piece)
    sbd = found.cluster.fencing.sbd
    assert sbd is not None

    assert clock.advised_stonith_timeout(found, sbd) == pytest.approx(stonith)
    assert clock.least_delay_start(found, sbd) == pytest.approx(start)


@pytest.mark.parametrize(
    ("piece", "seconds", "words"),
    [
        ("", 8.03 + 3 + 15 + 2, "15 s to fence it"),
        ("cluster: {totem: {token: 10s}}", 23.43 + 3 + 15 + 2, "token 10.65 s, consensus 12.78 s"),
        (
            "cluster: {fencing: {enabled: false, reason: only a lab, devices: {}}}",
            8.03 + 3 + 2,
            "2 s to start the address",
        ),
        (
            "cluster: {fencing: {sbd: {watchdog_timeout: 35s}, devices: {}}}",
            8.03 + 3 + 70 + 2,
            "70 s until its watchdog has reset it",
        ),
        ("cluster: {fencing: {sbd: {watchdog_timeout: 35s}}}", 8.03 + 3 + 15 + 2, "15 s to fence it"),
        (
            """
            cluster:
              fencing: {sbd: {watchdog_timeout: 35s}, devices: {ipmi-controller1: {targets: [controller2]}}}
            """,
            8.03 + 3 + 70 + 2,
            "up to stonith-timeout, or stonith-watchdog-timeout where there is no device",
        ),
        (f"cluster: {{fencing: {{sbd: {{{DISK}}}}}}}", 8.03 + 3 + 15 + 2, "SBD's disk"),
        (
            """
            cluster:
              properties: {priority-fencing-delay: 20s}
              fencing: {devices: {ipmi-controller1: {delay_max: 8s}}}
            """,
            8.03 + 3 + 28 + 15 + 2,
            "28 s that its device may wait",
        ),
        (
            "cluster: {quorum: {device: {host: 10.10.17.10, sync_timeout: 12s}}}",
            8.03 + 3 + 3 + 15 + 2,
            "3 s for the quorum device's vote (without it the others have no quorum)",
        ),
    ],
    ids=[
        "defaults",
        "token",
        "no-fencing",
        "diskless",
        "diskless-and-boards",
        "diskless-and-some-boards",
        "disk",
        "delays",
        "device",
    ],
)
def test_bound_of_the_power_drill(piece: str, seconds: float, words: str) -> None:
    """The bound is made of what this topology says: token, consensus, delays, how a node is stopped."""
    (drill,) = [each for each in drills(topology(piece)) if "power" in each.title]

    assert drill.seconds == pytest.approx(seconds)
    assert words in drill.because
