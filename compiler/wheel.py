"""The part of a wheel that is made when it is built: templates, data and the schema as Python modules.

Run by hatchling, for wheels only; an editable install reads the files of its checkout instead. The same checkout
gives the same bytes.
"""

import ast
import builtins
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import fastjsonschema
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_REFUSALS = frozenset({"JsonSchemaValueException", "JsonSchemaValuesException"})

# JSON Schema counts 5000.0 among the integers; the language does not, and artifacts would show the difference.
_INTEGRAL_FLOAT = re.compile(r"not \(isinstance\((\w+), float\) and \1\.is_integer\(\)\)")
_VALIDATOR = '''\
"""The topology schema, compiled from schema/topology.schema.json; do not edit."""


class Refused(Exception):
    """The document does not fit the schema."""


class _Patterns(dict):
    """Regular expressions by the schema's pattern, each compiled when it is first needed."""

    def __missing__(self, pattern):
        import re

        self[pattern] = compiled = re.compile(PATTERNS[pattern])
        return compiled


def accepts(data):
    """Tell whether `data` fits the schema."""
    try:
        validate(data)
    except Refused:
        return False
    return True


REGEX_PATTERNS = _Patterns()
'''


class CustomBuildHook(BuildHookInterface[Any]):
    """Adds the package `hagen.compiled` to a wheel."""

    _folder: TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generate the modules and have them packed; `version` is ``editable`` where nothing is packed."""
        if self.target_name != "wheel" or version == "editable":
            return
        self._folder = TemporaryDirectory()
        for name, source in compiled_modules(Path(self.root)).items():
            path = Path(self._folder.name, f"{name}.py")
            path.write_text(source, encoding="utf-8", newline="\n")
            build_data["force_include"][str(path)] = f"hagen/compiled/{name}.py"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove what was generated, now that it is packed."""
        if self._folder is not None:
            self._folder.cleanup()


def compiled_modules(root: Path) -> dict[str, str]:
    """Return the sources of the modules of `hagen.compiled` by name, made from the files of the checkout `root`."""
    with _importable(root / "compiler"):
        from hagen.resources import SCHEMA, parse  # noqa: PLC0415  the checkout's, not an installed one
        from hagen.transpile import compile_templates  # noqa: PLC0415
    files = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for folder, ending in (("schema", "json"), ("schema", "yaml"), ("templates", "j2"))
        for path in sorted((root / folder).rglob(f"*.{ending}"))
    }
    layouts = {name.removeprefix("templates/"): text for name, text in files.items() if name.endswith(".j2")}
    data = {name: parse(name, text) for name, text in files.items() if not name.endswith(".j2")}
    return {
        "__init__": '"""What a wheel carries ready-made; do not edit."""\n',
        "templates": compile_templates(layouts),
        "data": compile_data(data),
        "validator": compile_validator(data[SCHEMA]),
    }


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Import from `folder` first, and leave no bytecode in it."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        sys.dont_write_bytecode = before


def compile_data(data: dict[str, Any]) -> str:
    """Return a module whose `DATA` maps the names of `data` to functions that return the values.

    A value that Python cannot write as a literal, such as a YAML date, is a ValueError.
    """
    lines = ['"""The files of schema/ as Python values; do not edit."""\n']
    for index, (name, value) in enumerate(data.items()):
        literal = repr(value)
        try:
            same = ast.literal_eval(literal) == value
        except (SyntaxError, ValueError):
            same = False
        if not same:
            raise ValueError(
                f"{name} holds a value that is neither text, number, truth value, list nor mapping"
            )
        lines.append(f"\ndef data_{index}():\n    return {literal}\n")
    lines.append("\nDATA = {")
    lines.extend(f"    {name!r}: data_{index}," for index, name in enumerate(data))
    lines.append("}\n")
    return "\n".join(lines)


def compile_validator(schema: Any) -> str:
    """Return a module that imports nothing, whose `accepts` tells whether a document fits `schema`.

    fastjsonschema writes the checks; its messages are left out, since jsonschema explains a refusal.
    """
    code = fastjsonschema.compile_to_code(schema, use_default=False, use_formats=False)
    tree = ast.parse(_INTEGRAL_FLOAT.sub("True", code))
    patterns: dict[str, str] = {}
    body: list[ast.stmt] = []
    for statement in tree.body:
        match statement:
            case ast.Import() | ast.ImportFrom() | ast.Assign(targets=[ast.Name(id="VERSION")]):
                pass
            case ast.Assign(targets=[ast.Name(id="REGEX_PATTERNS")], value=ast.Dict(keys=keys)):
                originals = [key.value for key in keys if isinstance(key, ast.Constant)]
                patterns = {each: end_of_text(each) for each in originals if isinstance(each, str)}
            case _:
                body.append(_Bare().visit(statement))
    module = ast.Module(body, [])
    if unknown := _undefined(module):
        raise TypeError(
            f"the validator would need {', '.join(sorted(unknown))}: a keyword that is not provided for here"
        )
    return f"{_VALIDATOR}PATTERNS = {patterns!r}\n\n{ast.unparse(module)}\n"


def _undefined(module: ast.Module) -> set[str]:
    """Return the names that `module` uses and does not have."""
    used: set[str] = set()
    known = {"REGEX_PATTERNS", "Refused", *dir(builtins)}
    for node in ast.walk(module):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                used.add(name)
            case ast.Name(id=name) | ast.FunctionDef(name=name) | ast.arg(arg=name):
                known.add(name)
            case _:
                pass
    return used - known


def end_of_text(pattern: str) -> str:
    r"""Return a pattern of JSON Schema for Python's `re`: ``$`` is the end, not the place before a last newline."""
    written = ""
    escaped = inside = False
    for character in pattern:
        written += r"\Z" if character == "$" and not escaped and not inside else character
        inside = character != "]" if inside and not escaped else inside or (character == "[" and not escaped)
        escaped = character == "\\" and not escaped
    return written


class _Bare(ast.NodeTransformer):
    """Takes the messages, and the arguments that only serve them, out of what fastjsonschema writes."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        if node.name.startswith("validate"):
            node.args.args, node.args.defaults = node.args.args[:1], []
        return node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        match node.exc:
            case ast.Call(func=ast.Name(id=name)) if name in _REFUSALS:
                return ast.Raise(ast.Name("Refused", ast.Load()), None)
            case _:
                raise TypeError(
                    f"fastjsonschema writes code that is not understood here: {ast.unparse(node)}"
                )

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id.startswith("validate"):
            node.args = node.args[:1]
        return node

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        self.generic_visit(node)
        node.elts = [each for each in node.elts if not (isinstance(each, ast.Name) and each.id == "Decimal")]
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name("Refused", node.ctx) if node.id in _REFUSALS else node
