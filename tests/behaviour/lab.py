"""Topologies of loopback addresses, compiled and run."""

import json
import os
import re
import socket
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from hagen import Source, compile_source, resources
from hagen.detection import Detection, detections
from hagen.diagnostic import Diagnostic, has_errors
from hagen.model import Service, Topology
from haproxies import process
from haproxies.process import Running, until

OWN = "2.6"
"""The HAProxy that runs what does not depend on the version."""

SLACK_S = 0.6
"""What a busy machine may take besides: for HAProxy to be woken, for the test to look."""

_SUBNET = f"127.{1 + os.getpid() // 250 % 250}.{1 + os.getpid() % 250}"
_SEEN = f"10.{_SUBNET.partition('.')[2]}"
_PORTS = count(20001)
_WHOLE_NODE = re.compile(r"^    (?:daemon|(?:chroot|user|group|pidfile) .*)\n", re.MULTILINE)
_SIDES = {"FRONTEND", "BACKEND"}
_SHORT = {"inter": "200ms", "fall": 3, "rise": 2}
_TIMEOUTS = {"check": "300ms", "connect": "2s", "client": "5s", "server": "5s"}


def address(host: int) -> str:
    """Return an address of the loopback interface that no other test process uses."""
    return f"{_SUBNET}.{host}"


NODES = {f"n{number}": address(10 + number) for number in (1, 2, 3)}
"""The nodes of every topology, with their addresses."""

VIP, OTHER_VIP = address(21), address(22)
"""The addresses of the VIPs `main` and `other`."""


def port() -> int:
    """Return a port below the ephemeral ones that no test has used before."""
    return next(_PORTS)


def check(kind: str = "http", **said: Any) -> dict[str, Any]:
    """Return a check that is over soon: what is not `said` is short."""
    if kind == "http":
        said.setdefault("http", {"method": "GET", "path": "/health"})
    return {"type": kind, **_SHORT, **said}


def document(
    services: Mapping[str, Any],
    *,
    proxy: Mapping[str, Any] | None = None,
    frontends: Mapping[str, Any] | None = None,
    version: str = OWN,
) -> dict[str, Any]:
    """Return a topology of loopback addresses for the platform of a HAProxy."""
    return {
        "hagen": 1,
        "cluster": {
            "name": "loopback",
            "platform": _platform(version),
            "purpose": "lab",
            "fencing": {"enabled": False, "reason": "nothing here can be fenced"},
        },
        "networks": {"loop": {"cidr": f"{_SUBNET}.0/24"}},
        "nodes": {name: {"addresses": {"loop": where}} for name, where in NODES.items()},
        "vips": {
            "main": {"address": VIP, "network": "loop"},
            "other": {"address": OTHER_VIP, "network": "loop"},
        },
        "proxy": {"timeouts": _TIMEOUTS, "stats_socket": {"level": "admin"}, **(proxy or {})},
        "frontends": dict(frontends or {}),
        "services": dict(services),
    }


