"""Cancelling: the entries that a cancellation has yet to try, and the record of each that it tried."""

from collections.abc import Sequence

from sqlalchemy import insert, update
from sqlmodel import Session, col, func, select

from storage.cancellations import Cancellation, EntryCancelOutcome
from storage.journal_entries import JournalEntry
from storage.journal_runs import JournalRun
from storage.words import JournalEntryStatus


def count_live_entries(session: Session, run_id: int) -> int:
    """How many entries of the run are not cancelled."""
    return session.exec(
        select(func.count())
        .select_from(JournalEntry)
        .where(JournalEntry.journal_run_id == run_id, JournalEntry.status == JournalEntryStatus.CREATED)
    ).one()


def lock_run_of_entry(session: Session, number: str) -> JournalRun | None:
    """The run that made the entry of that number, held until the transaction ends; the entry itself is not read."""
    run_id = select(JournalEntry.journal_run_id).where(JournalEntry.number == number).scalar_subquery()
    return session.exec(select(JournalRun).where(col(JournalRun.id) == run_id).with_for_update()).one_or_none()


def lock_untried_entries(session: Session, cancellation: Cancellation, limit: int) -> list[JournalEntry]:
    """Up to `limit` live entries that this cancellation has not tried, held until the transaction ends.

    What is left to do is read from the entries and the outcomes themselves, so that a process that died
    and was started again neither skips an entry nor tries one twice.
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
    """Make these entries Cancelled."""
    session.execute(
        update(JournalEntry)
        .where(col(JournalEntry.id).in_(entry_ids))
        .values(status=JournalEntryStatus.CANCELLED)
        .execution_options(synchronize_session=False)
    )


def record_outcomes(session: Session, outcomes: Sequence[EntryCancelOutcome]) -> None:
    """Add to the feed. The database refuses a sequence number or an entry that the cancellation has already."""
    if outcomes:
        session.execute(insert(EntryCancelOutcome), [outcome.model_dump(exclude={"id"}) for outcome in outcomes])
