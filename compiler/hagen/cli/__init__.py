"""The command line. Only it, `write` and `explain` touch files, and only it the terminal and the environment.

Each command imports what it needs when it runs: `--help` and an unchanged build must not pay for the compiler.
"""

import hashlib
import sys
from collections.abc import Sequence
from typing import Any

import click

import hagen
from hagen.cli.console import Finding, bug, read, report
from hagen.render import FORMATS

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

_topologies = click.argument(
    "topologies", metavar="TOPOLOGY...", nargs=-1, required=True, type=click.Path(allow_dash=True)
)
_format = click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="How diagnostics are written.",
)
_strict = click.option("--strict", is_flag=True, help="Treat warnings as errors.")


class _Commands(click.Group):
    """A group that turns hagen's own failures into a diagnostic instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.ClickException, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            # What could not be opened has a name; without one it is standard output that cannot be written.
            if ctx.params.get("traceback") or (isinstance(error, OSError) and error.filename is None):
                raise
            bug(error)


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
    "-o",
    "--out",
    "out",
    required=True,
    metavar="FOLDER",
    help="Where the artifacts go; {cluster} stands for the cluster's name.",
)
@click.option(
    "--check", is_flag=True, help="Write nothing; exit 1 if the folder is not what would be written."
)
@click.option("--diff", "show_diff", is_flag=True, help="Like --check, and show the differences.")
@_strict
@_format
def build(
    topologies: Sequence[str], out: str, check: bool, show_diff: bool, strict: bool, format_: str
) -> None:
    """Compile each TOPOLOGY and write its artifacts; `-` reads standard input.

    Several topologies need a folder each: -o 'out/{cluster}'. Exit codes: 0 done, 1 a topology was refused or the
    folder differs (--check, --diff), 2 wrong usage.
    """
    from hagen.write import unchanged  # noqa: PLC0415

    if len(topologies) > 1 and "{cluster}" not in out:
        raise click.UsageError("several topologies need a folder each: -o 'out/{cluster}'")
    sources, unreadable = read(topologies)
    settled = "{cluster}" not in out and sources and not unreadable and _is_release()
    if settled and unchanged(out, hashlib.sha256(sources[0].data).hexdigest(), hagen.__version__):
        report([Finding(sources[0], ())], format_, strict=strict)
        click.echo(f"{out}: {'up to date' if check or show_diff else 'unchanged'}\n", nl=False)
        return
    from hagen.cli.delivery import deliver  # noqa: PLC0415
    from hagen.pipeline import compile_source  # noqa: PLC0415

    taken: set[str] = set()
    deliveries = [
        deliver(compile_source(each), out, taken, compared=check or show_diff, shown=show_diff, strict=strict)
        for each in sources
    ]
    refused = report([*unreadable, *(each.finding for each in deliveries)], format_, strict=strict)
    click.echo("".join(each.text for each in deliveries), nl=False)
    sys.exit(1 if refused or any(each.failed for each in deliveries) else 0)


@main.command(context_settings=_CONTEXT)
@_topologies
@_strict
@_format
def validate(topologies: Sequence[str], strict: bool, format_: str) -> None:
    """Check each TOPOLOGY without making anything; `-` reads standard input."""
    from hagen.pipeline import check_source  # noqa: PLC0415

    sources, unreadable = read(topologies)
    results = [check_source(source) for source in sources]
    failed = report(
        [*unreadable, *(Finding(each.source, each.diagnostics) for each in results)], format_, strict=strict
    )
    sound = (each for each in results if each.topology is not None and not (strict and each.diagnostics))
    click.echo("".join(f"{each.source.name}: sound\n" for each in sound), nl=False)
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

    click.echo(resources.text(resources.SCHEMA), nl=False)


@main.command(context_settings=_CONTEXT)
@click.argument("kind", metavar="[TYPE]", required=False)
def catalog(kind: str | None) -> None:
    """List the service types, or show what hagen knows of one TYPE."""
    from hagen.explain import describe_type, list_types, near_type  # noqa: PLC0415

    text = list_types() if kind is None else describe_type(kind)
    if text is None:
        raise click.UsageError(f"there is no service type {kind!r}; {near_type(kind or '')}")
    click.echo(text, nl=False)


@main.command(context_settings=_CONTEXT)
@click.argument("what", metavar="CODE|FILE:LINE")
@click.option(
    "--topology",
    type=click.Path(exists=True, dir_okay=False),
    help="The topology that the file was made from.",
)
def explain(what: str, topology: str | None) -> None:
    """Explain a diagnostic's CODE, or tell where a LINE of an artifact FILE comes from.

    The topology is found by the digest that the artifact's manifest has of it: below the current folder, or
    given by --topology.
    """
    from pathlib import Path  # noqa: PLC0415

    from hagen.explain import explain_code, explain_line  # noqa: PLC0415

    name, _, line = what.rpartition(":")
    if name and line.isdecimal() and line.isascii():
        text = explain_line(Path(name), int(line), Path(topology) if topology else None)
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
    click.echo(made(main, {}, "hagen", "_HAGEN_COMPLETE").source() + "\n", nl=False)


def _is_release() -> bool:
    """Tell whether the version names the compiler exactly; in a checkout it changes under the same number."""
    from hagen import resources  # noqa: PLC0415

    return resources.validator() is not None
