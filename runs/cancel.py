"""Cancelling a run: each live entry is tried and has one outcome; a failure does not stop the others."""

from sqlmodel import Session

from runs import trail
from runs.held import HELD, why_held
from runs.states import Event, move
from runs.violations import sentence
from storage.audit import Action
from storage.cancellations import Cancellation, latest_cancellation
from storage.cancelling import NUMBER, try_entries
from storage.claims import release_run
from storage.columns import now
from storage.journal_entries import count_live_entries
from storage.journal_runs import JournalRun, lock_run
from storage.words import JournalRunStatus

FIRST_BATCH, LARGEST_BATCH = 100, 5_000
"""Entries tried in one transaction: few at first, so that outcomes show at once, and then as many as have been tried
before, because a larger batch makes each entry cheaper."""

TRANSFERRED = "TRANSFERRED_TO_ACCOUNTING"
"""Code of the only reason why an entry cannot be cancelled."""

_REFUSALS = {status: sentence(why_held(NUMBER, status)) for status in HELD}


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


def cancel_batch(session: Session, run_id: int, first: int = FIRST_BATCH, largest: int = LARGEST_BATCH) -> bool:
    """Try a batch of entries that have not been tried, and finish the cancellation after the last.

    Returns True while entries are left. It reads from the rows what is left, and how many to try, so it can be repeated
    at any time.
    """
    run = lock_run(session, run_id)
    if run is None or run.status is not JournalRunStatus.CANCEL_IN_PROGRESS:
        return False
    cancellation = latest_cancellation(session, run_id)
    assert cancellation is not None
    before = _tried(cancellation)
    size = min(max(first, before), largest)
    try_entries(session, cancellation, _REFUSALS, TRANSFERRED, size)
    run.revision += 1
    finished = _tried(cancellation) - before < size
    if finished:
        _finish(session, run, cancellation)
    session.add(cancellation)
    session.add(run)
    return not finished


def _tried(cancellation: Cancellation) -> int:
    return cancellation.cancelled_count + cancellation.failed_count


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
