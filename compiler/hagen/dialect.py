"""What the pcs of a platform calls things: its words changed between 0.9 and 0.12.

Source: the changelogs of the branches pcs-0.9 to pcs-0.12, https://github.com/ClusterLabs/pcs.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from hagen.model import Platform

Version: TypeAlias = tuple[int, ...]


class Dialect(NamedTuple):
    """The words of one pcs. A text that is put before another ends with a blank, or is empty.

    `hosts`: nodes are authenticated and set up as hosts with addresses and links (0.10 and later).
    `update`: stands before the values of `resource defaults`. `score`: stands before a location's score.
    `rule_as_text`: a rule is one argument. `roles` has Pacemaker's words for ours. `master`: clones that can be promoted
    are made by ``resource master``. `options` has other names for those of a fence agent.
    """

    hosts: bool
    update: str
    score: str
    rule_as_text: bool
    roles: Mapping[str, str]
    master: bool
    property_show: str
    resource_status: str
    stonith_status: str
    pcsd_status: str
    options: Mapping[str, Mapping[str, str]]

    def role(self, name: str) -> str:
        """Return Pacemaker's word for a role."""
        return self.roles.get(name, name)

    def rule_role(self, name: str) -> str:
        """Return the word for a role in a rule, where old pcs writes it small."""
        return self.roles[name].lower() if name in self.roles else name

    def option(self, agent: str, name: str) -> str:
        """Return the name that this pcs knows a fence agent's option by."""
        return self.options.get(agent, {}).get(name, name)


def version(text: str) -> Version:
    """Return a version as numbers that can be compared."""
    return tuple(int(part) for part in text.split("."))


_OLD_ROLES = MappingProxyType({"Promoted": "Master", "Unpromoted": "Slave"})
_OLD_NAMES = MappingProxyType({"ip": "ipaddr", "username": "login", "password": "passwd"})
_OLD_OPTIONS = MappingProxyType(
    {"fence_ipmilan": _OLD_NAMES, "fence_idrac": _OLD_NAMES, "fence_ilo4": _OLD_NAMES}
)


def dialect(platform: Platform) -> Dialect:
    """Return the words of the platform's pcs."""
    pcs = version(platform.versions["pcs"])
    return Dialect(
        hosts=pcs >= (0, 10),
        update="update " if pcs >= (0, 10, 7) else "",
        score="score=" if pcs >= (0, 12) else "",
        rule_as_text=pcs >= (0, 12),
        roles=MappingProxyType({}) if pcs >= (0, 11) else _OLD_ROLES,
        master=pcs < (0, 10),
        property_show="property config" if pcs >= (0, 10, 9) else "property show",
        resource_status="resource status" if pcs >= (0, 10) else "resource show",
        stonith_status="stonith status" if pcs >= (0, 10) else "stonith show",
        pcsd_status="status pcsd" if pcs >= (0, 10) else "cluster pcsd-status",
        options=MappingProxyType({}) if pcs >= (0, 10) else _OLD_OPTIONS,
    )
