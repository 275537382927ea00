"""The distribution that the nodes run."""

from collections.abc import Mapping
from typing import Literal, NamedTuple


class Platform(NamedTuple):
    """A distribution, as `schema/platforms.yaml` describes it; the keys are explained there."""

    name: str
    title: str
    family: str
    versions: Mapping[str, str]
    install: str
    packages: tuple[str, ...]
    agents: Mapping[str, tuple[str, ...]]
    qdevice: str
    qnetd_packages: tuple[str, ...]
    qnetd_prepare: tuple[str, ...]
    qnetd_start: tuple[str, ...]
    qnetd_open: tuple[str, ...]
    sbd_packages: tuple[str, ...]
    sbd_unit: str
    remote_packages: tuple[str, ...]
    remote_unit: str
    remote_environment: str
    booth_packages: tuple[str, ...]
    repositories: tuple[str, ...]
    haproxy: Mapping[str, str]
    reload: tuple[str, ...]
    log_target: str
    log_socket: str | None
    log_port: int | None
    daemons: Mapping[str, int]
    selinux: tuple[str, ...]
    firewall: Literal["policy", "service", "nftables"]
    firewall_packages: tuple[str, ...]
    defers_files: bool
    ready_made: str | None
    kickstart: str | None

    @property
    def qnetd_commands(self) -> tuple[str, ...]:
        """The commands that make a host that is up one that quorum devices ask, its firewall included."""
        return (*self.qnetd_prepare, *self.qnetd_start, *self.qnetd_open)
