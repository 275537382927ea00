"""A walk over the schema that makes a value for every place; names are chosen first, so that places can refer to them."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from hypothesis import strategies as st

from generated.language import SCHEMA, Path, target
from generated.text import texts

NETWORKS = (
    "10.10.16.0/24",
    "203.0.113.0/24",
    "2001:db8:10::/64",
    "192.168.0.0/16",
    "198.51.100.128/25",
    "fd00:1::/120",
)
_CIB = ("resources", "constraints", "alerts", "acls", "cluster")
_NAMES: dict[Path, tuple[str, ...]] = {
    ("networks",): ("management", "public", "storage6", "n.a_m-e", "x" * 63, "_a._b_"[1:], "no", "null"),
    ("nodes",): (
        "controller1",
        "controller2",
        "a",
        "0",
        "no",
        "1e3",
        "node.example.org",
        "x" * 63,
        "2024-01-01",
    ),
    ("vips",): ("management", "public", "a._b_", "V" + "-" * 40, "on"),
    ("frontends",): ("web", "edge-1", "no"),
    ("proxy", "resolvers"): ("dns", "site.a"),
    ("services",): ("galera", "web", "api._v2_", "global", "defaults", "S" * 63, "GLOBAL", "y"),
    ("cluster", "fencing", "devices"): ("ipmi-1", "pdu_a", "true", "F" * 63),
    ("cluster", "resource_defaults_sets"): ("stay", "calm"),
    ("cluster", "operation_defaults_sets"): ("patient", "null"),
    ("resources", "primitives"): ("store", "base", "queue", "worker", "a.b_c-d", "yes", "P" * 63),
    ("resources", "groups"): ("database", "helpers", "G.-_"),
    ("resources", "bundles"): ("box", "crate"),
    ("resources", "remotes"): ("remote1", "far.example.org", "edge-2"),
    ("resources", "tags"): ("data", "nightly", "T._-"),
    ("constraints", "location"): ("near", "l-1", "off"),
    ("constraints", "colocation"): ("together", "c-1", "apart"),
    ("constraints", "order"): ("first-things-first", "o-1", "o-2"),
    ("constraints", "ticket"): ("needs-ticket", "t-1"),
    ("booth", "sites"): ("east", "west", "north"),
    ("booth", "tickets"): ("east-west", "9lives"),
    ("acls", "roles"): ("watcher", "operator"),
    ("acls", "users"): ("alice", "bob", "_x"),
    ("acls", "groups"): ("ops", "haclient"),
    ("alerts",): ("to-file", "to-mail"),
}
_SIZES = {("nodes",): 5, ("services",): 4, ("resources", "primitives"): 5}
_LONGEST = ("999999999ms", "2147483s", "35791min", "596h", "24d")
_TOO_LONG = ("2147483648ms", "2147484s", "25d", "999999999d")
_TAKEN = re.compile("vip_|lb-haproxy|[0-9]")
"""What ids in the CIB do not begin with, if they are the user's own."""


class Manner:
    """How a topology is made.

    `careful`: what refers to something finds it. `fitting`: it keeps to the schema. `always`: places of the language
    that are never left out; `never`: places that always are.
    """

    def __init__(
        self,
        *,
        careful: bool,
        fitting: bool,
        always: frozenset[Path] = frozenset(),
        never: frozenset[Path] = frozenset(),
    ) -> None:
        """Take the manner."""
        self.careful, self.fitting, self.always, self.never = careful, fitting, always, never


