"""A HAProxy that really runs, on the loopback interface: as a master with a worker, like the service of a node."""

import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import haproxies

PATIENCE_S = 20.0
"""How long anything may take on a busy machine before a test fails."""

_AGAIN_S = 1.0


class Running:
    """A HAProxy that runs: its master, and the file that its messages are in."""

    def __init__(self, master: subprocess.Popen[bytes], log: Path) -> None:
        """Take over a master that was just started."""
        self.master = master
        self.log = log

    def workers(self) -> set[int]:
        """Return the process ids of the workers; after a reload the old one stays until its connections end."""
        children = Path(f"/proc/{self.master.pid}/task/{self.master.pid}/children")
        return set(map(int, children.read_text().split()))

    def reload(self) -> int:
        """Let the master read its file again, and return the id of the new worker.

        A signal is lost while the master of 2.5 to 3.0 executes itself anew after its start, so it is repeated.
        """
        before = self.workers()
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            self.master.send_signal(signal.SIGUSR2)
            with suppress(TimeoutError):
                until(lambda: bool(self.workers() - before), _AGAIN_S)
                return max(self.workers() - before)
        raise AssertionError(f"no new worker: {self.log.read_text()}")

    def alive(self) -> bool:
        """Tell whether the master still runs."""
        return self.master.poll() is None


@contextmanager
def running(
    version: str,
    config: Path,
    *listening: tuple[str, int],
    env: Mapping[str, str] | None = None,
    node: str | None = None,
) -> Iterator[Running]:
    """Run a HAProxy until the block ends, which begins when the addresses in `listening` take connections.

    The configuration must not have `daemon`. Its messages go to a file beside it that ends in `.log`. `env` is the
    whole environment, or the test's own if there is none.
    """
    log = config.with_suffix(".log")
    named = () if node is None else ("-L", node)
    with log.open("w") as said:
        words = [*haproxies.argv(version), "-W", *named, "-f", config.absolute()]
        master = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=env)
    made = Running(master, log)

    def listens() -> bool:
        assert made.alive(), log.read_text()
        return all(_takes_connections(*address) for address in listening)

    try:
        until(listens)
        yield made
    finally:
        _end(made)


def until(holds: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Wait until something holds, or raise a TimeoutError."""
    deadline = time.monotonic() + patience_s
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"it did not come true in {patience_s} s")
        time.sleep(0.02)


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _takes_connections(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        return probe.connect_ex((address, port)) == 0


def _end(made: Running) -> None:
    """End the master, and with it the workers; its signal may be lost as well."""
    for _ in range(int(PATIENCE_S / _AGAIN_S)):
        made.master.terminate()
        with suppress(subprocess.TimeoutExpired):
            made.master.wait(_AGAIN_S)
            return
    made.master.kill()
    made.master.wait()
    raise AssertionError(f"it did not end: {made.log.read_text()}")
