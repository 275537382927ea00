"""Resolve platforms: what `schema/platforms.yaml` says of a distribution."""

from typing import Any

from hagen import resources
from hagen.model import Platform
from hagen.resolve.reading import Reading


def platform(reading: Reading) -> Platform:
    """Return the distribution that the nodes run."""
    return known_platform(reading.data["cluster"]["platform"])


def known_platform(name: str) -> Platform:
    """Return what is known of the platform `name`; one that is not known is a KeyError."""
    table: Any = resources.data(resources.PLATFORMS)
    facts = table[name]
    qnetd, log, firewall = facts["qnetd"], facts["log"], facts["firewall"]
    return Platform(
        name=name,
        title=facts["title"],
        family=facts["family"],
        versions=facts["versions"],
        install=facts["install"],
        packages=tuple(facts["packages"]),
        agents={package: tuple(agents) for package, agents in facts["agents"].items()},
        qdevice=facts["qdevice"],
        qnetd_packages=tuple(qnetd["packages"]),
        qnetd_prepare=tuple(qnetd["prepare"]),
        qnetd_start=tuple(qnetd["start"]),
        qnetd_open=tuple(qnetd["open"]),
        sbd_packages=tuple(facts["sbd"]["packages"]),
        sbd_unit=facts["sbd"]["unit"],
        remote_packages=tuple(facts["remote"]["packages"]),
        remote_unit=facts["remote"]["unit"],
        remote_environment=facts["remote"]["environment"],
        booth_packages=tuple(facts["booth"]),
        repositories=tuple(facts["repositories"]),
        haproxy=facts["haproxy"],
        reload=tuple(facts["reload"]),
        log_target=log["target"],
        log_socket=log["socket"],
        log_port=log["port"],
        daemons=facts["daemons"],
        selinux=tuple(facts["selinux"]),
        firewall=firewall["form"],
        firewall_packages=tuple(firewall["packages"]),
        defers_files=facts["cloud_init"]["defer"],
        ready_made=facts["ready_made"],
        kickstart=facts["kickstart"],
    )


def platform_names() -> tuple[str, ...]:
    """Return the names of all platforms."""
    table: Any = resources.data(resources.PLATFORMS)
    return tuple(table)
