"""Artifacts in a folder: what is written, removed, refused, compared and shown."""

import os
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import programs
from folders import FOREIGN, NEW, OLD, VERSION, artifacts, content, digest, failing, held, put, times
from hagen.diagnostic import Diagnostic
from hagen.write import Change, compare, diff, unchanged, write


def ids(diagnostics: tuple[Diagnostic, ...]) -> list[str]:
    """Return the codes of diagnostics."""
    return [each.code.id for each in diagnostics]


def kinds(changes: tuple[Change, ...]) -> dict[str, str]:
    """Return the kinds of changes by path."""
    return {each.path: each.kind for each in changes}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return a folder that holds OLD and foreign files."""
    folder = tmp_path / "out"
    put(folder, FOREIGN)
    assert write(artifacts(OLD), folder)[1] == ()
    return folder


def test_first_build(tmp_path: Path) -> None:
    """A folder that is not there is made, and everything in it is new."""
    folder = tmp_path / "deep" / "out"
    expected = dict.fromkeys(sorted(content(OLD)), "new")

    assert (kinds(compare(artifacts(OLD), folder)[0]), folder.exists()) == (expected, False)
    changes, diagnostics = write(artifacts(OLD), folder)
    assert (kinds(changes), diagnostics) == (expected, ())
    assert held(folder) == content(OLD)


def test_second_build_touches_nothing(out: Path) -> None:
    """The same artifacts again: no change, the same inodes and times."""
    before = times(out)

    assert compare(artifacts(OLD), out) == ((), ())
    assert write(artifacts(OLD), out) == ((), ())
    assert times(out) == before


def test_next_build(out: Path) -> None:
    """What differs is written, what is no longer made is removed with its empty folder, the rest is left alone."""
    before = times(out)
    expected = {
        "cloud-init/b.yaml": "stale",
        "haproxy.cfg": "changed",
        "kickstart/a.ks": "new",
        "manifest.json": "changed",
        "pcs.sh": "mode",
        "sysctl.d/90-hagen.conf": "stale",
        "verify.sh": "new",
    }
    compared = compare(artifacts(NEW), out)

    assert kinds(compared[0]) == expected
    assert times(out) == before
    assert write(artifacts(NEW), out) == compared
    assert held(out) == {**content(NEW), **FOREIGN}
    assert not (out / "sysctl.d").exists()
    kept = {*FOREIGN, "cloud-init/a.yaml"}
    assert {path: when for path, when in times(out).items() if path in kept} == {
        path: before[path] for path in kept
    }
    assert compare(artifacts(NEW), out) == ((), ())


def test_missing_and_edited_files_are_made_again(out: Path) -> None:
    """Files that hagen made are hagen's: an edited one is written again, and the manifest stays as it is."""
    before = times(out)["manifest.json"]
    (out / "haproxy.cfg").write_text("edited")
    (out / "pcs.sh").unlink()
    (out / "cloud-init/a.yaml").chmod(0o755)

    assert kinds(write(artifacts(OLD), out)[0]) == {
        "cloud-init/a.yaml": "mode",
        "haproxy.cfg": "changed",
        "pcs.sh": "missing",
    }
    assert held(out) == {**content(OLD), **FOREIGN}
    assert times(out)["manifest.json"] == before


def test_modes_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    """Files and subfolders have the permissions they should have under a umask of 077."""
    before = os.umask(0o077)
    try:
        write(artifacts(OLD), tmp_path / "out")
    finally:
        os.umask(before)

    assert held(tmp_path / "out") == content(OLD)
    assert (tmp_path / "out/cloud-init").stat().st_mode & 0o7777 == 0o755


def test_foreign_file_in_the_way(out: Path) -> None:
    """A file that no manifest lists is not overwritten, and nothing else is written either."""
    (out / "verify.sh").write_text("mine")
    before = held(out)
    changes, diagnostics = write(artifacts(NEW), out)

    assert (changes, ids(diagnostics)) == ((), ["HG6003"])
    assert f"`{out}/verify.sh`" in diagnostics[0].message
    assert compare(artifacts(NEW), out)[1] == diagnostics
    assert held(out) == before


def test_identical_foreign_file_is_adopted(out: Path) -> None:
    """A file that is what hagen would write becomes hagen's, without being touched."""
    put(out, {"verify.sh": content(NEW)["verify.sh"]})
    before = times(out)["verify.sh"]

    assert "verify.sh" not in kinds(write(artifacts(NEW), out)[0])
    assert times(out)["verify.sh"] == before
    assert kinds(write(artifacts(OLD), out)[0])["verify.sh"] == "stale"


