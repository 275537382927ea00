"""The events of a YAML parser to plain data and places: what the language leaves out of YAML is refused here."""

from collections.abc import Callable
from typing import Any

import yaml

from hagen import codes
from hagen.diagnostic import Code, Diagnostic, Label
from hagen.load.decode import FORBIDDEN, escapes, properties
from hagen.load.fault import Spot
from hagen.load.frame import Frame, Places, span_at
from hagen.load.scalar import FIRST, UNTOLD, UNTOLD_KEY, Refused, bad_key, plain, shorten
from hagen.source import Json, Pointer, Position, Span, lines

_FIRST_OF_BAD_KEY = FIRST + "<"


class Builder:
    """Takes events one by one and grows data, places and mistakes.

    It wants no more when there are more than `nodes` keys and values, when they nest deeper than `depth`,
    or when there are `mistakes` of them; a call may add a few at once.
    """

    def __init__(self, text: str, nodes: int, depth: int, mistakes: int) -> None:
        """Begin with nothing; `text` is what the events were made of."""
        self.values: dict[Pointer, Places] = {}
        self.keys: dict[Pointer, Places] = {}
        self.written: dict[Pointer, str] = {}
        self.found: list[Diagnostic] = []
        self._text = text
        self._lines: list[str] = []
        self._nodes = self._left = nodes
        self._depth = depth
        self._mistakes = mistakes
        self._more = True
        self._first: Span | None = None  # where the first document begins
        self._end: Places = (1, 1, 1, 1)  # of the last node
        self._end_mark: Any = None
        # The root is the one value of a frame that is never closed: every node has a frame to go to.
        self._root: dict[str, Json] = {}
        self._top = Frame(self._root, (), Spot(0, Position(1, 1)), flow=False)
        self._top.key = ()
        self._stack = [self._top]
        # Any: the stubs of PyYAML let every mark be missing, its parsers set them all.
        self.takers: dict[type, Callable[[Any], bool]] = {
            yaml.StreamStartEvent: lambda _: True,
            yaml.DocumentStartEvent: self._document,
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._open,
            yaml.SequenceStartEvent: self._open,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentEndEvent: lambda _: True,
            yaml.StreamEndEvent: lambda _: False,
        }
        """What to call for each kind of event; the answer is whether a further one is wanted."""

    @property
    def root(self) -> Json:
        """The data so far; None before the first node."""
        return self._root.get("")

    @property
    def last(self) -> Spot:
        """Where the last node ended."""
        offset = self._end_mark.index if self._end_mark else 0
        return Spot(offset, Position(self._end[2], self._end[3]))

    @property
    def bracket(self) -> Spot | None:
        """Where the innermost `[` or `{` stands that is still open."""
        return self._top.start if self._top.flow else None

    def _report(
        self, code: Code, place: Places, message: str, hint: str, *related: Label, on_key: bool = False
    ) -> None:
        top = self._top
        at = top.key
        if at is None:
            at = top.pointer if top.entries is not None else (*top.pointer, len(top.items))
        self.found.append(
            code.at(Label(at, span=span_at(place), on_key=on_key), message, *related, hint=hint)
        )
        self._more = len(self.found) < self._mistakes

    def _too_large(self, place: Places) -> bool:
        message = f"the topology has more than {self._nodes:,} keys and values"
        self._report(codes.TOO_LARGE, place, message, "split it into several topologies")
        return False

    def _attach(self, value: Json) -> Pointer:
        top = self._top
        pointer = top.key
        if top.entries is None:
            pointer = (*top.pointer, len(top.items))
            top.items.append(value)
        elif pointer is None:  # a key that is no text: whatever stands for it, no document will come of this
            pointer = top.key = (*top.pointer, "?")
            top.name = "?"
            self.keys[pointer] = self._end
        else:
            top.entries[top.name] = value
            top.key = None
        return pointer

    def _scalar(self, event: Any) -> bool:
        start, end = event.start_mark, event.end_mark
        text, style = event.value, event.style
        place = (start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        if style or not text or event.tag is not None or event.anchor is not None:
            place = self._unusual(event, place)
        self._end, self._end_mark = place, end
        self._left -= 1
        if self._left < 0:
            return self._too_large(place)
        top = self._top
        if top.key is None and top.entries is not None:
            top.name = text
            top.key = pointer = (*top.pointer, text)
            if text in top.entries or (not style and text[:1] in _FIRST_OF_BAD_KEY):
                self._check_key(text, pointer, place, again=text in top.entries)
            self.keys.setdefault(pointer, place)
            return self._more
        value: Json = text
        if not style and text[:1] in FIRST:
            read = plain(text)
            if isinstance(read, Refused):
                refused = UNTOLD if top.holds_secret else read
                self._report(codes.AMBIGUOUS_SCALAR, place, refused.message, refused.hint)
            else:
                value = read
        pointer = self._attach(value)
        self.values[pointer] = place
        if value is not text and not text.isdecimal():
            self.written[pointer] = text
        return self._more

    def _unusual(self, event: Any, place: Places) -> Places:
        """Return the exact place of a quoted, block, empty or marked scalar, and refuse what it should not have."""
        if event.style == '"' and FORBIDDEN.search(event.value):
            raw = self._text[event.start_mark.index : event.end_mark.index]
            for span, message in escapes(Position(place[0], place[1]), raw):
                self._report(codes.CONTROL_CHARACTER, (*span.start, *span.end), message, "remove the escape")
                if not self._more:
                    break
        self._properties(event, place)
        if event.style and event.style in "|>":  # without the empty lines at its end
            self._lines = self._lines or lines(self._text)
            last = place[2] if place[3] > 1 else place[2] - 1
            while last > place[0] and not self._lines[last - 1].strip():
                last -= 1
            return (place[0], place[1], last, len(self._lines[last - 1].rstrip()) + 1)
        # What is not there stands behind its sign; without one it would be wherever the next node begins.
        unsigned = place[1] == 1 or self._text[event.start_mark.index - 1] not in "-:?"
        return (*self._end[2:], *self._end[2:]) if unsigned and not event.style and not event.value else place

    def _properties(self, event: Any, place: Places) -> None:
        if event.anchor is not None or event.tag is not None:
            for code, span, message, hint in properties(
                self._text, event.start_mark.index, Position(place[0], place[1])
            ):
                self._report(code, (*span.start, *span.end), message, hint)

    def _check_key(self, name: str, pointer: Pointer, place: Places, *, again: bool) -> None:
        if again:
            first = Label(pointer, "first written here", on_key=True, span=span_at(self.keys[pointer]))
            which = "a key" if self._top.hides_keys else f"the key {shorten(name)}"
            message = f"{which} is written twice in one mapping"
            self._report(codes.DUPLICATE_KEY, place, message, "keep one of the two", first, on_key=True)
        elif name == "<<":
            message = "`<<` is a merge key, which the language does not have"
            self._report(
                codes.MERGE_KEY, place, message, "write the keys out where they are needed", on_key=True
            )
        elif bad := bad_key(name):
            untold = UNTOLD_KEY if name and self._top.hides_keys else bad
            self._report(codes.KEY_IS_NOT_TEXT, place, untold.message, untold.hint, on_key=True)

    def _open(self, event: Any) -> bool:
        mark = event.start_mark
        start = Spot(mark.index, Position(mark.line + 1, mark.column + 1))
        place = (*start.position, *start.position)
        self._left -= 1
        if self._left < 0:
            return self._too_large(place)
        if len(self._stack) > self._depth:
            message = f"lists and mappings are nested more than {self._depth} deep"
            self._report(codes.TOO_DEEP, place, message, "no topology needs that, look for stray brackets")
            return False
        self._properties(event, place)
        top = self._top
        as_key = top.key is None and top.entries is not None
        data: list[Json] | dict[str, Json] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._top = Frame(data, self._attach(data), start, flow=bool(event.flow_style))
        self._top.as_key = as_key
        self._stack.append(self._top)
        return self._more

    def _close(self, event: Any) -> bool:
        frame = self._stack.pop()
        self._top = self._stack[-1]
        mark = event.end_mark
        if mark.index > event.start_mark.index:  # a bracket; a block ends where its last node ended
            self._end = (mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 1)
            self._end_mark = mark
        place = (*frame.start.position, self._end[2], self._end[3])
        if not frame.as_key:
            self.values[frame.pointer] = place
            return True
        if self._text.startswith("{{", frame.start.offset):
            return True  # its own first key is a mapping: that was said already
        kind = "a list" if frame.entries is None else "a mapping"
        template = self._text.startswith("{{", max(frame.start.offset - 1, 0))
        hint = "quote the `{{ … }}` of a template" if template else "write a name, quoted if need be"
        self._report(codes.KEY_IS_NOT_TEXT, place, f"the key is {kind}, not text", hint, on_key=True)
        return self._more

    def _alias(self, event: Any) -> bool:
        start, end = event.start_mark, event.end_mark
        self._end = place = (start.line + 1, start.column + 1, end.line + 1, end.column + 1)
        self._end_mark = end
        self._left -= 1
        if self._left < 0:
            return self._too_large(place)
        message = "an alias, which the language does not have"  # its name may be a password's beginning
        hint = "write the value out, or quote it if the `*` belongs to it"
        self._report(codes.ANCHOR_OR_ALIAS, place, message, hint)
        self._attach(None)
        return self._more

    def _document(self, event: Any) -> bool:
        mark = event.start_mark
        width = 3 if self._text.startswith("---", mark.index) else 0
        place = (mark.line + 1, mark.column + 1, mark.line + 1, mark.column + 1 + width)
        if self._first:
            first = Label((), "the first one begins here", span=self._first)
            message = "a second document begins here"
            self._report(codes.SEVERAL_DOCUMENTS, place, message, "keep one topology in a file", first)
            return False
        self._first = span_at(place)
        if event.version not in (None, (1, 2)):
            message = "the directive asks for another YAML than 1.2, which hagen reads"
            self._report(codes.YAML_SYNTAX, place, message, "remove the line")
        if event.tags:
            message = "a `%TAG` directive is not part of the language"
            self._report(codes.TAG, place, message, "remove the line")
        return self._more
