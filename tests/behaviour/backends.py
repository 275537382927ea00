"""Servers of a service that do as they are told: threads of the test."""

import base64
import hashlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Self

_LINGER_AT_ONCE = struct.pack("ii", 1, 0)
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_PROXY_V2 = b"\r\n\r\n\x00\r\nQUIT\n"


class Backend:
    """A server at one place. It says its name to whoever connects, and gives back what it is sent.

    `hangs` makes it take connections and answer nothing.
    """

    def __init__(self, name: str, address: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Listen, on every address if none is said, and speak TLS if there is a context for it."""
        self.name, self.place = name, (address, port)
        self._tls = tls
        self._listener: socket.socket | None = None
        self._fillers: list[socket.socket] = []
        self._open: set[socket.socket] = set()
        self.connections = 0
        self.hangs = False
        self.start()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Take connections, again or for the first time."""
        self.stop()
        if self.place[0]:
            self._listener = socket.create_server(self.place, backlog=64)
        else:
            both = socket.has_dualstack_ipv6()
            family = socket.AF_INET6 if both else socket.AF_INET
            self._listener = socket.create_server(self.place, family=family, dualstack_ipv6=both, backlog=64)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections, and end those that stand, as a process that is killed does."""
        if self._listener is not None:
            # A thread that waits in accept() would go on: shutting down wakes it.
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for each in (*self._open, *self._fillers):
            _reset(each)
        self._fillers.clear()

    def go_silent(self) -> None:
        """Answer nothing at all, not even a SYN, as if the host were gone: nobody takes what waits in a full queue."""
        self.stop()
        self._listener = socket.create_server(self.place, backlog=0)
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(self.place)
            self._fillers.append(filler)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._attend, args=(plain,), daemon=True).start()

    def _attend(self, plain: socket.socket) -> None:
        self._open.add(plain)
        talk = plain
        try:
            self._hang()
            talk = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            self._open.add(talk)
            self.converse(talk)
        except (OSError, ValueError):
            pass  # the other side went, or this one was stopped
        finally:
            self._open.discard(plain)
            self._open.discard(talk)
            talk.close()
            plain.close()

    def _hang(self) -> None:
        while self.hangs:
            threading.Event().wait(0.05)

    def converse(self, talk: socket.socket) -> None:
        """Speak with a client until it goes."""
        talk.sendall(f"{self.name}\n".encode())
        while said := talk.recv(65536):
            talk.sendall(said)


class Scripted(Backend):
    """A server of a protocol of which only the beginning is known: what it greets with, what it answers each time."""

    def __init__(self, name: str, address: str, port: int, greeting: bytes, answer: bytes) -> None:
        """Listen."""
        self._greeting, self._reply = greeting, answer
        super().__init__(name, address, port)

    def converse(self, talk: socket.socket) -> None:
        """Greet, then answer whatever is said."""
        talk.sendall(self._greeting)
        while talk.recv(65536):
            talk.sendall(self._reply)


class Proxied(Backend):
    """A server that wants the PROXY protocol, version 2, and says whom it was told of: `address port` of the client."""

    def converse(self, talk: socket.socket) -> None:
        """Say who the proxy says is there."""
        head = _exactly(talk, 16)
        assert head.startswith(_PROXY_V2), head
        rest = _exactly(talk, struct.unpack("!H", head[14:])[0])
        if head[12] & 0x0F:
            talk.sendall(f"{socket.inet_ntoa(rest[:4])} {struct.unpack('!H', rest[8:10])[0]}\n".encode())


class Request(NamedTuple):
    """A request as a server got it; names of headers are in small letters, in `headers` a name may come twice."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for each, value in self.headers if each == name.lower()]


class Web(Backend):
    """An HTTP server. It answers with its name and `status`, and keeps the requests that were no checks.

    A target that begins with `/status/` is answered with that code, one that ends with `/drip` slowly; a request to
    upgrade is granted, and then what comes is given back.
    """

    def __init__(
        self, name: str, address: str, port: int, tls: ssl.SSLContext | None = None, cookie: str | None = None
    ) -> None:
        """Listen; `cookie` is set in each answer."""
        self.status = 200
        self.requests: list[Request] = []
        self.checks: list[Request] = []
        self.more = threading.Event()
        self._cookie = cookie
        super().__init__(name, address, port, tls)

    def converse(self, talk: socket.socket) -> None:
        """Answer requests."""
        with talk.makefile("rb") as reader:
            while True:
                request = _request(reader.readline, reader.read)
                if request is None:
                    return
                check = request.target == "/health"
                (self.checks if check else self.requests).append(request)
                self._hang()
                if request.all("upgrade"):
                    self._upgrade(talk, request)
                    return
                if request.target.endswith("/drip"):
                    self._drip(talk)
                    continue
                self._answer(talk, request)

    def _answer(self, talk: socket.socket, request: Request) -> None:
        wanted = request.target.removeprefix("/status/") if request.target.startswith("/status/") else ""
        status = int(wanted) if wanted else self.status
        body = b"" if request.method == "HEAD" else self.name.encode()
        cookie = f"Set-Cookie: {self._cookie}\r\n" if self._cookie else ""
        head = f"HTTP/1.1 {status} as told\r\nContent-Length: {len(body)}\r\n{cookie}X-Server: {self.name}\r\n\r\n"
        talk.sendall(head.encode() + body)

    def _drip(self, talk: socket.socket) -> None:
        """Send a page of ten pieces, one every 100 ms, and the last when `more` is set."""
        talk.sendall(b"HTTP/1.1 200 as told\r\nContent-Length: 10\r\n\r\n")
        for number in range(9):
            talk.sendall(str(number).encode())
            threading.Event().wait(0.1)
        self.more.wait(20)
        talk.sendall(b"9")

    def _upgrade(self, talk: socket.socket, request: Request) -> None:
        key = request.all("sec-websocket-key")[0] + _GUID
        proof = base64.b64encode(hashlib.sha1(key.encode(), usedforsecurity=False).digest())
        head = "HTTP/1.1 101 as asked\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
        talk.sendall(head.encode() + proof + b"\r\n\r\n")
        while said := talk.recv(65536):
            talk.sendall(said)


def _request(line: Callable[[], bytes], read: Callable[[int], bytes]) -> Request | None:
    first = line().decode("latin-1").split()
    if not first:
        return None
    headers = []
    while (each := line().decode("latin-1").strip()) != "":
        name, _, value = each.partition(":")
        headers.append((name.lower(), value.strip()))
    length = int(dict(headers).get("content-length", 0))
    return Request(first[0], first[1], tuple(headers), read(length))


def _exactly(talk: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        part = talk.recv(size - len(got))
        if not part:
            raise OSError("cut short")
        got += part
    return got


def _reset(each: socket.socket) -> None:
    with suppress(OSError):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_AT_ONCE)
        each.shutdown(socket.SHUT_RDWR)
    with suppress(OSError):
        each.close()
