"""HAProxy: placement, checks and logs that make sense together.

Source: HAProxy configuration manual, "http-check"; Pacemaker Explained, "colocation".
"""

from collections.abc import Iterator

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Topology, Vip


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield what is wrong with the proxy and its services."""
    if not topology.proxy.everywhere:
        yield from _torn(topology)
    for service in topology.services:
        said = service.origins["check.http"]
        if service.check.kind == "tcp" and said.kind == "topology":
            yield codes.INERT_CHECK.at(
                said.at,
                f"service `{service.name}` describes an HTTP check, but its check is of type `tcp`",
                hint="say `type: http`, or remove `http`",
                on_key=True,
            )
        if service.log_format == "httplog" and service.mode != "http":
            yield codes.HTTP_LOG_WITHOUT_HTTP.at(
                service.origins["log_format"].at,
                f"service `{service.name}` logs HTTP requests, and in mode {service.mode} HAProxy sees none",
                hint="say `mode: http`, or `log_format: tcplog`",
            )


def _torn(topology: Topology) -> Iterator[Diagnostic]:
    """With `with_vip` the proxy follows all VIPs, so all of them must be on one node."""
    leaders = {vip.name: vip.leader for vip in topology.vips}
    first = topology.vips[0]
    root = _root(first, leaders)
    for vip in topology.vips[1:]:
        # Those that follow another VIP are where that one is, so one diagnostic for each group is enough.
        if vip.leader is None and vip.name != root:
            yield codes.PROXY_TORN.at(
                vip.origin,
                f"with `placement: with_vip` the proxy cannot be with both `{first.name}` and `{vip.name}`",
                Label(("proxy", "placement"), "the proxy follows the VIPs"),
                hint=f"say `with: {first.name}` here, which keeps both on one node, or `placement: everywhere`",
                on_key=True,
            )


def _root(vip: Vip, leaders: dict[str, str | None]) -> str:
    name = vip.name
    while (leader := leaders[name]) is not None:
        name = leader
    return name
