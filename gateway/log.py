"""The log says each kind of trouble once in a minute: what thousands of clients run into would fill the disk."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

SECONDS = 60.0

LOGGERS = (
    "dbos",
    "gateway.graphql.endpoint",
    "gateway.http_protocol",
    "resolvers.context",
    "runs.supervisor",
    "uvicorn.error",
)
"""Those that log what clients, or a database that is gone, cause again and again."""


class Seldom(logging.Filter):
    """Lets one record of each kind pass in a minute, and tells with the next one how many did not.

    Of one kind are records of the same line of code, with the same type of exception.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        super().__init__()
        self._seconds = seconds
        self._lock = threading.Lock()
        self._ends: dict[object, float] = {}
        self._dropped: dict[object, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged."""
        kind = (record.pathname, record.lineno, record.exc_info and record.exc_info[0])
        now = monotonic()
        with self._lock:
            if now < self._ends.get(kind, 0.0):
                self._dropped[kind] = self._dropped.get(kind, 0) + 1
                return False
            self._ends[kind] = now + self._seconds
            dropped = self._dropped.pop(kind, 0)
        if dropped:
            record.msg, record.args = f"{record.getMessage()} (and {dropped:,} times since it was last logged)", ()
        return True


@contextmanager
def said_seldom(seconds: float = SECONDS) -> Iterator[None]:
    """Inside, the loggers of LOGGERS say each kind of trouble once in so many seconds."""
    seldom = Seldom(seconds)
    loggers = [logging.getLogger(name) for name in LOGGERS]
    for logger in loggers:
        logger.addFilter(seldom)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(seldom)
