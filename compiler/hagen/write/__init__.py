"""Artifacts to a folder: whole files or none, the manifest last, nothing touched that hagen did not make.

How a build cut short is noticed and mended: the new manifest is first put beside the old one, under its
temporary name, as a journal; then every changed file is made ready beside its place; only then are they renamed
one by one, files no longer made are removed, and the journal becomes the manifest. While the journal lies there
the folder counts as different, and its files count as hagen's. A build that takes up from there carries the older
journal on behind its own until it has replaced what only that one knows. Nothing is flushed to the disk: a file is
whole after a kill, and after a power cut as far as the file system keeps renames and data in order.
"""

import hashlib
from typing import TYPE_CHECKING, Any

from hagen import manifest
from hagen.write.folder import Folder, StrPath, temporary

if TYPE_CHECKING:
    from hagen.write.build import compare, write
    from hagen.write.difference import Change, ChangeKind, diff

__all__ = ["Change", "ChangeKind", "compare", "diff", "unchanged", "write"]


def __getattr__(name: str) -> Any:
    """Import the rest when it is first asked for: a build of nothing new needs `unchanged` alone."""
    if name in __all__:
        from hagen.write import build, difference  # noqa: PLC0415  see above

        return getattr(difference if hasattr(difference, name) else build, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def unchanged(folder: StrPath, source_digest: str, version: str) -> bool:
    """Tell whether `folder` holds, untouched, what this `version` made of a topology with this SHA-256.

    Cheaper than to compile and compare. False also when the build had warnings, for they must be shown again,
    and when anything is in doubt.
    """
    try:
        with Folder(folder) as out:
            seen = out.look(manifest.PATH)
            known = manifest.read(seen.data)
            return (
                known is not None
                and known.intact
                and (known.source_digest, known.version, known.warnings) == (source_digest, version, 0)
                and seen.has_mode(manifest.MODE)
                and out.look(temporary(manifest.PATH)).kind == "nothing"
                and all(_holds(out, path, *expected) for path, expected in known.files.items())
            )
    except OSError:
        return False


def _holds(out: Folder, path: str, sha256: str, mode: int) -> bool:
    seen = out.look(path)
    return seen.kind == "file" and seen.has_mode(mode) and hashlib.sha256(seen.data).hexdigest() == sha256
