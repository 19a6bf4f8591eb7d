"""Deleting: the rows of a cancelled run are deleted in batches, the run last."""

from sqlalchemy import delete
from sqlmodel import Session, col, select

from storage.cancellations import Cancellation, EntryCancelOutcome
from storage.journal_entries import JournalEntry, JournalEntryItem
from storage.journal_runs import JournalRun


def delete_entries(session: Session, run_id: int, limit: int) -> int:
    """Delete up to `limit` entries of the run, with their items and outcomes. Returns how many."""
    ids = list(
        session.exec(
            select(JournalEntry.id)
            .where(JournalEntry.journal_run_id == run_id)
            .order_by(col(JournalEntry.id))
            .limit(limit)
        )
    )
    if ids:
        session.execute(delete(EntryCancelOutcome).where(col(EntryCancelOutcome.journal_entry_id).in_(ids)))
        session.execute(delete(JournalEntryItem).where(col(JournalEntryItem.journal_entry_id).in_(ids)))
        session.execute(delete(JournalEntry).where(col(JournalEntry.id).in_(ids)))
    return len(ids)


def delete_run(session: Session, run_id: int) -> None:
    """Delete the run and its cancellations. Its number is never used again; its audit trail stays."""
    session.execute(delete(Cancellation).where(col(Cancellation.journal_run_id) == run_id))
    session.execute(delete(JournalRun).where(col(JournalRun.id) == run_id))
