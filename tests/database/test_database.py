"""Errors of databases are recognised by their codes, whatever language the server speaks."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import event, text
from sqlalchemy.pool import Pool
from sqlmodel import select

from storage import database as databases
from storage.accounting_codes import AccountingCode
from storage.database import CONNECTIONS_KEPT, Database, DatabaseBusy, UnfitText


def test_a_writer_that_waits_too_long_for_another_is_busy(
    empty_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not empty_database.is_sqlite:
        pytest.skip("writers on PostgreSQL wait for rows, not for the database")
    monkeypatch.setattr(databases, "BUSY_SECONDS", 0)
    impatient = Database(str(empty_database.url))

    with empty_database.write() as holder:
        holder.execute(text("SELECT 1"))
        with pytest.raises(DatabaseBusy), impatient.write() as session:
            session.execute(text("SELECT 1"))

    impatient.close()


def test_a_lock_that_is_not_available_is_busy(empty_database: Database) -> None:
    if empty_database.is_sqlite:
        pytest.skip("SQLite has no locks of rows")
    table = text("LOCK TABLE accounting_code NOWAIT")

    with empty_database.write() as holder:
        holder.execute(table)
        with pytest.raises(DatabaseBusy), empty_database.write() as session:
            session.execute(table)


def test_a_text_that_a_database_cannot_store_is_unfit(empty_database: Database) -> None:
    found = select(AccountingCode).where(AccountingCode.name == "Cash\ud800")

    with pytest.raises(UnfitText), empty_database.read() as session:
        session.exec(found)


def test_postgresql_cannot_store_nul(empty_database: Database) -> None:
    if empty_database.is_sqlite:
        pytest.skip("SQLite stores NUL")
    found = select(AccountingCode).where(AccountingCode.name == "Cash\0")

    with pytest.raises(UnfitText), empty_database.read() as session:
        session.exec(found)


def test_the_connections_of_statements_that_are_asked_at_a_time_are_kept(empty_database: Database) -> None:
    all_are_asking = Barrier(CONNECTIONS_KEPT, timeout=60)
    opened = 0

    def connected(*_: object) -> None:
        nonlocal opened
        opened += 1

    def checked_out(*_: object) -> None:
        all_are_asking.wait()

    event.listen(Pool, "connect", connected)
    event.listen(Pool, "checkout", checked_out)
    try:
        with ThreadPoolExecutor(CONNECTIONS_KEPT) as threads:
            for _ in range(3):
                asked = [threads.submit(empty_database.ask, "SELECT 1", {}) for _ in range(CONNECTIONS_KEPT)]
                assert [one.result() for one in asked] == [[(1,)]] * CONNECTIONS_KEPT
    finally:
        event.remove(Pool, "connect", connected)
        event.remove(Pool, "checkout", checked_out)
    assert opened <= CONNECTIONS_KEPT
