"""The functions of `verify.sh` judge what the programs of each platform say, in the words of these programs.

What Debian 12 says is judged on the lab's real nodes; here is what the lab's platform never says.
"""

import hashlib
import os
import re
import shlex
from functools import cache
from pathlib import Path

import pytest

import programs
from hagen.pipeline import compile_source
from hagen.source import Source
from topologies import EXAMPLES, ROOT, Example

LAB = ROOT / "examples/lab/topology.yml"

# corosync-cfgtool -s of Corosync 2, after its totemrrp.c.
RING = "RING ID {0}\n\tid\t= 10.10.{0}.55\n\tstatus\t= ring {0} active with no faults\n"
FAULTY = "RING ID {0}\n\tid\t= 10.10.{0}.55\n\tstatus\t= Marking ringid {0} interface 10.10.{0}.55 FAULTY\n"
# corosync-cfgtool -n of Corosync 3.1.
LINK = "   LINK: {0} udp (10.10.{0}.55->10.10.{0}.56) enabled connected mtu: 1397\n"
DOWN = "   LINK: {0} udp (10.10.{0}.55->10.10.{0}.56) enabled mtu: 1397\n"
# ss -lnu, whose columns have more blanks the longer an address is.
# crm_mon --one-shot --inactive of Pacemaker 2.1.
RUNS = """\
  * vip_management\t(ocf:heartbeat:IPaddr2):\t Started c1{0}
  * Clone Set: lb-haproxy-clone [lb-haproxy]{1}:
    * Started: [ c1 c2 c3 ]
"""
# namei -l of util-linux 2.38, with a link, which anybody may seem to write.
NAMEI = """\
f: /etc/hagen/bmc
drwxr-xr-x root   root /
drwxr-xr-x root   root etc
{} root hagen
lrwxrwxrwx root   root bmc -> ../secret
drwxr-xr-x root   root   ..
-rw------- root   root   secret
"""
UDP = "State  Recv-Q Send-Q Local Address:Port Peer Address:Port\nUNCONN 0      0      {}         0.0.0.0:*\n"
MADE = hashlib.sha256(b"made\n").hexdigest()


def fencer(listed: str, registered: str = "bmc\n1 fence device found\n") -> dict[str, str]:
    """Return what stonith_admin says of those that would stop a node, and of those that the fencer of a node has."""
    return {"stonith_admin --list": listed, "stonith_admin --list-registered": registered}


@cache
def functions() -> str:
    """Return the part of a `verify.sh` that stands before its checks."""
    made = compile_source(Source("topology.yml", EXAMPLES[0].topology.read_bytes())).artifacts
    (text,) = (each.text for each in made if each.path == "verify.sh")
    return text.partition("printf '1..")[0]


def asked(folder: Path, function: str, said: dict[str, str]) -> str:
    """Return what a check answers, if programs print this: a program's name, or its name and first argument."""
    for words, text in said.items():
        name, _, argument = words.partition(" ")
        (folder / f"{words.replace(' ', '')}.said").write_text(text)
        chosen = '"$0${1-}.said"' if argument else '"$0.said"'
        (folder / name).write_text(f"#!/bin/sh\ncat {chosen}\n")
        (folder / name).chmod(0o755)
    script = f'PATH="{folder}:$PATH"\n{functions()}\ncheck title {function}\n'
    (folder / "script").write_text(script)
    return programs.run("bash", folder / "script").output


