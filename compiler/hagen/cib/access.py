"""ACLs, alerts and tags."""

from collections.abc import Iterator

from hagen.artifact import Line
from hagen.cib.section import Section, Word, command, grouped, said, section
from hagen.filters import quote
from hagen.model import Acls, Alert, Topology
from hagen.model.access import AclRole, Recipient


def access(topology: Topology) -> Iterator[Section]:
    """Yield tags, alerts and ACLs."""
    tags = topology.resources.tags
    if tags:
        yield section(
            "names for several resources at once",
            ("resources", "tags"),
            [
                Line(f"in_cib tag create {quote(tag.id)} {' '.join(map(quote, tag.ids))}", said(tag.origin))
                for tag in tags
            ],
        )
    for alert in topology.alerts:
        reason = " ".join(alert.description.split()) or f"{alert.path} is told what happens"
        yield section(reason, alert.origin, _alert(alert))
    if topology.acls is not None:
        yield section("who may read and change what", topology.acls.origin, _acls(topology.acls))


def _alert(alert: Alert) -> Iterator[Line]:
    words: list[Word] = [(f"path={quote(alert.path)}", said((*alert.origin, "path")))]
    words += _description(alert)
    words += grouped(alert.options, "options")
    words += grouped(alert.meta, "meta")
    yield from command(f"alert create id={quote(alert.id)}", said(alert.origin), words)
    for each in alert.recipients:
        more = [*_description(each), *grouped(each.options, "options"), *grouped(each.meta, "meta")]
        value = quote(f"value={each.value}")
        first = f"alert recipient add {quote(alert.id)} {value} id={quote(each.id)}"
        yield from command(first, said(each.origin), more)


def _description(of: Alert | Recipient | AclRole) -> Iterator[Word]:
    words = " ".join(of.description.split())  # Pacemaker keeps no line ends
    if words:
        yield quote(f"description={words}"), said((*of.origin, "description"))


def _acls(acls: Acls) -> Iterator[Line]:
    for role in acls.roles:
        yield from _role(role)
    for target in acls.targets:
        roles = " ".join(map(quote, target.roles))
        yield Line(f"in_cib acl {target.kind} create {quote(target.name)} {roles}", said(target.origin))
    yield Line(f"in_cib acl {'enable' if acls.enabled else 'disable'}", said(acls.origin))


def _role(role: AclRole) -> tuple[Line, ...]:
    words: list[Word] = []
    words += _description(role)
    words += [(f"{each.kind} {each.by} {quote(each.value)}", said(each.origin)) for each in role.permissions]
    return command(f"acl role create {quote(role.id)}", said(role.origin), words)
