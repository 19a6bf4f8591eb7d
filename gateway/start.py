"""The entry point. Loading takes a moment; Ctrl-C during it exits without a traceback."""

import os
import signal

INTERRUPTED = 130


def main() -> None:
    """Load the command line and run it."""
    before = signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    from gateway.command_line import main as run

    signal.signal(signal.SIGINT, before)
    run()
