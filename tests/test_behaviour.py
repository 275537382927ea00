"""What hagen compiles behaves as the schema and the checklist say: real HAProxies between real servers and clients.

Every bound comes from `hagen.detection`, as the checklist states it. Each test prints what it measured (`pytest -rP`
shows it) and records it as a property of the test.
"""

import json
import socket
import ssl
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

import programs
from behaviour import clients, lab
from behaviour.backends import Backend, Proxied, Scripted, Web
from behaviour.clients import get
from behaviour.lab import NODES, OTHER_VIP, SLACK_S, VIP, address, check, document, port, running, timed
from haproxies import VERSIONS, tls
from haproxies.process import free_ports, until

every = pytest.mark.parametrize("version", VERSIONS)
Say = Callable[[str, object], None]

ONE = {"nodes": ["n1"]}
STRANGER = address(66)
NASTY = "50% off, `all` here; %[src] ${HOME} # no comment"
"""What a value may have that HAProxy could take for its own language."""


@pytest.fixture
def say(record_property: Callable[[str, object], None]) -> Say:
    """Return what tells and records what was measured."""

    def told(name: str, value: object) -> None:
        text = f"{value:.2f} s" if isinstance(value, float) else value
        print(f"{name}: {text}")  # noqa: T201  pytest shows it
        record_property(name, text)

    return told


@contextmanager
def webs(at: int, *nodes: str, **said: Any) -> Iterator[dict[str, Web]]:
    """Run HTTP servers on nodes, on all of them if none is named."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(Web(name, NODES[name], at, **said)) for name in nodes or tuple(NODES)
        }


@contextmanager
def backends(at: int, *nodes: str) -> Iterator[dict[str, Backend]]:
    """Run TCP servers that say their names on nodes, on all of them if none is named."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(Backend(name, NODES[name], at)) for name in nodes or tuple(NODES)}


def web(at: int, **said: Any) -> dict[str, Any]:
    """Return an HTTP service of VIP `main`, with `servers` on port `at` of n1 and no check unless it is said."""
    servers = {**ONE, "port": at, "network": "loop", **said.pop("servers", {})}
    return {"vips": ["main"], "mode": "http", "check": {"type": "none"}, **said, "servers": servers}


# Checks, and what they find out


def test_a_server_that_fails_is_left_within_the_bounds_of_the_checklist(tmp_path: Path, say: Say) -> None:
    """By an HTTP check: an answer 503, a refused port, a daemon that hangs, a host that is gone; and all come back."""
    kinds = ("answers 503", "is refused", "hangs", "is silent")
    names = dict(zip(kinds, ("answers", "refused", "hung", "silent"), strict=True))
    with ExitStack() as stack:
        servers = {kind: stack.enter_context(Web(kind, NODES["n1"], port())) for kind in kinds}
        services = {
            names[kind]: web(server.place[1], port=port(), check=check()) for kind, server in servers.items()
        }
        proxy = stack.enter_context(running(document(services), tmp_path))
        until(lambda: all(proxy.checked(name) for name in names.values()))

        servers["answers 503"].status, servers["hangs"].hangs = 503, True
        servers["is refused"].stop()
        servers["is silent"].go_silent()
        # An answer that comes at once, though it is a bad one, costs what a refusal costs.
        bounds = {
            names[kind]: proxy.bound(names[kind], death)
            for kind, death in zip(kinds, ("refused", "refused", "hung", "silent"), strict=True)
        }
        left = reach(proxy, bounds, "DOWN")
        for kind, name in names.items():
            say(f"a server that {kind} is left, at most after {bounds[name]:.2f} s, after", left[name])
        assert exceeding(left, bounds) == {}

        servers["answers 503"].status, servers["hangs"].hangs = 200, False
        servers["is refused"].start()
        servers["is silent"].start()
        checks = {name: proxy.service(name).check for name in bounds}
        times = {name: check.rise * check.inter.seconds for name, check in checks.items()}
        back = reach(proxy, bounds, "UP")
        for kind, name in names.items():
            say(f"a server that {kind} is back after", back[name])
        assert exceeding(back, times) == {}
        assert get((VIP, services["answers"]["port"])).status == 200


def reach(proxy: lab.Proxy, services: Iterable[str], state: str) -> dict[str, float]:
    """Wait until the server of each service has a state, and return after how many seconds each had."""
    start, found = time.monotonic(), dict[str, float]()
    waiting = set(services)

    def look() -> bool:
        for name in waiting - found.keys():
            if proxy.states(name) == {"n1": state}:
                found[name] = time.monotonic() - start
        return found.keys() == waiting

    until(look)
    return found


def exceeding(took: Mapping[str, float], bounds: Mapping[str, float]) -> dict[str, str]:
    """Return what took longer than its bound."""
    return {
        name: f"{took[name]:.2f} s, at most {bound:.2f} s"
        for name, bound in bounds.items()
        if took[name] > bound + SLACK_S
    }


def test_a_tcp_check_does_not_see_what_an_http_check_sees(tmp_path: Path, say: Say) -> None:
    """A server that answers 503, or hangs, goes on getting requests; the checklist states no bound for that."""
    at, asked, plain, front = port(), port(), port(), port()
    services = {
        "asked": web(at, port=asked, check=check()),
        "connected": web(at, port=plain, check=check("tcp")),
        "refused": {"vips": ["main"], "port": front, "servers": {**ONE, "port": at}, "check": check("tcp")},
    }
    with webs(at, "n1") as servers, running(document(services), tmp_path) as proxy:
        until(lambda: proxy.checked("asked") and proxy.checked("connected"))
        servers["n1"].status = 503
        say("the HTTP check noticed after", proxy.waits("asked", "n1", "DOWN"))
        servers["n1"].hangs = True
        time.sleep(proxy.bound("asked", "refused"))
        assert proxy.states("connected") == {"n1": "UP"}
        assert proxy.detection("connected").hung is None
        servers["n1"].hangs = False
        assert get((VIP, plain)).body == "n1"
        answered = get((VIP, asked))
        assert (answered.status, answered.body == "n1") == (503, False)

        servers["n1"].stop()
        took = proxy.waits("refused", "n1", "DOWN")
        say("the TCP check noticed a refusal after", took)
        assert took < proxy.bound("refused", "refused") + SLACK_S


def test_a_tcp_check_leaves_a_host_that_is_gone(tmp_path: Path, say: Say) -> None:
    """Nothing answers a connection, so each check waits."""
    at = port()
    services = {
        "tcp": {"vips": ["main"], "port": port(), "servers": {**ONE, "port": at}, "check": check("tcp")}
    }
    with backends(at, "n1") as servers, running(document(services), tmp_path) as proxy:
        until(lambda: proxy.checked("tcp"))
        servers["n1"].go_silent()
        took = proxy.waits("tcp", "n1", "DOWN")
        say("left after", took)
        say("at most after", proxy.bound("tcp", "silent"))
        assert took < proxy.bound("tcp", "silent") + SLACK_S