@pytest.mark.parametrize(
    ("function", "said", "reason"),
    [
        ("rings_faultless 2", {"corosync-cfgtool": RING.format(0) + RING.format(1)}, None),
        ("rings_faultless 2", {"corosync-cfgtool": RING.format(0) + FAULTY.format(1)}, "10.10.1.55 FAULTY"),
        ("rings_faultless 2", {"corosync-cfgtool": RING.format(0)}, '"1", not "2"'),
        ("links_connected 2", {"corosync-cfgtool": LINK.format(0) + LINK.format(1)}, None),
        (
            "links_connected 2",
            {"corosync-cfgtool": LINK.format(0) + DOWN.format(1)},
            "10.10.1.55->10.10.1.56",
        ),
        ("links_connected 2", {"corosync-cfgtool": LINK.format(0)}, '"1", not "2"'),
        ("managed", {"crm_mon": RUNS.format("", "")}, None),
        ("managed", {"crm_mon": RUNS.format(" (disabled)", "")}, "vip_management"),
        ("managed", {"crm_mon": RUNS.format(" (disabled, unmanaged)", "")}, "vip_management"),
        ("managed", {"crm_mon": RUNS.format(" (maintenance)", "")}, "vip_management"),
        ("managed", {"crm_mon": RUNS.format("", " (unmanaged)")}, "lb-haproxy-clone"),
        ("managed vip_management", {"crm_mon": RUNS.format(" (disabled)", "")}, None),
        ("managed lb-haproxy-clone", {"crm_mon": RUNS.format("", " (unmanaged)")}, None),
        (
            "managed vip_management",
            {"crm_mon": "    * vip_management:1\t(ocf:heartbeat:X):\t Started c2 (unmanaged)\n"},
            None,
        ),
        ("managed vip lb-haproxy", {"crm_mon": RUNS.format(" (disabled)", "")}, "vip_management"),
        ("listens_on 127.0.0.1:514", {"ss": UDP.format("127.0.0.1:514")}, None),
        ("listens_on 127.0.0.1:514", {"ss": UDP.format("127.0.0.1:5140")}, "rsyslog does not listen"),
        (
            "firewalld_has --get-policies hagen",
            {"firewall-cmd --state": "running\n", "firewall-cmd --get-policies": "allow-host-ipv6 hagen\n"},
            None,
        ),
        (
            "firewalld_has --get-policies hagen",
            {"firewall-cmd --state": "running\n", "firewall-cmd --get-policies": "hagen-of-others\n"},
            "lacks: hagen",
        ),
        ("firewalld_has --get-policies hagen", {"firewall-cmd --state": "not running\n"}, None),
        (
            "firewalld_has --list-services hagen-members hagen-clients",
            {"firewall-cmd --state": "running\n", "firewall-cmd --list-services": "ssh hagen-members\n"},
            "lacks: hagen-clients",
        ),
        ("can_stop bmc c1", fencer("other\nbmc\n2 fence devices found\n"), None),
        ("can_stop bmc c1", fencer(" other\n bmc\n", " bmc\n"), None),
        ("can_stop bmc c1", fencer("0 fence devices found\n", "other\n1 fence device found\n"), None),
        ("can_stop bmc c1 c2", fencer("bmc-2\n1 fence device found\n"), "used for: c1 c2"),
        ("can_stop bmc c1", fencer("0 fence devices found\n"), "bmc would not be used for: c1"),
        ("held_by_root /etc/hagen/bmc", {"namei": NAMEI.format("drwx------ root  ")}, None),
        ("held_by_root /etc/hagen/bmc", {"namei": NAMEI.format("drwxrwx--- root  ")}, "drwxrwx---"),
        ("held_by_root /etc/hagen/bmc", {"namei": NAMEI.format("drwx---rwx root  ")}, "drwx---rwx"),
        ("held_by_root /etc/hagen/bmc", {"namei": NAMEI.format("drwx------ nobody")}, "nobody"),
    ],
)
def test_function_judges_what_is_said(
    tmp_path: Path, function: str, said: dict[str, str], reason: str | None
) -> None:
    """A fault is found and named, and where there is none nothing is said."""
    output = asked(tmp_path, function, said)
    assert output.startswith("ok " if reason is None else "not ok "), output
    assert (reason or "") in output


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ("", None),
        ("nft delete element inet hagen members_ipv4 '{ 10.10.16.55 }'", "< "),
        ("nft flush chain inet hagen input", "dport"),
        ("nft add rule inet hagen input tcp dport 22 accept", "> "),
        ("nft delete table inet hagen", "table inet hagen is not loaded"),
    ],
)
def test_table_of_the_firewall_is_compared_with_its_file(
    tmp_path: Path, edit: str, reason: str | None
) -> None:
    """Whatever of the table was taken away or added since it was loaded is found; nft itself says what the file says."""
    programs.need("nft", "unshare")
    file, script = tmp_path / "firewall.nft", tmp_path / "script"
    made = compile_source(Source("topology.yml", LAB.read_bytes())).artifacts
    file.write_text(next(each.text for each in made if each.path == "firewall/hagen.nft"))
    script.write_text(f"nft -f {file}\n{edit}\n{functions()}\ncheck title table_is_loaded {file}\n")
    output = programs.run("unshare", "--net", "bash", script).output
    assert output.startswith("ok " if reason is None else "not ok "), output
    assert (reason or "") in output


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ("", None),
        ("mv {0} {0}.real && ln -s {0}.real {0}", None),
        ("echo >>{0}", "it was edited here"),
        ("chmod 0666 {0}", '0666", not "'),
        ("chmod 4644 {0}", '04644", not "'),
        ("rm {0}", "No such file"),
    ],
)
def test_file_is_compared_with_what_was_made(tmp_path: Path, edit: str, reason: str | None) -> None:
    """A file of another content or mode is found, and one that is gone; a link stands for the file behind it."""
    file = tmp_path / "file"
    file.write_text("made\n")
    file.chmod(0o644)
    state = shlex.quote(f"{file.owner()}:{file.group()} 0644")
    output = checked(tmp_path, edit, f"file_is {MADE} {state} {file}")
    assert output.startswith("ok " if reason is None else "not ok "), output
    assert (reason or "") in output


