"""Whether a parameter is a secret, told by its name or by a password in a URL that is its value."""

import re

_PARTS = re.compile(r"pass(?!ive|thr|age)|p[as]sw|secret|token|credential|snmp_?(?:priv|community)|api_?key")
_NOT_PARTS = re.compile("bypass|compass")
_WORDS = frozenset({"pw", "pwd", "psk"})
_HARMLESS_ENDS = ("_script", "_prompt", "_timeout", "file", "_path")
_USER_OF_URL = re.compile(r"://[^/\s@]*:[^/\s]*@")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_.-]*)=([^\s\"']+)")
_USER_AND_WORD = re.compile(r"(?<!\S)(?:-u|--user(?:=|\s))\s*[\"']?[^\s:\"']+:(?!/)[^\s\"']")
_OPTION = re.compile(r"(?<!\S)--?([A-Za-z][A-Za-z0-9_-]+)\s+[^\s-]")
_SEPARATORS = re.compile("[_.:-]")


def in_url(value: str) -> bool:
    """Tell whether `value` is a URL that has a user's password in it: ``http://user:word@host``."""
    return _USER_OF_URL.search(value) is not None


def named(name: str, words: frozenset[str] = frozenset()) -> bool:
    """Tell whether a parameter called `name` holds a secret itself, and not where one is found.

    `words` mean a secret where the parameter is, besides those that do everywhere.
    """
    lower = name.lower()
    if lower.endswith(_HARMLESS_ENDS):
        return False
    rest = _NOT_PARTS.sub("", lower)
    return _PARTS.search(rest) is not None or not (_WORDS | words).isdisjoint(_SEPARATORS.split(lower))


def secret(name: str, value: str, words: frozenset[str] = frozenset()) -> bool:
    """Tell whether a parameter is a secret, by its name (see `named`) or by its value."""
    return in_url(value) or named(name, words)


def assigned(text: str) -> bool:
    """Tell whether options on one line give a variable a secret: ``--env DB_PASSWORD=word``."""
    return in_url(text) or any(named(name) for name, _ in _ASSIGNMENT.findall(text))


def in_command(text: str) -> bool:
    """Tell whether a command is given a secret: `assigned`, ``--password word`` or, as to curl, ``-u user:word``."""
    return (
        assigned(text)
        or _USER_AND_WORD.search(text) is not None
        or any(named(name.replace("-", "_")) for name in _OPTION.findall(text))
    )
