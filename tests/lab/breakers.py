"""What has to be broken so that a check of `verify.sh` goes red: a breaker for each kind of check, by its title.

A breaker breaks one thing when its block begins, yields the node that has to notice, and mends it when the block ends.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import NamedTuple

from lab.cluster import Cluster
from lab.host import Host
from lab.services import units
from lab.table import DEVICE, VIPS

Breaker = Callable[..., AbstractContextManager[Host]]

CLONE = "lb-haproxy-clone"
_CONFIG = "/etc/haproxy/haproxy.cfg"
_DROP_IN = "/etc/systemd/system/haproxy.service.d/hagen.conf"
_ENVIRONMENT = "/etc/default/haproxy"
_SECONDS = 3


class Known(NamedTuple):
    """A breaker, and the titles of the checks that it is for; the groups of the pattern are its arguments."""

    title: re.Pattern[str]
    breaks: Breaker


KNOWN: list[Known] = []


def breaking(title: str) -> Callable[[Breaker], Breaker]:
    """Make a breaker known for the checks whose whole title is like this."""

    def known(breaks: Breaker) -> Breaker:
        KNOWN.append(Known(re.compile(title), breaks))
        return breaks

    return known


def chosen(title: str) -> list[tuple[Breaker, tuple[str, ...]]]:
    """Return the breakers for the check of this title, of which there should be one, each with its arguments."""
    found = ((known.breaks, known.title.fullmatch(title)) for known in KNOWN)
    return [(breaks, match.groups()) for breaks, match in found if match]


def broken(cluster: Cluster, title: str) -> AbstractContextManager[Host]:
    """Return what breaks the thing that the check of this title looks at; there has to be just one such breaker."""
    found = chosen(title)
    assert len(found) == 1, f"{len(found)} breakers for the check: {title}"
    breaks, arguments = found[0]
    return breaks(cluster, *arguments)


# --- the members ------------------------------------------------------------------------------------------------------


@breaking("every node that is to work is online")
@contextmanager
def _standby(cluster: Cluster) -> Iterator[Host]:
    here, other = _two(cluster)
    try:
        here.run("pcs", "node", "standby", other.name)
        yield here
    finally:
        here.run("pcs", "node", "unstandby", other.name)


@breaking("nothing has failed")
@contextmanager
def _failure(cluster: Cluster) -> Iterator[Host]:
    here = cluster.node_of("bmc-c1")
    try:
        here.run("crm_resource", "--fail", "--resource", "bmc-c1", "--node", here.name)
        yield here
    finally:
        here.run("pcs", "resource", "cleanup", "bmc-c1")


@breaking("corosync on this node sees every member")
@breaking("this node's part of the cluster has quorum")
@contextmanager
def _alone(cluster: Cluster) -> Iterator[Host]:
    """Let a node's Corosync, without its Pacemaker, run where it sees nobody: nobody has a reason to fence it."""
    here = _free(cluster)
    try:
        here.run("pcs", "cluster", "stop", timeout=120)
        here.cut_off()
        here.run("systemctl", "start", "corosync.service", timeout=120)
        yield here
    finally:
        here.run("systemctl", "stop", "corosync.service", timeout=120)
        here.rejoin()
        here.run("pcs", "cluster", "start", "--wait=60", timeout=120)


@breaking("corosync is connected over every link")
@contextmanager
def _unplugged(cluster: Cluster) -> Iterator[Host]:
    here, other = _two(cluster)
    try:
        other.unplug("storage")
        yield here
    finally:
        other.plug("storage")


@breaking("the quorum device is connected")
@contextmanager
def _no_device(cluster: Cluster) -> Iterator[Host]:
    device = cluster.hosts[DEVICE]
    try:
        device.run("systemctl", "stop", "corosync-qnetd.service")
        yield _two(cluster)[0]
    finally:
        device.run("systemctl", "start", "corosync-qnetd.service")


# --- the configuration ------------------------------------------------------------------------------------------------


