"""Load: the bytes of a topology to plain data, with the place of every key and value beside it.

One pass over the events of PyYAML's parser (libyaml where it is there, its Python twin where it is not):
linear, without recursion, and capped in bytes, nodes and depth before anything is built.
"""

import gc
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import yaml

from hagen.diagnostic import Diagnostic, Label
from hagen.load.decode import decode
from hagen.load.empty import empty
from hagen.load.frame import Places, span_at
from hagen.load.syntax import explain
from hagen.load.tree import Builder
from hagen.source import MOST_BYTES, Json, Pointer, Position, Source, Span

_PARSER = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
_HEAD = Span(Position(1, 1), Position(1, 1))


class Limits(NamedTuple):
    """How much is read: `bytes` of text, `nodes` (keys, values, lists and mappings), `depth` of nesting.

    After `mistakes` the pass ends, too: nobody reads on, and they take memory.
    """

    bytes: int = MOST_BYTES
    nodes: int = 2_000_000
    depth: int = 64
    mistakes: int = 1000


DEFAULT = Limits()
"""The limits of a topology: far above any real one."""


class Document(NamedTuple):
    """What the user wrote: plain data, and the places of its values and keys by pointer."""

    data: Json
    values: Mapping[Pointer, Places]
    keys: Mapping[Pointer, Places]
    written: Mapping[Pointer, str] = MappingProxyType({})
    """Numbers and truth values that were not written as they are said: ``0x1F``, ``+1``, ``True``."""

    def span(self, label: Label) -> Span:
        """Return where `label` points: its node, or the deepest one on the way to it that was written.

        A label `on_key` gets the key's span; items of lists and the root have no key and give their value's.
        """
        at = label.at
        while at not in self.values:
            at = at[:-1]
        place = self.keys.get(at) if label.on_key else None
        return span_at(place or self.values[at])

    def has(self, pointer: Pointer) -> bool:
        """Tell whether the user wrote this node."""
        return pointer in self.values


def load(source: Source, limits: Limits = DEFAULT) -> tuple[Document | None, tuple[Diagnostic, ...]]:
    """Return the document of `source`, or None and all that is wrong with it, by position, spans set."""
    text, found = decode(source.data, limits.bytes, limits.mistakes)
    if found:
        return None, tuple(found)
    builder = Builder(text, limits.nodes, limits.depth, limits.mistakes)
    collecting = gc.isenabled()
    gc.disable()  # nothing here is cyclic, and walking the growing tree again and again is half the time
    try:
        _walk(text, builder)
    finally:
        if collecting:
            gc.enable()
    if builder.found:
        return None, tuple(sorted(builder.found, key=_order))
    if builder.root is None:
        return None, (empty(),)
    return Document(builder.root, builder.values, builder.keys, builder.written), ()


def _walk(text: str, builder: Builder) -> None:
    """Give `builder` the events of `text`; a syntax error ends them and is the last mistake."""
    parser = _PARSER(text)
    get, takers = parser.get_event, builder.takers
    try:
        while (event := get()) is not None and takers[type(event)](event):
            pass
    except yaml.YAMLError as error:
        builder.found.append(explain(error, text, builder.last, builder.bracket))
    except (ValueError, OverflowError):
        # A number or an escape that Python itself cannot turn into what the parser asks for.
        builder.found.append(explain(_unmarked(parser, text), text, builder.last, builder.bracket))


def _unmarked(parser: object, text: str) -> yaml.YAMLError:
    if isinstance(parser, yaml.BaseLoader):
        mark = parser.get_mark()
        if text[mark.index - 2 : mark.index] == "\\U":
            return yaml.MarkedYAMLError("while scanning a quoted scalar", mark, "invalid Unicode", mark)
        return yaml.MarkedYAMLError(None, mark, "", mark)
    return yaml.YAMLError()


def _order(each: Diagnostic) -> tuple[Span, str, str]:
    return each.primary.span or _HEAD, each.code.id, each.message
