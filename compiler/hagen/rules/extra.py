"""Extra lines: HAProxy's own language, held to one setting of its section, beside what hagen sets, and no secret.

Source: HAProxy configuration manual, sections 2.2 and 4, and "acl": values of one name add up.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from hagen import codes, secrecy
from hagen.diagnostic import Diagnostic, Label
from hagen.extra_line import Fault, Where, Words, read, taken
from hagen.model import Frontend, Service, Topology
from hagen.source import Pointer

_ACLS = frozenset({"allowed_source", "denied_source", "denied_path", "limited_path", "acme_challenge"})
_CREDENTIALS = re.compile(r"\b(?:basic|bearer)\s+[A-Za-z0-9+/=._~-]{6,}", re.IGNORECASE)
_SETTING_HEADERS = frozenset({"set-header", "add-header", "replace-header", "replace-value", "hdr"})
_HEADER = re.compile(r"hdr(?:_[a-z]+)?\(([^,)]+)")
_REFERENCES = ("${", "%[", "env(")
_END = frozenset({"}", "if", "unless", "or", "||"})


class _Section(NamedTuple):
    """A section with extra lines: what is known of it that they must not touch."""

    where: Where
    at: Pointer
    lines: tuple[str, ...]
    counts: bool
    one_writer: bool
    names: re.Pattern[str] | None


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield extra lines that break out of their section, override hagen's settings, or hold a secret."""
    for section in _sections(topology):
        for index, line in enumerate(section.lines):
            yield from _line((*section.at, index), line, section)


def _sections(topology: Topology) -> Iterator[_Section]:
    proxy = topology.proxy
    one_writer = any(each.single_writer for each in topology.services)
    yield _Section("global", ("proxy", "extra", "global"), proxy.extra_global, False, False, None)
    yield _Section("defaults", ("proxy", "extra", "defaults"), proxy.extra_defaults, False, one_writer, None)
    for frontend in topology.frontends:
        if frontend.extra:
            yield _of(frontend, "frontend", False, _routed(frontend.name, topology.services))
    for service in topology.services:
        if service.extra:
            yield _of(service, "service", service.single_writer, None)


def _of(
    entry: Frontend | Service,
    where: Where,
    one_writer: bool,
    names: re.Pattern[str] | None,
) -> _Section:
    counts = entry.rate_limit is not None
    return _Section(where, (*entry.origin, "extra"), entry.extra, counts, one_writer, names)


def _routed(frontend: str, services: Iterable[Service]) -> re.Pattern[str]:
    """Return what conditions of the frontend's routes are called, see `haproxy.routing`."""
    found = {each.name for each in services for route in each.routes if route.frontend == frontend}
    return re.compile(rf"(?:{'|'.join(map(re.escape, sorted(found)))})-\d+-(?:host|\d+)")


def _line(at: Pointer, line: str, section: _Section) -> Iterator[Diagnostic]:
    words = read(line)
    # What is shown of a line must not be its secret, so this comes first.
    if _secret(line, () if isinstance(words, Fault) else words):
        yield codes.SECRET_IN_EXTRA_LINE.at(
            Label(at, secret=True),
            "this line has a secret in it, and haproxy.cfg is no place for one",
            hint='keep it in the environment of HAProxy\'s service and say "${NAME}", or in a file on the nodes',
        )
    elif isinstance(words, Fault):
        yield codes.BROKEN_EXTRA_LINE.at(at, words.wrong, hint=words.mend)
    else:
        found = _overridden(words, section)
        if found is not None:
            yield codes.EXTRA_LINE_OVERRIDES.at(at, *found[:1], hint=found[1])


def _overridden(words: Words, section: _Section) -> tuple[str, str] | None:
    """Return what is wrong with a line that touches hagen's own, and the mend."""
    own = taken(words, section.where)
    if own is None:
        return next(_touched(words, section), None)
    setting, key = own
    if not key:
        return (
            f"`{setting}` changes the environment that secrets are in",
            "set it for HAProxy's service instead",
        )
    if key == "cluster.platform":
        return f"`{setting}` is decided by the platform", "remove the line"
    return f"`{setting}` is for hagen to set here", f"say it in the topology: `{key}`"


def _touched(words: Words, section: _Section) -> Iterator[tuple[str, str]]:
    """Yield what of hagen's own a line changes though it sets something else."""
    if words[0] == "acl" and len(words) > 1 and _named_by_hagen(words[1], section):
        wrong = f"a condition `{words[1]}` is hagen's own here, and values of one name add up"
        yield wrong, "take another name"
    if section.counts and any("track-sc0" in word for word in words[:3]):
        yield "`rate_limit` counts with track-sc0 here", "take track-sc1"
    if any("(txn.prefix)" in word for word in words):
        yield "the variable `txn.prefix` is hagen's own", "take another name"
    if section.one_writer and words[:2] == ("option", "allbackups"):
        yield "`option allbackups` lets more than one server of a service write", "remove the line"


def _named_by_hagen(name: str, section: _Section) -> bool:
    return name in _ACLS or (section.names is not None and section.names.fullmatch(name) is not None)


def _secret(line: str, words: Words) -> bool:
    """Tell whether a line holds a secret itself, and not where one is found."""
    if secrecy.in_url(line):
        return True
    if any(each in line for each in _REFERENCES):
        words = tuple("" if any(each in word for each in _REFERENCES) else word for word in words)
    text = " ".join(words)
    return (
        _CREDENTIALS.search(text or line) is not None
        or any(_given(words, index) for index in range(len(words)))
        or (words[:2] == ("stats", "auth") and "".join(words[2:]) != "")
        or (words[:1] in {("setenv",), ("presetenv",)} and secrecy.named("".join(words[1:2])))
        or secrecy.assigned(text)
    )


def _given(words: Words, index: int) -> bool:
    """Tell whether the word at `index` takes a secret, and what follows is one."""
    word, name, text = words[index], *(*words[index + 1 :], "", "")[:2]
    if word in {"password", "insecure-password"}:
        return name != ""
    if word in _SETTING_HEADERS:
        return _is_secret_header(name) and text != ""
    header = _HEADER.search(word)
    return header is not None and _is_secret_header(header[1]) and _compared(words[index + 1 :])


def _is_secret_header(name: str) -> bool:
    return secrecy.named(name.replace("-", "_")) or name.lower().removeprefix("proxy-") == "authorization"


def _compared(rest: Words) -> bool:
    """Tell whether a condition compares with a text that stands in `rest` itself."""
    own: list[str] = []
    for word in rest:
        if word in _END:
            break
        own.append(word)
    if "-m" in own:
        at = own.index("-m")
        method, own = (own[at + 1] if own[at + 1 :] else ""), own[:at] + own[at + 2 :]
        if method != "str":
            return False
    return "-f" not in own and any(word and not word.startswith("-") for word in own)
