"""A run is deleted with all that is its own, in batches of any size, and nothing else is."""

import pytest
from sqlmodel import Session, col, func, select

from runs.delete import delete_batch, start_deletion
from storage.cancellations import Cancellation, EntryCancelOutcome
from storage.database import Database
from storage.journal_entries import JournalEntry
from storage.journal_entry_items import JournalEntryItem
from storage.journal_runs import JournalRun, lock_run, runs_by_id
from tests.support.direct_runs import cancel_now, run_now
from tests.support.ledger import line, post

TABLES = (JournalRun, JournalEntry, JournalEntryItem, Cancellation, EntryCancelOutcome)


@pytest.mark.parametrize(("size", "batches"), [(1, 5), (2, 3), (3, 2), (5_000, 1)])
def test_batches_delete_the_run_and_leave_the_others(database: Database, size: int, batches: int) -> None:
    post(database, [line("kept")])
    cancel_now(database, run_now(database).number)
    before = counts(database)
    post(database, [line(str(n), segment_country=f"C{n}") for n in range(3)])
    # "kept" is free again, so there are four entries.
    run = cancel_now(database, run_now(database).number)
    with database.write() as session:
        locked = lock_run(session, run.id)
        assert locked is not None
        start_deletion(session, locked, "test")

    left = [True]
    while left[-1]:
        with database.write() as session:
            left.append(delete_batch(session, run.id, size))

    assert len(left) - 1 == batches
    with database.read() as session:
        assert runs_by_id(session, [run.id]) == {}
    assert counts(database) == before


def counts(database: Database) -> list[int]:
    """The number of rows of each table that a run has rows in."""
    with database.read() as session:
        return [count(session, table) for table in TABLES]


def count(session: Session, table: type) -> int:
    """The number of rows of the table."""
    return session.exec(select(func.count(col(table.id)))).one()  # type: ignore[attr-defined]
