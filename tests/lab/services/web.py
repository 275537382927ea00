"""What a node of the lab answers on one port: its name to every HTTP request, and to every frame of a websocket.

It runs on the nodes, as `web.py PORT`, with nothing but Python's standard library. `/health` answers 200. A request that
asks for a websocket gets one (RFC 6455), where each text is sent back with the node's name before it.
"""

import asyncio
import base64
import hashlib
import socket
import struct
import sys

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
"""The kinds of frames that are spoken here."""

_MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_NODE = socket.gethostname()


def accept(key: str) -> str:
    """Return what a server answers to a client's `Sec-WebSocket-Key`."""
    return base64.b64encode(hashlib.sha1(f"{key}{_MAGIC}".encode(), usedforsecurity=False).digest()).decode()


def frame(kind: int, content: bytes, mask: bytes = b"") -> bytes:
    """Return a frame of at most 65535 bytes; a client has to give a mask of four bytes."""
    flag = 0x80 if mask else 0
    size = len(content)
    head = (
        bytes((0x80 | kind, flag | size))
        if size < 126
        else struct.pack(">BBH", 0x80 | kind, flag | 126, size)
    )
    return head + mask + _masked(content, mask)


async def receive(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return the kind and the content of the next frame."""
    first, second = await reader.readexactly(2)
    size = second & 0x7F
    if size == 126:
        (size,) = struct.unpack(">H", await reader.readexactly(2))
    mask = await reader.readexactly(4) if second & 0x80 else b""
    return first & 0x0F, _masked(await reader.readexactly(size), mask)


def _masked(content: bytes, mask: bytes) -> bytes:
    return bytes(byte ^ mask[at % 4] for at, byte in enumerate(content)) if mask else content


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    kind = TEXT
    while kind != CLOSE:
        kind, content = await receive(reader)
        if kind == TEXT:
            writer.write(frame(TEXT, f"{_NODE}: ".encode() + content))
        else:
            writer.write(frame(PONG if kind == PING else CLOSE, content))
        await writer.drain()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the requests of one connection until the client closes it."""
    while True:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        said = {
            name.strip().lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)
        }
        if said.get("upgrade", "").lower() == "websocket":
            head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            writer.write(f"{head}Sec-WebSocket-Accept: {accept(said['sec-websocket-key'])}\r\n\r\n".encode())
            await _talk(reader, writer)
            return
        await reader.readexactly(int(said.get("content-length", "0")))
        content = f"{_NODE}\n".encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {len(content)}\r\n\r\n"
        writer.write(head.encode() + (b"" if lines[0].startswith("HEAD ") else content))
        await writer.drain()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await _answer(reader, writer)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # the client has gone, as a check does when it knows enough
    finally:
        writer.close()


async def _main(port: int) -> None:
    server = await asyncio.start_server(_serve, host=None, port=port, backlog=512)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
