"""What is said comes before the catalog, and the catalog before the schema's defaults; and who said what is known."""

from typing import Any

from hagen import document
from hagen.artifact import Origin
from hagen.schema import Valid, fill, validate
from hagen.source import Source

BASE = """
hagen: 1
cluster: {name: c, platform: debian12%s}
networks: {n: {cidr: 192.0.2.0/24}}
nodes: {a: {addresses: {n: 192.0.2.1}}}
vips: {v: {address: 192.0.2.9, network: n}}
services:
  db: {type: galera, vips: [v], check: {inter: 7s}, timeouts: {client: 1h}}
  plain: {vips: [v], port: 80}
"""


def valid(cluster: str = "") -> Valid:
    """Return the base topology, filled; `cluster` is added to its cluster."""
    loaded, diagnostics = document.load(Source("t.yml", (BASE % cluster).encode()))
    assert loaded is not None
    assert diagnostics == ()
    assert validate(loaded) == ()
    return fill(loaded)


def service(name: str) -> Any:
    """Return a filled service of the base topology."""
    return valid().data["services"][name]


def test_three_layers() -> None:
    """The topology's interval, the catalog's port and method, the schema's rise, all in one check."""
    assert service("db")["check"] == {
        "type": "http",
        "http": {"method": "GET", "path": "/", "headers": {}, "expect": [200]},
        "redis": {"role": "any"},
        "smtp": {"domain": "localhost"},
        "port": 9200,
        "inter": "7s",
        "rise": 2,
        "fall": 5,
    }
    assert service("db")["timeouts"] == {"client": "1h", "server": "90min"}
    assert service("plain")["balance"] == "roundrobin"


def test_origins_follow_the_layers() -> None:
    """Each of these values is led back to the layer that it came from."""
    found = valid()

    assert found.origin(("services", "db", "check", "inter")) == Origin(
        "topology", ("services", "db", "check", "inter")
    )
    assert found.origin(("services", "db", "check", "port")) == Origin(
        "catalog", ("galera", "service", "check", "port")
    )
    assert found.origin(("services", "db", "check", "rise")) == Origin(
        "default", ("services", "db", "check", "rise")
    )
    assert found.origin(("services", "plain", "mode")) == Origin("default", ("services", "plain", "mode"))


def test_default_with_content_is_replaced() -> None:
    """A password from a file is not also one from the environment."""
    assert valid().data["cluster"]["password"] == {"env": "HACLUSTER_PASSWORD"}
    assert valid(", password: {file: /etc/hagen/pw}").data["cluster"]["password"] == {"file": "/etc/hagen/pw"}


def test_filling_leaves_the_document_alone() -> None:
    """The user's own data is not changed, and two services share no surprise."""
    found = valid()

    assert found.document.data["services"]["plain"] == {"vips": ["v"], "port": 80}  # type: ignore[index,call-overload]
