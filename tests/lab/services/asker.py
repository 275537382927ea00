"""Asks the lab's web service from outside, again and again: `python -m lab.services.asker URL`.

Each answer is said on standard output, one line of JSON: when it was asked for, on the clock of this machine, and the node
that answered, or null if none did within half a second.
"""

import json
import sys
import time
from http.client import HTTPException
from urllib.request import urlopen

_PAUSE_S = 0.02
_PATIENCE_S = 0.5


def _main(url: str) -> None:
    while True:
        began = time.monotonic()
        node: str | None
        try:
            with urlopen(url, timeout=_PATIENCE_S) as answer:  # noqa: S310  # the lab's own address
                node = answer.read().decode().strip()
        except (HTTPException, OSError):
            node = None
        sys.stdout.write(f"{json.dumps((began, node))}\n")
        sys.stdout.flush()
        time.sleep(_PAUSE_S)


if __name__ == "__main__":
    _main(sys.argv[1])