SPOKEN = {
    "mysql": (b"\x1a\0\0\0\x0a8.0.0\0\1\0\0\0saltsalt\0\0\0\0\0\0\0", b"\7\0\0\2\0\0\0\2\0\0\0"),
    "pgsql": (b"", b"R\0\0\0\x08\0\0\0\0"),
    "redis": (b"", b"+PONG\r\n"),
    "smtp": (b"220 a.test\r\n", b"250 well\r\n"),
    "ldap": (b"", b"\x30\x0c\2\1\1\x61\7\x0a\1\0\4\0\4\0"),
    "ssl-hello": (b"", b"\x15\3\0\0\2\2\x28"),
}
"""Protocols of checks: what a server greets with, and what it answers to the check."""


def test_a_daemon_that_hangs_is_left_by_every_check_that_asks(
    tmp_path: Path, authority: tls.Authority, say: Say
) -> None:
    """Each protocol's server is good while it answers, and is left within the checklist's bound when it does not."""
    slow: dict[str, Any] = {"inter": "1s", "fall": 2}
    users = {"mysql": {"user": "haproxy"}, "pgsql": {"user": "haproxy"}}
    with ExitStack() as stack:
        servers: dict[str, Backend] = {
            kind: stack.enter_context(Scripted(kind, NODES["n1"], port(), *said))
            for kind, said in SPOKEN.items()
        }
        secure = serving(authority.server("a.test"))
        servers["tls"] = stack.enter_context(Backend("tls", NODES["n1"], port(), tls=secure))
        servers["https"] = stack.enter_context(Web("https", NODES["n1"], port(), tls=secure))
        checks = {
            kind: check(kind, **slow, **({kind: users[kind]} if kind in users else {})) for kind in SPOKEN
        }
        checks |= {"tls": check("tcp", tls=True, **slow), "https": check(tls=True, **slow)}
        services = {
            kind: {
                "vips": ["main"],
                "port": port(),
                "check": checks[kind],
                "servers": {**ONE, "port": server.place[1]},
            }
            for kind, server in servers.items()
        }
        proxy = stack.enter_context(running(document(services), tmp_path))
        until(lambda: all(map(proxy.checked, servers)))
        for server in servers.values():
            server.hangs = True
        bounds = {kind: proxy.bound(kind, "hung") for kind in servers}
        left = reach(proxy, bounds, "DOWN")
        for server in servers.values():
            server.hangs = False
        for kind, took in left.items():
            say(f"by {kind}, at most after {bounds[kind]:.2f} s, after", took)
        assert exceeding(left, bounds) == {}


@pytest.mark.parametrize(
    ("expected", "good", "bad"),
    [({}, 204, 401), ({"expect": [300, "401-403"]}, 402, 200), ({"expect_regex": "20[0-4]"}, 204, 205)],
    ids=["default", "list", "regex"],
)
def test_a_check_asks_as_it_is_told(expected: dict[str, Any], good: int, bad: int, tmp_path: Path) -> None:
    """Method, path and headers are sent, and only the expected answers are good."""
    at = port()
    asked = {"method": "HEAD", "path": "/health", "headers": {"Host": "a.test", "X-Why": NASTY}}
    services = {"web": web(at, port=port(), check=check(http={**asked, **expected}))}
    with webs(at, "n1") as servers:
        servers["n1"].status = good
        with running(document(services), tmp_path) as proxy:
            until(lambda: proxy.checked("web"))
            servers["n1"].status = bad
            proxy.waits("web", "n1", "DOWN")
        (first, *_) = servers["n1"].checks
        assert (first.method, first.all("host"), first.all("x-why")) == (
            "HEAD",
            ["a.test"],
            [NASTY],
        )


# A single writer


def _writer(at: int, health: int, front: int, **said: Any) -> dict[str, Any]:
    return {
        "vips": ["main"],
        "port": front,
        "writer": "n2",
        "check": check(port=health),
        "servers": {"port": at},
        **said,
    }


def test_a_writer_fails_over_to_exactly_one_other(tmp_path: Path, say: Say) -> None:
    """All connections reach the writer, and when it is bad, one other; its sessions are closed then if that is said."""
    at, health, closing, lasting = port(), port(), port(), port()
    services = {
        "db": _writer(at, health, closing, on_marked_down="shutdown-sessions"),
        "lasting": {
            "vips": ["main"],
            "port": lasting,
            "check": check(port=health),
            "servers": {"nodes": ["n2", "n1"], "port": at, "backup": ["n1"]},
        },
    }
    with (
        backends(at),
        webs(health) as checks,
        running(document(services), tmp_path) as proxy,
        clients.connected((VIP, closing)) as session,
        clients.connected((VIP, lasting)) as other,
    ):
        until(lambda: proxy.checked("db") and proxy.checked("lasting"))
        assert {clients.line((VIP, closing)) for _ in range(12)} == {"n2"}
        assert {clients.first(session), clients.first(other)} == {"n2"}
        assert clients.is_open(session)

        # Its daemon goes on with its sessions; only what says how it is finds it bad, like a node that lost its quorum.
        checks["n2"].status = 503
        start = time.monotonic()
        session.settimeout(clients.TIMEOUT_S)
        assert session.recv(1) == b""
        took = time.monotonic() - start
        say("sessions are closed after", took)
        assert took < proxy.bound("db", "refused") + SLACK_S
        (heir,) = {clients.line((VIP, closing)) for _ in range(12)}
        assert heir != "n2"
        proxy.waits("lasting", "n2", "DOWN")
        assert clients.is_open(other)

        with clients.connected((VIP, closing)) as meanwhile:
            assert clients.first(meanwhile) == heir
            checks["n2"].status = 200
            back = timed(lambda: clients.line((VIP, closing)) == "n2")
            say("new connections reach the writer again after", back)
            assert {clients.line((VIP, closing)) for _ in range(12)} == {"n2"}
            say("sessions on the heir go on when the writer is back", clients.is_open(meanwhile))


