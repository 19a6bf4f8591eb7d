"""The database: SQLite by default, PostgreSQL by URL. One transaction is one `with`."""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DataError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session

from storage.asking import Asking, NotStorable, SqliteAsking, StatementFailed, is_interrupted, watched
from storage.clock import forget_moments
from storage.deadline import DeadlineExceeded, current_deadline
from storage.errors import OperatorError

BUSY_SECONDS = 60
"""How long a writer waits for another one on SQLite."""

ANSWER_SECONDS = 30.0
"""How long a statement that answers a query may take; then the database cancels it."""

CONNECTIONS_KEPT = 20
"""Connections of each kind that stay open: as many as statements are asked at a time.

Another would be closed after its statement, and the next would wait for a new one, and on PostgreSQL for its plans.
"""


_LARGE_BLOCK = 4 << 20
"""Bytes: of what is freed, the server's process for a connection then keeps up to twice as many."""

_WRITING = "BEGIN IMMEDIATE"
_QUERY_CANCELED = "57014"
_DEADLOCK_DETECTED = "40P01"
_LOCK_NOT_AVAILABLE = "55P03"
_CHARACTER_NOT_IN_REPERTOIRE = "22021"
_UNTRANSLATABLE_CHARACTER = "22P05"

_WAIT = "wait_milliseconds"
"""The execution option of a connection that says how long a writer waits."""


class DatabaseError(OperatorError):
    """The database cannot be used. The text says why and what to do."""


class DatabaseBusy(OperatorError):
    """Another writer is holding the database; nothing was changed."""

    def __str__(self) -> str:
        return "another writer is holding the ledger; nothing was changed, so try again"


class UnfitText(ValueError):
    """The text has a character that databases cannot store: NUL, or an unpaired surrogate."""


