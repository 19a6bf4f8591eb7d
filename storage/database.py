"""The database: SQLite by default, PostgreSQL by URL. One transaction is one `with`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DataError, OperationalError
from sqlmodel import Session

BUSY_SECONDS = 60
"""How long a writer waits for another on SQLite; an import holds the file for as long as it takes."""


class DatabaseError(Exception):
    """The database cannot be used. Its text says why and what to do."""


class DatabaseBusy(Exception):
    """Another writer holds the database; nothing was changed."""


class UnfitText(ValueError):
    """The text has a character that the database cannot keep: NUL, or half of a surrogate pair."""


class Database:
    """The engines of one database. Give it a SQLAlchemy URL: `sqlite:///ledger.db` or `postgresql+psycopg://...`."""

    def __init__(self, url: str) -> None:
        self.url = _supported(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            # A reader that began IMMEDIATE would wait for the writer: two engines, one of them never locks.
            self.writer = _sqlite_engine(self.url, "BEGIN IMMEDIATE")
            self.reader = _sqlite_engine(self.url, "BEGIN")
        else:
            self.writer = self.reader = create_engine(
                self.url,
                pool_size=10,
                max_overflow=20,
                pool_pre_ping=True,
                connect_args={"options": "-c idle_in_transaction_session_timeout=15s -c timezone=UTC"},
            )

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that may write; it commits at the end of the block, or rolls back when the block raises.

        Raises DatabaseBusy, with nothing changed, when another writer does not let go or two wait for each other, and
        DatabaseError when the database is lost, its disk is full or the like.
        """
        try:
            with _texts(), Session(self.writer, expire_on_commit=False) as session, session.begin():
                yield session
        except OperationalError as error:
            if any(sign in str(error.orig) for sign in ("locked", "deadlock", "lock timeout")):
                raise DatabaseBusy from error
            reason = " ".join(str(error.orig).split())
            raise DatabaseError(f"the database {self} failed amid a change ({reason}); try again") from error

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads. Its rows may be used after it.

        Raises DatabaseError when the database is lost.
        """
        try:
            with _texts(), Session(self.reader, expire_on_commit=False) as session, session.begin():
                yield session
                session.expunge_all()
        except OperationalError as error:
            reason = " ".join(str(error.orig).split())
            raise DatabaseError(f"the database {self} failed amid a look-up ({reason}); try again") from error

    def close(self) -> None:
        """Close every connection."""
        self.writer.dispose()
        self.reader.dispose()

    def __str__(self) -> str:
        return self.url.render_as_string(hide_password=True)


def database_file(url: str) -> Path | None:
    """The file of a SQLite database, which need not exist yet; None for a server. Raises DatabaseError."""
    parsed = _supported(url)
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None


@contextmanager
def _texts() -> Iterator[None]:
    try:
        yield
    except UnicodeEncodeError as error:
        raise UnfitText(UnfitText.__doc__) from error
    except DataError as error:
        if "NUL" not in str(error.orig):
            raise
        raise UnfitText(UnfitText.__doc__) from error


def is_sqlite(session: Session) -> bool:
    """Whether the session is one of SQLite; else it is one of PostgreSQL."""
    return session.get_bind().dialect.name == "sqlite"


def _supported(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # A port that is no number is a plain ValueError.
        parsed = None
    if parsed is not None and parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed.set(drivername="sqlite")
    if parsed is not None and parsed.get_backend_name() in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    # As far as an address is, what stands before the last @ may be a password.
    shown = re.sub("://.*@", "://***@", url) if parsed is None else parsed.render_as_string(hide_password=True)
    raise DatabaseError(
        f"{shown!r} is no database URL that can be used; write sqlite:///ledger.db for a file"
        " or postgresql://user:password@host/name for a server"
    )


def _sqlite_engine(url: URL, begin: str) -> Engine:
    folder = Path(url.database or "").parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(
            f"the folder {folder} of the database file cannot be made ({error.strerror}); give another place"
        ) from error
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS}, pool_size=10, max_overflow=20)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver would begin late and plainly by itself; `begin` below does it on time and as told.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine
