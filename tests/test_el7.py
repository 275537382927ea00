"""pcs 0.9 cannot be had any more, so its script is kept as a golden file and held against what its manual says.

Source of the forms: pcs(8) of 0.9.169, https://github.com/ClusterLabs/pcs, and its changelog for what came later.
"""

import re
import subprocess
from pathlib import Path

import pytest

import programs
import topologies

HERE = topologies.ROOT / "tests/el7"

FORMS = (
    r"property set (--force )?[a-z][a-z0-9-]*=\S.*",
    r"resource (op )?defaults (?!update|set)[a-z-]+=\S+.*",
    r"resource create \S+ (ocf:\w+:\w+|systemd:\S+)( .*)?",
    r"resource (meta|utilization) \S+( [\w-]+=\S+)+",
    r"resource group add \S+( \S+)+",
    r"resource clone \S+( meta( [a-z-]+=\S+)+)?",
    r"resource master \S+-master \S+( [a-z-]+=\S+)*",
    r"resource bundle create \S+ container (docker|rkt) .*",
    r"stonith create \S+ fence_\w+ .*",
    r"stonith level add [0-9] (\w+|regexp%\S+|attrib%\w+=\S+)( [\w-]+)+",
    r"node (attribute|utilization) \S+( \w+=.+)+",
    r"node (un)?(standby|maintenance) \S+",
    r"constraint location \S+ avoids \S+=INFINITY",
    r"constraint location add (-- )?\S+ \S+ \S+ -?(INFINITY|[0-9]+)( resource-discovery=\w+)?",
    r"constraint location \S+ rule( (constraint-id|id|resource-discovery|score)=\S+| role=(master|slave))+ .*",
    r"constraint colocation add ((Master|Slave|Started|Stopped) )?\S+ with ((Master|Slave) )?\S+ score=\S+ id=\S+",
    r"constraint (colocation|order|ticket) set .* setoptions .*",
    r"constraint order (\w+ )?\S+ then (\w+ )?\S+ kind=\w+( symmetrical=\w+)? id=\S+",
    r"constraint ticket add \S+ ((Master|Slave) )?\S+ loss-policy=\w+ id=\S+",
    r"alert create id=\S+ path=\S+.*",
    r"alert recipient add \S+ value=\S+ id=\S+.*",
    r"acl role create \S+ .*",
    r"acl user create \S+( \S+)+",
    r"acl enable",
)
"""What may follow `pcs -f FILE`, word by word."""

LATER = (
    "Promoted",
    "promoted-max",
    "promoted-node-max",
    "pcs host",
    " addr=",
    "--yes",
    "tag create",
    "podman",
    "set create",
)
"""Words of later versions, which 0.9 does not have."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder into which the topology of this platform is compiled."""
    return topologies.compile_into(HERE / "topology.yml", tmp_path_factory.mktemp("el7") / "out")


def commands(script: Path) -> list[str]:
    """Return the commands that the script gives to pcs to build the configuration, as bash splits them."""
    text = script.read_text()
    build = text[text.index("\nbuild() {") : text.index("\n}\n", text.index("\nbuild() {")) + 3]
    shell = f"in_cib() {{ printf '%s' \"$1\"; shift; printf ' %s' \"$@\"; echo; }}; add_node() {{ :; }}\n{build}\nbuild\n"
    run = subprocess.run(["bash", "-euc", shell], capture_output=True, text=True, check=True)
    return run.stdout.splitlines()


@pytest.mark.parametrize("name", ["pcs.sh", "haproxy.cfg", "cloud-init/a.yaml"])
def test_the_script_is_what_was_reviewed(built: Path, name: str, update: bool) -> None:
    """No program of this platform runs here, so a change of its artifacts is a change of these files."""
    golden = HERE / "out" / name
    text = (built / name).read_text()
    if update:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text)

    assert golden.read_text() == text


def test_every_command_is_one_that_the_manual_has(built: Path) -> None:
    """Each command has a form that pcs 0.9 takes, and every form is used."""
    found = commands(built / "pcs.sh")
    assert len(found) > 60

    assert [each for each in found if not any(re.fullmatch(form, each) for form in FORMS)] == []
    assert [form for form in FORMS if not any(re.fullmatch(form, each) for each in found)] == []


def test_no_word_of_a_later_version(built: Path) -> None:
    """What 0.10 and later brought is nowhere in the script, nor are fence_ipmilan's newer names."""
    text = (built / "pcs.sh").read_text()
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))

    assert [word for word in LATER if word in code] == []
    fencing = [each for each in commands(built / "pcs.sh") if "fence_ipmilan" in each]
    assert fencing
    assert [each for each in fencing if re.search(r" (ip|username|password)(_script)?=", each)] == []


def test_the_cluster_is_set_up_with_the_old_words(built: Path) -> None:
    """0.9 takes the cluster's name as an option, and authenticates nodes and not hosts."""
    text = (built / "pcs.sh").read_text()

    assert "pcs cluster setup --name rich7" in text
    assert "pcs cluster auth" in text
    assert "--transport udpu" in text
    assert "--token 5000" in text


def test_shellcheck_likes_it(built: Path) -> None:
    """The script of this dialect is as clean as the others."""
    shellcheck = programs.need("shellcheck")["shellcheck"]
    programs.run(shellcheck, "-s", "bash", "-S", "style", built / "pcs.sh").require()


def test_nothing_is_newer_than_the_bash_of_the_platform(built: Path) -> None:
    """Bash 4.2 has neither name references nor quoting expansions, and takes an empty array for unset."""
    text = (built / "pcs.sh").read_text()

    assert re.findall(r"\$\{\w+@\w\}|\b(?:local|declare) -n\b|\bmapfile -d", text) == []
