"""The whole lab: brought up, and taken down so that nothing of it is left."""

from collections.abc import Callable, Mapping

import lab
from lab import network, place, power
from lab.host import Host
from lab.table import CLIENT, DEVICE, HOSTS, WORLD


def up(
    *,
    pristine: bool,
    password: str,
    user_data: Mapping[str, str] | None = None,
    before: Callable[[Host], None] = lambda _: None,
) -> None:
    """Make every namespace, the BMCs and the hosts, and wait until the hosts are up.

    `user_data` has cloud-init's file of each node, `password` is that of the BMCs. `before` may lay files on the disk of
    a host before it boots for the first time.
    """
    down()
    network.make()
    for entry in (CLIENT, WORLD):
        network.join(entry, addresses=True)
    power.start(password)
    given = user_data or {}
    for name in HOSTS:
        host = Host(name)
        host.create(pristine=pristine and name != DEVICE, user_data=given.get(name))
        before(host)
        host.boot()
    for name in HOSTS:
        Host(name).wait()


def down() -> None:
    """End and remove whatever there is of a lab: processes, hosts, namespaces, control groups, files."""
    place.stop_all()
    for name in HOSTS:
        Host(name).destroy()
    network.remove_all()
    if place.cgroups().exists():
        place.remove_group(place.cgroups())
    if place.RUN.exists():
        place.remove_tree(place.RUN)
    if left := [each for each in (place.cgroups(), place.RUN, *network.every()) if each.exists()]:
        raise lab.FailedError(f"the lab is down, and this is left of it: {left}")
