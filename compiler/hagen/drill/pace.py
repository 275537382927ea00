"""How long the programs of a cluster take for steps that no setting bounds, in seconds: the figures behind the drills.

Each is what was measured with Debian 12's packages on three nodes that shared two busy processors, with room for a
slower machine; the tests' own cluster measures them again. Where a program waits on purpose, its source is named. What
they cannot allow for is a machine so loaded that Pacemaker does one thing at a time (`load-threshold`).
"""

from hagen.model import Vip

START_S = 2.0
"""An address is stopped on one node, the next one puts it on and says so by gratuitous ARP: measured 0.4 to 1.6."""

DAD_S = 2.0
"""IPv6 more: the kernel first asks whether somebody has the address, and waits up to a second before and one after.

Source: RFC 4862, section 5.4.2 (MAX_RTR_SOLICITATION_DELAY and RetransTimer). Measured 2.0.
"""

DECIDE_S = 3.0
"""After a node was lost, Pacemaker elects who decides, if that was the one, and waits for more to come: measured 2."""

VOTE_S = 3.0
"""The quorum device votes on the new membership, if it answers at all: measured 2.1, with `lms`."""

UNIT_S = 3.0
"""systemd starts or stops HAProxy; Pacemaker asks it for the result 2 s later: measured 2.0 to 3.5, mostly 2.4.

Source: Pacemaker's executor, `execd_commands.c`, which asks again after a tenth of the timeout, 2 s at most.
"""

_IPV6 = 6


def start(vip: Vip) -> float:
    """Return how long the address of a VIP may be nowhere while it is put on a node."""
    return START_S + (DAD_S if vip.address.version == _IPV6 else 0.0)
