"""What people may write where the language lets them write anything, and how a topology is written."""

import re
from functools import cache
from typing import Any

import yaml
from hypothesis import strategies as st

HOSTILE = (
    "'",
    '"',
    "`id`",
    "$(touch hagen-was-here)",
    "${HOME}",
    "a\nb",
    "a\n%end\nb",
    "a\nend-of-file-made-by-hagen\nb",
    "a\n\n\nb\n",
    " # no comment",
    "%",
    "%end",
    "{{ 7*7 }}",
    "{% raw %}",
    "{# gone #}",
    "]]>",
    "-->",
    "<b>bold</b>",
    "```\nfence",
    "  two  spaces  ",
    "tab\there",
    "-rf",
    "--",
    "~",
    "*",
    "!",
    "\\",
    "\\n",
    "back\\",
    "a: b",
    "- a",
    "? a",
    "[a]",
    "{a: b}",
    "&a *a !!a",
    "@a",
    "no",
    "null",
    "0x10",
    "1e3",
    "012",
    "2024-01-01",
    "ünïcödé",
    "🦄" * 40,
    "a\u200bb\u202fc\u3000d",
    "1. one\n2. two",
    "===",
    "***",
    "| a | b |",
    "[a](http://example.org)",
    "&lt;",
)
"""Texts that mean something in a language that hagen writes."""

_PLAIN = re.compile("[A-Za-z_][A-Za-z0-9_/-]*")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


@cache
def texts() -> st.SearchStrategy[str]:
    """Return a strategy for what people may write where the language lets them write anything."""
    free = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30)
    return st.one_of(
        st.sampled_from(HOSTILE), st.lists(st.sampled_from(HOSTILE), max_size=3).map("".join), free
    )


class _Quoting(yaml.CSafeDumper):
    """Quotes every text that one YAML or another could take for something else."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  the signature is PyYAML's
        return True


_Quoting.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str",
        text,
        style="" if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else '"',
    ),
)


def written(topology: Any) -> str:
    """Return a topology as YAML."""
    text: str = yaml.dump(topology, Dumper=_Quoting, sort_keys=False, allow_unicode=True, width=100)
    return text
