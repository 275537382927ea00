"""Templates: the layout language and its refusals, the origins of lines, quoting that real bash reads back."""

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hagen import resources, template
from hagen.artifact import Line, Origin
from hagen.template import FILTERS, Block, Command, Why, expand, quote
from hagen.transpile import compile_templates

A = Origin("topology", ("services", "a"))
B = Origin("catalog", ("b",))
WHY = Origin("hagen", (), "because")

Expand = Callable[..., tuple[str, tuple[tuple[Origin, ...], ...]]]


def pieces(source: str, values: dict[str, Any]) -> list[Any]:
    """Return what the compiled template `source` hands out."""
    module: dict[str, Any] = {}
    exec(compile_templates({"t.j2": source}), module)  # noqa: S102
    found: list[Any] = []
    module["TEMPLATES"]["t.j2"](values, found.append)
    return found


def printed(piece: object) -> str:
    """Return the text of a piece, as jinja2 is to print it."""
    if isinstance(piece, str):
        return piece
    return "" if isinstance(piece, Why) else piece.text  # type: ignore[attr-defined]


@pytest.fixture
def expanded(monkeypatch: pytest.MonkeyPatch) -> Expand:
    """Expand a template that is given as text."""

    def of(source: str, **values: Any) -> tuple[str, tuple[tuple[Origin, ...], ...]]:
        template._layout.cache_clear()
        monkeypatch.setattr(resources, "templates", lambda: None)
        monkeypatch.setattr(resources, "text", lambda name: {"templates/t.j2": source}[name])
        try:
            return expand("t.j2", values)
        finally:
            template._layout.cache_clear()

    return of


# The layout language.

JINJA = jinja2.Environment(
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    undefined=jinja2.StrictUndefined,
    finalize=printed,
    autoescape=False,  # noqa: S701  not HTML
)
JINJA.filters.update(FILTERS)

VALUES: dict[str, Any] = {
    "title": "a title",
    "empty": "",
    "yes": True,
    "no": False,
    "count": 3,
    "line": Line("a line", (A,)),
    "command": Command(("echo", "it's", "a b"), (A,)),
    "block": Block("one\n\ntwo", ((A,), (), (B,))),
    "rows": [
        SimpleNamespace(
            name="r1", lines=(Line("x", (A,)), Line("y", (B,))), pairs=[("k", "v"), ("l", "w")], odd=True
        ),
        SimpleNamespace(name="r2", lines=(), pairs=[("m", "u")], odd=False),
    ],
    "map": {"key": "looked up", "list": ["first", "second"]},
}

