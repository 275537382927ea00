"""A host of the lab: made, booted, cut off from power, frozen, unplugged, and told what to run.

A host is known by its name alone; all else is on disk, so any process may speak of it.
"""

import base64
import fcntl
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import lab
from dialects import roots
from lab import Done, network, place, root, table

_UNITS = "etc/systemd/system"
_WANTS = f"{_UNITS}/multi-user.target.wants"
_ALWAYS_OFF = ("mariadb.service", "openipmi.service", "rabbitmq-server.service")
"""Services of the lab's own that nobody has set up yet, and drivers of a BMC that containers do not have."""
_QNETD = "corosync-qnetd.service"
_CLEAN_OFF = ("corosync.service", "corosync-qdevice.service", "pacemaker.service", "haproxy.service")
"""What Debian starts when it installs the packages of a node; a clean host has them installed and not running."""
_ENTER = 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"'
_ENVIRONMENT = (
    "HOME=/root",
    "USER=root",
    "LOGNAME=root",
    "SHELL=/bin/bash",
    "LANG=C.UTF-8",
    "TERM=dumb",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
)
_NETWORK_UNIT = """\
[Unit]
Description=The addresses of this host of the lab
DefaultDependencies=no
Wants=network.target
Before=network-pre.target network.target cloud-init-local.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -e /etc/lab-network
"""