def moved(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a topology whose VIP `main` has the address of the other one, so that two proxies can run side by side."""
    vips: dict[str, Any] = data["vips"]
    return {**data, "vips": {"main": vips["other"], "other": vips["main"]}}


def _platform(version: str) -> str:
    """Return the platform whose HAProxy is the newest that is not newer than `version`."""

    def number(text: str) -> tuple[int, ...]:
        return tuple(map(int, text.split(".")))

    platforms: Any = resources.data("schema/platforms.yaml")
    own = {name: number(each["versions"]["haproxy"]) for name, each in platforms.items()}
    newest: str = max(
        (name for name in own if own[name] <= number(version)), key=lambda name: (own[name], name)
    )
    return newest


class Made(NamedTuple):
    """What a topology compiled to."""

    topology: Topology
    config: str


def compiled(data: Mapping[str, Any]) -> Made:
    """Compile a topology, which must be sound; hagen takes no loopback addresses, so it sees others."""
    text = json.dumps(data, indent=1).replace(f"{_SUBNET}.", f"{_SEEN}.")
    result = compile_source(Source("topology.yml", text.encode()))
    assert not has_errors(result.diagnostics), "\n".join(map(_said, result.diagnostics))
    assert result.topology is not None
    (config,) = (each.text for each in result.artifacts if each.path == "haproxy.cfg")
    return Made(result.topology, config.replace(f"{_SEEN}.", f"{_SUBNET}."))


def _said(each: Diagnostic) -> str:
    return f"{each.code.id} {each.message}"


class Proxy:
    """A HAProxy that runs a topology."""

    def __init__(self, made: Made, running: Running, config: Path, admin: Path) -> None:
        """Take over a HAProxy that was just started."""
        self.made, self.running, self.config, self._admin = made, running, config, admin

    def ask(self, command: str) -> str:
        """Return what HAProxy answers to a command at its socket, as `socat` would."""
        with socket.socket(socket.AF_UNIX) as talk:
            talk.settimeout(process.PATIENCE_S)
            talk.connect(str(self._admin))
            talk.sendall(f"{command}\n".encode())
            return b"".join(iter(lambda: talk.recv(65536), b"")).decode()

    def answers(self) -> bool:
        """Tell whether a worker takes commands."""
        assert self.running.alive(), self.running.log.read_text()
        try:
            return "Version" in self.ask("show info")
        except OSError:
            return False

    def states(self, service: str) -> dict[str, str]:
        """Return the state of each server of a service as the stats page has it, `UP` and `DOWN` without details."""
        return {row["svname"]: row["status"].split(" ")[0] for row in self._servers(service)}

    def checked(self, service: str) -> bool:
        """Tell whether each server of a service was checked, and found good."""
        return all(row["status"] == "UP" and "OK" in row["check_status"] for row in self._servers(service))

    def _servers(self, service: str) -> list[dict[str, str]]:
        head, *lines = self.ask("show stat").removeprefix("# ").strip().splitlines()
        rows = [dict(zip(head.split(","), line.split(","), strict=False)) for line in lines]
        return [row for row in rows if row["pxname"] == service and row["svname"] not in _SIDES]

    def waits(self, service: str, server: str, state: str, patience_s: float = process.PATIENCE_S) -> float:
        """Wait until a server has a state, and return how many seconds that took."""
        return timed(lambda: self.states(service)[server] == state, patience_s)

    def detection(self, service: str) -> Detection:
        """Return what the checklist says of the service's checks."""
        (found,) = (each for each in detections(self.made.topology) if each.service == service)
        return found

    def bound(self, service: str, death: str) -> float:
        """Return after how many seconds at most a server that is `refused`, `silent` or `hung` is left."""
        found: float | None = getattr(self.detection(service), death)
        assert found is not None
        return found

    def service(self, name: str) -> Service:
        """Return a service of the topology."""
        (found,) = (each for each in self.made.topology.services if each.name == name)
        return found


def timed(holds: Callable[[], bool], patience_s: float = process.PATIENCE_S) -> float:
    """Wait until something holds, and return how many seconds that took."""
    start = time.monotonic()
    until(holds, patience_s)
    return time.monotonic() - start


@contextmanager
def running(
    data: Mapping[str, Any],
    folder: Path,
    *,
    version: str = OWN,
    env: Mapping[str, str] | None = None,
    node: str = "n1",
) -> Iterator[Proxy]:
    """Run what a topology compiles to as one of its nodes, until the block ends."""
    made = compiled(data)
    # The path of a socket may have about a hundred letters, which a folder of pytest's can exceed.
    with tempfile.TemporaryDirectory(prefix="hg") as short:
        admin = Path(short) / "admin.sock"
        config = folder / f"{node}.cfg"
        config.write_text(runnable(made.config, admin))
        with process.running(version, config, env={**os.environ, **(env or {})}, node=node) as started:
            proxy = Proxy(made, started, config, admin)
            until(proxy.answers)
            yield proxy


def runnable(config: str, admin: Path) -> str:
    """Return a configuration without what belongs to the service of a whole node, and with its socket at `admin`."""
    return re.sub(r"(?<=stats socket )\S+", str(admin), _WHOLE_NODE.sub("", config))
