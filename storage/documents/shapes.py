"""The shapes of the ledger's rows: what no column type tells, above all how rows are related."""

from collections.abc import Callable

from storage.accounting_codes import AccountingCode
from storage.accounting_periods import AccountingPeriod
from storage.cancellations import Cancellation, EntryCancelOutcome
from storage.documents.computed import (
    NET_ZERO,
    entries_in,
    net_zero_groups,
    not_journaled_reason,
    notice,
    reason_name,
    rest,
    scale_of,
    transactions_taken,
    whole_units,
)
from storage.documents.json_sql import JsonSql
from storage.documents.limits import (
    cancellation_within,
    entry_within,
    item_within,
    outcome_within,
    run_within,
    transaction_within,
)
from storage.documents.shape import (
    Belongings,
    Column,
    Columns,
    Expression,
    Groups,
    Join,
    Listed,
    Parts,
    Relation,
    Shape,
    Shared,
    amount,
    values_of,
)
from storage.journal_entries import JournalEntry
from storage.journal_entry_items import JournalEntryItem
from storage.journal_runs import JournalRun
from storage.posting_keys import PostingKey
from storage.transactions import PostedTransaction, Transaction
from storage.words import JournalEntryStatus


class Ledger:
    """The whole ledger, which has the lists of everything."""


CURRENCY = Join("LEFT JOIN currency AS {row}c ON {row}c.code = {row}.currency")
HOME_CURRENCY = Join("LEFT JOIN currency AS {row}h ON {row}h.code = {row}.home_currency")
DIGITS = {"digits": ("c", "digits"), "home_digits": ("h", "digits")}

BUCKET = Groups("posting_bucket", "b", "bucket_transaction", "l", group="posting_bucket_id", row="transaction_row_id")
BUCKET_COLUMNS = {
    "posting_bucket_id": ("b", "id"),
    "transaction_row_id": ("l", "transaction_row_id"),
    **{name: ("b", name) for name in ("posting_date", "journal_run_id", "journal_entry_id", "posting_key_id")},
}
KEY_COLUMNS = {
    name: ("k", name)
    for name in (
        "transaction_type", "currency", "home_currency", "debit_code_id", "credit_code_id", "organization", "segments",
    )
}  # fmt: skip

TRANSACTION_COUNT = ("sum({row}b.transaction_count)", "posting_bucket AS {row}b")
"""Transactions are counted by their buckets."""


def _by_id(of: type, column: str, *, nullable: bool = False) -> Relation:
    """The row that a column refers to."""
    return Relation(of, lambda other, row: f"{other}.id = {row(column)}", nullable=nullable)


def _id(type_name: str, column: str) -> Callable[[JsonSql, Columns], str]:
    """A global id."""
    return lambda json, row: json.text(f"'{type_name}:' || {row(column)}")


def _sorted_amount(name: str, amount: str) -> dict[str, Callable[[Column], str]]:
    """The columns by which an amount is sorted, whatever its currency."""
    return {
        f"{name}_whole": lambda column: whole_units(column(amount), scale_of(column("digits"))),
        f"{name}_rest": lambda column: rest(column(amount), scale_of(column("digits"))),
    }


SEGMENT = Shape(
    "",
    {
        "name": Expression(lambda json, row: json.text(row("name"))),
        "value": Expression(lambda json, row: json.text(row("value")), nullable=True),
    },
)
"""A part of a row: a value in one business dimension."""

