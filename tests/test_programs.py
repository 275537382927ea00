"""The harness itself: every program that judges artifacts refuses what is wrong, so its silence means something."""

from pathlib import Path

import pytest

import haproxies
import programs
from programs import ACCEPTED

_PROXY = "defaults\n mode tcp\n timeout connect 1s\n timeout client 1s\n timeout server 1s\nlisten a\n bind 127.0.0.1:1\n"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (_PROXY + " blance source\n", "unknown keyword"),
        (_PROXY.replace(" timeout client 1s\n", ""), "missing timeouts"),
        (_PROXY.rstrip("\n"), "Missing LF"),
        (_PROXY + ' server b 127.0.0.1:2 check inter 2s ca-file "${ABSENT}"\n', "ca-file"),
    ],
    ids=["error", "warning", "cut short", "absent file"],
)
def test_haproxy_refuses(tmp_path: Path, text: str, word: str) -> None:
    """A warning is as bad as an error."""
    path = tmp_path / "haproxy.cfg"
    path.write_text(text)
    verdict = haproxies.judge_here(path, tmp_path / "judged")

    assert verdict.code != 0
    assert word in verdict.output


def test_haproxy_finds_the_certificates_and_secrets_that_a_configuration_names(tmp_path: Path) -> None:
    """A certificate of the nodes need not lie on the machine that judges."""
    path = tmp_path / "haproxy.cfg"
    path.write_text(f'{_PROXY} bind 127.0.0.1:2 ssl crt /etc/absent/a.pem\n log "${{LOG}}" local0\n')

    assert haproxies.judge_here(path, tmp_path / "judged", {"LOG": "127.0.0.1:514"}).code == 0


def test_shellcheck_refuses_an_unquoted_variable(tmp_path: Path) -> None:
    """Even what is only a matter of style is found."""
    path = tmp_path / "a.sh"
    path.write_text('#!/bin/bash\nrm $1\n[ "x$2" = "x" ]\n')
    verdict = programs.shellcheck(path)

    assert verdict.code == 1
    assert {"SC2086", "SC2268"} <= {
        word for word in verdict.output.replace("(", " ").split() if word[:2] == "SC"
    }


def test_bash_refuses_an_unfinished_script(tmp_path: Path) -> None:
    """A syntax error is found without running anything."""
    path = tmp_path / "a.sh"
    path.write_text(f"touch {tmp_path}/ran\nif true; then\n")

    assert programs.bash_n(path).code == 2
    assert not (tmp_path / "ran").exists()


def test_cloud_init_refuses_a_wrong_type(tmp_path: Path) -> None:
    """User data of the wrong shape is found."""
    path = tmp_path / "a.yaml"
    path.write_text("#cloud-config\npackages: 1\n")
    verdict = programs.cloud_init_schema(path)

    assert verdict.code == 1
    assert "packages" in verdict.output


def test_ksvalidator_refuses_an_unknown_command(tmp_path: Path) -> None:
    """A command that Anaconda no longer has is found, and a sound file accepted in silence."""
    path = tmp_path / "a.ks"
    path.write_text("install\n")
    assert programs.ksvalidator(path).code != 0

    path.write_text("%packages\nhaproxy\n%end\n")
    assert programs.ksvalidator(path) == ACCEPTED


def test_rsyslog_refuses_an_unknown_parameter(tmp_path: Path) -> None:
    """An input that rsyslogd cannot make is found."""
    path = tmp_path / "a.conf"
    path.write_text('input(type="imuxsock" Socket="/run/a" Colour="red")\n')
    verdict = programs.rsyslog_check(path, tmp_path / "judged")

    assert verdict.code == 1
    assert "Colour" in verdict.output


def test_crm_verify_refuses_fencing_without_a_device(tmp_path: Path) -> None:
    """Resources in a cluster that cannot fence are found."""
    path = tmp_path / "cib.xml"
    primitive = '<primitive id="a" class="ocf" provider="pacemaker" type="Dummy"/>'
    path.write_text(
        programs.run("cibadmin", "--empty")
        .require()
        .replace("<resources/>", f"<resources>{primitive}</resources>")
    )

    assert programs.crm_verify(path).code == 78


def test_a_missing_program_is_a_skip_or_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A laptop goes on without a program, CI does not."""
    monkeypatch.delenv("HAGEN_REQUIRE_PROGRAMS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="not on this machine: no-such-program"):
        programs.need("bash", "no-such-program")

    monkeypatch.setenv("HAGEN_REQUIRE_PROGRAMS", "1")
    with pytest.raises(pytest.fail.Exception, match="not on this machine: no-such-program"):
        programs.need("bash", "no-such-program")
