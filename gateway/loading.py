"""Loading modules, which takes most of the time in which a command starts."""

import gc
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

INTERRUPTED = 130


@contextmanager
def loading() -> Iterator[None]:
    """Inside, modules are loaded: Ctrl-C ends the process without a traceback, and garbage is not collected.

    What modules make stays. To look through it again and again while they are loaded takes a quarter of the time.
    """
    before = signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
        signal.signal(signal.SIGINT, before)


def keep_loaded() -> None:
    """Never look through what is loaded by now for garbage: it stays, and each look would hold up all requests."""
    gc.collect()
    gc.freeze()
