"""Markdown pages as the tests read them: code blocks, words in code, headings, links; and a reader who follows a page."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import programs
from schema_keys import anchor
from topologies import ROOT

_FENCE = re.compile(r"^```(\w*)[ ]?(.*)\n((?:.*\n)*?)```$", re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_EXIT_CODE = re.compile(r"# exit code ([0-9]+)")
_GAP = "…"


class Block(NamedTuple):
    """A code block: its language, the file that it is an excerpt or an edit of, and its text."""

    language: str
    file: str
    text: str


def blocks(page: str) -> list[Block]:
    """Return the code blocks of a page."""
    return [Block(*each.groups()) for each in _FENCE.finditer(page)]


def commands(page: str) -> Iterator[str]:
    """Yield every line of the page's shell blocks, and every code span outside of blocks."""
    for block in blocks(page):
        if block.language in {"sh", "console"} or "- run: " in block.text:
            yield from (line.partition("- run: ")[2] or line for line in block.text.splitlines())
    yield from spans(page)


def without_blocks(page: str) -> list[str]:
    """Return the lines outside of code blocks."""
    return _FENCE.sub("", page).splitlines()


def spans(page: str) -> list[str]:
    """Return what stands in code spans."""
    return _SPAN.findall(_FENCE.sub("", page))


def links(page: str) -> list[str]:
    """Return the targets of the page's links, external ones too."""
    return _LINK.findall(_FENCE.sub("", page))


def anchors(page: str) -> set[str]:
    """Return the fragments by which the page's headings are reached."""
    return {anchor(each.replace("`", "")) for each in _HEADING.findall(_FENCE.sub("", page))}


class Reader:
    """Somebody who does what a page says, in a folder of their own, and compares what they see."""

    def __init__(self, folder: Path, copies: Sequence[str] = ()) -> None:
        """Begin in `folder` with copies of the checkout's folders `copies`, and with the hagen under test on the path."""
        for name in copies:
            shutil.copytree(ROOT / name, folder / name)
        tools = folder / ".tools"
        tools.mkdir()
        tool = tools / "hagen"
        tool.write_text(f'#!/bin/sh\nexec {sys.executable} -m hagen "$@"\n')
        tool.chmod(0o755)
        self._folder = folder
        self._env = {**os.environ, "PATH": f"{tools}:{programs.PATH}", "HOME": str(tools), "NO_COLOR": "1"}
        self._seen = ""

    def follow(self, block: Block) -> None:
        """Run, edit or compare, as the block asks; a block of another kind is only read."""
        match block:
            case Block("sh", _, text):
                self._run(text)
            case Block("console", _, text):
                assert programs.run("bash", "-n", "-c", text) == programs.ACCEPTED
            case Block("diff", file, text):
                self._edit(self._folder / file, text)
            case Block("text", "", text) if self._seen:
                assert not missing(text, self._seen), f"{missing(text, self._seen)!r} is not in {self._seen}"
            case Block(_, file, text) if file:
                seen = (self._folder / file).read_text(encoding="utf-8")
                assert not missing(text, seen), f"{missing(text, seen)!r} is not in {file}"
            case _:
                pass

    def _run(self, text: str) -> None:
        wanted = _EXIT_CODE.search(text)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=self._folder,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (done.returncode, text) == (int(wanted[1]) if wanted else 0, text), done.stdout
        self._seen = done.stdout

    def _edit(self, path: Path, text: str) -> None:
        lines = text.splitlines(keepends=True)
        old = "".join(line[1:] for line in lines if line[0] in " -")
        new = "".join(line[1:] for line in lines if line[0] in " +")
        before = path.read_text(encoding="utf-8")
        assert before.count(old) == 1, f"not once in {path.name}: {old}"
        path.write_text(before.replace(old, new), encoding="utf-8")


def missing(excerpt: str, text: str) -> str:
    """Return the first piece of `excerpt` that does not stand in `text` behind the pieces before it; `…` parts pieces."""
    at = 0
    for piece in excerpt.strip("\n").replace(f"\n{_GAP}\n", _GAP).split(_GAP):
        found = text.find(piece, at)
        if found < 0:
            return piece
        at = found + len(piece)
    return ""
