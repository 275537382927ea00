"""`pcs.sh push` sends only what differs, asks before it removes anything, and leaves to operators what is theirs."""

import re
import shutil
import stat
from pathlib import Path

import pytest

import programs
import sandbox
from pcs_script import PASSWORD, SMALL, changed, script
from sandbox import Node, Ran

_SHOW = ("cibadmin", "--query", "--scope", "configuration")


class Cluster:
    """A node of the small cluster, which runs, and its script."""

    def __init__(self, folder: Path, path: Path) -> None:
        """Take the node in `folder`, whose cluster was made before."""
        self.folder = folder
        self.path = path
        self.live = folder / "live.xml"
        self.node = Node.__new__(Node)
        self.node.folder = folder
        self.node.live = None

    def push(self, *words: str) -> Ran:
        """Run `pcs.sh push`."""
        return self.node.script(self.path, *words, "push", env=PASSWORD)

    def change(self, *command: str) -> None:
        """Let an operator run a command of Pacemaker's on the running cluster."""
        programs.run(*command, env={"CIB_file": str(self.live)}).require()

    @property
    def configuration(self) -> str:
        """The running configuration."""
        return programs.run(*_SHOW, env={"CIB_file": str(self.live)}).require()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a node of which the small cluster was made, and pushed to."""
    folder = tmp_path_factory.mktemp("template")
    path = script(folder)
    live = sandbox.live_cib(folder / "live.xml", ("a", "b", "c"), "small")
    node = Node(folder / "node", live=live, running=True, hostname="a")
    for step in ("auth", "setup", "push"):
        ran = node.script(path, step, env=PASSWORD)
        assert ran.code == 0, ran.output
    shutil.move(live, folder / "node/live.xml")
    return folder


@pytest.fixture
def cluster(template: Path, tmp_path: Path) -> Cluster:
    """Return a cluster of one's own."""
    folder = tmp_path / "node"
    shutil.copytree(
        template / "node", folder, symlinks=True, ignore=shutil.ignore_patterns("real", "layers", "bin")
    )
    link = folder / "state/live"
    link.unlink()
    link.symlink_to(folder / "live.xml")
    return Cluster(folder, template / "pcs.sh")


def copies(cluster: Cluster) -> list[Path]:
    """Return the former configurations that were kept."""
    return sorted((cluster.folder / "var/backups/hagen").glob("*"))


def test_what_operators_set_survives(cluster: Cluster) -> None:
    """Standby, maintenance, attributes, a stopped and an unmanaged resource are theirs, in a clone too."""
    for name in ("standby", "maintenance", "their-own"):
        cluster.change("crm_attribute", "--node", "a", "--name", name, "--update", "true")
    cluster.change("crm_attribute", "--type", "crm_config", "--name", "maintenance-mode", "--update", "true")
    for resource, name, value in (
        ("vip_main", "target-role", "Stopped"),
        ("lb-haproxy-clone", "is-managed", "false"),
        ("lb-haproxy", "maintenance", "true"),
    ):
        cluster.change(
            *("crm_resource", "--force", "--resource", resource, "--meta"),
            *("--set-parameter", name, "--parameter-value", value),
        )
    cluster.change("crm_attribute", "--type", "crm_config", "--name", "last-lrm-refresh", "--update", "1")
    before = cluster.configuration

    ran = cluster.push()
    assert ran.code == 0, ran.output
    assert "nothing to change" in ran.output, ran.output
    assert "target-role=Stopped stays on vip_main" in ran.output
    assert "is-managed=false stays on lb-haproxy-clone" in ran.output
    assert "maintenance=true stays on lb-haproxy," in ran.output
    assert cluster.configuration == before


def test_what_operators_took_back_is_no_change(cluster: Cluster) -> None:
    """What was set and taken back leaves an empty set of attributes, of which `push` says nothing."""
    for resource in ("vip_main", "lb-haproxy-clone", "lb-haproxy"):
        meta = ("crm_resource", "--force", "--resource", resource, "--meta")
        cluster.change(*meta, "--set-parameter", "target-role", "--parameter-value", "Stopped")
        cluster.change(*meta, "--delete-parameter", "target-role")
    before = cluster.configuration
    assert "<meta_attributes id=" in before

    ran = cluster.push()
    assert (ran.code, ran.output) == (0, "push: nothing to change\n")
    assert cluster.configuration == before


def test_what_operators_set_with_pcs_is_no_change(cluster: Cluster) -> None:
    """What pcs sets it puts before all else, Pacemaker's own commands behind it: both mean the same."""
    for words in (("unmanage", "vip_main"), ("manage", "vip_main"), ("disable", "lb-haproxy")):
        programs.run("pcs", "-f", cluster.live, "resource", *words).require()
    before = cluster.configuration
    assert before.index("<meta_attributes id=") < before.index("<operations>")

    ran = cluster.push()
    assert ran.code == 0
    assert ran.output.splitlines()[-1] == "push: nothing to change", ran.output
    assert cluster.configuration == before


