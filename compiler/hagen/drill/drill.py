"""`Drill`: something to break on purpose, what is sure to come of it, and how soon."""

from typing import NamedTuple

from hagen.fencer import Fencer
from hagen.source import Pointer


class Drill(NamedTuple):
    """Something to break on purpose, mostly on the node of a VIP: what is sure to happen, how soon, and why.

    Ids of the CIB say what happens: `moves` comes up on another node, all on the same one, after `failures` of them or
    at once; `also` does so too if it ran there; `stops` no longer runs on the node; `recovers` is started again on it;
    `stays` goes on there untouched, if it ran there. `fenced` says how the other nodes stop the node. `twice`: both
    parts of the cluster go on. `remarks` are sentences about what is no resource, in Markdown. `seconds` 0: clients
    notice nothing; None: there is no bound, and `because` says why not. `tried` are VIPs whose addresses the kernel
    tries out first, which takes DAD_S more; `longer` is what may need more time than hagen knows.
    """

    title: str
    commands: tuple[str, ...]
    moves: tuple[str, ...]
    failures: int
    also: tuple[str, ...]
    stops: tuple[str, ...]
    recovers: tuple[str, ...]
    stays: tuple[str, ...]
    fenced: tuple[Fencer, ...]
    twice: bool
    remarks: tuple[str, ...]
    seconds: float | None
    tried: tuple[str, ...]
    longer: tuple[str, ...]
    because: str
    undo: tuple[str, ...]
    origin: Pointer
