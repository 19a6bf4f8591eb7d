"""Journal entries: look-ups, lists, drill-down, changes, transfer status and cancellation.

Each raises Forbidden for a caller who lacks its permission.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from sqlmodel import Session

from resolvers.context import Context
from resolvers.errors import NotFound
from resolvers.filters import filtered, require_for_runs
from resolvers.reading import Listing, LookUp
from runs.commands import cancel_entry, unknown_entry
from runs.violations import Invalid, Path, Rule, Violation, Violations
from storage import audit, journal_entry_item_lists, journal_entry_lists
from storage.columns import now
from storage.conditions import numbered
from storage.journal_entries import JournalEntry, entry_numbered, lock_entries_numbered
from storage.journal_entry_item_lists import ItemFilter
from storage.journal_entry_items import JournalEntryItem
from storage.journal_entry_lists import EntryFilter, count_journal_entries
from storage.journal_entry_lists import journal_entries as list_entries
from storage.journal_runs import run_numbered
from storage.pages import Order, Page, Window
from storage.texts import TextRefused, check_free_text
from storage.transaction_lists import net_zero_transactions_of_run, transactions_of_entry
from storage.transactions import PostedTransaction
from storage.words import JournalEntryStatus, Permission, TransferStatus

NOTES_LENGTH_MAX = 2_000

ENTRIES_PER_CALL_MAX = 1_000

UPDATING = (Permission.CREATE_JOURNAL_ENTRIES, Permission.TRANSFER_JOURNAL_ENTRIES)
"""The permissions to change an entry: its notes, and its transfer status."""


@dataclass(frozen=True, slots=True)
class EntryChange:
    """Changes to an entry; None keeps the value. Empty notes remove the notes."""

    number: str
    notes: str | None = None
    transferred_to_accounting: TransferStatus | None = None


def journal_entry(context: Context, number: str) -> LookUp[JournalEntry]:
    """The entry with that number."""
    context.require(Permission.VIEW_JOURNAL_ENTRIES)
    return LookUp(JournalEntry, numbered(number), partial(context.gateway.read, entry_numbered, number))


def journal_entries(context: Context, filter: EntryFilter, order: Order[JournalEntry]) -> Listing[JournalEntry]:
    """The entries that meet the filter, in that order."""
    context.require(Permission.VIEW_JOURNAL_ENTRIES)
    require_for_runs(context, filter)
    return filtered(context, filter, order, list_entries, count_journal_entries)


def journal_entry_items(
    context: Context, filter: ItemFilter, order: Order[JournalEntryItem]
) -> Listing[JournalEntryItem]:
    """The items that meet the filter, in that order."""
    context.require(Permission.VIEW_JOURNAL_ENTRIES)
    require_for_runs(context, filter)
    lists = journal_entry_item_lists
    return filtered(context, filter, order, lists.journal_entry_items, lists.count_journal_entry_items)


async def entries_of_run(context: Context, run_number: str, window: Window) -> Page[JournalEntry]:
    """One page of the run's entries, by number. Raises NotFound for an unknown run, RequestError for a bad cursor."""
    context.require(Permission.VIEW_JOURNAL_RUNS, Permission.VIEW_JOURNAL_ENTRIES)
    return await context.gateway.read(_entries_of_run, run_number, window)


async def entry_transactions(context: Context, entry_id: int, window: Window) -> Page[PostedTransaction]:
    """One page of the transactions in the entry. Raises RequestError for a cursor of another list."""
    return await context.gateway.read(transactions_of_entry, entry_id, window)


async def net_zero_transactions(context: Context, run_id: int, window: Window) -> Page[PostedTransaction]:
    """One page of the transactions of the run that net to zero. Raises RequestError for a cursor of another list."""
    return await context.gateway.read(net_zero_transactions_of_run, run_id, window)


async def set_transferred_to_accounting(
    context: Context, numbers: list[str], status: TransferStatus
) -> list[JournalEntry]:
    """Set the transfer status of these entries: all of them, or none.

    The entries must not be cancelled. While the status is Yes, the entry has the time and the user of the transfer; to
    leave it needs a permission of its own.
    """
    context.require(Permission.TRANSFER_JOURNAL_ENTRIES)
    return await context.change(_set_transferred, context, numbers, status)


async def update_journal_entry(context: Context, change: EntryChange) -> JournalEntry:
    """Change the notes of an entry, its transfer status, or both: every change, or none."""
    context.require_one_of(UPDATING)
    if change.transferred_to_accounting is not None:
        context.require(Permission.TRANSFER_JOURNAL_ENTRIES)
    if change.notes is not None:
        context.require(Permission.CREATE_JOURNAL_ENTRIES)
    return await context.change(_update, context, change)


