"""What is said to the user, as values: no module below `render` turns them into words on a screen."""

from typing import Literal, NamedTuple, TypeAlias

from hagen.source import Pointer, Span

Severity: TypeAlias = Literal["error", "warning"]


class Label(NamedTuple):
    """A place and what is to be said of it.

    A stage names the place by `at`; `pipeline` adds `span` once, from the document. `on_key` asks for the
    key's span instead of the value's. `secret` keeps renderers from showing the text that stands there.
    """

    at: Pointer
    text: str = ""
    on_key: bool = False
    secret: bool = False
    span: Span | None = None


class Diagnostic(NamedTuple):
    """One mistake: what is wrong, where, what else it touches, and the mend."""

    code: "Code"
    severity: Severity
    message: str
    primary: Label
    related: tuple[Label, ...] = ()
    hint: str = ""


class Code(NamedTuple):
    """The identity of a kind of mistake.

    `name` is kebab-case and names the bad state, not the mend. `safety` marks the rules that only warn in a
    topology whose `cluster.purpose` is `lab`.
    """

    id: str
    name: str
    severity: Severity
    summary: str
    safety: bool = False

    def at(
        self,
        place: Pointer | Label,
        message: str,
        *related: Label,
        hint: str = "",
        on_key: bool = False,
        lab: bool = False,
    ) -> Diagnostic:
        """Return a diagnostic of this kind at `place`; `lab` is whether the topology is one of a lab."""
        primary = place if isinstance(place, Label) else Label(place, on_key=on_key)
        severity: Severity = "warning" if lab and self.safety else self.severity
        return Diagnostic(self, severity, message, primary, related, hint)


def has_errors(diagnostics: tuple[Diagnostic, ...]) -> bool:
    """Tell whether any of `diagnostics` stops the compilation."""
    return any(each.severity == "error" for each in diagnostics)


_LISTED = 20
"""How many names a hint lists at most."""


def did_you_mean(word: str, known: "list[str] | tuple[str, ...]") -> str:
    """Return a hint that names the nearest of `known`, or lists them when nothing is near."""
    if not known:
        return "there is none yet: add it"
    import difflib  # noqa: PLC0415  only a refused topology pays for it

    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    return f"known here: {', '.join(f'`{name}`' for name in known[:_LISTED])}{more}"