TEXTS = st.sampled_from(
    [
        "text",
        "\n",
        "  \n",
        "\t",
        " {# a comment #}\n",
        "a\n\nb\n",
        "é…\u2028",
        "'\"\\",
        "{% raw %}{{ x }}{% endraw %}\n",
    ]
)
OUTPUTS = st.sampled_from(
    [
        "title", "empty", "line", "map['key']", "map['list'][1]", "map['list'][0]", "rows[0].name", "'constant'", '"it\'s"', "'a' 'b'",
        "command | argv", "command | wrapped | indent(3)", "block | indent(2)", "line | comment", "title | comment", "'why' | why",
        "'a\\nb' | comment", "command | argv | comment",
    ]
)  # fmt: skip
TESTS = st.recursive(
    st.sampled_from(["yes", "no", "empty", "rows", "map['list'][0]", "count == 3", "count != 3", "count > 2", "count <= 2", "title == 'a title'", "empty == none"]),
    lambda inner: st.one_of(
        inner.map(lambda test: f"not {test}"),
        inner.map(lambda test: f"({test})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(" ".join),
    ),
    max_leaves=4,
)  # fmt: skip


def _loops(body: str) -> str:
    return (
        "{% for row in rows %}\n" + body + "{{ row.name }}{% for line in row.lines %}\n  {{ line }}\n"
        "    {% endfor %}{% for line, title in row.pairs -%}\n  {{ line }}={{ title }}"
        + body
        + "{% endfor %}\n{% endfor %}{{ title }}"
    )


TEMPLATES = st.recursive(
    st.one_of(TEXTS, OUTPUTS.map(lambda output: f"{{{{ {output} }}}}")),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map("".join),
        inner.map(_loops),
        st.tuples(TESTS, inner, TESTS, inner, inner).map(
            lambda each: (
                f"  {{% if {each[0]} %}}\n{each[1]}{{% elif {each[2]} %}}{each[3]}\n{{% else %}}{each[4]}\n{{% endif %}}\n"
            )
        ),
        st.tuples(TESTS, inner).map(lambda each: f"{{% if {each[0]} %}}{each[1]}{{% endif %}}"),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEMPLATES)
def test_compiled_templates_agree_with_jinja(source: str) -> None:
    """A compiled template prints what jinja2 itself prints."""
    expected = JINJA.from_string(source).render(VALUES)

    assert expected == "".join(map(printed, pieces(source, VALUES)))


def test_a_loop_variable_hides_a_value_only_inside_the_loop() -> None:
    """After a loop its variable's name means the value again, and the sequence is looked up outside."""
    source = "{% for x in x %}{% for x in x %}{{ x }}{% endfor %}{% endfor %}{{ x[1] }}"

    assert pieces(source, {"x": ["ab", "c"]}) == ["a", "b", "c", "c"]


def test_neighbouring_constants_are_one_piece() -> None:
    """Text, constants and comments that meet are handed out at once."""
    assert pieces("a {{ 'b' }}{# no #}\n\n{{ 'c' }}", {}) == ["a b\nc"]


def test_a_constant_is_computed_once() -> None:
    """A filter on a constant is not run again for each row of a loop."""
    first, second = pieces("{% for row in rows %}{{ 'w' | why }}{% endfor %}", {"rows": [1, 2]})

    assert first is second


REFUSED = [
    ("{% set x = 1 %}", "Assign"),
    ("{% macro m() %}{% endmacro %}", "Macro"),
    ("{% include 'x' %}", "Include"),
    ("{% import 'x' as x %}", "Import"),
    ("{% extends 'x' %}", "Extends"),
    ("{% block x %}{% endblock %}", "Block"),
    ("{% with x = 1 %}{% endwith %}", "With"),
    ("{% filter comment %}{% endfilter %}", "FilterBlock"),
    ("{% call x() %}{% endcall %}", "CallBlock"),
    ("{{ x() }}", "Call"),
    ("{{ x.y() }}", "Call"),
    ("{{ 1 }}", "Const"),
    ("{{ none }}", "Const"),
    ("{{ x + 1 }}", "Add"),
    ("{{ x ~ 'y' }}", "Concat"),
    ("{{ -x }}", "Neg"),
    ("{{ [x] }}", "List"),
    ("{{ x if y else z }}", "CondExpr"),
    ("{{ x[1:2] }}", "Getitem"),
    ("{{ x[y] }}", "Getitem"),
    ("{{ x[true] }}", "Getitem"),
    ("{{ x == 1 }}", "Compare"),
    ("{{ not x }}", "Not"),
    ("{{ x | default('y') }}", "no filter named `default`"),
    ("{{ x | upper }}", "no filter named `upper`"),
    ("{{ x | indent(columns=2) }}", "by position"),
    ("{{ x | indent(*y) }}", "by position"),
    ("{{ x | indent(y) }}", "only a constant"),
    ("{{ 1 | comment }}", "Const"),
    ("{{ x.__class__ }}", "private"),
    ("{{ x.class }}", "`class` cannot"),
    ("{{ loop.index }}", "`loop` cannot"),
    ("{{ self }}", "`self` cannot"),
    ("{{ é }}", "`é` cannot"),
    ("{% for x in y %}{% else %}none{% endfor %}", "no `else`"),
    ("{% for x in y if x %}{% endfor %}", "no `if`"),
    ("{% for x in y recursive %}{% endfor %}", "no `recursive`"),
    ("{% for x in [1, 2] %}{% endfor %}", "List"),
    ("{% for x in y | comment %}{% endfor %}", "Filter"),
    ("{% for a, (b, c) in y %}{% endfor %}", "a loop variable is a name"),
    ("{% if x is defined %}{% endif %}", "Test"),
    ("{% if x in y %}{% endif %}", "Compare"),
    ("{% if x == y %}{% endif %}", "only a constant"),
    ("{% if 1 < x < 3 %}{% endif %}", "Compare"),
    ("{% if true %}{% endif %}", "Const"),
    ("{% if x | comment %}{% endif %}", "Filter"),
    ("{% if x %}", "nd of template"),
    ("{% unknown %}", "unknown tag"),
]


@pytest.mark.parametrize(("source", "words"), REFUSED, ids=[source for source, _ in REFUSED])
def test_everything_else_is_refused(source: str, words: str) -> None:
    """What is not layout is a TypeError that names the template, the line and the construct."""
    with pytest.raises(TypeError, match=re.escape(words)) as refusal:
        compile_templates({"t.j2": f"first line\n{source}"})

    assert str(refusal.value).startswith("t.j2:2: ")


def test_every_name_must_be_given() -> None:
    """A value that is not given is a KeyError, even in a branch that is not taken."""
    with pytest.raises(KeyError, match="absent"):
        pieces("{% if no %}{{ absent }}{% endif %}", {"no": False})


def test_attributes_and_items_are_not_mixed() -> None:
    """A dot is an attribute and brackets are an item; unlike in Jinja neither stands in for the other."""
    with pytest.raises(AttributeError):
        pieces("{{ x.key }}", {"x": {"key": "v"}})
    with pytest.raises(TypeError):
        pieces("{{ x['key'] }}", {"x": SimpleNamespace(key="v")})


def test_the_source_does_not_depend_on_the_order_of_templates() -> None:
    """The generated module is the same whatever order the files were found in."""
    texts = {"a": "{{ 'x' | why }}a", "b": "{{ c | argv }}"}

    assert compile_templates(texts) == compile_templates(dict(reversed(texts.items())))


def test_every_template_compiles() -> None:
    """Each file in templates/ keeps to the layout language."""
    folder = Path(__file__).parent.parent / "templates"
    sources = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.j2")}
    module: dict[str, Any] = {}
    exec(compile_templates(sources), module)  # noqa: S102

    assert sources.keys() == module["TEMPLATES"].keys()


# Text and origins.


def test_a_line_has_all_its_marks_in_order_and_once(expanded: Expand) -> None:
    """Marks that stand on one line are joined; repeated ones count once."""
    text, origins = expanded(
        "{{ a }} {{ b }} {{ a }}{{ 'because' | why }}\n{{ both }}\n",
        a=Line("1", (A,)),
        b=Line("2", (B,)),
        both=Line("3", (A, A)),
    )

    assert text == "1 2 1\n3\n"
    assert origins == ((A, B, WHY), (A,))


def test_a_literal_block_stands_under_one_reason(expanded: Expand) -> None:
    """Lines without a mark have the origins above, through blank lines too, if hagen itself made that."""
    text, origins = expanded("{{ 'because' | why }}set -eu\nmore\n\nlast\n")

    assert text == "set -eu\nmore\n\nlast\n"
    assert origins == ((WHY,),) * 4


def test_blank_lines_have_what_stands_above_or_at_the_top_below(expanded: Expand) -> None:
    """A blank line has the origins above whatever their kind; at the top those of the first line."""
    text, origins = expanded("\n\n{{ a }}\n\n{{ b }}\n", a=Line("1", (A,)), b=Line("2", (B,)))

    assert text == "\n\n1\n\n2\n"
    assert origins == ((A,), (A,), (A,), (A,), (B,))


@pytest.mark.parametrize(
    "source",
    [
        "{{ a }}\nliteral\n",
        "{{ a }}\n\nliteral\n",
        "literal\n{{ 'w' | why }}x\n",
        "{{ 'w' | why }}{{ a }}\nliteral\n",
    ],
)
def test_a_line_that_nothing_explains_is_refused(expanded: Expand, source: str) -> None:
    """A line without a mark under one that hagen did not make itself is a mistake in the template."""
    with pytest.raises(
        ValueError, match=r"t\.j2, output line [123]: nothing says where 'literal' comes from"
    ):
        expanded(source, a=Line("1", (A,)))


def test_a_block_brings_the_origins_of_each_of_its_lines(expanded: Expand) -> None:
    """The text around a block shares its first and its last line."""
    text, origins = expanded(
        "{{ b }}<{{ block }}>{{ b }}\n",
        b=Line("2", (B,)),
        block=Block("x\n\ny \nz\n", ((A,), (), (WHY,), (A,))),
    )

    assert text == "2<x\n\ny \nz>2\n"
    assert origins == ((B, A), (B, A), (WHY,), (A, B))


def test_the_text_ends_with_one_newline(expanded: Expand) -> None:
    """Newlines at the end are cut to one, and one is added where there is none."""
    line = Line("1", (A,))

    assert expanded("{{ a }}", a=line) == ("1\n", ((A,),))
    assert expanded("{{ a }}\n\n\n", a=line) == ("1\n", ((A,),))
    assert expanded("{{ a }}\n", a=Block("1\n\n", ((A,), (B,)))) == ("1\n", ((A,),))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "x",
                "\n",
                "\n\n",
                "a\nb\n",
                Line("l", (A,)),
                Line("m", (WHY, B)),
                Why(WHY),
                Block("p\nq", ((A,), (WHY,))),
            ]
        )
    )
)
def test_each_line_has_its_origins(parts: list[Any]) -> None:
    """However pieces meet, there are as many origins as lines, and each is what stands on its line."""
    parts = [Why(WHY), *parts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(template, "_layout", lambda _name: lambda _values, out: [out(part) for part in parts])
        expected = plainly_expanded(parts)
        if expected is None:
            with pytest.raises(ValueError, match=r"t\.j2.*: nothing (says where|but blank lines)"):
                expand("t.j2", {})
        else:
            assert expected == expand("t.j2", {})


def plainly_expanded(parts: list[Any]) -> tuple[str, tuple[tuple[Origin, ...], ...]] | None:
    """Return what `expand` has to make of these pieces, worked out in the plainest way; None is a refusal."""
    lines: list[tuple[str, list[Origin]]] = [("", [])]
    for part in parts:
        texts = printed(part).split("\n")
        marks: list[tuple[Origin, ...]] = [()] * len(texts)
        if isinstance(part, Block):
            marks = list(part.origins)
        elif isinstance(part, Line):
            marks = [part.origins]
        elif isinstance(part, Why):
            marks = [(part.origin,)]
        lines[-1] = (lines[-1][0] + texts[0], [*lines[-1][1], *marks[0]])
        lines.extend((text, list(mark)) for text, mark in zip(texts[1:], marks[1:], strict=True))
    while lines and not lines[-1][0]:
        lines.pop()
    if not lines:
        return None
    above = list(lines[0][1])  # the first line always has a mark here
    for text, marks_of_line in lines:
        if marks_of_line:
            above = list(dict.fromkeys(marks_of_line))
        elif text and any(origin.kind != "hagen" for origin in above):
            return None
        marks_of_line[:] = above
    return "".join(f"{text}\n" for text, _ in lines), tuple(
        tuple(marks_of_line) for _, marks_of_line in lines
    )


@pytest.mark.parametrize("piece", [None, 1, True, b"x", ["x"], ("x", ()), A, Command(("x",), ())], ids=repr)
def test_only_pieces_can_be_printed(expanded: Expand, piece: object) -> None:
    """What the emitter did not make ready is a TypeError."""
    with pytest.raises(TypeError, match=r"t\.j2, output line 2: .* is not a piece of text"):
        expanded("{{ 'w' | why }}first\n{{ x }}", x=piece)


@pytest.mark.parametrize(
    ("piece", "words"),
    [
        (Line("a\nb", (A,)), "output line 2: a Line of several lines"),
        (Line("a ", (A,)), "output line 2: space at the end of 'a '"),
        (Line("a\t", (A,)), "output line 2: space at the end"),
        (Line("a\rb", (A,)), "output line 2: a carriage return"),
        (Block("a\rb", ((A,),)), "output line 2: a carriage return"),
        (Block("a\nb", ((A,),)), "output line 2: a Block whose 1 origins"),
        (Block("a\n", ((A,), (A,))), "output line 2: a Block whose 2 origins"),
    ],
)
def test_what_no_artifact_may_contain_is_refused(expanded: Expand, piece: object, words: str) -> None:
    """A line break in a line, space at the end of one and carriage returns are mistakes of the emitter."""
    with pytest.raises(ValueError, match=re.escape(f"t.j2, {words}")):
        expanded("{{ 'w' | why }}first\n{{ x }}\n", x=piece)


@pytest.mark.parametrize("source", ["", "\n\n", "{{ 'w' | why }}\n"])
def test_an_empty_artifact_is_refused(expanded: Expand, source: str) -> None:
    """A template that prints nothing is a mistake."""
    with pytest.raises(ValueError, match=r"t\.j2: nothing but blank lines"):
        expanded(source)


# Filters.

ARGUMENTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
TRICKY = st.text(st.sampled_from("ab01xu'\"\\$`!~#&|;<>(){}[]*?=% \t\n\r\x01\x1b\x7f\x85\u2028\u202eé"))


def in_bash(text: str) -> list[str]:
    """Return the arguments that real bash sees in `text`, in the C locale."""
    run = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {text}"], capture_output=True, check=True, env={"LC_ALL": "C"}
    )
    return run.stdout.decode().split("\0")[:-1]