async def cancel_journal_entry(context: Context, number: str) -> JournalEntry:
    """Cancel one entry, unless its transfer status is Yes or Processing. Its transactions become free."""
    context.require(Permission.CANCEL_JOURNAL_ENTRIES)
    return await context.change(cancel_entry, context.gateway.workflows, number, context.actor)


def _update(session: Session, context: Context, change: EntryChange) -> JournalEntry:
    number, status, notes = change.number, change.transferred_to_accounting, change.notes
    violations = Violations()
    entry = lock_entries_numbered(session, [number]).get(number)
    if entry is None:
        raise Invalid([unknown_entry(number, "number")])
    if status is not None:
        _check_override(context, [entry], status)
    if status is not None and entry.status is JournalEntryStatus.CANCELLED:
        violations.found.append(_fixed(entry, "transferred_to_accounting"))
    if notes is not None:
        _check_notes(notes, violations)
    if status is None and notes is None:
        violations.add(Rule.REQUIRED, "give notes, a transfer status, or both")
    violations.refuse()
    if status is not None:
        _set(session, entry, status, context)
    if notes is not None:
        _note(session, entry, notes or None, context.actor)
    return entry


def _check_override(context: Context, entries: Iterable[JournalEntry], status: TransferStatus) -> None:
    if status is not TransferStatus.YES and any(
        entry.transferred_to_accounting is TransferStatus.YES for entry in entries
    ):
        context.require(Permission.OVERRIDE_TRANSFERRED_TO_ACCOUNTING)


def _check_notes(notes: str, violations: Violations) -> None:
    if len(notes) > NOTES_LENGTH_MAX:
        message = f"they have {len(notes):,} characters; the maximum is {NOTES_LENGTH_MAX:,}"
        violations.add(Rule.OUT_OF_RANGE, message, "notes")
    try:
        check_free_text(notes)
    except TextRefused as refused:
        violations.add(Rule.INVALID, str(refused), "notes")


def _entries_of_run(session: Session, run_number: str, window: Window) -> Page[JournalEntry]:
    run = run_numbered(session, run_number)
    if run is None:
        raise NotFound(f"There is no journal run {run_number!r}.")
    return journal_entry_lists.entries_of_run(session, run.id, window)


def _set_transferred(
    session: Session, context: Context, numbers: list[str], status: TransferStatus
) -> list[JournalEntry]:
    if not 1 <= len(numbers) <= ENTRIES_PER_CALL_MAX:
        message = f"give 1 to {ENTRIES_PER_CALL_MAX:,} journal entries; this call has {len(numbers):,}"
        raise Invalid([Violation(Rule.OUT_OF_RANGE, message, ("journal_entry_numbers",))])
    entries = lock_entries_numbered(session, numbers)
    _check_override(context, entries.values(), status)
    violations = Violations()
    first: dict[str, int] = {}
    for position, number in enumerate(numbers):
        path = ("journal_entry_numbers", position)
        violation = _violation(entries.get(number), number, path, first.setdefault(number, position) != position)
        if violation is not None:
            violations.found.append(violation)
    violations.refuse()
    changed = [entries[number] for number in numbers]
    for entry in changed:
        _set(session, entry, status, context)
    return changed


def _violation(entry: JournalEntry | None, number: str, path: Path, repeated: bool) -> Violation | None:
    if entry is None:
        return unknown_entry(number, *path)
    if repeated:
        return Violation(Rule.DUPLICATE, f"journal entry {number} is given more than once", path)
    if entry.status is JournalEntryStatus.CANCELLED:
        return _fixed(entry, *path)
    return None


def _fixed(entry: JournalEntry, *path: str | int) -> Violation:
    rest = "its transfer status cannot change"
    message, otherwise = f"journal entry {entry.number} is Cancelled; {rest}", f"journal entry {entry.number}: {rest}"
    return Violation(Rule.STATUS_NOT_ALLOWED, message, path, Permission.VIEW_JOURNAL_ENTRIES, otherwise)


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
        action=audit.Action.SET_TRANSFERRED,
        subject_type=audit.SubjectType.JOURNAL_ENTRY,
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
        action=audit.Action.SET_NOTES,
        subject_type=audit.SubjectType.JOURNAL_ENTRY,
        subject=entry.number,
        before={"notes": before},
        after={"notes": notes},
    )
