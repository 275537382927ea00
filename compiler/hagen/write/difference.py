"""How a folder differs from what would be written: values, and the same as text for people and `git apply`."""

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias

ChangeKind: TypeAlias = Literal["new", "missing", "changed", "mode", "stale", "leftover"]


class Change(NamedTuple):
    """One file that is not as it would be written, and what it was and will be.

    `new` has never been made there, `missing` was made and is gone, `changed` has other content, `mode` only
    other permissions, `stale` is no longer made, and `leftover` is a temporary file of a build cut short.
    `before` and `after` are the contents: None when there is no file, and `before` also when it is not text.
    """

    path: str
    kind: ChangeKind
    before: str | None
    after: str | None
    before_mode: int | None = None
    after_mode: int | None = None


def diff(changes: Iterable[Change]) -> str:
    """Return `changes` as a unified diff with git's headers for permissions, new and removed files."""
    return "".join(text for change in changes for text in _sections(change))


def _sections(change: Change) -> Iterator[str]:
    if change.kind == "leftover":
        yield f"leftover of a build cut short: {change.path}\n"
        return
    old, new = f"a/{change.path}", f"b/{change.path}"
    yield f"diff --git {old} {new}\n"
    if change.before_mode is None:
        yield f"new file mode 100{change.after_mode:03o}\n"
        old = "/dev/null"
    elif change.after_mode is None:
        yield f"deleted file mode 100{change.before_mode:03o}\n"
        new = "/dev/null"
    elif change.before_mode != change.after_mode:
        yield f"old mode 100{change.before_mode:03o}\nnew mode 100{change.after_mode:03o}\n"
    if change.kind == "mode":
        return
    if change.before_mode is not None and change.before is None:
        yield f"Binary files {old} and {new} differ\n"
        return
    import difflib  # noqa: PLC0415  only a shown difference pays for it

    yield from difflib.unified_diff(_lines(change.before), _lines(change.after), old, new)


def _lines(text: str | None) -> list[str]:
    # str.splitlines would also split at form feeds and other characters that end no line of a file.
    *lines, rest = (text or "").split("\n")
    return [f"{line}\n" for line in lines] + ([f"{rest}\n\\ No newline at end of file\n"] if rest else [])
