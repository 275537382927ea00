"""What the topology itself says: a diagnostic points there, and what nobody said is nobody's mistake."""

from hagen.artifact import Origins
from hagen.diagnostic import Label
from hagen.source import Pointer


def said(origins: Origins, key: str) -> bool:
    """Tell whether the value under `key` stands in the topology, and not in the catalog or the schema."""
    return origins[key].kind == "topology"


def place(origins: Origins, keys: tuple[str, ...], whole: Pointer) -> Label:
    """Return the place of the first of `keys` that the topology says, or else the key of `whole`."""
    for key in keys:
        origin = origins[key]
        if origin.kind == "topology":
            return Label(origin.at)
    return Label(whole, on_key=True)
