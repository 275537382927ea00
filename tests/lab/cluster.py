"""The topology on the lab's hosts: built by hagen, prepared by cloud-init, applied by `pcs.sh`, asked by `verify.sh`."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import lab
import topologies
from lab import Done, measure, services, whole
from lab.host import Host
from lab.table import DEVICE, NODES, TOPOLOGY

HOME = "/root/hagen"
"""Where the artifacts lie on each node, as an operator would copy them there."""

SECRETS = topologies.secrets(TOPOLOGY)
_HAPROXY = "/etc/default/haproxy"
_GREEN_S = 150
"""How long a cluster may take at most until everything is as it should be again, with a node that boots."""


def user_data(built: Path) -> dict[str, str]:
    """Return cloud-init's file of each node, as it was built."""
    return {name: (built / f"cloud-init/{name}.yaml").read_text() for name in NODES}


def raise_hosts(built: Path, *, pristine: bool) -> None:
    """Make the hosts, let cloud-init prepare the nodes from what was built, and prepare the quorum device's host."""
    bmc = SECRETS.files["/etc/hagen/bmc"].strip()
    state = "pristine" if pristine else "clean"
    with measure.timed(f"four {state} hosts boot, one after the other"):
        whole.up(pristine=pristine, user_data=user_data(built), password=bmc, before=lay_secrets)
    with measure.timed(f"cloud-init has prepared three {state} nodes, after they have booted"):
        for name in NODES:
            prepared(Host(name))
    device = Host(DEVICE)
    device.run("chpasswd", stdin=f"hacluster:{SECRETS.hacluster}\n")
    device.run("systemctl", "enable", "--now", "corosync-qnetd.service", "pcsd.service")


def lay_secrets(host: Host) -> None:
    """Lay the secrets where CHECKLIST.md wants them; whoever makes the host's image or disk does that."""
    if host.name == DEVICE:
        return
    for path, text in SECRETS.files.items():
        host.put(path, text, 0o600)
    variables = "".join(f"{name}={value}\n" for name, value in SECRETS.env.items())
    host.put(_HAPROXY, host.original(_HAPROXY) + variables, 0o600)


def prepared(host: Host) -> None:
    """Wait until cloud-init has done its work on a node, without a complaint."""
    done = host.run("cloud-init", "status", "--wait", "--long", check=False, timeout=180)
    if done.code or "status: done" not in done.out:
        log = host.sh(
            "grep -E 'WARN|ERR|Traceback' /var/log/cloud-init.log; tail -30 /var/log/cloud-init-output.log"
        )
        raise lab.FailedError(f"cloud-init on {host}: {done.out}{log.out}")


