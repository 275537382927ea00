"""The command line. Only this module and `write` touch files, the terminal or the environment.

Each command imports what it needs when it runs: `--help` and an unchanged build must not pay for the compiler.
"""

import hashlib
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

import hagen
from hagen.diagnostic import Diagnostic, has_errors
from hagen.render import ALL as RENDERERS
from hagen.render import FORMATS
from hagen.source import Source

if TYPE_CHECKING:
    from hagen.pipeline import Result
    from hagen.write import Change

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

_topologies = click.argument("topologies", metavar="TOPOLOGY...", nargs=-1, required=True, type=click.Path(allow_dash=True))
_format = click.option(
    "--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True, help="How diagnostics are written."
)
_strict = click.option("--strict", is_flag=True, help="Treat warnings as errors.")


class _Commands(click.Group):
    """A group that turns hagen's own failures into a diagnostic instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.ClickException, click.Abort, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, it is a bug of ours and said as one
            if ctx.params.get("traceback"):
                raise
            _bug(error)


@click.group(cls=_Commands, context_settings=_CONTEXT)
@click.version_option(hagen.__version__, "-V", "--version", prog_name="hagen")
@click.option("--traceback", is_flag=True, help="Show where in hagen a bug of hagen's happened.")
def main(traceback: bool) -> None:
    """Compile a high-availability topology into HAProxy, Pacemaker and host configuration.

    \b
    hagen init > topology.yml              a small topology to start from
    hagen build topology.yml -o out/       check it and write every artifact
    hagen explain out/haproxy.cfg:42       where a line comes from
    """


@main.command(context_settings=_CONTEXT)
@_topologies
@click.option(
    "-o", "--out", "out", required=True, metavar="FOLDER", help="Where the artifacts go; {cluster} stands for the cluster's name."
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if the folder is not what would be written.")
@click.option("--diff", "show_diff", is_flag=True, help="Like --check, and show the differences.")
@_strict
@_format
def build(topologies: Sequence[str], out: str, check: bool, show_diff: bool, strict: bool, format_: str) -> None:
    """Compile each TOPOLOGY and write its artifacts; `-` reads standard input.

    Several topologies need a folder each: -o 'out/{cluster}'. Exit codes: 0 done, 1 a topology was refused or the
    folder differs (--check, --diff), 2 wrong usage.
    """
    from hagen.write import unchanged  # noqa: PLC0415

    if len(topologies) > 1 and "{cluster}" not in out:
        raise click.UsageError("several topologies need a folder each: -o 'out/{cluster}'")
    sources, unreadable = _read(topologies)
    settled = "{cluster}" not in out and _is_release()
    if sources and settled and unchanged(out, hashlib.sha256(sources[0].data).hexdigest(), hagen.__version__):
        click.echo(f"{out}: unchanged")
        return
    from hagen.pipeline import compile_source  # noqa: PLC0415

    results = [compile_source(source) for source in sources]
    failed = _report([*unreadable, *((each.source, each.diagnostics) for each in results)], format_, strict=strict)
    folders: dict[str, Source] = {}
    for result in results:
        if result.topology is None or (strict and result.diagnostics):
            continue
        folder = out.replace("{cluster}", result.topology.cluster.name)
        if os.path.abspath(folder) in folders:
            failed |= _shared(result.source, folder, format_)
            continue
        folders[os.path.abspath(folder)] = result.source
        failed |= _compare(result, folder, show_diff, format_) if check or show_diff else _write(result, folder, format_)
    sys.exit(1 if failed else 0)


@main.command(context_settings=_CONTEXT)
@_topologies
@_strict
@_format
def validate(topologies: Sequence[str], strict: bool, format_: str) -> None:
    """Check each TOPOLOGY without making anything; `-` reads standard input."""
    from hagen.pipeline import check_source  # noqa: PLC0415

    sources, unreadable = _read(topologies)
    results = [check_source(source) for source in sources]
    failed = _report([*unreadable, *((each.source, each.diagnostics) for each in results)], format_, strict=strict)
    for result in results:
        if result.topology is not None and not (strict and result.diagnostics):
            click.echo(f"{result.source.name}: sound")
    sys.exit(1 if failed else 0)


@main.command(context_settings=_CONTEXT)
def init() -> None:
    """Print a small topology to start from."""
    from hagen import resources  # noqa: PLC0415

    click.echo(resources.text("templates/topology.yml"), nl=False)


@main.command(context_settings=_CONTEXT)
def schema() -> None:
    """Print the JSON Schema of topologies, for editors."""
    from hagen import resources  # noqa: PLC0415

    click.echo(resources.text("schema/topology.schema.json"), nl=False)


@main.command(context_settings=_CONTEXT)
@click.argument("kind", metavar="[TYPE]", required=False)
def catalog(kind: str | None) -> None:
    """List the service types, or show what hagen knows of one TYPE."""
    from hagen.explain import describe_type, list_types  # noqa: PLC0415

    text = list_types() if kind is None else describe_type(kind)
    if text is None:
        raise click.UsageError(f"there is no service type {kind!r}; `hagen catalog` lists them")
    click.echo(text, nl=False)


@main.command(context_settings=_CONTEXT)
@click.argument("what", metavar="CODE|FILE:LINE")
@click.option("--topology", type=click.Path(exists=True, dir_okay=False), help="The topology that the file was made from.")
def explain(what: str, topology: str | None) -> None:
    """Explain a diagnostic's CODE, or tell where a LINE of an artifact FILE comes from.

    The topology is found by the digest that the artifact's manifest has of it: below the current folder, or
    given by --topology.
    """
    from hagen.explain import explain_code, explain_line  # noqa: PLC0415

    name, _, line = what.rpartition(":")
    if name and line.isdecimal():
        text = explain_line(Path(name), int(line), topology and Path(topology))
    else:
        text = explain_code(what)
    if text.startswith("hagen:"):
        click.echo(text, err=True, nl=False)
        sys.exit(1)
    click.echo(text, nl=False)


@main.command(context_settings=_CONTEXT)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of a SHELL: eval "$(hagen completion bash)"."""
    from click.shell_completion import get_completion_class  # noqa: PLC0415

    made = get_completion_class(shell)
    assert made is not None  # noqa: S101  click knows the three that are offered
    click.echo(made(main, {}, "hagen", "_HAGEN_COMPLETE").source())


