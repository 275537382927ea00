"""Every command of `CHECKLIST.md`, taken from the file and run on the nodes, gives the answer that stands beside it.

Section 4 is rehearsed in `test_failover`.
"""

import hashlib
import json
import re
import shlex
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import NamedTuple

import pytest

from lab import Done
from lab.checklist import Entry, Section, sections
from lab.cluster import HOME, SECRETS, Cluster
from lab.host import Host
from lab.table import DEVICE, HOSTS, NODES


class Answers(NamedTuple):
    """What the nodes answered to a command, and the cluster that they are."""

    by: Mapping[str, Done]
    cluster: Cluster

    @property
    def all(self) -> tuple[Done, ...]:
        """Every node's answer."""
        return tuple(self.by.values())

    def each(self, holds: Callable[[str], object]) -> bool:
        """Tell whether something holds for what each node printed, with each row of blanks as one."""
        return all(holds(_squeezed(done.out + done.err)) for done in self.all)


Judge = Callable[..., bool]
_JUDGES: list[tuple[re.Pattern[str], Judge]] = []


def right(phrase: str) -> Callable[[Judge], Judge]:
    """Make a function the judge of answers for which the checklist says this; the groups are its arguments."""

    def known(judge: Judge) -> Judge:
        _JUDGES.append((re.compile(phrase), judge))
        return judge

    return known


def judge(phrase: str) -> Callable[[Answers], bool]:
    """Return the one judge of a phrase: a phrase that nobody knows would be believed unread."""
    found = [(match, judge) for pattern, judge in _JUDGES if (match := pattern.fullmatch(phrase))]
    assert len(found) == 1, f"{len(found)} judges for: {phrase}"
    match, judge = found[0]
    return lambda answers: judge(answers, *match.groups())


# --- what may stand behind "Expected" ---------------------------------------------------------------------------------


@right("`([^`]+)`(?:[:;] .*)?")
def _this_line(answers: Answers, value: str) -> bool:
    return answers.each(lambda out: value in out.splitlines())


@right("exit code 0")
def _no_error(answers: Answers) -> bool:
    return not any(done.code for done in answers.all)


@right("no output, exit code 0")
def _silent_success(answers: Answers) -> bool:
    return _no_error(answers) and _silence(answers)


@right("no output; what it shows goes with .*")
def _silence(answers: Answers) -> bool:
    return answers.each(lambda out: not out)


@right("no `([^`]+)`")
def _nothing_of(answers: Answers, what: str) -> bool:
    return _no_error(answers) and answers.each(lambda out: what not in out)


@right("not set, or `([^`]+)`")
def _unset_or(answers: Answers, value: str) -> bool:
    asked = "maintenance-mode"
    found = answers.each(lambda out: all(said == value for said in re.findall(rf"{asked}[:=] ?(\S+)", out)))
    return found and _no_error(answers)


@right("`([^`]+)` is `([^`]+)`")
def _one_is(answers: Answers, name: str, value: str) -> bool:
    if value == "Started":
        return answers.each(lambda out: _started(out, name))
    return answers.each(lambda out: f"{name}: {value}" in out.splitlines())


@right("([0-9]+) nodes configured, online: (.+)")
def _online(answers: Answers, count: str, names: str) -> bool:
    shown = f"Online: [ {names.replace(',', '')} ]"
    return answers.each(lambda out: f"{count} nodes configured" in out and shown in out)


@right("([0-9]+) members, each with status `([^`]+)`")
def _members(answers: Answers, count: str, status: str) -> bool:
    return answers.each(
        lambda out: len(re.findall(rf"\.status \(str\) = {status}$", out, re.MULTILINE)) == int(count)
    )


@right("([0-9]+) links to each of the ([0-9]+) other nodes, every one `connected`")
def _links(answers: Answers, links: str, others: str) -> bool:
    wanted = [int(links)] * int(others)
    return answers.each(
        lambda out: (
            [part.count(" connected ") for part in out.split("nodeid: ")[1:]] == wanted
            and [part.count("LINK: ") for part in out.split("nodeid: ")[1:]] == wanted
        )
    )


@right("`([^`]+)` is `Started` on one node")
def _on_one_node(answers: Answers, resource: str) -> bool:
    places = {tuple(_started(_squeezed(done.out), resource)) for done in answers.all}
    return len(places) == 1 and len(places.pop()) == 1


@right("`([^`]+)` and `([^`]+)` are `Started` on the same node")
def _together(answers: Answers, one: str, other: str) -> bool:
    return answers.each(lambda out: _started(out, one) and _started(out, one) == _started(out, other))