def test_a_secret_that_is_kept_on_the_nodes_survives(cluster: Cluster, tmp_path: Path) -> None:
    """`cibsecret set` leaves `lrm://` in the CIB, which no topology knows: it stays, beside what an edit changes."""
    for resource in ("vip_main", "lb-haproxy"):
        cluster.change(
            *("crm_resource", "--resource", resource),
            *("--set-parameter", "password", "--parameter-value", "lrm://"),
        )
    before = cluster.configuration
    assert before.count('name="password" value="lrm://"') == 2

    ran = cluster.push()
    assert ran.code == 0, ran.output
    assert "nothing to change" in ran.output, ran.output
    assert "password=lrm:// stays on vip_main" in ran.output
    assert cluster.configuration == before

    cluster.path = script(tmp_path, changed(SMALL, ("address: 192.0.2.100", "address: 192.0.2.101")))
    ran = cluster.push()
    assert ran.code == 0, ran.output
    assert cluster.configuration == before.replace("192.0.2.100", "192.0.2.101")


def test_what_the_topology_says_is_no_secret_of_an_operator(cluster: Cluster) -> None:
    """A parameter that the topology has a value for gets that value back."""
    before = cluster.configuration
    cluster.change(
        *("crm_resource", "--resource", "vip_main"),
        *("--set-parameter", "ip", "--parameter-value", "lrm://"),
    )

    ran = cluster.push()
    assert ran.code == 0, ran.output
    assert cluster.configuration == before


def test_what_the_topology_does_not_know_is_removed_only_when_asked(cluster: Cluster) -> None:
    """A dry run lists it, a push refuses, and `--replace` removes it and keeps the former configuration."""
    for scope, text in (
        ("resources", '<resources><primitive id="byhand" class="ocf" provider="heartbeat" type="Dummy"/></resources>'),
        ("resources", '<resources><primitive id="build-agent" class="ocf" provider="heartbeat" type="Dummy"/></resources>'),
        ("constraints", '<constraints><rsc_location id="ban" rsc="vip_main" node="a" score="-INFINITY"/></constraints>'),
        ("alerts", '<alerts><alert id="bell" path="/usr/bin/bell"/></alerts>'),
        ("alerts", '<alerts><alert id="build-bell" path="/usr/bin/bell"/></alerts>'),
        ("rsc_defaults", '<rsc_defaults><meta_attributes id="build-resource-defaults"/></rsc_defaults>'),
        ("op_defaults", '<op_defaults><meta_attributes id="build-operations"/></op_defaults>'),
        ("tags", '<tags><tag id="label"><obj_ref id="vip_main"/></tag></tags>'),
    ):  # fmt: skip
        cluster.change("cibadmin", "--modify", "--allow-create", "--scope", scope, "--xml-text", text)
    before = cluster.configuration
    unknown = re.compile(
        r"does not know:\n    alert bell\n    alert build-bell\n    meta_attributes build-operations\n"
        r"    primitive build-agent\n    primitive byhand\n    rsc_location ban\n    tag label\n"
    )

    dry = cluster.push("--dry-run")
    assert dry.code == 0, dry.output
    assert unknown.search(dry.stdout)

    refused = cluster.push()
    assert refused.code == 1
    assert unknown.search(refused.stdout)
    assert "--replace" in refused.stderr
    assert cluster.configuration == before
    assert copies(cluster) == copies(cluster)[:1], "what was kept when the cluster was made"

    replaced = cluster.push("--replace")
    assert replaced.code == 0, replaced.output
    assert "byhand" not in cluster.configuration
    (kept,) = [each for each in copies(cluster) if "byhand" in each.read_text()]
    assert f"pcs cluster cib-push /var/backups/hagen/{kept.name} --config" in replaced.output


def test_only_what_was_edited_changes(cluster: Cluster, tmp_path: Path) -> None:
    """A new address of the VIP is the whole difference, and no permission is needed for it."""
    before = cluster.configuration
    cluster.change("crm_attribute", "--type", "crm_config", "--name", "batch-limit", "--update", "7")
    cluster.path = script(tmp_path, changed(SMALL, ("address: 192.0.2.100", "address: 192.0.2.101")))

    ran = cluster.push()
    assert ran.code == 0, ran.output
    assert cluster.configuration == before.replace("192.0.2.100", "192.0.2.101")
    assert "192.0.2.101" in ran.output
    assert cluster.push().stdout.endswith("push: nothing to change\n")


@pytest.mark.parametrize(("races", "code"), [(2, 0), (3, 1)], ids=["twice", "always"])
def test_a_lost_race_is_run_again(cluster: Cluster, tmp_path: Path, races: int, code: int) -> None:
    """Two pushes that come too late are followed by a third; then the script gives up."""
    (cluster.node.state / "races").write_text(str(races))
    cluster.path = script(tmp_path, changed(SMALL, ("address: 192.0.2.100", "address: 192.0.2.101")))

    ran = cluster.push()
    assert ran.code == code, ran.output
    assert ran.output.count("starting over") == 2
    assert len(ran.called("pcs", "cluster", "cib-push")) == 3
    assert ("192.0.2.101" in cluster.configuration) == (code == 0)
    assert ("somebody was faster" in ran.stderr) == (code == 1)