@breaking("the cluster is not in maintenance")
@contextmanager
def _maintenance(cluster: Cluster) -> Iterator[Host]:
    here, _ = _two(cluster)
    try:
        here.run("pcs", "property", "set", "maintenance-mode=true")
        yield here
    finally:
        # An empty value takes the property away.
        here.run("pcs", "property", "set", "maintenance-mode=")


@breaking("Pacemaker finds no fault with its configuration")
@contextmanager
def _faulty(cluster: Cluster) -> Iterator[Host]:
    here, _ = _two(cluster)
    # The schema takes any word, Pacemaker wants a number.
    limit = ("crm_attribute", "--type", "crm_config", "--name", "batch-limit")
    try:
        here.run(*limit, "--update", "many")
        yield here
    finally:
        here.run(*limit, "--delete")


@breaking("nothing is left of a move or a ban by hand")
@contextmanager
def _ban(cluster: Cluster) -> Iterator[Host]:
    here = cluster.node_of("vip_management")
    with _banned(here, "vip_management", cluster.other_than(here)):
        yield here


@breaking("no resource is unmanaged or disabled by hand")
@contextmanager
def _unmanaged(cluster: Cluster) -> Iterator[Host]:
    here, _ = _two(cluster)
    try:
        here.run("pcs", "resource", "unmanage", "vip_public")
        yield here
    finally:
        here.run("pcs", "resource", "manage", "vip_public")


@breaking("cluster property ([a-z-]+) is (.+)")
@contextmanager
def _property(cluster: Cluster, name: str, value: str) -> Iterator[Host]:
    here, _ = _two(cluster)
    set_to = ("crm_attribute", "--type", "crm_config", "--name", name, "--update")
    try:
        here.run(*set_to, _another(value))
        yield here
    finally:
        here.run(*set_to, value)


# --- the resources ----------------------------------------------------------------------------------------------------


@breaking("(vip_[a-z0-9]+) runs on one node")
@breaking("fencing device (bmc-[a-z0-9]+) is watched")
@contextmanager
def _nowhere(cluster: Cluster, resource: str) -> Iterator[Host]:
    here, _ = _two(cluster)
    every = '<expression id="lab-3" attribute="#uname" operation="defined"/>'
    rule = f'<rule id="lab-2" score="-INFINITY">{every}</rule>'
    keep_off = f'<rsc_location id="lab-1" rsc="{resource}">{rule}</rsc_location>'
    try:
        here.run("cibadmin", "--create", "--scope", "constraints", "--xml-text", keep_off)
        yield here
    finally:
        here.run("cibadmin", "--delete", "--xml-text", '<rsc_location id="lab-1"/>')


@breaking("fencing device (bmc-[a-z0-9]+) can stop ([a-z0-9]+)")
@contextmanager
def _for_nobody(cluster: Cluster, device: str, target: str) -> Iterator[Host]:
    # The target itself may not run the device, and does not look.
    here = cluster.other_than(cluster.nodes[target])
    try:
        here.run("pcs", "stonith", "update", device, "pcmk_host_list=c9")
        yield here
    finally:
        here.run("pcs", "stonith", "update", device, f"pcmk_host_list={target}")


@breaking("address ([0-9a-f.:]+) is on that node and no other")
@contextmanager
def _twice(cluster: Cluster, address: str) -> Iterator[Host]:
    holders = [host for host in cluster.alive() if host.run("ip", "-o", "address", "show", "to", address).out]
    elsewhere = next(host for host in cluster.alive() if host.name != holders[0].name)
    own = f"{address}/{128 if ':' in address else 32}"
    try:
        elsewhere.run("ip", "address", "add", own, "dev", "lo")
        yield elsewhere
    finally:
        elsewhere.run("ip", "address", "delete", own, "dev", "lo")


@breaking("(vip_[a-z0-9]+) is where (vip_[a-z0-9]+) is")
@contextmanager
def _apart(cluster: Cluster, resource: str, leader: str) -> Iterator[Host]:
    here = cluster.node_of(leader)
    together = f"//rsc_colocation[@rsc='{resource}' and @with-rsc='{leader}']"
    kept = here.run("cibadmin", "--query", "--xpath", together).out
    try:
        here.run("cibadmin", "--delete", "--xpath", together)
        with _banned(here, resource, here):
            here.run("crm_resource", "--wait", "--timeout=30", timeout=40)
            yield here
    finally:
        here.run("cibadmin", "--create", "--scope", "constraints", "--xml-text", kept)


