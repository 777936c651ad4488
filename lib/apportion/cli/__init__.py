"""The command line: one thin command per line of the specification.

Results go to stdout, messages and progress to stderr; the exit code is 0 or it is not.
"""

import logging
import signal
import sys
from types import FrameType

from apportion.cli.app import app, say_error
from apportion.errors import ApportionError

__all__ = ["app", "main"]


def main() -> None:
    """Run the command that the arguments name."""
    signal.signal(signal.SIGTERM, _terminate)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        app()
    except ApportionError as error:
        say_error(str(error))
        sys.exit(1)


def _terminate(number: int, frame: FrameType | None) -> None:
    """End by an exception, so that what runs can record that it was broken off."""
    sys.exit(128 + number)
