"""The system that every host of the lab starts from: Debian 12 with what a node needs, and the services of the lab.

Nothing of the packages is changed: Debian enables and starts what it installs, as on a host that was just made.
"""

import sys
from typing import Any

import yaml

from dialects import roots
from dialects.roots import Bare
from hagen.pipeline import compile_source
from hagen.source import Source
from lab.table import NODES, TOPOLOGY
from topologies import ROOT

_SYSTEM = (
    "apt",
    "ca-certificates",
    "dbus",
    "iproute2",
    "iputils-arping",
    "iputils-ping",
    "kmod",
    "less",
    "netbase",
    "procps",
    "psmisc",
    "python3",
    "sudo",
    "systemd",
    "systemd-sysv",
)
"""What makes a host of a root."""

_TOOLS = ("cloud-init", "openipmi", "openssh-server", "socat")
"""What prepares a host, and plays the BMCs (ipmi_sim comes with openipmi). What nodes need is not here: hagen has to know it."""

_SERVICES = ("galera-4", "mariadb-backup", "mariadb-server", "rabbitmq-server", "rsync")
"""What the lab puts behind the proxy."""


def _of_the_artifacts() -> tuple[str, ...]:
    """Return the packages that cloud-init is told to install on a node, and those of the quorum device's host."""
    facts: Any = yaml.safe_load((ROOT / "schema/platforms.yaml").read_text())["debian12"]
    made = compile_source(Source("topology.yml", TOPOLOGY.read_bytes())).artifacts
    (text,) = (each.text for each in made if each.path == f"cloud-init/{NODES[0]}.yaml")
    return (*yaml.safe_load(text)["packages"], *facts["qnetd"]["packages"])


HOST = Bare(
    "lab",
    "bookworm",
    tuple(sorted({*_SYSTEM, *_TOOLS, *_SERVICES, *_of_the_artifacts()})),
    "the hosts of the lab",
)
"""The root of every host."""

_ON_THIS_MACHINE = {
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "curl": "curl",
    "ssh": "openssh-client",
}
"""What starts the hosts, connects them and asks them, with the packages that have it."""


if __name__ == "__main__":
    sys.exit(roots.main((HOST,), _ON_THIS_MACHINE))
