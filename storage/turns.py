"""Taking turns on SQLite: who writes one transaction after the other lets others write in between."""

from time import monotonic, sleep

HELD_SECONDS_MAX = 0.5
"""How long transactions may keep others waiting until their writer pauses."""

PAUSE_SECONDS = 0.12
"""How long others can begin to write then. Whoever waits for SQLite's lock tries again every 0.1 seconds."""


class Turns:
    """The transactions of one writer: call `wait` before each, `begin` once it has the lock, and `end` after it."""

    def __init__(self) -> None:
        self._began = self._ended = self._held = 0.0

    def wait(self) -> None:
        """Wait until others have had their turn."""
        left = self._ended + PAUSE_SECONDS - monotonic()
        if left > 0 and self._held < HELD_SECONDS_MAX:
            return
        sleep(max(0, left))
        self._held = 0

    def begin(self) -> None:
        """The transaction begins."""
        self._began = monotonic()

    def end(self) -> None:
        """The transaction has ended."""
        self._ended = monotonic()
        self._held += self._ended - self._began
