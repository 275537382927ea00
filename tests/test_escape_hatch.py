"""Extra lines of haproxy.cfg: what is refused, what is let through, and what real HAProxies say of that."""

from pathlib import Path

import pytest

import haproxies
from hagen import codes
from hagen.extra_line import Fault, read, taken
from hagen.pipeline import check_source, compile_source
from hagen.source import Source
from haproxies import SATISFIED, VERSIONS

TOPOLOGY = """\
hagen: 1
cluster:
  name: c
  platform: debian11
  purpose: lab
  fencing: {enabled: false, reason: a topology of tests}
networks:
  lan: {cidr: 10.10.16.0/24}
nodes:
  one: {addresses: {lan: 10.10.16.11}}
  two: {addresses: {lan: 10.10.16.12}}
  three: {addresses: {lan: 10.10.16.13}}
vips:
  front: {address: 10.10.16.100, network: lan}
proxy:
  extra:
    global: GLOBAL
    defaults: DEFAULTS
frontends:
  web: {vips: [front], port: 80, extra: FRONTEND, rate_limit: {requests: 100}}
services:
  api: {port: 8080, mode: http, routes: [{frontend: web, paths: [/api]}], servers: {network: lan}}
  db: {vips: [front], port: 3306, check: {type: mysql, mysql: {user: check}}, writer: one, servers: {port: 3307}, on_marked_down: shutdown-sessions}
  site: {vips: [front], port: 81, mode: http, servers: {port: 82}, extra: SERVICE}
"""

PLACES = ("GLOBAL", "DEFAULTS", "FRONTEND", "SERVICE")


def topology(**lines: list[str]) -> Source:
    """Return a topology with extra lines at these places."""
    text = TOPOLOGY
    for place in PLACES:
        quoted = ", ".join("'" + line.replace("'", "''") + "'" for line in lines.get(place, []))
        text = text.replace(place, f"[{quoted}]")
    return Source("topology.yml", text.encode())


def said(place: str, line: str) -> set[str]:
    """Return the codes of what is said of a line at a place, besides warnings."""
    found = check_source(topology(**{place: [line]})).diagnostics
    return {each.code.id for each in found if each.severity == "error"}


BROKEN = [
    "   ",
    "listen backdoor",
    "'listen' backdoor",
    r"\x6cisten backdoor",
    "no frontend web",
    "backend elsewhere",
    "userlist people",
    "program shell",
    "ring buffer",
    ".if defined(X)",
    ".endif",
    "'.alert' now",
    "option http-ignore-probes \\",
    'http-request set-header X "open',
    "http-request set-header X 'open",
    'http-request set-header X "${NAME"',
    "# a comment",
    "errorloc 503 https://status.example.org/#now",
    r"http-request set-header X \x4",
]

OVERRIDING = [
    ("GLOBAL", "maxconn 5"),
    ("GLOBAL", "stats socket /tmp/admin level admin"),
    ("GLOBAL", "unsetenv HAPROXY_STATS_PASSWORD"),
    ("GLOBAL", "user root"),
    ("GLOBAL", "localpeer other"),
    ("GLOBAL", "external-check"),
    ("DEFAULTS", "no option redispatch"),
    ("DEFAULTS", "timeout check 1s"),
    ("DEFAULTS", "errorfile 503 /etc/503.http"),
    ("DEFAULTS", "option allbackups"),
    ("FRONTEND", "bind 10.10.16.100:8443"),
    ("FRONTEND", '"bind" :8443'),
    ("FRONTEND", "default_backend db"),
    ("FRONTEND", "acl allowed_source src 0.0.0.0/0"),
    ("FRONTEND", "acl api-0-0 path_beg /"),
    ("FRONTEND", "http-request track-sc0 url"),
    ("FRONTEND", "http-request set-var(txn.prefix) str(/x)"),
    ("SERVICE", "mode tcp"),
    ("SERVICE", "server four 10.10.16.14:82"),
    ("SERVICE", "http-check expect status 200"),
    ("SERVICE", "default timeout server"),
    ("SERVICE", "stats enable"),
    ("SERVICE", "no log"),
]

SECRETS = [
    "stats auth admin:north-star",
    "http-request set-header Authorization 'Basic bm9ydGgtc3Rhcg=='",
    "http-request set-header X-Auth-Token north-star",
    "http-request deny unless { req.hdr(X-Api-Key) -m str north-star }",
    "http-request deny unless { req.hdr(X-Api-Key) north-star }",
    "acl known req.hdr(Authorization) 'Bearer north-star-seven'",
    "setenv DB_PASSWORD north-star",
    "redirect location https://admin:north-star@example.org/",
    "http-request set-header Authorization 'Basic bm9ydGgtc3Rhcg==",
    "user admin insecure-password north-star",
]

