"""The rule for cancelling an entry: one that is transferred to accounting, or on its way there, is kept."""

from collections.abc import Sequence

from sqlmodel import Session

from storage.claims import release_entries
from storage.journal_entries import JournalEntry, mark_cancelled
from storage.words import TransferStatus

HELD = (TransferStatus.YES, TransferStatus.PROCESSING)
"""The transfer statuses in which an entry cannot be cancelled."""


def is_held(entry: JournalEntry) -> bool:
    """Whether the transfer status prevents cancelling the entry."""
    return entry.transferred_to_accounting in HELD


def why_held(entry: JournalEntry) -> str:
    """The reason why a held entry cannot be cancelled."""
    status = entry.transferred_to_accounting.value
    return f"journal entry {entry.number} cannot be cancelled: its transfer status is {status}"


def cancel_entries(session: Session, entries: Sequence[JournalEntry]) -> None:
    """Cancel locked entries, none of them held; their transactions become free for the next run."""
    assert not any(map(is_held, entries))
    ids = [entry.id for entry in entries]
    mark_cancelled(session, ids)
    release_entries(session, ids)
