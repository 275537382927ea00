"""The files of `manifest.json` on a node: what is not as it says, and putting it there.

How an operator's own tools do that, and check each file before, is shown in `examples/apply`.
"""

import json
import shlex
from pathlib import Path
from typing import Any

from lab.host import Host


def differing(host: Host, built: Path) -> list[str]:
    """Return the paths, below what was built, of the node's files that differ in content, owner or mode."""
    files = _files(host, built)
    paths = shlex.join(each["target"]["path"] for each in files)
    script = f'for each in {paths}; do sha256sum <"$each"; stat -c "%U %G %a" "$each"; done'
    said = iter(host.sh(f"{script} 2>&1", check=False).out.splitlines())
    seen = [(digest.split(), *state.split()) for digest, state in zip(said, said, strict=True)]
    wanted = [(each["sha256"], each["target"]) for each in files]
    return [
        each["path"]
        for each, (digest, target), (found, *state) in zip(files, wanted, seen, strict=True)
        if [*found, *state] != [digest, "-", target["owner"], target["group"], target["mode"].lstrip("0")]
    ]


def deliver(host: Host, built: Path) -> list[str]:
    """Put every file of a node that differs where it belongs, reload what reads it, and return which ones those were."""
    wrong = differing(host, built)
    files = [each for each in _files(host, built) if each["path"] in wrong]
    for each in files:
        target = each["target"]
        host.write(target["path"], (built / each["path"]).read_bytes(), int(target["mode"], 8))
        host.run("chown", f"{target['owner']}:{target['group']}", target["path"])
    for command in _manifest(built)["reloads"]:
        if any(each["reload"] == command for each in files):
            host.run(*command)
    return wrong


def _files(host: Host, built: Path) -> list[Any]:
    return [each for each in _manifest(built)["files"] if host.name in each.get("nodes", ())]


def _manifest(built: Path) -> Any:
    return json.loads((built / "manifest.json").read_text())
