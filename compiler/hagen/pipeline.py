"""The stages in order: text in, diagnostics and artifacts out. Pure: no file, no clock, no environment."""

import hashlib
from typing import NamedTuple

import hagen
from hagen import document, emit, manifest, rules, schema
from hagen.artifact import Artifact
from hagen.diagnostic import Diagnostic, Label, has_errors
from hagen.document import Document
from hagen.model import Topology
from hagen.resolve import resolve
from hagen.source import Position, Source, Span


class Result(NamedTuple):
    """What became of a source: the topology if it was sound, its artifacts, and all that was found on the way."""

    source: Source
    document: Document | None
    topology: Topology | None
    artifacts: tuple[Artifact, ...]
    diagnostics: tuple[Diagnostic, ...]


def check_source(source: Source) -> Result:
    """Judge `source` without making artifacts."""
    loaded, complaints = document.load(source)
    if loaded is None or has_errors(complaints):
        return Result(source, None, None, (), _sorted(complaints))
    complaints += schema.validate(loaded)
    if has_errors(complaints):
        return Result(source, loaded, None, (), locate(loaded, complaints))
    topology, mistakes = resolve(schema.fill(loaded))
    complaints += mistakes
    if topology is not None:
        complaints += tuple(each for rule in rules.ALL for each in rule(topology))
    sound = None if has_errors(complaints) else topology
    return Result(source, loaded, sound, (), locate(loaded, complaints))


def compile_source(source: Source) -> Result:
    """Judge `source` and, if nothing is wrong with it, make every artifact."""
    result = check_source(source)
    topology = result.topology
    if topology is None:
        return result
    artifacts: tuple[Artifact, ...] = ()
    for make in emit.ALL:
        artifacts += tuple(make(topology, artifacts))
    described = manifest.describe(
        artifacts,
        cluster=topology.cluster.name,
        platform=topology.platform.name,
        members={each.name: [*map(str, each.addresses.values())] for each in topology.nodes},
        source_digest=hashlib.sha256(source.data).hexdigest(),
        warnings=len(result.diagnostics),
        version=hagen.__version__,
    )
    return result._replace(artifacts=(*artifacts, described))


def locate(loaded: Document, diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Return `diagnostics` sorted, with the place in the text added to every label."""

    def located(label: Label) -> Label:
        return label if label.span else label._replace(span=loaded.span(label))

    return _sorted(
        tuple(
            each._replace(primary=located(each.primary), related=tuple(map(located, each.related)))
            for each in diagnostics
        )
    )


def _sorted(diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    nowhere = Span(Position(0, 0), Position(0, 0))
    return tuple(
        sorted(
            set(diagnostics),
            key=lambda each: ((each.primary.span or nowhere).start, each.code.id, each.message),
        )
    )