@right("`Started` on every node")
def _everywhere(answers: Answers) -> bool:
    return answers.each(lambda out: f"Started: [ {' '.join(NODES)} ]" in out)


@right("one line on the node that runs `([^`]+)`, nothing on the others")
def _address(answers: Answers, resource: str) -> bool:
    holder = answers.cluster.node_of(resource).name
    return all(len(done.out.splitlines()) == (name == holder) for name, done in answers.by.items())


@right("the newest process has begun after the file was put there; if not, .*")
def _in_this_order(answers: Answers) -> bool:
    for done in answers.all:
        *began, written = done.out.splitlines()
        newest = max(datetime.strptime(each, "%a %b %d %H:%M:%S %Y") for each in began)  # noqa: DTZ007  the host's time
        if newest < datetime.fromisoformat(written[:19]):
            return False
    return True


@right("asks for the password of `([^`]+)`; every service has a server that is `([^`]+)`")
def _servers(answers: Answers, user: str, status: str) -> bool:
    def fine(out: str) -> bool:
        rows = [line.split(",") for line in out.splitlines() if not line.startswith(("#", "Enter"))]
        services = {row[0] for row in rows if row[1] not in {"FRONTEND", "BACKEND"}}
        up = {row[0] for row in rows if row[1] not in {"FRONTEND", "BACKEND"} and row[2].startswith(status)}
        return bool(services) and services == up

    return bool(user) and answers.each(fine)


@right("a line that ends with `([^`]+)`: .*")
def _ends_with(answers: Answers, end: str) -> bool:
    return answers.each(lambda out: out.endswith(end))


@right("exit code 0, and the sets, ports and drops of `([^`]+)`")
def _as_in(answers: Answers, file: str) -> bool:
    written = re.sub("#.*", "", answers.cluster.alive()[0].read(file))
    within = written.partition("table inet hagen {")[2]

    def same(out: str) -> bool:
        # nft has other lines and another order, and says { 2224 } as 2224: what is left are the words.
        return _words(out.partition("table inet hagen {")[2]) == _words(within)

    return _no_error(answers) and "drop" in within and answers.each(same)


def _words(rules: str) -> list[str]:
    return sorted(re.findall(r"[^\s,;{}]+", rules))


@right("`([^`]+)` among what each line prints, but on nodes where it may not run")
def _elsewhere(answers: Answers, device: str) -> bool:
    # A device of one target may not run on that.
    target = device.removeprefix("bmc-")
    return {name for name, done in answers.by.items() if device in done.out.split()} == {*NODES} - {target}


@right("`([^`]+)`, and the digest that `manifest.json` has for `([^`]+)`")
def _as_made(answers: Answers, state: str, path: str) -> bool:
    files = json.loads((answers.cluster.built / "manifest.json").read_text())["files"]
    (digest,) = (each["sha256"] for each in files if each["path"] == path)
    return answers.each(lambda out: out.startswith(f"{state}\n{digest} "))


@right("a mode that begins with `(.)` and ends with `([^`]+)`, then `([^`]+)`, and a size that is not 0")
def _private_file(answers: Answers, begin: str, end: str, owner: str) -> bool:
    def fine(out: str) -> bool:
        mode, who, size = out.split()
        return mode.startswith(begin) and mode.endswith(end) and who == owner and int(size) > 0

    return _no_error(answers) and answers.each(fine)


# --- the file ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def read(cluster: Cluster) -> dict[str, Section]:
    """Return the sections of the checklist that was built for this cluster."""
    found = sections(cluster.built / "CHECKLIST.md")
    assert list(found) == ["1. Before", "2. Apply", "3. Verify", "4. Rehearse"]
    return found


# --- 1. Before --------------------------------------------------------------------------------------------------------


def test_what_has_to_be_there_before(cluster: Cluster, read: Mapping[str, Section]) -> None:
    """Machines, packages, secrets and services are as section 1 wants them, and its commands can be run again."""
    for entry in read["1. Before"].entries:
        hosts = (cluster.hosts[DEVICE],) if "qnetd" in entry.commands else tuple(cluster.nodes.values())
        if entry.commands:
            for host in hosts:
                _typed(host, entry)
        assert entry.commands or _holds(cluster, entry.title), entry
    # The password that was typed on every host is the one by which they authenticate.
    assert cluster.pcs("auth").code == 0
    (ports,) = re.findall(r"port (\d+)/tcp and port (\d+)/tcp of it", "\n".join(read["1. Before"].sentences))
    for host in cluster.nodes.values():
        for port in ports:
            host.sh(f"timeout 5 bash -c '</dev/tcp/{HOSTS[DEVICE].main}/{port}'")


