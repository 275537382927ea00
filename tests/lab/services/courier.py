"""Sends or takes messages of the lab's RabbitMQ from outside: `python -m lab.services.courier send|take ADDRESS PORT QUEUE`.

What was confirmed to the sender, and what the taker got, is said on standard output, one line of JSON each: the number
of the message, and when, on the clock of this machine. A connection that is ended is made anew; a message that was not
confirmed is sent again.
"""

import json
import logging
import sys
import time
from typing import Any

import pika
from pika.exceptions import AMQPError

from lab.services import messages

_PAUSE_S = 0.02


def _channel(address: str, port: int, queue: str) -> Any:
    given = pika.ConnectionParameters(
        host=address,
        port=port,
        credentials=pika.PlainCredentials(messages.USER, messages.PASSWORD),
        heartbeat=10,
        socket_timeout=2,
        stack_timeout=4,
        blocked_connection_timeout=4,
    )
    channel = pika.BlockingConnection(given).channel()
    channel.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
    return channel


def _send(channel: Any, queue: str, number: int) -> int:
    """Send messages from `number` on until the connection ends; return the number that was not confirmed."""
    persistent = pika.BasicProperties(delivery_mode=2)
    channel.confirm_delivery()
    while True:
        try:
            channel.basic_publish("", queue, str(number).encode(), persistent, mandatory=True)
        except (AMQPError, OSError):
            return number
        _say(number, time.monotonic())
        number += 1
        time.sleep(_PAUSE_S)


def _take(channel: Any, queue: str) -> None:
    """Take messages until the connection ends."""
    for method, _, content in channel.consume(queue):
        _say(int(content), time.monotonic())
        channel.basic_ack(method.delivery_tag)


def _main(way: str, address: str, port: int, queue: str) -> None:
    logging.disable()  # pika says a lot of each connection that ends
    number = 1
    while True:
        try:
            channel = _channel(address, port, queue)
            if way == "send":
                number = _send(channel, queue, number)
            else:
                _take(channel, queue)
        except (AMQPError, OSError):
            time.sleep(_PAUSE_S)


def _say(*what: object) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
