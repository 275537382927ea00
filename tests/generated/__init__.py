"""Topologies made by hypothesis from the JSON schema itself: what the schema gains, the tests try without a new line.

A walk over `schema/topology.schema.json` makes every value out of its keywords. What no schema can say is in
`place` (names refer to things that are there, addresses lie in their networks) and in `proxy`, `cluster` and
`resource` (ports are taken once, fencing is complete or off for a reason, orders make no circle). One topology in
three is made without that care, so that references dangle and rules are broken, and some of these do not even keep to
the schema.
"""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from generated import cluster, proxy, resource
from generated.language import CATALOG, SCHEMA, Path, places, shuffled, target
from generated.maker import Maker, Manner
from generated.place import AGENTS, PLACES
from generated.text import HOSTILE, texts, written

__all__ = [
    "AGENTS",
    "CATALOG",
    "HOSTILE",
    "SCHEMA",
    "Path",
    "pacemaker_topologies",
    "places",
    "shuffled",
    "sound_topologies",
    "target",
    "texts",
    "topologies",
    "written",
]

_STEPS: dict[str, Callable[[Any, st.DrawFn], None]] = {
    "platform": lambda made, _: cluster.platform(made),
    "resources": lambda made, _: resource.resources(made),
    "fencing": cluster.fencing,
    "quorum": lambda made, _: cluster.quorum(made),
    "corosync": lambda made, _: cluster.corosync(made),
    "policy": lambda made, _: cluster.policy(made),
    "defaults": lambda made, _: resource.defaults(made),
    "booth": lambda made, _: resource.booth(made),
    "constraints": resource.constraints,
    "access": lambda made, _: resource.access(made),
    "alerts": lambda made, _: resource.alerts(made),
    "vips": lambda made, _: proxy.vips(made),
    "proxy": lambda made, _: proxy.proxy(made),
}
"""What makes a topology sound, step by step."""

_DARING = ("defaults", "constraints")
"""The steps without which a topology that is made for Pacemaker may be left."""

_ALWAYS = frozenset({("resources",), ("constraints",), ("resources", "primitives"), ("nodes",)})
_SOMETIMES = (
    ("cluster", "resource_defaults_sets"),
    ("cluster", "operation_defaults_sets"),
    ("cluster", "fencing"),
    ("cluster", "fencing", "levels"),
    ("cluster", "properties"),
    ("resources", "groups"),
    ("resources", "clones"),
    ("resources", "bundles"),
    ("resources", "remotes"),
    ("resources", "tags"),
    ("constraints", "location"),
    ("constraints", "colocation"),
    ("constraints", "order"),
    ("constraints", "ticket"),
    ("booth",),
    ("acls",),
    ("acls", "roles"),
    ("alerts",),
)
"""What every topology for Pacemaker has a good part of."""

_NEVER = frozenset({("kernel",), ("provisioning",), ("proxy", "stats"), ("cluster", "fencing", "sbd")})


def topologies() -> st.SearchStrategy[Any]:
    """Return a strategy for topologies as plain data; most of them are sound."""
    return st.composite(_topology)()


def pacemaker_topologies() -> st.SearchStrategy[Any]:
    """Return a strategy for topologies of which Pacemaker has much to do, on a platform whose pcs is this machine's."""
    return st.composite(_of_pacemaker)(daring=True)


def sound_topologies() -> st.SearchStrategy[Any]:
    """Return a strategy for topologies as above that are nearly all sound."""
    return st.composite(_of_pacemaker)(daring=False)


def _topology(draw: st.DrawFn) -> Any:
    care = draw(st.integers(0, 8))
    made = _made(draw, Manner(careful=care > 2, fitting=care > 0))
    return _sound(made, draw) if care > 2 else made


def _of_pacemaker(draw: st.DrawFn, *, daring: bool) -> Any:
    some = draw(st.sets(st.sampled_from(_SOMETIMES), min_size=5, max_size=10))
    made = _made(draw, Manner(careful=True, fitting=True, always=_ALWAYS | some, never=_NEVER))
    made["cluster"]["platform"] = "debian12"
    left_out = draw(st.sampled_from((*[""] * 8, *_DARING))) if daring else ""
    return _sound(made, draw, left_out)


def _made(draw: st.DrawFn, manner: Manner) -> Any:
    made = Maker(draw, manner, PLACES).value(SCHEMA, ())
    return json.loads(json.dumps(made))  # no part of it twice, or YAML would write aliases


def _sound(made: Any, draw: st.DrawFn, left_out: str = "") -> Any:
    """Change what rules would refuse, and as little as that takes."""
    for name, step in _STEPS.items():
        if name != left_out:
            step(made, draw)
    return made
