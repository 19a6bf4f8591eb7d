"""The views and their columns, as reports see them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, StrEnum, auto

from storage.words import (
    AccountingCodeCategory,
    AccountingCodeStatus,
    AccountingPeriodStatus,
    ItemType,
    JournalEntryStatus,
    JournalRunStatus,
    Permission,
    TransactionType,
    TransferStatus,
)


class Kind(Enum):
    """What the values of a column are. None of them is ever a float."""

    TEXT = auto()
    INTEGER = auto()
    AMOUNT = auto()
    """A Decimal in the currency that the row names, with that currency's digits: 4 at most, and 23 in all."""
    DATE = auto()
    MOMENT = auto()
    """A datetime in UTC, with microseconds."""
    BOOLEAN = auto()
    JSON = auto()
    """An object of texts by name, or an array of texts."""


AMOUNT_PRECISION, AMOUNT_SCALE = 23, 4
"""The digits of the largest amount, and the decimals that the currency with the most has."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a view. `permission` is one that it needs beside those of its view; without it, it is null.

    `values` are all that it can have, besides null; none if they are not fixed. `segment` is that whose values it has.
    """

    name: str
    kind: Kind
    description: str
    nullable: bool = True
    permission: Permission | None = None
    values: Sequence[str] = ()
    segment: str | None = None


