"""Lists of entries: filtered, ordered and paged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, func, select

from storage.conditions import Comparison, Condition, expressions, given
from storage.journal_entries import JournalEntry
from storage.pages import Order, Page, Window, counts_by_parent, page_of, pages_by_parent
from storage.words import JournalEntryStatus, TransactionType, TransferStatus


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Conditions on entries; None means any."""

    statuses: Sequence[JournalEntryStatus] | None = None
    transferred_to_accounting: Sequence[TransferStatus] | None = None
    transaction_types: Sequence[TransactionType] | None = None
    currencies: Sequence[str] | None = None
    accounting_period_name: str | None = None
    journal_entry_date_from: date | None = None
    journal_entry_date_to: date | None = None

    def conditions(self) -> list[Condition]:
        """Those that are given."""
        return [
            *given("status", Comparison.IN, self.statuses),
            *given("transferred_to_accounting", Comparison.IN, self.transferred_to_accounting),
            *given("transaction_type", Comparison.IN, self.transaction_types),
            *given("currency", Comparison.IN, self.currencies),
            *given("accounting_period_id", Comparison.IN_PERIOD, self.accounting_period_name),
            *given("journal_entry_date", Comparison.AT_LEAST, self.journal_entry_date_from),
            *given("journal_entry_date", Comparison.AT_MOST, self.journal_entry_date_to),
        ]


def entries_by_number(descending: bool) -> Order[JournalEntry]:
    """Entries in the order in which they were created."""
    return Order("entries", [col(JournalEntry.id)], [int], lambda entry: (entry.id,), descending)


def entries_by_date(descending: bool) -> Order[JournalEntry]:
    """Entries by their journal entry date."""
    return Order(
        "entries by date",
        [col(JournalEntry.journal_entry_date), col(JournalEntry.id)],
        [date, int],
        lambda entry: (entry.journal_entry_date, entry.id),
        descending,
    )


def journal_entries(
    session: Session, filter: EntryFilter, order: Order[JournalEntry], window: Window
) -> Page[JournalEntry]:
    """One page of entries."""
    return page_of(session, select(JournalEntry).where(*expressions(JournalEntry, filter.conditions())), order, window)


def count_journal_entries(session: Session, filter: EntryFilter) -> int:
    """The number of entries in the whole list."""
    return session.exec(
        select(func.count()).select_from(JournalEntry).where(*expressions(JournalEntry, filter.conditions()))
    ).one()


def entries_of_run(session: Session, run_id: int, window: Window) -> Page[JournalEntry]:
    """One page of the run's entries, by number."""
    statement = select(JournalEntry).where(JournalEntry.journal_run_id == run_id)
    return page_of(session, statement, entries_by_number(False), window)


def entries_of_runs(
    session: Session, run_ids: Iterable[int], filter: EntryFilter, order: Order[JournalEntry], window: Window
) -> dict[int, Page[JournalEntry]]:
    """One page of each run's entries, in one statement."""
    parent = col(JournalEntry.journal_run_id)
    return pages_by_parent(
        session, JournalEntry, parent, run_ids, expressions(JournalEntry, filter.conditions()), order, window
    )


def count_entries_of_runs(session: Session, run_ids: Iterable[int], filter: EntryFilter) -> dict[int, int]:
    """The number of entries of each run, in one statement."""
    parent = col(JournalEntry.journal_run_id)
    return counts_by_parent(session, parent, run_ids, expressions(JournalEntry, filter.conditions()))


def count_entries_by_status(session: Session, run_ids: Iterable[int]) -> dict[int, dict[JournalEntryStatus, int]]:
    """The number of entries of each run in each status that occurs, in one statement."""
    run_id, status = col(JournalEntry.journal_run_id), col(JournalEntry.status)
    rows = session.execute(
        select(run_id, status, func.count()).where(run_id.in_(set(run_ids))).group_by(run_id, status)
    )
    found: dict[int, dict[JournalEntryStatus, int]] = {}
    for row in rows:
        found.setdefault(row[0], {})[row[1]] = row[2]
    return found