def _typed(host: Host, entry: Entry) -> None:
    """Type the commands of an entry one after the other; a password that is asked for is typed twice."""
    for line in entry.commands.splitlines():
        asked = f"{SECRETS.hacluster}\n" * 2 if line.startswith("passwd ") else ""
        host.run("bash", "-c", line, stdin=asked, timeout=120)


def _holds(cluster: Cluster, title: str) -> bool:
    """Tell whether something holds that has no command: on the machine that it names, or on every node."""
    found = [
        (known, match) for pattern, known in _PREPARED.items() if (match := re.fullmatch(pattern, title))
    ]
    assert len(found) == 1, f"{len(found)} judges for: {title}"
    known, match = found[0]
    return known(cluster, *match.groups())


def _machine(cluster: Cluster, name: str, addresses: str, system: str) -> bool:
    host = cluster.nodes[name]
    own = set(re.findall(r"inet6? ([0-9a-f.:]+)/", host.run("ip", "-o", "address").out))
    named = f'"Debian GNU/Linux {system.removeprefix("Debian ")}"' in host.read("/etc/os-release")
    return host.run("hostname").out.strip() == name and set(addresses.split(", ")) <= own and named


def _private(cluster: Cluster, path: str) -> bool:
    asked = ("stat", "-c", "%U %a", path)
    return all(host.run(*asked).out.strip() == "root 600" for host in cluster.nodes.values())


def _variable(cluster: Cluster, name: str, path: str) -> bool:
    return all(f"\n{name}=" in f"\n{host.read(path)}" for host in cluster.nodes.values())


def _database(cluster: Cluster, port: str, status: str, kept_free: str) -> bool:
    asked = ("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}")
    here, *_ = hosts = cluster.alive()
    if any(f":{kept_free} " in host.run("systemctl", "list-sockets", "--no-legend").out for host in hosts):
        return False
    return all(here.run(*asked, f"http://{host.entry.main}:{port}/").out == status for host in hosts)


def _kernel(cluster: Cluster, name: str, value: str) -> bool:
    return all(host.run("sysctl", "-n", name).out.strip() == value for host in cluster.nodes.values())


def _resource(cluster: Cluster, name: str) -> bool:
    return f'id="{name}"' in cluster.alive()[0].run("cibadmin", "--query", "--scope", "resources").out


_PREPARED: Mapping[str, Callable[..., bool]] = {
    r"`([^`]+)`, node \(([^)]+)\), on (.+)": _machine,
    r"`(/[^`]+)`: the .+ of .+": _private,
    r"a line `([A-Z_]+)=…` in `([^`]+)`: .*": _variable,
    r"service database: clustercheck answers on port ([0-9]+) of every database node with status ([0-9]+), "
    r"and systemd holds port ([0-9]+) of no address there: .*": _database,
    r"`([a-z0-9_.]+) = ([0-9]+)`: .*": _kernel,
    r"`([a-z0-9_-]+)`: .*": _resource,
}


# --- 2. Apply ---------------------------------------------------------------------------------------------------------

_FILE = re.compile(r"`([^`]+)` → `([^`]+)` \((\w+):(\w+), 0([0-7]{3})\)")
_STEPS = "then, as root, as long as the cluster does not run there, unless its cloud-init file did it:"
_UNDO = """\
systemctl --quiet enable haproxy.service
systemctl start haproxy.service
systemctl --quiet disable --now hagen-firewall.service
systemctl --quiet disable pcsd.service
systemctl kill --signal=KILL pcsd.service
systemctl stop syslog.socket rsyslog.service
passwd --quiet --lock hacluster
sysctl -q -w net.ipv4.ip_nonlocal_bind=0 net.ipv6.ip_nonlocal_bind=0
"""
_REDO = """\
systemctl --quiet disable --now haproxy.service
systemctl --quiet enable --now hagen-firewall.service pcsd.service
systemctl start rsyslog.service
passwd --quiet --unlock hacluster
sysctl -q -w net.ipv4.ip_nonlocal_bind=1 net.ipv6.ip_nonlocal_bind=1
"""


def test_files_lie_where_they_belong(cluster: Cluster, read: Mapping[str, Section]) -> None:
    """Each file of section 2 is on every node, with its content, owner and mode."""
    entries = read["2. Apply"].entries
    assert [each.title for each in entries if not _FILE.fullmatch(each.title)] == [_STEPS]
    for found in filter(None, (_FILE.fullmatch(each.title) for each in entries)):
        made, path, owner, group, mode = found.groups()
        for host in cluster.nodes.values():
            assert host.run("stat", "-c", "%U %G %a", path).out.split() == [owner, group, mode], path
            digest = host.run("sha256sum", path).out.split()[0]
            assert digest == hashlib.sha256((cluster.built / made).read_bytes()).hexdigest(), path


