"""The real programs accept what every example compiles to, and running its pcs script twice changes nothing."""

import re
import textwrap
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

import haproxies
import programs
import sandbox
from programs import ACCEPTED, Verdict
from sandbox import Node
from topologies import EXAMPLES, Example, secrets

_SYSCTL_LINE = re.compile(r"-?(?P<key>[a-z0-9_]+([./][A-Za-z0-9_*-]+)+) = (?P<value>\S.*)|#.*|")
_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)\n(?P<body>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)


_QUESTIONS = ("pcs status pcsd", "systemctl is-enabled")
"""What a dry run may ask: it changes nothing."""


def test_there_are_examples() -> None:
    """The tests below run at all."""
    assert "openstack-ha" in [example.name for example in EXAMPLES]


def test_every_file_ends_with_a_line_end(example: Example, built: Path) -> None:
    """HAProxy refuses a configuration whose last line is cut short; no other file is sloppy either."""
    files = [path for path in sorted(built.rglob("*")) if path.is_file()]

    assert files
    assert [path for path in files if not path.read_bytes().endswith(b"\n")] == []


def test_haproxy_accepts_its_configuration_without_a_warning(
    example: Example, built: Path, tmp_path: Path
) -> None:
    """`haproxy -dW -c` exits with 0 and warns of nothing."""
    verdict = haproxies.judge_here(built / "haproxy.cfg", tmp_path / "judged", secrets(example.topology).env)

    assert verdict in {Verdict(0, ""), Verdict(0, "Configuration file is valid\n")}


@pytest.mark.parametrize("name", ["pcs.sh", "verify.sh"])
def test_bash_and_shellcheck_accept_the_scripts(example: Example, built: Path, name: str) -> None:
    """Both scripts are bash, and shellcheck has nothing to say about them."""
    script = built / name

    assert programs.bash_n(script) == ACCEPTED
    assert programs.shellcheck(script) == ACCEPTED
    assert script.stat().st_mode & 0o111 == 0o111


def test_pcs_builds_a_cib_that_pacemaker_accepts(example: Example, built: Path, tmp_path: Path) -> None:
    """The CIB is built offline, the same every time, without a secret, and `crm_verify` finds no fault with it."""
    known = secrets(example.topology)
    node = Node(tmp_path / "node", files=known.files)
    texts = []
    for name in ("first.xml", "second.xml"):
        _succeed(node.script(built / "pcs.sh", "cib", tmp_path / name, env=known.env))
        texts.append((tmp_path / name).read_text())

    assert texts[0] == texts[1]
    assert programs.crm_verify(tmp_path / "first.xml") == ACCEPTED
    assert [
        value for value in [*known.env.values(), *known.files.values()] if value.strip() in texts[0]
    ] == []


def test_a_cluster_is_formed_and_a_second_run_changes_nothing(
    example: Example, built: Path, tmp_path: Path
) -> None:
    """Dry runs show the change and make none, a push makes it, and the whole script then finds nothing to do."""
    live = sandbox.live_cib(tmp_path / "live.xml", _nodes(example), _cluster(example))
    known = secrets(example.topology)
    node = Node(tmp_path / "node", live=live, files=known.files, hostname=_nodes(example)[0])
    corosync = node.folder / "etc/corosync/corosync.conf"
    script, env = built / "pcs.sh", known.env
    untouched = live.read_bytes()

    rehearsal = _succeed(node.script(script, "--dry-run", "all", env=env))
    assert not corosync.exists()
    assert [call.argv for call in rehearsal.calls if not " ".join(call.argv).startswith(_QUESTIONS)] == []

    _succeed(node.script(script, "auth", env=env))
    _succeed(node.script(script, "setup", env=env))
    formed = corosync.read_text()
    assert [name for name in _nodes(example) if f"name: {name}\n" not in formed] == []
    assert f"cluster_name: {_cluster(example)}\n" in formed

    dry = _succeed(node.script(script, "--dry-run", "push", env=env))
    assert live.read_bytes() == untouched
    assert "IPaddr2" in dry.output

    _succeed(node.script(script, "push", env=env))
    pushed = _version(live)
    assert pushed > _version_of(untouched)
    assert "IPaddr2" in live.read_text()

    again = _succeed(node.script(script, "all", env=env))
    assert (corosync.read_text(), _version(live)) == (formed, pushed)
    assert again.called("pcs", "cluster", "setup") == []
    assert again.called("pcs", "cluster", "destroy") == []
    assert again.called("pcs", "cluster", "cib-push") == []
    assert re.search(r"nothing to change|no change|unchanged|up to date", again.output, re.IGNORECASE)