def test_a_change_that_is_refused_is_not_tried_again(cluster: Cluster, tmp_path: Path) -> None:
    """Where nobody else changed anything, a failed push is the cluster's last word."""
    cluster.path = script(tmp_path, changed(SMALL, ("address: 192.0.2.100", "address: 192.0.2.101")))
    text = cluster.path.read_text()
    cluster.path.write_text(text.replace('pcs cluster cib-push "$cib" ', "false "))

    ran = cluster.push()
    assert ran.code == 1
    assert "did not take the change" in ran.stderr
    assert "starting over" not in ran.output


def test_ten_former_configurations_are_kept(cluster: Cluster, tmp_path: Path) -> None:
    """The oldest goes when an eleventh comes; nobody but root can read them, and other clusters' stay."""
    folder = cluster.folder / "var/backups/hagen"
    for number in range(12):
        (folder / f"small-0.0.{number}.xml").write_text("<cib/>")
    (folder / "other-0.0.1.xml").write_text("<cib/>")
    cluster.path = script(tmp_path, changed(SMALL, ("address: 192.0.2.100", "address: 192.0.2.101")))

    assert cluster.push().code == 0
    assert len(list(folder.glob("small-*.xml"))) == 10
    assert len(list(folder.glob("other-*.xml"))) == 1
    newest = max(folder.glob("small-*.xml"), key=lambda each: each.stat().st_mtime)
    assert "192.0.2.100" in newest.read_text()
    assert stat.S_IMODE(newest.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_rehearsal_on_a_file_keeps_no_copy(cluster: Cluster, template: Path) -> None:
    """With CIB_file nothing but that file is touched, and it need not be a cluster's."""
    file = sandbox.live_cib(cluster.folder / "rehearsal.xml", ("a", "b", "c"), "other")
    kept = copies(cluster)

    ran = cluster.node.script(template / "pcs.sh", "push", env={**PASSWORD, "CIB_file": str(file)})
    assert ran.code == 0, ran.output
    assert "vip_main" in file.read_text()
    assert copies(cluster) == kept
    assert "differ" not in ran.output


@pytest.mark.parametrize(
    "words",
    [(), ("all", "push"), ("--what",), ("cib",), ("join",), ("leave", "a", "b"), ("setup", "--replace"), ("sbd-disks",)],
    ids=" ".join,
)  # fmt: skip
def test_wrong_words_show_the_right_ones(cluster: Cluster, words: tuple[str, ...]) -> None:
    """What the script does not understand it does not do: it shows its steps and exits with 2."""
    ran = cluster.node.script(cluster.path, *words)

    assert (ran.code, ran.stdout, list(ran.calls)) == (2, "", [])
    assert ran.stderr == cluster.node.script(cluster.path, "--help").stdout
    assert re.findall(r"^  pcs\.sh (\S+)|^  (--\S+)", ran.stderr, re.MULTILINE) == [
        *((step, "") for step in ("auth", "setup", "cib", "push", "all", "join", "leave", "corosync")),
        ("", "--dry-run"),
        ("", "--replace"),
    ]


def test_a_dry_run_of_cib_writes_nothing(cluster: Cluster, tmp_path: Path) -> None:
    """The configuration is built and judged, and the file that would be written is named."""
    ran = cluster.node.script(cluster.path, "--dry-run", "cib", tmp_path / "cib.xml")

    assert ran.code == 0, ran.output
    assert f"{tmp_path}/cib.xml" in ran.stdout
    assert not (tmp_path / "cib.xml").exists()


REMOTE = """\
resources:
  primitives:
    machine: {agent: ocf:pacemaker:Dummy, guest: {name: inner}}
  remotes:
    outer: {address: 192.0.2.50, attributes: {rack: r1}}
"""


def test_nodes_that_are_no_members_stay_where_they_stand(tmp_path: Path) -> None:
    """Remote and guest nodes that the cluster knows keep their place and their attributes, and nothing changes."""
    path = script(tmp_path, SMALL + REMOTE)
    live = sandbox.live_cib(tmp_path / "live.xml", ("a", "b", "c"), "small")
    node = Node(tmp_path / "node", live=live)
    assert node.script(path, "push", env=PASSWORD).code == 0
    # As Pacemaker completes them: known before the last member, with what an agent keeps there.
    first, last = live.read_text().split('<node id="3"', 1)
    first = first.replace(
        '<node id="outer" uname="outer" type="remote"', '<node id="outer" type="remote" uname="outer"'
    )
    kept = (
        '<node id="inner" uname="inner" type="remote"><instance_attributes id="nodes-inner">'
        '<nvpair id="nodes-inner-state" name="state" value="LATEST"/></instance_attributes></node>'
    )
    text = f'{first}{kept}<node id="3"{last}'
    live.write_text(
        re.sub(r'<node id="inner" uname="inner" type="remote"/>(?=.*</nodes>)', "", text, flags=re.DOTALL)
    )

    ran = node.script(path, "push", env=PASSWORD)

    assert (ran.code, ran.stdout.splitlines()[-1]) == (0, "push: nothing to change"), ran.output
    assert 'value="LATEST"' in live.read_text()
