"""`verify.sh` can fail: each of its checks goes red when the thing that it looks at is broken, and green when it is mended."""

import re
import shlex
import sys
import time
from collections.abc import Iterator, Sequence

import pytest

from hagen.pipeline import compile_source
from hagen.source import Source
from lab import Done, measure, place
from lab.breakers import KNOWN, broken, chosen
from lab.cluster import Cluster
from lab.host import Host
from lab.table import TOPOLOGY, VIPS

_SEEN_S = 30
"""How long it may take until a check sees that something was broken: Corosync waits for a link, HAProxy for a server."""
_MENDED_S = 60
"""How long it may take until everything is as it should be once it was mended."""


def _titles() -> list[str]:
    made = compile_source(Source("topology.yml", TOPOLOGY.read_bytes())).artifacts
    (script,) = (each.text for each in made if each.path == "verify.sh")
    return [shlex.split(line)[1] for line in script.splitlines() if line.startswith("check '")]


def _groups() -> Iterator[tuple[str, ...]]:
    """Yield the titles of checks that one breaker makes red at once, each of which has to be."""
    # A check without a breaker is a group of its own, whose test fails.
    groups: dict[object, list[str]] = {}
    for title in TITLES:
        groups.setdefault(chosen(title)[0] if chosen(title) else title, []).append(title)
    yield from map(tuple, groups.values())


TITLES = _titles()
GROUPS = tuple(_groups())


def test_every_breaker_is_of_use() -> None:
    """There is no breaker for a check that is gone."""
    assert len(TITLES) == len(set(TITLES))
    assert [each.title.pattern for each in KNOWN if not any(map(each.title.fullmatch, TITLES))] == []


def test_everything_is_green(cluster: Cluster) -> None:
    """On a sound cluster every check says ok, in the order of the script, and the exit code is 0."""
    for host in cluster.nodes.values():
        began = time.monotonic()
        done = cluster.verify(host)
        measure.taken(f"verify.sh on {host}: {len(TITLES)} checks", time.monotonic() - began)
        plan = f"1..{len(TITLES)}"
        assert done.out.splitlines() == [plan, *(f"ok {n} - {title}" for n, title in enumerate(TITLES, 1))]
        assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("titles", GROUPS, ids=lambda titles: titles[0])
def test_check_goes_red_and_green_again(cluster: Cluster, titles: tuple[str, ...]) -> None:
    """The check and the exit code go red while the thing is broken, with a reason below, and green once it is mended."""
    began = time.monotonic()
    with broken(cluster, titles[0]) as host:
        red = _wait_red(cluster, host, titles)
        seen = time.monotonic() - began
        assert red.code == 1
        for title in titles:
            reason = _reason(red, title)
            assert reason, f"no word about why: {title}"
            sys.stdout.write(f"{title}: {' / '.join(reason)}\n")
    _wait_green(cluster, host)
    measure.taken(f"{titles[0]}: red after {seen:.1f} s, and green", time.monotonic() - began)


def test_address_that_is_gone_is_seen(cluster: Cluster) -> None:
    """The check of an address fails on the node that has to have it, too."""
    address = VIPS["management"]
    host = cluster.node_of("vip_management")
    device, own = host.run("ip", "-brief", "address", "show", "to", address).out.split()[::2]
    host.run("ip", "address", "delete", own, "dev", device.partition("@")[0])
    assert f"# vip_management runs here, and {address} is not here" in cluster.verify(host).out
    cluster.settle()


def test_table_that_is_gone_is_seen(cluster: Cluster) -> None:
    """Rules of somebody else may begin with a flush: then the whole table is gone."""
    host = cluster.alive()[0]
    host.run("nft", "flush", "ruleset")
    try:
        assert "# table inet hagen is not loaded" in cluster.verify(host).out
    finally:
        host.run("systemctl", "reload-or-restart", "hagen-firewall.service")
    assert cluster.verify(host).code == 0


@pytest.mark.parametrize("change", ["chmod 0666 {0}", "chown nobody {0}", "chgrp nogroup {0}"])
def test_file_of_another_owner_or_mode_is_seen(cluster: Cluster, change: str) -> None:
    """A file that has its content still, but another owner, group or mode, is not as it was made."""
    host = cluster.alive()[0]
    # Nothing has to be reloaded when this one is put back.
    _changed(cluster, host, change, "/etc/sysctl.d/90-hagen.conf", "{0} is what hagen made")


@pytest.mark.parametrize("change", ["rm {0}", ": >{0}", "chmod g+r {0}", "chown nobody {0}"])
def test_secret_that_is_of_no_use_or_open_is_seen(cluster: Cluster, change: str) -> None:
    """A file with a secret that is gone, empty, open to a group, or somebody else's is seen."""
    host = cluster.alive()[0]
    _changed(cluster, host, change, "/etc/hagen/hacluster", "{0} is there, for root alone")


def _changed(cluster: Cluster, host: Host, change: str, path: str, title: str) -> None:
    """Change a file, which makes one check red and no other, and put it back."""
    host.run("cp", "--preserve", path, f"{path}.lab")
    try:
        host.sh(change.format(path))
        red = cluster.verify(host)
    finally:
        host.run("mv", f"{path}.lab", path)
    assert _red(red) == [title.format(path)]
    sys.stdout.write(f"{change.format(path)}: {' / '.join(_reason(red, title.format(path)))}\n")
    assert cluster.verify(host).code == 0


def _red(done: Done) -> list[str]:
    return re.findall(r"^not ok \d+ - (.*)$", done.out, re.MULTILINE)


def _wait_red(cluster: Cluster, host: Host, titles: Sequence[str]) -> Done:
    answers: list[Done] = []

    def seen() -> bool:
        answers.append(cluster.verify(host))
        return set(titles) <= set(_red(answers[-1]))

    place.until(seen, _SEEN_S, f"{host} to find a fault: {titles}", 0.3)
    return answers[-1]


def _wait_green(cluster: Cluster, host: Host) -> None:
    answers: list[Done] = []

    def mended() -> bool:
        answers.append(cluster.verify(host))
        return not answers[-1].code

    try:
        place.until(mended, _MENDED_S, "green")
    except AssertionError:
        raise AssertionError(f"{host} is not green: {answers[-1].out}") from None


def _reason(done: Done, title: str) -> list[str]:
    """Return the lines below a check that is not ok."""
    lines = done.out.splitlines()
    (at,) = (n for n, line in enumerate(lines) if line.startswith("not ok ") and line.endswith(f" - {title}"))
    reason = []
    for line in lines[at + 1 :]:
        if not line.startswith("# "):
            break
        reason.append(line.removeprefix("# "))
    return reason
