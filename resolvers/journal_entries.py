"""Journal entries: look-ups, lists, drill-down, changes, transfer status and cancellation.

Each raises Forbidden for a caller who lacks its permission.
"""

from dataclasses import dataclass

from sqlmodel import Session

from resolvers.context import Context
from resolvers.errors import Answer, NotFound, UserError, UserErrorCode
from resolvers.paging import LARGEST_PAGE
from runs.cancel_entry import NotCancellable, cancel_entry
from storage import audit, journal_entry_lists
from storage.columns import now
from storage.journal_entries import JournalEntry, entry_numbered, lock_entries_numbered
from storage.journal_entry_lists import EntryFilter, count_journal_entries
from storage.journal_entry_lists import journal_entries as list_entries
from storage.journal_runs import lock_run_of_entry, run_numbered
from storage.pages import Order, Page, Window
from storage.texts import TextRefused, check_free_text
from storage.transaction_lists import net_zero_transactions_of_run, transactions_of_entry
from storage.transactions import PostedTransaction
from storage.words import JournalEntryStatus, Permission, TransferStatus

FIELD = "journalEntryNumbers"

LONGEST_NOTES = 2_000


@dataclass(frozen=True, slots=True)
class EntryChange:
    """Changes to an entry; None keeps the value. Empty notes remove the notes."""

    number: str
    notes: str | None = None
    transferred_to_accounting: TransferStatus | None = None


async def journal_entry(context: Context, number: str) -> JournalEntry | None:
    """The entry with that number."""
    context.require(Permission.VIEW_JOURNAL_ENTRIES)
    return await context.gateway.read(entry_numbered, number)


async def journal_entries(
    context: Context, filter: EntryFilter, order: Order[JournalEntry], window: Window
) -> Page[JournalEntry]:
    """One page of entries. Raises RequestError for a cursor of another list."""
    context.require(Permission.VIEW_JOURNAL_ENTRIES)
    return await context.gateway.read(list_entries, filter, order, window)


async def entries_of_run(context: Context, run_number: str, window: Window) -> Page[JournalEntry]:
    """One page of the run's entries, by number. Raises NotFound for an unknown run, RequestError for a bad cursor."""
    context.require(Permission.VIEW_JOURNAL_ENTRIES)
    return await context.gateway.read(_entries_of_run, run_number, window)


async def journal_entry_count(context: Context, filter: EntryFilter) -> int:
    """The number of entries in the whole list."""
    context.require(Permission.VIEW_JOURNAL_ENTRIES)
    return await context.gateway.read(count_journal_entries, filter)


async def entry_transactions(context: Context, entry_id: int, window: Window) -> Page[PostedTransaction]:
    """One page of the transactions in the entry. Raises RequestError for a cursor of another list."""
    context.require(Permission.VIEW_JOURNAL_ENTRIES)
    return await context.gateway.read(transactions_of_entry, entry_id, window)


async def net_zero_transactions(context: Context, run_id: int, window: Window) -> Page[PostedTransaction]:
    """One page of the transactions of the run that net to zero. Raises RequestError for a cursor of another list."""
    context.require(Permission.VIEW_JOURNAL_ENTRIES)
    return await context.gateway.read(net_zero_transactions_of_run, run_id, window)


async def set_transferred_to_accounting(
    context: Context, numbers: list[str], status: TransferStatus
) -> Answer[list[JournalEntry]]:
    """Set the transfer status of these entries: all of them, or none.

    The entries must not be cancelled. While the status is Yes, the entry has the time and the user of the transfer.
    """
    context.require(Permission.TRANSFER_JOURNAL_ENTRIES)
    return await context.gateway.write(_set_transferred, context, numbers, status)


async def update_journal_entry(context: Context, change: EntryChange) -> Answer[JournalEntry]:
    """Change the notes of an entry, its transfer status, or both: every change, or none."""
    if change.transferred_to_accounting is not None:
        context.require(Permission.TRANSFER_JOURNAL_ENTRIES)
    if change.notes is not None:
        context.require(Permission.CREATE_JOURNAL_ENTRIES)
    return await context.gateway.write(_update, context, change)


async def cancel_journal_entry(context: Context, number: str) -> Answer[JournalEntry]:
    """Cancel one entry, unless its transfer status is Yes or Processing. Its transactions become free."""
    context.require(Permission.CANCEL_JOURNAL_ENTRIES)
    return await context.gateway.write(_cancel, context.actor, number)