class Maker:
    """Makes one topology."""

    def __init__(
        self, draw: st.DrawFn, manner: Manner, places: Mapping[Path, Callable[["Maker"], Any]]
    ) -> None:
        """Choose the names; `places` has what makes values where the schema does not say enough."""
        self._draw = draw
        self._manner = manner
        self._places = places
        self._names: dict[Path, tuple[str, ...]] = {}
        taken: set[str] = set()
        for at in _NAMES:
            names = draw(_names(at, at in manner.always))
            if manner.careful and at[0] in _CIB:
                names = [name for name in names if name not in taken and not _TAKEN.match(name)]
                taken.update(names)
            self._names[at] = tuple(names)
        cidrs = draw(st.permutations(NETWORKS))
        self._networks = dict(zip(self._names["networks",], cidrs, strict=False))
        self._hosts = dict.fromkeys(cidrs, 0)
        self._outside = 0

    def value(self, schema: Any, at: Path) -> Any:
        """Make a value for a place of the language."""
        if at in self._places:
            return self._places[at](self)
        named = schema.get("$ref", "").rpartition("/")[2]
        if named == "duration":
            return self._draw(_durations(_LONGEST if self._manner.careful else _LONGEST + _TOO_LONG))
        schema = target(schema)
        if "enum" in schema:
            return self._draw(st.sampled_from(schema["enum"]))
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        return self._of_kind(self._draw(st.sampled_from(kinds)), schema, at)

    def _of_kind(self, kind: str, schema: Any, at: Path) -> Any:
        if kind == "object":
            return self._object(schema, at) if "properties" in schema else self._map(schema, at)
        if kind == "array":
            return self._array(schema, at)
        if kind == "boolean":
            return self._draw(st.booleans())
        return self._integer(schema) if kind == "integer" else self._text(schema)

    def one_of(self, names: tuple[str, ...]) -> str:
        """Refer to something that is there, or, without care, perhaps to what is not."""
        return self._draw(
            st.sampled_from(names if self._manner.careful and names else (*names, "nowhere", ""))
        )

    def some_of(self, names: tuple[str, ...]) -> list[str]:
        """Refer to one or several of what is there."""
        among = names if self._manner.careful and names else (*names, "nowhere")
        return self._draw(_lists(among, 1, 4))

    def names(self, *at: str) -> tuple[str, ...]:
        """Return the names of the networks, nodes, … of this topology."""
        return self._names[at]

    def resources(self) -> tuple[str, ...]:
        """Return the names of everything that a constraint may be about."""
        kinds = ("primitives", "groups", "bundles", "remotes")
        own = (name for kind in kinds for name in self.names("resources", kind))
        return (
            *own,
            *(f"vip_{name}" for name in self.names("vips")),
            "lb-haproxy",
            *self.names("cluster", "fencing", "devices"),
        )

    def machines(self) -> tuple[str, ...]:
        """Return the names of everything that runs resources, but for guests."""
        return (*self.names("nodes"), *self.names("resources", "remotes"))

    def cidr(self) -> str:
        """Give the next network its range."""
        name = next(iter(self._networks))
        cidr = self._networks.pop(name)
        self._networks[name] = cidr
        return (
            cidr
            if self._manner.careful
            else self._draw(st.sampled_from((cidr, *NETWORKS, "10.0.0.1/8", "::1/0", "1::2::3/64")))
        )

    def address(self, network: str) -> str:
        """Take an address of a network that nobody has yet."""
        if not self._manner.careful and self._draw(st.integers(0, 5)) == 0:
            return self._draw(
                st.sampled_from(
                    ("10.10.16.0", "10.10.16.255", "::", "1:2:3", "255.255.255.255", "10.10.16.1")
                )
            )
        cidr = self._networks.get(network, NETWORKS[0])
        self._hosts[cidr] += 1
        return str(ipaddress.ip_network(cidr)[self._hosts[cidr]])

    def host(self) -> str:
        """Choose a host for the quorum device, perhaps a node itself."""
        names = ("192.0.2.250", "quorum.example.org", "2001:db8::99")
        return self._draw(st.sampled_from(names if self._manner.careful else (*names, "10.10.16.1", "a")))

    def anywhere(self) -> str:
        """Choose an address that is on none of the networks, or, without care, perhaps a broken one."""
        if not self._manner.careful:
            return self._draw(st.sampled_from(("172.16.0.9", "2001:db8:ffff::1", "1:2:3", "10.10.16.1")))
        self._outside += 1
        return f"172.16.{self._outside}.9"

    def gateway(self) -> str:
        """Choose a router of the network that was given its range last, perhaps one that is not on it."""
        own = str(ipaddress.ip_network([*self._networks.values()][-1])[-2])
        return self._draw(
            st.sampled_from((own,) if self._manner.careful else (own, "10.10.16.2", "::", "1:2:3"))
        )

    def addresses(self) -> dict[str, str]:
        """Give a node an address on every network, or, without care, on some."""
        names = self.names("networks")
        chosen = names if self._manner.careful else self.some_of(names)
        return {name: self.address(name) for name in chosen}

    def vips(self) -> dict[str, Any]:
        """Make the VIPs, each with an address of its network."""
        schema = SCHEMA["properties"]["vips"]["additionalProperties"]
        made = {}
        for name in self.names("vips"):
            vip = self.value(schema, ("vips", "*"))
            vip["address"] = self.address(vip["network"])
            made[name] = vip
        return made

    def clones(self) -> dict[str, Any]:
        """Make clones of some of the primitives and groups."""
        schema = SCHEMA["properties"]["resources"]["properties"]["clones"]["additionalProperties"]
        among = (*self.names("resources", "primitives"), *self.names("resources", "groups"))
        return {name: self.value(schema, ("resources", "clones", "*")) for name in self.some_of(among)}

    def _object(self, schema: Any, at: Path) -> dict[str, Any]:
        properties = schema["properties"]
        needed = list(schema.get("required", ()))
        needed += [key for key in properties if (*at, key) in self._manner.always and key not in needed]
        optional = [key for key in properties if key not in needed and (*at, key) not in self._manner.never]
        least = max(0, schema.get("minProperties", 0) - len(needed))
        most = min(schema.get("maxProperties", 99) - len(needed), len(optional), max(least, 6))
        some = self._draw(_lists(tuple(optional), least, most)) if optional else []
        return {key: self.value(properties[key], (*at, key)) for key in [*needed, *some]}

    def _map(self, schema: Any, at: Path) -> dict[str, Any]:
        if at in self._names:
            names = self._names[at]
        else:
            name = matching(schema["propertyNames"]["pattern"])
            names = tuple(
                self._draw(st.lists(name, min_size=schema.get("minProperties", 0), max_size=3, unique=True))
            )
        return {name: self.value(schema["additionalProperties"], (*at, "*")) for name in names}

    def _array(self, schema: Any, at: Path) -> list[Any]:
        least = schema.get("minItems", 0)
        count = self._draw(st.integers(least, min(schema.get("maxItems", 99), least + 2)))
        made = [self.value(schema["items"], (*at, "*")) for _ in range(count)]
        if schema.get("uniqueItems") and self._manner.fitting:
            return [each for index, each in enumerate(made) if each not in made[:index]]
        return made

    def _integer(self, schema: Any) -> int:
        least, most = schema.get("minimum", -(2**31)), schema.get("maximum", 2**31)
        return self._draw(_integers(least, most, () if self._manner.fitting else (least - 1, most + 1)))

    def _text(self, schema: Any) -> str:
        longest = schema.get("maxLength", 10**6)
        made = texts()
        if "pattern" in schema and (self._manner.fitting or self._draw(st.integers(0, 9))):
            examples = [each for each in schema.get("examples", ()) if isinstance(each, str)]
            known = bool(examples) and self._draw(st.booleans())
            made = st.sampled_from(examples) if known else _fitting(schema["pattern"])
        return self._draw(made)[:longest] or "x" * schema.get("minLength", 0)


