"""`pcs.sh`: makes the cluster, builds the wanted configuration offline and pushes only the difference.

Command forms are those that pcs 0.9 to 0.12 take alike where there is such a form; see the pcs changelogs at
https://github.com/ClusterLabs/pcs and "crm_diff" in Pacemaker's documentation.
"""

import json
from collections.abc import Iterable, Iterator

from hagen import membership
from hagen.artifact import Artifact, Line, Origin
from hagen.cib import Section, sections
from hagen.cib.policy import WATCHDOG_TIMEOUT, properties
from hagen.corosync_options import options
from hagen.dialect import dialect
from hagen.filters import quote
from hagen.model import Topology
from hagen.template import expand

_ALSO = {"write": ("read",), "full": ("grant", "read", "write")}
"""The rights that a right brings with it; pcsd writes them down too."""


def emit(topology: Topology, _made: tuple[Artifact, ...]) -> Iterator[Artifact]:
    """Yield `pcs.sh`."""
    cluster, platform = topology.cluster, topology.platform
    words = dialect(platform)
    name = (cluster.origins["name"],)
    password = (cluster.origins["password"],)
    nodes = (Origin("topology", ("nodes",)),)
    of_platform = (cluster.origins["platform"],)
    wanted = tuple(sections(topology))
    sbd = cluster.fencing.sbd
    text, origins = expand(
        "pcs.sh.j2",
        {
            "cluster": Line(quote(cluster.name), name),
            "nodes": Line(" ".join(map(quote, topology.node_names)), nodes),
            "platform": Line(platform.title, of_platform),
            "pcs": Line(platform.versions["pcs"], of_platform),
            "old": not words.hosts,
            "pcsd_status": Line(words.pcsd_status, of_platform),
            "password_env": cluster.password.env and Line(cluster.password.env, password),
            "password_file": cluster.password.file and Line(quote(cluster.password.file), password),
            "ready_made": platform.ready_made
            and Line(platform.ready_made, (Origin("platform", (platform.name, "ready_made")),)),
            "hosts": Line(
                " ".join(
                    [
                        '"${nodes[@]}"',
                        *([quote(cluster.corosync.device.host)] if cluster.corosync.device else []),
                    ]
                ),
                nodes,
            ),
            "auth": membership.auth(topology),
            "setup": membership.setup(topology),
            "options": options(topology),
            "device": membership.device(topology),
            "sbd": sbd is not None,
            "sbd_file": Line(
                "/etc/default/sbd" if platform.family == "debian" else "/etc/sysconfig/sbd", of_platform
            ),
            "sbd_command": membership.sbd(topology),
            "disks": membership.disks(topology),
            "watchdog_timeout": sbd and Line(str(sbd.watchdog_timeout), (sbd.origins["watchdog_timeout"],)),
            "msgwait_timeout": sbd and Line(str(sbd.msgwait_timeout), (Origin("topology", sbd.origin),)),
            "permissions": tuple(_permissions(topology)),
            "unexpanded": _unexpanded(wanted),
            "remotes": _remotes(topology),
            "watchdog": any(name == WATCHDOG_TIMEOUT for name, _, _ in properties(topology)),
            "sections": wanted,
        },
    )
    yield Artifact("pcs.sh", text, 0o755, origins, None)


def _remotes(topology: Topology) -> Line | None:
    """Return the names of the remote nodes and guests; None if there are none."""
    found = [(each.name, each.origin) for each in topology.resources.remotes]
    found += [(each.guest.name, each.guest.origin) for each in topology.resources.primitives if each.guest]
    if not found:
        return None
    return Line(
        " ".join(quote(name) for name, _ in found), tuple(Origin("topology", origin) for _, origin in found)
    )


def _permissions(topology: Topology) -> Iterator[Line]:
    """Yield an entry of pcsd's file for each user and group that may give it orders."""
    for each in topology.cluster.permissions:
        allow = sorted({*each.allow, *(also for right in each.allow for also in _ALSO.get(right, ()))})
        entry = {"type": each.kind, "name": each.name, "allow": allow}
        yield Line(f"{json.dumps(entry)},", (Origin("topology", each.origin),))


def _unexpanded(sections: Iterable[Section]) -> Line | None:
    """Return a word to shellcheck where values of the topology look like expansions that bash is not to make."""
    if not any(
        character in line.text[:-2] for section in sections for line in section.lines for character in "$`\\"
    ):
        return None
    reason = (
        "values of the topology are data: what looks like an expansion in single quotes is meant literally"
    )
    return Line("# shellcheck disable=SC2016,SC1003", (Origin("hagen", (), reason),))
