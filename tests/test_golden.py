"""Golden: every example compiles to what is committed in `out/`, and nothing else lies there."""

from pathlib import Path

from hagen.pipeline import compile_source
from hagen.source import Source
from hagen.write import compare, write
from topologies import EXAMPLES, ROOT, Example


def _name(example: Example) -> str:
    return example.topology.relative_to(ROOT).as_posix()


def test_example_compiles_to_what_is_committed(example: Example, update: bool) -> None:
    """The example is sound, without a warning, and its folder in `out/` is exactly what it compiles to."""
    result = compile_source(Source(_name(example), example.topology.read_bytes()))
    assert result.diagnostics == ()

    if update:
        write(result.artifacts, example.out)

    assert compare(result.artifacts, example.out) == ((), ())


def test_no_unexpected_file(example: Example) -> None:
    """No file lies in the example's folder of `out/` that its build did not make."""
    result = compile_source(Source(_name(example), example.topology.read_bytes()))

    there = {path.relative_to(example.out).as_posix() for path in example.out.rglob("*") if path.is_file()}
    assert there == {artifact.path for artifact in result.artifacts}


def test_no_unexpected_folder() -> None:
    """Every folder of `out/` belongs to an example, and every folder of `examples/` with a topology has one."""
    there = {path.name for path in Path(ROOT, "out").iterdir()}
    assert there == {example.name for example in EXAMPLES}
