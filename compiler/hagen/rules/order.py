"""The order in which resources start: no circle.

Source: Pacemaker Explained, "Ordering"; in a circle of any kinds of order, Pacemaker's transition ends with
"Transition failed: terminated" and nothing in it is started (tried with crm_simulate).
"""

from collections.abc import Iterator

from hagen import codes
from hagen.cast import Cast
from hagen.diagnostic import Diagnostic, Label
from hagen.graph import Edge, Graph, Node
from hagen.model import Topology
from hagen.relation import HUB, orders

_MOST_LABELS = 8


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield each circle of orders."""
    cast = Cast(topology)
    for circle in Graph(orders(topology, cast)).circles():
        yield _circle(cast, circle)


def _circle(cast: Cast, circle: tuple[Edge, ...]) -> Diagnostic:
    """Return what is to be said of a circle: at the user's last constraint of it, with the others beside it."""
    steps = [edge for edge in circle if edge.head[1] != HUB and not _same(edge)]
    labels: dict[tuple[str | int, ...], str] = {}
    tail = steps[-1].head
    for edge in steps:
        labels.setdefault(
            edge.at, f"{_step(cast, tail)} before {_step(cast, edge.head)}{edge.why and f', {edge.why}'}"
        )
        tail = edge.head
    own = [at for at in labels if at[0] == "constraints"]
    primary = own[-1] if own else steps[-1].at
    route = " before ".join(_step(cast, edge.head) for edge in (steps[-1], *steps))
    others = [Label(at, text, on_key=True) for at, text in labels.items() if at != primary]
    return codes.ORDER_CIRCLE.at(
        Label(primary, labels[primary], on_key=True),
        f"these wait for each other, so that none of them ever starts: {route}",
        *others[:_MOST_LABELS],
        hint="remove one of these orders, or turn it round",
    )


def _same(edge: Edge) -> bool:
    """Tell whether an edge only says that something is started before it is promoted."""
    return edge.head[1] != edge.tail[1] != HUB and edge.tail[0] == edge.head[0]


def _step(cast: Cast, node: Node) -> str:
    return cast.name(node[0]) if node[1] == "start" else f"{cast.name(node[0])} (promoted)"
