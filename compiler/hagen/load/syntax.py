"""What a YAML parser could not read, in our own words: the first cause that fits the place, and its mend.

PyYAML has two parsers that word the same fault differently and agree on the places; so a cause is told by
a few words that both use and by the text around.
"""

import re
from collections.abc import Callable

from yaml import MarkedYAMLError, YAMLError

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.load.empty import end_before_beginning
from hagen.load.fault import Fault, Spot, indentation, span_of, spot_of
from hagen.load.scalar import shorten
from hagen.source import SECRET_WORD, Position, Span, lines


def explain(error: YAMLError, text: str, last: Spot, bracket: Spot | None) -> Diagnostic:
    """Return what `error` means in `text`; `last` is where the last good node ended, `bracket` is still open."""
    marked = error if isinstance(error, MarkedYAMLError) else MarkedYAMLError()
    at = spot_of(marked.problem_mark) or last
    begin = spot_of(marked.context_mark) or at
    fault = Fault(text, marked.problem or "", marked.context or "", at, begin, bracket)
    for cause in _CAUSES:
        if found := cause(fault):
            return found
    return fault.say(
        "the text cannot be read as YAML from here on", "look at the indentation, the quotes and the brackets"
    )


def _tab(fault: Fault) -> Diagnostic | None:
    if fault.character != "\t" and (fault.bracket or "\t" not in fault.before[: indentation(fault.before)]):
        return None
    back = fault.before.rfind("\t") if fault.character != "\t" else len(fault.before)
    place = Spot(fault.at.offset - len(fault.before) + back, Position(fault.at.position.line, back + 1))
    return fault.say(
        "a tab stands where YAML wants spaces", "indent with spaces", on=place, code=codes.TAB_INDENTATION
    )


def _quote(fault: Fault) -> Diagnostic | None:
    if "quoted" not in fault.context:
        return None
    quote = fault.text[fault.begin.offset]
    if "end of stream" in fault.problem or "document" in fault.problem:
        hint = f"close it with `{quote}`" + (", write `''` for a quote inside" if quote == "'" else "")
        return fault.say(f"the quote `{quote}` is never closed", hint, on=fault.begin)
    back = fault.text.rfind("\\", 0, fault.at.offset + 1)
    column = fault.at.position.column - (fault.at.offset - back)
    place = Spot(back, Position(fault.at.position.line, column))
    sign = fault.text[back : back + 2].strip()
    if "Unicode" in fault.problem:
        width = {"\\x": 4, "\\u": 6}.get(sign, 10)
        message = f"the escape `{fault.text[back : back + width]}` stands for no character"
        hint = "write the character itself"
        return fault.say(message, hint, on=place, width=width, code=codes.CONTROL_CHARACTER)
    if "hex" in fault.problem:
        return fault.say(
            f"the escape `{sign}` wants hexadecimal digits", "write `\\\\` for a backslash", on=place
        )
    return fault.say(
        f"`{sign}` is no escape in double quotes",
        "write `\\\\` for a backslash, or use single quotes",
        on=place,
    )


def _property(fault: Fault) -> Diagnostic | None:
    sign = fault.character
    known = "expected" in fault.problem and sign in {"&", "*", "!"}
    in_tag = "tag" in fault.context
    if in_tag or "tag handle" in fault.problem or "%TAG" in fault.problem or (known and sign == "!"):
        hint = "remove the tag, or quote the value if the `!` belongs to it"
        spot = fault.begin if in_tag else fault.at
        return fault.say("a tag is not part of the language", hint, on=spot, code=codes.TAG)
    if "anchor" in fault.context or "alias" in fault.context or known:
        spot = fault.at if known else fault.begin
        sign = fault.text[spot.offset]
        kind = "an alias" if sign == "*" else "an anchor"
        hint = f"quote the value if the `{sign}` belongs to it"
        message = f"`{sign}` begins {kind}, which is not part of the language"
        return fault.say(message, hint, on=spot, code=codes.ANCHOR_OR_ALIAS)
    return None


def _directive(fault: Fault) -> Diagnostic | None:
    if "directive" in fault.context or "directive" in fault.problem or "incompatible" in fault.problem:
        hint = "remove the line that begins with `%`"
        return fault.say("a directive that hagen does not read", hint, on=fault.begin)
    return None


def _bad_start(fault: Fault) -> Diagnostic | None:
    if "cannot start any token" not in fault.problem:
        return None
    return fault.say(f"an unquoted value cannot begin with `{fault.character}`", "quote the value")


def _block_text(fault: Fault) -> Diagnostic | None:
    if "block scalar" not in fault.context:
        return None
    sign = fault.text[fault.begin.offset]
    return fault.say(
        f"this cannot follow `{sign}` on its line",
        f"begin the text on the line after `{sign}`, or quote the value",
    )


