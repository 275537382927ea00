"""Rules, as pcs takes them. Source: pcs(8), "location ... rule"."""

from collections.abc import Iterator

from hagen.dialect import Dialect
from hagen.filters import quote
from hagen.model.constraint import Expression, Rule


def rule_words(rule: Rule, dialect: Dialect) -> str:
    """Return a rule as the arguments of a pcs command, quoted: one text, or each word an argument of its own."""
    words = list(_joined(rule))
    return quote(" ".join(words)) if dialect.rule_as_text else " ".join(map(quote, words))


def _joined(rule: Rule) -> Iterator[str]:
    yield from _chain(rule.all, "and")
    if rule.all and rule.any:
        yield "and"
    several = bool(rule.all) and len(rule.any) > 1
    if several:
        yield "("
    yield from _chain(rule.any, "or")
    if several:
        yield ")"


def _chain(expressions: tuple[Expression, ...], between: str) -> Iterator[str]:
    for index, expression in enumerate(expressions):
        if index:
            yield between
        yield from expression.words
