"""A node and its neighbour, in network namespaces: which ports a firewall lets through, and from where.

`reached` runs this file in a namespace of its own, which is the node. The neighbour is a child in another one, joined
by a pair of virtual interfaces, and connects from any address that a probe names.
"""

import contextlib
import ctypes
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import programs

_NEW_NET = 0x40000000
_PATIENCE_S = 2.5
"""Longer than the second after which IPv6 asks again for a neighbour."""


class Probe(NamedTuple):
    """An attempt to reach `port` of `address` over `protocol` from the address `source`."""

    protocol: str
    source: str
    address: str
    port: int


def reached(node: Iterable[str], phases: Sequence[tuple[Sequence[str], Sequence[Probe]]]) -> list[list[bool]]:
    """Return what was reached in each phase: a command is run on the node, whose addresses are `node`, then probes.

    Every probe's port has a listener, so that only a firewall can keep it from being reached.
    """
    programs.need("unshare", "ip")
    if os.geteuid() != 0 or programs.run("unshare", "--net", "true").code != 0:
        programs.missing("namespaces (unshare)")
    said = json.dumps([list(node), [[list(command), list(probes)] for command, probes in phases]])
    verdict = programs.run("unshare", "--net", sys.executable, __file__, stdin=said)
    answers: list[list[bool]] = json.loads(verdict.require().splitlines()[-1])
    return answers


def main() -> None:
    """Read addresses and phases from standard input, write what was reached to standard output."""
    node, phases = json.load(sys.stdin)
    probes = [Probe(*probe) for _, each in phases for probe in each]
    asked, ask = os.pipe()
    answered, answer = os.pipe()
    neighbour = os.fork()
    if neighbour == 0:
        os.close(ask)
        _neighbour(asked, answer)
    os.close(answer)
    os.read(answered, 1)  # it has its own namespace now
    _ip("link", "add", "lan", "type", "veth", "peer", "name", "lan", "netns", str(neighbour))
    _ip("link", "set", "lo", "up")
    _join(node)
    wanted = {(each.protocol, _version(each.address), each.port) for each in probes}
    listeners = [_listen(protocol, version, port) for protocol, version, port in wanted]
    results = []
    with os.fdopen(ask, "w") as questions, os.fdopen(answered) as answers:
        sources = sorted({probe.source for probe in probes})
        print(json.dumps(sources), file=questions, flush=True)
        answers.readline()
        for command, each in phases:
            subprocess.run(command, check=True)
            print(json.dumps(each), file=questions, flush=True)
            results.append(json.loads(answers.readline()))
    os.waitpid(neighbour, 0)
    for listener in listeners:
        listener.close()
    sys.stdout.write(json.dumps(results) + "\n")


def _neighbour(asked: int, answer: int) -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(_NEW_NET):
        os._exit(1)
    os.write(answer, b".")
    with os.fdopen(asked) as questions, os.fdopen(answer, "w") as answers:
        _join(json.loads(questions.readline()))
        print(flush=True, file=answers)
        for line in questions:
            with ThreadPoolExecutor(max_workers=32) as pool:
                found = list(pool.map(_succeeds, [Probe(*probe) for probe in json.loads(line)]))
            print(json.dumps(found), flush=True, file=answers)
    os._exit(0)


def _join(addresses: Sequence[str]) -> None:
    """Give the interface its addresses, all in one network each for IPv4 and IPv6, without waiting for duplicates."""
    for address in addresses:
        _ip(
            "address",
            "add",
            f"{address}/{24 if _version(address) == socket.AF_INET else 64}",
            "dev",
            "lan",
            "nodad",
        )
    _ip("link", "set", "lan", "up")


def _ip(*words: str) -> None:
    if "nodad" in words and ":" not in words[2]:
        words = words[:-1]
    subprocess.run(["ip", *words], check=True)


def _version(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _listen(protocol: str, version: int, port: int) -> socket.socket:
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    listener = socket.socket(version, kind)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if version == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind(("", port))
    if protocol == "tcp":
        listener.listen()
    else:
        threading.Thread(target=_echo, args=[listener], daemon=True).start()
    return listener


def _echo(listener: socket.socket) -> None:
    while True:
        data, sender = listener.recvfrom(64)
        listener.sendto(data, sender)


def _succeeds(probe: Probe) -> bool:
    kind = socket.SOCK_STREAM if probe.protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(_version(probe.address), kind) as client, contextlib.suppress(OSError):
        client.settimeout(_PATIENCE_S)
        client.bind((probe.source, 0))
        client.connect((probe.address, probe.port))
        if probe.protocol == "udp":
            client.send(b"?")
            client.recv(64)
        return True
    return False


if __name__ == "__main__":
    main()
