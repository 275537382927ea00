"""Drills of a resource that fails while its node is well: an address that is gone, HAProxy that dies or stays dead."""

from collections.abc import Iterator

from hagen.drill.drill import Drill
from hagen.drill.pace import UNIT_S
from hagen.drill.scene import Scene
from hagen.failover import threshold
from hagen.ground import says
from hagen.naming import PROXY_CLONE


def address(scene: Scene) -> Iterator[Drill]:
    """Yield an address that is taken away by hand."""
    vip, failures = scene.vip, threshold(scene.topology)
    if not scene.usual or failures == 1:
        return
    device = vip.network.interface or f'"$(ip -o address show to {vip.address} | cut -d " " -f 2)"'
    yield scene.drill(seconds=0.0, because="")._replace(
        seconds=vip.monitor.seconds + scene.start,
        because=f"{vip.monitor.seconds:g} s until the next look, {scene.start:g} s to start the address",
        title=f"the address of {vip.resource} is deleted by hand",
        commands=(
            scene.where,
            f"ip address del {vip.address}/{vip.network.cidr.prefixlen} dev {device}   # on that node",
        ),
        moves=scene.unit if failures else (),
        failures=(failures or 0) if scene.unit else 0,
        also=(),
        stops=(),
        tried=(),
        longer=(),
        recovers=(vip.resource,),
        undo=(f"pcs resource cleanup {vip.resource}",),
        origin=vip.origins["monitor"].at,
    )


def proxy(scene: Scene) -> Iterator[Drill]:
    """Yield HAProxy that dies, and HAProxy that cannot come back, which ends as the loss of the node would."""
    topology, sure, vip, unit = scene.topology, scene.sure, scene.vip.resource, scene.unit
    look = topology.proxy.monitor.seconds
    healed = scene.usual and threshold(topology) != 1
    waits = f"{look:g} s until the next look, {UNIT_S:g} s to stop what is left of HAProxy, "
    unsure = "what a failure brings about is not the usual new start, here or elsewhere"
    elsewhere = look + UNIT_S + scene.move
    dead = scene.drill(seconds=0.0, because="")._replace(
        seconds=elsewhere if scene.usual and unit else None,
        because=f"{waits}{scene.moved}" if scene.usual and unit else unsure,
        also=(),
        tried=scene.tried(unit),
        undo=(f"pcs resource cleanup {PROXY_CLONE}",),
        origin=topology.proxy.origins["monitor"].at,
    )
    vips = tuple(each.resource for each in topology.vips)
    # What is started after HAProxy is started anew with it.
    again = scene.start if sure.proxy_is_first else 0.0
    died = dead._replace(
        title=f"HAProxy dies on the node of {vip}",
        commands=(scene.where, "pkill -KILL -x haproxy   # on that node"),
        moves=(),
        stops=(),
        stays=() if sure.proxy_is_first or not healed else vips,
        longer=(),
    )
    if healed:
        died = died._replace(
            recovers=(PROXY_CLONE,),
            seconds=look + 2 * UNIT_S + again,
            because=f"{waits}{UNIT_S:g} s to start it{f', {again:g} s to start the address' if again else ''}",
            tried=() if died.stays else died.tried,
        )
    yield died
    fatal = threshold(topology) != 0 and not says(
        topology.cluster.properties, "start-failure-is-fatal", {"true"}
    )
    if scene.usual and fatal and unit and (topology.proxy.everywhere or PROXY_CLONE in unit):
        also = tuple(each for each in scene.also if each in vips and topology.proxy.everywhere)
        yield dead._replace(
            also=also,
            tried=scene.tried((*unit, *also)),
            title=f"HAProxy cannot be started on the node of {vip}",
            seconds=elsewhere + 2 * UNIT_S,
            because=f"{waits}{UNIT_S:g} s to try to start it, {UNIT_S:g} s to stop it for good, {scene.moved}",
            commands=(scene.where, "systemctl mask --runtime --now haproxy.service   # on that node"),
            stops=() if PROXY_CLONE in unit else (PROXY_CLONE,),
            undo=("systemctl unmask --runtime haproxy.service   # on that node", *dead.undo),
        )
