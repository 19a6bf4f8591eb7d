"""Deleting a cancelled run and its entries; the audit trail stays."""

from sqlmodel import Session

from runs import trail
from runs.states import Event, move
from storage.audit import Action
from storage.journal_runs import JournalRun, delete_entries_of_run, delete_run_rows, lock_run
from storage.words import JournalRunStatus

ENTRIES_PER_BATCH = 5_000
"""Entries deleted in one transaction."""


def start_deletion(session: Session, run: JournalRun, actor: str) -> None:
    """Start the deletion of a locked run. Raises NotAllowed unless it is Cancelled."""
    before = run.status
    move(run, Event.DELETE)
    session.add(run)
    trail.record(session, run, actor, Action.DELETE, before)


def delete_batch(session: Session, run_id: int, size: int = ENTRIES_PER_BATCH) -> bool:
    """Delete a batch of the run's entries, and the run after the last. Returns True while entries are left."""
    run = lock_run(session, run_id)
    if run is None or run.status is not JournalRunStatus.DELETE_IN_PROGRESS:
        return False
    if delete_entries_of_run(session, run, size) == size:
        return True
    trail.record_deleted(session, run)
    delete_run_rows(session, run)
    return False