SHAPES: dict[type, Shape] = {
    Ledger: Shape(
        "",
        {},
        lists={
            "journal_runs": Listed(JournalRun),
            "journal_entries": Listed(JournalEntry),
            "journal_entry_items": Listed(JournalEntryItem),
            "transactions": Listed(PostedTransaction, counted=TRANSACTION_COUNT),
            "accounting_periods": Listed(AccountingPeriod),
            "accounting_codes": Listed(AccountingCode),
        },
    ),
    AccountingCode: Shape(
        "accounting_code", {**values_of(AccountingCode), "id": Expression(_id("AccountingCode", "name"))}
    ),
    AccountingPeriod: Shape(
        "accounting_period", {**values_of(AccountingPeriod), "id": Expression(_id("AccountingPeriod", "name"))}
    ),
    JournalRun: Shape(
        "journal_run",
        {
            **values_of(JournalRun, ["number"]),
            "id": Expression(lambda json, row: json.name(row("number"))),
            "live_journal_entry_count": entries_in(JournalEntryStatus.CREATED),
            "cancelled_journal_entry_count": entries_in(JournalEntryStatus.CANCELLED),
            "taken_transaction_count": transactions_taken("TRUE"),
            "net_zero_group_count": Expression(net_zero_groups),
            "notice": Expression(notice, nullable=True),
            "net_zero_transaction_count": transactions_taken(NET_ZERO),
        },
        related={
            "accounting_period": _by_id(AccountingPeriod, "accounting_period_id"),
            "cancellation": Relation(
                Cancellation,
                lambda other, row: (
                    f"{other}.id = (SELECT max(latest.id) FROM cancellation AS latest"
                    f" WHERE latest.journal_run_id = {row('id')})"
                ),
                nullable=True,
            ),
        },
        lists={
            "journal_entries": Listed(JournalEntry, lambda other, row: f"{other}.journal_run_id = {row('id')}"),
            "net_zero_transactions": Listed(
                PostedTransaction,
                lambda other, row: f"{other}b.journal_run_id = {row('id')} AND {other}b.journal_entry_id IS NULL",
                TRANSACTION_COUNT,
            ),
        },
        within=run_within,
    ),
    JournalEntry: Shape(
        "journal_entry",
        {
            **values_of(JournalEntry, ["number", "currency", "home_currency"]),
            "id": Expression(lambda json, row: json.name(row("number"))),
            "total_debit": amount("total_debit", "currency", "digits"),
            "total_credit": amount("total_credit", "currency", "digits"),
        },
        related={
            "journal_run": _by_id(JournalRun, "journal_run_id", nullable=True),
            "accounting_period": _by_id(AccountingPeriod, "accounting_period_id"),
            "items": Belongings(
                JournalEntryItem,
                lambda other, row: f"{other}.journal_entry_id = {row('id')}",
                lambda item: f"{item('type')} <> 'Debit', {item('accounting_code_id')}, {item('position')}",
            ),
            "segments": Parts(lambda json, row, alias: json.name_value_pairs(row("segment_values"), alias)),
        },
        lists={
            "transactions": Listed(
                PostedTransaction, lambda other, row: f"{other}b.journal_entry_id = {row('id')}", TRANSACTION_COUNT
            )
        },
        joins={"c": CURRENCY},
        columns=DIGITS,
        computed=_sorted_amount("total", "total_debit"),
        within=entry_within,
    ),
    JournalEntryItem: Shape(
        "journal_entry_item",
        {
            **values_of(JournalEntryItem, ["currency", "home_currency"]),
            "amount": amount("amount", "currency", "digits"),
            "home_amount": amount("home_amount", "home_currency", "home_digits", nullable=True),
        },
        related={
            "accounting_code": _by_id(AccountingCode, "accounting_code_id"),
            "journal_entry": _by_id(JournalEntry, "journal_entry_id"),
        },
        joins={
            "c": CURRENCY,
            "h": HOME_CURRENCY,
            "e": Join("JOIN journal_entry AS {row}e ON {row}e.id = {row}.journal_entry_id"),
            "a": Join("JOIN accounting_code AS {row}a ON {row}a.id = {row}.accounting_code_id"),
        },
        columns={
            **DIGITS,
            "journal_entry_date": ("e", "journal_entry_date"),
            "accounting_code_name": ("a", "name"),
        },
        computed=_sorted_amount("amount", "amount"),
        within=item_within,
    ),
    PostingKey: Shape(
        "posting_key",
        {},
        related={"segments": Parts(lambda json, row, alias: json.named_values(row("segments"), alias))},
    ),
    PostedTransaction: Shape(
        "billing_transaction",
        {
            **values_of(Transaction, ["exchange_rate"]),
            **{name: values_of(PostingKey, ["currency"])[name] for name in ("transaction_type", "currency")},
            "id": Expression(_id("Transaction", "transaction_id")),
            "transaction_date": Expression(lambda json, row: json.day(row("posting_date"))),
            "organization_label": Expression(lambda json, row: json.text(row("organization")), nullable=True),
            "amount": amount("amount", "currency", "digits"),
            "home_amount": amount("home_amount", "home_currency", "home_digits", nullable=True),
            "not_journaled_reason": Expression(not_journaled_reason, nullable=True),
        },
        related={
            "segments": Parts(lambda json, row, alias: json.named_values(row("segments"), alias)),
            "debit_account": _by_id(AccountingCode, "debit_code_id"),
            "credit_account": _by_id(AccountingCode, "credit_code_id"),
            "journal_entry": _by_id(JournalEntry, "journal_entry_id", nullable=True),
        },
        joins={
            "b": Join("JOIN posting_bucket AS {row}b ON {row}b.id = {row}.posting_bucket_id"),
            "k": Join("JOIN posting_key AS {row}k ON {row}k.id = {row}b.posting_key_id", after="b"),
            "c": Join("LEFT JOIN currency AS {row}c ON {row}c.code = {row}k.currency", after="k"),
            "h": Join("LEFT JOIN currency AS {row}h ON {row}h.code = {row}k.home_currency", after="k"),
        },
        columns=BUCKET_COLUMNS | KEY_COLUMNS | DIGITS,
        computed={"reason": reason_name, **_sorted_amount("amount", "amount")},
        groups=BUCKET,
        shared=Shared("posting_key", "posting_key_id", "k", ["segments", "debit_account", "credit_account"]),
        within=transaction_within,
    ),
    Cancellation: Shape(
        "cancellation",
        {
            **values_of(Cancellation),
            "id": Expression(_id("Cancellation", "id")),
            "entry_count": Expression(
                lambda json, row: json.count(
                    f"({row('canceled_count')} + {row('failed_count')} + {row('remaining_count')})"
                )
            ),
        },
        lists={
            "outcomes": Listed(EntryCancelOutcome, lambda other, row: f"{other}.cancellation_id = {row('id')}"),
        },
        within=cancellation_within,
    ),
    EntryCancelOutcome: Shape(
        "entry_cancel_outcome",
        {
            **values_of(EntryCancelOutcome),
            "cursor": Expression(
                lambda json, row: json.name(f"'outcomes:' || {row('cancellation_id')} || ':' || {row('sequence')}")
            ),
        },
        related={"journal_entry": _by_id(JournalEntry, "journal_entry_id")},
        within=outcome_within,
    ),
}
"""By the class of the row."""
