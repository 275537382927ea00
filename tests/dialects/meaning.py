"""What a CIB means, as text: two CIBs have the same text if, and only if, they tell Pacemaker the same.

Dialects of pcs write the same wish in different words. The text leaves out what nobody wished for, and says the rest
in the words of today:

- left out: versions and counters of the CIB, its status, sections and sets that are empty, ids that pcs makes up (of
  attributes, sets of them, operations, rules, fencing levels, members of sets);
- left out: the score of a rule that is not directly in a location constraint;
- left out if `named` is given: operations that nobody named. pcs copies them from the metadata of the agent, whose
  words differ from one version of the agent to the next; they are the agent's, not the script's. `named_operations`
  tells what a script named, from its calls of pcs;
- sorted: attributes, and elements whose order Pacemaker does not look at;
- translated: Master and Slave, `master-max`, `<master>`, and the old parameters of fence agents.

Durations stay as they were written: 300 and 5min are different.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import takewhile
from xml.etree import ElementTree as ET

_ORDERED = frozenset(
    {
        "acl_permission",
        "instance_attributes",
        "meta_attributes",
        "resource_ref",
        "resource_set",
        "role",
        "rule",
        "utilization",
    }
)
"""Elements of which Pacemaker takes the first, or one after the other; so are the members of a group."""

_IDS_OF_PCS = frozenset(
    {
        "acl_permission",
        "attribute",
        "cluster_property_set",
        "date_expression",
        "date_spec",
        "duration",
        "expression",
        "fencing-level",
        "instance_attributes",
        "meta_attributes",
        "nvpair",
        "op",
        "op_expression",
        "port-mapping",
        "resource_set",
        "rsc_expression",
        "rule",
        "storage-mapping",
        "utilization",
    }
)
"""Elements that nothing refers to by their id. An id of any other element is part of what is meant."""

_CONTAINERS = frozenset(
    {"cluster_property_set", "instance_attributes", "meta_attributes", "operations", "utilization"}
)
"""Elements that say nothing when there is nothing in them."""

_BY_PACEMAKER = frozenset({"dc-version", "last-lrm-refresh"})
"""Properties in which Pacemaker itself writes down its version and the time."""

_ROLES = {"master": "Promoted", "promoted": "Promoted", "slave": "Unpromoted", "unpromoted": "Unpromoted"}
_ROLE_ATTRIBUTES = frozenset({"role", "rsc-role", "with-rsc-role"})
_META = {"master-max": "promoted-max", "master-node-max": "promoted-node-max"}
_FENCE = {"ipaddr": "ip", "login": "username", "passwd": "password", "passwd_script": "password_script"}
"""Parameters of fence agents that have a new name: the agents' metadata call the old one obsolete."""

_KEYWORDS = frozenset({"bundle", "clone", "group", "meta", "op", "promotable"})
"""What ends a list of operations on pcs's command line."""


def meaning(cib: str, named: Mapping[str, frozenset[str]] | None = None) -> str:
    """Return what a CIB means, a line for each element; `named` has the operations that count, by resource."""
    configuration = ET.fromstring(cib).find("configuration")  # noqa: S314  written by pcs a moment ago
    if configuration is None:
        raise ValueError(f"a CIB has a configuration: {cib}")
    if configuration.find(".//*[@id-ref]") is not None:
        raise ValueError("what an id-ref stands for is said elsewhere; that is not understood here")
    if named is not None:
        for resource in configuration.iterfind(".//*[operations]"):
            asked = named.get(resource.get("id", ""), frozenset())
            _leave_out(resource, frozenset({"op"}), partial(_is_not_in, asked))
    for properties in configuration.iterfind("crm_config"):
        _leave_out(properties, frozenset({"nvpair"}), lambda pair: not _is_not_in(_BY_PACEMAKER, pair))
    _translate(configuration)
    for parent in configuration.iter():
        for rule in parent.findall("rule"):
            _complete(rule, in_location=parent.tag == "rsc_location")
    _leave_out(configuration, _CONTAINERS, lambda each: len(each) == 0)
    return "".join(_lines(each, "") for each in sorted(configuration, key=lambda each: each.tag) if len(each))


