"""Constraints and rules, with the ids of the CIB. Source: Pacemaker Explained, "Resource Constraints" and "Rules"."""

from typing import NamedTuple

from hagen.model.setting import Setting
from hagen.quantity import Address
from hagen.source import Pointer

INFINITY = 1000000
"""Pacemaker's number for must; see Score.number."""


class Score(NamedTuple):
    """How much something is wanted: as written, and as a number from -INFINITY to INFINITY."""

    text: str
    number: int


class Expression(NamedTuple):
    """One condition of a rule, as the words of a pcs rule."""

    words: tuple[str, ...]
    origin: Pointer


class Rule(NamedTuple):
    """Conditions that must all hold, and others of which one is enough."""

    all: tuple[Expression, ...]
    any: tuple[Expression, ...]
    origin: Pointer


class Location(NamedTuple):
    """Where `resource`, or what matches `pattern`, may run: on `node`, or where and when `rule` holds."""

    id: str
    resource: str | None
    pattern: str | None
    node: str | None
    rule: Rule | None
    role: str | None
    discovery: str
    score: Score
    origin: Pointer


class ResourceSet(NamedTuple):
    """Resources that a constraint treats alike; None is Pacemaker's own."""

    resources: tuple[str, ...]
    sequential: bool | None
    require_all: bool | None
    role: str | None
    action: str | None
    origin: Pointer


class Colocation(NamedTuple):
    """`resource` is placed where `other` is, or, with a negative score, is not; or the same with `sets`."""

    id: str
    resource: str | None
    role: str | None
    other: str | None
    other_role: str | None
    sets: tuple[ResourceSet, ...]
    score: Score
    origin: Pointer


class Order(NamedTuple):
    """An action of `first` comes before one of `then`; or the same with `sets`. None is Pacemaker's own."""

    id: str
    first: str | None
    first_action: str
    then: str | None
    then_action: str | None
    sets: tuple[ResourceSet, ...]
    kind: str
    symmetrical: bool | None
    origin: Pointer


class TicketConstraint(NamedTuple):
    """`resource`, or `sets` of them, run only where the site has the ticket."""

    id: str
    ticket: str
    resource: str | None
    role: str | None
    sets: tuple[ResourceSet, ...]
    loss_policy: str
    origin: Pointer


class Constraints(NamedTuple):
    """Everything under `constraints`."""

    locations: tuple[Location, ...]
    colocations: tuple[Colocation, ...]
    orders: tuple[Order, ...]
    tickets: tuple[TicketConstraint, ...]


class Ticket(NamedTuple):
    """A right that one site at a time has; `settings` are those of booth.conf."""

    name: str
    settings: tuple[Setting, ...]
    origin: Pointer


class Booth(NamedTuple):
    """The sites that share tickets."""

    sites: tuple[tuple[str, Address], ...]
    arbitrators: tuple[Address, ...]
    port: int
    tickets: tuple[Ticket, ...]
    origin: Pointer
