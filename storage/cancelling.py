"""Trying to cancel entries of a run, a batch at a time: a few statements for each batch, however large it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Insert, bindparam, case, func, insert, literal, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.cancellations import Cancellation, EntryCancelOutcome
from storage.claims import release_entries
from storage.columns import now
from storage.journal_entries import JournalEntry, mark_cancelled
from storage.words import CancelOutcome, JournalEntryStatus, TransferStatus


@dataclass(frozen=True, slots=True)
class Held:
    """The outcome of an entry that was not cancelled, because of its transfer status."""

    outcome_id: int
    number: str
    status: TransferStatus


def try_entries(
    session: Session, cancellation: Cancellation, held: Sequence[TransferStatus], code: str, limit: int
) -> list[Held]:
    """Try up to `limit` live entries that this cancellation has not tried, in order of id, and count them in it.

    Records an outcome for each. One with a transfer status in `held` fails with that code, and is returned; every
    other is cancelled, and its transactions become free. Must be called under the run's lock.
    """
    before = cancellation.cancelled_count + cancellation.failed_count
    session.execute(_insert_outcomes(cancellation, held, code, limit))
    _count(session, cancellation)
    cancelled = _outcomes(cancellation, before, CancelOutcome.CANCELLED).with_only_columns(
        col(EntryCancelOutcome.journal_entry_id)
    )
    mark_cancelled(session, cancelled)
    release_entries(session, cancelled)
    failed = _outcomes(cancellation, before, CancelOutcome.FAILED).join(
        JournalEntry, col(JournalEntry.id) == col(EntryCancelOutcome.journal_entry_id)
    )
    columns = (col(EntryCancelOutcome.id), col(JournalEntry.number), col(JournalEntry.transferred_to_accounting))
    return [Held(*row) for row in session.execute(failed.with_only_columns(*columns))]


def explain(session: Session, messages: Mapping[int, str]) -> None:
    """Set the messages of outcomes, by their ids."""
    if messages:
        outcome = EntryCancelOutcome.__table__  # type: ignore[attr-defined]
        statement = update(outcome).where(outcome.c.id == bindparam("outcome_id")).values(message=bindparam("words"))
        rows = [{"outcome_id": outcome_id, "words": words} for outcome_id, words in messages.items()]
        session.connection().execute(statement, rows)


def _insert_outcomes(cancellation: Cancellation, held: Sequence[TransferStatus], code: str, limit: int) -> Insert:
    outcome, entry = EntryCancelOutcome, JournalEntry
    # Entries are tried in order of id and a run gets no new ones, so those above the last are those not tried.
    tried = select(func.coalesce(func.max(outcome.journal_entry_id), 0)).where(
        outcome.cancellation_id == cancellation.id
    )
    batch = (
        select(col(entry.id), case((col(entry.transferred_to_accounting).in_(held), 1), else_=0).label("failed"))
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
    place = func.row_number().over(order_by=batch.c.id)
    failed = func.sum(batch.c.failed).over(order_by=batch.c.id)
    has_failed = batch.c.failed == 1
    into = outcome.__table__  # type: ignore[attr-defined]
    word = into.c.outcome.type
    values = {
        "cancellation_id": literal(cancellation.id),
        "sequence": place + cancellation.cancelled_count + cancellation.failed_count,
        "journal_entry_id": batch.c.id,
        "outcome": case(
            (has_failed, literal(CancelOutcome.FAILED, word)), else_=literal(CancelOutcome.CANCELLED, word)
        ),
        "code": case((has_failed, code)),
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


def _outcomes(cancellation: Cancellation, after: int, word: CancelOutcome) -> SelectOfScalar[EntryCancelOutcome]:
    outcome = EntryCancelOutcome
    return select(outcome).where(
        outcome.cancellation_id == cancellation.id, outcome.sequence > after, outcome.outcome == word
    )
