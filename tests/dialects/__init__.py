"""The dialects of pcs: which there are, and on which Debian suite each is run.

`roots` unpacks the suites, `node` runs a pcs script in one of them, `meaning` compares what the dialects made.
"""

from typing import NamedTuple

from topologies import ROOT

PLACE = ROOT / ".cache" / "dialects"
"""Where the roots are kept between runs."""


class Dialect(NamedTuple):
    """A dialect of pcs: the Debian suite that has it, the platform of hagen's that this is, and the version.

    `agents` are the packages of the suite that the fence agents are in.
    """

    suite: str
    platform: str
    pcs: str
    agents: tuple[str, ...]

    def __str__(self) -> str:
        """Return how a test calls it."""
        return f"pcs {self.pcs} ({self.suite})"


ALL = (
    Dialect("bullseye", "debian11", "0.10.8", ("fence-agents", "fence-virt")),
    Dialect("bookworm", "debian12", "0.11.5", ("fence-agents", "fence-virt")),
    # Here `fence-agents` would bring the libraries of every cloud: two gigabytes.
    Dialect(
        "trixie",
        "debian13",
        "0.12.0",
        (
            "fence-agents-apc",
            "fence-agents-apc-snmp",
            "fence-agents-heuristics-ping",
            "fence-agents-ilo-ssh",
            "fence-agents-ipmilan",
            "fence-agents-kdump",
            "fence-agents-mpath",
            "fence-agents-redfish",
            "fence-agents-rhevm",
            "fence-agents-sbd",
            "fence-agents-scsi",
            "fence-agents-virsh",
            "fence-agents-vmware-rest",
            "fence-agents-vmware-soap",
            "fence-virt",
        ),
    ),
)
"""Every dialect that a Debian suite has, the oldest first."""
