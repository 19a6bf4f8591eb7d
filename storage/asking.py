"""One statement for one answer, on a connection of the driver: no session, no transaction, no rows of the ORM.

A single statement sees one moment of the ledger by itself. What SQLAlchemy adds to it costs more than it does.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from time import monotonic
from typing import Any, Protocol

from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.exc import OperationalError

from storage.deadline import Deadline, DeadlineExceeded
from storage.errors import OperatorError

Rows = list[tuple[Any, ...]]

STEPS_BETWEEN_LOOKS = 100_000
"""Steps of SQLite's virtual machine between two looks at the clock: some milliseconds."""


class Unanswerable(Exception):
    """The database cannot answer by this statement: a value is too large for the caller, or it is nested too deeply."""


class NotStorable(Exception):
    """A text has a character that the database cannot store."""


class StatementFailed(OperatorError):
    """The database failed. The text gives its reason."""


@contextmanager
def watched(connection: sqlite3.Connection, limit: Deadline) -> Iterator[None]:
    """Inside, SQLite interrupts its statements once the deadline has passed."""
    connection.set_progress_handler(limit.has_passed, STEPS_BETWEEN_LOOKS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)


def is_interrupted(error: sqlite3.Error) -> bool:
    """Whether SQLite was interrupted. Errors of the driver itself have no code."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) == sqlite3.SQLITE_INTERRUPT


class Asking(Protocol):
    """Asks a database."""

    def ask(self, text: str, parameters: Mapping[str, object]) -> Rows:
        """The rows that the statement returns."""


class SqliteAsking:
    """Asks a SQLite database."""

    def __init__(self, engine: Engine, seconds: float) -> None:
        """`seconds` is how long a statement may take."""
        self._engine = engine
        self._seconds = seconds

    def ask(self, text: str, parameters: Mapping[str, object]) -> Rows:
        """The rows that the statement returns.

        Raises DeadlineExceeded, Unanswerable, UnicodeEncodeError for a text that is not Unicode, and StatementFailed.
        """
        limit = Deadline(monotonic() + self._seconds)
        with closing(checked_out(self._engine)) as pooled:
            connection: sqlite3.Connection = pooled.driver_connection  # type: ignore[assignment]
            try:
                with watched(connection, limit):
                    rows: Rows = connection.execute(text, parameters).fetchall()
            except sqlite3.OperationalError as error:
                raise _of_sqlite(error) from error
        return rows


def checked_out(engine: Engine) -> PoolProxiedConnection:
    """A connection of the engine. Raises StatementFailed."""
    try:
        return engine.raw_connection()
    except (engine.dialect.loaded_dbapi.OperationalError, OperationalError) as error:
        raise StatementFailed(" ".join(str(error).split())) from error


def _of_sqlite(error: sqlite3.OperationalError) -> Exception:
    if is_interrupted(error):
        return DeadlineExceeded()
    # The statement itself asks for JSON that is none where it must not go on. Lists nested in lists in lists, with
    # amounts in them, can be too deep for SQLite's parser.
    if str(error) in ("malformed JSON", "parser stack overflow"):
        return Unanswerable(str(error))
    return StatementFailed(str(error))
