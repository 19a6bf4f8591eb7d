"""Statements that the database cancels at a deadline."""

from threading import Timer

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from storage.database import Database
from storage.deadline import DeadlineExceeded, deadline
from storage.settings import ledger_of, lock_settings

SLOW = {
    True: "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers) SELECT count(*) FROM numbers",
    False: "SELECT pg_sleep(60)",
}
"""A statement that takes long, on SQLite and on PostgreSQL."""


def test_a_statement_that_reads_is_cancelled_and_the_connection_goes_on(database: Database) -> None:
    def read() -> None:
        with deadline(0.2), database.read() as session:
            session.execute(text(SLOW[database.is_sqlite]))

    for _ in range(2):
        with pytest.raises(DeadlineExceeded):
            read()
    with database.read() as session:  # nothing is left of the deadline
        assert session.execute(text(COUNT[database.is_sqlite])).scalar() is not None


def test_a_change_that_takes_too_long_changes_nothing(database: Database) -> None:
    def change() -> None:
        with deadline(0.5), database.write() as session:
            lock_settings(session).home_currency = "GBP"
            session.flush()
            session.execute(text(SLOW[database.is_sqlite]))

    with pytest.raises(DeadlineExceeded):
        change()
    with database.read() as session:
        assert ledger_of(session).home_currency is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_deadline_can_be_brought_forward(database: Database) -> None:
    with deadline(60) as limit:
        timer = Timer(0.1, limit.end)
        timer.start()
        with database.read() as session, pytest.raises(OperationalError):
            session.execute(text(SLOW[True]))
        timer.join()


COUNT = {
    True: "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 300000)"
    " SELECT count(*) FROM numbers",
    False: "SELECT 1 FROM pg_sleep(0.3)",
}
"""A statement that takes some time."""
