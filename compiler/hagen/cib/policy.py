"""How the cluster behaves as a whole: properties and defaults."""

from collections.abc import Iterator

from hagen.artifact import Line, Origin
from hagen.cib.rule import rule_words
from hagen.cib.section import Section, Word, assigned, command, grouped, said, section
from hagen.dialect import Dialect
from hagen.filters import quote
from hagen.model import Topology
from hagen.model.cluster import DefaultsSet

WATCHDOG_TIMEOUT = "stonith-watchdog-timeout"


def policy(topology: Topology, dialect: Dialect) -> Iterator[Section]:
    """Yield properties first, then defaults."""
    cluster = topology.cluster
    yield section(
        "how the cluster behaves as a whole",
        cluster.origin,
        command("property set", (Origin("hagen", (), "cluster properties"),), _properties(topology)),
    )
    for name, value, origin in properties(topology):
        if name == WATCHDOG_TIMEOUT:
            yield section(
                "until then a node has reset itself; pcs sets this only where SBD runs already, Pacemaker's own tool anywhere",
                origin.at,
                [
                    Line(
                        f"CIB_file=$cib crm_attribute --type crm_config --name {name} --update {quote(value)}",
                        (origin,),
                    )
                ],
            )
    if cluster.other_properties:
        at = ("cluster", "other_properties")
        yield section(
            "properties that hagen does not know, passed on unchecked",
            at,
            command("property set --force", said(at), assigned(cluster.other_properties)),
        )
    if cluster.resource_defaults:
        at = ("cluster", "resource_defaults")
        yield section(
            "what holds for every resource that does not say otherwise",
            at,
            command(
                f"resource defaults {dialect.update}".rstrip(),
                said(at),
                assigned(cluster.resource_defaults, dialect=dialect),
            ),
        )
    for each in cluster.resource_defaults_sets:
        yield _set(each, "resource defaults", "resources", dialect)
    if cluster.operation_defaults:
        at = ("cluster", "operation_defaults")
        yield section(
            "what holds for every operation that does not say otherwise",
            at,
            command(
                f"resource op defaults {dialect.update}".rstrip(),
                said(at),
                assigned(cluster.operation_defaults),
            ),
        )
    for each in cluster.operation_defaults_sets:
        yield _set(each, "resource op defaults", "operations", dialect)


def properties(topology: Topology) -> Iterator[tuple[str, str, Origin]]:
    """Yield every cluster property that hagen sets: its name, its value, and where it comes from."""
    cluster = topology.cluster
    fencing = cluster.fencing
    yield "stonith-enabled", str(fencing.enabled).lower(), fencing.origins["enabled"]
    yield "no-quorum-policy", cluster.on_loss, cluster.origins["quorum.on_loss"]
    sbd = fencing.sbd
    if sbd and not sbd.devices and all(each.name != WATCHDOG_TIMEOUT for each in cluster.properties):
        reason = "twice the watchdog's time: until then a node without SBD disks has reset itself"
        yield WATCHDOG_TIMEOUT, f"{2 * sbd.watchdog_timeout}s", Origin("hagen", sbd.origin, reason)
    for each in cluster.properties:
        yield each.name, each.value, each.origin


def _properties(topology: Topology) -> Iterator[Word]:
    for name, value, origin in properties(topology):
        if name != WATCHDOG_TIMEOUT:
            yield quote(f"{name}={value}"), (origin,)


def _set(defaults: DefaultsSet, kind: str, what: str, dialect: Dialect) -> Section:
    score: tuple[Word, ...] = ()
    if defaults.score is not None:
        score = ((f"score={defaults.score.value}", (defaults.score.origin,)),)
    words: list[Word] = [*score, *grouped(defaults.values, "meta", dialect)]
    if defaults.rule is not None:
        words.append((f"rule {rule_words(defaults.rule, dialect)}", said(defaults.rule.origin)))
    lines: tuple[Line, ...] = command(
        f"{kind} set create id={quote(defaults.id)}", said(defaults.origin), words
    )
    reason = f"further defaults of {what}{', where a rule holds' if defaults.rule else ''}"
    return section(reason, defaults.origin, lines)
