"""Wake-ups: hints that a run has changed, from any process. Followers read the rows for the change itself."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable

import psycopg
from sqlalchemy import event, text
from sqlmodel import Session

from storage.database import Database, is_sqlite

CHANNEL = "journal_gateway_runs"
POLL_SECONDS = 0.03
RECONNECT_SECONDS = 1.0


def announce(session: Session, run_id: int) -> None:
    """Notify all processes, at commit, that the run has changed. On SQLite they poll the file instead."""
    if not is_sqlite(session):
        session.execute(text("SELECT pg_notify(:channel, :run)"), {"channel": CHANNEL, "run": str(run_id)})


def after_commit(session: Session, call: Callable[[], None]) -> None:
    """Call the function, in the same thread, when the session's transaction is committed; never if it rolls back."""

    @event.listens_for(session, "after_commit")
    def committed(session: Session) -> None:
        # The event is also sent when a savepoint is released, which commits nothing yet.
        if not session.in_nested_transaction():
            call()


async def wakeups(database: Database, wanted: Callable[[], Awaitable[object]]) -> AsyncIterator[int | None]:
    """The ids of changed runs, endlessly; None if any run may have changed, for example after a lost connection.

    `wanted` waits until someone follows a run: until then, changes may be left out.
    """
    source = _file_changes(database, wanted) if database.is_sqlite else _notifications(database)
    async for run_id in source:
        yield run_id


async def _file_changes(database: Database, wanted: Callable[[], Awaitable[object]]) -> AsyncIterator[int | None]:
    connection = sqlite3.connect(database.url.database or "")
    try:
        seen = None
        while True:
            await wanted()
            version = connection.execute("PRAGMA data_version").fetchone()
            if version != seen:
                seen = version
                yield None
            await asyncio.sleep(POLL_SECONDS)
    finally:
        connection.close()


async def _notifications(database: Database) -> AsyncIterator[int | None]:
    url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
                await connection.execute(f"LISTEN {CHANNEL}")
                yield None
                async for notification in connection.notifies():
                    yield int(notification.payload)
        except psycopg.OperationalError:
            await asyncio.sleep(RECONNECT_SECONDS)
