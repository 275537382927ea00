"""Holds a websocket to the lab from outside: `python -m lab.services.caller ADDRESS PORT`.

It sends a text ten times a second. Each answer is said on standard output, one line of JSON: when it was there, on the clock
of this machine, and the node that answered; null where the connection ended, after which there is another one.
"""

import asyncio
import json
import os
import sys
import time
from itertools import count

from lab.services import web

_PAUSE_S = 0.1
PATIENCE_S = 2.0
"""How long an answer may take until the connection counts as dead."""
_KEY = "dGhlIGxhYiBhc2tzLi4uLg=="


async def _open(address: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(address, port)
    asked = (
        f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {_KEY}"
    )
    writer.write(f"GET /talk HTTP/1.1\r\nHost: {address}\r\n{asked}\r\n\r\n".encode())
    answer = (await reader.readuntil(b"\r\n\r\n")).decode()
    if not answer.startswith("HTTP/1.1 101") or web.accept(_KEY) not in answer:
        writer.close()
        raise ConnectionError(answer)
    return reader, writer


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> str:
    """Send a text, and return the node that sends it back."""
    writer.write(web.frame(web.TEXT, str(number).encode(), mask=os.urandom(4)))
    await writer.drain()
    kind, content = await web.receive(reader)
    node, _, echo = content.decode().partition(": ")
    if (kind, echo) != (web.TEXT, str(number)):
        raise ConnectionError(content)
    return node


async def _call(address: str, port: int) -> None:
    """Talk over one websocket until it ends, or is silent."""
    reader, writer = await asyncio.wait_for(_open(address, port), PATIENCE_S)
    try:
        for number in count(1):
            _say(await asyncio.wait_for(_exchange(reader, writer, number), PATIENCE_S))
            await asyncio.sleep(_PAUSE_S)
    finally:
        writer.close()


async def _main(address: str, port: int) -> None:
    while True:
        try:
            await _call(address, port)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            _say(None)
            await asyncio.sleep(_PAUSE_S)


def _say(node: str | None) -> None:
    sys.stdout.write(f"{json.dumps((time.monotonic(), node))}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1], int(sys.argv[2])))
