"""A client that asks for one page again and again until its standard input ends: asking.py EVERY PATIENCE URL.

It prints `outage FROM LAST TO` for each row of failed requests: when the first and the last of them were sent and when the
next one was answered, on the machine's monotonic clock, and in the end `requests NUMBER`.
"""

import http.client
import select
import sys
import time
from urllib.parse import urlsplit


def answered(host: str, port: int, path: str, patience: float) -> bool:
    """Tell whether one new connection is answered with status 200 in time."""
    connection = http.client.HTTPConnection(host, port, timeout=patience)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        answer = connection.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return answer.status == http.HTTPStatus.OK


def main(every: float, patience: float, url: str) -> None:
    """Ask until standard input ends."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 80
    since: float | None = None
    last = 0.0
    requests = 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        began = time.monotonic()
        requests += 1
        if answered(host, port, parts.path, patience):
            if since is not None:
                sys.stdout.write(f"outage {since} {last} {time.monotonic()}\n")
                since = None
        else:
            since, last = since or began, began
        time.sleep(max(0.0, every - (time.monotonic() - began)))
    if since is not None:
        sys.stdout.write(f"outage {since} {last} {time.monotonic()}\n")
    sys.stdout.write(f"requests {requests}\n")


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]), sys.argv[3])
