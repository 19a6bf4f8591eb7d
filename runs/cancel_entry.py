"""Cancelling one journal entry by hand, without its run."""

from sqlmodel import Session

from storage import audit
from storage.cancelling import mark_cancelled
from storage.claiming import release_entries
from storage.journal_entries import HELD, JournalEntry
from storage.journal_runs import JournalRun
from storage.words import JournalEntryStatus, JournalRunStatus


class NotCancellable(Exception):
    """The entry cannot be cancelled as things stand. Says why."""


def is_held(entry: JournalEntry) -> bool:
    """Whether the entry's way into the general ledger keeps it from being cancelled."""
    return entry.transferred_to_accounting in HELD


def why_held(entry: JournalEntry) -> str:
    """What to tell whoever tries to cancel a held entry."""
    status = entry.transferred_to_accounting.value
    return f"Journal entry {entry.number} cannot be cancelled: its transferred-to-accounting status is {status}."


def cancel_entry(session: Session, run: JournalRun | None, entry: JournalEntry, actor: str) -> None:
    """Cancel a locked entry of a locked run; its transactions are free again for the next run.

    The run keeps its status, even when this was its last live entry. Raises NotCancellable.
    """
    assert entry.id is not None
    if entry.status is JournalEntryStatus.CANCELLED:
        raise NotCancellable(f"Journal entry {entry.number} is Cancelled already.")
    if is_held(entry):
        raise NotCancellable(why_held(entry))
    if run is not None and run.status is JournalRunStatus.CANCEL_IN_PROGRESS:
        raise NotCancellable(
            f"Journal entry {entry.number} is about to be tried by the cancellation of its journal run {run.number};"
            " wait for its outcome."
        )
    mark_cancelled(session, [entry.id])
    release_entries(session, [entry.id])
    audit.record(
        session,
        actor=actor,
        action="cancel",
        subject_type="JournalEntry",
        subject=entry.number,
        before={"status": JournalEntryStatus.CREATED.value},
        after={"status": JournalEntryStatus.CANCELLED.value},
    )
    session.refresh(entry)
