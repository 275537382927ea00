"""Constraints: those that follow from VIPs and HAProxy, and those that the topology names."""

from collections.abc import Iterator

from hagen.artifact import Line, Origin
from hagen.cib.rule import rule_words
from hagen.cib.section import Section, command, said, section
from hagen.dialect import Dialect
from hagen.filters import quote
from hagen.model import Topology
from hagen.model.constraint import Colocation, Location, Order, ResourceSet, TicketConstraint
from hagen.naming import PROXY_CLONE, vip_resource


def constraints(topology: Topology, dialect: Dialect) -> Iterator[Section]:
    """Yield the derived constraints, then those of the topology."""
    yield section(_placement_reason(topology), topology.proxy.origins["placement"].at, _placement(topology))
    said_ones = topology.constraints
    for key, reason, lines in (
        ("location", "where resources may run", [_location(each, dialect) for each in said_ones.locations]),
        (
            "colocation",
            "what runs together or apart",
            [_colocation(each, dialect) for each in said_ones.colocations],
        ),
        ("order", "what comes first", [_order(each) for each in said_ones.orders]),
        (
            "ticket",
            "what the site may run only with a ticket",
            [_ticket(each, dialect) for each in said_ones.tickets],
        ),
    ):
        if lines:
            yield section(reason, ("constraints", key), [line for each in lines for line in each])


def _placement_reason(topology: Topology) -> str:
    if topology.proxy.everywhere:
        return "a VIP goes only where HAProxy lives, and comes after it"
    return "HAProxy runs only where the VIPs are, and comes after them"


def _placement(topology: Topology) -> Iterator[Line]:
    proxy = topology.proxy
    placement = proxy.origins["placement"]
    for vip in topology.vips:
        first, then = (PROXY_CLONE, vip.resource) if proxy.everywhere else (vip.resource, PROXY_CLONE)
        reason = Origin(
            "hagen",
            placement.at,
            "only when both start in the same transition: a restart of one does not restart the other",
        )
        # `then` is a word of bash, so it is quoted.
        yield Line(
            f"in_cib constraint order {first} 'then' {then} kind=Optional id=order-{first}-{then}",
            (placement, reason),
        )
    for vip in topology.vips:
        if vip.leader is not None:
            yield _together(vip.resource, vip_resource(vip.leader), vip.origins["with"])
        elif proxy.everywhere:
            yield _together(vip.resource, PROXY_CLONE, placement)
        else:
            yield _together(PROXY_CLONE, vip.resource, placement)


def _together(resource: str, other: str, origin: Origin) -> Line:
    return Line(
        f"in_cib constraint colocation add {resource} with {other} score=INFINITY id=colocation-{resource}-{other}",
        (origin,),
    )


def _location(each: Location, dialect: Dialect) -> tuple[Line, ...]:
    target = quote(each.resource or f"regexp%{each.pattern}")
    discovery = "" if each.discovery == "always" else f" resource-discovery={each.discovery}"
    if each.rule is None:
        node = quote(each.node or "")
        # A negative score that is a word of its own looks like an option; what comes after `--` is none.
        dashes = "-- " if each.score.text.startswith("-") and not dialect.score else ""
        words = f"{dashes}{quote(each.id)} {target} {node} {dialect.score}{each.score.text}{discovery}"
        return command(f"constraint location add {words}", said(each.origin))
    role = f" role={dialect.rule_role(each.role)}" if each.role else ""
    first = f"constraint location {target} rule constraint-id={quote(each.id)} id={quote(f'{each.id}-rule')}"
    first += f"{discovery}{role} score={each.score.text}"
    return command(first, said(each.origin), [(rule_words(each.rule, dialect), said(each.rule.origin))])


def _colocation(each: Colocation, dialect: Dialect) -> tuple[Line, ...]:
    options = f"score={each.score.text} id={quote(each.id)}"
    if each.sets:
        return _with_sets("colocation", each.sets, options, each.origin, dialect)
    role = f"{dialect.role(each.role)} " if each.role else ""
    other = f"{dialect.role(each.other_role)} " if each.other_role else ""
    first = f"constraint colocation add {role}{quote(each.resource or '')} with {other}{quote(each.other or '')} {options}"
    return command(first, said(each.origin))


def _order(each: Order) -> tuple[Line, ...]:
    options = f"kind={each.kind}"
    if each.symmetrical is not None:
        options += f" symmetrical={str(each.symmetrical).lower()}"
    if each.sets:
        return _with_sets("order", each.sets, f"{options} id={quote(each.id)}", each.origin, None)
    first = f"{each.first_action} {quote(each.first or '')}"
    then = f"{each.then_action} {quote(each.then or '')}"
    return command(f"constraint order {first} 'then' {then} {options} id={quote(each.id)}", said(each.origin))


def _ticket(each: TicketConstraint, dialect: Dialect) -> tuple[Line, ...]:
    options = f"loss-policy={each.loss_policy} id={quote(each.id)}"
    if each.sets:
        return _with_sets("ticket", each.sets, f"ticket={quote(each.ticket)} {options}", each.origin, dialect)
    role = f"{dialect.role(each.role)} " if each.role else ""
    first = f"constraint ticket add {quote(each.ticket)} {role}{quote(each.resource or '')} {options}"
    return command(first, said(each.origin))


def _with_sets(
    kind: str,
    sets: tuple[ResourceSet, ...],
    options: str,
    at: tuple[str | int, ...],
    dialect: Dialect | None,
) -> tuple[Line, ...]:
    words = [(_set(each, dialect), said(each.origin)) for each in sets]
    return command(f"constraint {kind}", said(at), [*words, (f"setoptions {options}", said(at))])


def _set(each: ResourceSet, dialect: Dialect | None) -> str:
    words = ["set", *map(quote, each.resources)]
    if each.sequential is not None:
        words.append(f"sequential={str(each.sequential).lower()}")
    if each.require_all is not None:
        words.append(f"require-all={str(each.require_all).lower()}")
    if each.action is not None:
        words.append(f"action={each.action}")
    if each.role is not None and dialect is not None:
        words.append(f"role={dialect.role(each.role)}")
    return " ".join(words)