def test_a_writer_whose_heir_dies_too_has_another(tmp_path: Path) -> None:
    """The order is that of the servers, and it takes them one at a time."""
    at, front = port(), port()
    services = {
        "db": {
            "vips": ["main"],
            "port": front,
            "writer": "n2",
            "on_marked_down": "shutdown-sessions",
            "check": check("tcp"),
            "servers": {"port": at},
        }
    }
    with backends(at) as servers, running(document(services), tmp_path) as proxy:
        until(lambda: proxy.checked("db"))
        for gone, heir in (("n2", "n1"), ("n1", "n3")):
            servers[gone].stop()
            proxy.waits("db", gone, "DOWN")
            assert {clients.line((VIP, front)) for _ in range(6)} == {heir}


# Long sessions


def test_a_websocket_outlives_the_timeout_of_clients(tmp_path: Path, say: Say) -> None:
    """With `timeouts.tunnel`; without it the proxy ends it."""
    at, kept, cut = port(), port(), port()
    short = {"client": "500ms", "server": "500ms"}
    services = {
        "kept": web(at, port=kept, timeouts={**short, "tunnel": "1min"}),
        "cut": web(at, port=cut, timeouts=short),
    }
    asked = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "aGFnZW4ncyBvd24gdGVzdA=="}
    with (
        webs(at, "n1"),
        running(document(services), tmp_path) as proxy,
        clients.connected((VIP, kept)) as talk,
        clients.connected((VIP, cut)) as other,
    ):
        for each in (talk, other):
            clients.send(each, "/", asked)
            assert each.recv(4096).startswith(b"HTTP/1.1 101 ")
            assert clients.is_open(each)
        silent = 2.5 * proxy.service("kept").timeouts["client"].seconds
        time.sleep(silent)
        say("an open websocket was silent for", silent)
        assert clients.is_open(talk)
        assert not clients.is_open(other)


# Who may come, how often, with what


def test_strangers_are_refused(tmp_path: Path) -> None:
    """`allow` and `deny` answer 403 in mode http, and close the connection in mode tcp; `deny` comes first."""
    at, plain = port(), port()
    fronts = {name: port() for name in ("allowed", "denied", "both", "tcp-allowed", "tcp-denied")}
    friend, enemy = address(50), address(51)
    rules: dict[str, Any] = {
        "allowed": {"allow": [friend]},
        "denied": {"deny": [enemy]},
        "both": {"allow": [f"{address(48)}/28"], "deny": [enemy]},
    }
    services: dict[str, Any] = {name: web(at, port=fronts[name], **rules[name]) for name in rules}
    for name in ("allowed", "denied"):
        services[f"tcp-{name}"] = {
            "vips": ["main"], "port": fronts[f"tcp-{name}"], "check": {"type": "none"},
            "servers": {**ONE, "port": plain}, **rules[name],
        }  # fmt: skip
    with webs(at, "n1"), backends(plain, "n1") as tcp, running(document(services), tmp_path):
        statuses = {
            name: [get((VIP, fronts[name]), source=each).status for each in (friend, enemy, STRANGER)]
            for name in rules
        }
        assert statuses == {"allowed": [200, 403, 403], "denied": [200, 403, 200], "both": [200, 403, 403]}
        before = tcp["n1"].connections
        assert [clients.line((VIP, fronts["tcp-allowed"]), source=each) for each in (friend, enemy)] == [
            "n1",
            "",
        ]
        assert [clients.line((VIP, fronts["tcp-denied"]), source=each) for each in (friend, enemy)] == [
            "n1",
            "",
        ]
        assert tcp["n1"].connections == before + 2


def test_a_client_that_asks_too_often_waits(tmp_path: Path, say: Say) -> None:
    """429 after as many requests as are allowed, for that client alone, until the time has passed."""
    at, limited, errors, part = port(), port(), port(), port()
    services = {
        "limited": web(at, port=limited, rate_limit={"requests": 5, "per": "2s"}),
        "errors": web(
            at, port=errors, rate_limit={"requests": 3, "per": "2s", "count": "errors", "status": 403}
        ),
        "part": web(at, port=part, rate_limit={"requests": 2, "per": "10s", "path": "/login"}),
    }
    with webs(at, "n1") as servers, running(document(services), tmp_path):
        greedy, modest = address(50), address(51)
        assert [get((VIP, limited), source=greedy).status for _ in range(7)] == [200] * 5 + [429] * 2
        assert get((VIP, limited), source=modest).status == 200
        took = timed(lambda: get((VIP, limited), source=address(52)).status == 200)
        time.sleep(2)
        took = timed(lambda: get((VIP, limited), source=greedy).status == 200)
        say("a client that waited 2 s is served again after", took)
        assert took < SLACK_S

        assert [get((VIP, errors), source=greedy).status for _ in range(8)] == [200] * 8
        assert [get((VIP, errors), "/status/404", source=greedy).status for _ in range(4)] == [404] * 4
        assert get((VIP, errors), source=greedy).status == 403
        assert get((VIP, errors), source=modest).status == 200

        login = ("/login", "/%6cogin", "//login")
        assert [get((VIP, part), each, source=greedy).status for each in login] == [200, 200, 429]
        assert [get((VIP, part), "/", source=greedy).status for _ in range(3)] == [200] * 3
        assert len(servers["n1"].requests) == 5 + 1 + 1 + 1 + 8 + 4 + 1 + 2 + 3


def test_a_shared_frontend_and_a_service_behind_it_count_apart(tmp_path: Path) -> None:
    """What a client asks of one service is not counted against the limit of another."""
    at, front = port(), port()
    frontends = {
        "web": {"vips": ["main"], "port": front, "rate_limit": {"requests": 8}, "default_service": "free"}
    }
    login = [{"frontend": "web", "paths": ["/login"]}]
    services = {
        "free": web(at, routes=[{"frontend": "web"}], vips=[], port=at),
        "login": web(at, routes=login, vips=[], port=at, rate_limit={"requests": 2}),
    }
    with webs(at, "n1"), running(document(services, frontends=frontends), tmp_path):
        greedy = address(50)
        assert [get((VIP, front), source=greedy).status for _ in range(4)] == [200] * 4
        assert [get((VIP, front), "/login", source=greedy).status for _ in range(3)] == [200, 200, 429]
        assert [get((VIP, front), source=greedy).status for _ in range(2)] == [200, 429]


