"""Whether a node is set up as it should be: kernel, services, files, secrets."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from hagen.artifact import Artifact, Origin
from hagen.filters import quote
from hagen.model import Topology
from hagen.verification.verification import Verification

_VERBS = {"enabled": "is-enabled", "disabled": "is-enabled", "active": "is-active"}
_SERVICES = ("hagen-members", "hagen-clients")


def host(topology: Topology, files: tuple[Artifact, ...]) -> Iterator[Verification]:
    """Yield what is asked of the node itself."""
    for setting in topology.sysctls:
        yield Verification(
            f"kernel parameter {setting.name} is {setting.value}",
            f"sysctl -n {quote(setting.name)}",
            f"`{setting.value}`",
            ("sysctl_is", setting.name, setting.value),
            (setting.origin,),
        )
    yield from _log(topology)
    yield from _firewall(topology, files)
    for unit, state, reason in _units(topology, files):
        yield Verification(
            f"systemd has {unit} {state}",
            f"systemctl {_VERBS[state]} {unit}.service",
            f"`{state}`: {reason}",
            ("unit_is", _VERBS[state], f"{unit}.service", state),
            (Origin("hagen", (), reason),),
        )
    yield from _files(topology, files)
    yield from _secrets(topology)
    yield from _folders(topology, files)


def _files(topology: Topology, files: tuple[Artifact, ...]) -> Iterator[Verification]:
    """Yield whether each file of a node is as it was made, and its owner and mode too: a link stands for its target."""
    for made in files:
        target = made.target
        if target is not None and target.nodes == topology.node_names:
            path, state = quote(target.path), f"{target.owner}:{target.group} {target.mode}"
            yield Verification(
                f"{target.path} is what hagen made",
                f"stat -L -c '%U:%G 0%a' {path}; sha256sum {path}",
                f"`{state}`, and the digest that `manifest.json` has for `{made.path}`",
                ("file_is", made.digest(), state, target.path),
                (Origin("hagen", (), f"the file is made as {made.path}"),),
            )


def _secrets(topology: Topology) -> Iterator[Verification]:
    """Yield whether the files that hold secrets are there, for root alone: what is in them is nobody's business here."""
    for file, origins in _kept(topology).items():
        yield Verification(
            f"{file} is there, for root alone",
            f"stat -L -c '%A %U %s' {quote(file)}",
            "a mode that begins with `-` and ends with `------`, then `root`, and a size that is not 0",
            ("for_root_alone", file),
            tuple(origins),
        )


def _kept(topology: Topology) -> Mapping[str, list[Origin]]:
    """Return the files that hold secrets, each with what puts it there."""
    kept: defaultdict[str, list[Origin]] = defaultdict(list)
    for device in topology.cluster.fencing.devices:
        for name, file in device.secrets.items():
            kept[file].append(Origin("topology", (*device.origin, "secrets", name)))
    if topology.cluster.password.file is not None:
        kept[topology.cluster.password.file].append(topology.cluster.origins["password"])
    if topology.proxy.stats is not None:
        kept[topology.platform.haproxy["environment"]].append(topology.proxy.stats.origins["password"])
    return kept


def _folders(topology: Topology, files: tuple[Artifact, ...]) -> Iterator[Verification]:
    """Yield whether nobody but root can put another file in the place of one of these. Source: namei(1)."""
    made = {each.target.path for each in files if each.target and each.target.nodes == topology.node_names}
    paths = sorted({*made, *_kept(topology)})
    if paths:
        yield Verification(
            "root alone may change the folders of all these files",
            f"namei -l {' '.join(map(quote, paths))} | "
            """awk '/^ *d/ && ($2 != "root" || $1 ~ /^d(....|.......)w/)'""",
            "no output; what it shows goes with `chown` and `chmod`",
            ("held_by_root", *paths),
            (Origin("hagen", (), "who may change a folder puts another file in the place of any in it"),),
        )


def _log(topology: Topology) -> Iterator[Verification]:
    """Yield whether rsyslog takes what HAProxy says. Source: proc(5), "/proc/net/unix"; ss(8)."""
    socket, port = topology.platform.log_socket, topology.platform.log_port
    origins = (Origin("platform", (topology.platform.name, "log")),)
    if socket is not None:
        yield Verification(
            "HAProxy's log is taken",
            f"grep {quote(f' {socket}$')} /proc/net/unix",
            f"a line that ends with `{socket}`: rsyslog listens there",
            ("listens_at", socket),
            origins,
        )
    if port is not None:
        yield Verification(
            "HAProxy's log is taken",
            f"ss -lnu | grep {quote(f' 127.0.0.1:{port} ')}",
            f"a line with `127.0.0.1:{port}`: rsyslog listens there",
            ("listens_on", f"127.0.0.1:{port}"),
            origins,
        )


def _firewall(topology: Topology, files: tuple[Artifact, ...]) -> Iterator[Verification]:
    """Yield whether the firewall does what its files say; where firewalld does not run, nothing is closed by it."""
    origins = (Origin("platform", (topology.platform.name, "firewall")),)
    made = {each.target.path for each in files if each.target and each.target.nodes == topology.node_names}
    table = "/etc/hagen/firewall.nft"
    if table in made:
        yield Verification(
            "the cluster's ports are closed to strangers",
            "nft list table inet hagen",
            f"exit code 0, and the sets, ports and drops of `{table}`",
            ("table_is_loaded", table),
            origins,
        )
    elif "/etc/firewalld/policies/hagen.xml" in made:
        yield Verification(
            "firewalld has hagen's policy",
            "firewall-cmd --get-policies",
            "`hagen` is among them, or firewalld does not run",
            ("firewalld_has", "--get-policies", "hagen"),
            origins,
        )
    elif services := [name for name in _SERVICES if f"/etc/firewalld/services/{name}.xml" in made]:
        yield Verification(
            "firewalld lets the cluster's services in",
            "firewall-cmd --list-services",
            f"{' and '.join(f'`{name}`' for name in services)} among them, or firewalld does not run",
            ("firewalld_has", "--list-services", *services),
            origins,
        )


def _units(topology: Topology, files: tuple[Artifact, ...]) -> Iterator[tuple[str, str, str]]:
    """Yield systemd's units, the state that each is to be in, and why."""
    units = ["pcsd", "corosync", "pacemaker"]
    if topology.cluster.corosync.device is not None:
        units.append("corosync-qdevice")
    if topology.cluster.fencing.sbd is not None:
        units.append("sbd")
    yield from ((unit, "enabled", "the node has to rejoin the cluster after a reboot") for unit in units)
    yield "pcsd", "active", "pcs on the other nodes commands this one through it"
    if any(each.path == "firewall/hagen-firewall.service" for each in files):
        yield "hagen-firewall", "enabled", "the cluster's ports are closed after a reboot too"
    yield "haproxy", "disabled", "Pacemaker starts HAProxy, so systemd must not"