def named_operations(calls: Iterable[Sequence[str]]) -> dict[str, frozenset[str]]:
    """Return which operations the calls of pcs name, for every resource and fencing device that they speak of."""
    found: dict[str, frozenset[str]] = {}
    for argv in calls:
        match list(argv[2:] if argv[:1] == ("-f",) else argv):
            case ["resource" | "stonith", "create" | "update", resource, *words]:
                found[resource] = found.get(resource, frozenset()) | _operations(words)
            case ["resource" | "stonith", "op", "add", resource, name, *_]:
                found[resource] = found.get(resource, frozenset()) | {name}
            case _:
                pass
    return found


def _operations(words: Sequence[str]) -> frozenset[str]:
    """Return the names after each `op`: the words that are no option, up to the next keyword."""
    return frozenset(
        name
        for at, word in enumerate(words)
        if word == "op"
        for name in takewhile(lambda each: each not in _KEYWORDS, words[at + 1 :])
        if "=" not in name and not name.startswith("--")
    )


def _leave_out(above: ET.Element, tags: frozenset[str], unwanted: Callable[[ET.Element], bool]) -> None:
    for parent in list(above.iter()):
        for child in list(parent):
            if child.tag in tags and unwanted(child):
                parent.remove(child)


def _is_not_in(names: frozenset[str], element: ET.Element) -> bool:
    return element.get("name") not in names


def _translate(configuration: ET.Element) -> None:
    """Say what has two names in the words of today."""
    for element in configuration.iter():
        for name in _ROLE_ATTRIBUTES.intersection(element.keys()):
            element.set(name, _role(element.attrib[name]))
    for pair in configuration.iterfind(".//meta_attributes/nvpair"):
        pair.set("name", _META.get(pair.attrib["name"], pair.attrib["name"]))
        if pair.get("name") == "target-role":
            pair.set("value", _role(pair.attrib["value"]))
    for pair in configuration.iterfind(".//primitive[@class='stonith']/instance_attributes/nvpair"):
        pair.set("name", _FENCE.get(pair.attrib["name"], pair.attrib["name"]))
    for old in list(configuration.iter("master")):
        old.tag = "clone"
        meta = old.find("meta_attributes")
        if meta is None:
            meta = ET.SubElement(old, "meta_attributes")
        ET.SubElement(meta, "nvpair", name="promotable", value="true")


def _complete(rule: ET.Element, *, in_location: bool) -> None:
    """Say what holds by default, and no score where none is looked at: pcs 0.11 writes one into every rule."""
    rule.attrib.setdefault("boolean-op", "and")
    if not in_location:
        rule.attrib.pop("score", None)
        rule.attrib.pop("score-attribute", None)


def _role(word: str) -> str:
    return _ROLES.get(word.lower(), word)


def _lines(element: ET.Element, indent: str) -> str:
    words = (
        f" {name}={value!r}"
        for name, value in sorted(element.items())
        if name != "id" or element.tag not in _IDS_OF_PCS
    )
    inside = [(each, _lines(each, f"{indent}  ")) for each in element]
    inside.sort(key=lambda pair: _rank(pair[0], element, pair[1]))
    return f"{indent}{element.tag}{''.join(words)}\n{''.join(text for _, text in inside)}"


def _rank(element: ET.Element, parent: ET.Element, text: str) -> tuple[str, str]:
    """Return by what an element is sorted; those of the same rank keep their order."""
    if element.tag in _ORDERED or parent.tag == "group":
        return element.tag, ""
    # A name that is given twice: the order of the two decides which one holds.
    return element.tag, element.get("name", "") if element.tag == "nvpair" else text
