"""Artifacts to a folder: compare them, or carry out what the comparison found."""

import errno
import os
from collections.abc import Sequence
from contextlib import suppress

from hagen import codes, manifest
from hagen.artifact import Artifact
from hagen.diagnostic import Diagnostic, has_errors
from hagen.write.difference import Change
from hagen.write.folder import Folder, StrPath, temporary
from hagen.write.plan import BETWEEN, JOURNAL, NOWHERE, Plan, absent, plan

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the limit for the size of files is reached",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EEXIST: "something that is not a folder has that name",
    errno.ENOTDIR: "something on the way to it is not a folder",
}


def compare(
    artifacts: Sequence[Artifact], folder: StrPath
) -> tuple[tuple[Change, ...], tuple[Diagnostic, ...]]:
    """Return what `write` would change, by path, and what it would say; touch nothing."""
    _refuse_our_mistakes(artifacts)
    try:
        with Folder(folder) as out:
            found = plan(artifacts, out)
    except FileNotFoundError:
        return absent(artifacts), ()
    except OSError as error:
        return (), (_cannot("read", error, folder, "name a folder that can be read"),)
    return found.changes, found.diagnostics


def write(
    artifacts: Sequence[Artifact], folder: StrPath
) -> tuple[tuple[Change, ...], tuple[Diagnostic, ...]]:
    """Make `folder` hold `artifacts`, the manifest among them; return what was done, and what is to be said.

    When there is an error, the files are as they were, unless its hint says otherwise. Raise ValueError for
    paths that no artifact may have.
    """
    _refuse_our_mistakes(artifacts)
    try:
        with Folder(folder, change=True) as out:
            found = plan(artifacts, out)
            if has_errors(found.diagnostics):
                return (), found.diagnostics
            return _carry_out(found, out, folder)
    except OSError as error:
        return (), (_cannot("written", error, folder, "name a folder that can be written"),)


def _carry_out(
    found: Plan, out: Folder, folder: StrPath
) -> tuple[tuple[Change, ...], tuple[Diagnostic, ...]]:
    done: set[str] = set()
    problems: tuple[Diagnostic, ...] = ()
    hint = "nothing was replaced; mend this and build again"
    try:
        _make_ready(found, out, done)
        hint = "some files may be new already; mend this and build again"
        _put_in_place(found, out, done)
    except OSError as error:
        problems = (_cannot("written", error, folder, hint),)
    return tuple(each for each in found.changes if each.path in done), (*found.diagnostics, *problems)


def _make_ready(found: Plan, out: Folder, done: set[str]) -> None:
    """Write everything beside its place; when that fails, leave nothing of it."""
    ready = False
    try:
        _remove([path for path in found.paths("leftover") if path != JOURNAL], out, done)
        if found.interrupted:
            _prune(found, out, done)  # only the old journal knows some of these, and it will be replaced
        if found.manifest:
            _journal((found.manifest.text.encode(), *found.older), found.manifest.mode, out)
        for artifact in found.files:
            out.stage(artifact.path, artifact.text.encode(), artifact.mode)
        ready = True
    finally:
        if not ready:
            # A journal that took the place of an older one still has to speak for it.
            journals = [temporary(JOURNAL)] if found.interrupted else [temporary(JOURNAL), JOURNAL]
            for path in (*(temporary(each.path) for each in found.files), *journals):
                with suppress(OSError):
                    out.remove(path)


def _put_in_place(found: Plan, out: Folder, done: set[str]) -> None:
    for artifact in found.files:
        out.replace(artifact.path)
        done.add(artifact.path)
    if not found.interrupted:
        _prune(found, out, done)
    if found.manifest:
        if found.older:
            _journal((found.manifest.text.encode(),), found.manifest.mode, out)
        out.replace(manifest.PATH)
        done.add(manifest.PATH)
    if found.interrupted:
        _remove([JOURNAL], out, done)


def _journal(manifests: Sequence[bytes], mode: int, out: Folder) -> None:
    out.stage(JOURNAL, BETWEEN.join(manifests), mode)
    out.replace(JOURNAL)


def _prune(found: Plan, out: Folder, done: set[str]) -> None:
    _remove(found.paths("stale"), out, done)
    for path in found.vanished:
        out.tidy(path)


def _remove(paths: Sequence[str], out: Folder, done: set[str]) -> None:
    for path in paths:
        out.remove(path)
        done.add(path)


def _cannot(verb: str, error: OSError, folder: StrPath, hint: str) -> Diagnostic:
    at = os.path.join(folder, error.filename) if error.filename else os.fspath(folder)  # noqa: PTH118
    number = error.errno or 0
    reason = _REASONS.get(number, os.strerror(number).lower())
    return codes.CANNOT_WRITE.at(NOWHERE, f"`{at}` cannot be {verb}: {reason}", hint=hint)


def _refuse_our_mistakes(artifacts: Sequence[Artifact]) -> None:
    paths = [each.path for each in artifacts]
    bad = [path for path in paths if not manifest.is_plain(path)]
    # Some file systems take `A` and `a` for one name, and nothing can be both a file and a folder.
    folded = [path.casefold() for path in paths]
    above = {path[:index] for path in folded for index, letter in enumerate(path) if letter == "/"}
    if bad or len(set(folded)) < len(folded) or above & set(folded):
        raise ValueError(f"artifacts cannot have these paths together: {bad or sorted(paths)}")
    listed = next((manifest.read(each.text) for each in artifacts if each.path == manifest.PATH), None)
    if listed is None or {*listed.files, manifest.PATH} != set(paths):
        raise ValueError(f"the artifacts need a manifest that lists them all: {sorted(paths)}")
