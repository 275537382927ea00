"""Directed graphs: what belongs together because it leads to itself, and the circles in it.

Source: R. Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972).
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from hagen.source import Pointer

Node: TypeAlias = tuple[str, str]
"""Something and what is done with it: ``("db", "start")``."""


class Edge(NamedTuple):
    """`tail` leads to `head` because of what stands at `at`; `why` says how, for people."""

    tail: Node
    head: Node
    at: Pointer
    why: str


class Graph:
    """Edges by their tails. Everything below takes time in proportion to their number."""

    def __init__(self, edges: Iterable[Edge]) -> None:
        """Take `edges` in their order, which decides what is found first."""
        self.out: dict[Node, list[Edge]] = {}
        for edge in edges:
            self.out.setdefault(edge.tail, []).append(edge)
            self.out.setdefault(edge.head, [])

    def components(self) -> list[tuple[Node, ...]]:
        """Return the strongly connected components, each after all those that it leads to."""
        number: dict[Node, int] = {}
        low: dict[Node, int] = {}
        open_: dict[Node, None] = {}
        found: list[tuple[Node, ...]] = []
        for root in self.out:
            if root in number:
                continue
            work: list[tuple[Node, Iterator[Edge]]] = [(root, iter(self.out[root]))]
            number[root] = low[root] = len(number)
            open_[root] = None
            while work:
                node, edges = work[-1]
                for edge in edges:
                    head = edge.head
                    if head not in number:
                        number[head] = low[head] = len(number)
                        open_[head] = None
                        work.append((head, iter(self.out[head])))
                        break
                    if head in open_:
                        low[node] = min(low[node], number[head])
                else:
                    work.pop()
                    if work:
                        low[work[-1][0]] = min(low[work[-1][0]], low[node])
                    if low[node] == number[node]:
                        found.append(_closed(open_, node))
        return found

    def circles(self) -> Iterator[tuple[Edge, ...]]:
        """Yield one circle for each component that has any, the shortest through the node that was named first."""
        order = {node: index for index, node in enumerate(self.out)}
        for component in sorted(self.components(), key=lambda nodes: min(order[node] for node in nodes)):
            start = min(component, key=lambda node: order[node])
            circle = self.path(start, start, frozenset(component))
            if circle:
                yield circle

    def path(self, start: Node, goal: Node, within: Collection[Node]) -> tuple[Edge, ...]:
        """Return the shortest way from `start` to `goal` that stays `within`; empty if there is none."""
        came: dict[Node, Edge] = {}
        queue = deque([start])
        while queue and goal not in came:
            for edge in self.out.get(queue.popleft(), ()):
                if edge.head in within and edge.head not in came:
                    came[edge.head] = edge
                    queue.append(edge.head)
        return tuple(_back(came, start, goal)) if goal in came else ()


def _closed(open_: dict[Node, None], node: Node) -> tuple[Node, ...]:
    members = []
    while True:
        member, _ = open_.popitem()
        members.append(member)
        if member == node:
            return tuple(members)


def _back(came: Mapping[Node, Edge], start: Node, goal: Node) -> list[Edge]:
    steps = [came[goal]]
    while steps[-1].tail != start:
        steps.append(came[steps[-1].tail])
    return steps[::-1]
