"""Every platform: what a topology compiles to is accepted by that platform's own programs, as far as they are here."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import haproxies
import programs
from hagen import resources
from hagen.artifact import Artifact
from programs import ACCEPTED, Verdict
from test_firewall import made

PLATFORMS: Any = resources.data("schema/platforms.yaml")
ALL = tuple(PLATFORMS)
STATS = (
    "services:\n",
    "proxy: {stats: {bind: [{vip: front, port: 1080}], realm: 'two words', password: {env: P}}}\nservices:\n",
)
ASKED = (
    "servers: {port: 9443}}",
    "servers: {port: 9443}, mode: http, check: {type: http, http: {path: '/a?b=c&d'}}}",
)


def compiled(platform: str) -> Mapping[str, Artifact]:
    """Return a topology with everything that the platform's HAProxy can do."""
    old = version(platform, "haproxy") < (1, 6)
    return made(platform, ASKED) if old else made(platform, ASKED, STATS)


def version(platform: str, program: str) -> tuple[int, ...]:
    """Return the version of a program as numbers."""
    return tuple(map(int, PLATFORMS[platform]["versions"][program].split(".")))


def test_the_issue_names_these_platforms() -> None:
    """Nine distributions, each with the pcs whose commands its script has to speak."""
    dialects = {name: ".".join(each["versions"]["pcs"].split(".")[:2]) for name, each in PLATFORMS.items()}

    assert dialects == {
        "el7": "0.9", "el8": "0.10", "el9": "0.11", "el10": "0.12",
        "debian11": "0.10", "debian12": "0.11", "debian13": "0.12",
        "ubuntu22.04": "0.10", "ubuntu24.04": "0.11",
    }  # fmt: skip


@pytest.mark.parametrize("platform", ALL)
def test_cloud_init_accepts_every_machine(platform: str, tmp_path: Path) -> None:
    """`cloud-init schema` calls the user data of nodes, quorum device and remote hosts valid, and nothing deprecated."""
    found = [each for path, each in compiled(platform).items() if path.startswith("cloud-init/")]
    assert len(found) == 4
    for each in found:
        path = tmp_path / Path(each.path).name
        path.write_text(each.text)
        assert programs.cloud_init_schema(path) == Verdict(0, f"Valid cloud-config: {path}\n")


@pytest.mark.parametrize("platform", [name for name in ALL if PLATFORMS[name]["kickstart"]])
def test_anaconda_accepts_every_machine(platform: str, tmp_path: Path) -> None:
    """`ksvalidator` finds nothing in the dialect of that version, and shellcheck nothing in the script inside."""
    found = [each for path, each in compiled(platform).items() if path.startswith("kickstart/")]
    assert len(found) == 4
    for each in found:
        path = tmp_path / Path(each.path).name
        path.write_text(each.text)
        assert programs.ksvalidator(path, PLATFORMS[platform]["kickstart"]) == ACCEPTED

        (script,) = re.findall(r"^%post [^\n]*\n(.*)^%end$", each.text, re.MULTILINE | re.DOTALL)
        path.write_text(script)
        assert programs.shellcheck(path) == ACCEPTED
        assert f"\n{PLATFORMS[platform]['install']} " in script


@pytest.mark.parametrize("platform", ALL)
def test_shellcheck_accepts_the_steps_of_every_machine(platform: str, tmp_path: Path) -> None:
    """What cloud-init runs once is sound shell, which it hands to `sh`."""
    for path, each in compiled(platform).items():
        if path.startswith("cloud-init/"):
            config = yaml.safe_load(each.text)
            script = tmp_path / "steps.sh"
            steps = [*config.get("bootcmd", []), *config["runcmd"]]
            script.write_text("\n".join(steps) + "\n")
            assert programs.run("shellcheck", "--shell=sh", "--severity=style", script) == ACCEPTED


@pytest.mark.parametrize("platform", [name for name in ALL if version(name, "haproxy") >= (1, 6)])
def test_haproxy_accepts_its_configuration(platform: str, tmp_path: Path) -> None:
    """The HAProxy that is here takes every platform's file without a warning; they only differ in paths."""
    config = tmp_path / "haproxy.cfg"
    config.write_text(compiled(platform)["haproxy.cfg"].text)
    verdict = haproxies.judge_here(config, tmp_path / "judged", {"P": "made-up"})

    assert verdict in {Verdict(0, ""), Verdict(0, "Configuration file is valid\n")}


def test_haproxy_1_5_is_spoken_to_in_its_own_words() -> None:
    """It knows neither quotes nor brackets nor variables; backslashes it knows, as every later version does."""
    path = "servers: {port: 9443}, mode: http, check: {type: http, http: {path: '/a#b?c=d'}}}"
    text = made("el7", ("servers: {port: 9443}}", path))["haproxy.cfg"].text
    lines = [line.strip() for line in text.splitlines() if not line.lstrip().startswith("#")]

    assert [line for line in lines if re.search(r"[\"'\[\]$]", line.removesuffix("$"))] == []
    assert r"option httpchk OPTIONS /a\#b?c=d" in lines
    assert "bind 2001:db8:16::100:8643" in lines
    assert [line for line in lines if line.startswith("server one 2001:db8:16::11:9643 ")]


def test_systemd_219_is_told_to_reload_in_its_own_words() -> None:
    """`try-reload-or-restart` came with systemd 229; before, it was the other way round."""
    for platform in ALL:
        target = compiled(platform)["haproxy.cfg"].target
        assert target is not None
        word = "reload-or-try-restart" if platform == "el7" else "try-reload-or-restart"
        assert target.reload == ("systemctl", word, "haproxy.service")


@pytest.mark.parametrize("platform", ALL)
def test_the_platform_s_own_package_manager_is_used(platform: str) -> None:
    """No yum on Debian, no apt on Enterprise Linux, anywhere in the files that make machines ready."""
    foreign = r"\b(yum|dnf)\b" if PLATFORMS[platform]["family"] == "debian" else r"\bapt(-get)?\b"
    texts = {path: each.text for path, each in compiled(platform).items()}

    assert [path for path, text in texts.items() if re.search(foreign, text)] == []
    if platform == "el7":
        assert [path for path, text in texts.items() if re.search(r"\bdnf\b", text)] == []
