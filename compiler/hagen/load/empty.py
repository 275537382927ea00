"""A topology that says nothing, or that ends before it begins."""

from hagen import codes
from hagen.diagnostic import Diagnostic, Label
from hagen.load.fault import Fault
from hagen.source import Position, Span, lines

_HEAD = Span(Position(1, 1), Position(1, 1))
_MESSAGE = "the topology is empty"
_HINT = "write a topology, `hagen init` makes a first one"


def empty() -> Diagnostic:
    """Return what is said of a text without anything in it."""
    return codes.EMPTY_DOCUMENT.at(Label((), span=_HEAD), _MESSAGE, hint=_HINT)


def end_before_beginning(fault: Fault) -> Diagnostic | None:
    """Return what is said of a line `...` with nothing but comments above; None if the fault is another."""
    above, below = fault.text[: fault.at.offset], fault.text[fault.at.offset :]
    if not below.startswith("...") or _says_something(above):
        return None
    if _says_something(below):
        return fault.say("the topology ends here before it begins", "remove the line `...`", width=3)
    return fault.say(_MESSAGE, _HINT, width=3, code=codes.EMPTY_DOCUMENT)


def _says_something(text: str) -> bool:
    bare = (line.partition("#")[0].strip() for line in lines(text))
    return any(line and line not in {"...", "---"} for line in bare)