def test_manifest_of_another_tool_is_foreign(tmp_path: Path) -> None:
    """A manifest.json that hagen did not make is a foreign file like any other."""
    put(tmp_path, {"manifest.json": (b'{"name": "my web app"}', 0o644)})

    assert ids(write(artifacts(OLD), tmp_path)[1]) == ["HG6003"]
    assert held(tmp_path) == {"manifest.json": (b'{"name": "my web app"}', 0o644)}


@pytest.mark.parametrize("keep", [0, 40, 300], ids=["empty", "torn", "half"])
def test_damaged_manifest_is_mended(out: Path, keep: int) -> None:
    """A manifest that was cut off lists nothing; files that are right are adopted, and it is written again."""
    path = out / "manifest.json"
    path.write_bytes(path.read_bytes()[:keep])

    assert kinds(compare(artifacts(OLD), out)[0]) == {"manifest.json": "changed"}
    refusal = compare(artifacts(NEW), out)[1][0]
    assert (refusal.code.id, refusal.hint.split(":")[0]) == ("HG6003", f"restore `{path}`, it is damaged")
    assert kinds(write(artifacts(OLD), out)[0]) == {"manifest.json": "changed"}
    assert held(out) == {**content(OLD), **FOREIGN}


@pytest.mark.parametrize("path", ["../victim", "{}/victim", "cloud-init/../../victim"])
def test_manifest_cannot_claim_files_outside(tmp_path: Path, path: str) -> None:
    """A manifest that lists a path outside of the folder is void, and nothing out there is touched."""
    out, victim = tmp_path / "out", tmp_path / "victim"
    write(artifacts({"victim": ("precious", 0o644)}), out)
    (out / "victim").rename(victim)
    text = (out / "manifest.json").read_text()
    (out / "manifest.json").write_text(text.replace('"victim"', f'"{path.format(tmp_path)}"'))

    assert write(artifacts(NEW), out)[1] == ()
    assert victim.read_text() == "precious"
    assert held(out) == content(NEW)


def test_edited_file_that_is_no_longer_made_stays(out: Path) -> None:
    """Nobody's work is removed: an edited leftover is left, with a warning, once."""
    (out / "cloud-init/b.yaml").write_text("edited")
    changes, diagnostics = write(artifacts(NEW), out)

    assert ids(diagnostics) == ["HG6004"]
    assert "cloud-init/b.yaml" not in kinds(changes)
    assert held(out) == {**content(NEW), **FOREIGN, "cloud-init/b.yaml": (b"edited", 0o644)}
    assert write(artifacts(NEW), out) == ((), ())


def test_stale_file_that_became_something_else_stays(out: Path, tmp_path: Path) -> None:
    """A link or a folder in the place of a file that is no longer made is neither followed nor removed."""
    (tmp_path / "elsewhere").mkdir()
    (out / "sysctl.d/90-hagen.conf").rename(tmp_path / "elsewhere/90-hagen.conf")
    (out / "sysctl.d").rmdir()
    (out / "sysctl.d").symlink_to(tmp_path / "elsewhere")
    (out / "cloud-init/b.yaml").unlink()
    (out / "cloud-init/b.yaml").mkdir()

    assert ids(write(artifacts(NEW), out)[1]) == ["HG6004", "HG6004"]
    assert (tmp_path / "elsewhere/90-hagen.conf").exists()
    assert (out / "cloud-init/b.yaml").is_dir()


def test_vanished_stale_file_leaves_no_empty_folder(out: Path) -> None:
    """A file that is no longer made and was removed by hand: its empty folder goes too."""
    (out / "sysctl.d/90-hagen.conf").unlink()

    assert write(artifacts(NEW), out)[1] == ()
    assert held(out) == {**content(NEW), **FOREIGN}


@pytest.mark.parametrize(
    "path", ["haproxy.cfg", "cloud-init", "manifest.json", ".haproxy.cfg.hagen~", ".manifest.json.hagen~"]
)
@pytest.mark.parametrize("dangling", [False, True])
def test_symbolic_link_inside(out: Path, tmp_path: Path, path: str, dangling: bool) -> None:
    """A link in the place of a file, a folder or a temporary file is refused once, and nothing is written."""
    there = tmp_path / "there"
    if (out / path).exists():
        (out / path).rename(there)
    elif not dangling:
        there.write_text("precious")
    (out / path).symlink_to(there)
    if dangling and there.exists():
        there.rename(tmp_path / "away")
    before = held(tmp_path)
    changes, diagnostics = write(artifacts(NEW), out)
    refusals = [each for each in diagnostics if each.code.severity == "error"]

    assert (changes, ids(tuple(refusals))) == ((), ["HG6002"])
    assert f"`{out / path}`" in refusals[0].message
    assert compare(artifacts(NEW), out)[1] == diagnostics
    assert held(tmp_path) == before