class Host:
    """A host by its name, which is one of `table.HOSTS`."""

    def __init__(self, name: str) -> None:
        """Speak of a host, whether it exists or not."""
        self.entry = table.HOSTS[name]
        self.name = name

    def __repr__(self) -> str:
        """Return how a message calls it."""
        return self.name

    # --- its disk ---------------------------------------------------------------------------------------------

    def create(self, *, pristine: bool = False, user_data: str | None = None) -> None:
        """Make the host's disk: Debian's packages just installed, and what tells this host from the others.

        `pristine` leaves running what Debian starts by itself when a node's packages are installed. `user_data` is what a
        cloud gives to cloud-init at the first boot.
        """
        for part in ("upper", "work", "root"):
            (self._folder / part).mkdir(parents=True)
        # An uninitialised id would make systemd apply presets, as on the very first boot of an image.
        self._put("etc/machine-id", f"{uuid.uuid4().hex}\n")
        self._put("etc/hostname", f"{self.name}\n")
        known = (f"{each.main} {each.name}" for each in table.HOSTS.values())
        self._put("etc/hosts", "\n".join(("127.0.0.1 localhost", "::1 localhost", *known, "")))
        self._put("etc/lab-network", self._addresses())
        self._put("etc/systemd/system/lab-network.service", _NETWORK_UNIT)
        wants = self._upper / "etc/systemd/system/sysinit.target.wants/lab-network.service"
        wants.parent.mkdir(parents=True, exist_ok=True)
        wants.symlink_to("/etc/systemd/system/lab-network.service")
        # No host has a way to the packages' servers; what is to be installed is there.
        self._put("etc/apt/sources.list", "")
        off = _ALWAYS_OFF if pristine else (*_ALWAYS_OFF, *_CLEAN_OFF)
        for unit in (*off, *(() if self.name == table.DEVICE else (_QNETD,))):
            self._hide(f"{_WANTS}/{unit}")
        # Systemd would hold the database's port on every address, and HAProxy could not have it.
        self._hide(f"{_UNITS}/sockets.target.wants/mariadb.socket")
        if not pristine:
            self._hide("etc/corosync/corosync.conf")
        if user_data is not None:
            self._put("etc/cloud/cloud.cfg.d/99-lab.cfg", _CLOUD)
            self._put("var/lib/cloud/seed/nocloud/user-data", user_data)
            self._put("var/lib/cloud/seed/nocloud/meta-data", f"instance-id: {uuid.uuid4().hex}\n")

    def destroy(self) -> None:
        """Cut the host's power and throw its disk away."""
        self.cut()
        if self._folder.exists():
            place.remove_tree(self._folder)

    def put(self, path: str, content: str, mode: int = 0o644) -> None:
        """Lay a file on the disk of a host that was never booted."""
        self._put(path.lstrip("/"), content, mode)

    def original(self, path: str) -> str:
        """Return what Debian's packages have in a file."""
        return (roots.path(root.HOST) / path.lstrip("/")).read_text()

    # --- its power --------------------------------------------------------------------------------------------

    def boot(self, firmware_s: float = 0) -> None:
        """Switch the host on; `wait` waits until it is up.

        `firmware_s` is how long it has power before its system starts, as a machine that tests its memory has.
        """
        with self._alone():
            if self.is_up():
                return
            self._off()
            network.join(self.entry, self._side)
            self._group.mkdir(parents=True, exist_ok=True)
            words = (roots.path(root.HOST), self._folder, network.path(self.name), network.name(self.name))
            boot = ("unshare", "--mount", "--propagation", "slave", str(Path(__file__).parent / "boot"))
            command = (*boot, *map(str, words), self.name, str(self._group), str(firmware_s))
            place.start(f"host-{self.name}", command, self._folder / "console.log")
            place.until(self.is_up, 10, f"{self.name} to have power", 0.02)

    def wait(self, seconds: float = 120) -> float:
        """Wait until systemd has started everything, and return how many seconds that took."""
        return place.until(self._is_started, seconds, f"{self.name} to boot", 0.3)

    def cut(self) -> None:
        """Cut the host's power: its cables and every process are gone at once; what is on disk stays."""
        with self._alone():
            self._off()

    def is_up(self) -> bool:
        """Tell whether the host has power."""
        try:
            return "populated 1" in (self._group / "cgroup.events").read_text()
        except OSError:
            return False

    # --- its cables -------------------------------------------------------------------------------------------

    def cut_off(self) -> None:
        """Move the host to the island: it sees nobody any more, nor do the others see it, and no carrier is lost."""
        self._move(network.ISLAND)

    def rejoin(self) -> None:
        """Move the host back; a host that was cut off stays so through a power cut until then."""
        self._move(network.MAIN)

    def unplug(self, name: str) -> None:
        """Pull the host's cable to one network."""
        network.cable(self.name, table.CARDS[name], "down")

    def plug(self, name: str) -> None:
        """Plug the host's cable to one network in again."""
        network.cable(self.name, table.CARDS[name], "up")

    # --- what it runs -----------------------------------------------------------------------------------------

    def run(
        self,
        *command: str,
        stdin: str | bytes = "",
        check: bool = True,
        timeout: float = 60,
        env: Mapping[str, str] | None = None,
    ) -> Done:
        """Run a command as root on the host, which ends with the host."""
        leader = self._leader()
        if leader is None:
            raise lab.FailedError(f"{self.name} is down: {' '.join(command)}")
        group = self._group / "payload" / "lab"
        group.mkdir(exist_ok=True)
        given = (f"{name}={value}" for name, value in (env or {}).items())
        namespaces = ("--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup")
        enter = ("nsenter", f"--target={leader}", *namespaces, "--", "env", "-i", "--chdir=/root")
        words = (*enter, *_ENVIRONMENT, *given, *command)
        said = (f"{self.name}:", *command)
        return lab.run(
            "sh",
            "-c",
            _ENTER,
            "lab",
            str(group),
            *words,
            stdin=stdin,
            check=check,
            timeout=timeout,
            said=said,
        )

    def sh(self, script: str, *, check: bool = True, timeout: float = 60) -> Done:
        """Let bash on the host run a script."""
        return self.run("bash", "-c", script, check=check, timeout=timeout)

    def write(self, path: str, content: str | bytes, mode: int = 0o644) -> None:
        """Write a file on the running host."""
        put = 'mkdir -p "${1%/*}" && cat >"$1.lab" && chmod "$2" "$1.lab" && mv "$1.lab" "$1"'
        self.run("sh", "-c", put, "sh", path, f"{mode:o}", stdin=content)

    def read(self, path: str) -> str:
        """Read a file of the running host."""
        return base64.b64decode(self.run("base64", path).out).decode()

    # --- inside -----------------------------------------------------------------------------------------------

    @property
    def _folder(self) -> Path:
        return place.RUN / "hosts" / self.name

    @property
    def _upper(self) -> Path:
        return self._folder / "upper"

    @property
    def _group(self) -> Path:
        return place.cgroups() / self.name

    @property
    def _side(self) -> str:
        said = self._folder / "side"
        return said.read_text() if said.exists() else network.MAIN

    def _move(self, side: str) -> None:
        with self._alone():
            (self._folder / "side").write_text(side)
            if self.is_up():
                network.move(self.name, self.entry.addresses, side)

    def _off(self) -> None:
        network.leave(self.name, self.entry.addresses)
        if self._group.exists():
            (self._group / "cgroup.kill").write_text("1")
            place.until(lambda: not self.is_up(), 10, f"{self.name} to die", 0.02)
            place.remove_group(self._group)

    def _leader(self) -> int | None:
        """Return the process id, on this machine, of the host's own init."""
        procs = self._group / "payload" / "init.scope" / "cgroup.procs"
        try:
            return int(procs.read_text().split()[0])
        except (FileNotFoundError, OSError, IndexError):
            return None

    def _is_started(self) -> bool:
        if not self.is_up():
            raise lab.FailedError(f"{self.name} died: {(self._folder / 'console.log').read_text()[-2000:]}")
        if self._leader() is None:
            return False
        state = self.run("systemctl", "is-system-running", check=False).out.strip()
        return state in {"running", "degraded"}

    def _addresses(self) -> str:
        """Return the script that gives the host its addresses at boot: what was left from before a reboot goes."""
        lines = ["ip link set lo up"]
        for card, addresses in self.entry.addresses.items():
            lines += [f"ip address flush dev eth{card} scope global", f"ip link set eth{card} up"]
            lines += [
                f"ip address replace {each} dev eth{card}{' nodad' if ':' in each else ''}"
                for each in addresses
            ]
        return "\n".join((*lines, f"ip route replace default via {table.GATEWAY}", ""))

    def _put(self, path: str, content: str, mode: int = 0o644) -> None:
        file = self._upper / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        file.chmod(mode)

    def _hide(self, path: str) -> None:
        """Take a file of the root away from this host: overlayfs takes a device 0:0 for that."""
        if os.path.lexists(roots.path(root.HOST) / path):
            (self._upper / path).parent.mkdir(parents=True, exist_ok=True)
            os.mknod(self._upper / path, 0o020000, os.makedev(0, 0))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let nobody else switch this host meanwhile: devices of several nodes may fence it at once."""
        place.RUN.mkdir(parents=True, exist_ok=True)
        with (place.RUN / f"{self.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


_CLOUD = """\
# The addresses are the lab's, and so is the list of package sources, which is empty. No locales are installed.
network: {config: disabled}
locale: "false"
apt: {preserve_sources_list: true}
datasource_list: [NoCloud, None]
"""
