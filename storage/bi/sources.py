"""Where the values of each view are: the tables that have the things that exist, and those that are deleted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from storage.bi.catalogue import (
    ACCOUNTING_CODES,
    ACCOUNTING_PERIODS,
    JOURNAL_ENTRIES,
    JOURNAL_ENTRY_ITEMS,
    JOURNAL_RUNS,
    TRANSACTIONS,
    Journaled,
)
from storage.bi.dialects import Dialect
from storage.documents.limits import IsOwn, entry_within, run_within, transaction_within

Limit = Callable[[Dialect, IsOwn], str]
"""The condition that a row belongs to some organisations."""


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in minor units, and the digits of its currency, as SQL."""

    minor: str
    digits: str


Sql = str | Amount | Callable[[Dialect], str]
"""A column, as SQL; what the databases write differently is a function."""


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of a view: their tables, the columns that are not null, and the numbers that order rows of one moment.

    `paged` are the tables along which pages are read, if not `tables`, and `keys` the numbers of `place` as an index of
    these has them. `segment` is the column of a segment, by its name as a literal. `within` is the condition that a row
    belongs to some organisations, if rows do. A column of `of_runs` is null for who may not see the run, whose table is
    `r`. `stored_segments` is the JSON of which all columns of segments are made.
    """

    tables: str
    columns: Mapping[str, Sql]
    place: Sequence[str]
    paged: str | None = None
    keys: Sequence[str] | None = None
    segment: Callable[[Dialect, str], str] | None = None
    within: Limit | None = None
    of_runs: Sequence[str] = field(default=())
    stored_segments: str | None = None


_CURRENCY = "LEFT JOIN currency AS c ON c.code = {row}.currency"
_HOME_CURRENCY = "LEFT JOIN currency AS h ON h.code = {row}.home_currency"

_OF_ENTRY: Mapping[str, Sql] = {
    "status": "e.status",
    "journal_run_number": "r.number",
    "accounting_period_name": "p.name",
    "journal_entry_date": "e.journal_entry_date",
    "transaction_type": "e.transaction_type",
    "organization_label": "e.organization_label",
    "transferred_to_accounting": "e.transferred_to_accounting",
    "segments": lambda dialect: dialect.entry_segments("e.segment_values"),
    "updated_at": "e.updated_at",
    "deleted": "FALSE",
}
_RUN_AND_PERIOD = (
    "JOIN accounting_period AS p ON p.id = e.accounting_period_id LEFT JOIN journal_run AS r ON r.id = e.journal_run_id"
)


_OF_BUCKET = (
    "JOIN posting_key AS k ON k.id = tb.posting_key_id"
    " JOIN accounting_code AS d ON d.id = k.debit_code_id JOIN accounting_code AS a ON a.id = k.credit_code_id"
    " LEFT JOIN journal_entry AS e ON e.id = tb.journal_entry_id"
    " LEFT JOIN journal_run AS r ON r.id = tb.journal_run_id"
    f" {_CURRENCY.format(row='k')} {_HOME_CURRENCY.format(row='k')}"
)


_JOURNALED = (
    f"(CASE WHEN tb.journal_entry_id IS NOT NULL THEN '{Journaled.JOURNALED}'"
    f" WHEN tb.journal_run_id IS NOT NULL THEN '{Journaled.NETS_TO_ZERO}' ELSE '{Journaled.NOT_JOURNALED}' END)"
)


def _entry_segment(dialect: Dialect, name: str) -> str:
    return dialect.entry_segment("e.segment_values", name)


def _entry_within(dialect: Dialect, is_own: IsOwn) -> str:
    return entry_within(dialect.json, "e", is_own)


def _deleted_within(_dialect: Dialect, is_own: IsOwn) -> str:
    return is_own("r.organization_label")


def run_is_within(dialect: Dialect, is_own: IsOwn) -> str:
    """The condition that the run in the table `r` belongs to these organisations."""
    return run_within(dialect.json, "r", is_own)


def _deleted(word: str, columns: Mapping[str, Sql], within: Limit, *more_places: str) -> Source:
    """Deleted things; their table stands for the run too, whose number and organisations it has."""
    return Source(
        f"(SELECT * FROM deletion WHERE deleted = '{word}') AS r",
        {**columns, "updated_at": "r.updated_at", "deleted": "TRUE"},
        ("r.row_id", *more_places),
        within=within,
        of_runs=("journal_run_number",),
    )


def _count(status: str) -> str:
    counted = f"SELECT count(*) FROM journal_entry AS e WHERE e.journal_run_id = r.id AND e.status = '{status}'"
    return f"({counted})"


_SIDES = {
    f"{prefix}{side.lower()}": Amount(
        f"(CASE WHEN i.type = '{side}' OR {amount} IS NULL THEN {amount} ELSE 0 END)", digits
    )
    for prefix, amount, digits in (("", "i.amount", "c.digits"), ("home_", "i.home_amount", "h.digits"))
    for side in ("Debit", "Credit")
}

SOURCES: Mapping[str, Sequence[Source]] = {
    JOURNAL_RUNS.name: (
        Source(
            "journal_run AS r JOIN accounting_period AS p ON p.id = r.accounting_period_id",
            {
                "id": "r.number",
                "accounting_period_name": "p.name",
                "executed_at": "r.executed_on",
                "live_journal_entry_count": _count("Created"),
                "cancelled_journal_entry_count": _count("Cancelled"),
                "deleted": "FALSE",
                **{
                    name: f"r.{name}"
                    for name in (
                        "number", "status", "target_start_date", "target_end_date", "journal_entry_date",
                        "transaction_types", "organization_labels", "segmentation_rule_name", "aggregate_currency",
                        "home_currency", "created_at", "total_journal_entry_count", "transaction_count",
                        "error_message", "updated_at",
                    )
                },
            },
            ("r.id",),
            within=run_is_within,
        ),
        _deleted(
            "JournalRun",
            {"id": "r.number", "number": "r.number", "organization_labels": "r.organization_labels"},
            run_is_within,
        ),
    ),
    JOURNAL_ENTRIES.name: (
        Source(
            f"journal_entry AS e {_RUN_AND_PERIOD} {_CURRENCY.format(row='e')}",
            {
                **_OF_ENTRY,
                "id": "e.number",
                "total_debit": Amount("e.total_debit", "c.digits"),
                "total_credit": Amount("e.total_credit", "c.digits"),
                "transferred_at": "e.transfer_date_time",
                **{
                    name: f"e.{name}"
                    for name in (
                        "number", "time_period_start", "time_period_end", "currency", "transaction_count",
                        "aggregate_currency", "home_currency", "transferred_by", "notes", "created_at",
                    )
                },
            },
            ("e.id",),
            segment=_entry_segment,
            within=_entry_within,
            of_runs=("journal_run_number",),
            stored_segments="e.segment_values",
        ),
        _deleted(
            "JournalEntry",
            {
                "id": "r.number",
                "number": "r.number",
                "journal_run_number": "r.journal_run_number",
                "organization_label": "r.organization_label",
            },
            _deleted_within,
        ),
    ),
    JOURNAL_ENTRY_ITEMS.name: (
        Source(
            "journal_entry AS e JOIN journal_entry_item AS i ON i.journal_entry_id = e.id"
            f" JOIN accounting_code AS a ON a.id = i.accounting_code_id {_RUN_AND_PERIOD}"
            f" {_CURRENCY.format(row='i')} {_HOME_CURRENCY.format(row='i')}",
            {
                **_OF_ENTRY,
                "id": "(e.number || ':' || (i.position + 1))",
                "journal_entry_number": "e.number",
                "position": "(i.position + 1)",
                "type": "i.type",
                "accounting_code_name": "a.name",
                "accounting_code_type": "a.type",
                "gl_account_number": "a.gl_account_number",
                "gl_account_name": "a.gl_account_name",
                "currency": "i.currency",
                "amount": Amount("i.amount", "c.digits"),
                "home_currency": "i.home_currency",
                "home_amount": Amount("i.home_amount", "h.digits"),
                **_SIDES,
            },
            ("e.id", "i.position"),
            keys=("i.journal_entry_id", "i.position"),
            segment=_entry_segment,
            within=_entry_within,
            of_runs=("journal_run_number",),
            stored_segments="e.segment_values",
        ),
        _deleted(
            "JournalEntryItem",
            {
                "id": "(r.number || ':' || (r.position + 1))",
                "journal_entry_number": "r.number",
                "position": "(r.position + 1)",
                "journal_run_number": "r.journal_run_number",
                "organization_label": "r.organization_label",
            },
            _deleted_within,
            "r.position",
        ),
    ),
    TRANSACTIONS.name: (
        Source(
            f"billing_transaction AS t JOIN posting_bucket AS tb ON tb.id = t.posting_bucket_id {_OF_BUCKET}",
            {
                "id": "t.transaction_id",
                "transaction_type": "k.transaction_type",
                "transaction_date": "tb.posting_date",
                "organization_label": "k.organization",
                "currency": "k.currency",
                "amount": Amount("t.amount", "c.digits"),
                "home_currency": "k.home_currency",
                "home_amount": Amount("t.home_amount", "h.digits"),
                "exchange_rate": "t.exchange_rate",
                "debit_account_name": "d.name",
                "credit_account_name": "a.name",
                "account_number": "t.account_number",
                "document_number": "t.document_number",
                "journaled": _JOURNALED,
                "journal_entry_number": "e.number",
                "journal_run_number": "r.number",
                "segments": "k.segments",
                "updated_at": "tb.updated_at",
                "deleted": "FALSE",
            },
            ("tb.id", "t.id"),
            "posting_bucket AS tb JOIN bucket_transaction AS l ON l.posting_bucket_id = tb.id"
            f" JOIN billing_transaction AS t ON t.id = l.transaction_row_id {_OF_BUCKET}",
            ("l.posting_bucket_id", "l.transaction_row_id"),
            lambda dialect, name: dialect.json.value_in("k.segments", name),
            lambda dialect, is_own: transaction_within(dialect.json, "t", is_own),
            of_runs=("journal_run_number",),
            stored_segments="k.segments",
        ),
    ),
    ACCOUNTING_CODES.name: (
        Source(
            "accounting_code AS a",
            {
                "id": "a.name",
                "deleted": "FALSE",
                **{
                    name: f"a.{name}"
                    for name in (
                        "name", "type", "category", "status", "gl_account_number", "gl_account_name", "updated_at",
                    )
                },
            },
            ("a.id",),
        ),
    ),
    ACCOUNTING_PERIODS.name: (
        Source(
            "accounting_period AS p",
            {
                "id": "p.name",
                "deleted": "FALSE",
                **{
                    name: f"p.{name}"
                    for name in (
                        "name", "start_date", "end_date", "fiscal_year", "fiscal_quarter", "status", "updated_at",
                    )
                },
            },
            ("p.id",),
        ),
    ),
}  # fmt: skip
