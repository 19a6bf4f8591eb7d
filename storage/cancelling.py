"""Trying to cancel entries of a run, a batch at a time: a few statements for each batch, however large it is."""

from collections.abc import Mapping

from sqlalchemy import Insert, case, func, insert, literal
from sqlmodel import Session, col, select

from storage.cancellations import Cancellation, EntryCancelOutcome
from storage.claims import release_entries
from storage.columns import now
from storage.journal_entries import JournalEntry, mark_cancelled
from storage.words import CancelOutcome, JournalEntryStatus, TransferStatus

NUMBER = "{number}"
"""Stands for the entry's number in the message of a refusal."""


def try_entries(
    session: Session, cancellation: Cancellation, refusals: Mapping[TransferStatus, str], code: str, limit: int
) -> None:
    """Try up to `limit` live entries that this cancellation has not tried, in order of id, and count them in it.

    Records an outcome for each. One whose transfer status has a refusal fails, with that message and the code; every
    other is cancelled, and its transactions become free. Must be called under the run's lock.
    """
    before = cancellation.cancelled_count + cancellation.failed_count
    session.execute(_insert_outcomes(cancellation, refusals, code, limit))
    _count(session, cancellation)
    outcome = EntryCancelOutcome
    cancelled = select(col(outcome.journal_entry_id)).where(
        outcome.cancellation_id == cancellation.id,
        outcome.sequence > before,
        outcome.outcome == CancelOutcome.CANCELLED,
    )
    mark_cancelled(session, cancelled)
    release_entries(session, cancelled)


def _insert_outcomes(
    cancellation: Cancellation, refusals: Mapping[TransferStatus, str], code: str, limit: int
) -> Insert:
    outcome, entry = EntryCancelOutcome, JournalEntry
    # Entries are tried in order of id and a run gets no new ones, so those above the last are those not tried.
    tried = select(func.coalesce(func.max(outcome.journal_entry_id), 0)).where(
        outcome.cancellation_id == cancellation.id
    )
    refusal = case(
        *(
            (col(entry.transferred_to_accounting) == status, func.replace(words, NUMBER, entry.number))
            for status, words in refusals.items()
        )
    )
    batch = (
        select(col(entry.id), refusal.label("refusal"))
        .where(
            entry.journal_run_id == cancellation.journal_run_id,
            entry.status == JournalEntryStatus.CREATED,
            col(entry.id) > tried.scalar_subquery(),
        )
        .order_by(col(entry.id))
        .limit(limit)
        # On PostgreSQL, a transfer that has begun is waited for, and its status counts.
        .with_for_update(of=entry)
        .subquery("batch")
    )
    is_cancelled = batch.c.refusal.is_(None)
    place = func.row_number().over(order_by=batch.c.id)
    failed = func.sum(case((is_cancelled, 0), else_=1)).over(order_by=batch.c.id)
    into = outcome.__table__  # type: ignore[attr-defined]
    word = into.c.outcome.type
    values = {
        "cancellation_id": literal(cancellation.id),
        "sequence": place + cancellation.cancelled_count + cancellation.failed_count,
        "journal_entry_id": batch.c.id,
        "outcome": case(
            (is_cancelled, literal(CancelOutcome.CANCELLED, word)), else_=literal(CancelOutcome.FAILED, word)
        ),
        "code": case((is_cancelled, None), else_=code),
        "message": batch.c.refusal,
        "canceled_count": place - failed + cancellation.cancelled_count,
        "failed_count": failed + cancellation.failed_count,
        "remaining_count": literal(cancellation.remaining_count) - place,
        "recorded_at": literal(now(), into.c.recorded_at.type),
    }
    return insert(into).from_select(list(values), select(*values.values()))


def _count(session: Session, cancellation: Cancellation) -> None:
    """Take the counts of the cancellation from its last outcome."""
    outcome = EntryCancelOutcome
    last = session.execute(
        select(col(outcome.cancelled_count), col(outcome.failed_count), col(outcome.remaining_count))
        .where(outcome.cancellation_id == cancellation.id)
        .order_by(col(outcome.sequence).desc())
        .limit(1)
    ).one_or_none()
    if last is not None:
        cancellation.cancelled_count, cancellation.failed_count, cancellation.remaining_count = last
        session.add(cancellation)