def test_steps_by_hand_make_a_node_ready(cluster: Cluster, read: Mapping[str, Section]) -> None:
    """On a node that left the cluster and was set back, the steps of section 2 do what its cloud-init file had done."""
    (steps,) = (each.commands for each in read["2. Apply"].entries if each.title == _STEPS)
    host = cluster.other_than(cluster.node_of("vip_management"))
    host.run("pcs", "cluster", "stop", timeout=120)
    try:
        host.sh(_UNDO)
        wrong = {each for each in cluster.red(host) if _of_the_host(each)}
        answers = {line: host.sh(line, check=False, timeout=120) for line in steps.splitlines()}
        left = {each for each in cluster.red(host) if _of_the_host(each)}
        haproxy = host.run("systemctl", "is-active", "haproxy.service", check=False).out.strip()
        password = host.run("passwd", "--status", "hacluster").out.split()[1]
    finally:
        host.sh(_REDO)
        host.run("pcs", "cluster", "start", "--wait=60", timeout=120)
        cluster.settle()
    assert {line: done for line, done in answers.items() if done.code} == {}
    assert len(wrong) > 5
    assert left == set()
    assert (haproxy, password) == ("inactive", "P")


def _of_the_host(title: str) -> bool:
    begins = ("kernel ", "systemd has ", "the cluster's ports", "HAProxy's log", "/")
    return title.startswith(begins)


def test_applied_once_more_changes_nothing(cluster: Cluster, read: Mapping[str, Section]) -> None:
    """The commands for one node end as section 2 says, on a cluster that has everything already, and change nothing."""
    section = read["2. Apply"]
    (commands,) = section.commands
    (said,) = (each for each in section.sentences if each.startswith("Expected: "))
    promised = re.fullmatch(r"Expected: the last line is `(.+)`, and a second `(.+)` says `(.+)`.", said)
    assert promised, said
    _, again, unchanged = promised.groups()
    before = cluster.epoch()
    for line in (*commands.splitlines(), again):
        last = cluster.nodes[NODES[1]].sh(f"cd {HOME} && {line}", timeout=400).out.splitlines()[-1]
        assert last == unchanged, line
    assert cluster.epoch() == before


# --- 3. Verify --------------------------------------------------------------------------------------------------------


def test_checklist_and_script_ask_the_same(cluster: Cluster, read: Mapping[str, Section]) -> None:
    """Section 3 has the checks of verify.sh, and no other, and every answer that it expects has a judge."""
    script = (cluster.built / "verify.sh").read_text().splitlines()
    asked = [shlex.split(line)[1] for line in script if line.startswith("check '")]
    entries = read["3. Verify"].entries
    assert sorted(each.title for each in entries) == sorted(asked)
    for entry in entries:
        assert entry.commands
        judge(entry.expected)


def test_all_of_it_at_once(cluster: Cluster, read: Mapping[str, Section]) -> None:
    """The one command for everything has the exit code that section 3 says."""
    (commands,) = read["3. Verify"].commands
    assert any("exit code 0" in each for each in read["3. Verify"].sentences)
    for host in cluster.nodes.values():
        host.sh(f"cd {HOME} && {commands}", timeout=120)


def test_every_command_gives_the_answer_that_is_expected(
    cluster: Cluster, read: Mapping[str, Section]
) -> None:
    """Each command of section 3, run on every node, is answered as it says there."""
    entries = read["3. Verify"].entries
    asked = dict.fromkeys(each.commands for each in entries)
    password = f"{SECRETS.env['HAPROXY_STATS_PASSWORD']}\n"

    def run(host: Host) -> dict[str, Done]:
        return {each: host.run("bash", "-c", _own(each, host), stdin=password, check=False) for each in asked}

    with ThreadPoolExecutor(len(NODES)) as pool:
        said = dict(zip(NODES, pool.map(run, cluster.nodes.values()), strict=True))
    wrong = [
        (entry.expected, answers)
        for entry in entries
        if not judge(entry.expected)(
            Answers(answers := {name: said[name][entry.commands] for name in NODES}, cluster)
        )
    ]
    assert wrong == []


def _own(commands: str, host: Host) -> str:
    """Return commands without the lines that are for other nodes."""
    lines = [line.partition("  # on ") for line in commands.splitlines()]
    return "\n".join(line for line, mark, name in lines if not mark or name == host.name)


def _squeezed(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


def _started(out: str, resource: str) -> list[str]:
    """Return the nodes on which pcs shows a resource as started."""
    return re.findall(rf"^\* {re.escape(resource)} \(.*\): Started (\S+)$", out, re.MULTILINE)
