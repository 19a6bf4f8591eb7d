"""Cancelling: the entries that a cancellation has not tried, and the outcomes of those that it has tried."""

from collections.abc import Sequence

from sqlalchemy import insert, update
from sqlmodel import Session, col, func, select

from storage.cancellations import Cancellation, EntryCancelOutcome
from storage.journal_entries import JournalEntry
from storage.journal_runs import JournalRun
from storage.words import JournalEntryStatus


def count_live_entries(session: Session, run_id: int) -> int:
    """The number of live entries of the run."""
    return session.exec(
        select(func.count())
        .select_from(JournalEntry)
        .where(JournalEntry.journal_run_id == run_id, JournalEntry.status == JournalEntryStatus.CREATED)
    ).one()


def lock_run_of_entry(session: Session, number: str) -> JournalRun | None:
    """The run that created the entry with that number, locked until the transaction ends. The entry is not locked."""
    run_id = select(JournalEntry.journal_run_id).where(JournalEntry.number == number).scalar_subquery()
    return session.exec(select(JournalRun).where(col(JournalRun.id) == run_id).with_for_update()).one_or_none()


def lock_untried_entries(session: Session, cancellation: Cancellation, limit: int) -> list[JournalEntry]:
    """Up to `limit` live entries that this cancellation has not tried, locked until the transaction ends.

    They are derived from the entries and the outcomes, so that after a crash no entry is skipped or tried twice.
    """
    tried = select(EntryCancelOutcome.journal_entry_id).where(EntryCancelOutcome.cancellation_id == cancellation.id)
    return list(
        session.exec(
            select(JournalEntry)
            .where(
                JournalEntry.journal_run_id == cancellation.journal_run_id,
                JournalEntry.status == JournalEntryStatus.CREATED,
                col(JournalEntry.id).not_in(tried),
            )
            .order_by(col(JournalEntry.id))
            .limit(limit)
            .with_for_update(of=JournalEntry)
        )
    )


def mark_cancelled(session: Session, entry_ids: Sequence[int]) -> None:
    """Set the status of these entries to Cancelled."""
    session.execute(
        update(JournalEntry)
        .where(col(JournalEntry.id).in_(entry_ids))
        .values(status=JournalEntryStatus.CANCELLED)
        .execution_options(synchronize_session=False)
    )


def record_outcomes(session: Session, outcomes: Sequence[EntryCancelOutcome]) -> None:
    """Insert outcomes. The database refuses a sequence number or an entry that the cancellation already has."""
    if outcomes:
        session.execute(insert(EntryCancelOutcome), [outcome.model_dump(exclude={"id"}) for outcome in outcomes])
