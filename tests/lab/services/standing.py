"""What HAProxy says of its servers, and what CHECKLIST.md says of the time until it knows."""

import csv
import re
import time
from typing import NamedTuple

import lab
from lab import client, table
from lab.host import Host
from lab.place import until as awaited

_USER = "admin"
_PORT = 1080
_PAUSE_S = 0.05


class Bounds(NamedTuple):
    """How long HAProxy uses a server at most that refuses, is silent, or hangs, in seconds; None: it never notices."""

    refuses: float
    silent: float
    hangs: float | None


def bounds(checklist: str, service: str) -> Bounds:
    """Return what CHECKLIST.md states for a service."""
    row = re.search(rf"^\| {re.escape(service)} \| (.*) \|$", checklist, re.MULTILINE)
    assert row, f"CHECKLIST.md has no row for {service}"
    refuses, silent, hangs = (_seconds(cell) for cell in row[1].split(" | "))
    assert refuses is not None
    assert silent is not None
    return Bounds(refuses, silent, hangs)


class GivenUp(NamedTuple):
    """When HAProxy stopped using a server, on the wall clock, and how many seconds its last check took."""

    at: float
    check_s: float


def given_up(proxy: Host, server: str, since: float) -> GivenUp | None:
    """Return what the HAProxy of a node has said in its log about giving up `SERVICE/NAME` since a moment, if it has.

    Source: HAProxy's Management Guide, "Server state changes", and its log: "Server s/n is DOWN, reason: …, check duration: 3ms."
    """
    asked = ("journalctl", "--quiet", "--no-pager", "--output=short-unix", "--identifier=haproxy")
    wanted = (f"--since=@{int(since)}", f"--grep=Server {server} is DOWN")
    for line in proxy.run(*asked, *wanted, check=False).out.splitlines():
        at = float(line.split()[0])
        took = re.search(r"check duration: (\d+)ms", line)
        if at >= since and took:
            return GivenUp(at, int(took[1]) / 1000)
    return None


def until_given_up(proxy: Host, server: str, since: float, seconds: float) -> GivenUp:
    """Wait until HAProxy has given a server up."""
    found: list[GivenUp] = []

    def said() -> bool:
        found.extend(filter(None, [given_up(proxy, server, since)]))
        return bool(found)

    awaited(said, seconds, f"{server} to be given up")
    return found[0]


def status(proxy: Host, password: str, service: str, server: str) -> str:
    """Return what the HAProxy of a node says of a server of a service, as `UP`, `DOWN` or `UP 1/2`."""
    url = f"http://{table.HOSTS[proxy.name].main}:{_PORT}/;csv"
    # The password is on standard input: it is in no list of processes.
    config = f'user = "{_USER}:{password}"\n'
    text = client.run("curl", "--silent", "--fail", "--max-time", "2", "--config", "-", url, stdin=config).out
    for row in csv.DictReader(text.removeprefix("# ").splitlines()):
        if (row["pxname"], row["svname"]) == (service, server):
            return row["status"]
    raise lab.FailedError(f"the HAProxy of {proxy} knows no {service}/{server}")


def until(wanted: str, proxy: Host, password: str, service: str, server: str, seconds: float) -> float:
    """Wait until the HAProxy of a node says of a server what is wanted, and return when that was, on the monotonic clock."""
    began = time.monotonic()
    while (found := status(proxy, password, service, server)) != wanted:
        if time.monotonic() - began > seconds:
            raise AssertionError(f"{service}/{server} is {found} after {seconds:g} s, not {wanted}")
        time.sleep(_PAUSE_S)
    return time.monotonic()


def _seconds(cell: str) -> float | None:
    """Return a time of the table; words stand where there is none."""
    found = re.fullmatch(r"(?:(\d+) min )?(?:([\d.]+) s)?", cell)
    if not found or not cell:
        return None
    return 60 * float(found[1] or 0) + float(found[2] or 0)