@settings(max_examples=150, deadline=None)
@given(st.lists(ARGUMENTS | TRICKY, min_size=1, max_size=8))
def test_bash_reads_back_every_argument(arguments: list[str]) -> None:
    """Real bash sees the arguments as they were, on one line or broken into several."""
    command = Command(tuple(arguments), (A,))
    line = FILTERS["argv"](command)
    block = FILTERS["wrapped"](command)
    assert isinstance(line, Line)
    assert isinstance(block, Block)

    assert arguments == in_bash(line.text)
    assert arguments == in_bash(block.text)
    assert len(line.text.splitlines()) == 1
    assert len(block.origins) == len(block.text.splitlines())


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_printable_text_is_quoted_as_the_standard_library_does(argument: str) -> None:
    """For arguments without control characters the result is that of shlex."""
    assert shlex.quote(argument) == quote(argument)


def test_no_argument_can_hold_nul() -> None:
    """A NUL cannot be handed to a program, so it is refused."""
    with pytest.raises(ValueError, match="no command can be given"):
        quote("a\0b")


@given(st.lists(st.text("abc d", max_size=40), min_size=1, max_size=30))
def test_wide_commands_are_broken_between_arguments(arguments: list[str]) -> None:
    """A line is wider than 100 columns only if one argument alone is, and nothing else is changed."""
    command = Command(("pcs", *arguments), (A,))
    block = FILTERS["wrapped"](command)
    assert isinstance(block, Block)

    assert all(len(line) <= 100 for line in block.text.split("\n"))
    assert FILTERS["argv"](command) == Line(block.text.replace(" \\\n    ", " "), (A,))
    assert ((A,),) * len(block.text.split("\n")) == block.origins


