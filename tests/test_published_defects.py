"""Defects that published tools and guides shipped: each cannot be said in a topology, or is refused where it is said.

D1 to D12 are the project's own numbers for them. The files that are named are those of the projects' repositories.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import docs
import prose
import topologies
from hagen import document, resources, schema
from hagen.diagnostic import Diagnostic
from hagen.pipeline import Result, compile_source
from hagen.resolve import resolve
from hagen.source import Pointer, Source
from schema_keys import Keys
from test_catalog import CATALOG, compiled, config, errors, together, topology
from topologies import ROOT

SCHEMA: Any = resources.data("schema/topology.schema.json")
PLATFORMS: Any = resources.data("schema/platforms.yaml")
PLATFORM = "debian12"
WEB: dict[str, Any] = {"web": {"vips": ["main"], "port": 81}}
"""A service about which nothing is special."""


TOPOLOGIES = sorted(
    path
    for pattern in ("examples/*/topology.yml", "tests/dialects/*.yml", "tests/proxies/*.yml")
    for path in ROOT.glob(pattern)
)
"""Every topology of the checkout that is accepted; those of the tests say nearly all that can be said."""

HTTP_ENTRIES = [
    name for name, each in CATALOG.items() if each["service"].get("check", {}).get("type") == "http"
]
BINARY = [name for name, each in CATALOG.items() if each["protocol"] not in {"http", "tls"}]


def compiled_with(services: Mapping[str, Any], **other: Any) -> Result:
    """Compile three nodes with these services; `other` replaces further topmost keys."""
    return judged({**topology(PLATFORM, dict(services)), **other})


def judged(data: Mapping[str, Any]) -> Result:
    """Compile a topology that is given as data."""
    return compile_source(Source("topology.yml", yaml.safe_dump(dict(data), sort_keys=False).encode()))


def refused(result: Result, *at: str | int) -> Diagnostic:
    """Return the one error of a refused topology, which stands at this key."""
    (error,) = [each for each in result.diagnostics if each.severity == "error"]
    assert (error.primary.at, result.artifacts) == (at, ())
    assert error.primary.span is not None
    return error


def sections(text: str) -> dict[str, list[str]]:
    """Return the lines of each section of haproxy.cfg, by its first line."""
    found: dict[str, list[str]] = {}
    for block in text.split("\n\n"):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        if lines:
            found[lines[0]] = [line.strip() for line in lines[1:]]
    return found


@pytest.mark.parametrize("platform", PLATFORMS)
def test_d1_rules_of_a_check_are_never_without_the_check(platform: str) -> None:
    """Wherever haproxy.cfg says what an HTTP check sends or expects, it also says that there is one.

    openstack-ansible's role for HAProxy (templates/service.j2, commits 16ab208 and 89909c5) wrote the rules without
    `option httpchk`. HAProxy ignores them with a warning, and a service that answers 503 stays in use.
    """
    every = {
        head: lines
        for head, lines in sections(config(together(platform))).items()
        if any(line.startswith("http-check ") for line in lines)
    }

    expecting = [name for name in HTTP_ENTRIES if CATALOG[name]["service"]["check"]["http"].get("expect")]
    assert set(every) == {f"listen {name}" for name in expecting}
    assert len(expecting) > 40
    for head, lines in every.items():
        (asked,) = [number for number, line in enumerate(lines) if line.startswith("option httpchk")]
        (wanted,) = [number for number, line in enumerate(lines) if line.startswith("http-check expect ")]
        assert asked < wanted, head
        assert all(" check " in line for line in lines if line.startswith("server ")), head


@pytest.mark.parametrize("kind", ["tcp", "none", "mysql"])
def test_d1_rules_of_a_check_are_refused_under_another_check(kind: str) -> None:
    """What a request should be answered with is refused where no request is made."""
    check = {
        "type": kind,
        "http": {"expect": [200]},
        **({"mysql": {"user": "haproxy"}} if kind == "mysql" else {}),
    }
    result = compiled_with({"web": {"vips": ["main"], "port": 80, "check": check}})

    assert refused(result, "services", "web", "check", "http").code.id == "HG4404"


def test_d2_a_check_asks_in_the_language_of_its_port() -> None:
    """A login of MySQL on the port where clustercheck answers with HTTP is refused.

    OpenStack's high-availability guide (doc/ha-guide/source/control-plane-stateless.rst) asks Galera so: `option
    mysql-check` with `check port 9200`. Every node of a sound cluster goes down, and `haproxy -c` finds nothing wrong.
    """
    check = {"type": "mysql", "mysql": {"user": "haproxy"}}
    database = {"type": "galera", "vips": ["main"], "writer": "node1"}

    error = refused(compiled_with({"db": {**database, "check": check}}), "services", "db", "check", "type")
    assert error.code.id == "HG4410"
    assert ("9200" in error.message, "3306" in error.hint) == (True, True)
    assert errors(compiled_with({"db": {**database, "check": {**check, "port": 3306}}})) == []


@pytest.mark.parametrize("name", BINARY)
def test_d8_a_binary_protocol_is_not_read_as_http(name: str) -> None:
    """Mode http is refused for every type whose port does not speak HTTP.

    kolla-ansible once had MongoDB, port 27017, in mode http (ansible/roles/mongodb/defaults/main.yml of 2018).
    """
    service = {**CATALOG[name]["service"], "type": name, "vips": ["main"], "mode": "http"}
    result = compiled_with({"it": {key: each for key, each in service.items() if key != "log_format"}})

    assert refused(result, "services", "it", "mode").code.id == "HG4416"


def test_d3_a_vip_and_port_twice_is_refused() -> None:
    """A service that listens twice at one address is refused at the second place.

    A published HAProxy configuration of Red Hat OpenStack Platform (its guide "Understanding Red Hat OpenStack Platform
    High Availability", versions 13 to 17.1) lets aodh bind its internal address twice, and the external one not at all.
    """
    aodh = {"type": "aodh", "vips": ["main"], "bind": [{"vip": "main", "port": 8042}]}

    assert refused(compiled_with({"aodh": aodh}), "services", "aodh", "bind", 0, "port").code.id == "HG4401"
    twice = compiled_with({"aodh": {**aodh, "vips": ["main", "main"], "bind": []}})
    assert refused(twice, "services", "aodh", "vips", 1).code.id == "HG2007"


def test_d3_a_server_has_the_address_of_its_node() -> None:
    """A server is a node by name, so it cannot have another address than the node has elsewhere.

    In the same configuration one node has another address than in every other service.
    """
    nodes = topology(PLATFORM, {})["nodes"]
    text = config(together(PLATFORM))
    at = dict(re.findall(r"server (node\d) ([\d.]+):", text))

    assert {name: each["addresses"]["management"] for name, each in nodes.items()} == at
    assert {address for _, address in re.findall(r"server (node\d) ([\d.]+):", text)} == set(at.values())
    result = compiled_with(
        {"aodh": {"type": "aodh", "vips": ["main"], "servers": {"nodes": ["node1", "node4"]}}}
    )
    assert refused(result, "services", "aodh", "servers", "nodes", 1).code.id == "HG3002"


@pytest.mark.parametrize(("address", "code"), [("192.0.3.13", "HG4102"), ("192.0.2.12", "HG4101")])
def test_d3_a_node_with_a_wrong_address_is_refused(address: str, code: str) -> None:
    """An address outside of its network, or another node's, is refused at the node."""
    nodes = {**topology(PLATFORM, {})["nodes"], "node3": {"addresses": {"management": address}}}

    error = refused(compiled_with(WEB, nodes=nodes), "nodes", "node3", "addresses", "management")
    assert error.code.id == code


def test_d4_two_services_on_one_port_are_refused() -> None:
    """Two services at one VIP and port are refused, both being shown; HAProxy would hand clients to either.

    In openstack-ansible adjutant and ironic-inspector have 5050 (inventory/group_vars/adjutant_all and ironic_all).
    """
    both = {
        name: {"type": name, "vips": ["main"], "servers": {"nodes": nodes}}
        for name, nodes in (("ironic-inspector", ["node1"]), ("adjutant", ["node2", "node3"]))
    }
    assert {CATALOG[name]["service"]["port"] for name in both} == {5050}

    error = refused(compiled_with(both), "services", "adjutant", "vips", 0)
    assert (error.code.id, error.related[0].at) == ("HG4401", ("services", "ironic-inspector", "vips", 0))


def test_d4_two_daemons_on_one_port_are_refused() -> None:
    """Where each has a port of its own at the proxy, the two programs cannot share that of their nodes."""
    both = {
        "ironic-inspector": {"type": "ironic-inspector", "vips": ["main"]},
        "adjutant": {"type": "adjutant", "vips": ["main"], "port": 5051, "servers": {"port": 5050}},
    }

    error = refused(compiled_with(both), "services", "adjutant", "servers", "port")
    assert (error.code.id, error.related[0].at) == ("HG4440", ("services", "ironic-inspector"))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("interval", "inter"), ("haproxy_interval", ""), ("backend_rise", "rise"), ("backend_fall", "fall")],
)
def test_d5_keys_that_nothing_reads_are_refused(wrong: str, right: str) -> None:
    """A key that the language does not have is refused where it stands, and the near one is named.

    openstack-ansible's service of Kubernetes sets `haproxy_interval`, `haproxy_backend_rise` and `haproxy_backend_fall`
    (inventory/group_vars/k8s_all), which templates/service.j2 calls `interval`, `backend_rise` and `backend_fall`.
    """
    result = compiled_with({"api": {"type": "k8s-api", "vips": ["main"], "check": {wrong: 5}}})

    error = refused(result, "services", "api", "check", wrong)
    assert (error.code.id, error.primary.on_key) == ("HG2001", True)
    assert f"`{right}`" in error.hint or not right


@pytest.mark.parametrize("path", TOPOLOGIES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_d5_every_key_is_read(path: Path) -> None:
    """Of a topology that is accepted no key stays unread, a default no more than what is said.

    `hagen` says which language a topology is written in, and the schema alone looks at it.
    """
    loaded, mistakes = document.load(Source(path.name, path.read_bytes()))
    assert loaded is not None
    assert (mistakes, schema.validate(loaded)) == ((), ())
    valid = schema.fill(loaded)
    read: set[Pointer] = set()
    found, _ = resolve(valid._replace(data=Watched.all_of(valid.data, (), read)))

    assert found is not None
    assert sorted(at for at in keys(valid.data, SCHEMA, ()) if at not in read) == [("hagen",)]


class Watched(dict[str, Any]):
    """A mapping that writes down in `read` which of its keys somebody asks for."""

    def __init__(self, data: dict[str, Any], at: Pointer, read: set[Pointer]) -> None:
        """Watch `data`, which stands at `at`."""
        super().__init__(data)
        self._at = at
        self._read = read

    @classmethod
    def all_of(cls, value: Any, at: Pointer, read: set[Pointer]) -> Any:
        """Return `value` with every mapping in it watched."""
        if isinstance(value, dict):
            return cls({key: cls.all_of(each, (*at, key), read) for key, each in value.items()}, at, read)
        if isinstance(value, list):
            return [cls.all_of(each, (*at, index), read) for index, each in enumerate(value)]
        return value

    def __getitem__(self, key: str) -> Any:
        """Return the value of a key, which is read."""
        self._read.add((*self._at, key))
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, which is read."""
        self._read.add((*self._at, key))
        return super().get(key, default)

    def items(self) -> Any:
        """Return all keys with their values, which are read."""
        self._read.update((*self._at, key) for key in self)
        return super().items()


def keys(value: Any, said: Any, at: Pointer) -> Iterator[Pointer]:
    """Yield where the keys of the language stand in `value`; names of one's own are not among them."""
    said = target(said)
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from keys(each, said["items"], (*at, index))
    elif isinstance(value, dict):
        for key, each in value.items():
            below = said.get("properties", {}).get(key)
            if below is not None:
                yield (*at, key)
            yield from keys(each, said["additionalProperties"] if below is None else below, (*at, key))


def target(said: Any) -> Any:
    """Return what a reference of the schema stands for."""
    return SCHEMA["definitions"][said["$ref"].rpartition("/")[2]] if "$ref" in said else said


def test_d6_a_misspelt_name_is_refused() -> None:
    """A name that leads nowhere is refused, so that a stray comma cannot switch a setting off.

    puppet-tripleo looks for `keystone_session_cookie,` (manifests/haproxy.pp), so the override never works.
    """
    result = compiled_with(
        {"identity": {"type": "keystone", "vips": ["main"], "cookie": {"name": "S", "secure,": True}}}
    )

    error = refused(result, "services", "identity", "cookie", "secure,")
    assert (error.code.id, error.hint) == ("HG2001", "did you mean `secure`?")


def test_d6_a_default_has_one_source() -> None:
    """What the page of the language says of defaults, and what haproxy.cfg and the checklist say, is the schema's.

    puppet-tripleo's comment says that a check may take 10s, its code 30s (manifests/haproxy.pp), and a third copy of the
    number stands in tripleo-validations (playbooks/tripleo-haproxy.yaml).
    """
    timeouts = SCHEMA["properties"]["proxy"]["properties"]["timeouts"]["properties"]
    defaults = {key: each["default"] for key, each in timeouts.items() if "default" in each}
    page = (ROOT / "docs/language.md").read_text(encoding="utf-8")
    made = sections(config(compiled_with(WEB)))["defaults"]

    assert {line for line in made if line.startswith("timeout ")} == {
        f"timeout {key.replace('_', '-')} {value.replace('min', 'm')}" for key, value in defaults.items()
    }
    for key, value in defaults.items():
        assert f"| `proxy.timeouts.{key}` | [duration](#duration) | `{value}` |" in page


@pytest.mark.parametrize(("platform", "firewall"), [("ubuntu24.04", False), ("el9", True)])
def test_d7_a_service_that_left_is_nowhere(platform: str, firewall: bool, tmp_path: Path) -> None:
    """No file of the output folder knows a service any more that the topology has lost: its name, host and port.

    kolla-ansible leaves the files and the map entries of disabled services where they are
    (ansible/roles/haproxy-config/tasks/main.yml).
    """
    source, out = tmp_path / "topology.yml", tmp_path / "out"
    data = yaml.safe_load((ROOT / "examples/edge/topology.yml").read_text())
    data["cluster"]["platform"] = platform
    source.write_text(yaml.safe_dump(data, sort_keys=False))
    topologies.compile_into(source, out)
    signs = ("galera", "3306", "glance", "image.cloud.example.org", "9292")
    for sign in signs:
        assert {"haproxy.cfg", "verify.sh", "CHECKLIST.md"} & set(naming(sign, out)), sign
    assert ("firewall/hagen.xml" in naming("9292", out)) == firewall

    del data["services"]["galera"], data["services"]["glance"], data["proxy"]["peers"]
    source.write_text(yaml.safe_dump(data, sort_keys=False))
    topologies.compile_into(source, out)
    assert [(sign, file) for sign in signs for file in naming(sign, out)] == []
    assert topologies.hagen("build", source, "-o", out, "--check").code == 0


def test_d7_files_that_are_no_longer_made_are_removed(tmp_path: Path) -> None:
    """A topology that asks for fewer files has fewer in its folder."""
    source, out = tmp_path / "topology.yml", tmp_path / "out"
    data = yaml.safe_load((ROOT / "examples/edge/topology.yml").read_text())
    source.write_text(yaml.safe_dump(data, sort_keys=False))
    topologies.compile_into(source, out)
    before = files(out)

    source.write_text(
        yaml.safe_dump({**data, "provisioning": {"firewall": False, "cloud_init": False}}, sort_keys=False)
    )
    topologies.compile_into(source, out)
    gone = before - files(out)
    assert {path.partition("/")[0] for path in gone} == {"firewall", "cloud-init"}


def files(folder: Path) -> set[str]:
    """Return the paths of all files in a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def naming(word: str, folder: Path) -> list[str]:
    """Return the files in a folder that have a word somewhere; digests are made of letters and digits too."""
    sought = re.compile(rf"\b{re.escape(word)}\b")
    return sorted(
        path for path in files(folder) if sought.search((folder / path).read_text(encoding="utf-8"))
    )


def test_d9_the_cluster_is_made_with_words_that_pcs_has() -> None:
    """No command has a word of crmsh or of a pcs that is gone.

    OpenStack's high-availability guide (doc/ha-guide/source/control-plane-stateless.rst) creates HAProxy with `--clone`
    and an address with `params`, which pcs refuses. That real pcs 0.10 to 0.12 take what hagen writes is in test_dialects.
    """
    for platform in PLATFORMS:
        script = artifact(compiled(platform, WEB), "pcs.sh")
        commands = [line.strip() for line in script.splitlines() if line.strip().startswith("in_cib ")]
        words = [word for line in commands for word in line.split()]

        assert any(line.startswith("in_cib resource create") for line in commands)
        assert {"--clone", "params", "--master"} & set(words) == set(), platform


@pytest.mark.parametrize(
    ("placement", "wanted"),
    [
        ("everywhere", "in_cib constraint colocation add vip_main with lb-haproxy-clone"),
        ("with_vip", "in_cib constraint colocation add lb-haproxy-clone with vip_main"),
    ],
)
def test_d9_who_follows_whom_is_what_the_placement_says(placement: str, wanted: str) -> None:
    """With proxies everywhere the address follows a live one; with one proxy it follows the address, never both ways.

    The same guide lets the proxy follow the address in the order of one, puppet-tripleo's
    manifests/pacemaker/haproxy_with_vip.pp the address follow the proxy; neither says why.
    """
    script = artifact(compiled_with(WEB, proxy={"placement": placement}), "pcs.sh")
    together_ = [
        line.strip()
        for line in script.splitlines()
        if line.strip().startswith("in_cib constraint colocation")
    ]

    assert [line.startswith(wanted) for line in together_] == [True]


def artifact(result: Result, path: str) -> str:
    """Return the text of an artifact of a sound topology."""
    assert errors(result) == []
    return next(each.text for each in result.artifacts if each.path == path)


def test_d10_every_server_is_checked_and_spoken_to_alike() -> None:
    """A server that is no node of the cluster has the same check, TLS and limits as those that are, and a weight.

    In kolla-ansible lists of members of one's own are text past the template, so that those of glance and tacker do not
    know of `kolla_verify_tls_backend`, of weights and of changed checks (ansible/roles/glance/defaults/main.yml).
    """
    result = compiled_with(
        {
            "image": {
                "type": "glance-api",
                "vips": ["main"],
                "check": {"inter": "7s", "fall": 4, "port": 9999, "tls": True, "fastinter": "1s"},
                "on_marked_down": "shutdown-sessions",
                "servers": {
                    "nodes": ["node1"],
                    "external": {"far": {"address": "198.51.100.7"}, "named": {"host": "localhost"}},
                    "weights": {"node1": 20, "far": 20, "named": 20},
                    "tls": {"ca_file": "/etc/haproxy/tls/ca.pem", "verify_host": "image.example.org"},
                    "send_proxy": "v2",
                    "maxconn": 70,
                    "slowstart": "30s",
                },
            }
        }
    )
    assert errors(result) == []
    lines = [line for line in sections(config(result))["listen image"] if line.startswith("server ")]
    said = [line.split(maxsplit=3)[3].removesuffix(" init-addr libc") for line in lines]

    assert [line.split()[1] for line in lines] == ["node1", "far", "named"]
    assert len(set(said)) == 1, said
    for words in (
        "weight 20",
        "check port 9999 check-ssl",
        "inter 7s",
        "fall 4",
        "ssl verify required",
        "maxconn 70",
    ):
        assert words in said[0]


def test_d10_a_servers_line_cannot_be_written_by_hand() -> None:
    """There is no way to add a server past the template: a line that would do so is refused."""
    web = {**WEB["web"], "extra": ["option tcp-smart-accept", "server far 198.51.100.7:81 check"]}

    assert refused(compiled_with({"web": web}), "services", "web", "extra", 1).code.id == "HG4461"


def test_d11_pages_name_no_key_that_is_gone() -> None:
    """Every key that a page names in full is one of the language, whose own page is made from it.

    kolla-ansible's guide (doc/source/reference/high-availability/haproxy-guide.rst) shows `haproxy_keystone_admin_weight`
    for a service that has left the project.
    """
    named = {
        (path.relative_to(ROOT).as_posix(), span)
        for pattern in ("README.md", "docs/*.md", "examples/*/README.md", "compiler/hagen/pages/*.md")
        for path in ROOT.glob(pattern)
        if path != ROOT / "docs/language.md"
        for span in prose.spans(path.read_text(encoding="utf-8"))
        if is_key(span)
    }

    assert len({span for _, span in named}) > 100
    assert sorted((page, span) for page, span in named if not in_language(span)) == []


def is_key(text: str) -> bool:
    """Tell whether a code span is the path of a key, and not the name of a file or what Ansible calls it."""
    top, _, rest = text.partition(".")
    return (
        top in SCHEMA["properties"]
        and rest not in {"conf", "yml"}
        and re.fullmatch(r"[a-zA-Z_.\[\]-]+", rest) is not None
    )


def in_language(path: str) -> bool:
    """Tell whether there is a key of this path, where a name of one's own may stand for NAME."""
    at: Any = SCHEMA
    for step in path.replace("[]", ".[]").split("."):
        at = target(at)
        below = at.get("properties", {}).get(
            step, at["items"] if step == "[]" else at.get("additionalProperties")
        )
        if not isinstance(below, dict):
            return False
        at = below
    return True


def test_d11_a_key_that_is_gone_would_be_seen() -> None:
    """The test above can fail."""
    assert [
        in_language(path) for path in ("services.web.port", "services.NAME.routes[].hosts", "proxy.tls.port")
    ] == [
        True,
        True,
        False,
    ]
    with pytest.raises(LookupError):
        docs.load_balancers(
            {"x": {"introduction": "", "keys": {"y": {"keys": ["proxy.port"]}}}}, Keys(SCHEMA)
        )


def test_d12_fencing_is_on_unless_somebody_answers_for_it() -> None:
    """A production cluster without fencing is refused.

    kolla-ansible's ansible/roles/hacluster/tasks/bootstrap_service.yml sets `stonith-enabled` to false.
    """
    cluster = topology(PLATFORM, {})["cluster"]
    fencing = {"enabled": False, "reason": "the BMCs arrive in May"}
    result = compiled_with(WEB, cluster={**cluster, "purpose": "production", "fencing": fencing})

    assert refused(result, "cluster", "fencing", "enabled").code.id == "HG4301"


def test_d12_a_password_is_no_argument() -> None:
    """A fencing device's password cannot be written down, and the script hands it to no command.

    The Ansible role ha_cluster creates fencing devices with `pcs stonith create … password=…`
    (tasks/shell_pcs/pcs-cib-resource-primitive.yml), which everybody on the node can read while it runs.
    """
    cluster = topology(PLATFORM, {})["cluster"]
    boards: dict[str, Any] = {
        f"bmc{n}": {
            "agent": "fence_ipmilan",
            "targets": [f"node{n}"],
            "options": {"ip": f"198.51.100.{n}", "username": "admin"},
            "secrets": {"password": {"file": f"/etc/hagen/bmc{n}"}},
        }
        for n in (1, 2, 3)
    }
    sound = compiled_with(WEB, cluster={**cluster, "fencing": {"devices": boards}})
    script = artifact(sound, "pcs.sh")
    created = re.findall(r"in_cib stonith create (?:.*\\\n)*.*", script)
    assert len(created) == 3
    assert [each for each in created if re.search(r"\b(password|passwd)=", each)] == []
    assert [each for each in created if "password_script=" not in each] == []

    del boards["bmc2"]["secrets"]
    boards["bmc2"]["options"]["password"] = "hunter22"  # noqa: S105  no password of anything
    result = compiled_with(WEB, cluster={**cluster, "fencing": {"devices": boards}})
    error = refused(result, "cluster", "fencing", "devices", "bmc2", "options", "password")
    assert (error.code.id, error.primary.secret) == ("HG4304", True)
