"""The generated pages of docs/: schemas, catalog, platforms, codes and what ha_cluster has, for people to read.

`make docs` runs this file and writes the pages; `test_docs` fails while a committed page is not what is made here.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import yaml

from hagen import codes
from hagen.diagnostic import Code
from schema_keys import Keys, anchor, table
from topologies import ROOT

LANGUAGE = "schema/topology.schema.json"
MANIFEST = "schema/manifest.schema.json"
CATALOG = "schema/catalog.yaml"
PLATFORMS = "schema/platforms.yaml"
CODES = "compiler/hagen/codes/"
PAGES = "compiler/hagen/pages"
ROLE = "docs/ha_cluster.yaml"
BALANCERS = "docs/load_balancers.yaml"
SAMPLE = "out/openstack-ha/manifest.json"

_STAGES = {
    "HG1": "Load: the file as YAML",
    "HG2": "Schema: keys, types and forms",
    "HG3": "Resolve: names that refer to each other",
    "HG4": "Rules: what is unsound",
    "HG6": "Write: the output folder",
    "HG9": "hagen itself",
}
_PROGRAMS = ("pcs", "pacemaker", "corosync", "haproxy")
_WENT = ("Topology", "What differs, or why there is no key")
_FIREWALLS = {
    "policy": "firewalld: a policy lets members and clients through",
    "service": "firewalld: two services of the default zone",
    "nftables": "nftables: a table closes the cluster's ports to strangers",
}


def pages() -> dict[str, str]:
    """Return every generated page by its path in the checkout."""
    return {
        "docs/language.md": language(_json(LANGUAGE)),
        "docs/catalog.md": catalog(_yaml(CATALOG)),
        "docs/platforms.md": platforms(_yaml(PLATFORMS)),
        "docs/codes.md": coded(codes.ALL),
        "docs/ha_cluster.md": ha_cluster(role(), Keys(_json(LANGUAGE))),
        "docs/load_balancers.md": load_balancers(balancers(), Keys(_json(LANGUAGE))),
        "docs/manifest.md": manifest(_json(MANIFEST), _json(SAMPLE)),
    }


def language(schema: Any) -> str:
    """Return the page of the topology's keys."""
    keys = Keys(schema)
    return _page(
        LANGUAGE,
        "The language",
        "A topology is one YAML file. These are all its keys; every other key is refused. `NAME` stands for a name of "
        "your own. A key that is not **required** may be left out: it then has its default, if there is one, and a mapping the "
        "defaults of its keys.\n\n"
        "YAML is read as version 1.2: `no` is a word, not `false`. Anchors, aliases, tags and merge keys are refused, and "
        "so are numbers that YAML 1.1 and 1.2 read differently (`0755`, `22:22`, `1_000`): quote them.",
        [keys.contents(), *keys.sections()],
    )


def manifest(schema: Any, sample: Any) -> str:
    """Return the page of the manifest's keys, with an entry of a real one."""
    entry = next(each for each in sample["files"] if each.get("validate"))
    shown = json.dumps(entry, indent=2)
    return _page(
        MANIFEST,
        "The manifest",
        "`manifest.json` is the contract with the tools that put the files on the nodes. It lists every file of a build "
        "but itself. A file with a `target` belongs on the `nodes` it names; one without is for you, or for the host "
        "that runs `pcs.sh`.\n\n"
        "An apply tool does this for each node and each file that names the node:\n\n"
        "1. Refuse a `format` that it does not know, and a node that is in another cluster than this, or in one with a "
        "member or an address of one that `members` does not have.\n"
        "2. Compare the digest of the file in the folder with `sha256`, and stop if they differ.\n"
        "3. Copy it beside `target.path` with the owner, group and mode of `target`.\n"
        "4. Run `validate`, with the copy's path in the place of `{}`. Stop unless it exits with 0.\n"
        "5. Rename the copy to `target.path`.\n"
        "6. When all files are there, run each different `reload` of the files that changed, once, in the order of "
        "`reloads`.\n\n"
        "[Two such tools](../examples/apply/README.md) are ready for use: a playbook for Ansible and a shell script.\n\n"
        f"An entry of the [OpenStack example](../{SAMPLE}):\n\n```json\n{shown}\n```",
        Keys(schema).sections(),
    )


def catalog(types: Any) -> str:
    """Return the page of the service types."""
    rows = [
        (
            f"[`{name}`](#{anchor(name)})",
            each["title"],
            str(each["service"]["port"]),
            each["service"].get("mode", "tcp"),
            each["service"]["balance"],
            _asked(each["service"].get("check", {})),
            _notes(each),
        )
        for name, each in types.items()
    ]
    return _page(
        CATALOG,
        "The service types",
        "`services.NAME.type` is one of these. The type then says what stands here, and what you write yourself comes "
        "first, key by key. What neither says has the default of [the language](language.md). "
        "`hagen catalog TYPE` shows an entry in the terminal.\n\n"
        "`internal` means that it must not be offered on a public network, `better direct` that its clients had better reach it "
        "without a proxy, `one writer` that only one server is used at a time, and a release that OpenStack has it since or until "
        "then. Releases are left out where nothing sure is known.",
        [
            table(("Type", "What it is", "Port", "Mode", "Balance", "Check", "Notes"), rows),
            *map(_kind, types, types.values()),
        ],
    )


