"""What rules believe of the constraints that hagen makes, against the commands that make them, and what sets mean."""

import re

import pytest

from hagen.cast import Cast
from hagen.model import Topology
from hagen.pipeline import check_source, compile_source
from hagen.relation import HUB, orders, together
from hagen.rules.identifier import _derived
from hagen.source import Source
from topologies import ROOT

BASE = (ROOT / "tests/cases/base.yml").read_text(encoding="utf-8")
FOLLOWER = "  second: {address: 10.10.16.225, network: management, with: management}\n"
WITH_VIP = "proxy: {placement: with_vip}\n"
RESOURCES = "resources:\n  primitives:\n" + "".join(
    f"    {name}: {{agent: ocf:pacemaker:Dummy}}\n" for name in "abcd"
)


def source(text: str) -> Source:
    """Return a topology as a source."""
    return Source("topology.yml", text.encode())


def sound(text: str) -> Topology:
    """Return the topology of a text that has nothing wrong with it."""
    result = check_source(source(text))
    assert result.diagnostics == ()
    assert result.topology is not None
    return result.topology


@pytest.mark.parametrize("placement", ["", WITH_VIP], ids=["everywhere", "with-vip"])
def test_ids_that_hagen_makes_are_those_that_are_kept_free(placement: str) -> None:
    """The ids of the orders and colocations in pcs.sh are the ones that no other constraint may have."""
    text = BASE.replace("\nservices:", f"{FOLLOWER}\nservices:") + placement
    script = next(each.text for each in compile_source(source(text)).artifacts if each.path == "pcs.sh")
    made = set(re.findall(r" id=((?:order|colocation)-\S+)", script))

    assert len(made) == 4
    assert {each.text for each in _derived(sound(text)) if each.kind != "location"} == made


def pairs(text: str, kind: str) -> set[tuple[str, str]]:
    """Return the edges between the resources a to d; those that go through a hub end at each other's resources."""
    topology = sound(BASE + RESOURCES + text)
    edges = (orders if kind == "order" else together)(topology, Cast(topology))
    direct = {(edge.tail[0], edge.head[0]) for edge in edges if HUB not in {edge.tail[1], edge.head[1]}}
    through = {
        (one.tail[0], other.head[0])
        for one in edges
        for other in edges
        if one.head[1] == HUB and one.head == other.tail
    }
    return {pair for pair in direct | through if set(pair) <= set("abcd")}


@pytest.mark.parametrize(
    ("kind", "sets", "expected"),
    [
        ("order", "[{resources: [a, b]}]", {"ab"}),
        ("order", "[{resources: [a, b]}, {resources: [c, d]}]", {"ab", "bc", "cd"}),
        (
            "order",
            "[{resources: [a, b], sequential: false}, {resources: [c, d], sequential: false}]",
            {"ac", "ad", "bc", "bd"},
        ),
        ("order", "[{resources: [a, b], sequential: false}, {resources: [c, d]}]", {"ac", "bc", "cd"}),
        (
            "order",
            "[{resources: [a, b], sequential: false, require-all: false}, {resources: [c]}]",
            set(),
        ),
        ("order", "[{resources: [a, b], action: stop}]", {"ba"}),
        ("colocation", "[{resources: [a, b]}]", {"ba"}),
        ("colocation", "[{resources: [a, b]}, {resources: [c, d]}]", {"ba", "ad", "dc"}),
        (
            "colocation",
            "[{resources: [a, b], sequential: false}, {resources: [c, d], sequential: false}]",
            {"ac", "ad", "bc", "bd"},
        ),
        ("colocation", "[{resources: [a, b], sequential: false}, {resources: [c, d]}]", {"ad", "bd", "dc"}),
    ],
)
def test_sets_mean_what_they_mean_to_pacemaker(kind: str, sets: str, expected: set[str]) -> None:
    """An order waits from left to right, a colocation follows from left to right, and within a set from right to left."""
    text = f"constraints:\n  {kind}:\n    these: {{sets: {sets}}}\n"

    assert pairs(text, kind) == {(pair[0], pair[1]) for pair in expected}
