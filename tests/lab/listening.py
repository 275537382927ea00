"""Which programs the lab's nodes start, and with which words, as whoever is on a node can read them in /proc."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lab import place

_PAUSE_S = 0.005
_LOOKS = 20
"""How often a new process is looked at: right after it was born it still has the words of its parent."""

_PROC = Path("/proc")


class Heard:
    """The argument lists that were seen, each as the words that were split by NUL."""

    def __init__(self) -> None:
        """Have seen nothing yet."""
        self.words: set[tuple[str, ...]] = set()

    def programs(self, name: str) -> list[tuple[str, ...]]:
        """Return the argument lists of one program."""
        return [words for words in self.words if Path(words[0]).name == name]


@contextmanager
def listening() -> Iterator[Heard]:
    """Look at every process that a host of the lab starts, until the block ends."""
    heard, done = Heard(), threading.Event()
    looker = threading.Thread(target=_look, args=(heard, done), daemon=True)
    looker.start()
    try:
        yield heard
    finally:
        done.set()
        looker.join()


def _look(heard: Heard, done: threading.Event) -> None:
    looks = dict.fromkeys(_processes(), 0)
    while not done.is_set():
        present = _processes()
        for process in present:
            left = looks.get(process, _LOOKS)
            if left:
                looks[process] = left - 1
                _read(process, heard)
        looks = {process: left for process, left in looks.items() if process in present}
        time.sleep(_PAUSE_S)


def _processes() -> set[str]:
    return {each.name for each in _PROC.iterdir() if each.name.isdecimal()}


def _read(process: str, heard: Heard) -> None:
    with suppress(OSError):
        if f"/{place.TAG}/" in (_PROC / process / "cgroup").read_text():
            words = (_PROC / process / "cmdline").read_bytes().decode(errors="replace").split("\0")
            if words[0]:
                heard.words.add(tuple(words))
