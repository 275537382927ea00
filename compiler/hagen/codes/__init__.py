"""Every kind of diagnostic, once: numbered by stage, never renumbered, a retired number never reused.

HG1xxx load, HG2xxx schema, HG3xxx resolve, HG4xxx rules (40 quorum, 41 nodes and networks, 42 VIPs, 43 fencing
and secrets, 44 proxy, 45 kernel, 46 platform and provisioning, 47 resources and constraints, 48 Corosync and timing,
49 booth),
HG6xxx write, HG9xxx hagen itself.
"""

# ruff: noqa: F403  a code is used by its name, codes.EVEN_NODES, wherever it is defined

from hagen.codes.corosync import *
from hagen.codes.fencing import *
from hagen.codes.load import *
from hagen.codes.network import *
from hagen.codes.node import *
from hagen.codes.proxy import *
from hagen.codes.quorum import *
from hagen.codes.resolve import *
from hagen.codes.resource import *
from hagen.codes.schema import *
from hagen.codes.write import *
from hagen.diagnostic import Code

ALL: tuple[Code, ...] = tuple(
    sorted((value for value in globals().values() if isinstance(value, Code)), key=lambda code: code.id)
)
"""Every code, in the order of their numbers."""

RETIRED: tuple[str, ...] = ()
"""Numbers that were used once and mean nothing now."""
