"""Cancelling a run: each live entry is tried and has one outcome; a failure does not stop the others."""

from sqlmodel import Session

from runs import trail
from runs.held import cancel_entries, is_held, why_held
from runs.states import Event, move
from runs.violations import sentence
from storage.audit import Action
from storage.cancellations import (
    Cancellation,
    EntryCancelOutcome,
    latest_cancellation,
    lock_untried_entries,
    record_outcomes,
)
from storage.claims import release_run
from storage.columns import now
from storage.journal_entries import JournalEntry, count_live_entries
from storage.journal_runs import JournalRun, lock_run
from storage.words import CancelOutcome, JournalRunStatus

ENTRIES_PER_BATCH = 100
"""Entries tried in one transaction: fewer make the feed smoother, more make each entry cheaper."""

TRANSFERRED = "TRANSFERRED_TO_ACCOUNTING"
"""Code of the only reason why an entry cannot be cancelled."""


def start_cancellation(session: Session, run: JournalRun, actor: str) -> None:
    """Start the cancellation of a locked run. Raises NotAllowed if its status does not permit it."""
    before = run.status
    move(run, Event.CANCEL)
    session.add(run)
    session.add(
        Cancellation(
            journal_run_id=run.id,
            started_at=now(),
            started_by=actor,
            remaining_count=count_live_entries(session, run.id),
        )
    )
    trail.record(session, run, actor, Action.CANCEL, before)


def cancel_batch(session: Session, run_id: int, size: int = ENTRIES_PER_BATCH) -> bool:
    """Try a batch of entries that have not been tried, and finish the cancellation after the last.

    Returns True while entries are left. It reads from the rows what is left, so it can be repeated at any time.
    """
    run = lock_run(session, run_id)
    if run is None or run.status is not JournalRunStatus.CANCEL_IN_PROGRESS:
        return False
    cancellation = latest_cancellation(session, run_id)
    assert cancellation is not None
    entries = lock_untried_entries(session, cancellation, size)
    record_outcomes(session, [_try(cancellation, entry) for entry in entries])
    cancel_entries(session, [entry for entry in entries if not is_held(entry)])
    run.revision += 1
    finished = len(entries) < size
    if finished:
        _finish(session, run, cancellation)
    session.add(cancellation)
    session.add(run)
    return not finished


def _try(cancellation: Cancellation, entry: JournalEntry) -> EntryCancelOutcome:
    held = is_held(entry)
    cancellation.cancelled_count += not held
    cancellation.failed_count += held
    cancellation.remaining_count -= 1
    return EntryCancelOutcome(
        cancellation_id=cancellation.id,
        sequence=cancellation.cancelled_count + cancellation.failed_count,
        journal_entry_id=entry.id,
        outcome=CancelOutcome.FAILED if held else CancelOutcome.CANCELLED,
        code=TRANSFERRED if held else None,
        message=sentence(why_held(entry)) if held else None,
        cancelled_count=cancellation.cancelled_count,
        failed_count=cancellation.failed_count,
        remaining_count=cancellation.remaining_count,
        recorded_at=now(),
    )


def _finish(session: Session, run: JournalRun, cancellation: Cancellation) -> None:
    if count_live_entries(session, run.id):
        move(run, Event.SOME_LEFT)
    else:
        move(run, Event.ALL_CANCELLED)
        release_run(session, run.id)
    cancellation.finished_at = now()
    trail.record(
        session,
        run,
        trail.SYSTEM,
        Action.FINISH_CANCELLATION,
        JournalRunStatus.CANCEL_IN_PROGRESS,
        {"canceled_count": cancellation.cancelled_count, "failed_count": cancellation.failed_count},
    )
