"""A compiler for high-availability control planes: one YAML topology in, checked artifacts out.

The public API is what is named here: `compile_source(Source(name, data))` returns a `Result` with its
`diagnostics` and, if nothing was wrong, its `artifacts`.
"""

from typing import Any

__version__ = "0.1.0"

__all__ = ["Artifact", "Diagnostic", "Result", "Source", "__version__", "check_source", "compile_source"]

_HOMES = {
    "Artifact": "hagen.artifact",
    "Diagnostic": "hagen.diagnostic",
    "Result": "hagen.pipeline",
    "Source": "hagen.source",
    "check_source": "hagen.pipeline",
    "compile_source": "hagen.pipeline",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for, so that `hagen --version` does not pay for the compiler."""
    if name in _HOMES:
        from importlib import import_module  # noqa: PLC0415  see above

        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'hagen' has no attribute {name!r}")