class Database:
    """The engines of one database, from a SQLAlchemy URL: `sqlite:///ledger.db` or `postgresql+psycopg://...`."""

    def __init__(self, url: str, answer_seconds: float = ANSWER_SECONDS) -> None:
        """`answer_seconds` is how long a statement of `ask` may take."""
        self.url = _supported(url)
        self.answer_seconds = answer_seconds
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            # With BEGIN IMMEDIATE, a reader would wait for the writer, so readers have an engine of their own.
            self.writer = _sqlite_engine(self.url, _WRITING)
            self.reader = _sqlite_engine(self.url, "BEGIN")
            self._engines = [self.writer, self.reader]
            self._asking: Asking = SqliteAsking(self.reader, answer_seconds)
        else:
            # Only here: the driver takes 10 MB, and as long to load as the half of SQLAlchemy.
            from storage.postgresql_asking import PostgresqlAsking

            self.writer = self.reader = create_engine(
                self.url,
                pool_size=CONNECTIONS_KEPT,
                max_overflow=20,
                pool_pre_ping=True,
                connect_args={"options": "-c idle_in_transaction_session_timeout=15s -c timezone=UTC"},
            )
            # Planning a nested statement takes as long as executing it, so each is planned once for each connection.
            # To remember rows by their keys takes longer than to find each once more by its index.
            options = (
                f"-c statement_timeout={round(answer_seconds * 1000)}ms -c timezone=UTC -c datestyle=ISO"
                " -c plan_cache_mode=force_generic_plan -c jit=off -c enable_memoize=off"
            )
            asker = create_engine(
                self.url,
                pool_size=CONNECTIONS_KEPT,
                max_overflow=0,
                pool_reset_on_return=None,
                isolation_level="AUTOCOMMIT",
                connect_args={"options": options, "prepare_threshold": 1},
            )
            event.listen(asker, "connect", _keep_memory)
            self._engines = [self.writer, asker]
            self._asking = PostgresqlAsking(asker)
        forget_moments(self.writer)

    @contextmanager
    def write(self, wait_seconds: float | None = None) -> Iterator[Session]:
        """A transaction that may write; it commits at the end of the block, or rolls back if the block raises.

        It waits at most `wait_seconds` for another writer: on SQLite for any, on PostgreSQL for one of the same rows.
        By default that is BUSY_SECONDS on SQLite, and on PostgreSQL as long as it takes.

        Raises DatabaseBusy, with nothing changed, if another writer holds the database or in a deadlock; DatabaseError
        if the database fails, for example because the connection is lost or its disk is full; DeadlineExceeded, with
        nothing changed; and UnfitText.
        """
        try:
            with _texts(), Session(self.writer, expire_on_commit=False) as session, session.begin():
                if wait_seconds is not None:
                    self._limit_wait(session, wait_seconds)
                with _limited(session):
                    yield session
        except OperationalError as error:
            if _is_busy(error.orig):
                raise DatabaseBusy from error
            raise self._failure("transaction", error.orig) from error

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A read-only transaction. Its rows can be used after the block.

        Raises DatabaseError if the database fails, DeadlineExceeded, and UnfitText.
        """
        try:
            with _texts(), Session(self.reader, expire_on_commit=False) as session, session.begin(), _limited(session):
                yield session
                session.expunge_all()
        except OperationalError as error:
            raise self._failure("query", error.orig) from error

    def _failure(self, during: str, cause: BaseException | None) -> Exception:
        """What to raise for a failure of the driver: whether the database cancelled the statement, or failed."""
        if _is_cancelled(cause):
            return DeadlineExceeded()
        reason = " ".join(str(cause).split())
        return DatabaseError(f"the database {self} failed during a {during} ({reason}); try again")

    def _limit_wait(self, session: Session, seconds: float) -> None:
        milliseconds = max(1, round(seconds * 1000))
        session.connection(execution_options={_WAIT: milliseconds})
        if not self.is_sqlite:
            session.execute(text(f"SET LOCAL lock_timeout = {milliseconds}"))

    def ask(self, text: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """The rows of a statement that only reads, without a transaction and without SQLAlchemy.

        Raises DeadlineExceeded if it takes too long, Unanswerable if the ledger has a value that the statement may not
        return, UnfitText, and DatabaseError if the database fails.
        """
        try:
            return self._asking.ask(text, parameters)
        except (UnicodeEncodeError, NotStorable) as error:
            raise UnfitText(UnfitText.__doc__) from error
        except StatementFailed as error:
            raise DatabaseError(f"the database {self} failed during a query ({error}); try again") from error

    def close(self) -> None:
        """Close every connection; one that a thread still uses, when it no longer does."""
        for engine in self._engines:
            event.listen(engine.pool, "checkin", _close_connection)
            engine.dispose()

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)


def _close_connection(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.close()


def _keep_memory(connection: Any, _record: Any) -> None:
    """Let the server's process for this connection keep the memory of one statement for the next.

    glibc gives what is more than twice the largest block that was ever freed back to the system, and each long answer
    would ask for it again, page by page.
    """
    connection.execute(f"SELECT length(repeat('x', {_LARGE_BLOCK}))")


def database_file(url: str) -> Path | None:
    """The file of a SQLite database, which need not exist; None for a server. Raises DatabaseError."""
    parsed = _supported(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


@contextmanager
def _texts() -> Iterator[None]:
    try:
        yield
    except UnicodeEncodeError as error:
        raise UnfitText(UnfitText.__doc__) from error
    except DataError as error:
        if not _is_unfit_text(error.orig):
            raise
        raise UnfitText(UnfitText.__doc__) from error


@contextmanager
def _limited(session: Session) -> Iterator[None]:
    """Inside, statements are cancelled at the present deadline, if there is one."""
    limit = current_deadline()
    if limit is None:
        yield
    elif is_sqlite(session):
        connection: sqlite3.Connection = session.connection().connection.driver_connection  # type: ignore[assignment]
        with watched(connection, limit):
            yield
    else:
        session.execute(text(f"SET LOCAL statement_timeout = {limit.milliseconds}"))
        yield


def _is_cancelled(cause: BaseException | None) -> bool:
    if isinstance(cause, sqlite3.Error):
        return is_interrupted(cause)
    return _sqlstate(cause) == _QUERY_CANCELED


def _is_busy(cause: BaseException | None) -> bool:
    if isinstance(cause, sqlite3.Error):
        # Errors of the driver itself have no code. The low byte of an extended code is the primary one.
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
        return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return _sqlstate(cause) in (_DEADLOCK_DETECTED, _LOCK_NOT_AVAILABLE)


def _is_unfit_text(cause: BaseException | None) -> bool:
    # The driver of PostgreSQL itself refuses to send NUL, without an SQLSTATE; the server refuses other characters.
    state = _sqlstate(cause)
    if state is None:
        return cause is not None and not isinstance(cause, sqlite3.Error)
    return state in (_CHARACTER_NOT_IN_REPERTOIRE, _UNTRANSLATABLE_CHARACTER)


def _sqlstate(cause: BaseException | None) -> str | None:
    return getattr(cause, "sqlstate", None)


def is_sqlite(session: Session) -> bool:
    """Whether the session uses SQLite; otherwise it uses PostgreSQL."""
    return session.get_bind().dialect.name == "sqlite"


def _supported(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # A port that is not a number raises a plain ValueError.
        parsed = None
    if parsed is not None and parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite")
    if parsed is not None and parsed.get_backend_name() in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    # Even in an invalid URL, the text before the last @ may include a password.
    shown = re.sub("://.*@", "://***@", url) if parsed is None else parsed.render_as_string(hide_password=True)
    raise DatabaseError(
        f"{shown!r} is not a supported database URL; use sqlite:///ledger.db for a file"
        " or postgresql://user:password@host/name for a server"
    )


def _sqlite_engine(url: URL, begin: str) -> Engine:
    folder = Path(url.database or "").parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(
            f"the folder {folder} of the database file cannot be created ({error.strerror}); use another path"
        ) from error
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, pool_size=CONNECTIONS_KEPT, max_overflow=30)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # By default, the driver begins a transaction only at its first write; the listener below begins it earlier.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        if begin == _WRITING:
            # The connection may have served a writer that waited longer or shorter.
            milliseconds = connection.get_execution_options().get(_WAIT, BUSY_SECONDS * 1000)
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {milliseconds}")
        connection.exec_driver_sql(begin)

    return engine