@every
def test_paths_are_denied_however_they_are_written(version: str, tmp_path: Path) -> None:
    """What servers would read as the same path is denied too, and what only looks like it is not."""
    at, front = port(), port()
    services = {"web": web(at, port=front, http={"deny_paths": ["/server-status", "/a.b"]})}
    same = (
        "/server-status", "/server-status/", "/server-status?auto", "/server%2dstatus", "/%73erver-status",
        "/a%2eb", "/a%2Eb", "/a.b/c", "//server-status", "/./server-status", "/%2e/server-status",
        "/x/../server-status", "/x/%2e%2e/server-status",
    )  # fmt: skip
    other = ("/", "/x/server-status", "/axb", "/?server-status", "/?/server-status")
    unreadable = ("/server-status%", "/server-status/%zz", "/x/../server-status%zz", "/%zz")
    with webs(at, "n1"), running(document(services, version=version), tmp_path, version=version):
        assert {each: get((VIP, front), each).status for each in same} == dict.fromkeys(same, 403)
        assert {each: get((VIP, front), each).status for each in other} == dict.fromkeys(other, 200)
        assert {each: get((VIP, front), each).status for each in unreadable} == dict.fromkeys(unreadable, 400)


def test_large_bodies_are_refused(tmp_path: Path) -> None:
    """More than `max_body` is answered with 413, and the server does not see it."""
    at, front = port(), port()
    services = {"web": web(at, port=front, http={"max_body": "1KiB"})}
    with webs(at, "n1") as servers, running(document(services), tmp_path):
        bodies = ("a" * 1024, "a" * 1025)
        assert [get((VIP, front), method="POST", body=each).status for each in bodies] == [200, 413]
        assert [len(each.body) for each in servers["n1"].requests] == [1024]


def test_headers_arrive(tmp_path: Path) -> None:
    """Servers are told of clients by the proxy alone, and headers that are set arrive letter by letter."""
    at, front, closed = port(), port(), port()
    http = {
        "forwarded": ["for", "proto", "host", "port"],
        "security_headers": True,
        "request_headers": {"X-Asked": NASTY},
        "response_headers": {"X-Said": NASTY},
    }
    services = {
        "web": web(at, port=front, http=http),
        "closed": web(at, port=closed, http={"forwarded": [], "keep_alive": "close"}),
    }
    forged = {f"X-Forwarded-{name}": "forged" for name in ("For", "Proto", "Host", "Port")}
    with webs(at, "n1") as servers, running(document(services), tmp_path):
        answer = get((VIP, front), headers={**forged, "Host": "a.test"}, source=STRANGER)
        asked = servers["n1"].requests[-1]
        told = {name: asked.all(name) for name in (*forged, "X-Asked")}
        assert told == {
            "X-Forwarded-For": [STRANGER],
            "X-Forwarded-Proto": ["http"],
            "X-Forwarded-Host": ["a.test"],
            "X-Forwarded-Port": [str(front)],
            "X-Asked": [NASTY],
        }
        assert answer.headers["x-said"] == NASTY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "SAMEORIGIN"
        assert answer.headers["referrer-policy"] == "same-origin"

        with clients.connected((VIP, closed)) as talk:
            assert "x-content-type-options" not in clients.request(talk).headers
            assert talk.recv(1) == b""
        assert servers["n1"].requests[-1].all("X-Forwarded-For") == []


# HAProxy's own pages


def test_a_stats_page_wants_a_password(tmp_path: Path) -> None:
    """Without one in HAProxy's environment nobody sees it, and with one only who knows it."""
    at, page = port(), port()
    stats = {"bind": [{"vip": "main", "port": page}], "password": {"env": "HAGEN_TEST_PASSWORD"}}
    data = document({"web": web(at, port=port())}, proxy={"stats": stats})
    secret = {"Authorization": "Basic YWRtaW46c2VjcmV0"}  # admin:secret
    empty, wrong = {"Authorization": "Basic YWRtaW46"}, {"Authorization": "Basic YWRtaW46bm8="}
    asked: tuple[dict[str, str], ...] = ({}, empty, wrong, secret)

    with running(data, tmp_path):
        assert [get((VIP, page), headers=each).status for each in asked] == [403] * 4
    with running(data, tmp_path, env={"HAGEN_TEST_PASSWORD": ""}):
        assert [get((VIP, page), headers=each).status for each in asked] == [403] * 4
    with running(data, tmp_path, env={"HAGEN_TEST_PASSWORD": "secret"}):
        assert [get((VIP, page), headers=each).status for each in asked] == [401, 401, 401, 200]
        assert "web" in get((VIP, page), headers=secret).body


def test_numbers_for_prometheus(tmp_path: Path) -> None:
    """Whoever is allowed reads them at their path, and nothing else is there."""
    numbers = port()
    metrics = {"bind": [{"network": "loop", "port": numbers}], "allow": [address(50)], "path": "/numbers"}
    with running(document({"web": web(port(), port=port())}, proxy={"metrics": metrics}), tmp_path):
        answer = get((NODES["n1"], numbers), "/numbers", source=address(50))
        assert answer.status == 200
        assert 'haproxy_backend_status{proxy="web"' in answer.body
        assert get((NODES["n1"], numbers), "/", source=address(50)).status == 403
        assert get((NODES["n1"], numbers), "/numbers", source=address(51)).status == 403


def test_a_log_of_json_is_json(tmp_path: Path, say: Say) -> None:
    """Whatever clients ask for, each session is one object, and it has what was asked for."""
    at, front, plain = port(), port(), port()
    asked = (
        "/",
        '/"quoted"',
        "/back\\slash",
        "/%22%00",
        "/a?b='c'&{d}",
        "/tab%09",
        "/" + "l" * 3000,
        "/" + '"' * 900,
    )
    broken = (
        b'GET /"\x01 HTTP/1.1\r\n\r\n',
        b"GET /\xff\xc3\xa9 HTTP/1.0\r\n\r\n",
        b'G"T / HTTP/1.0\r\n\r\n',
        b"\x16\x03",
    )
    services = {
        "web": web(at, port=front),
        "tcp": {"vips": ["main"], "port": plain, "check": {"type": "none"}, "servers": {**ONE, "port": at}},
    }
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as log, webs(at, "n1"):
        log.bind((VIP, 0))
        log.settimeout(clients.TIMEOUT_S)
        target = {"address": VIP, "port": log.getsockname()[1]}
        with running(document(services, proxy={"log": {"format": "json", "target": target}}), tmp_path):
            for each in asked:
                get((VIP, front), each)
            for piece in broken:
                with clients.connected((VIP, front)) as talk:
                    talk.sendall(piece)
                    talk.shutdown(socket.SHUT_WR)
                    with suppress(ConnectionError):
                        talk.recv(100)
            get((VIP, plain))
            found = [_entry(log) for _ in range(len(asked) + len(broken) + 1)]
    uris = [each["uri"] for each in found if each["frontend"] == "web"]
    # HAProxy keeps the first 1023 bytes of a request.
    kept = [each[: 1023 - len("GET ")] for each in asked]
    assert sorted(uri for uri in uris if uri in kept) == sorted(kept)
    assert Counter(each["status"] for each in found if "status" in each) == {
        200: len(asked),
        400: len(broken),
    }
    (session,) = (each for each in found if each["frontend"] == "tcp")
    assert session["server"] == "n1"
    assert session["bytes"] > 0
    say("log entries that are JSON", len(found))


