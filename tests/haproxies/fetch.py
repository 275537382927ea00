"""Get every HAProxy that is not here yet: `make haproxies`, as root on Debian."""

import sys

import dialects
import haproxies
from dialects import roots
from haproxies import wheel


def main() -> int:
    """Make the roots that are missing, then unpack the wheel; the exit code is 1 if something could not be had."""
    failed = roots.main((*dialects.ALL, haproxies.TESTING))
    fault = wheel.unpack()
    sys.stdout.write(f"haproxies: {fault or 'the wheel is here'}\n")
    return 1 if failed or fault else 0


if __name__ == "__main__":
    sys.exit(main())
