"""Constraints: names become ids of the CIB, and what says too much or too little is noted."""

from collections.abc import Mapping
from typing import Any

from hagen import codes
from hagen.diagnostic import did_you_mean
from hagen.model.constraint import (
    Booth,
    Colocation,
    Constraints,
    Location,
    Order,
    ResourceSet,
    Ticket,
    TicketConstraint,
)
from hagen.resolve.reading import Reading
from hagen.resolve.resource import known
from hagen.resolve.rule import CONSTRAINT, rule
from hagen.resolve.setting import SECONDS, closed, properties, score
from hagen.source import Pointer

_BOOTH_NAMES = {
    "expire": "expire",
    "timeout": "timeout",
    "retries": "retries",
    "acquire_after": "acquire-after",
}


def constraints(reading: Reading, ids: Mapping[str, str]) -> Constraints:
    """Return the constraints; `ids` has for each resource's name the id that a constraint names."""
    said = reading.data["constraints"]
    reader = _Reader(reading, ids)
    return Constraints(
        locations=tuple(reader.location(name, each) for name, each in said["location"].items()),
        colocations=tuple(reader.colocation(name, each) for name, each in said["colocation"].items()),
        orders=tuple(reader.order(name, each) for name, each in said["order"].items()),
        tickets=tuple(reader.ticket(name, each) for name, each in said["ticket"].items()),
    )


def booth(reading: Reading) -> Booth | None:
    """Return the sites and tickets, if there are any."""
    said = reading.data.get("booth")
    if said is None:
        return None
    sites = {
        name: reading.address(("booth", "sites", name), address) for name, address in said["sites"].items()
    }
    arbitrators = [
        reading.address(("booth", "arbitrators", index), address)
        for index, address in enumerate(said["arbitrators"])
    ]
    keys = properties("booth", "tickets", "*")
    return Booth(
        sites=tuple((name, address) for name, address in sites.items() if address is not None),
        arbitrators=tuple(address for address in arbitrators if address is not None),
        port=said["port"],
        tickets=tuple(
            Ticket(
                name,
                closed(reading, ("booth", "tickets", name), each, keys, SECONDS, names=_BOOTH_NAMES),
                ("booth", "tickets", name),
            )
            for name, each in said["tickets"].items()
        ),
        origin=("booth",),
    )