def _entry(log: socket.socket) -> dict[str, Any]:
    """Return the next session of a log; HAProxy also says there what it starts and stops."""
    while True:
        text = log.recv(65536).decode()
        if "{" in text:
            found: dict[str, Any] = json.loads(text[text.index("{") :])
            return found


# TLS


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tls.Authority:
    """Return an authority that clients trust."""
    return tls.authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> tls.Authority:
    """Return an authority that nobody trusts."""
    return tls.authority(tmp_path_factory.mktemp("stranger"))


def trusting(authority: tls.Authority, *protocols: str, shown: Path | None = None) -> ssl.SSLContext:
    """Return what a client needs that trusts an authority, speaks `protocols` and shows a certificate."""
    context = ssl.create_default_context(cafile=str(authority.certificate))
    if protocols:
        context.set_alpn_protocols(protocols)
    if shown:
        context.load_cert_chain(shown)
    return context


def serving(certificate: Path) -> ssl.SSLContext:
    """Return what a server needs that shows a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@every
def test_tls_towards_clients(version: str, tmp_path: Path, authority: tls.Authority, say: Say) -> None:
    """A certificate for each VIP, HTTP/2 for those who can, no version that is too old, HSTS."""
    at, front, modern, old = port(), port(), port(), port()
    main, other = authority.server("main.test"), authority.server("other.test")
    both = {"certificate": str(main), "certificates": {"other": str(other)}}
    hsts = {"days": 2, "include_subdomains": True}
    services = {
        "web": web(at, port=front, vips=["main", "other"], tls={**both, "hsts": hsts}),
        "modern": web(at, port=modern, tls={"certificate": str(main), "profile": "modern"}),
        "one": web(at, port=old, tls={"certificate": str(main), "http2": False}),
    }
    context = trusting(authority, "h2", "http/1.1")
    with webs(at, "n1") as servers, running(document(services, version=version), tmp_path, version=version):
        for place, name in (((VIP, front), "main.test"), ((OTHER_VIP, front), "other.test")):
            with clients.connected(place, tls=context, name=name) as talk:
                assert isinstance(talk, ssl.SSLSocket)
                assert talk.selected_alpn_protocol() == "h2"
                assert talk.version() == "TLSv1.3"
            with (
                pytest.raises(ssl.SSLCertVerificationError),
                clients.connected(place, tls=context, name="x.test"),
            ):
                pass
        with clients.connected((VIP, old), tls=context, name="main.test") as talk:
            assert isinstance(talk, ssl.SSLSocket)
            assert talk.selected_alpn_protocol() == "http/1.1"

        say("curl spoke HTTP", _curl(authority, "main.test", front, "--http2"))
        assert _curl(authority, "main.test", front, "--http2") == "2 200"
        assert _curl(authority, "main.test", front, "--http1.1") == "1.1 200"
        assert _curl(authority, "main.test", old, "--http2") == "1.1 200"

        answer = get((VIP, front), tls=trusting(authority), name="main.test")
        assert answer.headers["strict-transport-security"] == "max-age=172800; includeSubDomains"
        assert servers["n1"].requests[-1].all("X-Forwarded-Proto") == ["https"]

        assert _refuses(authority, front, ssl.TLSVersion.TLSv1_1)
        assert not _refuses(authority, front, ssl.TLSVersion.TLSv1_2)
        assert _refuses(authority, modern, ssl.TLSVersion.TLSv1_2)
        assert not _refuses(authority, modern, ssl.TLSVersion.TLSv1_3)


def _curl(authority: tls.Authority, name: str, at: int, *said: str) -> str:
    asked = ("--silent", "--output", "/dev/null", "--write-out", "%{http_version} %{http_code}")
    trust = ("--cacert", authority.certificate, "--resolve", f"{name}:{at}:{VIP}", "--noproxy", "*")
    return programs.run("curl", *asked, *trust, *said, f"https://{name}:{at}/").require()


def _refuses(authority: tls.Authority, at: int, version: ssl.TLSVersion) -> bool:
    """Tell whether a server answers a client that speaks nothing newer than `version` with an alert for that."""
    context = trusting(authority)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        with clients.connected((VIP, at), tls=context, name="main.test"):
            return False
    except ssl.SSLError as error:
        # An alert is what the server said: the client itself was ready to speak.
        if error.reason == "TLSV1_ALERT_PROTOCOL_VERSION":
            return True
        raise


@every
def test_names_have_certificates_of_their_own(version: str, tmp_path: Path, authority: tls.Authority) -> None:
    """A list leads each name to its certificate, on one address."""
    at, front = port(), port()
    listed = tmp_path / "list"
    listed.write_text("".join(f"{authority.server(name)} {name}\n" for name in ("one.test", "two.test")))
    services = {"web": web(at, port=front, tls={"crt_list": str(listed)})}
    with webs(at, "n1"), running(document(services, version=version), tmp_path, version=version):
        for name in ("one.test", "two.test"):
            assert get((VIP, front), tls=trusting(authority), name=name).status == 200


@every
def test_clients_show_certificates(
    version: str, tmp_path: Path, authority: tls.Authority, stranger: tls.Authority
) -> None:
    """Where one is required there is no connection without, and a bad one is never good enough."""
    at, required, optional = port(), port(), port()
    own = {"certificate": str(authority.server("main.test"))}
    asked = {"ca_file": str(authority.certificate), "crl_file": str(authority.revocations)}
    services = {
        "required": web(at, port=required, tls={**own, "clients": asked}),
        "optional": web(at, port=optional, tls={**own, "clients": {**asked, "verify": "optional"}}),
    }
    shown = {"none": None, "good": authority.client("me"), "bad": stranger.client("me")}
    with webs(at, "n1"), running(document(services, version=version), tmp_path, version=version):
        met = {
            where: {
                kind: _is_let_in((VIP, each), trusting(authority, shown=certificate))
                for kind, certificate in shown.items()
            }
            for where, each in (("required", required), ("optional", optional))
        }
    assert met == {
        "required": {"none": False, "good": True, "bad": False},
        "optional": {"none": True, "good": True, "bad": False},
    }


def _is_let_in(place: tuple[str, int], context: ssl.SSLContext) -> bool:
    try:
        return get(place, tls=context, name="main.test").status == 200
    except (ssl.SSLError, ConnectionError):
        return False


@every
def test_tls_towards_servers(
    version: str, tmp_path: Path, authority: tls.Authority, stranger: tls.Authority, say: Say
) -> None:
    """A server whose certificate is another authority's, or for another name, is down; checks speak TLS as well."""
    kinds = {
        "good": authority.server("web.test"),
        "foreign": stranger.server("web.test"),
        "renamed": authority.server("x.test"),
    }
    trust = {"ca_file": str(authority.certificate), "verify_host": "web.test"}
    blind = {"verify": "none"}
    with ExitStack() as stack:
        services = {}
        for kind, certificate in kinds.items():
            at = port()
            stack.enter_context(Web(kind, NODES["n1"], at, tls=serving(certificate)))
            services[kind] = web(at, port=port(), check=check(), servers={"tls": trust})
            named = {"ca_file": trust["ca_file"], "sni": "web.test"}
            services[f"{kind}-asked"] = web(at, port=port(), check=check(), servers={"tls": named})
            services[f"{kind}-blind"] = web(at, port=port(), check=check(), servers={"tls": blind})
        proxy = stack.enter_context(running(document(services, version=version), tmp_path, version=version))
        for kind in ("foreign", "renamed", "foreign-asked", "renamed-asked"):
            say(f"a server with a {kind} certificate is left after", proxy.waits(kind, "n1", "DOWN"))
        until(lambda: proxy.checked("good"))
        met = {name: get((VIP, said["port"])).status for name, said in services.items()}
        assert met == {
            "good": 200, "foreign": 503, "renamed": 503,
            "good-asked": 200, "foreign-asked": 503, "renamed-asked": 503,
            "good-blind": 200, "foreign-blind": 200, "renamed-blind": 200,
        }  # fmt: skip