def test_output_folder_may_be_a_link(out: Path, tmp_path: Path) -> None:
    """The folder itself is the user's word: a link to it is followed."""
    (tmp_path / "link").symlink_to(out)

    assert write(artifacts(NEW), tmp_path / "link")[1] == ()
    assert held(out) == {**content(NEW), **FOREIGN}


def test_folder_in_the_place_of_a_file(out: Path) -> None:
    """A folder where a file is to be is refused."""
    (out / "verify.sh").mkdir()
    diagnostics = write(artifacts(NEW), out)[1]

    assert ids(diagnostics) == ["HG6003"]
    assert "is a folder" in diagnostics[0].message


def test_file_in_the_place_of_a_folder(out: Path) -> None:
    """A file where a folder is needed is refused."""
    (out / "kickstart").write_text("mine")
    diagnostics = write(artifacts(NEW), out)[1]

    assert ids(diagnostics) == ["HG6003"]
    assert f"`{out}/kickstart` is not a folder" in diagnostics[0].message


def test_pipe_in_the_place_of_a_file(out: Path) -> None:
    """A pipe is refused, and nobody waits for what comes out of it."""
    os.mkfifo(out / "verify.sh")

    assert ids(write(artifacts(NEW), out)[1]) == ["HG6003"]
    assert ids(compare(artifacts(NEW), out)[1]) == ["HG6003"]