def test_owner_of_a_file_is_compared(tmp_path: Path) -> None:
    """A file that belongs to others than it should is found, and the output says to whom."""
    for owner, right in (("root:root", True), ("nobody:root", False), ("root:nogroup", False)):
        (tmp_path / "file").write_text("made\n")
        call = f"file_is {MADE} 'root:root 0644' {tmp_path / 'file'}"
        output = asked(tmp_path, call, {"stat": f"{owner} 0644\n"})
        assert output.startswith("ok " if right else "not ok "), output
        assert right or f'is "{owner} 0644", not "root:root 0644"' in output


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        ("", None),
        ("chmod 0400 {0}", None),
        ("mv {0} {0}.real && ln -s {0}.real {0}", None),
        ("rm {0}", "No such file"),
        (": >{0}", '"-rw------- root 0"'),
        ("chmod 0640 {0}", '"-rw-r----- root 6"'),
        ("chmod 0604 {0}", '"-rw----r-- root 6"'),
        ("chmod 0620 {0}", '"-rw--w---- root 6"'),
        ("mv {0} {0}.real && ln -s {0}.real {0} && chmod 0644 {0}.real", '"-rw-r--r-- root 6"'),
        ("rm {0} && mkdir -m 0700 {0}", '"drwx------ root '),
    ],
)
def test_secret_has_to_be_there_for_root_alone(tmp_path: Path, edit: str, reason: str | None) -> None:
    """A file with a secret that is gone, empty or open to others is found; the secret itself is in no output."""
    file = tmp_path / "secret"
    file.write_text("a word")
    file.chmod(0o600)
    output = checked(tmp_path, edit, f"for_root_alone {file}")
    assert output.startswith("ok " if reason is None else "not ok "), output
    assert (reason or "") in output
    assert "a word" not in output


def test_secret_of_somebody_else_is_found(tmp_path: Path) -> None:
    """A file with a secret that belongs to others than root is found."""
    assert asked(tmp_path, "for_root_alone file", {"stat": "-rw------- root 6\n"}).startswith("ok ")
    output = asked(tmp_path, "for_root_alone file", {"stat": "-rw------- nobody 6\n"})
    assert output.startswith("not ok ")
    assert '"-rw------- nobody 6"' in output


def checked(folder: Path, edit: str, call: str) -> str:
    """Return what a check of a file answers, as root, after an edit in which `{0}` stands for the call's last word."""
    script = folder / "script"
    script.write_text(f"{edit.format(call.rpartition(' ')[2])}\n{functions()}\ncheck title {call}\n")
    # Without root's rights, a namespace in which the files of the tests are root's.
    become = ("unshare", "--map-root-user") if os.geteuid() and call.startswith("for_root") else ("env",)
    return programs.run(*become, "bash", script).output


IDLE = """
resources:
  primitives:
    one: {agent: ocf:pacemaker:Dummy, meta: {target-role: Stopped}}
    two: {agent: ocf:pacemaker:Dummy}
    three: {agent: ocf:pacemaker:Dummy}
  groups: {both: {members: [two, three], meta: {is-managed: false}}}
  clones: {both: {}}
"""


def calls(text: str, function: str) -> list[list[str]]:
    """Return the arguments with which the checks of a topology call a function of the script."""
    made = compile_source(Source("topology.yml", text.encode())).artifacts
    (script,) = (each.text for each in made if each.path == "verify.sh")
    lines = (shlex.split(line)[2:] for line in script.splitlines() if line.startswith("check '"))
    return [words for name, *words in lines if name == function]


def test_what_the_topology_leaves_alone_is_not_missed() -> None:
    """What the topology stops, and what is in it, may be disabled; of a cluster at rest nothing is asked."""
    text = LAB.read_text()
    assert calls(text, "managed") == [[]]
    assert calls(text + IDLE, "managed") == [["one", "both", "two", "three"]]
    assert calls(text.replace("properties: {", "properties: {maintenance-mode: true, "), "managed") == []


def test_every_secret_of_the_checklist_is_looked_at(example: Example) -> None:
    """Each file that CHECKLIST.md lists as a secret, by root alone to be read, has one check, and no other file has."""
    text = (example.out / "CHECKLIST.md").read_text()
    listed = text.partition("Secrets, on every node")[2].partition("What hagen added")[0]
    files = dict.fromkeys(re.findall(r"^- \[ \] .*?`(/[^`]+)`", listed, re.MULTILINE))
    assert calls(example.topology.read_text(), "for_root_alone") == [[file] for file in files]


def test_every_function_is_there(example: Example) -> None:
    """What a check calls is a function of the script, on each platform of the examples."""
    text = example.topology.read_bytes()
    (script,) = (
        each.text for each in compile_source(Source("t.yml", text)).artifacts if each.path == "verify.sh"
    )
    called = {shlex.split(line)[2] for line in script.splitlines() if line.startswith("check '")}
    assert called
    assert [name for name in sorted(called) if f"\n{name}() {{" not in script] == []
