"""Lines of HAProxy's own language, as HAProxy reads them, and which of them hagen sets itself.

Source: HAProxy configuration manual, sections 2.1 (sections), 2.2 (quoting and escaping), 2.4 (conditional blocks), 4.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

Where: TypeAlias = Literal["global", "defaults", "frontend", "service"]
"""The sections of haproxy.cfg that lines can be added to."""

_SECTIONS = """
    global defaults listen frontend backend peers resolvers userlist mailers program cache http-errors ring
    log-forward log-profile fcgi-app crt-store traces acme ruleset namespace_list
"""
SECTIONS = frozenset(_SECTIONS.split())
"""Words that end a section and begin the next."""

_HEX = 2
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"} | {letter: letter for letter in " #\\\"'"}
_CHECKS = (
    "httpchk mysql-check pgsql-check redis-check smtpchk ldap-check ssl-hello-chk tcp-check external-check"
)
_KEEPALIVE = "tcpka clitcpka srvtcpka"
_CONNECTION = "http-keep-alive http-server-close httpclose forceclose http-tunnel"
_TIMEOUTS = "http-request queue connect client server check http-keep-alive tunnel"

Words: TypeAlias = tuple[str, ...]


class Fault(NamedTuple):
    """Why HAProxy would not read a line as one setting of its section, and the mend."""

    wrong: str
    mend: str


def read(line: str) -> Words | Fault:
    """Return the words of a line, quotes and backslashes resolved, or what is wrong with it."""
    found = _split(line)
    if isinstance(found, Fault):
        return found
    if not found:
        return Fault("this line says nothing", "remove it")
    first = _meant(found)[:1]
    if found[0].startswith("."):
        return Fault(
            f"`{found[0]}` makes lines depend on a condition", "remove it: what is made holds as it stands"
        )
    if first and first[0] in SECTIONS:
        return Fault(
            f"`{first[0]}` begins another section",
            "extra lines are settings of the section that they stand in",
        )
    return found


def _split(line: str) -> Words | Fault:
    done: list[str] = []
    word, quote, index = None, "", 0
    while index < len(line):
        letter = line[index]
        step = 1
        if letter == "\\" and quote != "'":
            escape = _escape(line[index + 1 :])
            if escape is None:
                return Fault("a backslash has nothing to escape", "remove it, or write it twice")
            text, step = escape
            word = (word or "") + text
        elif letter == quote:
            quote = ""
        elif not quote and letter in "\"'":
            quote, word = letter, word or ""
        elif not quote and letter == "#":
            return Fault("`#` makes a comment of the rest of the line", r"write `\#`, or comment in YAML")
        elif not quote and letter == " ":
            done += [] if word is None else [word]
            word = None
        elif quote == '"' and line[index : index + 2] == "${" and "}" not in line[index:]:
            return Fault("`${` has no end", 'write a variable like "${NAME}"')
        else:
            word = (word or "") + letter
        index += step
    if quote:
        return Fault(f"a quote ({quote}) is not closed", "close it, or put a backslash before it")
    return (*done, *([] if word is None else [word]))


def _escape(rest: str) -> tuple[str, int] | None:
    r"""Return what a backslash before `rest` means and how many letters that takes; ``\1`` stays as it is."""
    if not rest:
        return None
    if rest[0] == "x":
        digits = rest[1 : 1 + _HEX]
        if len(digits) < _HEX or digits.strip("0123456789abcdefABCDEF"):
            return None
        return chr(int(digits, 16)), 2 + _HEX
    return (_ESCAPES[rest[0]], 2) if rest[0] in _ESCAPES else ("\\", 1)


def _meant(words: Words) -> Words:
    """Return words without those that undo a setting."""
    return words[1:] if words[0] in {"no", "default"} else words


def _each(before: str, after: str, key: str) -> dict[Words, str]:
    return {tuple(f"{before} {word}".split()): key for word in after.split()}


_GLOBAL = (
    _each("", "chroot user group uid gid daemon pidfile", "cluster.platform")
    | _each("", "log", "proxy.log")
    | _each("", "maxconn", "proxy.maxconn")
    | _each("", "nbthread nbproc", "proxy.threads")
    | _each("", "hard-stop-after", "proxy.hard_stop_after")
    | _each("stats", "socket", "proxy.stats_socket")
    | _each("", "server-state-file server-state-base", "proxy.server_state")
    | _each("", "localpeer", "proxy.peers")
    | _each("", "ssl-default-bind-ciphers ssl-default-bind-ciphersuites", "tls.profile")
    | _each("", "ssl-default-bind-curves ssl-default-bind-options tune.ssl.default-dh-param", "tls.profile")
    | _each("", "ocsp-update.mode", "tls.ocsp_update")
    | _each("", "external-check", "check")
    | _each("", "setenv presetenv unsetenv resetenv", "")
)
_PROXY = (
    _each("", "mode", "mode")
    | _each("", "maxconn", "maxconn")
    | _each("", "log", "proxy.log")
    | _each("", "log-format log-format-sd error-log-format", "log_format")
    | _each("option", "httplog tcplog", "log_format")
    | _each("", "stats", "proxy.stats")
    | _each("option", "forwardfor", "http.forwarded")
    | _each("option", _CONNECTION, "http.keep_alive")
    | _each("timeout", _TIMEOUTS, "timeouts")
    | _each("", "clitimeout srvtimeout contimeout", "timeouts")
    | _each("option", _KEEPALIVE, "tcp_keepalive")
)
_BACK = (
    _each("", "balance", "balance")
    | _each("", "hash-type", "hash_type")
    | _each("", "cookie appsession", "cookie")
    | _each("", "stick stick-table", "stick")
    | _each("option", _CHECKS, "check")
    | _each("", "http-check tcp-check external-check", "check")
    | _each("", "default-server server server-template dispatch", "servers")
    | _each("", "retries redispatch", "proxy.retries")
    | _each("option", "redispatch", "proxy.retries")
    | _each("", "load-server-state-from-file", "proxy.server_state")
)
_FREE = frozenset({("http-check", "disable-on-404"), ("http-check", "send-state")})

_TAKEN: Mapping[Where, Mapping[Words, str]] = {
    "global": _GLOBAL,
    "defaults": _PROXY
    | _BACK
    | {("maxconn",): "proxy.service_maxconn", ("errorfile",): "proxy.error_files"}
    | {("default_backend",): "routes"},
    "frontend": _PROXY | _each("", "bind", "bind") | {("default_backend",): "default_service"},
    "service": _PROXY | _BACK | _each("", "bind", "bind") | {("default_backend",): "routes"},
}


def taken(words: Words, where: Where) -> tuple[str, str] | None:
    """Return the setting of the words that hagen says itself, and the key of the topology for it; it may be empty."""
    said = _meant(words)
    for length in (1, 2):
        key = _TAKEN[where].get(said[:length])
        if key is None or said[:2] in _FREE:
            continue
        if where == "defaults" and key == "timeouts":
            key = "proxy.timeouts"
        elif where == "defaults" and not key.startswith("proxy."):
            key = f"services.NAME.{key}"
        return " ".join(said[:length]), key
    return None