@dataclass(frozen=True, slots=True)
class View:
    """One kind of thing, a row each. `id` is unique; `updated_at` grows in the order of commits.

    A row whose thing has been deleted stays: `deleted` is true, and what is not a name or an organisation is null.
    """

    name: str
    """Such as `bi_journal_entries`."""
    description: str
    columns: Sequence[Column]
    permission: Permission | None
    """What a caller needs to see it; None means any caller."""

    def column(self, name: str) -> Column:
        """The column with that name. Raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.name for column in self.columns]

    @property
    def short_name(self) -> str:
        """The name in addresses, such as `journal_entries`."""
        return self.name.removeprefix("bi_")


def _text(name: str, description: str, *, nullable: bool = True) -> Column:
    return Column(name, Kind.TEXT, description, nullable)


def _word(name: str, description: str, words: type[StrEnum]) -> Column:
    return Column(name, Kind.TEXT, description, values=tuple(words))


def _one_of(name: str, description: str, words: type[StrEnum]) -> Column:
    """A column whose description lists its values."""
    *others, last = words
    return _word(name, f"{description}: {', '.join(others)} or {last}.", words)


class Journaled(StrEnum):
    """Whether a transaction is in a live journal entry, and if not, whether a run has taken it."""

    JOURNALED = "Journaled"
    NETS_TO_ZERO = "Nets to zero"
    NOT_JOURNALED = "Not journaled"


def _id(description: str) -> Column:
    return Column("id", Kind.TEXT, description, nullable=False)


_RUN_NUMBER = Column(
    "journal_run_number",
    Kind.TEXT,
    "Number of the journal run that created the entry; null for a manual entry.",
    permission=Permission.VIEW_JOURNAL_RUNS,
)
SEGMENTS = "segments"
"""The column with the values of all segments."""

_SEGMENTS = Column(SEGMENTS, Kind.JSON, "Values in business dimensions, by segment name.")
_CHANGES = (
    Column(
        "updated_at",
        Kind.MOMENT,
        "When the row last changed, in UTC. A change that is committed later has a later moment.",
        nullable=False,
    ),
    Column("deleted", Kind.BOOLEAN, "Whether it has been deleted. Then most other columns are null.", nullable=False),
)
_OF_ENTRY = (
    _RUN_NUMBER,
    _text("accounting_period_name", "Name of the accounting period."),
    Column("journal_entry_date", Kind.DATE, "The date of the entry in the books."),
    _word("transaction_type", "Type of the transactions in the entry, such as Invoice Item.", TransactionType),
)

JOURNAL_RUNS = View(
    "bi_journal_runs",
    "Journal runs.",
    (
        _id("The run's number."),
        _text("number", "Number, such as JR-00000001.", nullable=False),
        _one_of("status", "Status", JournalRunStatus),
        _text("accounting_period_name", "Name of the accounting period."),
        Column("target_start_date", Kind.DATE, "First day of the range that it collects."),
        Column("target_end_date", Kind.DATE, "Last day of the range that it collects."),
        Column("journal_entry_date", Kind.DATE, "The date of its entries in the books."),
        Column("transaction_types", Kind.JSON, "Types of the transactions that it collects, such as Invoice Item."),
        Column("organization_labels", Kind.JSON, "Organisations that it collects; empty for all."),
        _text("segmentation_rule_name", "Name of the segmentation rule that splits its entries."),
        Column("aggregate_currency", Kind.BOOLEAN, "Whether its entries are kept in the home currency."),
        _text("home_currency", "The home currency, an ISO 4217 code."),
        Column("created_at", Kind.MOMENT, "When it was created."),
        Column("executed_at", Kind.MOMENT, "When processing started."),
        Column(
            "total_journal_entry_count",
            Kind.INTEGER,
            "Number of entries that it created; cancelling does not change it.",
        ),
        Column("live_journal_entry_count", Kind.INTEGER, "Number of its entries that are not cancelled."),
        Column("cancelled_journal_entry_count", Kind.INTEGER, "Number of its entries that are cancelled."),
        Column(
            "transaction_count",
            Kind.INTEGER,
            "Number of transactions that it collected; cancelling does not change it.",
        ),
        _text("error_message", "Why it failed, if its status is Error."),
        *_CHANGES,
    ),
    Permission.VIEW_JOURNAL_RUNS,
)

JOURNAL_ENTRIES = View(
    "bi_journal_entries",
    "Journal entries.",
    (
        _id("The entry's number."),
        _text("number", "Number, such as JE-00000001.", nullable=False),
        _one_of("status", "Status", JournalEntryStatus),
        *_OF_ENTRY,
        Column("time_period_start", Kind.DATE, "First day of the range that the run collected."),
        Column("time_period_end", Kind.DATE, "Last day of the range that the run collected."),
        _text("organization_label", "Organisation."),
        _text("currency", "Currency of its totals, an ISO 4217 code."),
        Column("total_debit", Kind.AMOUNT, "Sum of its debit items."),
        Column("total_credit", Kind.AMOUNT, "Sum of its credit items, which equals total_debit."),
        Column(
            "transaction_count",
            Kind.INTEGER,
            "Number of transactions that it summarised; cancelling does not change it.",
        ),
        Column(
            "aggregate_currency",
            Kind.BOOLEAN,
            "Whether it is kept in the home currency, with transactions of all currencies.",
        ),
        _text("home_currency", "The home currency, an ISO 4217 code."),
        _one_of("transferred_to_accounting", "Transfer status to the general ledger", TransferStatus),
        Column("transferred_at", Kind.MOMENT, "When it was transferred."),
        _text("transferred_by", "Who transferred it."),
        _text("notes", "Notes."),
        Column("created_at", Kind.MOMENT, "When it was created."),
        _SEGMENTS,
        *_CHANGES,
    ),
    Permission.VIEW_JOURNAL_ENTRIES,
)

JOURNAL_ENTRY_ITEMS = View(
    "bi_journal_entry_items",
    "Debit and credit lines of journal entries, with what their entry says.",
    (
        _id("The entry's number and the item's position, such as JE-00000001:1."),
        _text("journal_entry_number", "Number of the entry.", nullable=False),
        Column("position", Kind.INTEGER, "Position in the entry, from 1.", nullable=False),
        _one_of("type", "Side of the entry", ItemType),
        _text("accounting_code_name", "Name of the accounting code."),
        _text("accounting_code_type", "Type of the accounting code."),
        _text("gl_account_number", "Number of the account in the general ledger."),
        _text("gl_account_name", "Name of the account in the general ledger."),
        _text("currency", "Currency of amount, debit and credit, an ISO 4217 code."),
        Column("amount", Kind.AMOUNT, "Amount, never negative."),
        Column("debit", Kind.AMOUNT, "The amount if the item is a debit, otherwise 0."),
        Column("credit", Kind.AMOUNT, "The amount if the item is a credit, otherwise 0."),
        _text("home_currency", "Currency of home_amount, home_debit and home_credit, an ISO 4217 code."),
        Column("home_amount", Kind.AMOUNT, "Amount in the home currency, never negative."),
        Column("home_debit", Kind.AMOUNT, "The home amount if the item is a debit, otherwise 0."),
        Column("home_credit", Kind.AMOUNT, "The home amount if the item is a credit, otherwise 0."),
        _one_of("status", "Status of the entry", JournalEntryStatus),
        *_OF_ENTRY,
        _text("organization_label", "Organisation."),
        _one_of("transferred_to_accounting", "Transfer status of the entry to the general ledger", TransferStatus),
        _SEGMENTS,
        *_CHANGES,
    ),
    Permission.VIEW_JOURNAL_ENTRIES,
)

TRANSACTIONS = View(
    "bi_transactions",
    "Recorded transactions, each with its live journal entry, if it has one.",
    (
        _id("The transaction's id in its source system."),
        _word("transaction_type", "Type, such as Invoice Item.", TransactionType),
        Column("transaction_date", Kind.DATE, "The day on which it was posted."),
        _text("organization_label", "Organisation."),
        _text("currency", "Currency of amount, an ISO 4217 code."),
        Column(
            "amount",
            Kind.AMOUNT,
            "Signed amount: a positive one debits and credits the two accounts as they are named.",
        ),
        _text("home_currency", "The home currency, an ISO 4217 code."),
        Column("home_amount", Kind.AMOUNT, "Signed amount in the home currency."),
        _text("exchange_rate", "Units of the home currency per unit of currency: a decimal number of up to 60 digits."),
        _text("debit_account_name", "Name of the debited accounting code."),
        _text("credit_account_name", "Name of the credited accounting code."),
        _text("account_number", "Customer account number in the source system."),
        _text("document_number", "Number of the invoice, payment or other document."),
        Column(
            "journaled",
            Kind.TEXT,
            "Journaled: it is in a live journal entry. Nets to zero: a journal run has taken it, but the sum of its"
            " group is zero, so it is in no entry. Not journaled: no run has taken it, or its entry was cancelled.",
            values=tuple(Journaled),
        ),
        _text("journal_entry_number", "Number of the live journal entry that includes it."),
        Column(
            "journal_run_number",
            Kind.TEXT,
            "Number of the journal run that has taken it.",
            permission=Permission.VIEW_JOURNAL_RUNS,
        ),
        _SEGMENTS,
        *_CHANGES,
    ),
    Permission.VIEW_JOURNAL_ENTRIES,
)

ACCOUNTING_CODES = View(
    "bi_accounting_codes",
    "Accounting codes: the accounts of the subledger.",
    (
        _id("The code's name."),
        _text("name", "Name.", nullable=False),
        _text("type", "Type, such as AccountsReceivable."),
        _one_of("category", "Category", AccountingCodeCategory),
        _one_of("status", "Status", AccountingCodeStatus),
        _text("gl_account_number", "Number of the account in the general ledger."),
        _text("gl_account_name", "Name of the account in the general ledger."),
        *_CHANGES,
    ),
    None,
)

ACCOUNTING_PERIODS = View(
    "bi_accounting_periods",
    "Accounting periods.",
    (
        _id("The period's name."),
        _text("name", "Name.", nullable=False),
        Column("start_date", Kind.DATE, "First day."),
        Column("end_date", Kind.DATE, "Last day; null in the open-ended period."),
        Column("fiscal_year", Kind.INTEGER, "Fiscal year."),
        Column("fiscal_quarter", Kind.INTEGER, "Fiscal quarter."),
        _one_of("status", "Status", AccountingPeriodStatus),
        *_CHANGES,
    ),
    None,
)

_VIEWS = (
    JOURNAL_RUNS, JOURNAL_ENTRIES, JOURNAL_ENTRY_ITEMS, TRANSACTIONS, ACCOUNTING_CODES, ACCOUNTING_PERIODS,
)  # fmt: skip

SEGMENT_PREFIX = "segment_"

_COLUMN_LENGTH_MAX = 63
"""The bytes that PostgreSQL allows in a name."""


def catalogue(segments: Sequence[str]) -> Mapping[str, View]:
    """The views by name, with a column for each of these segments, in the order in which they were defined."""
    columns = [
        Column(name, Kind.TEXT, f"Value of the segment {segment!r}.", segment=segment)
        for name, segment in _segment_columns(segments).items()
    ]
    return {view.name: _with_segments(view, columns) for view in _VIEWS}


def _segment_columns(segments: Iterable[str]) -> dict[str, str]:
    """The segments by the names of their columns. A name depends on no segment that was defined later."""
    found: dict[str, str] = {}
    for segment in segments:
        found[next(name for name in _names(segment) if name not in found)] = segment
    return found


def _with_segments(view: View, columns: Sequence[Column]) -> View:
    return replace(view, columns=(*view.columns, *columns)) if _SEGMENTS in view.columns else view


def _names(segment: str) -> Iterator[str]:
    """Names for the segment's column, of lower-case letters and digits of ASCII, the best first."""
    plain = re.sub("[^a-z0-9]+", "_", segment.lower()).strip("_") or "value"
    number = 1
    while True:
        suffix = "" if number == 1 else f"_{number}"
        yield SEGMENT_PREFIX + plain[: _COLUMN_LENGTH_MAX - len(SEGMENT_PREFIX) - len(suffix)] + suffix
        number += 1
