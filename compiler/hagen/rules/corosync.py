"""Corosync's links and transport: options that contradict each other, and messages that others could read.

Source: corosync.conf(5); libknet's compression plug-ins; what pcs refuses in `cluster setup`.
"""

from collections.abc import Iterator
from ipaddress import ip_address

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.dialect import version
from hagen.model import Setting, Topology
from hagen.model.corosync import Link
from hagen.source import Pointer

_AT: Pointer = ("cluster", "transport")
_KNET = frozenset({"knet"})
_PLAIN = frozenset({"udp", "udpu"})
_UDP = frozenset({"udp"})
_OPTIONS = {"link_mode": _KNET, "knet_pmtud_interval": _KNET, "netmtu": _PLAIN}
_LINK_OPTIONS = {
    "link_priority": _KNET,
    "transport": _KNET,
    "ping_interval": _KNET,
    "ping_timeout": _KNET,
    "ping_precision": _KNET,
    "pong_count": _KNET,
    "mcastaddr": _UDP,
    "ttl": _UDP,
}
_TOTEM_OPTIONS = {"block_unlisted_ips": _KNET | {"udpu"}}
"""The transports that have an option; options that are not named here belong to all of them."""

_LEVELS = {
    "zlib": (0, 9),
    "lz4": (1, 22),
    "lz4hc": (1, 12),
    "lzo2": (0, 22),
    "lzma": (0, 9),
    "bzip2": (1, 9),
    "zstd": (1, 22),
}
"""What each library takes for a level; pcs refuses negative ones whatever the library."""

_WEAK = frozenset({"md5", "sha1"})

