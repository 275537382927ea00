"""The wanted configuration of Pacemaker, as the pcs commands that build it in a file.

Command forms are those that pcs 0.9 to 0.12 take alike where there is such a form; see the pcs changelogs at
https://github.com/ClusterLabs/pcs.
"""

from collections.abc import Iterator
from typing import NamedTuple

from hagen.artifact import Line, Origin
from hagen.filters import continued, quote
from hagen.model import FencingDevice, Setting, Topology, Vip
from hagen.naming import PROXY, PROXY_CLONE, vip_resource

_ADVISED = Origin("hagen", (), "20 s for a monitor is what the agent IPaddr2 itself advises")
_PATIENT = Origin("hagen", (), "30 s for a monitor: systemd may be slow to answer on a busy node")


class Section(NamedTuple):
    """Commands that belong together, and the reason that stands above them."""

    reason: Line
    lines: tuple[Line, ...]


def sections(topology: Topology) -> Iterator[Section]:
    """Yield the commands that build the wanted configuration, in the order in which a reader would explain it."""
    cluster = topology.cluster
    yield Section(
        _why("how the cluster behaves as a whole", cluster.origin),
        continued(
            [("in_cib property set", (Origin("hagen", (), "cluster properties"),)), *_properties(topology)]
        ),
    )
    if cluster.resource_defaults:
        at = ("cluster", "resource_defaults")
        yield Section(
            _why("what holds for every resource that does not say otherwise", at),
            continued(
                [
                    ("in_cib resource defaults update", (Origin("topology", at),)),
                    *map(_setting, cluster.resource_defaults),
                ]
            ),
        )
    for device in cluster.fencing.devices:
        yield Section(_why(f"can stop {', '.join(device.targets)}", device.origin), _device(device))
    for vip in topology.vips:
        yield Section(_why(f"the address {vip.address}, on one node at a time", vip.origin), _vip(vip))
    yield Section(
        _why("HAProxy, looked after by the cluster and not by systemd alone", ("proxy",)), _proxy(topology)
    )
    yield Section(
        _why(_placement_reason(topology), topology.proxy.origins["placement"].at), tuple(_placement(topology))
    )


def _why(reason: str, at: tuple[str | int, ...]) -> Line:
    return Line(reason, (Origin("hagen", at, reason),))


def _setting(setting: Setting) -> tuple[str, tuple[Origin, ...]]:
    return quote(f"{setting.name}={setting.value}"), (setting.origin,)


def _properties(topology: Topology) -> Iterator[tuple[str, tuple[Origin, ...]]]:
    cluster = topology.cluster
    yield f"stonith-enabled={str(cluster.fencing.enabled).lower()}", (cluster.fencing.origins["enabled"],)
    yield f"no-quorum-policy={cluster.on_loss}", (cluster.origins["quorum.on_loss"],)
    yield from map(_setting, cluster.properties)


def _device(device: FencingDevice) -> tuple[Line, ...]:
    origin = (Origin("topology", device.origin),)
    options = [
        (quote(f"{name}={value}"), (Origin("topology", (*device.origin, "options", name)),))
        for name, value in device.options.items()
    ]
    if "pcmk_host_map" not in device.options:
        targets = quote(f"pcmk_host_list={' '.join(device.targets)}")
        options.append((targets, (Origin("topology", (*device.origin, "targets")),)))
    for name, file in device.secrets.items():
        # The agent runs this when it needs the secret, so that the secret is neither in the CIB nor in an argument list.
        options.append(
            (quote(f"{name}_script=cat {file}"), (Origin("topology", (*device.origin, "secrets", name)),))
        )
    options.append((f"op monitor interval={device.monitor.pacemaker}", origin))
    lines = continued([(f"in_cib stonith create {quote(device.name)} {device.agent}", origin), *options])
    if len(device.targets) > 1:
        return lines
    alone = Origin("hagen", (*device.origin, "targets"), "a node does not run the device that has to stop it")
    return (
        *lines,
        Line(
            f"in_cib constraint location {quote(device.name)} avoids {quote(device.targets[0])}=INFINITY",
            (alone,),
        ),
    )


def _vip(vip: Vip) -> tuple[Line, ...]:
    origin = (Origin("topology", vip.origin),)
    where: list[tuple[str, tuple[Origin, ...]]] = [
        (
            f"ip={vip.address} cidr_netmask={vip.network.cidr.prefixlen}",
            (vip.origins["address"], Origin("topology", (*vip.network.origin, "cidr"))),
        )
    ]
    if vip.network.interface is not None:
        where.append(
            (f"nic={vip.network.interface}", (Origin("topology", (*vip.network.origin, "interface")),))
        )
    where.append(
        (f"op monitor interval={vip.monitor.pacemaker} timeout=20s", (vip.origins["monitor"], _ADVISED))
    )
    return continued([(f"in_cib resource create {vip.resource} ocf:heartbeat:IPaddr2", origin), *where])


def _proxy(topology: Topology) -> tuple[Line, ...]:
    made = Origin(
        "hagen", ("proxy",), "VIPs are of use only where HAProxy runs, so the cluster has to know about it"
    )
    copies = Origin(
        "hagen", ("proxy",), "one HAProxy a node; a node's own does not wait for those of other nodes"
    )
    monitor = f"op monitor interval={topology.proxy.monitor.pacemaker} timeout=30s"
    return (
        *continued(
            [
                (f"in_cib resource create {PROXY} systemd:haproxy", (made,)),
                (monitor, (topology.proxy.origins["monitor"], _PATIENT)),
            ]
        ),
        Line(f"in_cib resource clone {PROXY} meta interleave=true", (copies,)),
    )


def _placement_reason(topology: Topology) -> str:
    if topology.proxy.everywhere:
        return "a VIP goes only where HAProxy lives, and comes after it"
    return "HAProxy runs only where the VIPs are, and comes after them"


def _placement(topology: Topology) -> Iterator[Line]:
    proxy = topology.proxy
    placement = proxy.origins["placement"]
    for vip in topology.vips:
        first, then = (PROXY_CLONE, vip.resource) if proxy.everywhere else (vip.resource, PROXY_CLONE)
        reason = Origin(
            "hagen",
            placement.at,
            "only when both start in the same transition: a restart of one does not restart the other",
        )
        # `then` is a word of bash, so it is quoted.
        yield Line(
            f"in_cib constraint order {first} 'then' {then} kind=Optional id=order-{first}-{then}",
            (placement, reason),
        )
    for vip in topology.vips:
        if vip.leader is not None:
            yield _together(vip.resource, vip_resource(vip.leader), vip.origins["with"])
        elif proxy.everywhere:
            yield _together(vip.resource, PROXY_CLONE, placement)
        else:
            yield _together(PROXY_CLONE, vip.resource, placement)


def _together(resource: str, other: str, origin: Origin) -> Line:
    return Line(
        f"in_cib constraint colocation add {resource} with {other} score=INFINITY id=colocation-{resource}-{other}",
        (origin,),
    )