def _is_release() -> bool:
    """Tell whether the version names the compiler exactly; in a checkout it changes under the same number."""
    from hagen import resources  # noqa: PLC0415

    return resources.validator() is not None


def _read(names: Iterable[str]) -> tuple[list[Source], list[tuple[Source, tuple[Diagnostic, ...]]]]:
    """Return the sources that could be read, and those that could not with the reason."""
    from hagen import codes  # noqa: PLC0415

    sources, unreadable = [], []
    for name in names:
        shown = "<stdin>" if name == "-" else name
        try:
            data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            complaint = codes.UNREADABLE_SOURCE.at((), f"`{shown}` cannot be read: {reason}", hint="name a YAML file, or `-` for standard input")
            unreadable.append((Source(shown, b""), (complaint,)))
        else:
            sources.append(Source(shown, data))
    return sources, unreadable


def _report(found: Sequence[tuple[Source, tuple[Diagnostic, ...]]], format_: str, *, strict: bool) -> bool:
    """Write the diagnostics to standard error and tell whether they mean failure."""
    if format_ != "text" or any(diagnostics for _, diagnostics in found):
        from hagen.render.report import Report  # noqa: PLC0415

        reports = [Report(source, diagnostics) for source, diagnostics in found]
        colour = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        click.echo(RENDERERS[format_](reports, colour=colour), err=True, nl=False, color=colour)
    return any(has_errors(diagnostics) or (strict and diagnostics) for _, diagnostics in found)


def _shared(source: Source, folder: str, format_: str) -> bool:
    from hagen import codes  # noqa: PLC0415

    complaint = codes.SHARED_FOLDER.at(
        ("cluster", "name"), f"another topology is written to `{folder}` already", hint="give each cluster a name of its own"
    )
    return _report([(source, (complaint,))], format_, strict=False)


def _compare(result: "Result", folder: str, show_diff: bool, format_: str) -> bool:
    from hagen.write import compare, diff  # noqa: PLC0415

    changes, complaints = compare(result.artifacts, folder)
    failed = _report([(result.source, complaints)], format_, strict=False) if complaints else False
    if show_diff:
        click.echo(diff(changes), nl=False)
    _summary(folder, changes, "differs: {count} of its files are not what would be written", "is what would be written")
    return failed or bool(changes)


def _write(result: "Result", folder: str, format_: str) -> bool:
    from hagen.write import write  # noqa: PLC0415

    changes, complaints = write(result.artifacts, folder)
    failed = _report([(result.source, complaints)], format_, strict=False) if complaints else False
    if failed:
        return True
    _summary(folder, changes, "{count} files written or removed", "unchanged")
    if changes:
        click.echo(f"next: {os.path.join(folder, 'CHECKLIST.md')} says how to apply and verify them")
    return False


def _summary(folder: str, changes: "Sequence[Change]", some: str, none: str) -> None:
    """Print what became of the folder: a line for each file that changed, then the count."""
    for change in changes:
        click.echo(f"  {change.kind:<8} {os.path.join(folder, change.path)}")
    click.echo(f"{folder}: {some.format(count=len(changes)) if changes else none}")


def _bug(error: Exception) -> NoReturn:
    from hagen import codes  # noqa: PLC0415
    from hagen.render.report import Report  # noqa: PLC0415

    complaint = codes.BUG.at(
        (),
        f"this is a bug in hagen: {type(error).__name__}: {error}",
        hint="please report it with the topology; `hagen --traceback …` shows where it happened",
    )
    click.echo(RENDERERS["text"]([Report(Source("hagen", b""), (complaint,))]), err=True, nl=False)
    sys.exit(1)