def platforms(known: Any) -> str:
    """Return the page of the distributions."""
    return _page(
        PLATFORMS,
        "The platforms",
        "`cluster.platform` is one of these. It decides packages, paths and commands: the words of `pcs.sh`, the syntax of "
        "`haproxy.cfg`, and the form of the firewall's files. What a platform's programs are too old or too new for is "
        "refused ([HG4602, HG4603, HG4407](codes.md)).",
        [
            table(
                ("Platform", "Distribution", "pcs", "Pacemaker", "Corosync", "HAProxy"),
                [
                    (f"[`{name}`](#{anchor(name)})", each["title"], *map(each["versions"].get, _PROGRAMS))
                    for name, each in known.items()
                ],
            ),
            *(_platform(name, each) for name, each in known.items()),
        ],
    )


def coded(known: Sequence[Code]) -> str:
    """Return the page of the diagnostics' codes."""
    sections = []
    for stage, title in _STAGES.items():
        rows = [
            (
                f"[{each.id}](../{PAGES}/{each.id}.md)",
                f"`{each.name}`",
                each.severity,
                "warning" if each.safety else "",
                each.summary,
            )
            for each in known
            if each.id.startswith(stage)
        ]
        sections.append(f"## {title}\n\n" + table(("Code", "Name", "Severity", "In a lab", "Meaning"), rows))
    return _page(
        CODES,
        "The codes",
        "Every diagnostic has a code. `hagen explain CODE` prints the page behind the link. An error stops the build; a "
        "warning does not, unless `--strict` is given. With `cluster.purpose: lab` the codes marked so only warn. "
        "A number is never used again for something else.",
        sections,
    )


def role() -> Any:
    """Return what is known of the variables of the Ansible role ha_cluster."""
    return _yaml(ROLE)


def ha_cluster(known: Any, keys: Keys) -> str:
    """Return the page that leads from the variables of the Ansible role ha_cluster to the keys of a topology."""
    variables = known["variables"]
    sections = [
        f"## {_variable_names(name)}\n\n" + _went("ha_cluster", each["parts"], keys)
        for name, each in variables.items()
        if "parts" in each
    ]
    return _page(
        ROLE,
        "From ha_cluster to a topology",
        f"The Ansible role [ha_cluster]({known['role']}) makes Pacemaker clusters too. This table has each variable that its "
        f"README of version {known['version']} describes, and says where a topology has the same, or why it does not. "
        "A link in the first column leads to the parts of a variable. Which values a key takes is in "
        "[the language](language.md).\n\n"
        "The role takes most values as lists of names and values, which pcs judges on the nodes. A topology has a key for each, "
        "with a type, and is judged before there is a node.",
        [
            _went("ha_cluster", variables, keys),
            "Besides these there are:",
            _went("ha_cluster", known["besides"], keys),
            *sections,
        ],
    )


def balancers() -> Any:
    """Return what is known of the keys by which other projects describe services behind HAProxy."""
    return _yaml(BALANCERS)


def load_balancers(known: Any, keys: Keys) -> str:
    """Return the page that leads from the keys of other projects for HAProxy to the keys of a topology."""
    sections = []
    for project, each in known.items():
        sections += [
            f"## {project}\n\n{each['introduction']}",
            _went(project, {**each["keys"], **each.get("besides", {})}, keys),
        ]
    return _page(
        BALANCERS,
        "From other load balancers to a topology",
        "kolla-ansible and openstack-ansible put services behind HAProxy too. These tables have each key by which they "
        "describe a service, and say where a topology has the same, or why it does not. Which values a key takes is in "
        "[the language](language.md).",
        sections,
    )


def _went(source: str, variables: Any, keys: Keys) -> str:
    """Return a table that leads from what `source` can be told to the keys of a topology."""
    return table((source, *_WENT), [_variable(name, each, keys) for name, each in variables.items()])


def _variable(name: str, said: Any, keys: Keys) -> tuple[str, ...]:
    """Return the row of a variable or of a part of one; a key that a topology does not have is a `LookupError`."""
    shown = _variable_names(name)
    if "parts" in said:
        shown = f"[{shown}](#{anchor(shown.replace('`', ''))})"
    found = said.get("keys", ())
    linked = "<br>".join(f"[`{key}`](language.md#{keys.place(key)})" for key in found)
    if not linked and "why" not in said:
        raise LookupError(f"{name} has neither a key nor a reason")
    return shown, linked or "none", said.get("why", "")


def _variable_names(name: str) -> str:
    return ", ".join(f"`{each}`" for each in name.split(", "))