def test_a_short_command_is_not_broken() -> None:
    """A command of exactly 100 columns stays on its line."""
    assert Block("x " + "a" * 98, ((A,),)) == FILTERS["wrapped"](Command(("x", "a" * 98), (A,)))
    assert Block("x \\\n    " + "a" * 99, ((A,), (A,))) == FILTERS["wrapped"](Command(("x", "a" * 99), (A,)))


@given(st.text() | st.text(st.sampled_from("a\n\r\x0b\x0c\x1c\x85\u2028\u2029 ")))
def test_nothing_escapes_from_a_comment(text: str) -> None:
    """Each line of a comment, by the widest idea of a line, begins with a number sign and ends without space."""
    commented = FILTERS["comment"](text)
    assert isinstance(commented, str)

    assert commented.split("\n") == commented.splitlines()
    assert all(line == "#" or line.startswith("# ") for line in commented.splitlines())
    assert all(line == line.rstrip() for line in commented.splitlines())
    assert "".join(text.split()) == "".join("".join(line[2:] for line in commented.splitlines()).split())


def test_a_comment_keeps_its_origins() -> None:
    """A line that becomes a comment keeps its origins, on each line if it becomes several."""
    assert Line("# a", (A,)) == FILTERS["comment"](Line("a", (A,)))
    assert Line("#", (A,)) == FILTERS["comment"](Line("", (A,)))
    assert Block("# a\n#\n# b", ((A,),) * 3) == FILTERS["comment"](Line("a\n\nb", (A,)))


def test_indent_leaves_empty_lines_empty() -> None:
    """Only lines with something on them are moved to the right."""
    assert Block("  a\n\n  b\n", ((A,), (), (B,))) == FILTERS["indent"](
        Block("a\n\nb\n", ((A,), (), (B,))), 2
    )


@pytest.mark.parametrize(
    ("name", "value", "arguments"),
    [
        ("argv", Line("x", (A,)), ()),
        ("argv", ("x",), ()),
        ("wrapped", "x", ()),
        ("comment", Block("x", ((A,),)), ()),
        ("comment", None, ()),
        ("indent", "x", (2,)),
        ("indent", Line("x", (A,)), (2,)),
        ("why", Line("x", (A,)), ()),
    ],
)
def test_filters_take_only_what_they_are_for(name: str, value: object, arguments: tuple[int, ...]) -> None:
    """A value of another type is a TypeError, even one of the same shape."""
    with pytest.raises(TypeError):
        FILTERS[name](value, *arguments)


def test_a_command_has_a_name() -> None:
    """A command without arguments is a mistake of the emitter."""
    with pytest.raises(ValueError, match="at least its name"):
        FILTERS["argv"](Command((), (A,)))
