"""Texts of the topology in Markdown: shown as they are, whatever they look like."""

_SPECIAL = str.maketrans({character: f"\\{character}" for character in r"\`*{}[]<>|~&$"})
_HARMLESS = dict.fromkeys(
    (*range(ord("a"), ord("z") + 1), *range(ord("A"), ord("Z") + 1), *map(ord, "0123456789 .,:;/()-"))
)


def prose(text: str) -> str:
    """Return `text`, which is one line, so that Markdown shows it as it is wherever it stands."""
    if text[:1].isalpha() and not text.translate(_HARMLESS):
        return text
    first, *rest = text.strip().translate(_SPECIAL).split("_")
    for part in rest:  # an underscore inside a word means nothing, elsewhere it begins or ends an emphasis
        first += f"_{part}" if first[-1:].isalnum() and part[:1].isalnum() else f"\\_{part}"
    mark = first.lstrip("0123456789")
    if mark.startswith(("#", "+", "-", "=")) if mark == first else mark.startswith((".", ")")):
        return f"{first[: len(first) - len(mark)]}\\{mark}"  # a heading, an item, a line below a heading
    return first


def cell(text: str) -> str:
    """Return Markdown so that a table, which cuts at every bar, even one in code, shows it in one cell."""
    return text.replace("|", "\\|")
