"""Artifacts and a folder to what has to be done there; everything is looked at before anything is touched."""

import hashlib
from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from hagen import codes, manifest
from hagen.artifact import Artifact
from hagen.diagnostic import Diagnostic, Label
from hagen.write.difference import Change, ChangeKind
from hagen.write.folder import Folder, Seen, temporary

JOURNAL = temporary(manifest.PATH)
"""The new manifest while the build is under way, and after it those of builds cut short whose files still lie there."""

BETWEEN = b"\0"
"""What stands between two manifests of the journal; none of them contains it."""

NOWHERE = Label(())
"""The place of a diagnostic that is about a folder and not about the topology."""

_Owned: TypeAlias = Mapping[str, set[str]]
_MOVE = "move it away, or build into another folder"
_Finding: TypeAlias = Change | Diagnostic


class Plan(NamedTuple):
    """What is to be done.

    `files` are the artifacts to be written, `manifest` is the one that comes last or None if it is right as it is,
    `vanished` are paths that are no longer made and already gone, `interrupted` is whether an earlier build was
    cut short, and `older` are the manifests of such builds that alone know a file which is to be replaced.
    """

    changes: tuple[Change, ...]
    diagnostics: tuple[Diagnostic, ...]
    files: tuple[Artifact, ...]
    manifest: Artifact | None
    vanished: tuple[str, ...]
    interrupted: bool
    older: tuple[bytes, ...] = ()

    def paths(self, kind: ChangeKind) -> tuple[str, ...]:
        """Return the paths of all changes of a kind."""
        return tuple(each.path for each in self.changes if each.kind == kind)


def plan(artifacts: Sequence[Artifact], out: Folder) -> Plan:
    """Compare `artifacts`, the manifest among them, with the folder; raise OSError for what cannot be read."""
    before, journal = out.look(manifest.PATH), out.look(JOURNAL)
    blocked = _obstacle(before)
    if blocked:  # without a manifest every file would look foreign
        return Plan((), (blocked,), (), None, (), interrupted=False)
    journals = journal.data.split(BETWEEN)
    owned = _owned(before, journals)
    damaged = before.kind == "file" and manifest.PATH in owned and manifest.read(before.data) is None
    hint = f"restore `{before.shown}`, it is damaged: it says which files are hagen's" if damaged else _MOVE
    made = {each.path for each in artifacts}
    there = {path: out.look(path) for path in made}
    gone = {path: out.look(path) for path in owned.keys() - made}
    findings = [
        *(_made(each, there[each.path], owned, hint) for each in artifacts),
        *(_no_longer_made(seen, path, owned) for path, seen in gone.items()),
        *(
            _left_over(out.look(path), path)
            for path in {*map(temporary, made | owned.keys()), temporary(JOURNAL)}
        ),
    ]
    changes = {each.path: each for each in findings if isinstance(each, Change)}
    # A symbolic link in the place of a subfolder is found once for each file in it.
    said = {(each.code.id, each.message): each for each in findings if isinstance(each, Diagnostic)}
    todo = {each.path: each for each in artifacts if each.path in changes}
    last = todo.pop(manifest.PATH, None)
    return Plan(
        changes=tuple(changes[path] for path in sorted(changes)),
        diagnostics=tuple(said[key] for key in sorted(said)),
        files=tuple(todo.values()),
        manifest=last,
        vanished=tuple(sorted(path for path, seen in gone.items() if seen.kind == "nothing")),
        interrupted=journal.kind == "file",
        older=tuple(each for each in dict.fromkeys(journals) if _knows(each, there, todo)),
    )


def absent(artifacts: Sequence[Artifact]) -> tuple[Change, ...]:
    """Return the changes for a folder that does not exist."""
    nothing = Seen("nothing", "", "")
    return tuple(_change(each, nothing, {}) for each in sorted(artifacts, key=lambda each: each.path))


def _owned(before: Seen, journals: Sequence[bytes]) -> dict[str, set[str]]:
    """Return the paths that are hagen's, each with the digests that its builds gave the file."""
    owned: dict[str, set[str]] = {}
    for known in map(manifest.read, (before.data, *journals)):
        for path, (digest, _) in known.files.items() if known else ():
            owned.setdefault(path, set()).add(digest)
    if before.kind == "file" and manifest.claims(before.data):
        owned[manifest.PATH] = set()
    return owned


def _knows(journal: bytes, there: Mapping[str, Seen], replaced: Container[str]) -> bool:
    """Tell whether a file that is to be replaced is as the build of this journal left it."""
    known = manifest.read(journal)
    return known is not None and any(
        path in replaced and hashlib.sha256(there[path].data).hexdigest() == digest
        for path, (digest, _) in known.files.items()
    )


def _made(artifact: Artifact, seen: Seen, owned: _Owned, hint: str) -> _Finding | None:
    same = seen.data == artifact.text.encode()
    if seen.kind == "file" and not same and artifact.path not in owned:
        return _foreign(seen, "was not made by hagen and is not what hagen would write", hint)
    obstacle = _obstacle(seen)
    if obstacle or (same and seen.has_mode(artifact.mode)):
        return obstacle
    return _change(artifact, seen, owned)


def _no_longer_made(seen: Seen, path: str, owned: _Owned) -> _Finding | None:
    if seen.kind == "nothing":
        return None
    if seen.kind == "file" and hashlib.sha256(seen.data).hexdigest() in owned[path]:
        return Change(path, "stale", _text(seen), None, seen.mode)
    words = "was edited" if seen.kind == "file" else "is no longer a plain file in a plain folder"
    message = f"`{seen.shown}` {words} and is no longer made, so it stays"
    return codes.EDITED_LEFTOVER.at(NOWHERE, message, hint="remove it, or keep it: hagen forgets it now")


def _left_over(seen: Seen, path: str) -> _Finding | None:
    if seen.kind == "file":
        return Change(path, "leftover", None, None)
    return _obstacle(seen) if seen.at == path else None  # a folder above was judged with the file itself


def _change(artifact: Artifact, seen: Seen, owned: _Owned) -> Change:
    kind: ChangeKind
    if seen.kind == "nothing":
        kind = "missing" if artifact.path in owned else "new"
        return Change(artifact.path, kind, None, artifact.text, None, artifact.mode)
    kind = "mode" if seen.data == artifact.text.encode() else "changed"
    return Change(artifact.path, kind, _text(seen), artifact.text, seen.mode, artifact.mode)


def _text(seen: Seen) -> str | None:
    try:
        return None if b"\0" in seen.data else seen.data.decode()
    except UnicodeDecodeError:
        return None


def _obstacle(seen: Seen) -> Diagnostic | None:
    match seen.kind:
        case "nothing" | "file":
            return None
        case "link":
            message = f"`{seen.shown}` is a symbolic link, and hagen follows none inside its folder"
            hint = "replace it with what it leads to, or build into another folder"
            return codes.SYMLINK_IN_THE_WAY.at(NOWHERE, message, hint=hint)
        case "folder":
            return _foreign(seen, "is a folder where a file is to be")
        case "special":
            return _foreign(seen, "is a device, pipe or socket where a file is to be")
        case "no-folder":
            return _foreign(seen, "is not a folder, but one is needed there")


def _foreign(seen: Seen, words: str, hint: str = _MOVE) -> Diagnostic:
    return codes.FOREIGN_FILE.at(NOWHERE, f"`{seen.shown}` {words}", hint=hint)
