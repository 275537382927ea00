"""Resource defaults: what they say of an agent. Source: Pacemaker Explained, "Rules" and "Setting Global Defaults"."""

from collections.abc import Iterator

from hagen.model import Setting, Topology


def settings_of(topology: Topology, agent: str, name: str) -> tuple[Setting, ...]:
    """Return what resource defaults say under `name` of resources with an agent, such as ocf:heartbeat:IPaddr2.

    What holds only at some times is among it; what a rule keeps to other agents is not. Of several, the score decides.
    """
    return tuple(each for each in _settings(topology, agent) if each.name == name)


def _settings(topology: Topology, agent: str) -> Iterator[Setting]:
    yield from topology.cluster.resource_defaults
    for defaults in topology.cluster.resource_defaults_sets:
        rule = defaults.rule
        words = [each.words for each in (*rule.all, *rule.any)] if rule else []
        if all(each[1] == agent for each in words if each[0] == "resource"):
            yield from defaults.values