def test_the_password_travels_on_standard_input_alone(example: Example, built: Path, tmp_path: Path) -> None:
    """Nobody who lists the processes or reads the output sees the password of hacluster."""
    known = secrets(example.topology)
    ran = _succeed(Node(tmp_path / "node", files=known.files).script(built / "pcs.sh", "auth", env=known.env))

    assert [call.stdin for call in ran.called("pcs", "host", "auth")] == [f"{known.hacluster}\n"]
    assert [call.argv for call in ran.calls if known.hacluster in " ".join(call.argv)] == []
    assert known.hacluster not in ran.output


def test_cloud_init_accepts_its_user_data(example: Example, built: Path) -> None:
    """`cloud-init schema` calls every node's user data valid and nothing in it deprecated."""
    files = sorted((built / "cloud-init").glob("*.yaml"))

    assert [path.stem for path in files] in ([], sorted(_nodes(example)))
    for path in files:
        verdict = programs.cloud_init_schema(path)
        assert (verdict.code, path.name, verdict.output) == (0, path.name, f"Valid cloud-config: {path}\n")


def test_anaconda_accepts_its_kickstart_files(example: Example, built: Path) -> None:
    """`ksvalidator` finds nothing in any node's kickstart file."""
    files = sorted((built / "kickstart").glob("*.ks"))

    assert [path.stem for path in files] in ([], sorted(_nodes(example)))
    for path in files:
        assert (path.name, programs.ksvalidator(path)) == (path.name, ACCEPTED)


def test_rsyslog_accepts_its_snippet(example: Example, built: Path, tmp_path: Path) -> None:
    """`rsyslogd -N1` reads the snippet among Debian's configuration and reports no error."""
    for path in sorted((built / "rsyslog.d").glob("*.conf")):
        verdict = programs.rsyslog_check(path, tmp_path / "judged")

        assert verdict.code == 0, verdict.output
        assert "End of config validation run. Bye." in verdict.output
        assert "error" not in verdict.output.lower()


def test_the_kernel_knows_every_parameter(example: Example, built: Path) -> None:
    """The program sysctl is silent about garbage, so the lines are read here, and their keys looked for in the kernel."""
    lines = (built / "sysctl.d/90-hagen.conf").read_text().splitlines()
    matches = [_SYSCTL_LINE.fullmatch(line) for line in lines]
    assert [line for line, match in zip(lines, matches, strict=True) if match is None] == []

    keys = [match["key"] for match in matches if match and match["key"]]
    assert {"net.ipv4.ip_nonlocal_bind", "net.ipv6.ip_nonlocal_bind"} & set(keys)
    unknown = [key for key in keys if not _kernel_knows(key)]
    assert unknown == []


def test_the_commands_of_the_checklist_are_bash(example: Example, built: Path, tmp_path: Path) -> None:
    """Every block of commands that the checklist shows can be pasted into a shell."""
    found = _FENCE.finditer((built / "CHECKLIST.md").read_text())
    blocks = [_commands(match["language"], textwrap.dedent(match["body"])) for match in found]
    assert any(blocks)
    for number, block in enumerate(blocks):
        script = tmp_path / f"block-{number}.sh"
        script.write_text(block)
        assert (block, programs.bash_n(script)) == (block, ACCEPTED)


def _nodes(example: Example) -> list[str]:
    return list(yaml.safe_load(example.topology.read_text())["nodes"])


def _cluster(example: Example) -> str:
    return str(yaml.safe_load(example.topology.read_text())["cluster"]["name"])


def _succeed(ran: sandbox.Ran) -> sandbox.Ran:
    assert ran.code == 0, ran.output
    return ran


def _version(cib: Path) -> tuple[int, ...]:
    return _version_of(cib.read_bytes())


def _version_of(cib: bytes) -> tuple[int, ...]:
    """Return the numbers by which Pacemaker tells whether a CIB was changed."""
    root = ET.fromstring(cib)  # noqa: S314  written by cibadmin a moment ago
    return tuple(int(root.attrib[name]) for name in ("admin_epoch", "epoch", "num_updates"))


def _kernel_knows(key: str) -> bool:
    """Tell whether the running kernel has a parameter; one whose module is not loaded cannot be judged."""
    place = Path("/proc/sys", *key.split("."))
    return place.exists() or not place.parent.exists()


def _commands(language: str, block: str) -> str:
    """Return what a person types from a block: in a console, what stands after a prompt; the rest is answers."""
    if language in {"bash", "sh"}:
        return block
    typed: list[str] = []
    for line in block.splitlines() if language == "console" else ():
        if line.startswith(("$ ", "# ")):
            typed.append(line[2:])
        elif typed and typed[-1].endswith("\\"):
            typed.append(line)
    return "".join(f"{line}\n" for line in typed)
