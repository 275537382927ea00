"""Everything that the language has of HAProxy, on every platform: real HAProxies judge it, and where there is none a golden file.

`proxies/rich.yml` says all of it. What a platform's HAProxy is too old for is refused with HG4407; it is left out of the
topology, key by key, until nothing is.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

import haproxies
from hagen import resources
from hagen.pipeline import compile_source
from hagen.source import Pointer, Source
from topologies import ROOT

HERE = ROOT / "tests/proxies"
PLATFORMS: Any = resources.data(resources.PLATFORMS)
SECRETS = {"STATS_PASSWORD": "made-up", "REDIS_PASSWORD": "made-up"}
JUDGED = {name: haproxies.of_platform(each["versions"]) for name, each in PLATFORMS.items()}
UNJUDGED = tuple(name for name, version in JUDGED.items() if version is None)

LATER = {
    "el7": r"http-check send|ssl-min-ver|alpn|nbthread|hard-stop-after|expose-fd|set-var|deny_status|use-service|server-state"
    r"|init-addr|resolvers|no-check-ssl|check-sni|status [0-9]+[-,]|ciphersuites|curves|'|\"|balance random|\[2001",
    "el8": r"http-check send|use-service|status [0-9]+[-,]|ciphersuites|curves|balance random|deny_status 413|init-state",
    "el9": r"init-state|ocsp-update|ca-file @",
    "ubuntu22.04": r"init-state|ocsp-update|ca-file @",
}
"""Words, by platform, that its HAProxy does not know; source: the configuration manuals of 1.5, 1.8 and 2.4."""


@cache
def compiled(platform: str) -> tuple[str, tuple[Pointer, ...]]:
    """Return haproxy.cfg of the rich topology on a platform, and what had to be left out."""
    data = yaml.safe_load((HERE / "rich.yml").read_text())
    data["cluster"]["platform"] = platform
    removed: list[Pointer] = []
    while True:
        result = compile_source(Source("rich.yml", yaml.safe_dump(data, sort_keys=False).encode()))
        if result.topology is not None:
            text = next(each.text for each in result.artifacts if each.path == "haproxy.cfg")
            return text, tuple(removed)
        errors = [each for each in result.diagnostics if each.severity == "error"]
        # What is left out may leave something without a meaning: balance options, a route.
        assert {each.code.id for each in errors} == {"HG4407"} or removed, errors
        for at in sorted({each.primary.at for each in errors}, key=str, reverse=True):
            assert _removed(data, at), errors
            removed.append(at)


def _removed(data: Any, at: Pointer) -> bool:
    """Remove what stands at a place; tell whether it was there."""
    for step in at[:-1]:
        known = range(len(data)) if isinstance(data, list) else data
        if step not in known:
            return True  # what it is in was removed a moment ago
        data = data[step]
    there = at[-1] in (range(len(data)) if isinstance(data, list) else data)
    if there:
        del data[at[-1]]
    return there


@pytest.mark.parametrize("platform", [name for name in PLATFORMS if JUDGED[name] is not None])
def test_the_platforms_haproxy_accepts_everything(platform: str, tmp_path: Path) -> None:
    """The HAProxy of the platform, and every newer one, has nothing against it."""
    text, _ = compiled(platform)
    own = JUDGED[platform]
    assert own is not None

    said = {
        version: haproxies.judge(version, text, tmp_path, SECRETS)
        for version in haproxies.VERSIONS[haproxies.VERSIONS.index(own) :]
    }

    assert {version: each for version, each in said.items() if each not in haproxies.SATISFIED} == {}


def test_the_newest_lacks_nothing() -> None:
    """On the newest platform nothing has to be left out but what no platform has."""
    assert compiled("debian13")[1] == ()


@pytest.mark.parametrize("platform", UNJUDGED)
def test_what_no_program_judges_is_what_was_reviewed(platform: str, update: bool) -> None:
    """No HAProxy of this version can be had, so a change of its file is a change of these."""
    text, removed = compiled(platform)
    golden = HERE / "out" / f"{platform}.cfg"
    listed = HERE / "out" / f"{platform}.without"
    lacking = "".join(f"{'.'.join(map(str, at))}\n" for at in sorted(removed, key=str))
    if update:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text)
        listed.write_text(lacking)

    assert (golden.read_text(), listed.read_text()) == (text, lacking)


@pytest.mark.parametrize("platform", UNJUDGED)
def test_no_word_of_a_later_version(platform: str) -> None:
    """The manual of the platform's HAProxy has every word of the file."""
    text, _ = compiled(platform)
    settings = [line for line in text.splitlines() if not line.lstrip().startswith("#")]

    assert [line for line in settings if re.search(LATER[platform], line)] == []


def test_there_is_a_platform_for_every_case() -> None:
    """The tests above run at all, and no golden file is left of a platform that is gone."""
    assert len(UNJUDGED) == len(LATER)
    assert {path.stem for path in (HERE / "out").glob("*.cfg")} == set(UNJUDGED)
