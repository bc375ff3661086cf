"""`python -m infinite_parallax.inpaint_server`: the server without the command line's other verbs."""

import argparse
import sys

from ..shared.errors import ParallaxError, UsageError
from .serve import add_arguments, serve_from_args


def main() -> int:
    """Serve until stopped; 1 if that failed, 2 if it was asked for wrongly."""
    parser = argparse.ArgumentParser(prog="infinite-parallax-server", description=__doc__)
    add_arguments(parser)
    try:
        serve_from_args(parser.parse_args())
    except ParallaxError as e:
        print(e, file=sys.stderr)
        return 2 if isinstance(e, UsageError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