def _no_colon(fault: Fault) -> Diagnostic | None:
    if "expected ':'" in fault.problem:
        number = fault.begin.position.line
    elif "values are not allowed" in fault.problem and not re.search(r":\s", fault.before):
        number = fault.line_above
    else:
        return None
    line = lines(fault.text)[number - 1] if number else ""
    entry = re.match(r"[\s-]*([^\s#'\"][^\s#]*)", line)
    if not entry or re.search(r":(\s|$)", line):
        return None
    place = Span(Position(number, entry.start(1) + 1), Position(number, entry.end(1) + 1))
    label = Label((), span=place)
    key, colon, rest = entry[1].partition(":")
    if SECRET_WORD.search(entry[1]):  # what follows the colon, or the word itself, may be the secret
        message = "no space after the colon here" if colon else "no colon here"
        return codes.YAML_SYNTAX.at(label, message, hint="write a key as `key: value`")
    if key and colon:
        return codes.YAML_SYNTAX.at(
            label,
            f"no space after the colon in {shorten(entry[1])}",
            hint=f"write {shorten(f'{key}: {rest}')}",
        )
    return codes.YAML_SYNTAX.at(
        label,
        f"no colon after {shorten(entry[1])}",
        hint="write a key as `key: value`, an item of a list as `- item`",
    )


def _value_not_allowed(fault: Fault) -> Diagnostic | None:
    if "not allowed" not in fault.problem:
        return None
    if fault.character == "-":
        return fault.say(
            "a list cannot begin on the line of its key", "begin it on the next line, or write `[a, b]`"
        )
    if fault.character == "?":
        return fault.say("`?` cannot stand here", "quote the value if the `?` belongs to it")
    if re.search(r":\s", fault.before):
        return fault.say(
            "a second `: ` on one line", "quote the value if the colon belongs to it, or begin a new line"
        )
    if len(fault.before) > 1024:  # noqa: PLR2004  YAML's own limit for a key
        return fault.say("a key is longer than 1,024 characters", "shorten it")
    above = fault.line_above
    hint = (
        f"indent it like line {above}, or remove the value on line {above}"
        if above
        else "look at the indentation"
    )
    return fault.say("a key cannot stand below a value", hint)


def _no_key(fault: Fault) -> Diagnostic | None:
    first = not fault.bracket and not fault.before.strip()
    if fault.character != ":" or not (first or "node content" in fault.problem):
        return None
    return fault.say("a key is missing before the colon", "write the key", code=codes.KEY_IS_NOT_TEXT)


def _begins_new_entry(fault: Fault, bracket: Spot) -> bool:
    """Tell whether the fault is the colon of a key that is not deeper than the line of the bracket."""
    opening = lines(fault.text)[bracket.position.line - 1]
    deeper = indentation(fault.before) > indentation(opening)
    return fault.character == ":" and fault.at.position.line > bracket.position.line and not deeper


def _bracket(fault: Fault) -> Diagnostic | None:
    if not fault.bracket:
        return None
    opening = fault.text[fault.bracket.offset]
    closing = {"[": "]", "{": "}"}.get(opening, "]")
    if fault.at_end or _begins_new_entry(fault, fault.bracket):
        return fault.say(f"`{opening}` is never closed", f"close it with `{closing}`", on=fault.bracket)
    related = Label((), f"`{opening}` is open since here", span=span_of(fault.text, fault.bracket))
    if "node content" in fault.problem:
        return fault.say(
            f"a value is missing before `{fault.character}`", "write the value, or remove the comma", related
        )
    hint = "add what is missing; quote a value that holds `: ` or one of `,[]{}`"
    return fault.say(f"`,` or `{closing}` is missing before this", hint, related)


def _outside(fault: Fault) -> Diagnostic | None:
    if "document start" in fault.problem:
        if not re.search(r"^---", fault.text[: fault.at.offset], re.MULTILINE) and fault.text.startswith("%"):
            return fault.say("after a directive a line `---` is missing", "add it, or remove the directive")
        hint = "remove it; only one value can stand at the top"
        return fault.say("text after the end of the topology", hint)
    if fault.character == ",":
        return fault.say("a value cannot begin with `,`", "quote the value, or write it before the comma")
    if fault.character in {"]", "}"}:
        return fault.say(
            f"`{fault.character}` belongs to no open bracket", "remove it, or quote the value it belongs to"
        )
    return None


def _unexpected(fault: Fault) -> Diagnostic | None:
    if not fault.problem:
        return None
    before = fault.before.rstrip()
    if before.endswith(("'", '"')):
        return fault.say(
            "text after the closing quote",
            "put the whole value into the quotes, or close a quote that begins above",
        )
    if before.endswith(("]", "}")):
        return fault.say("text after the closing bracket", "quote the whole value, or begin a new line")
    begin = Label((), "the block begins here", span=span_of(fault.text, fault.begin))
    depth = indentation(fault.before)
    if depth == fault.begin.position.column - 1:
        here, there = (
            ("an item of a list", "keys") if fault.character == "-" else ("a key", "items of a list")
        )
        return fault.say(
            f"{here} stands among {there}", "look at the indentation, or at the lines above", begin
        )
    return fault.say(
        f"an indentation of {depth} fits no block above", "indent it like the lines it belongs to", begin
    )


_CAUSES: tuple[Callable[[Fault], Diagnostic | None], ...] = (
    end_before_beginning,
    _tab,
    _quote,
    _property,
    _directive,
    _bad_start,
    _block_text,
    _no_colon,
    _value_not_allowed,
    _no_key,
    _bracket,
    _outside,
    _unexpected,
)
