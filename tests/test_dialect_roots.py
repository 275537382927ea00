"""The roots of the dialects: made whole or not at all, and made again when their packages change."""

import os
from pathlib import Path

import pytest

import dialects
import programs
from dialects import roots

DIALECT = dialects.ALL[0]

_MMDEBSTRAP = """#!/bin/sh
for word; do
  case $word in */bullseye.part) mkdir -p "$word/usr" && echo "$*" >"$word/usr/words" ;; esac
done
echo "E: the mirror is on fire"
exit {code}
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder in which the roots are looked for."""
    if os.geteuid():
        programs.missing("the right to make namespaces (root)")
    programs.need("unshare")
    monkeypatch.setattr(roots, "PLACE", tmp_path / "dialects")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "dialects").mkdir()
    return tmp_path / "dialects"


def mmdebstrap(place: Path, code: int) -> None:
    """Put a program in the place of mmdebstrap that makes a folder and ends with `code`."""
    program = place.parent / "mmdebstrap"
    program.write_text(_MMDEBSTRAP.format(code=code))
    program.chmod(0o755)


def test_a_root_is_there_when_it_is_whole(place: Path) -> None:
    """A finished root has its packages and its source, and takes the place of what lay there."""
    (place / "bullseye.part").mkdir()
    (place / "bullseye").mkdir()
    (place / "bullseye" / "old").touch()
    assert not roots.is_ready(DIALECT)
    mmdebstrap(place, 0)

    assert roots.make([DIALECT]) == []
    assert roots.is_ready(DIALECT)
    assert sorted(path.name for path in place.iterdir()) == ["bullseye", "bullseye.log"]
    words = (place / "bullseye/usr/words").read_text()
    assert ",pcs," in words
    assert " bullseye main" in words
    assert not (place / "bullseye/old").exists()


def test_a_root_that_was_cut_short_is_none(place: Path) -> None:
    """The end of the program's own words is told, and what it left does not pass for a root."""
    mmdebstrap(place, 1)

    [fault] = roots.make([DIALECT])
    assert "bullseye could not be unpacked" in fault
    assert "E: the mirror is on fire" in fault
    assert not roots.is_ready(DIALECT)
    assert not (place / "bullseye").exists()


def test_a_root_of_other_packages_is_made_again(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change of the list is seen by those who have a root already."""
    mmdebstrap(place, 0)
    roots.make([DIALECT])

    monkeypatch.setattr(roots, "PACKAGES", (*roots.PACKAGES, "one-more"))
    assert not roots.is_ready(DIALECT)


def test_a_missing_root_is_said(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without roots the tests are skipped loudly, and fail where nothing may be missing."""
    monkeypatch.delenv("HAGEN_REQUIRE_PROGRAMS", raising=False)
    with pytest.raises(pytest.skip.Exception, match=f"{programs.MISSING}the root of pcs 0.10.8"):
        roots.need()
    monkeypatch.setenv("HAGEN_REQUIRE_PROGRAMS", "1")
    with pytest.raises(pytest.fail.Exception, match="make dialects"):
        roots.need()


def test_the_mirror_is_that_of_debian_itself(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    """A flat repository, a local one and somebody else's are no mirror of Debian; without one there is the public one."""
    monkeypatch.setattr("platform.freedesktop_os_release", lambda: {"VERSION_CODENAME": "bookworm"})
    listed = "/||http://flat.test\nbookworm|stable|http://other.test\nbookworm|main|file:/srv/debian\n"
    program = place.parent / "apt-get"
    program.write_text(f"#!/bin/sh\necho '{listed}bookworm|main|http://mirror.test/debian/'\n")
    program.chmod(0o755)
    assert roots.mirror() == "http://mirror.test/debian"

    program.write_text("#!/bin/sh\n")
    assert roots.mirror() == roots.MIRROR
