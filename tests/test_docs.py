"""The documentation: generated pages are fresh, what a page tells the reader to do works, and what it shows is real."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import docs
import programs
import prose
import topologies
from hagen import codes, resources
from schema_keys import Keys
from topologies import ROOT

PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in (
        "*.md",
        "docs/*.md",
        "compiler/README.md",
        "compiler/decisions/*.md",
        "examples/*/README.md",
    )
    for path in ROOT.glob(pattern)
)
PACKAGE = ROOT / "compiler/hagen"
OPENSTACK = ROOT / "examples/openstack-ha"
UNITS = {"cib", "codes", "drill", "emit", "haproxy", "model", "pages", "render", "rules", "verification"}
"""Folders of the package whose modules are all of one kind: a module a subject, an artifact or a format."""

ROLE_HEADINGS = (
    "export_configuration enable_repos enable_repos_resilient_storage manage_firewall manage_selinux cluster_present "
    "start_on_boot install_cloud_agents fence_agent_packages extra_packages zypper_patterns use_latest_packages "
    "hacluster_password hacluster_qdevice_password corosync_key_src pacemaker_key_src fence_virt_key_src "
    "pcsd_public_key_src+pcsd_private_key_src pcsd_certificates regenerate_keys pcs_permission_list cluster_name "
    "transport totem quorum sbd_enabled sbd_options node_options cluster_properties resource_primitives "
    "resource_groups resource_clones resource_bundles resource_defaults resource_operation_defaults stonith_levels "
    "constraints_location constraints_colocation constraints_order constraints_ticket acls alerts qnetd secure_logging"
)
"""The variables that the README of the role ha_cluster describes, without `ha_cluster_`: 44 headings, one of two."""

SERVICE_KEYS = {
    "kolla-ansible": (
        "enabled mode port listen_port external external_fqdn host_group active_passive custom_member_list "
        "frontend_http_extra backend_http_extra frontend_tcp_extra backend_tcp_extra frontend_redirect_extra tls_backend "
        "auth_user auth_pass with_frontend with_backend "
        "haproxy_NAME_weight"
    ),
    "openstack-ansible": (
        "haproxy_service_name haproxy_port haproxy_backend_port haproxy_check_port haproxy_balance_type "
        "haproxy_balance_alg haproxy_backend_nodes haproxy_backup_nodes haproxy_bind haproxy_ssl haproxy_ssl_all_vips "
        "haproxy_ssl_path haproxy_frontend_h2 haproxy_backend_h2 haproxy_redirect_http_port haproxy_redirect_scheme "
        "haproxy_frontend_only haproxy_backend_only haproxy_default_backend haproxy_acls haproxy_frontend_acls "
        "haproxy_maps haproxy_map_entries haproxy_frontend_raw haproxy_backend_options haproxy_backend_arguments "
        "haproxy_backend_httpcheck_options haproxy_backend_server_options haproxy_backend_ssl haproxy_backend_ssl_check "
        "haproxy_backend_ca haproxy_timeout_client haproxy_timeout_server haproxy_http_keepalive_mode "
        "haproxy_stick_table haproxy_stick_table_enabled haproxy_allowlist_networks haproxy_accept_both_protocols "
        "haproxy_service_enabled state interval backend_rise backend_fall backup_rise backup_fall"
    ),
}
"""What the templates of other projects read of a service behind HAProxy; the weight is kolla's variable of a host."""

USAGE = re.findall(
    r"^#   (?:pcs\.sh )?(-?-?[a-z][a-z-]+)(?: [A-Z]+)?  ",
    (ROOT / "templates/pcs.sh.j2").read_text(),
    re.MULTILINE,
)
"""The steps and the options of pcs.sh, as it tells itself."""


def page(name: str) -> str:
    """Return the text of a page of the checkout."""
    return (ROOT / name).read_text(encoding="utf-8")


def rows(text: str, head: str) -> list[list[str]]:
    """Return the cells of the one table whose first line begins with `head`."""
    lines = text.splitlines()
    (start,) = [number for number, line in enumerate(lines) if line.startswith(head)]
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return found


@pytest.mark.parametrize("name", docs.pages())
def test_generated_page_is_fresh(name: str) -> None:
    """The committed page is what its source makes now; `make docs` writes it."""
    assert page(name) == docs.pages()[name]


def test_every_code_is_listed() -> None:
    """The page of codes has a row for each code."""
    listed = re.findall(r"^\| \[(HG\d{4})\]", page("docs/codes.md"), re.MULTILINE)
    assert listed == [code.id for code in codes.ALL]


