"""How long nothing answered, as a client sees it: one new request every 100 ms, each with half a second to be answered."""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from lab import network
from lab.table import CLIENT

EVERY_S = 0.1
"""How often a request begins, unless the one before takes longer."""
PATIENCE_S = 0.5
"""How long a request may take until it counts as lost."""

_SOURCE = Path(__file__).with_name("asking.py")


class Outage(NamedTuple):
    """Requests that failed in a row: when the first and the last were sent, when the next was answered, on the monotonic clock."""

    begin: float
    last: float
    end: float


class Seen(NamedTuple):
    """What a client saw of one address."""

    url: str
    outages: tuple[Outage, ...]
    requests: int

    @property
    def longest(self) -> float:
        """The longest time without an answer, in seconds; 0 if every request was answered."""
        return max((each.end - each.begin for each in self.outages), default=0.0)

    @property
    def now_and_then(self) -> float:
        """The time in which requests were sent that failed, be it one in three, in seconds; 0 if every one was answered."""
        return self.outages[-1].last - self.outages[0].begin if self.outages else 0.0


class Watch:
    """Requests that go on in the background, to one address."""

    def __init__(self, url: str, process: subprocess.Popen[str]) -> None:
        """Take over the process that asks."""
        self.url = url
        self._process = process
        self._seen: Seen | None = None

    def stop(self) -> Seen:
        """End the requests and return what they saw; an outage that lasts counts up to now."""
        if self._seen is None:
            out, _ = self._process.communicate("", timeout=30)
            lines = [line.split() for line in out.splitlines()]
            outages = tuple(Outage(*map(float, words[1:])) for words in lines if words[0] == "outage")
            (requests,) = (int(words[1]) for words in lines if words[0] == "requests")
            self._seen = Seen(self.url, outages, requests)
        return self._seen


@contextmanager
def watching(*urls: str) -> Iterator[list[Watch]]:
    """Ask addresses again and again until the block ends, each from a process of its own, which the first answer opens."""
    command = (*network.inside(CLIENT.name), "python3", str(_SOURCE), str(EVERY_S), str(PATIENCE_S))
    watches = [
        Watch(
            url,
            subprocess.Popen([*command, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True),
        )
        for url in urls
    ]
    try:
        # The first requests are answered before anything is broken.
        time.sleep(1)
        yield watches
    finally:
        for watch in watches:
            watch.stop()


def worst(watches: list[Watch]) -> float:
    """Return the longest outage that any of the watches saw."""
    return max(watch.stop().longest for watch in watches)


def url(address: str, port: int = 80, path: str = "/") -> str:
    """Return the URL of an address."""
    host = f"[{address}]" if re.search(":", address) else address
    return f"http://{host}:{port}{path}"
