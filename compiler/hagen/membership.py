"""Who belongs to the cluster and how its nodes talk, as the pcs commands that say so for the first time.

Source: pcs(8) of each branch, "cluster setup", "host auth", "quorum device add", "stonith sbd enable"; pcs 0.9 takes
names where later ones take addresses, and options with two hyphens where later ones take words.
"""

from collections.abc import Iterable, Iterator

from hagen.artifact import Line, Origin
from hagen.dialect import dialect
from hagen.filters import Origins, continued, quote
from hagen.model import Setting, Topology

_WHO = Origin("hagen", ("nodes",), "pcs gives its commands to pcsd on every node")
_FILL = 90  # columns that a line of short words may have


def auth(topology: Topology) -> tuple[Line, ...]:
    """Return the command that makes pcsd on every host listen to this one; it reads the password."""
    device = topology.cluster.corosync.device
    found: list[tuple[str, Origins]] = []
    if dialect(topology.platform).hosts:
        network = topology.cluster.corosync.links[0].network.name
        for node in topology.nodes:
            host = f"{quote(node.name)} addr={node.addresses[network]}"
            found.append((host, (Origin("topology", node.origin),)))
        if device is not None:
            host = f"{quote(device.host)} addr={quote(device.host)}"
            found.append((host, (Origin("topology", device.origin),)))
        return continued([("pcs host auth", (_WHO,)), *found, ("-u hacluster", (_WHO,))])
    found += [(quote(node.name), (Origin("topology", node.origin),)) for node in topology.nodes]
    if device is not None:
        found.append((quote(device.host), (Origin("topology", device.origin),)))
    return continued([("pcs cluster auth", (_WHO,)), *found, ("-u hacluster", (_WHO,))])


def setup(topology: Topology) -> tuple[Line, ...]:
    """Return the command that writes Corosync's configuration on every node."""
    cluster = topology.cluster
    new = dialect(topology.platform).hosts
    first = f"run pcs cluster setup {'' if new else '--name '}{quote(cluster.name)}"
    words = _words(topology) if new else _old_words(topology)
    return continued([(first, (cluster.origins["name"],)), *words])


def device(topology: Topology) -> tuple[Line, ...]:
    """Return the words of the command that adds the quorum device; nothing if there is none."""
    wanted = topology.cluster.corosync.device
    if wanted is None:
        return ()
    here = (Origin("topology", wanted.origin),)
    net = f"model net host={quote(wanted.host)} algorithm={wanted.algorithm}"
    return continued(
        [
            ("pcs quorum device add", here),
            *_line("", wanted.generic),
            (net, here),
            *_line("", wanted.net),
            *_line("heuristics", wanted.heuristics),
        ]
    )


def sbd(topology: Topology) -> tuple[Line, ...]:
    """Return the words of the command that makes SBD what it is to be, or ends it."""
    wanted = topology.cluster.fencing.sbd
    if wanted is None:
        return (
            Line("pcs stonith sbd disable", (Origin("hagen", ("cluster", "fencing"), "no node uses SBD"),)),
        )
    before = "" if dialect(topology.platform).hosts else "--"
    here = (Origin("topology", wanted.origin),)
    words: list[tuple[str, Origins]] = [
        (f"{before}watchdog={quote(wanted.watchdog)}", (wanted.origins["watchdog"],)),
        *((f"{before}device={quote(each)}", here) for each in wanted.devices),
    ]
    for node in topology.nodes:
        if node.sbd is not None:
            at, name = (Origin("topology", (*node.origin, "sbd")),), quote(node.name)
            if node.sbd.watchdog is not None:
                words.append((f"{before}watchdog={quote(node.sbd.watchdog)}@{name}", at))
            words += [(f"{before}device={quote(each)}@{name}", at) for each in node.sbd.devices]
    options = f"SBD_WATCHDOG_TIMEOUT={wanted.watchdog_timeout} SBD_DELAY_START={wanted.delay_start}"
    options += f" SBD_STARTMODE={wanted.startmode}"
    if wanted.timeout_action is not None:
        options += (
            f" 'SBD_TIMEOUT_ACTION={wanted.timeout_action}'"  # for shellcheck, to whom a comma looks odd
        )
    origins = (wanted.origins["watchdog_timeout"], wanted.origins["delay_start"], wanted.origins["startmode"])
    return continued([("pcs stonith sbd enable", here), *words, (options, origins)])


