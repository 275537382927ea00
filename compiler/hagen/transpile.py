"""Jinja templates to the source of a Python module: one plain function for each template.

Only layout is understood: values, loops, conditions and named filters. Everything else that Jinja can say is
refused with a TypeError that names the template and the line, so no template comes to decide or compute.
This module imports jinja2: it runs in a checkout and when a wheel is made, never from a wheel.
"""

from collections.abc import Mapping, Sequence
from keyword import iskeyword
from typing import TypeAlias

from jinja2 import Environment, TemplateSyntaxError, nodes

from hagen.filters import FILTERS

_SYNTAX = Environment(  # noqa: S701  nothing that hagen makes is HTML
    trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
)
_SPECIAL = frozenset({"loop", "self", "caller", "super", "varargs", "kwargs"})
_OPERATORS = {"eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">="}

_Scope: TypeAlias = Mapping[str, str]
"""The loop variables that can be seen: their names in the template and in the function."""


def compile_templates(sources: Mapping[str, str]) -> str:
    """Return the source of a module whose `TEMPLATES` maps the names of `sources` to functions.

    Such a function takes the values by name and a callable, to which it hands each piece of the output in order.
    Every name that the template uses must be among the values, even where this run does not come to it.
    """
    functions = [_Function(name) for name in sorted(sources)]
    bodies = [
        function.compile(f"layout_{index}", sources[function.name])
        for index, function in enumerate(functions)
    ]
    used = sorted({each for function in functions for each in function.used})
    return "\n".join(
        [
            '"""Templates, compiled from templates/; do not edit."""\n',
            "from hagen.filters import FILTERS\n",
            *(f"filter_{name} = FILTERS[{name!r}]" for name in used),
            *bodies,
            "\nTEMPLATES = {",
            *(f"    {function.name!r}: layout_{index}," for index, function in enumerate(functions)),
            "}\n",
        ]
    )


class _Function:
    """One template on its way to a function: the lines written so far and what they need."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.used: set[str] = set()
        self._names: set[str] = set()
        self._constants: dict[str, str] = {}
        self._lines: list[str] = []
        self._text = ""
        self._targets = 0

    def compile(self, function: str, source: str) -> str:
        try:
            tree = _SYNTAX.parse(source)
        except TemplateSyntaxError as error:
            raise TypeError(f"{self.name}:{error.lineno}: {error.message}") from error
        self._block(tree.body, {}, 1)
        return "\n".join(
            [
                f"\n\ndef {function}(values, out):  # {self.name!r}",
                *(f"    value_{name} = values[{name!r}]" for name in sorted(self._names)),
                *(f"    {name} = {expression}" for expression, name in self._constants.items()),
                *self._lines,
            ]
        )

    def _refusal(self, node: nodes.Node, what: str = "") -> TypeError:
        kind = what or f"{type(node).__name__} is not part of the layout language"
        return TypeError(f"{self.name}:{node.lineno}: {kind}")

    def _write(self, depth: int, line: str) -> None:
        self._lines.append("    " * depth + line)

    def _flush(self, depth: int) -> None:
        if self._text:
            self._write(depth, f"out({self._text!r})")
            self._text = ""

    def _block(self, body: Sequence[nodes.Node], scope: _Scope, depth: int) -> None:
        before = len(self._lines)
        for node in body:
            match node:
                case nodes.Output(nodes=pieces):
                    for piece in pieces:
                        self._piece(piece, scope, depth)
                case nodes.For():
                    self._flush(depth)
                    self._loop(node, scope, depth)
                case nodes.If():
                    self._flush(depth)
                    self._choice(node, scope, depth)
                case _:
                    raise self._refusal(node)
        self._flush(depth)
        if len(self._lines) == before:
            self._write(depth, "pass")

    def _piece(self, node: nodes.Expr, scope: _Scope, depth: int) -> None:
        match node:
            case nodes.TemplateData(data=str(text)) | nodes.Const(value=str(text)):
                self._text += text
            case nodes.Filter():
                self._flush(depth)
                self._write(depth, f"out({self._filtered(node, scope)})")
            case _:
                self._flush(depth)
                self._write(depth, f"out({self._value(node, scope)})")

    def _filtered(self, node: nodes.Filter, scope: _Scope) -> str:
        if node.name not in FILTERS:
            raise self._refusal(node, f"no filter named `{node.name}`; known: {', '.join(sorted(FILTERS))}")
        if node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
            raise self._refusal(node, f"filter `{node.name}` takes constants by position only")
        self.used.add(node.name)
        arguments = "".join(f", {self._constant(each)}" for each in node.args)
        inner = node.node
        match inner:
            case nodes.Const(value=str(text)):
                return self._hoisted(f"filter_{node.name}({text!r}{arguments})")
            case nodes.Filter():
                subject = self._filtered(inner, scope)
            case None:
                raise self._refusal(node, "a filter needs a value")
            case _:
                subject = self._value(inner, scope)
        call = f"filter_{node.name}({subject}{arguments})"
        return self._hoisted(call) if subject in self._constants.values() else call

    def _hoisted(self, expression: str) -> str:
        """Return the name of a constant, so that no loop computes it again."""
        return self._constants.setdefault(expression, f"constant_{len(self._constants)}")

    def _constant(self, node: nodes.Expr) -> str:
        match node:
            case nodes.Const(value=bool() | int() | str() | None as value):
                return repr(value)
            case _:
                raise self._refusal(node, f"{type(node).__name__} where only a constant may stand")

    def _value(self, node: nodes.Node, scope: _Scope) -> str:
        match node:
            case nodes.Name(name=name):
                self._check_name(node, name)
                if name in scope:
                    return scope[name]
                self._names.add(name)
                return f"value_{name}"
            case nodes.Getattr(node=inner, attr=name):
                if name.startswith("_"):
                    raise self._refusal(node, f"`{name}` is private")
                self._check_name(node, name)
                return f"{self._value(inner, scope)}.{name}"
            case nodes.Getitem(node=inner, arg=nodes.Const(value=str() | int() as key)) if not isinstance(
                key, bool
            ):
                return f"{self._value(inner, scope)}[{key!r}]"
            case _:
                raise self._refusal(node)

    def _check_name(self, node: nodes.Node, name: str) -> None:
        if name in _SPECIAL or iskeyword(name) or not name.isascii():
            raise self._refusal(node, f"`{name}` cannot be used as a name")

    def _loop(self, node: nodes.For, scope: _Scope, depth: int) -> None:
        if node.else_ or node.test is not None or node.recursive:
            raise self._refusal(node, "a loop has no `else`, no `if` and no `recursive`")
        match node.target:
            case nodes.Name():
                targets: list[nodes.Expr] = [node.target]
            case nodes.Tuple(items=items):
                targets = items
            case _:
                raise self._refusal(node)
        sequence = self._value(node.iter, scope)
        inner = dict(scope)
        variables = []
        for target in targets:
            if not isinstance(target, nodes.Name):
                raise self._refusal(node, "a loop variable is a name")
            self._check_name(target, target.name)
            self._targets += 1
            inner[target.name] = f"each{self._targets}_{target.name}"
            variables.append(inner[target.name])
        unpacked = ", ".join(variables) + ("," if isinstance(node.target, nodes.Tuple) else "")
        self._write(depth, f"for {unpacked} in {sequence}:")
        self._block(node.body, inner, depth + 1)

    def _choice(self, node: nodes.If, scope: _Scope, depth: int) -> None:
        word = "if"
        for branch in (node, *node.elif_):
            self._write(depth, f"{word} {self._test(branch.test, scope)}:")
            self._block(branch.body, scope, depth + 1)
            word = "elif"
        if node.else_:
            self._write(depth, "else:")
            self._block(node.else_, scope, depth + 1)

    def _test(self, node: nodes.Node, scope: _Scope) -> str:
        match node:
            case nodes.Not(node=inner):
                return f"(not {self._test(inner, scope)})"
            case nodes.And(left=left, right=right):
                return f"({self._test(left, scope)} and {self._test(right, scope)})"
            case nodes.Or(left=left, right=right):
                return f"({self._test(left, scope)} or {self._test(right, scope)})"
            case nodes.Compare(expr=left, ops=[nodes.Operand(op=operator, expr=right)]) if (
                operator in _OPERATORS
            ):
                return f"({self._value(left, scope)} {_OPERATORS[operator]} {self._constant(right)})"
            case _:
                return self._value(node, scope)
