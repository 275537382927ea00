"""The system that every host of the lab starts from: Debian 12 with what a node needs, and the services of the lab.

Nothing of the packages is changed: Debian enables and starts what it installs, as on a host that was just made.
"""

import sys
from typing import Any

import yaml

from dialects import roots
from dialects.roots import Bare
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

_TOOLS = ("cloud-init", "curl", "ipmitool", "openipmi", "openssh-server", "socat")
"""What prepares a host, asks it and fences it; ipmi_sim, the lab's BMC, comes with openipmi."""

_SERVICES = ("galera-4", "mariadb-backup", "mariadb-server", "rabbitmq-server", "rsync")
"""What the lab puts behind the proxy."""


def _of_the_platform() -> tuple[str, ...]:
    """Return the packages that hagen's own table of platforms says that the hosts need."""
    facts: Any = yaml.safe_load((ROOT / "schema/platforms.yaml").read_text())["debian12"]
    return (*facts["packages"], facts["qdevice"], *facts["qnetd"]["packages"], *facts["firewall"]["packages"])


HOST = Bare(
    "lab",
    "bookworm",
    tuple(sorted({*_SYSTEM, *_TOOLS, *_SERVICES, *_of_the_platform()})),
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
