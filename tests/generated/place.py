"""What makes values where the schema does not say enough: names of what is elsewhere, agents that are there."""

from collections.abc import Callable
from typing import Any

from generated.language import Path
from generated.maker import Maker

AGENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "ocf:pacemaker:Dummy": ((), ("fake", "op_sleep", "state", "envfile"), ("start", "stop", "monitor")),
    "ocf:heartbeat:Dummy": ((), ("fake", "state"), ("start", "stop", "monitor")),
    "ocf:pacemaker:Stateful": (
        (),
        ("state", "envfile", "notify_delay"),
        ("monitor", "start", "stop", "promote", "demote"),
    ),
    "ocf:heartbeat:Delay": ((), ("startdelay", "stopdelay", "mondelay"), ("start", "stop", "monitor")),
    "ocf:heartbeat:MailTo": (("email",), ("subject",), ("start", "stop", "monitor")),
    "systemd:chronyd": ((), (), ("start", "stop", "monitor")),
    "systemd:getty@tty1.service": ((), (), ("monitor",)),
}
"""Resource agents that are everywhere: the parameters that each needs, those that it takes, and what it can be asked."""

FENCE_AGENTS: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "fence_dummy": ({}, ("status_file", "type", "debug_file")),
    "fence_scsi": ({}, ("logfile", "debug_file", "sg_persist_path")),
    "fence_heuristics_ping": ({"ping_targets": "192.0.2.1"}, ("ping_count", "debug_file")),
}
"""Fence agents that stop any number of nodes: the options that each needs, and some of those that it takes."""


def _resource(make: Maker) -> str:
    return make.one_of(make.resources())


def _in_set(make: Maker) -> str:
    # Pacemaker gives a remote node's entry the id of its resource, and pcs is then at a loss in a set.
    remotes = make.names("resources", "remotes")
    return make.one_of(tuple(name for name in make.resources() if name not in remotes))


def _primitive(make: Maker) -> str:
    return make.one_of(make.names("resources", "primitives"))


def _role(make: Maker) -> str:
    return make.one_of(make.names("acls", "roles"))


PLACES: dict[Path, Callable[[Maker], Any]] = {
    ("cluster", "links", "*", "network"): lambda make: make.one_of(make.names("networks")),
    ("cluster", "quorum", "device", "host"): Maker.host,
    ("cluster", "fencing", "devices", "*", "targets"): lambda make: make.some_of(make.machines()),
    ("cluster", "fencing", "levels", "*", "node"): lambda make: make.one_of(make.machines()),
    ("cluster", "fencing", "levels", "*", "devices"): lambda make: make.some_of(
        make.names("cluster", "fencing", "devices")
    ),
    ("networks", "*", "cidr"): Maker.cidr,
    ("networks", "*", "gateway"): Maker.gateway,
    ("nodes", "*", "addresses"): Maker.addresses,
    ("vips",): Maker.vips,
    ("vips", "*", "address"): lambda _: "",  # `vips` gives it, once the network is chosen
    ("vips", "*", "network"): lambda make: make.one_of(make.names("networks")),
    ("vips", "*", "with"): lambda make: make.one_of(make.names("vips")),
    ("proxy", "stats", "bind", "*", "vip"): lambda make: make.one_of(make.names("vips")),
    ("proxy", "stats", "bind", "*", "network"): lambda make: make.one_of(make.names("networks")),
    ("proxy", "metrics", "bind", "*", "vip"): lambda make: make.one_of(make.names("vips")),
    ("proxy", "metrics", "bind", "*", "network"): lambda make: make.one_of(make.names("networks")),
    ("proxy", "peers", "network"): lambda make: make.one_of(make.names("networks")),
    ("proxy", "acme", "network"): lambda make: make.one_of(make.names("networks")),
    # HAProxy looks groups up even to judge a file, and OCSP is for newer ones than this machine's.
    ("proxy", "stats_socket", "group"): lambda _: "daemon",
    ("frontends", "*", "tls", "ocsp_update"): lambda _: False,
    ("services", "*", "tls", "ocsp_update"): lambda _: False,
    ("proxy", "extra", "global", "*"): lambda _: "tune.maxrewrite 1024",
    ("proxy", "extra", "defaults", "*"): lambda _: "option dontlognull",
    ("frontends", "*", "vips"): lambda make: make.some_of(make.names("vips")),
    ("frontends", "*", "bind", "*", "vip"): lambda make: make.one_of(make.names("vips")),
    ("frontends", "*", "bind", "*", "network"): lambda make: make.one_of(make.names("networks")),
    ("frontends", "*", "default_service"): lambda make: make.one_of(make.names("services")),
    ("frontends", "*", "extra", "*"): lambda _: "option http-ignore-probes",
    ("services", "*", "bind", "*", "vip"): lambda make: make.one_of(make.names("vips")),
    ("services", "*", "bind", "*", "network"): lambda make: make.one_of(make.names("networks")),
    ("services", "*", "routes", "*", "frontend"): lambda make: make.one_of(make.names("frontends")),
    ("services", "*", "extra", "*"): lambda _: "option tcp-smart-connect",
    # HAProxy looks host names up even to judge a file.
    ("services", "*", "servers", "external", "*", "host"): lambda _: "localhost",
    ("services", "*", "servers", "backup"): lambda make: make.some_of(make.names("nodes")),
    ("services", "*", "servers", "weights"): lambda make: dict.fromkeys(make.some_of(make.names("nodes")), 7),
    ("services", "*", "servers", "resolvers"): lambda make: make.one_of(make.names("proxy", "resolvers")),
    ("services", "*", "vips"): lambda make: make.some_of(make.names("vips")),
    ("services", "*", "servers", "nodes"): lambda make: make.some_of(make.names("nodes")),
    ("services", "*", "servers", "network"): lambda make: make.one_of(make.names("networks")),
    ("services", "*", "writer"): lambda make: make.one_of(make.names("nodes")),
    ("resources", "primitives", "*", "agent"): lambda make: make.one_of(tuple(AGENTS)),
    ("resources", "primitives", "*", "guest", "address"): Maker.anywhere,
    ("resources", "groups", "*", "members", "*"): _primitive,
    ("resources", "clones"): Maker.clones,
    ("resources", "bundles", "*", "resource"): _primitive,
    ("resources", "bundles", "*", "network", "ip_range_start"): Maker.anywhere,
    ("resources", "remotes", "*", "address"): Maker.anywhere,
    ("resources", "tags", "*", "*"): _resource,
    ("constraints", "location", "*", "resource"): _resource,
    ("constraints", "location", "*", "node"): lambda make: make.one_of(make.machines()),
    ("constraints", "colocation", "*", "resource"): _resource,
    ("constraints", "colocation", "*", "with"): _resource,
    ("constraints", "colocation", "*", "sets", "*", "resources", "*"): _in_set,
    ("constraints", "order", "*", "first"): _resource,
    ("constraints", "order", "*", "then"): _resource,
    ("constraints", "order", "*", "sets", "*", "resources", "*"): _in_set,
    ("constraints", "ticket", "*", "ticket"): lambda make: make.one_of(make.names("booth", "tickets")),
    ("constraints", "ticket", "*", "resource"): _resource,
    ("constraints", "ticket", "*", "sets", "*", "resources", "*"): _in_set,
    ("booth", "sites", "*"): Maker.anywhere,
    ("booth", "arbitrators", "*"): Maker.anywhere,
    ("acls", "roles", "*", "permissions", "*", "reference"): _resource,
    ("acls", "users", "*", "*"): _role,
    ("acls", "groups", "*", "*"): _role,
}
"""The places of the language whose values depend on other places."""