def disks(topology: Topology) -> tuple[Line, ...]:
    """Return the lines that put the shared disks, as this host calls them, into the variable `disks`."""
    wanted = topology.cluster.fencing.sbd
    if wanted is None or not wanted.devices:
        return ()
    here = Origin("topology", wanted.origin)
    lines = [Line(f"disks=({_quoted(wanted.devices)})", (here,))]
    other = [node for node in topology.nodes if node.sbd is not None and node.sbd.devices]
    if other:
        why = (Origin("hagen", wanted.origin, "not every node calls the disks the same"),)
        lines.append(Line("case $(uname -n) in", why))
        for node in other:
            name = quote(node.name)
            found = _quoted(node.sbd.devices) if node.sbd else ""
            lines.append(
                Line(
                    f"    {name} | {name}.*) disks=({found}) ;;", (Origin("topology", (*node.origin, "sbd")),)
                )
            )
        lines.append(Line("esac", why))
    return tuple(lines)


def _quoted(words: Iterable[str]) -> str:
    return " ".join(map(quote, words))


def _words(topology: Topology) -> Iterator[tuple[str, Origins]]:
    """Yield the nodes with their addresses, and the options of Corosync in the order that pcs wants."""
    corosync = topology.cluster.corosync
    transport = corosync.transport
    for node in topology.nodes:
        addresses = " ".join(f"addr={node.addresses[link.network.name]}" for link in corosync.links)
        yield (
            f"{quote(node.name)} {addresses}",
            (Origin("topology", node.origin), topology.cluster.origins["links"]),
        )
    yield from _line(f"transport {transport.kind}", transport.options, topology.cluster.origins["transport"])
    for number, link in enumerate(corosync.links):
        which = f"link linknumber={number}" if transport.kind == "knet" else "link"
        yield from _line(which, link.settings)
    if transport.kind == "knet":
        yield from _line("compression", transport.compression)
        yield from _line("crypto", transport.crypto)
    yield from _line("totem", corosync.totem)
    yield from _line("quorum", corosync.quorum)


def _line(before: str, settings: tuple[Setting, ...], *origin: Origin) -> Iterator[tuple[str, Origins]]:
    """Yield settings as ``name=value`` after the words `before`, as many on a line as fit; `origin` is that of `before`."""
    text, origins = before, [*origin]
    for each in settings:
        word = quote(f"{each.name}={each.value}")
        if origins and len(text) + len(word) >= _FILL:
            yield text, tuple(origins)
            text, origins = "", []
        text += (" " if text else "") + word
        origins.append(each.origin)
    if origins:
        yield text, tuple(origins)


def _old_words(topology: Topology) -> Iterator[tuple[str, Origins]]:
    """Yield what pcs 0.9 takes: names, which become the first ring's addresses and so have to resolve, and options."""
    corosync = topology.cluster.corosync
    unicast = corosync.transport.kind != "udp"
    for node in topology.nodes:
        others = [str(node.addresses[link.network.name]) for link in corosync.links[1:]] if unicast else []
        yield (
            ",".join([quote(node.name), *others]),
            (Origin("topology", node.origin), topology.cluster.origins["links"]),
        )
    yield f"--transport {corosync.transport.kind}", (topology.cluster.origins["transport"],)
    for each in corosync.transport.crypto:
        if each.name == "cipher" and each.value != "none":
            yield "--encryption 1", (each.origin,)
    yield from (("--ipv6", (each.origin,)) for each in corosync.transport.options if each.value == "ipv6")
    for number, link in enumerate(() if unicast else corosync.links):
        yield f"--addr{number} {link.network.cidr.network_address}", (Origin("topology", link.origin),)
        for each in link.settings:
            yield f"--{each.name.replace('mcastaddr', 'mcast')}{number} {quote(each.value)}", (each.origin,)
    yield from ((f"--{each.name} {quote(each.value)}", (each.origin,)) for each in corosync.totem)
    yield from ((f"--{each.name}={quote(each.value)}", (each.origin,)) for each in corosync.quorum)