def test_a_server_with_many_names_is_asked_for_one(tmp_path: Path, authority: tls.Authority) -> None:
    """By checks as well as by requests: the server shows another certificate to who does not say the name."""
    at, front = port(), port()
    context, wanted = serving(authority.server("x.test")), serving(authority.server("web.test"))

    def choose(talk: ssl.SSLSocket | ssl.SSLObject, name: str, _: ssl.SSLContext) -> None:
        if name == "web.test":
            talk.context = wanted

    context.sni_callback = choose
    trust = {"ca_file": str(authority.certificate), "verify_host": "web.test", "sni": "web.test"}
    services = {"web": web(at, port=front, check=check(), servers={"tls": trust})}
    with webs(at, "n1", tls=context), running(document(services), tmp_path) as proxy:
        until(lambda: proxy.checked("web"), 5)
        assert get((VIP, front)).status == 200


def test_a_check_speaks_tls_where_the_service_does_not(tmp_path: Path, authority: tls.Authority) -> None:
    """TLS goes through in mode tcp, and the check of its health is inside TLS."""
    at, front = port(), port()
    certificate = authority.server("api.test")
    tls_check = check(tls=True, sni="api.test")
    services = {
        "api": {"vips": ["main"], "port": front, "check": tls_check, "servers": {**ONE, "port": at}},
        "hello": {
            "vips": ["main"],
            "port": port(),
            "check": check("ssl-hello"),
            "servers": {**ONE, "port": at},
        },
    }
    with webs(at, "n1", tls=serving(certificate)) as servers, running(document(services), tmp_path) as proxy:
        until(lambda: proxy.checked("api") and proxy.checked("hello"))
        assert get((VIP, front), tls=trusting(authority), name="api.test").status == 200
        servers["n1"].status = 500
        took = proxy.waits("api", "n1", "DOWN")
        assert took < proxy.bound("api", "refused") + SLACK_S
        assert proxy.states("hello") == {"n1": "UP"}


def test_plain_http_is_led_to_tls_and_challenges_past_that(tmp_path: Path, authority: tls.Authority) -> None:
    """301 with where to go, except for challenges of ACME, which reach the node whose client answers."""
    at, acme, odd, odd_plain = port(), port(), port(), port()
    certificate = {"certificate": str(authority.server("main.test"))}
    services = {
        "web": web(at, port=443, tls={**certificate, "redirect_http": 80}),
        "odd": web(at, port=odd, tls={**certificate, "redirect_http": odd_plain}),
        "plain": web(at, port=80, vips=["other"], allow=[address(50)], rate_limit={"requests": 1}),
    }
    proxy = {"acme": {"network": "loop", "port": acme}}
    challenge = "/.well-known/acme-challenge/token"
    with (
        webs(at, "n1"),
        webs(acme, "n2") as clients_of_acme,
        running(document(services, proxy=proxy), tmp_path) as made,
    ):
        until(lambda: made.states("acme") == {"n1": "DOWN", "n2": "UP", "n3": "DOWN"})
        led = get((VIP, 80), "/a?b=c", {"Host": "main.test"})
        assert (led.status, led.headers["location"]) == (301, "https://main.test/a?b=c")
        led = get((VIP, odd_plain), "/a?b=c", {"Host": f"main.test:{odd_plain}"})
        assert (led.status, led.headers["location"]) == (301, f"https://main.test:{odd}/a?b=c")
        assert get((VIP, 443), tls=trusting(authority), name="main.test").body == "n1"

        assert get((VIP, 80), challenge, {"Host": "main.test"}).body == "n2"
        assert get((OTHER_VIP, 80), source=STRANGER).status == 403
        assert [get((OTHER_VIP, 80), challenge, source=STRANGER).body for _ in range(3)] == ["n2"] * 3
        assert len(clients_of_acme["n2"].requests) == 4
        # Elsewhere it is a path like any other.
        assert get((VIP, odd_plain), challenge, {"Host": "main.test"}).status == 301


# Routing