SOUND = {
    "GLOBAL": ["tune.bufsize 32768", "log-tag edge", "spread-checks 5", "stats timeout 10s"],
    "DEFAULTS": ["option dontlognull", "timeout tarpit 5s", "backlog 2048"],
    "FRONTEND": [
        "acl internal src 10.0.0.0/8",
        r"http-request deny if { path_beg /admin } !internal",
        'http-request set-header X-Site "north wing \\"A\\" #1"',
        r"http-request set-header X-Wing north\ wing\#2",
        "http-request deny unless { req.hdr(X-Auth-Token) -m found }",
        'http-request set-header X-Auth-Token "${API_TOKEN}"',
        "http-request set-header X-Token %[req.cook(token)]",
        "http-request track-sc1 src table web-rate",
        "timeout client-fin 10s",
        "option http-ignore-probes",
    ],
    "SERVICE": [
        "option http-pretend-keepalive",
        "http-check disable-on-404",
        "http-response del-header Server",
        "no option http-use-proxy-header",
        "timeout server-fin 10s",
        "fullconn 500",
    ],
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("line", BROKEN)
def test_a_line_stays_in_its_section(place: str, line: str) -> None:
    """What is no setting of its section is refused wherever it stands, and nothing else is said of it."""
    assert said(place, line) == {codes.BROKEN_EXTRA_LINE.id}


@pytest.mark.parametrize(("place", "line"), OVERRIDING)
def test_a_line_does_not_override(place: str, line: str) -> None:
    """What hagen sets in a section is not set again there, nor undone."""
    assert said(place, line) == {codes.EXTRA_LINE_OVERRIDES.id}


@pytest.mark.parametrize("line", SECRETS)
def test_a_line_holds_no_secret(line: str) -> None:
    """A secret is refused, whatever else is wrong with the line, and is not shown."""
    found = check_source(topology(SERVICE=[line])).diagnostics
    about = [each for each in found if each.severity == "error"]

    assert [each.code for each in about] == [codes.SECRET_IN_EXTRA_LINE]
    assert about[0].primary.secret
    assert "north-star" not in about[0].message + about[0].hint


@pytest.mark.parametrize("version", VERSIONS)
def test_haproxy_accepts_what_is_let_through(version: str, tmp_path: Path) -> None:
    """Sound lines stand in haproxy.cfg as they are, in their sections, and no HAProxy warns of them."""
    result = compile_source(topology(**SOUND))
    assert [each for each in result.diagnostics if each.severity == "error"] == []
    (text,) = (each.text for each in result.artifacts if each.path == "haproxy.cfg")

    lines = [line.strip() for line in text.splitlines()]
    assert [line for place in PLACES for line in SOUND[place] if line not in lines] == []
    (tmp_path / version).mkdir()
    assert haproxies.judge(version, text, tmp_path, {"API_TOKEN": "x"}) in SATISFIED


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "line",
    [
        r'http-request set-header X "a\"b" unless { path /a\ b }',
        "http-request set-header X 'a\"b\\'",
        r"http-request set-header X a\#b\\c\'d\"e",
        r"http-request set-header X \x41\x42",
        '"http-request" set-header X "a  b"',
        "http-request set-header X a'b 'c",
    ],
)
def test_words_are_read_as_haproxy_reads_them(version: str, line: str, tmp_path: Path) -> None:
    """A line is quoted soundly where it is for HAProxy; the number of its words is right, or HAProxy would refuse it."""
    words = read(line)
    assert not isinstance(words, Fault)
    assert words[:3] == ("http-request", "set-header", "X")
    written = " ".join("'" + word.replace("'", r"'\''") + "'" for word in words)

    for text in (line, written):
        config = "defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n"
        config += f"frontend a\n bind 127.0.0.1:1\n {text}\n http-request deny\n"
        assert haproxies.judge(version, config, tmp_path) in SATISFIED, text


def test_what_is_free_to_say() -> None:
    """Checks are hagen's, but for what it cannot say of them; a word is taken in the sections that have it."""
    assert taken(("http-check", "send"), "service") == ("http-check", "check")
    assert taken(("http-check", "send-state"), "service") is None
    assert taken(("timeout", "client"), "defaults") == ("timeout client", "proxy.timeouts")
    assert taken(("balance", "source"), "defaults") == ("balance", "services.NAME.balance")
    assert taken(("balance", "source"), "global") is None
