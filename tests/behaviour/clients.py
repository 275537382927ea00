"""Who comes to the proxies."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import NamedTuple

TIMEOUT_S = 10.0
"""How long a client waits at most."""


class Reply(NamedTuple):
    """An HTTP answer; names of headers are in small letters."""

    status: int
    headers: dict[str, str]
    body: str


@contextmanager
def connected(
    place: tuple[str, int], *, source: str = "", tls: ssl.SSLContext | None = None, name: str | None = None
) -> Iterator[socket.socket]:
    """Connect from the address `source`; with TLS the server is called `name`."""
    with socket.create_connection(place, TIMEOUT_S, (source, 0)) as plain:
        if tls is None:
            yield plain
            return
        with tls.wrap_socket(plain, server_hostname=name) as wrapped:
            yield wrapped


def get(
    place: tuple[str, int],
    target: str = "/",
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    body: str = "",
    source: str = "",
    tls: ssl.SSLContext | None = None,
    name: str | None = None,
) -> Reply:
    """Ask once. The target goes out as it is, letter by letter; no Host is sent but what `headers` say."""
    with connected(place, source=source, tls=tls, name=name) as talk:
        return request(talk, target, {"Connection": "close", **(headers or {})}, method=method, body=body)


def request(
    talk: socket.socket,
    target: str = "/",
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    body: str = "",
) -> Reply:
    """Ask on a connection that stands."""
    send(talk, target, headers, method=method, body=body)
    with HTTPResponse(talk, method=method) as answer:
        answer.begin()
        found = {key.lower(): value for key, value in answer.getheaders()}
        return Reply(answer.status, found, answer.read().decode())


def send(
    talk: socket.socket,
    target: str = "/",
    headers: Mapping[str, str] | None = None,
    *,
    method: str = "GET",
    body: str = "",
) -> None:
    """Send a request, and do not wait for its answer."""
    said = {"Host": "any.test", **({"Content-Length": str(len(body))} if body else {}), **(headers or {})}
    lines = "".join(f"{key}: {value}\r\n" for key, value in said.items())
    talk.sendall(f"{method} {target} HTTP/1.1\r\n{lines}\r\n{body}".encode("latin-1"))


def line(place: tuple[str, int], *, source: str = "") -> str:
    """Return the first line of whoever answers there; empty if the connection is closed at once."""
    try:
        with connected(place, source=source) as talk:
            return first(talk)
    except ConnectionError:
        return ""


def first(talk: socket.socket) -> str:
    """Return the next line on a connection."""
    got = b""
    while not got.endswith(b"\n"):
        part = talk.recv(1)
        if not part:
            break
        got += part
    return got.decode().strip()


def is_open(talk: socket.socket) -> bool:
    """Tell whether a connection to a server that gives back what it is sent still does."""
    try:
        talk.sendall(b"still there\n")
        return first(talk) == "still there"
    except OSError:
        return False