# --- HAProxy ----------------------------------------------------------------------------------------------------------


@breaking("HAProxy runs on 3 nodes")
@contextmanager
def _fewer(cluster: Cluster) -> Iterator[Host]:
    here = cluster.node_of("vip_management")
    with _banned(here, CLONE, _free(cluster)):
        yield here


@breaking("HAProxy accepts its configuration")
@contextmanager
def _nonsense(cluster: Cluster) -> Iterator[Host]:
    here, _ = _two(cluster)
    with _edited(here, _CONFIG, "this is no keyword"):
        yield here


@breaking("HAProxy runs with the configuration that is there")
@contextmanager
def _written_later(cluster: Cluster) -> Iterator[Host]:
    here, _ = _two(cluster)
    # The check counts whole seconds, and the breaker before this one has just had HAProxy read the file.
    time.sleep(_SECONDS)
    try:
        # As cp -p and rsync do: it keeps the time at which it was written.
        here.run("touch", "--date=yesterday", _CONFIG)
        yield here
    finally:
        here.run("systemctl", "reload", "haproxy.service")


@breaking("systemd has read what HAProxy needs of it")
@contextmanager
def _unread(cluster: Cluster) -> Iterator[Host]:
    here, _ = _two(cluster)
    try:
        here.run("touch", _DROP_IN)
        yield here
    finally:
        here.run("systemctl", "daemon-reload")


@breaking("the proxy takes connections for .+ on ([0-9a-f.:]+) port ([0-9]+)")
@contextmanager
def _refused(cluster: Cluster, address: str, port: str) -> Iterator[Host]:
    """Let the node of the VIP refuse connections, as if HAProxy had not bound the port; another node asks."""
    (place,) = [
        host for host in cluster.alive() if host.run("ip", "-o", "address", "show", "to", address).out
    ]
    to = f"{'ip6' if ':' in address else 'ip'} daddr {address} tcp dport {port} reject with tcp reset"
    chain = f"chain in {{\ntype filter hook input priority -1\n{to}\n}}"
    place.run("nft", "-f", "-", stdin=f"table inet lab {{\n{chain}\n}}\n")
    try:
        yield cluster.other_than(place)
    finally:
        place.run("nft", "delete", "table", "inet", "lab")


@breaking("the stats page asks for its password")
@contextmanager
def _no_password(cluster: Cluster) -> Iterator[Host]:
    here, _ = _two(cluster)
    with _kept(here, _ENVIRONMENT):
        here.run("sed", "-i", "/^HAPROXY_STATS_PASSWORD=/d", _ENVIRONMENT)
        here.run("systemctl", "restart", "haproxy.service")
        yield here
    here.run("systemctl", "restart", "haproxy.service")


@breaking("every service has a usable server")
@contextmanager
def _no_server(cluster: Cluster) -> Iterator[Host]:
    with ExitStack() as stack:
        for host in cluster.alive():
            stack.callback(host.run, "systemctl", "start", units.WEB)
            host.run("systemctl", "stop", units.WEB)
        yield _two(cluster)[0]


@breaking("HAProxy's log is taken")
@contextmanager
def _unheard(cluster: Cluster) -> Iterator[Host]:
    here, _ = _two(cluster)
    try:
        here.run("systemctl", "stop", "syslog.socket", "rsyslog.service")
        yield here
    finally:
        here.run("systemctl", "start", "rsyslog.service")


# --- the host ---------------------------------------------------------------------------------------------------------


@breaking(r"kernel parameter ([a-z0-9_.-]+) is (\S+)")
@contextmanager
def _kernel(cluster: Cluster, name: str, value: str) -> Iterator[Host]:
    here, _ = _two(cluster)
    try:
        here.run("sysctl", "-w", f"{name}={_another(value)}")
        yield here
    finally:
        here.run("sysctl", "-w", f"{name}={value}")


