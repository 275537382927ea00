"""booth itself reads the booth.conf that hagen makes. Source: boothd(8)."""

import tempfile
from pathlib import Path

import programs
import topologies

RICH = topologies.ROOT / "tests/dialects/rich.yml"

# With a file that it can read, `booth` goes on to ask the daemon of its own site, which nobody runs here.
_ASK = """
set -eu
ip link set lo up
ip address add 192.0.2.10/32 dev lo
rc=0
timeout 1 booth list -c "$1" || rc=$?
[ "$rc" = 124 ] || exit 1
"""


def read(conf: str) -> programs.Verdict:
    """Let booth read a configuration, with a key and an address of one of the sites."""
    where = programs.need("booth", "unshare", "ip")
    with tempfile.TemporaryDirectory() as folder:  # booth takes no path longer than 63 characters
        key, file = Path(folder, "booth.key"), Path(folder, "booth.conf")
        key.write_bytes(bytes(range(64)))
        key.chmod(0o600)
        file.write_text(conf.replace("/etc/booth/booth.key", str(key)))
        return programs.run(where["unshare"], "--net", "bash", "-c", _ASK, "ask", file)


def test_booth_reads_its_configuration(tmp_path: Path) -> None:
    """Every site, arbitrator and ticket option of the rich topology is one that booth knows."""
    out = topologies.compile_into(RICH, tmp_path / "out")
    conf = (out / "booth.conf").read_text()

    assert 'ticket = "east-west"' in conf
    read(conf).require()


def test_booth_would_have_noticed(tmp_path: Path) -> None:
    """A word that booth does not know is noticed, so the test above can fail."""
    out = topologies.compile_into(RICH, tmp_path / "out")
    verdict = read((out / "booth.conf").read_text().replace("acquire-after", "acquire-aftr"))

    assert verdict.code == 1
    assert "Unknown keyword" in verdict.output


def test_one_site_needs_no_booth(built: Path) -> None:
    """None of the examples has several sites, so none has a booth.conf."""
    assert not (built / "booth.conf").exists()
