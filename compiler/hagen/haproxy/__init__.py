"""haproxy.cfg, section by section; a module a subject."""

from collections.abc import Iterator

from hagen.haproxy import own, routing, service
from hagen.haproxy.words import Section
from hagen.model import Topology


def sections(topology: Topology) -> Iterator[Section]:
    """Yield every section after `defaults`: HAProxy's own, shared frontends, services."""
    yield from own.sections(topology)
    for frontend in topology.frontends:
        yield from routing.sections(frontend, topology)
    for each in topology.services:
        yield from service.sections(each, topology)
