"""Errors of databases are recognised by their codes, whatever language the server speaks."""

from sqlite3 import ProgrammingError

import pytest
from psycopg import OperationalError
from sqlalchemy import text
from sqlmodel import select

from storage import database as databases
from storage.accounting_codes import AccountingCode
from storage.database import Database, DatabaseBusy, UnfitText


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


@pytest.mark.parametrize("way", ["read", "write"])
def test_a_connection_that_is_in_use_is_closed_after_its_use(database_url: str, way: str) -> None:
    database = Database(database_url)
    with getattr(database, way)() as session:
        driver = session.connection().connection.driver_connection
        database.close()
        assert session.execute(text("SELECT 1")).scalar_one() == 1
    with pytest.raises((OperationalError, ProgrammingError), match="closed"):
        driver.execute("SELECT 1")