def test_requests_reach_the_service_that_wants_them(tmp_path: Path) -> None:
    """By host and path: hosts before paths alone, long paths before short ones, whole parts of paths only."""
    front, none = port(), port()
    names = ("site", "api", "deep", "stripped", "hosted", "other")
    ports = {name: port() for name in names}
    routes: dict[str, Any] = {
        "site": [],
        "api": [{"frontend": "web", "paths": ["/api"]}],
        "deep": [{"frontend": "web", "paths": ["/api/deep", "/x/"]}],
        "stripped": [{"frontend": "web", "paths": ["/strip.it"], "strip_path": True}],
        "hosted": [
            {"frontend": "web", "hosts": ["one.test", "two.test"]},
            {"frontend": "none", "hosts": ["one.test"]},
        ],
        "other": [{"frontend": "web", "hosts": ["one.test"], "paths": ["/api"]}],
    }
    frontends = {
        "web": {"vips": ["main"], "port": front, "default_service": "site"},
        "none": {"vips": ["main"], "port": none},
    }
    services = {
        name: web(ports[name], routes=routes[name], vips=[] if routes[name] else ["other"], port=ports[name])
        for name in names
    }
    with ExitStack() as stack:
        servers = {name: stack.enter_context(Web(name, NODES["n1"], ports[name])) for name in names}
        stack.enter_context(running(document(services, frontends=frontends), tmp_path))
        expected = {
            ("any.test", "/"): "site",
            ("any.test", "/apis"): "site",
            ("any.test", "/api"): "api",
            ("any.test", "/api?a=b"): "api",
            ("any.test", "/api/"): "api",
            ("any.test", "/api/deepest"): "api",
            ("any.test", "/api/deep"): "deep",
            ("any.test", "/api/deep/er"): "deep",
            ("any.test", "/x"): "deep",
            ("any.test", "/strip.it/a"): "stripped",
            ("any.test", "/stripxit/a"): "site",
            ("one.test", "/"): "hosted",
            ("two.test", "/api/deep"): "hosted",
            (f"one.test:{front}", "/"): "hosted",
            ("ONE.test", "/"): "hosted",
            ("one.test", "/api/deep"): "other",
            (f"One.Test:{front}", "/api"): "other",
            ("sub.one.test", "/"): "site",
        }
        met = {
            (host, path): get((VIP, front), path, {"Host": host}).headers.get("x-server")
            for host, path in expected
        }
        assert met == expected

        for asked, got in (("/strip.it", "/"), ("/strip.it/a/b?c=d", "/a/b?c=d"), ("/strip.it/", "/")):
            get((VIP, front), asked)
            assert servers["stripped"].requests[-1].target == got
        get((VIP, front), "/api/deep/a?b")
        assert servers["deep"].requests[-1].target == "/api/deep/a?b"

        assert get((VIP, none), "/", {"Host": "one.test"}).body == "hosted"
        assert get((VIP, none), "/", {"Host": "any.test"}).status == 404
        assert servers["hosted"].requests[-1].all("X-Forwarded-For") == ["127.0.0.1"]


def test_a_service_of_its_own_place_and_a_shared_one(tmp_path: Path, authority: tls.Authority) -> None:
    """Its access rules hold wherever clients come from, and the server is told how they came."""
    at, front, own = port(), port(), port()
    secure = {"certificate": str(authority.server("main.test"))}
    frontends = {"edge": {"vips": ["other"], "port": front, "tls": secure}}
    routes = [{"frontend": "edge", "paths": ["/in"], "strip_path": True}]
    denied = {"deny_paths": ["/admin"]}
    services = {"web": web(at, port=own, routes=routes, allow=[address(50)], http=denied)}
    context = trusting(authority)
    with webs(at, "n1") as servers, running(document(services, frontends=frontends), tmp_path):
        shared: dict[str, Any] = {"tls": context, "name": "main.test"}
        assert get((VIP, own), "/in", source=address(50)).status == 200
        assert get((OTHER_VIP, front), "/in", source=address(50), **shared).status == 200
        got = [(each.target, each.all("X-Forwarded-Proto")) for each in servers["n1"].requests]
        assert got == [("/in", ["http"]), ("/", ["https"])]
        assert get((VIP, own), "/admin", source=address(50)).status == 403
        assert get((OTHER_VIP, front), "/in/admin", source=address(50), **shared).status == 403
        assert get((VIP, own), "/in", source=STRANGER).status == 403
        assert get((OTHER_VIP, front), "/in", source=STRANGER, **shared).status == 403


# Reloads


@every
def test_a_reload_ends_no_session_and_refuses_no_connection(version: str, tmp_path: Path, say: Say) -> None:
    """A download and a TCP session go on with the old process, while new connections always succeed."""
    at, plain, front, tcp = port(), port(), port(), port()
    services = {
        "web": web(at, port=front, check=check()),
        "tcp": {"vips": ["main"], "port": tcp, "check": check("tcp"), "servers": {**ONE, "port": plain}},
    }
    with (
        webs(at, "n1") as servers,
        backends(plain, "n1"),
        running(document(services, version=version), tmp_path, version=version) as proxy,
        clients.connected((VIP, tcp)) as session,
        clients.connected((VIP, front)) as download,
        coming((VIP, front)) as met,
    ):
        assert clients.first(session) == "n1"
        clients.send(download, "/drip")
        old = proxy.running.workers()
        start = time.monotonic()
        new = proxy.running.reload()
        until(lambda: f"Pid: {new}" in proxy.ask("show info"))
        say("a reload took", time.monotonic() - start)
        time.sleep(0.5)
        assert old < proxy.running.workers()
        assert clients.is_open(session)
        assert get((VIP, front)).body == "n1"
        servers["n1"].more.set()
        got = b""
        while not got.endswith(b"0123456789"):
            part = download.recv(4096)
            assert part, got
            got += part
    say("connections during it", dict(Counter(met)))
    assert set(met) == {"n1"}


@contextmanager
def coming(place: tuple[str, int]) -> Iterator[list[str]]:
    """Ask on new connections all the time, and yield what is answered."""
    met: list[str] = []
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.002):
            try:
                met.append(get(place).body)
            except OSError as error:
                met.append(repr(error))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield met
    finally:
        over.set()
        asking.join()


@every
def test_a_reload_knows_who_is_down(version: str, tmp_path: Path, say: Say) -> None:
    """The new process goes on with the state that the old one left; without it every server is up at first."""
    at, front = port(), port()
    state = tmp_path / "state"
    state.write_text("1\n")
    services = {"tcp": {"vips": ["main"], "port": front, "check": check("tcp"), "servers": {"port": at}}}
    data = document(services, proxy={"server_state": {"file": str(state)}}, version=version)
    bare = lab.moved(document(services, version=version))
    (tmp_path / "bare").mkdir()
    with (
        backends(at) as servers,
        running(data, tmp_path, version=version) as kept,
        running(bare, tmp_path / "bare", version=version) as lost,
    ):
        until(lambda: kept.checked("tcp") and lost.checked("tcp"))
        servers["n3"].stop()
        for each in (kept, lost):
            each.waits("tcp", "n3", "DOWN")
        # What the drop-in of HAProxy's service does before a reload.
        state.write_text(kept.ask("show servers state"))
        new, states = _reloaded(kept)
        say("right after the reload", states)
        assert states == {"n1": "UP", "n2": "UP", "n3": "DOWN"}
        assert {clients.line((VIP, front)) for _ in range(6)} == {"n1", "n2"}

        other, _ = _reloaded(lost)
        say("without the state it is up for another", timed(lambda: _went_down(lost, other)))
        assert not _went_down(kept, new)
        servers["n3"].start()
        kept.waits("tcp", "n3", "UP")


