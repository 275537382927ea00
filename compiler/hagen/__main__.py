"""Run hagen as `python -m hagen`."""

from hagen.cli import main

if __name__ == "__main__":
    main(prog_name="hagen")
