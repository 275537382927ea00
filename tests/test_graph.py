"""Circles and components of graphs, against what trying every way finds."""

from hypothesis import given
from hypothesis import strategies as st

from hagen.graph import Edge, Graph, Node

NODES = st.sampled_from("abcdef")
EDGES = st.lists(st.tuples(NODES, NODES), max_size=14)


def graph(pairs: list[tuple[str, str]]) -> Graph:
    """Return a graph with an edge for each pair."""
    return Graph(
        Edge((tail, "start"), (head, "start"), (index,), "") for index, (tail, head) in enumerate(pairs)
    )


def reach(pairs: list[tuple[str, str]]) -> dict[str, set[str]]:
    """Return what can be reached from each node over one edge or more."""
    found = {node: {head for tail, head in pairs if tail == node} for pair in pairs for node in pair}
    for _ in found:
        found = {node: heads.union(*(found[head] for head in heads)) for node, heads in found.items()}
    return found


@given(EDGES)
def test_components_are_what_reaches_itself_both_ways(pairs: list[tuple[str, str]]) -> None:
    """Two nodes are in one component if each can be reached from the other, and each node is in one."""
    reached = reach(pairs)
    expected = {
        frozenset({node} | {other for other in heads if node in reached[other]})
        for node, heads in reached.items()
    }

    assert {frozenset(name for name, _ in nodes) for nodes in graph(pairs).components()} == expected
    assert sum(map(len, graph(pairs).components())) == len(reached)


@given(EDGES)
def test_components_stand_behind_what_they_lead_to(pairs: list[tuple[str, str]]) -> None:
    """Whoever goes through the components in their order knows all that each one leads to."""
    seen: set[Node] = set()
    for nodes in graph(pairs).components():
        seen.update(nodes)
        assert {edge.head for node in nodes for edge in graph(pairs).out[node]} <= seen


@given(EDGES)
def test_there_is_a_circle_for_each_component_that_has_one(pairs: list[tuple[str, str]]) -> None:
    """Each circle is closed, goes through no node twice, and there is one where something reaches itself."""
    circles = list(graph(pairs).circles())

    for circle in circles:
        tails = [edge.tail for edge in circle]
        assert [edge.head for edge in circle] == [*tails[1:], tails[0]]
        assert len(tails) == len(set(tails))
    reached = reach(pairs)
    around = {
        frozenset({node} | {each for each in reached[node] if node in reached[each]})
        for node in reached
        if node in reached[node]
    }
    assert {name for circle in circles for edge in circle for name in edge.tail[:1]} <= {
        name for nodes in around for name in nodes
    }
    assert len(circles) == len(around)
