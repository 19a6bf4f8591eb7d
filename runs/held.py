"""The rule for cancelling an entry: one that is transferred to accounting, or on its way there, is kept."""

from storage.journal_entries import JournalEntry
from storage.words import TransferStatus

HELD = (TransferStatus.YES, TransferStatus.PROCESSING)
"""The transfer statuses in which an entry cannot be cancelled."""


def is_held(entry: JournalEntry) -> bool:
    """Whether the transfer status prevents cancelling the entry."""
    return entry.transferred_to_accounting in HELD


def why_held(number: str, status: TransferStatus) -> str:
    """The reason why the entry with this number, held by this status, cannot be cancelled."""
    return f"journal entry {number} cannot be cancelled: its transfer status is {status.value}"