@breaking("the cluster's ports are closed to strangers")
@contextmanager
def _open(cluster: Cluster) -> Iterator[Host]:
    here, _ = _two(cluster)
    try:
        # The least that somebody could take away: one address that a node sends from.
        here.run("nft", "delete", "element", "inet", "hagen", "members_ipv4", "{ 10.10.18.55 }")
        yield here
    finally:
        here.run("systemctl", "reload-or-restart", "hagen-firewall.service")


@breaking("systemd has ([a-z-]+) (enabled|disabled)")
@contextmanager
def _at_boot(cluster: Cluster, unit: str, state: str) -> Iterator[Host]:
    here, _ = _two(cluster)
    turn = {"enabled": "enable", "disabled": "disable"}
    wrong = next(each for each in turn if each != state)
    try:
        here.run("systemctl", "--quiet", turn[wrong], f"{unit}.service")
        yield here
    finally:
        here.run("systemctl", "--quiet", turn[state], f"{unit}.service")


@breaking("systemd has pcsd active")
@contextmanager
def _no_pcsd(cluster: Cluster) -> Iterator[Host]:
    here, _ = _two(cluster)
    try:
        # It may take its time, 90 s, to stop when it is asked to.
        here.run("systemctl", "kill", "--signal=KILL", "pcsd.service")
        yield here
    finally:
        here.run("systemctl", "start", "pcsd.service")


@breaking("(/.+) is what hagen made")
@contextmanager
def _another_file(cluster: Cluster, path: str) -> Iterator[Host]:
    here, _ = _two(cluster)
    with _edited(here, path, "# a line by hand"):
        yield here


@breaking("(/.+) is there, for root alone")
@contextmanager
def _readable(cluster: Cluster, path: str) -> Iterator[Host]:
    here, _ = _two(cluster)
    try:
        here.run("chmod", "o+r", path)
        yield here
    finally:
        here.run("chmod", "o-r", path)


@breaking("root alone may change the folders of all these files")
@contextmanager
def _anybodys(cluster: Cluster) -> Iterator[Host]:
    here, _ = _two(cluster)
    try:
        here.run("chmod", "o+w", "/etc/hagen")
        yield here
    finally:
        here.run("chmod", "o-w", "/etc/hagen")


# --- inside -----------------------------------------------------------------------------------------------------------


def _two(cluster: Cluster) -> tuple[Host, Host]:
    """Return two nodes, of which the second need not run anything."""
    free = _free(cluster)
    return cluster.other_than(free), free


def _free(cluster: Cluster) -> Host:
    """Return the node that has the fewest addresses to give away."""
    held = [cluster.node_of(f"vip_{name}").name for name in VIPS]
    return min(cluster.alive(), key=lambda host: held.count(host.name))


def _another(value: str) -> str:
    """Return a value that is as good as this one, and another."""
    others = {"true": "false", "false": "true", "1": "0", "0": "1", "stop": "freeze"}
    if value in others:
        return others[value]
    time = re.fullmatch("([0-9]+)(s|min)", value)
    assert time, f"nothing is known that is like {value}"
    return f"{int(time[1]) + 1}{time[2]}"


@contextmanager
def _banned(here: Host, resource: str, place: Host) -> Iterator[None]:
    try:
        here.run("crm_resource", "--ban", "--resource", resource, "--node", place.name)
        yield
    finally:
        here.run("crm_resource", "--clear", "--resource", resource)


@contextmanager
def _edited(here: Host, path: str, line: str) -> Iterator[None]:
    with _kept(here, path):
        here.run("tee", "-a", path, stdin=f"{line}\n")
        yield


@contextmanager
def _kept(here: Host, path: str) -> Iterator[None]:
    """Put a file back as it was, with the time at which it was written."""
    here.run("cp", "--preserve", path, f"{path}.lab")
    try:
        yield
    finally:
        here.run("mv", f"{path}.lab", path)
        if path == _CONFIG:
            # It was put there just now, whatever its time says.
            here.run("systemctl", "reload", "haproxy.service")