def _update(session: Session, context: Context, change: EntryChange) -> Answer[JournalEntry]:
    number, status, notes = change.number, change.transferred_to_accounting, change.notes
    entry = lock_entries_numbered(session, [number]).get(number)
    if entry is None:
        return Answer(errors=[_unknown(number, ["input", "number"])])
    errors = []
    if status is not None and entry.status is JournalEntryStatus.CANCELLED:
        errors.append(_fixed(entry, ["input", "transferredToAccounting"]))
    if notes is not None and len(notes) > LONGEST_NOTES:
        message = f"Notes can have {LONGEST_NOTES:,} characters at most; these have {len(notes):,}."
        errors.append(UserError(UserErrorCode.OUT_OF_RANGE, message, ["input", "notes"]))
    if notes is not None:
        try:
            check_free_text(notes)
        except TextRefused as refused:
            errors.append(UserError(UserErrorCode.INVALID, f"notes: {refused}.", ["input", "notes"]))
    if status is None and notes is None:
        message = "Give notes, transferredToAccounting, or both."
        errors.append(UserError(UserErrorCode.REQUIRED, message, ["input"]))
    if errors:
        return Answer(errors=errors)
    if status is not None:
        _set(session, entry, status, context)
    if notes is not None:
        _note(session, entry, notes or None, context.actor)
    return Answer(entry)


def _cancel(session: Session, actor: str, number: str) -> Answer[JournalEntry]:
    # Lock the run before its entries, as everywhere, to avoid deadlocks.
    run = lock_run_of_entry(session, number)
    entry = lock_entries_numbered(session, [number]).get(number)
    if entry is None:
        return Answer(errors=[_unknown(number, ["input", "number"])])
    try:
        cancel_entry(session, run, entry, actor)
    except NotCancellable as error:
        return Answer(errors=[UserError(UserErrorCode.STATUS_NOT_ALLOWED, str(error), ["input", "number"])])
    return Answer(entry)


def _entries_of_run(session: Session, run_number: str, window: Window) -> Page[JournalEntry]:
    run = run_numbered(session, run_number)
    if run is None:
        raise NotFound(f"There is no journal run {run_number!r}.")
    return journal_entry_lists.entries_of_run(session, run.id, window)


def _set_transferred(
    session: Session, context: Context, numbers: list[str], status: TransferStatus
) -> Answer[list[JournalEntry]]:
    if not 1 <= len(numbers) <= LARGEST_PAGE:
        message = f"Give 1 to {LARGEST_PAGE:,} journal entries; this call has {len(numbers):,}."
        return Answer(errors=[UserError(UserErrorCode.OUT_OF_RANGE, message, ["input", FIELD])])
    entries = lock_entries_numbered(session, numbers)
    errors = [
        error
        for position, number in enumerate(numbers)
        if (error := _refusal(entries.get(number), number, position, number in numbers[:position]))
    ]
    if errors:
        return Answer(errors=errors)
    changed = [entries[number] for number in numbers]
    for entry in changed:
        _set(session, entry, status, context)
    return Answer(changed)


def _refusal(entry: JournalEntry | None, number: str, position: int, repeated: bool) -> UserError | None:
    place = ["input", FIELD, str(position)]
    if entry is None:
        return _unknown(number, place)
    if repeated:
        return UserError(UserErrorCode.DUPLICATE, f"Journal entry {number} is given more than once.", place)
    if entry.status is JournalEntryStatus.CANCELLED:
        return _fixed(entry, place)
    return None


def _unknown(number: str, place: list[str]) -> UserError:
    return UserError(UserErrorCode.UNKNOWN, f"There is no journal entry {number!r}.", place)


def _fixed(entry: JournalEntry, place: list[str]) -> UserError:
    message = f"Journal entry {entry.number} is Cancelled; its transfer status cannot change."
    return UserError(UserErrorCode.STATUS_NOT_ALLOWED, message, place)


def _set(session: Session, entry: JournalEntry, status: TransferStatus, context: Context) -> None:
    before = entry.transferred_to_accounting
    if before is status:
        return
    entry.transferred_to_accounting = status
    transferred = status is TransferStatus.YES
    entry.transferred_at = now() if transferred else None
    entry.transferred_by = context.user if transferred else None
    session.add(entry)
    audit.record(
        session,
        actor=context.actor,
        action="set transferred to accounting",
        subject_type="JournalEntry",
        subject=entry.number,
        before={"transferred_to_accounting": before.value},
        after={"transferred_to_accounting": status.value},
    )


def _note(session: Session, entry: JournalEntry, notes: str | None, actor: str) -> None:
    before = entry.notes
    if before == notes:
        return
    entry.notes = notes
    session.add(entry)
    audit.record(
        session,
        actor=actor,
        action="set notes",
        subject_type="JournalEntry",
        subject=entry.number,
        before={"notes": before},
        after={"notes": notes},
    )
