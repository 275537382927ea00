"""The BMCs: OpenIPMI's simulator for each node, which really switches the node, so that the real fence_ipmilan can.

The simulator asks a program of the lab about the node's power and tells it to switch; that one listens at a socket
that only the simulators see. Run as a program, this module is that listener.

Source: ipmi_sim(1) and ipmi_lan(5) of OpenIPMI.
"""

import socketserver
import sys
import time

from dialects import roots
from lab import network, place, root
from lab.host import Host
from lab.place import RUN
from lab.table import BMCS, WORLD
from topologies import ROOT

FOLDER = RUN / "power"
LOG = FOLDER / "switched"
"""What was switched, a line each: when, the node, what with it."""
_SOCKET = FOLDER / "socket"
_FIRMWARE_S = 8.0
"""What a machine needs at least from power to its system: one that rejoins within two seconds disturbs its own failover."""

_LAN = """\
name "bmc-{node}"
set_working_mc 0x20
  startlan 1
    addr {address} 623
    priv_limit admin
    allowed_auths_callback none md5
    allowed_auths_user none md5
    allowed_auths_operator none md5
    allowed_auths_admin none md5
    guid a123456789abcdefa123456789abcdef
  endlan
  chassis_control "/mnt/{node}/chassis"
  user 1 true "" "" user 10 none md5
  user 2 true "{user}" "{password}" admin 10 none md5
"""
_CONTROLLER = """\
mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02
mc_enable 0x20
"""
_CHASSIS = """\
#!/bin/sh
# The simulator asks (get NAME...) or tells (set NAME VALUE...) about the chassis.
tell() {{ echo "{node} $1" | socat -t 60 - UNIX-CONNECT:/mnt/socket; }}
did=$1
shift
while [ $# -gt 0 ]; do
    case $did/$1/${{2-}} in
        get/power/*) echo "power:$(tell status)" ;;
        get/*) echo "$1:0" ;;
        set/power/1) tell on >/dev/null ;;
        set/power/0 | set/shutdown/*) tell off >/dev/null ;;
        set/reset/*) tell reset >/dev/null ;;
    esac || exit 1
    [ "$did" = get ] || shift
    shift
done
"""
_SIMULATE = 'mount --bind "$1" "$2/mnt" && exec chroot "$2" ipmi_sim -n -c "/mnt/$3/lan" -f "/mnt/$3/controller" -s "/mnt/$3"'


def start(password: str) -> None:
    """Switch the BMCs of all nodes on; `password` is that of their user."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    LOG.touch()
    listener = ("env", f"PYTHONPATH={ROOT / 'tests'}", sys.executable, "-m", "lab.power")
    place.start("power", listener, FOLDER / "listener.log")
    place.until(_SOCKET.exists, 20, "the switch of the power to listen")
    for node, device in BMCS.items():
        address, user = device["options"]["ip"], device["options"]["username"]
        network.lone_address(WORLD.name, address)
        own = FOLDER / node
        own.mkdir(exist_ok=True)
        said = _LAN.format(node=node, address=address, user=user, password=password)
        for name, text in (
            ("lan", said),
            ("controller", _CONTROLLER),
            ("chassis", _CHASSIS.format(node=node)),
        ):
            (own / name).write_text(text)
        (own / "chassis").chmod(0o755)
        place.start(
            f"bmc-{node}",
            (
                *network.inside(WORLD.name),
                *("unshare", "--mount", "--propagation", "slave", "sh", "-c", _SIMULATE, "sh"),
                *(str(FOLDER), str(roots.path(root.HOST)), node),
            ),
            FOLDER / f"{node}.log",
        )


def switched() -> list[str]:
    """Return what the BMCs have switched so far: `NODE ACTION`, in the order of time."""
    return [line.partition(" ")[2] for line in LOG.read_text().splitlines()]


class _Switch(socketserver.StreamRequestHandler):
    """Answers one question or order: `NODE status|on|off|reset`."""

    def handle(self) -> None:
        """Switch, and answer with whether the node has power now."""
        node, action = self.rfile.readline().decode().split()
        host = Host(node)
        if action != "status":
            with LOG.open("a") as log:
                log.write(f"{time.strftime('%T')} {node} {action}\n")
        if action in {"off", "reset"}:
            host.cut()
        if action in {"on", "reset"}:
            host.boot(_FIRMWARE_S)
        self.wfile.write(b"1\n" if host.is_up() else b"0\n")


class _Listener(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Several BMCs may switch at once."""

    daemon_threads = True


if __name__ == "__main__":
    with _Listener(str(_SOCKET), _Switch) as listener:
        listener.serve_forever()
