"""Until when what a request reads and writes may take; then the database cancels the statement."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic


class DeadlineExceeded(Exception):
    """The statement took too long, and the database has cancelled it."""


REQUEST_SECONDS = 60.0
"""How long what a request changes may take, and what it reads through the ORM."""


@dataclass(slots=True)
class Deadline:
    """A moment; it can be brought forward, for example when nobody waits for the answer any more."""

    ends: float
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)
    _stop: Callable[[], None] | None = field(default=None, repr=False, compare=False)

    def has_passed(self) -> bool:
        """Whether the moment has passed."""
        return monotonic() > self.ends

    @property
    def milliseconds(self) -> int:
        """What is left, at least 1."""
        return max(1, int((self.ends - monotonic()) * 1000))

    def end(self) -> None:
        """Bring it forward to now. It may wait for the database a moment."""
        self.ends = 0
        with self._lock:
            if self._stop is not None:
                self._stop()

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Inside, `stop` is called, in another thread, when the moment is brought forward."""
        with self._lock:
            self._stop = stop
        try:
            yield
        finally:
            with self._lock:
                self._stop = None


_CURRENT: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[Deadline]:
    """Inside, and in threads and tasks begun there, statements of `Database.read` and `write` end within that time."""
    limited = Deadline(monotonic() + seconds)
    token = _CURRENT.set(limited)
    try:
        yield limited
    finally:
        _CURRENT.reset(token)


@contextmanager
def stopped_at_deadline(stop: Callable[[], None]) -> Iterator[None]:
    """Inside, `stop` is called, in another thread, when the present deadline, if there is one, is brought forward."""
    limit = current_deadline()
    if limit is None:
        yield
    else:
        with limit.stopping(stop):
            yield


def current_deadline() -> Deadline | None:
    """The deadline here; None for what may take as long as it needs, such as an import."""
    return _CURRENT.get()