def test_the_language_knows_every_type_and_platform() -> None:
    """What an editor offers for a service's type and for the platform is what the data files have, with their titles."""
    schema: Any = resources.data(docs.LANGUAGE)
    types: Any = resources.data(docs.CATALOG)
    platforms: Any = resources.data(docs.PLATFORMS)
    offered = schema["properties"]["services"]["additionalProperties"]["properties"]["type"]
    known = schema["properties"]["cluster"]["properties"]["platform"]

    assert dict(zip(offered["enum"], offered["enumDescriptions"], strict=True)) == {
        name: each["title"] for name, each in types.items()
    }
    assert dict(zip(known["enum"], known["enumDescriptions"], strict=True)) == {
        name: each["title"] for name, each in platforms.items()
    }


def test_every_variable_of_ha_cluster_is_in_the_table() -> None:
    """The table has the README's variables in their order, each with keys of the language or with a reason."""
    first, *_ = page("docs/ha_cluster.md").split("Besides")
    listed = rows(first, "| ha_cluster |")

    named = ["+".join(name.removeprefix("ha_cluster_") for name in prose.spans(cells[0])) for cells in listed]
    assert (named, len(named)) == (ROLE_HEADINGS.split(), 44)
    assert [cells[0] for cells in listed if cells[1] == "none" and not cells[2]] == []


@pytest.mark.parametrize(("project", "count"), [("kolla-ansible", 19 + 1), ("openstack-ansible", 45)])
def test_every_key_of_other_load_balancers_is_in_the_table(project: str, count: int) -> None:
    """A table has all the keys that a project's template reads, each with keys of the language or with a reason."""
    listed = rows(page("docs/load_balancers.md"), f"| {project} |")

    named = [*map("".join, (prose.spans(cells[0]) for cells in listed))]
    assert (named, len(named)) == (SERVICE_KEYS[project].split(), count)
    assert [cells[0] for cells in listed if cells[1] == "none" and not cells[2]] == []


def test_the_table_of_ha_cluster_names_no_key_that_is_not_there() -> None:
    """A key that the language does not have, a step too far and a reason that is missing stop the generator."""
    keys = Keys(resources.data(docs.LANGUAGE))
    for path in ("cluster.transprot", "cluster.name.NAME", "cluster.links.NAME", "nodes.NAME.sbd[]", "x"):
        with pytest.raises(LookupError):
            keys.place(path)
    known: Any = docs.role()
    known["variables"]["ha_cluster_qnetd"] = {}
    with pytest.raises(LookupError, match="ha_cluster_qnetd has neither"):
        docs.ha_cluster(known, keys)
    others: Any = docs.balancers()
    others["kolla-ansible"]["keys"]["port"] = {"keys": ["services.NAME.prot"]}
    with pytest.raises(LookupError, match="prot"):
        docs.load_balancers(others, keys)


def test_there_are_pages() -> None:
    """The list of pages is not empty by mistake."""
    assert {"README.md", "docs/guide.md", "docs/language.md", "examples/openstack-ha/README.md"} <= set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    """Each link to a file of the checkout has a file, and each fragment a heading."""
    broken = []
    for link in prose.links(page(name)):
        if "://" in link:
            continue
        file, _, fragment = link.partition("#")
        target = (ROOT / name).parent / file if file else ROOT / name
        if not target.exists() or (fragment and fragment not in prose.anchors(target.read_text("utf-8"))):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("name", PAGES)
def test_blocks_are_closed_and_lines_are_short(name: str) -> None:
    """Every fence has its other half; prose of written pages is at most 120 columns wide."""
    text = page(name)
    assert len(re.findall(r"^```", text, re.MULTILINE)) == 2 * len(prose.blocks(text))
    outside = "\n".join(prose.without_blocks(text))
    wide = [line for line in outside.splitlines() if len(line) > 120 and not line.startswith("|")]
    assert wide == [] or name in docs.pages()


@pytest.mark.parametrize("name", ["README.md", "docs/guide.md"])
def test_reader_gets_what_the_page_shows(name: str, tmp_path: Path) -> None:
    """Following the page block by block in a copy of the examples works and shows what it says."""
    programs.need("git", "bash")
    reader = prose.Reader(tmp_path, copies=("examples", "out") if name == "README.md" else ())
    for block in prose.blocks(page(name)):
        reader.follow(block)


