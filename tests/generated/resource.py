"""Makes the resources and constraints of a topology sound: agents get what they take, nothing is in two places."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from hypothesis import strategies as st

from generated.cluster import ON_FAIL, no_role, secret, without
from generated.place import AGENTS

_ONCE = frozenset({"start", "stop", "promote", "demote"})
_ROLES = frozenset({"Promoted", "Unpromoted"})
_FREE = ("attribute", "value")
_PCS_WORD = re.compile(
    r"(and|or|(not_)?defined|date(-spec)?|eq|ne|lte?|gte?|in_range|to|duration)$|(string|integer|number|version)\b",
    re.IGNORECASE,
)


def resources(made: Any) -> None:
    """Put every primitive into one place at most, and give agents what they know."""
    found = made.get("resources", {})
    primitives = found.get("primitives", {})
    owned: set[str] = set()
    for name, group in list(found.get("groups", {}).items()):
        group["members"] = _once(
            each for each in group["members"] if each in primitives and each not in owned
        )
        owned.update(group["members"])
        if not group["members"]:
            del found["groups"][name]
    for bundle in found.get("bundles", {}).values():
        _bundle(bundle, primitives, owned)
    _distinct(found.get("bundles", {}).values())
    groups = found.get("groups", {})
    clones = found.get("clones", {})
    for name in [name for name in clones if name in owned or name not in {*primitives, *groups}]:
        del clones[name]
    for name, clone in clones.items():
        _clone(clone, name, primitives, found.get("groups", {}))
    _insides(made, owned)


def _insides(made: Any, owned: set[str]) -> None:
    found = made.get("resources", {})
    primitives, clones = found.get("primitives", {}), found.get("clones", {})
    promotable = {name for name, clone in clones.items() if clone.get("promotable")}
    states: set[tuple[str, str]] = set()
    for name, primitive in primitives.items():
        _primitive(primitive, promotable=name in promotable)
        _own_state(primitive, states)
        if name in clones or name in owned:
            without(primitive, "guest")
    _machines(made)
    if any("utilization" in each for each in (*primitives.values(), *made["nodes"].values())):
        made["cluster"].setdefault("properties", {}).setdefault("placement-strategy", "balanced")
    for each in (*found.get("groups", {}).values(), *found.get("bundles", {}).values(), *clones.values()):
        no_role(each)
    for remote in found.get("remotes", {}).values():
        _operations(remote, ("start", "stop", "monitor"), promotable=False)
        no_role(remote)
    if "tags" in found:
        known = {*names(made, inside=True)}
        tags = {name: _once(each for each in tag if each in known) for name, tag in found["tags"].items()}
        found["tags"] = {name: tag for name, tag in tags.items() if tag}


def _primitive(primitive: Any, *, promotable: bool) -> None:
    if promotable:
        primitive["agent"] = "ocf:pacemaker:Stateful"
    needed, known, actions = AGENTS[primitive["agent"]]
    values = [
        value
        for value in primitive.get("instance", {}).values()
        if value != "" and "://" not in str(value) and "\n" not in str(value)
    ]
    values += ["some"] * (len(needed) - len(values))
    primitive["instance"] = dict(zip((*needed, *known), values, strict=False))
    _operations(primitive, actions, promotable=promotable)
    if not promotable:
        no_role(primitive)


def _own_state(primitive: Any, taken: set[tuple[str, str]]) -> None:
    """Give each resource of an agent a file of its own for its state: pcs knows from the agent that it must have one."""
    instance, agent = primitive["instance"], primitive["agent"]
    if "state" in instance:
        while (agent, str(instance["state"])) in taken:
            instance["state"] = f"{instance['state']}+"
        taken.add((agent, str(instance["state"])))


def _operations(made: Any, actions: tuple[str, ...], *, promotable: bool) -> None:
    kept: dict[tuple[str, str], Any] = {}
    for each in made.get("operations", ()):
        if each["action"] not in actions:
            each["action"] = actions[0]
        if each["action"] in _ONCE:
            without(each, "interval", "role", "check-level")
        elif not promotable and each.get("role") in _ROLES:
            without(each, "role")
        if each.get("on-fail") not in ON_FAIL:
            without(each, "on-fail")
        if each.get("interval", "").endswith("ms"):
            each["interval"] = "7s"
        kept[each["action"], each.get("interval", "")] = each
    if "operations" in made:
        made["operations"] = [*kept.values()]


def _clone(clone: Any, name: str, primitives: Any, groups: Any) -> None:
    if name not in primitives:
        without(clone, "promotable")
    meta = clone.get("meta", {})
    without(meta, "clone-max", "clone-min", "clone-node-max", "promoted-node-max")
    members = groups[name]["members"] if name in groups else [name]
    if name in groups:
        without(meta, "ordered")  # the group would inherit it, for which Pacemaker has another word
    if not all(primitives[each]["agent"].startswith("ocf:") for each in members):
        without(meta, "globally-unique")  # systemd has no two of a unit
    if not clone.get("promotable"):
        without(meta, "promoted-max")
    elif "promoted-max" in meta:
        meta["promoted-max"] = 1  # there may be one node only
    without(clone, "id")


def _bundle(bundle: Any, primitives: Any, owned: set[str]) -> None:
    container, network = bundle["container"], bundle.get("network", {})
    without(container, "replicas", "replicas_per_host", "promoted_max")
    if bundle.get("resource") in owned or bundle.get("resource") not in primitives:
        without(bundle, "resource")
    for key in ("options", "run_command"):
        if secret(container.get(key, ""), container.get(key, "")):
            del container[key]
    if "resource" in bundle:
        owned.add(bundle["resource"])
        bundle["network"] = network
        network["control_port"] = 3123
    if "host_netmask" in network:
        network["host_netmask"] = 24
    for each in bundle.get("ports", ()):
        each.setdefault("port", 8090)
        without(each, "range")
    for each in bundle.get("storage", ()):
        if {"source", "source_root"} <= set(each):
            del each["source"]
        if not {"source", "source_root"} & set(each):
            each["source"] = "/srv"
    _targets(bundle)


def _targets(bundle: Any) -> None:
    for number, each in enumerate(bundle.get("storage", ())):
        each["target"] = f"/data{number}"
    for number, each in enumerate(bundle.get("ports", ())):
        each["port"] = 8090 + number
        without(each, "internal_port")


def _distinct(bundles: Iterable[Any]) -> None:
    for index, bundle in enumerate(bundles):
        for kind in ("ports", "storage"):
            for number, each in enumerate(bundle.get(kind, ())):
                each["id"] = f"{kind}-{index}-{number}"


def _machines(made: Any) -> None:
    """Give remote nodes and guests names of their own."""
    found = made.get("resources", {})
    remotes = found.get("remotes", {})
    for name in [name for name in remotes if name in made["nodes"]]:
        remotes[f"r-{name[:50]}"] = remotes.pop(name)
    taken = {*made["nodes"], *remotes, *found.get("primitives", {})}
    for primitive in found.get("primitives", {}).values():
        guest = primitive.get("guest")
        if guest and guest["name"] in taken:
            guest["name"] = f"guest{len(taken)}"
        taken.update([guest["name"]] if guest else ())
    for machine in (*made["nodes"].values(), *remotes.values()):
        attributes = machine.get("attributes", {})
        for name, value in [*attributes.items()]:
            if secret(name, value):
                del attributes[name]


def names(made: Any, *, inside: bool = False) -> Iterator[str]:
    """Yield what constraints may name, in the order in which it may start; `inside`: also what is in something else."""
    found = made.get("resources", {})
    addresses = [f"vip_{name}" for name in made["vips"]]
    follows = made.get("proxy", {}).get("placement") == "with_vip"
    yield from [*addresses, "lb-haproxy"] if follows else ["lb-haproxy", *addresses]
    within = {each for group in found.get("groups", {}).values() for each in group["members"]}
    within |= {bundle["resource"] for bundle in found.get("bundles", {}).values() if "resource" in bundle}
    for kind in ("remotes", "bundles", "primitives", "groups"):
        yield from (name for name in found.get(kind, {}) if inside or name not in within)


def _once(those: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(those))


def access(made: Any) -> None:
    """Let ACLs and alerts speak of what is there."""
    acls = made.get("acls", {})
    roles = acls.get("roles", {})
    remotes = made.get("resources", {}).get("remotes", {})
    known = [name for name in names(made, inside=True) if name not in remotes]
    for role in roles.values():
        for each in role["permissions"]:
            if "xpath" in each and "reference" in each:
                del each["xpath"]
            if "reference" in each and each["reference"] not in known:
                each["reference"] = known[0]
            if not {"xpath", "reference"} & set(each):
                each["xpath"] = "/cib"
    for kind in ("users", "groups"):
        held = {
            name: _once(each for each in those if each in roles) for name, those in acls.get(kind, {}).items()
        }
        if kind in acls:
            acls[kind] = {name: those for name, those in held.items() if those}


def alerts(made: Any) -> None:
    """Let alerts have no secret, and no recipient twice."""
    for alert in made.get("alerts", {}).values():
        recipients = list(alert.get("recipients", {}).values())
        for number, each in enumerate((alert, *recipients)):
            options = each.get("options", {})
            for name in [name for name, value in options.items() if value == "" or secret(name, value)]:
                del options[name]
            if number and (
                "://" in each["value"] or each["value"] in [it["value"] for it in recipients[: number - 1]]
            ):
                each["value"] = f"/var/log/{number}"


def booth(made: Any) -> None:
    """Let tickets be kept for whole seconds, and much longer than it takes to ask for them."""
    for ticket in made.get("booth", {}).get("tickets", {}).values():
        for key, fine in (("expire", "10min"), ("timeout", "5s"), ("acquire_after", "60s")):
            if key in ticket:
                ticket[key] = fine
        without(ticket, "retries")


def constraints(made: Any, draw: st.DrawFn) -> None:
    """Let constraints say one thing each, of different resources, in no circle."""
    order = {name: index for index, name in enumerate(names(made))}
    said = made.get("constraints", {})
    clones = made.get("resources", {}).get("clones", {})
    promotable = {name for name, clone in clones.items() if clone.get("promotable")}
    machines = [*made["nodes"], *made.get("resources", {}).get("remotes", {})]
    seen: set[object] = set()
    for kind, fix in (("location", _location), ("colocation", _pair), ("order", _pair), ("ticket", _ticket)):
        kept = {}
        for name, each in said.get(kind, {}).items():
            key = fix(kind, each, order, promotable, made)
            if key is None or (kind, key) in seen:
                continue
            seen.add((kind, key))
            kept[name] = each
            if kind == "location" and "node" in each and each["node"] not in machines:
                each["node"] = draw(st.sampled_from(machines))
        if kind in said:
            said[kind] = kept


def _fine(those: Iterable[str], order: dict[str, int]) -> list[str]:
    return sorted({each for each in those if each in order}, key=order.__getitem__)


def _finite(each: Any) -> None:
    if each.get("score") in {"-INFINITY", -1000000}:
        each["score"] = -500


def _location(_: str, each: Any, order: dict[str, int], promotable: set[str], made: Any) -> object:
    if "pattern" in each:
        without(each, "resource", "role")
        each["pattern"] = "^vip_"
    elif each.get("resource") not in order:
        each["resource"] = list(order)[-1]
    _finite(each)
    without(each, "discovery")
    if "rule" in each:
        without(each, "node")
        each["rule"] = rule(each["rule"], ("attribute", "date", "date-spec"))
        if each.get("resource") not in promotable:
            without(each, "role")
    else:
        without(each, "role")
        each.setdefault("node", next(iter(made["nodes"])))
    return each.get("resource"), each.get("node"), str(each.get("rule"))


def _pair(kind: str, each: Any, order: dict[str, int], promotable: set[str], made: Any) -> object:
    first, then = ("resource", "with") if kind == "colocation" else ("first", "then")
    _finite(each)
    if each.get("kind") == "Serialize":
        without(each, "symmetrical")
    if "sets" in each:
        return _sets(kind, each, order, made)
    two = _fine((each.get(first, ""), each.get(then, "")), order)
    if len(two) < 2 or {"lb-haproxy"} < {name if "vip_" not in name else "v" for name in two} < {
        "lb-haproxy",
        "v",
        "",
    }:
        return None
    if kind == "colocation":
        two.reverse()
        _roles(each, promotable, (first, "role"), (then, "with_role"))
    each[first], each[then] = two
    if kind == "colocation":
        for name, key in ((two[0], "role"), (two[1], "with_role")):
            if name not in promotable and each.get(key) in _ROLES:
                without(each, key)
    else:
        each["first_action"] = each["then_action"] = "start"
    return tuple(two)


def _sets(kind: str, each: Any, order: dict[str, int], made: Any) -> object:
    without(each, "resource", "with", "first", "then", "role", "with_role", "then_action")
    if kind == "order":
        without(each, "first_action")
    remotes = made.get("resources", {}).get("remotes", {})
    named = (name for part in each["sets"] for name in part["resources"] if name not in remotes)
    flat = _fine(named, order)
    if kind == "colocation":
        flat.reverse()
        each["score"] = 10
    if len(flat) < 2:
        return None
    parts = [part for part, _ in zip(each["sets"], flat, strict=False)]
    for part in parts:
        part["resources"] = [flat.pop(0)]
        without(part, "role", "action", "require-all" if kind == "colocation" else "")
    parts[-1]["resources"] += flat
    each["sets"] = parts
    return str(each["sets"])


def _roles(each: Any, promotable: set[str], *ends: tuple[str, str]) -> None:
    for end, key in ends:
        if each.get(end) not in promotable and each.get(key) in _ROLES:
            without(each, key)


def _ticket(_: str, each: Any, order: dict[str, int], promotable: set[str], made: Any) -> object:
    tickets = made.get("booth", {}).get("tickets", {})
    if each["ticket"] not in tickets:
        return None
    if each["loss_policy"] in {"fence", "demote"}:
        each["loss_policy"] = "stop"
    if "sets" in each:
        without(each, "resource", "role")
        for part in each["sets"]:
            part["resources"] = _fine(part["resources"], order)[:1] or list(order)[:1]
            without(part, "role", "action", "require-all")
        each["sets"] = each["sets"][:1]
        return each["ticket"], str(each["sets"])
    if each.get("resource") not in order:
        return None
    _roles(each, promotable, ("resource", "role"))
    return each["ticket"], each["resource"], each.get("role")


def rule(said: Any, kinds: tuple[str, ...]) -> Any:
    """Return a rule of which each condition is of one kind that makes sense."""
    return {key: [_condition(each, kinds) for each in those] for key, those in said.items()}


def _condition(said: Any, kinds: tuple[str, ...]) -> Any:
    if "attribute" in said and "attribute" in kinds:
        said = {
            key: "rack" if _PCS_WORD.match(str(each)) and key in _FREE else each for key, each in said.items()
        }
        if said.get("operation", "defined") in {"defined", "not_defined"}:
            return {key: value for key, value in said.items() if key in {"attribute", "operation"}}
        typed = {"type": said["type"]} if said.get("type") == "string" else {}
        return {
            "attribute": said["attribute"],
            "operation": said["operation"],
            "value": said.get("value", "1"),
            **typed,
        }
    if "action" in said and "action" in kinds:
        return {"action": "monitor"}
    if "agent" in said and "agent" in kinds:
        return {"agent": "ocf:pacemaker:Dummy"}
    if {"after", "before"} & set(said):
        moments = {"after": "2026-01-01", "before": "2030-01-01"}
        return {key: value for key, value in moments.items() if key in said}
    spec = {"hours": "8-18", "weekdays": "1-5", "monthdays": "1-7", "months": "3"}
    return {key: value for key, value in spec.items() if key in said} or {"hours": "9"}


def defaults(made: Any) -> None:
    """Let sets of defaults have conditions that make sense there."""
    cluster = made["cluster"]
    for key, kinds in (
        ("resource_defaults_sets", ("date", "date-spec", "agent")),
        ("operation_defaults_sets", ("date", "date-spec", "agent", "action")),
    ):
        for each in cluster.get(key, {}).values():
            if "rule" in each:
                each["rule"] = rule(each["rule"], kinds)
