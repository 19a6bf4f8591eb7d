"""Lists of entries: filtered, ordered and paged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, literal_column
from sqlmodel import Session, col, func, select

from storage.accounting_codes import AccountingCode
from storage.conditions import (
    Comparing,
    Comparison,
    Condition,
    HasSegment,
    Referring,
    amount_between,
    between,
    combined,
    containing,
    given,
)
from storage.documents.computed import digits_of, rest, scale_of, whole_units
from storage.filtering import expressions
from storage.journal_entries import JournalEntry
from storage.journal_entry_items import JournalEntryItem
from storage.journal_run_lists import in_period
from storage.journal_runs import JournalRun
from storage.money import to_units
from storage.pages import Key, Order, Page, Signed, Window, counts_by_parent, ordered, page_of, pages_by_parent
from storage.words import JournalEntryStatus, TransactionType, TransferStatus


@dataclass(frozen=True, slots=True)
class SegmentFilter:
    """A segment that rows must have: its name, and the values that it may have; None means any value."""

    name: str
    values: Sequence[str] | None = None


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
    numbers: Sequence[str] | None = None
    journal_run_numbers: Sequence[str] | None = None
    organization_labels: Sequence[str] | None = None
    segments: Sequence[SegmentFilter] | None = None
    accounting_code_names: Sequence[str] | None = None
    gl_account_numbers: Sequence[str] | None = None
    total_from: Decimal | None = None
    total_to: Decimal | None = None
    time_period_start_from: date | None = None
    time_period_start_to: date | None = None
    time_period_end_from: date | None = None
    time_period_end_to: date | None = None
    created_at_from: datetime | None = None
    created_at_to: datetime | None = None
    updated_at_from: datetime | None = None
    updated_at_to: datetime | None = None
    transferred_at_from: datetime | None = None
    transferred_at_to: datetime | None = None
    aggregate_currency: bool | None = None
    text: str | None = None
    all_of: "Sequence[EntryFilter] | None" = None
    any_of: "Sequence[EntryFilter] | None" = None
    none_of: "EntryFilter | None" = None

    def conditions(self) -> list[Condition]:
        """Those that are given."""
        return [
            *given("status", Comparison.IN, self.statuses),
            *given("transferred_to_accounting", Comparison.IN, self.transferred_to_accounting),
            *given("transaction_type", Comparison.IN, self.transaction_types),
            *given("currency", Comparison.IN, self.currencies),
            *in_period(self.accounting_period_name),
            *between("journal_entry_date", self.journal_entry_date_from, self.journal_entry_date_to),
            *given("number", Comparison.IN, self.numbers),
            *of_numbered("journal_run_id", JournalRun, self.journal_run_numbers),
            *given("organization_label", Comparison.IN, self.organization_labels),
            *having_segments(self.segments),
            *_posted_to("name", self.accounting_code_names),
            *_posted_to("gl_account_number", self.gl_account_numbers),
            *amount_between("total_debit", "currency", self.total_from, self.total_to),
            *between("time_period_start", self.time_period_start_from, self.time_period_start_to),
            *between("time_period_end", self.time_period_end_from, self.time_period_end_to),
            *between("created_at", self.created_at_from, self.created_at_to),
            *between("updated_at", self.updated_at_from, self.updated_at_to),
            *between("transfer_date_time", self.transferred_at_from, self.transferred_at_to),
            *given("aggregate_currency", Comparison.EQUALS, self.aggregate_currency),
            *containing(self.text, ["number", "notes", "organization_label"]),
            *combined(
                None if self.all_of is None else [one.conditions() for one in self.all_of],
                None if self.any_of is None else [one.conditions() for one in self.any_of],
                None if self.none_of is None else self.none_of.conditions(),
            ),
        ]


def of_numbered(column: str, of: type, numbers: Sequence[str] | None) -> list[Condition]:
    """The condition that the column has the id of a run or an entry with one of these numbers, unless that is None."""
    return [] if numbers is None else [Referring(column, of, "id", given("number", Comparison.IN, numbers))]


def having_segments(segments: Sequence[SegmentFilter] | None) -> list[Condition]:
    """The conditions that the row has all of these segments."""
    return [HasSegment(one.name, one.values) for one in segments or ()]


def with_code(column: str, attribute: str, values: Sequence[str]) -> Condition:
    """The condition that the column has the id of an accounting code of which an attribute is one of the values."""
    return Referring(column, AccountingCode, "id", [Comparing(attribute, Comparison.IN, values)])


def _posted_to(attribute: str, values: Sequence[str] | None) -> list[Condition]:
    """The condition that an item of the entry is posted to such an accounting code, unless the values are None."""
    if values is None:
        return []
    of_code = with_code("accounting_code_id", attribute, values)
    return [Referring("id", JournalEntryItem, "journal_entry_id", [of_code])]


_SCALE = scale_of(digits_of("journal_entry.currency"))

ENTRY_KEYS: Mapping[str, Sequence[Key[JournalEntry]]] = {
    "number": [Key("id", col(JournalEntry.id), int, lambda entry: entry.id)],
    "date": [
        Key("journal_entry_date", col(JournalEntry.journal_entry_date), date, lambda entry: entry.journal_entry_date)
    ],
    "total": [
        Key(
            "total_whole",
            literal_column(whole_units("journal_entry.total_debit", _SCALE), BigInteger),
            Signed,
            lambda entry: to_units(entry.total_debit_minor, entry.currency_row)[0],
        ),
        Key(
            "total_rest",
            literal_column(rest("journal_entry.total_debit", _SCALE), BigInteger),
            Signed,
            lambda entry: to_units(entry.total_debit_minor, entry.currency_row)[1],
        ),
    ],
    "status": [Key("status", col(JournalEntry.status), str, lambda entry: entry.status.value)],
    "transfer status": [
        Key(
            "transferred_to_accounting",
            col(JournalEntry.transferred_to_accounting),
            str,
            lambda entry: entry.transferred_to_accounting.value,
        )
    ],
    "currency": [Key("currency", col(JournalEntry.currency), str, lambda entry: entry.currency)],
    "organization": [
        Key(
            "organization_label",
            col(JournalEntry.organization_label),
            str,
            lambda entry: entry.organization_label,
            nullable=True,
        )
    ],
    "type": [
        Key(
            "transaction_type",
            col(JournalEntry.transaction_type),
            str,
            lambda entry: entry.transaction_type and entry.transaction_type.value,
            nullable=True,
        )
    ],
    "created": [Key("created_at", col(JournalEntry.created_at), datetime, lambda entry: entry.created_at)],
    "updated": [Key("updated_at", col(JournalEntry.updated_at), datetime, lambda entry: entry.updated_at)],
}
"""The sort keys of entries by name."""


def entry_order(keys: Sequence[tuple[str, bool]]) -> Order[JournalEntry]:
    """The order by these keys, each with whether it is descending."""
    return ordered("entries", ENTRY_KEYS, keys, "number")


ENTRIES_BY_NUMBER = entry_order([])


def journal_entries(
    session: Session, filter: EntryFilter, order: Order[JournalEntry], window: Window
) -> Page[JournalEntry]:
    """One page of entries."""
    return page_of(
        session, select(JournalEntry).where(*expressions(session, JournalEntry, filter.conditions())), order, window
    )


def count_journal_entries(session: Session, filter: EntryFilter) -> int:
    """The number of entries in the whole list."""
    return session.exec(
        select(func.count()).select_from(JournalEntry).where(*expressions(session, JournalEntry, filter.conditions()))
    ).one()


def entries_of_run(session: Session, run_id: int, window: Window) -> Page[JournalEntry]:
    """One page of the run's entries, by number."""
    statement = select(JournalEntry).where(JournalEntry.journal_run_id == run_id)
    return page_of(session, statement, ENTRIES_BY_NUMBER, window)


def entries_of_runs(
    session: Session, run_ids: Iterable[int], filter: EntryFilter, order: Order[JournalEntry], window: Window
) -> dict[int, Page[JournalEntry]]:
    """One page of each run's entries, in one statement."""
    parent = col(JournalEntry.journal_run_id)
    return pages_by_parent(
        session, JournalEntry, parent, run_ids, expressions(session, JournalEntry, filter.conditions()), order, window
    )


def count_entries_of_runs(session: Session, run_ids: Iterable[int], filter: EntryFilter) -> dict[int, int]:
    """The number of entries of each run, in one statement."""
    parent = col(JournalEntry.journal_run_id)
    return counts_by_parent(session, parent, run_ids, expressions(session, JournalEntry, filter.conditions()))


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
