"""Diagnostics to text for people and programs: one module a format, each with the same `render`.

Nothing of a format is imported before it is asked to render: a compilation with nothing to say pays for none.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from hagen.render.report import Report


class Renderer(Protocol):
    """What a format offers: reports to text that ends in a newline, or to no text when there is nothing to say."""

    def __call__(self, reports: "Sequence[Report]", *, colour: bool = False) -> str:
        """Return what is to be said; `colour` allows ANSI colours, which only the format `text` uses."""


def _imported_late(name: str) -> Renderer:
    def render(reports: "Sequence[Report]", *, colour: bool = False) -> str:
        chosen = cast("Renderer", import_module(f"{__name__}.{name}").render)
        return chosen(reports, colour=colour)

    return render


FORMATS = ("text", "json", "sarif", "github")
"""The names of the formats, the usual one first."""

ALL: Mapping[str, Renderer] = {name: _imported_late(name) for name in FORMATS}
"""The formats by name; each imports its module when it is first called."""
