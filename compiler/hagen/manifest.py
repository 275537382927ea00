"""The list of everything a build made: artifacts to `manifest.json`, and back from a folder's own copy.

The file is the contract with the tools that put the artifacts on the nodes (`schema/manifest.schema.json`),
and it is how a later build knows which files of a folder are hagen's.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from hagen.artifact import Artifact, Origin
from hagen.source import Json

PATH = "manifest.json"
"""Where the manifest lies in the output folder."""

MODE = 0o644
"""The manifest's own permissions."""

NAME = "hagen-manifest"
"""The name by which a manifest says that it is one of hagen's."""

RESERVED = ".hagen~"
"""How the names of a build's temporary files end; no artifact is named like that."""

_VERSION = 1
_UNITS = ("systemctl", "daemon-reload")
_PROXY = "haproxy.service"
_HEAD = f'{{\n  "format": {{\n    "name": "{NAME}'.encode()
_SEAL = ',\n  "seal": "'
_END = '"\n}\n'
_REASON = "lists every file of this build for the tools that apply them and for the next build"


class Manifest(NamedTuple):
    """What a manifest says that a later build needs.

    `source_digest` is the SHA-256 of the topology's bytes, `files` maps each path to its SHA-256 and its
    permissions, and `intact` is whether the text is, byte for byte, what hagen wrote.
    """

    version: str
    source_digest: str
    warnings: int
    files: Mapping[str, tuple[str, int]]
    intact: bool


def describe(
    artifacts: Sequence[Artifact],
    *,
    cluster: str,
    platform: str,
    members: Mapping[str, Sequence[str]],
    source_digest: str,
    warnings: int,
    version: str,
) -> Artifact:
    """Return the manifest of `artifacts`, which are all the others of the build; `members` are the nodes' addresses."""
    document: dict[str, Json] = {
        "format": {"name": NAME, "version": _VERSION},
        "hagen": version,
        "cluster": cluster,
        "platform": platform,
        "members": [{"name": name, "addresses": list(addresses)} for name, addresses in members.items()],
        "topology": {"sha256": source_digest},
        "warnings": warnings,
        "files": [_entry(each) for each in sorted(artifacts, key=lambda each: each.path)],
        "reloads": [list(each) for each in _reloads(artifacts)],
    }
    body = json.dumps(document, indent=2).removesuffix("\n}")
    text = f"{body}{_SEAL}{_sha256(body.encode())}{_END}"
    origins = ((Origin("hagen", (), _REASON),),) * text.count("\n")
    return Artifact(PATH, text, MODE, origins, None)


def read(text: str | bytes) -> Manifest | None:
    """Return what a manifest says, or None when `text` is no manifest of hagen's or names a path it may not."""
    try:
        data = text.encode() if isinstance(text, str) else text
        document = json.loads(data)
        if document["format"] != {"name": NAME, "version": _VERSION}:
            return None
        files = {each["path"]: (_digest(each["sha256"]), _mode(each["mode"])) for each in document["files"]}
        warnings = document["warnings"]
        if len(files) != len(document["files"]) or type(warnings) is not int or not all(map(is_plain, files)):
            return None
        source_digest = _digest(document["topology"]["sha256"])
        return Manifest(str(document["hagen"]), source_digest, warnings, files, _is_sealed(data))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def claims(data: bytes) -> bool:
    """Tell whether `data` is, or once was, a manifest of hagen's: damaged, cut off at any length, or of another version."""
    return NAME.encode() in data or _HEAD.startswith(data)


def is_plain(path: str) -> bool:
    """Tell whether `path` stays inside its folder and is one that hagen may give to an artifact."""
    steps = path.split("/")
    return (
        path.isprintable()
        and "\\" not in path
        and not any(step in {"", ".", ".."} or step.endswith(RESERVED) for step in steps)
    )


def _entry(artifact: Artifact) -> dict[str, Json]:
    entry: dict[str, Json] = {
        "path": artifact.path,
        "sha256": artifact.digest(),
        "mode": f"{artifact.mode:04o}",
    }
    target = artifact.target
    if target is not None:
        entry["target"] = {
            "path": target.path,
            "mode": target.mode,
            "owner": target.owner,
            "group": target.group,
        }
        entry["nodes"] = list(target.nodes)
        entry["validate"] = list(target.validate)
        entry["reload"] = list(target.reload)
    return entry


def _reloads(artifacts: Sequence[Artifact]) -> list[tuple[str, ...]]:
    """Return each different command of `artifacts` that has to follow a change, in the order that works.

    systemd knows its units anew before one of them is told, and HAProxy comes last: it binds addresses that a
    kernel parameter lets it bind.
    """
    commands = dict.fromkeys(each.target.reload for each in artifacts if each.target is not None)
    return sorted(filter(None, commands), key=lambda each: (each != _UNITS, each[-1] == _PROXY, each))


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _is_sealed(data: bytes) -> bool:
    body, _, tail = data.rpartition(_SEAL.encode())
    return tail == f"{_sha256(body)}{_END}".encode()


def _digest(value: str) -> str:
    if len(value) == hashlib.sha256().digest_size * 2 and set(value) <= set("0123456789abcdef"):
        return value
    raise ValueError(value)


def _mode(value: str) -> int:
    if len(value) == len("0644") and value[0] == "0" and set(value) <= set("01234567"):
        return int(value, 8)
    raise ValueError(value)