class _Reader:
    """Reads constraints of one topology."""

    def __init__(self, reading: Reading, ids: Mapping[str, str]) -> None:
        self._reading = reading
        self._ids = ids

    def location(self, name: str, said: Any) -> Location:
        at = ("constraints", "location", name)
        self._one_of(at, said, ("resource",), ("pattern",))
        self._one_of(at, said, ("node",), ("rule",))
        if "role" in said and "rule" not in said:
            self._fault(
                (*at, "role"), "a role goes with a rule only", "remove it, or say `rule` instead of `node`"
            )
        nodes = [*self._reading.data["nodes"], *self._reading.data["resources"]["remotes"], *self._guests()]
        if "node" in said and said["node"] not in nodes:
            self._reading.diagnostics.append(
                codes.UNKNOWN_NODE.at(
                    (*at, "node"),
                    f"there is no node `{said['node']}`",
                    hint=did_you_mean(said["node"], nodes),
                )
            )
        return Location(
            id=name,
            resource=self._id(at, said, "resource"),
            pattern=said.get("pattern"),
            node=said.get("node"),
            rule=rule(self._reading, (*at, "rule"), said["rule"], CONSTRAINT) if "rule" in said else None,
            role=said.get("role"),
            discovery=said["discovery"],
            score=score(said["score"]),
            origin=at,
        )

    def _guests(self) -> list[str]:
        primitives = self._reading.data["resources"]["primitives"].values()
        return [each["guest"]["name"] for each in primitives if "guest" in each]

    def colocation(self, name: str, said: Any) -> Colocation:
        at = ("constraints", "colocation", name)
        self._one_of(at, said, ("resource", "with"), ("sets",), {"role", "with_role"})
        return Colocation(
            id=name,
            resource=self._id(at, said, "resource"),
            role=said.get("role"),
            other=self._id(at, said, "with"),
            other_role=said.get("with_role"),
            sets=self._sets(at, said, {"require-all", "action"}),
            score=score(said["score"]),
            origin=at,
        )

    def order(self, name: str, said: Any) -> Order:
        at = ("constraints", "order", name)
        self._one_of(at, said, ("first", "then"), ("sets",), {"then_action"})
        if said["kind"] == "Serialize" and said.get("symmetrical"):
            self._fault(
                (*at, "symmetrical"), "an order of kind `Serialize` has no other way round", "remove it"
            )
        return Order(
            id=name,
            first=self._id(at, said, "first"),
            first_action=said["first_action"],
            then=self._id(at, said, "then"),
            then_action=said.get("then_action", said["first_action"]),
            sets=self._sets(at, said, {"role"}),
            kind=said["kind"],
            symmetrical=said.get("symmetrical"),
            origin=at,
        )

    def ticket(self, name: str, said: Any) -> TicketConstraint:
        at = ("constraints", "ticket", name)
        self._one_of(at, said, ("resource",), ("sets",), {"role"})
        tickets = self._reading.data.get("booth", {}).get("tickets", {})
        self._reading.known(codes.UNKNOWN_TICKET, (*at, "ticket"), said["ticket"], tickets, "ticket")
        return TicketConstraint(
            id=name,
            ticket=said["ticket"],
            resource=self._id(at, said, "resource"),
            role=said.get("role"),
            sets=self._sets(at, said, {"require-all", "action"}),
            loss_policy=said["loss_policy"],
            origin=at,
        )

    def _id(self, at: Pointer, said: Any, key: str) -> str | None:
        """Return the id that a constraint names for the resource at `key`, if there is one."""
        name = said.get(key)
        if name is None or not known(self._reading, (*at, key), name, self._ids):
            return None
        return self._ids[name]

    def _sets(self, at: Pointer, said: Any, senseless: set[str]) -> tuple[ResourceSet, ...]:
        found = []
        for index, each in enumerate(said.get("sets", ())):
            here = (*at, "sets", index)
            for key in senseless & set(each):
                self._fault(
                    (*here, key), f"`{key}` has no meaning in a set of this kind of constraint", "remove it"
                )
            ids = []
            for place, name in enumerate(each["resources"]):
                if known(self._reading, (*here, "resources", place), name, self._ids):
                    ids.append(self._ids[name])
            found.append(
                ResourceSet(
                    tuple(ids),
                    each.get("sequential"),
                    each.get("require-all"),
                    each.get("role"),
                    each.get("action"),
                    here,
                )
            )
        return tuple(found)

    def _one_of(
        self,
        at: Pointer,
        said: Any,
        one: tuple[str, ...],
        other: tuple[str, ...],
        with_one: set[str] = frozenset(),  # type: ignore[assignment]
    ) -> None:
        """Note it unless all keys of `one` or all of `other` are said; `with_one` go with `one` only."""
        first, second = set(one) & set(said), set(other) & set(said)
        words = f"{_listed(one)} or {_listed(other)}"
        if first and second:
            self._fault(
                at, f"it says both {_listed(sorted(first))} and {_listed(sorted(second))}", f"say {words}"
            )
        elif not first and not second:
            self._fault(at, "it does not say what it is about", f"say {words}")
        elif first and len(first) < len(one):
            missing = _listed([key for key in one if key not in said])
            self._fault(at, f"it does not say {missing}", f"add {missing}")
        elif second:
            for key in with_one & set(said):
                self._fault(
                    (*at, key), f"`{key}` goes with {_listed(one)} only", "say it in the sets, or remove it"
                )

    def _fault(self, at: Pointer, message: str, hint: str) -> None:
        self._reading.diagnostics.append(codes.BAD_CONSTRAINT.at(at, message, hint=hint))


def _listed(names: object) -> str:
    return " and ".join(f"`{name}`" for name in names)  # type: ignore[attr-defined]