def _reloaded(proxy: lab.Proxy) -> tuple[int, dict[str, str]]:
    """Reload, and return the process id of the new process and the states that it begins with."""
    new = proxy.running.reload()
    until(lambda: f"Pid: {new}" in proxy.ask("show info"))
    return new, proxy.states("tcp")


def _went_down(proxy: lab.Proxy, worker: int) -> bool:
    """Tell whether a process had to find out by its own check that server n3 is down."""
    said = f"({worker}) : Server tcp/n3 is DOWN, reason: Layer4"
    return said in proxy.running.log.read_text()


# Which server a client gets


def test_a_cookie_keeps_a_client_with_its_server(tmp_path: Path) -> None:
    """HAProxy's own, which servers do not see, or the service's with a name before it; until the server is gone."""
    at, insert, prefix = port(), port(), port()
    three: dict[str, Any] = {"servers": {"nodes": list(NODES), "port": at}, "check": check()}
    services = {
        "insert": web(at, port=insert, cookie={"name": "SRV"}, **three),
        "prefix": web(at, port=prefix, cookie={"name": "SID", "mode": "prefix"}, **three),
    }
    with webs(at, cookie="SID=abc; Path=/") as servers, running(document(services), tmp_path) as proxy:
        until(lambda: proxy.checked("insert") and proxy.checked("prefix"))
        assert {get((VIP, insert)).body for _ in range(6)} == set(NODES)
        given = get((VIP, prefix))
        assert given.headers["set-cookie"] == f"SID={given.body}~abc; Path=/"
        held = {"Cookie": f"SID={given.body}~abc"}
        assert {get((VIP, prefix), headers=held).body for _ in range(6)} == {given.body}
        assert servers[given.body].requests[-1].all("cookie") == ["SID=abc"]

        held = {"Cookie": f"SRV={given.body}"}
        assert {get((VIP, insert), headers=held).body for _ in range(6)} == {given.body}
        assert servers[given.body].requests[-1].all("cookie") == []
        servers[given.body].stop()
        proxy.waits("insert", given.body, "DOWN")
        assert given.body not in {get((VIP, insert), headers=held).body for _ in range(6)}


def test_a_table_keeps_clients_with_their_server(tmp_path: Path) -> None:
    """By the client's address each with its own; by the address that is asked all with one, and only one other after it."""
    at, src, dst = port(), port(), port()
    shared = {"vips": ["main"], "check": check("tcp"), "servers": {"port": at}}
    services = {
        "src": {**shared, "port": src, "stick": {}},
        "dst": {**shared, "port": dst, "stick": {"by": "dst"}},
    }
    sources = [address(host) for host in range(50, 56)]
    with backends(at) as servers, running(document(services), tmp_path) as proxy:
        until(lambda: proxy.checked("src") and proxy.checked("dst"))
        own = {each: clients.line((VIP, src), source=each) for each in sources}
        assert set(own.values()) == set(NODES)
        assert {each: clients.line((VIP, src), source=each) for each in reversed(sources)} == own

        (one,) = {clients.line((VIP, dst), source=each) for each in sources}
        servers[one].stop()
        proxy.waits("dst", one, "DOWN")
        (another,) = {clients.line((VIP, dst), source=each) for each in sources}
        servers[one].start()
        proxy.waits("dst", one, "UP")
        assert {clients.line((VIP, dst), source=each) for each in sources} == {another}


def test_proxies_share_their_tables(tmp_path: Path, say: Say) -> None:
    """What one learned of a client the other does, which finds itself by its name."""
    at, front = port(), port()
    stick = {"peers": True}
    services = {
        "tcp": {
            "vips": ["main"],
            "port": front,
            "check": {"type": "none"},
            "servers": {"port": at},
            "stick": stick,
        }
    }
    data = document(services, proxy={"peers": {"network": "loop", "port": port()}})
    sources = [address(host) for host in range(50, 56)]
    with (
        backends(at),
        running(data, tmp_path, node="n1"),
        running(lab.moved(data), tmp_path, node="n2") as second,
    ):
        own = [clients.line((VIP, front), source=each) for each in sources]
        say("the other proxy knew after", timed(lambda: "used:6" in second.ask("show table tcp")))
        assert len(set(own)) == len(NODES)
        assert [clients.line((OTHER_VIP, front), source=each) for each in reversed(sources)] == own[::-1]


# How servers are reached


def test_a_server_is_told_of_its_client(tmp_path: Path) -> None:
    """By the PROXY protocol, also when the check of the same port says that it is nobody."""
    at, front = port(), port()
    servers = {**ONE, "port": at, "send_proxy": "v2"}
    services = {"tcp": {"vips": ["main"], "port": front, "check": check("tcp"), "servers": servers}}
    with Proxied("n1", NODES["n1"], at), running(document(services), tmp_path) as proxy:
        until(lambda: proxy.checked("tcp"))
        with clients.connected((VIP, front), source=STRANGER) as talk:
            assert clients.first(talk) == f"{STRANGER} {talk.getsockname()[1]}"


def test_a_server_elsewhere_is_known_by_its_host_name(tmp_path: Path) -> None:
    """It is resolved when HAProxy starts, and weighs as it is told beside the nodes."""
    (there,) = free_ports(1)
    at, front = port(), port()
    elsewhere = {"else": {"host": "localhost", "port": there}}
    pool: dict[str, Any] = {"external": elsewhere, "nodes": ["n1"], "port": at}
    services = {
        "tcp": {"vips": ["main"], "port": front, "check": check("tcp"), "servers": {**pool, "backup": ["n1"]}}
    }
    with (
        Backend("else", "", there) as away,
        backends(at, "n1"),
        running(document(services), tmp_path) as proxy,
    ):
        until(lambda: proxy.checked("tcp"))
        assert {clients.line((VIP, front)) for _ in range(4)} == {"else"}
        away.stop()
        proxy.waits("tcp", "else", "DOWN")
        assert {clients.line((VIP, front)) for _ in range(4)} == {"n1"}


def test_the_file_that_runs_is_what_hagen_compiled(tmp_path: Path) -> None:
    """Only what belongs to the service of a whole node is left out, and where the socket lies."""
    made = lab.compiled(document({"web": web(port(), port=port())}))
    left = _differing(made.config, lab.runnable(made.config, tmp_path / "admin.sock"))

    assert [line.split()[0] for line in left] == ["chroot", "user", "group", "daemon", "stats"]


def _differing(before: str, after: str) -> Sequence[str]:
    kept = set(after.splitlines())
    return [line for line in before.splitlines() if line not in kept]
