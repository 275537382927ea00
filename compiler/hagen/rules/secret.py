"""Secrets in parameters: everybody who may read the CIB could read them, and so could readers of the topology.

Source: Pacemaker Explained, "Resource Attributes"; crm_resource(8) and cibsecret(8), which keeps a value on the nodes.
"""

from collections.abc import Iterable, Iterator

from hagen import codes, secrecy
from hagen.diagnostic import Diagnostic, Label
from hagen.model import Setting, Topology


def check(topology: Topology) -> Iterator[Diagnostic]:
    """Yield parameters of anything but fencing devices that are secrets as plain text."""
    file = (
        "let the agent read it from a file on the nodes, or give it there, once the resource is pushed:"
        " `cibsecret set RESOURCE NAME` asks for the value"
    )
    alert = "let the program read it from a file on the nodes"
    for primitive in topology.resources.primitives:
        yield from _among(primitive.instance, f"of resource `{primitive.id}`", file)
    for bundle in topology.resources.bundles:
        for setting in bundle.container:
            if setting.name in {"options", "run-command"} and secrecy.assigned(setting.value):
                hint = "mount a file of the nodes that holds it, under `storage`"
                yield _secret(setting, f"of bundle `{bundle.id}`", hint)
    yield from _commands(topology)
    attribute = "remove it: an attribute says what a node is like, and everybody may read it"
    for node in topology.nodes:
        yield from _among(node.attributes, f"of node `{node.name}`", attribute)
    for remote in topology.resources.remotes:
        yield from _among(remote.attributes, f"of remote node `{remote.name}`", attribute)
    yield from _among(topology.cluster.other_properties, "of the cluster", "remove it")
    for each in topology.alerts:
        yield from _among(each.options, f"of alert `{each.id}`", alert)
        for recipient in each.recipients:
            yield from _among(recipient.options, f"of recipient `{recipient.id}`", alert)
            if secrecy.in_url(recipient.value):
                yield codes.SECRET_IN_RESOURCE.at(
                    Label((*recipient.origin, "value"), secret=True),
                    f"recipient `{recipient.id}` is a URL with a password in it",
                    hint=f"take the password out of the URL, and {alert}",
                )


def _commands(topology: Topology) -> Iterator[Diagnostic]:
    """Yield commands of the quorum device that are given a secret; corosync.conf and `ps` show them."""
    device = topology.cluster.corosync.device
    for setting in device.heuristics if device is not None else ():
        if setting.name.startswith("exec_") and secrecy.in_command(setting.value):
            hint = "let a program on the nodes read it from a file there, and name that program"
            yield _secret(setting, "of the quorum device's heuristics", hint)


def _among(settings: Iterable[Setting], whose: str, hint: str) -> Iterator[Diagnostic]:
    for setting in settings:
        if secrecy.secret(setting.name, setting.value):
            yield _secret(setting, whose, hint)


def _secret(setting: Setting, whose: str, hint: str) -> Diagnostic:
    return codes.SECRET_IN_RESOURCE.at(
        Label(setting.origin.at, secret=True),
        f"`{setting.name}` {whose} holds a secret as plain text",
        hint=f"{hint}; and change it, it was in a file",
    )
