"""Stand-ins for the files of a node that a configuration names and HAProxy opens even to judge it.

Certificates, error pages and lists belong to whoever runs the node, so no test machine has them. Directories, sockets,
the user and the process id file are not looked at by `haproxy -c`, and stay as they are.
"""

import re
import tempfile
from functools import cache
from pathlib import Path, PurePath
from typing import NamedTuple

from haproxies import tls

_NAMED = re.compile(
    r"""(?x)
    (?: (?<= \s)
        (?P<option>
          crt | ca-file | ca-verify-file | crl-file | crt-list | errorfile | file | lf-file | server-state-file | -f
        )
        (?: \s+ (?P<status> \d{3} ) )? \s+ ["']?
      | \b (?P<function> map\w* | acl ) \(
    )
    # A comma or a bracket ends the path inside of a function only.
    (?P<path> / (?(function) [^\s"',()]+ | [^\s"']+ ) )
    """
)
_PAGE = "HTTP/1.1 {status} stand-in\r\nContent-Length: 0\r\n\r\n"
_STATE = "1\n"
_BUNDLE = "stand-in.pem"


class _Material(NamedTuple):
    """The texts of a certificate with its key and its authority, of the authority alone, and of its revocations."""

    bundle: str
    authority: str
    revocations: str


def with_stand_ins(config: str, folder: Path, seen_at: PurePath | None = None) -> str:
    """Make what a HAProxy configuration names below `folder`, and return the configuration that names those.

    `seen_at` is the path of `folder` for HAProxy, if that is another one. A path that ends with a slash becomes a
    folder with one certificate. Lists and maps are empty.
    """
    place = folder if seen_at is None else seen_at
    found: dict[str, re.Match[str]] = {}
    for match in _NAMED.finditer(config):
        # A file may serve as certificate and as authority: the bundle is both.
        if match["path"] not in found or match["option"] == "crt":
            found[match["path"]] = match
    for path, match in found.items():
        _write(folder, folder / path.lstrip("/"), match, place)
    return _NAMED.sub(
        lambda match: match[0].removesuffix(match["path"]) + f"{place}{match['path']}",
        config,
    )


def _write(folder: Path, path: Path, match: re.Match[str], place: PurePath) -> None:
    if match["option"] == "crt" and match["path"].endswith("/"):
        path = path / _BUNDLE
    path.parent.mkdir(parents=True, exist_ok=True)
    match match["option"]:
        case "crt":
            text = _material().bundle
        case "ca-file" | "ca-verify-file":
            text = _material().authority
        case "crl-file":
            text = _material().revocations
        case "crt-list":
            (folder / _BUNDLE).write_text(_material().bundle)
            text = f"{place}/{_BUNDLE}\n"
        case "errorfile":
            text = _PAGE.format(status=match["status"] or "503")
        case "server-state-file":
            text = _STATE
        case "file" | "lf-file":
            text = "stand-in\n"
        case _:
            text = ""
    path.write_bytes(text.encode())


@cache
def _material() -> _Material:
    with tempfile.TemporaryDirectory() as scratch:
        made = tls.authority(Path(scratch))
        bundle = made.server("hagen.test").read_text() + made.certificate.read_text()
        return _Material(bundle, made.certificate.read_text(), made.revocations.read_text())