def _asked(check: Any) -> str:
    """Return how a service is asked whether it can be used."""
    words = [check.get("type", "tcp")]
    http = check.get("http", {})
    if check.get("tls"):
        words.append("by TLS")
    if "http" in check:
        words.append(f"{http.get('method', 'OPTIONS')} {http.get('path', '/')}")
    if "port" in check:
        words.append(f"on port {check['port']}")
    if "expect" in http:
        words.append(f"status {' or '.join(map(str, http['expect']))}")
    if "role" in check.get("redis", {}):
        words.append(f"role {check['redis']['role']}")
    return ", ".join(words)


def _notes(entry: Any) -> str:
    """Return what a reader of the list should know of a service."""
    said = {
        "one writer": "single_writer" in entry,
        "websocket": "websocket" in entry,
        "internal": "internal" in entry,
        "better direct": "direct" in entry,
        _span(entry): "releases" in entry,
    }
    return ", ".join(word for word, holds in said.items() if holds)


def _span(entry: Any) -> str:
    """Return the OpenStack releases that have a service."""
    releases = entry.get("releases", {})
    return ", ".join(
        f"{word} {releases[word].capitalize()}" for word in ("since", "until") if word in releases
    )


def _kind(name: str, entry: Any) -> str:
    lines = [f"## {name}", f"{entry['title']}. {entry['why'].strip()}"]
    facts = list(_facts(entry))
    if facts:
        lines.append("\n".join(f"- {each}" for each in facts))
    shown = yaml.safe_dump(entry["service"], sort_keys=False, allow_unicode=True).strip()
    lines += [f"```yaml\n{shown}\n```", f"Source: {_links(entry['source'])}"]
    return "\n\n".join(lines)


def _facts(entry: Any) -> Iterator[str]:
    """Yield what is known of a service besides its settings, a sentence each."""
    yield f"Its port speaks {entry['protocol']}."
    if "answers" in entry:
        others = ", ".join(f"{port} {protocol}" for port, protocol in entry["answers"].items())
        yield f"Other ports of its nodes speak: {others}."
    if entry.get("websocket"):
        yield "Sessions become websockets: they need `timeouts.tunnel`."
    if entry.get("single_writer"):
        yield "Only one server is used at a time: say which with `writer`."
    if "internal" in entry:
        yield f"Not for public networks: {entry['internal']}."
    if "direct" in entry:
        yield f"Better without a proxy: {entry['direct']}."
    if "at_least" in entry:
        least = ", ".join(f"{name} {value}" for name, value in entry["at_least"].items())
        yield f"Timeouts that its clients need at least: {least}."
    if "releases" in entry:
        yield f"OpenStack has it {_span(entry)}."
    if "before" in entry:
        yield f"Before the proxy's checks can be green: {entry['before']}."


def _platform(name: str, entry: Any) -> str:
    log = entry["log"]
    rows = [
        *((f"{program}", f"`{version}`") for program, version in entry["versions"].items()),
        ("packages", ", ".join(f"`{each}`" for each in entry["packages"])),
        *((f"`{each}` besides for", ", ".join(agents)) for each, agents in entry["agents"].items()),
        ("with a quorum device besides", f"`{entry['qdevice']}`"),
        (
            "repositories are enabled with",
            "; ".join(f"`{each}`" for each in entry["repositories"]) or "nothing to do",
        ),
        *((f"HAProxy: {what}", f"`{value}`") for what, value in entry["haproxy"].items()),
        ("HAProxy logs to", f"`{log['target']}`"),
        ("ports of other daemons", ", ".join(f"{each} {port}" for each, port in entry["daemons"].items())),
        ("SELinux booleans", ", ".join(f"`{each}`" for each in entry["selinux"]) or "none"),
        ("firewall", _FIREWALLS[entry["firewall"]["form"]]),
        ("the quorum device's own host", ", ".join(f"`{each}`" for each in entry["qnetd"]["packages"])),
        ("SBD, remote hosts, booth", _extras(entry)),
        (
            "cloud-init",
            f"`{entry['cloud_init']['version']}`"
            + ("" if entry["cloud_init"]["defer"] else ", which cannot write files after the packages"),
        ),
        ("one-node cluster of the packages", f"`{entry['ready_made']}`" if entry["ready_made"] else "none"),
        ("kickstart", f"syntax `{entry['kickstart']}`" if entry["kickstart"] else "none: no Anaconda"),
    ]
    return f"## {name}\n\n{entry['title']}\n\n{table(('Fact', 'Value'), rows)}\n\nSource: {_links(entry['source'])}"


def _extras(entry: Any) -> str:
    names = [*entry["sbd"]["packages"], *entry["remote"]["packages"], *entry["booth"]]
    return ", ".join(f"`{each}`" for each in dict.fromkeys(names))


def _links(addresses: Sequence[str]) -> str:
    return ", ".join(f"<{each}>" for each in addresses)


def _page(source: str, title: str, introduction: str, sections: Iterable[str]) -> str:
    head = f"<!-- Made by tests/docs.py from {source}: change that and run `make docs`. -->"
    return "\n\n".join([head, f"# {title}", introduction, *sections]) + "\n"


def _json(name: str) -> Any:
    return json.loads((ROOT / name).read_text(encoding="utf-8"))


def _yaml(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def main() -> None:
    """Write every page."""
    for name, text in pages().items():
        path = ROOT / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