@pytest.mark.parametrize("name", [name for name in PAGES if not name.startswith("CHANGELOG")])
def test_commands_and_options_exist(name: str) -> None:
    """Every command and option of hagen, step of pcs.sh and target of make that a page names is there."""
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), re.MULTILINE))
    unknown = []
    for line in prose.commands(page(name)):
        for goals in re.findall(r"\bmake((?: [a-z]+)+)", line):
            unknown += [line for word in goals.split() if word not in targets]
        for options, step in re.findall(r"pcs\.sh((?: --[a-z-]+)*)(?: ([a-z-]+))?", line):
            used = [*options.split(), *filter(None, [step])]
            unknown += [line for word in used if word not in {*USAGE, "--help"}]
        for command, rest in re.findall(r"(?:^|[ (])hagen(?: (--?[a-z]+|[a-z]+))?((?: [^|#>;]*)?)", line):
            unknown += [f"{line}: {option}" for option in _unknown_options(command, rest)]
    assert unknown == []


@pytest.mark.parametrize("name", ["README.md", "docs/guide.md"])
def test_options_that_stand_alone_exist(name: str) -> None:
    """An option in a code span of its own is one of hagen's or of pcs.sh."""
    commands = re.findall(r"^  ([a-z]+)  ", _help("").partition("Commands:")[2], re.MULTILINE)
    known = {*USAGE} | {option for each in commands for option in _options(_help(each))}
    alone = [option for span in prose.spans(page(name)) if span.startswith("--") for option in _options(span)]

    assert alone != []
    assert [option for option in alone if option not in known] == []


def _options(text: str) -> list[str]:
    """Return the words of a text that are options."""
    return re.findall(r"(?<![\w-])--?[A-Za-z][A-Za-z-]*", text)


def _unknown_options(command: str, rest: str) -> list[str]:
    """Return the options of a run of hagen that its help does not have; no such command is a failure."""
    known = _options(_help("" if command.startswith("-") else command))
    given = re.findall(r"(?<!\S)--?[A-Za-z][A-Za-z-]*", f"{command} {rest}")
    return [option for option in given if option not in known]


@cache
def _help(command: str) -> str:
    """Return the help of a command, or with no command that of hagen itself."""
    if not command:
        return topologies.hagen("--help").require()
    assert re.search(rf"^  {command}  ", _help(""), re.MULTILINE), f"hagen has no command {command}"
    return topologies.hagen(command, "--help").require()


def test_every_command_is_in_the_readme() -> None:
    """The README leaves out no command."""
    known = re.findall(r"^  ([a-z]+)  ", _help("").partition("Commands:")[2], re.MULTILINE)
    named = set(re.findall(r"`hagen ([a-z]+)", page("README.md")))
    assert sorted(known) == sorted(named)


def test_modules_of_the_architecture_page() -> None:
    """The table of compiler/README.md names each module of the package once and nothing else."""
    there = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] not in UNITS
    } - {"__init__.py", "__main__.py"}
    named = [
        name for cells in rows(page("compiler/README.md"), "| Module |") for name in prose.spans(cells[0])
    ]
    assert sorted(named) == sorted(there | {f"{name}/" for name in UNITS})


@pytest.mark.parametrize(
    "path", sorted((ROOT / "compiler/decisions").glob("*.md")), ids=lambda path: path.stem
)
def test_decision_is_short_and_has_its_parts(path: Path) -> None:
    """A decision is numbered, fits on a page, and says the context, the decision and the consequences."""
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {path.stem[:4]}: ")
    assert len(text.splitlines()) < 40
    for part in ("**Context.**", "**Decision.**", "**Consequences.**"):
        assert part in text


def test_openstack_listeners_are_those_of_the_page() -> None:
    """The example's README lists each service as haproxy.cfg has it."""
    config = page("out/openstack-ha/haproxy.cfg")
    found = re.findall(
        r"^listen (\w+)\n    bind [^:\n]+:(\d+)\n    balance (\w+)\n(?:    .*\n)*?    server \S+ [^:\n]+:(\d+) ",
        config,
        re.MULTILINE,
    )
    listed = rows((OPENSTACK / "README.md").read_text("utf-8"), "| Proxy |")
    assert listed == [[f"`{name}`", port, servers, balance] for name, port, balance, servers in found]
    assert len(listed) == 14


def test_openstack_differences_are_real() -> None:
    """What the example's README says of "here" stands in an artifact or in the topology."""
    files = [path for path in (ROOT / "out/openstack-ha").rglob("*") if path.is_file()]
    made = "\n".join(path.read_text(encoding="utf-8") for path in (*files, OPENSTACK / "topology.yml"))
    names = {path.relative_to(ROOT / "out/openstack-ha").as_posix() for path in files}
    said = [
        span
        for table in (OPENSTACK / "README.md").read_text("utf-8").split("## What is different")[1:]
        for cells in rows(table, "| The notes |")
        for span in prose.spans(cells[1])
    ]
    assert len(said) > 25
    assert [span for span in said if span not in made and span not in names] == []
