"""Run hagen: as the command `hagen`, and as `python -m hagen`."""

import gc


def run() -> None:
    """Run the command line in a process of its own."""
    # What a compiler makes lives until the process ends: a collector that walks it again and again finds nothing.
    gc.disable()
    from hagen.cli import main  # noqa: PLC0415

    main(prog_name="hagen")


if __name__ == "__main__":
    run()
