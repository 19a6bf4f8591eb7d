"""Cancelling a single journal entry."""

from sqlmodel import Session

from storage import audit
from storage.claims import release_entries
from storage.journal_entries import HELD, JournalEntry, mark_cancelled
from storage.journal_runs import JournalRun
from storage.words import JournalEntryStatus, JournalRunStatus


class NotCancellable(Exception):
    """The entry cannot be cancelled. The text says why."""


def is_held(entry: JournalEntry) -> bool:
    """Whether the transfer status prevents cancelling the entry."""
    return entry.transferred_to_accounting in HELD


def why_held(entry: JournalEntry) -> str:
    """The reason why a held entry cannot be cancelled."""
    status = entry.transferred_to_accounting.value
    return f"Journal entry {entry.number} cannot be cancelled: its transfer status is {status}."


def cancel_entry(session: Session, run: JournalRun | None, entry: JournalEntry, actor: str) -> None:
    """Cancel a locked entry of a locked run; its transactions become free for the next run.

    The run keeps its status, even if this was its last live entry. Raises NotCancellable.
    """
    if entry.status is JournalEntryStatus.CANCELLED:
        raise NotCancellable(f"Journal entry {entry.number} is already Cancelled.")
    if is_held(entry):
        raise NotCancellable(why_held(entry))
    if run is not None and run.status is JournalRunStatus.CANCEL_IN_PROGRESS:
        raise NotCancellable(
            f"Journal entry {entry.number} cannot be cancelled separately while its journal run {run.number} is being"
            " cancelled; wait for its outcome."
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
