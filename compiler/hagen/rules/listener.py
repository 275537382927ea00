"""Listeners: whether HAProxy can have the addresses and ports that it is to take. It accepts two on one place itself.

Source: haproxy/haproxy#868 ("works as designed"); bind(2): a wildcard takes the port on every address.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Topology
from hagen.occupancy import Daemon, Listener, daemons, listeners
from hagen.quantity import Address
from hagen.source import Pointer

_ANOTHER_PORT = "take another port"
_BOUND = (
    "take another port, or, if that daemon is bound to its node's address, say so there: "
    "`servers: {listen: address}`"
)


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield listeners that get in each other's way, or in a daemon's."""
    wanted = tuple(listeners(topology))
    yield from _among_proxies(wanted)
    taken: dict[int, list[Daemon]] = defaultdict(list)
    for daemon in daemons(topology):
        if daemon.protocol == "tcp":
            taken[daemon.port].append(daemon)
    yield from _with_daemons(wanted, taken)


def _among_proxies(wanted: Iterable[Listener]) -> Iterator[Diagnostic]:
    seen: dict[tuple[Address, int], Listener] = {}
    twice: set[Pointer] = set()
    for each in wanted:
        first = seen.setdefault((each.address, each.port), each)
        # Two VIPs, or a VIP and a node, of one address are wrong themselves, which is said elsewhere.
        if first is each or first.owner != each.owner or each.label.at in twice:
            continue
        twice.add(each.label.at)  # a bind to nodes' addresses is the same on all of them
        if first.who != each.who:
            yield codes.LISTENER_COLLISION.at(
                each.label,
                f"{each.who} and {first.who} both listen on {each.address} port {each.port}",
                first.label._replace(text=f"{first.who} listens here"),
                hint="give one of them another port or VIP",
            )
        else:
            yield codes.LISTENER_COLLISION.at(
                each.label,
                f"{each.who} listens there twice",
                first.label._replace(text="first here"),
                hint="remove one, or give it another port",
            )


def _with_daemons(wanted: Iterable[Listener], taken: Mapping[int, list[Daemon]]) -> Iterator[Diagnostic]:
    """Yield what a daemon takes away from the proxy, once for each place in the topology."""
    told: set[Pointer] = set()
    for each in wanted:
        if each.label.at in told or each.port not in taken:
            continue
        holding = [daemon for daemon in taken[each.port] if _hold(daemon, each)]
        if holding:
            told.add(each.label.at)
            # A service's own daemon is the likeliest mistake, and the one with the clearest mend.
            yield _collision(each, min(holding, key=lambda daemon: not _own(each, daemon)))


def _hold(daemon: Daemon, wanted: Listener) -> bool:
    """Tell whether a daemon takes the place that is wanted. A VIP is never a node's address, see `address`."""
    return daemon.addresses is None or (
        wanted.owner.startswith("node ") and wanted.address in daemon.addresses
    )


def _own(wanted: Listener, daemon: Daemon) -> bool:
    return daemon.kind == "server" and daemon.service is not None and daemon.service.name == wanted.service


def _collision(wanted: Listener, daemon: Daemon) -> Diagnostic:
    at, related, hint = f"{wanted.who} wants port {wanted.port}", _label(daemon), _ANOTHER_PORT
    everywhere = "on every address of the nodes"
    service = "" if daemon.service is None else f"service `{daemon.service.name}`"
    if daemon.kind == "server" and daemon.addresses is not None:
        at = f"{wanted.who} wants {wanted.address} port {wanted.port}"
        whose = "its own daemon" if _own(wanted, daemon) else daemon.who
        related = () if _own(wanted, daemon) else related
        message, hint = f"{at}, where {whose} listens", "give one of them another port"
        if _own(wanted, daemon):
            hint = "let the proxy listen on a VIP or another port, or the daemon: `servers: {port: …}`"
    elif _own(wanted, daemon):
        related = ()
        message = f"{at}, and its own daemon takes it {everywhere}"
        hint = (
            f"let the proxy listen on another port and keep `servers: {{port: {wanted.port}}}`, or, if the daemon "
            "is bound to its node's address, say `servers: {listen: address}`"
        )
    elif daemon.kind == "server":
        message, hint = f"{at}, and {daemon.who} takes it {everywhere}", _BOUND
    elif daemon.kind == "check":
        message = f"{at}, where a daemon answers the checks of {service} {everywhere}"
    else:
        message = f"{at}, and {daemon.who} takes it {everywhere}"
    return codes.DAEMON_COLLISION.at(wanted.label, message, *related, hint=hint)


def _label(daemon: Daemon) -> tuple[Label, ...]:
    if daemon.service is not None and daemon.kind != "agent":
        text = "its daemon" if daemon.kind == "server" else "its checks ask there"
        return (Label(daemon.service.origin, text, on_key=True),)
    return () if daemon.label is None else (daemon.label._replace(text="it is wanted here"),)
