"""Run hagen: as the command `hagen`, and as `python -m hagen`."""

import gc
import os
import sys


def run() -> None:
    """Run the command line in a process of its own, and end that process."""
    # What a compiler makes lives until the process ends: a collector that walks it again and again finds nothing.
    gc.disable()
    from hagen.cli import main  # noqa: PLC0415

    try:
        main(prog_name="hagen")
    except SystemExit as end:
        _end(end.code if isinstance(end.code, int) else int(end.code is not None))
    except OSError as error:  # click could not print help or the version
        from hagen.cli.console import unwritable  # noqa: PLC0415

        try:
            unwritable(error)
        except SystemExit:
            _end(1)


def _end(code: int) -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:  # it is None if the shell has closed it
                stream.flush()
        except OSError:  # nobody reads any more
            code = code or 1
    # Taking everything apart, value by value, would cost a tenth of a build: the system takes it all at once.
    os._exit(code)


if __name__ == "__main__":
    run()