class Cluster:
    """The cluster of the lab, applied from a folder that hagen built."""

    def __init__(self, folder: Path) -> None:
        """Speak of the cluster; what is built goes below `folder`."""
        self._folder = folder
        self.text = TOPOLOGY.read_text()
        self.nodes = {name: Host(name) for name in NODES}
        self.built = self.build(self.text)
        self.first = Done(-1, "", "")
        """What `pcs.sh all` said when it formed the cluster."""

    @property
    def hosts(self) -> dict[str, Host]:
        """Every host, that of the quorum device too."""
        return {**self.nodes, DEVICE: Host(DEVICE)}

    def build(self, text: str) -> Path:
        """Compile a topology, which has to be sound, and return the folder with the artifacts."""
        number = sum(1 for _ in self._folder.glob("*.yml"))
        topology = self._folder / f"{number}.yml"
        topology.write_text(text)
        return topologies.compile_into(topology, self._folder / f"{number}")

    def form(self, *, pristine: bool) -> Done:
        """Make the hosts and the cluster, from nothing to green, and return what `pcs.sh all` said."""
        raise_hosts(self.built, pristine=pristine)
        return self.apply()

    def apply(self) -> Done:
        """Make the cluster of hosts that are prepared, until it is green, and return what `pcs.sh all` said."""
        self.spread(self.built)
        for host in self.nodes.values():
            services.place(host)
        with ThreadPoolExecutor() as pool:
            starting = pool.submit(services.start, tuple(self.nodes.values()))
            with measure.timed("pcs.sh all forms the cluster"):
                self.first = self.pcs("all", timeout=400)
            with measure.timed("until the services are there, after pcs.sh all"):
                starting.result()
        measure.taken("until everything is green, after that", self.settle(tidy=False))
        return self.first

    def spread(self, built: Path) -> None:
        """Copy what was built to every node that has power: the scripts of the operator, and the files of the node."""
        for host in self.alive():
            for script in ("pcs.sh", "verify.sh"):
                host.write(f"{HOME}/{script}", (built / script).read_bytes(), 0o755)

    def alive(self) -> tuple[Host, ...]:
        """Return the nodes that have power."""
        return tuple(host for host in self.nodes.values() if host.is_up())

    def pcs(
        self,
        *words: str,
        at: str = NODES[0],
        check: bool = True,
        timeout: float = 400,
        env: Mapping[str, str] | None = None,
    ) -> Done:
        """Run `pcs.sh` on a node as it was built."""
        return self.nodes[at].run(f"{HOME}/pcs.sh", *words, check=check, timeout=timeout, env=env)

    def verify(self, host: Host) -> Done:
        """Run `verify.sh` on a node as it was built."""
        return host.run(f"{HOME}/verify.sh", check=False, timeout=120)

    def node_of(self, resource: str) -> Host:
        """Return the node that runs a resource."""
        asked = self.alive()[0].run("crm_resource", "--resource", resource, "--locate", "--quiet").out.split()
        return self.nodes[asked[0]]

    def other_than(self, host: Host) -> Host:
        """Return a node that has power and is another one."""
        return next(each for each in self.alive() if each.name != host.name)

    def epoch(self) -> tuple[int, int]:
        """Return how often the configuration was changed: the CIB's admin_epoch and epoch."""
        text = self.alive()[0].run("cibadmin", "--query").out
        found = dict(each.split("=", 1) for each in text.split(">", 1)[0].split() if "=" in each)
        return int(found["admin_epoch"].strip('"')), int(found["epoch"].strip('"'))

    def red(self, host: Host) -> list[str]:
        """Return the titles of what `verify.sh` finds wrong on a node."""
        lines = self.verify(host).out.splitlines()
        return [line.partition(" - ")[2] for line in lines if line.startswith("not ok ")]

    def settle(self, seconds: float = _GREEN_S, *, tidy: bool = True) -> float:
        """Bring back what a test took away, and wait until every node is green; return how long that took.

        With `tidy`, failures that Pacemaker remembers are forgotten, and nodes leave standby, as CHECKLIST.md says.
        """
        began = time.monotonic()
        for host in self.hosts.values():
            host.rejoin()
            host.boot()
        for host in self.hosts.values():
            host.wait()
        faults: dict[str, list[str]] = {}
        while time.monotonic() - began < seconds:
            faults = {name: red for name, host in self.nodes.items() if (red := self._faults(host))}
            if not faults:
                return time.monotonic() - began
            time.sleep(1)
            if tidy:
                self._forget_failures()
        raise lab.FailedError(
            f"not green after {seconds:g} s: {faults}\n{self.alive()[0].run('crm_mon', '-1').out}"
        )

    def _faults(self, host: Host) -> list[str]:
        if not host.is_up():
            return ["no power"]
        try:
            return self.red(host)
        except lab.FailedError as failed:
            return [str(failed)]

    def _forget_failures(self) -> None:
        """Do what CHECKLIST.md says after a rehearsal."""
        for host in self.alive():
            online = host.run("crm_mon", "--one-shot", check=False, timeout=20)
            if not online.code:
                host.sh(
                    "pcs node unstandby --all; pcs resource cleanup; pcs stonith history cleanup", check=False
                )
                return


def places(seat: Host, resource: str) -> set[str]:
    """Return the names of the nodes that run a resource, as one node sees it; none where it cannot say."""
    asked = ("crm_resource", "--resource", resource, "--locate", "--quiet")
    return set(seat.run(*asked, check=False).out.split())


@contextmanager
def formed(folder: Path, *, pristine: bool) -> Iterator[Cluster]:
    """Form the cluster, and take the lab down when the block ends."""
    cluster = Cluster(folder)
    try:
        cluster.form(pristine=pristine)
        yield cluster
    finally:
        whole.down()
