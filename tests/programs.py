"""The real programs that judge artifacts: each function runs one of them and tells its exit code and its words.

A program that is not on this machine skips the test that needs it, and the end of the run lists it loudly (see
`conftest`). With HAGEN_REQUIRE_PROGRAMS=1 the test fails instead: that is how CI runs.
"""

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, NoReturn

import pytest

MISSING = "not on this machine: "
"""What the reason of a skip begins with, if a program is missing."""

PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
"""Where programs are looked for: the environment of the tests first, the system's administration tools last."""

_TIMEOUT_S = 120


class Verdict(NamedTuple):
    """What a program said of a file: its exit code, and standard output and error together."""

    code: int
    output: str

    def require(self) -> str:
        """Return the output of a program that must have succeeded."""
        if self.code:
            raise AssertionError(f"exit code {self.code}: {self.output}")
        return self.output


ACCEPTED = Verdict(0, "")
"""A program that found nothing to say."""


def missing(*names: str) -> NoReturn:
    """End the test because programs are not here: loudly skipped, or failed where none may be missing."""
    reason = MISSING + ", ".join(names)
    if os.environ.get("HAGEN_REQUIRE_PROGRAMS"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def need(*names: str) -> dict[str, str]:
    """Return where each program is; a name with a slash is a file that must be there."""
    found = {name: shutil.which(name, path=PATH) for name in names}
    absent = [name for name, path in found.items() if path is None]
    if absent:
        missing(*absent)
    return {name: path for name, path in found.items() if path is not None}


def run(
    program: str, *arguments: str | Path, env: Mapping[str, str] | None = None, stdin: str | None = None
) -> Verdict:
    """Run a program that must be here; `env` comes on top of the test's own environment."""
    done = subprocess.run(
        [need(program)[program], *arguments],
        env={**os.environ, "PATH": PATH, "LC_ALL": "C.UTF-8", **(env or {})},
        input=stdin or "",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    return Verdict(done.returncode, done.stdout)


def bash_n(script: Path) -> Verdict:
    """Let bash read a script without running it."""
    return run("bash", "-n", script)


def shellcheck(script: Path) -> Verdict:
    """Let shellcheck judge a bash script, its style included."""
    return run("shellcheck", "--shell=bash", "--severity=style", script)


def cloud_init_schema(user_data: Path) -> Verdict:
    """Let cloud-init judge user data. It speaks even when it accepts."""
    return run("cloud-init", "schema", "--config-file", user_data)


def ksvalidator(kickstart: Path, version: str = "RHEL9") -> Verdict:
    """Let pykickstart judge a kickstart file in the dialect of `version`; the output is what it found."""
    verdict = run("ksvalidator", "-v", version, kickstart)
    return Verdict(verdict.code, verdict.output.replace(f"Checking kickstart file {kickstart}", "").strip())


def rsyslog_check(snippet: Path, scratch: Path) -> Verdict:
    """Let rsyslogd judge a snippet where Debian's main configuration would include it."""
    scratch.mkdir(parents=True, exist_ok=True)
    main = scratch / "rsyslog.conf"
    main.write_text(
        'module(load="imuxsock")\n'
        'module(load="imklog")\n'
        "$FileOwner root\n$FileGroup adm\n$FileCreateMode 0640\n$DirCreateMode 0755\n$Umask 0022\n"
        f"$WorkDirectory {scratch}\n"
        f"$IncludeConfig {snippet}\n"
        "*.*;auth,authpriv.none -/var/log/syslog\n"
    )
    return run("rsyslogd", "-N1", "-f", main)


def crm_verify(cib: Path) -> Verdict:
    """Let Pacemaker judge the configuration in a CIB, whatever the state of its nodes is."""
    judged = cib.with_suffix(".judged.xml")
    judged.write_text(without_members(cib.read_text()))
    return run("crm_verify", "--verbose", "--xml-file", judged)


def without_members(cib: str) -> str:
    """Return a CIB as `crm_verify` wants it: it calls nodes unclean that no status tells of.

    Remote nodes come from the resources, so they cannot be left out and are given a status instead.
    """
    root = ET.fromstring(cib)  # noqa: S314  written by pcs a moment ago
    remotes = [each.get("id", "") for each in root.iterfind(".//primitive[@type='remote']")]
    remotes += [each.get("value", "") for each in root.iterfind(".//nvpair[@name='remote-node']")]
    for each in (*root.iterfind("configuration/nodes"), *root.iterfind("status")):
        each.clear()
    for status in root.iterfind("status"):
        for name in remotes:
            ET.SubElement(status, "node_state", id=name, uname=name, remote_node="true")
    return ET.tostring(root, encoding="unicode")