@cache
def matching(pattern: str) -> st.SearchStrategy[str]:
    """Return a strategy for texts of a pattern."""
    looser = pattern.replace("(?=.{1,64}$)", "")  # hypothesis would make many and throw most away
    printable = st.characters(min_codepoint=0x20, max_codepoint=0x7E)
    made = st.from_regex(looser, fullmatch=True, alphabet=printable)
    return made if looser == pattern else made.map(lambda name: name[:64].rstrip("-."))


@cache
def _fitting(pattern: str) -> st.SearchStrategy[str]:
    """Return a strategy for texts of a pattern; one that only leaves some out is given what people may write."""
    if pattern.startswith(("^(?![", "^(?!.", "^[^")):
        return texts().map(lambda text: _made_to_fit(text, re.compile(pattern.removesuffix("$") + r"\Z")))
    return matching(pattern)


def _made_to_fit(text: str, pattern: re.Pattern[str]) -> str:
    """Return as much of a text as a pattern takes."""
    plain = re.sub(r"""[^ -~]|[<&"'-]""", "", text).strip()
    return next(each for each in (text, plain, f"/{plain}", "x", "/x") if pattern.search(each))


@cache
def _durations(odd: tuple[str, ...]) -> st.SearchStrategy[str]:
    plain = st.builds("{}{}".format, st.integers(1, 90), st.sampled_from(("s", "min", "ms", "h")))
    return st.one_of(plain, plain, st.sampled_from(odd))


@cache
def _integers(least: int, most: int, odd: tuple[int, ...]) -> st.SearchStrategy[int]:
    return st.one_of(st.sampled_from((least, most, *odd)), st.integers(least, most))


@cache
def _lists(among: tuple[str, ...], least: int, most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(among), min_size=least, max_size=most, unique=True)


@cache
def _names(at: Path, some: bool) -> st.SearchStrategy[list[str]]:
    schema = SCHEMA
    for step in at:
        schema = schema["properties"][step]
    known = st.sampled_from(_NAMES[at])
    one = st.one_of(
        known, known, matching(schema["propertyNames"]["pattern"]).filter(lambda name: len(name) <= 64)
    )
    least, most = max(schema.get("minProperties", 0), int(some)), _SIZES.get(at, 3)
    return st.lists(one, min_size=least, max_size=max(least, most), unique_by=str.lower)