def test_output_folder_is_a_file(tmp_path: Path) -> None:
    """A file in the place of the output folder, or above it, is a diagnostic."""
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "out"):
        assert ids(write(artifacts(OLD), folder)[1]) == ["HG6001"]
        assert ids(compare(artifacts(OLD), folder)[1]) == ["HG6001"]
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    "files",
    [
        {"../x": ("", 0o644)},
        {"/x": ("", 0o644)},
        {"x//y": ("", 0o644)},
        {".x.hagen~": ("", 0o644)},
        {"x": ("", 0o644), "X": ("", 0o644)},
        {"x": ("", 0o644), "X/y": ("", 0o644)},
    ],
    ids=range(6),
)
def test_our_own_mistakes_are_exceptions(tmp_path: Path, files: dict[str, tuple[str, int]]) -> None:
    """Artifacts that leave the folder, that differ only by case, or that sit below each other are a bug."""
    for act in (write, compare):
        with pytest.raises(ValueError, match="artifacts"):
            act(artifacts(files), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_artifacts_need_their_manifest(tmp_path: Path) -> None:
    """Artifacts without a manifest, or with one of other artifacts, are a bug."""
    *made, described = artifacts(OLD)
    for wrong in (made, [*made[1:], described], [*made, artifacts(NEW)[-1]]):
        with pytest.raises(ValueError, match="manifest"):
            write(wrong, tmp_path / "out")


def test_unchanged(out: Path) -> None:
    """The fast path says yes to exactly what was built: this topology, this version, no warning."""
    assert unchanged(out, digest(OLD), VERSION)
    assert not unchanged(out, digest(NEW), VERSION)
    assert not unchanged(out, digest(OLD), "0.2.0")
    assert not unchanged(out.parent / "absent", digest(OLD), VERSION)
    write(artifacts(OLD, warnings=1), out)
    assert not unchanged(out, digest(OLD), VERSION)


def test_clone_with_another_umask_is_the_same(out: Path) -> None:
    """Git keeps only the right to execute, so that is all that is compared: a group may write in a clone."""
    (out / "haproxy.cfg").chmod(0o664)
    (out / "pcs.sh").chmod((out / "pcs.sh").stat().st_mode | 0o020)

    assert compare(artifacts(OLD), out) == ((), ())
    assert unchanged(out, digest(OLD), VERSION)


@pytest.mark.parametrize("path", sorted(content(OLD)))
@pytest.mark.parametrize("harm", ["edit", "chmod", "unlink", "link"])
def test_unchanged_sees_every_change(out: Path, path: str, harm: str) -> None:
    """Any file that was edited, removed, linked or given other permissions ends the fast path; so does compare."""
    file = out / path
    match harm:
        case "edit":
            file.write_bytes(file.read_bytes().replace(b"l", b"L").replace(b"s", b"S"))
        case "chmod":
            file.chmod(file.stat().st_mode ^ 0o111)
        case "unlink":
            file.unlink()
        case _:
            file.rename(out.parent / "away")
            file.symlink_to(out.parent / "away")

    assert not unchanged(out, digest(OLD), VERSION)
    assert compare(artifacts(OLD), out) != ((), ())


def test_unchanged_imports_little() -> None:
    """What the fast path needs does not bring in the modules that only a build or a refusal needs."""
    heavy = [
        "yaml",
        "jinja2",
        "difflib",
        "tempfile",
        "shutil",
        "pathlib",
        "jsonschema",
        "fastjsonschema",
        "click",
    ]
    script = f"import sys; before = set(sys.modules); import hagen.write; print(sorted({{*{heavy}}} & (set(sys.modules) - before)))"

    assert programs.run(sys.executable, "-c", script) == programs.Verdict(0, "[]\n")


def test_diff_text(out: Path) -> None:
    """The difference as text: git's headers, contents, permissions, removals."""
    (out / "cloud-init/a.yaml").write_text("no end of line")
    (out / ".pcs.sh.hagen~").write_text("half")
    changes = [each for each in compare(artifacts(NEW), out)[0] if each.path != "manifest.json"]
    expected = """\
leftover of a build cut short: .pcs.sh.hagen~
diff --git a/cloud-init/a.yaml b/cloud-init/a.yaml
--- a/cloud-init/a.yaml
+++ b/cloud-init/a.yaml
@@ -1 +1 @@
-no end of line
\\ No newline at end of file
+#cloud-config
diff --git a/cloud-init/b.yaml b/cloud-init/b.yaml
deleted file mode 100644
--- a/cloud-init/b.yaml
+++ /dev/null
@@ -1,2 +0,0 @@
-#cloud-config
-b: 1
diff --git a/haproxy.cfg b/haproxy.cfg
--- a/haproxy.cfg
+++ b/haproxy.cfg
@@ -1 +1,2 @@
 global
+    maxconn 4000
diff --git a/kickstart/a.ks b/kickstart/a.ks
new file mode 100644
--- /dev/null
+++ b/kickstart/a.ks
@@ -0,0 +1,2 @@
+%packages
+%end
diff --git a/pcs.sh b/pcs.sh
old mode 100755
new mode 100644
diff --git a/sysctl.d/90-hagen.conf b/sysctl.d/90-hagen.conf
deleted file mode 100644
--- a/sysctl.d/90-hagen.conf
+++ /dev/null
@@ -1 +0,0 @@
-net.ipv4.tcp_retries2 = 6
diff --git a/verify.sh b/verify.sh
new file mode 100755
--- /dev/null
+++ b/verify.sh
@@ -0,0 +1,2 @@
+#!/bin/sh
+exit 0
"""

    # A file that was edited and is still made is not refused: it is listed in the manifest.
    assert diff(changes) == expected


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a\0b"])
def test_diff_of_what_is_no_text(out: Path, data: bytes) -> None:
    """A file whose bytes are no text is named and not shown."""
    (out / "haproxy.cfg").write_bytes(data)
    changes = compare(artifacts(OLD), out)[0]

    assert changes == (Change("haproxy.cfg", "changed", None, "global\n", 0o644, 0o644),)
    assert diff(changes) == (
        "diff --git a/haproxy.cfg b/haproxy.cfg\nBinary files a/haproxy.cfg and b/haproxy.cfg differ\n"
    )


def test_git_applies_the_diff(out: Path) -> None:
    """What --diff shows is what git can do: the old folder becomes the new one."""
    (out / "haproxy.cfg").write_text("odd\x0clines\u2028and no end")
    text = diff(compare(artifacts(NEW), out)[0])
    programs.run("git", "-C", out, "init", "-q").require()

    assert programs.run("git", "-C", out, "apply", "-", stdin=text) == programs.ACCEPTED
    assert compare(artifacts(NEW), out) == ((), ())


PATHS = ["haproxy.cfg", "pcs.sh", "cloud-init/a.yaml", "cloud-init/b.yaml", "deep/er/still.conf"]
SETS = st.dictionaries(st.sampled_from(PATHS), st.tuples(st.text(), st.sampled_from([0o644, 0o755])))


@given(st.lists(st.tuples(SETS, st.none() | st.integers(0, 40)), min_size=1, max_size=5), SETS)
def test_any_history_ends_well(
    history: list[tuple[dict[str, tuple[str, int]], int | None]], last: dict[str, tuple[str, int]]
) -> None:
    """After any builds, whole or killed at any point, the next one leaves its own files and the foreign ones."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "out")
        put(folder, FOREIGN)
        for files, death in history:
            with failing(death):
                write(artifacts(files), folder)

        assert write(artifacts(last), folder)[1] == ()
        assert held(folder) == {**content(last), **FOREIGN}
        assert compare(artifacts(last), folder) == ((), ())
        assert unchanged(folder, digest(last), VERSION)