_RINGS = 2  # corosync.conf(5) before Corosync 3: redundant rings


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with transport and links."""
    yield from _transport(topology)
    yield from _crypto(topology)
    yield from _compression(topology)
    yield from _links(topology)
    for link in topology.cluster.corosync.links:
        yield from _pings(topology, link)
        yield from _family(topology, link)
    said = {each.name: each.value for each in topology.cluster.corosync.totem}
    if "max_network_delay" in said and said.get("heartbeat_failures_allowed", "0") == "0":
        yield codes.HEARTBEAT_OFF.at(
            ("cluster", "totem", "max_network_delay"),
            "`max_network_delay` is for heartbeats, and they are off",
            hint="remove it; it has nothing to do with the token. Heartbeats: `heartbeat_failures_allowed: 3`",
            on_key=True,
        )


def _said(settings: tuple[Setting, ...]) -> Iterator[Setting]:
    """Yield the settings that stand in the topology, not those that are defaults."""
    return (each for each in settings if each.origin.kind == "topology")


def _value(settings: tuple[Setting, ...], name: str) -> str | None:
    return next((each.value for each in settings if each.name == name), None)


def _has_knet(topology: Topology) -> bool:
    return version(topology.platform.versions["corosync"]) >= (3,)


def _transport(topology: Topology) -> Iterator[Diagnostic]:
    """Yield options that the transport does not have, and links beyond its only one."""
    corosync, kind = topology.cluster.corosync, topology.cluster.corosync.transport.kind
    transport = corosync.transport
    found = [(each, _OPTIONS.get(each.name, _KNET | _PLAIN)) for each in _said(transport.options)]
    found += [(each, _TOTEM_OPTIONS.get(each.name, _KNET | _PLAIN)) for each in _said(corosync.totem)]
    found += [(each, _KNET) for each in (*_said(transport.crypto), *_said(transport.compression))]
    for link in corosync.links:
        found += [(each, _LINK_OPTIONS.get(each.name, _KNET | _PLAIN)) for each in _said(link.settings)]
    for setting, kinds in found:
        if kind not in kinds:
            usable = sorted(kinds if _has_knet(topology) else kinds - _KNET, reverse=True)
            hint = "remove it" + (
                f", or change the transport: cluster.transport: {{type: {usable[0]}}}" if usable else ""
            )
            if not usable:
                hint += f": Corosync {topology.platform.versions['corosync']} of this platform has no knet"
            at = setting.origin.at
            yield codes.OTHER_TRANSPORT.at(
                at, f"transport `{kind}` has no option `{at[-1]}`", hint=hint, on_key=True
            )
    most = 1 if _has_knet(topology) else _RINGS
    if kind in _PLAIN and len(corosync.links) > most:
        has = f"Corosync {topology.platform.versions['corosync']} of {topology.platform.title}"
        yield codes.LINKS_WITHOUT_KNET.at(
            (*corosync.links[most].origin, "network"),
            f"with {has} transport `{kind}` has at most {most}, and here are {len(corosync.links)} links",
            hint="keep the first; knet, of Corosync 3 and later, has up to eight",
        )


def _crypto(topology: Topology) -> Iterator[Diagnostic]:
    """Yield messages that are not encrypted or not authenticated, where they could be."""
    transport, lab = topology.cluster.corosync.transport, not topology.cluster.production
    if transport.kind in _PLAIN:
        if _has_knet(topology):
            yield codes.COROSYNC_UNENCRYPTED.at(
                (*_AT, "type"),
                f"with `{transport.kind}`, whoever is on the network can read and forge the cluster's messages",
                hint="remove `type`: knet encrypts them",
                lab=lab,
            )
        return
    cipher, digest = _value(transport.crypto, "cipher"), _value(transport.crypto, "hash")
    if cipher == "none":
        yield codes.COROSYNC_UNENCRYPTED.at(
            (*_AT, "crypto", "cipher"),
            f"without encryption, whoever is on the network can read{' and forge' if digest == 'none' else ''} the"
            " cluster's messages",
            hint="remove `cipher: none`: AES with 256 bits is the default",
            lab=lab,
        )
    elif digest == "none":
        yield codes.CIPHER_WITHOUT_HASH.at(
            (*_AT, "crypto", "hash"),
            "messages would be encrypted and not authenticated, which Corosync refuses",
            hint="remove `hash: none`: SHA-256 is the default",
        )
    if digest in _WEAK:
        yield codes.WEAK_HASH.at(
            (*_AT, "crypto", "hash"),
            f"`{digest}` is no longer thought safe",
            hint="remove `hash`: SHA-256 is the default",
        )


def _compression(topology: Topology) -> Iterator[Diagnostic]:
    settings = topology.cluster.corosync.transport.compression
    model, level = _value(settings, "model"), _value(settings, "level")
    if model is not None and level is not None:
        least, most = _LEVELS[model]
        if not least <= int(level) <= most:
            yield codes.COMPRESSION_LEVEL.at(
                (*_AT, "compression", "level"),
                f"{model} has no level {level}",
                hint=f"write a number from {least} to {most}, or leave `level` out",
            )


def _links(topology: Topology) -> Iterator[Diagnostic]:
    """Yield two links on one network, and priorities that nothing reads."""
    corosync = topology.cluster.corosync
    seen: dict[str, Link] = {}
    for link in corosync.links:
        first = seen.setdefault(link.network.name, link)
        if first is not link:
            yield codes.NETWORK_OF_TWO_LINKS.at(
                (*link.origin, "network"),
                f"two links on network `{link.network.name}` fail together",
                Label((*first.origin, "network"), "the other link"),
                hint="put the second link on a network of its own, or remove it",
            )
    mode = _value(corosync.transport.options, "link_mode")
    for link in corosync.links:
        if (
            corosync.transport.kind == "knet"
            and mode not in {None, "passive"}
            and _value(link.settings, "link_priority")
        ):
            yield codes.PRIORITY_WITHOUT_PASSIVE.at(
                (*link.origin, "priority"),
                f"mode `{mode}` uses all links alike, whatever their priority",
                Label((*_AT, "link_mode"), "this mode"),
                hint="say `link_mode: passive`, or remove `priority`",
                on_key=True,
            )


def _pings(topology: Topology, link: Link) -> Iterator[Diagnostic]:
    """Yield pings of a link of which pcs wants both times or none, and times out of order."""
    said = {
        each.name: int(each.value) for each in link.settings if each.name in {"ping_interval", "ping_timeout"}
    }
    if len(said) == 1:
        (name,) = said
        other = "ping_timeout" if name == "ping_interval" else "ping_interval"
        yield codes.PING_PAIR.at(
            (*link.origin, name),
            f"`{name}` stands without `{other}`, and Corosync would work that one out from the token",
            hint=f"add `{other}`, or remove both",
            on_key=True,
        )
    elif said and said["ping_timeout"] < said["ping_interval"]:
        yield codes.PING_PAIR.at(
            (*link.origin, "ping_timeout"),
            f"the link would be down after {said['ping_timeout']}ms, before the next ping is sent",
            Label((*link.origin, "ping_interval"), "the next ping"),
            hint="make `ping_timeout` the longer one, twice the interval or so",
        )
    elif said and said["ping_timeout"] >= topology.cluster.corosync.token * 1000:
        yield codes.PING_PAIR.at(
            (*link.origin, "ping_timeout"),
            f"the link would be down after {said['ping_timeout']}ms, when the token has long been lost"
            f" ({topology.cluster.corosync.token:g}s)",
            hint="make `ping_timeout` shorter than `totem.token`, so that another link can take over",
        )


def _family(topology: Topology, link: Link) -> Iterator[Diagnostic]:
    """Yield a link whose addresses are not of the family that was asked for, and a multicast address that is none."""
    wanted = _value(topology.cluster.corosync.transport.options, "ip_version")
    family = f"ipv{link.network.cidr.version}"
    if wanted in {"ipv4", "ipv6"} and wanted != family:
        yield codes.LINK_FAMILY.at(
            (*_AT, "ip_version"),
            f"only {wanted} is asked for, and network `{link.network.name}` has {family} addresses",
            Label((*link.network.origin, "cidr"), "these addresses"),
            hint="remove `ip_version`: the addresses say it",
        )
    if wanted is None and family == "ipv6" and topology.cluster.corosync.transport.kind == "udp":
        # corosync.conf(5): ip_version is ipv4 for udp, and only for udp, unless something else is said.
        yield codes.LINK_FAMILY.at(
            (*_AT, "type"),
            f"`udp` takes IPv4 addresses alone unless it is told otherwise, and network `{link.network.name}` has {family}"
            " addresses",
            Label((*link.network.origin, "cidr"), "these addresses"),
            hint="say `ip_version: ipv6`" if _has_knet(topology) else "use `type: udpu`",
        )
    text = _value(link.settings, "mcastaddr")
    if text is not None:
        group = ip_address(text)
        if group.version != link.network.cidr.version or not group.is_multicast:
            yield codes.LINK_FAMILY.at(
                (*link.origin, "mcastaddr"),
                f"{text} is no {family} multicast address",
                hint="write one, such as 239.255.1.1" if family == "ipv4" else "write one, such as ff05::1:1",
            )
