"""Lists of transactions, and those that net to zero."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    TextClause,
    UnaryExpression,
    and_,
    case,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.sql.expression import SQLColumnExpression
from sqlalchemy.sql.operators import custom_op
from sqlmodel import Session, col, func

from storage.bucket_transactions import BucketTransaction
from storage.conditions import (
    AnyOf,
    Comparing,
    Comparison,
    Condition,
    Referring,
    amount_between,
    between,
    combined,
    containing,
    given,
)
from storage.database import is_sqlite
from storage.documents.computed import digits_of, rest, scale_of, whole_units
from storage.filtering import written
from storage.journal_entries import JournalEntry
from storage.journal_entry_lists import SegmentFilter, having_segments, of_numbered, with_code
from storage.journal_runs import JournalRun
from storage.money import to_units
from storage.pages import ID_MAX, ID_MIN, Bound, Key, Order, Page, Signed, Window, ordered
from storage.posting_buckets import PostingBucket
from storage.posting_keys import PostingKey
from storage.transactions import PostedTransaction, Transaction
from storage.words import NotJournaledReason, TransactionType


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """Conditions on transactions; None means any."""

    is_journaled: bool | None = None
    not_journaled_reasons: Sequence[NotJournaledReason] | None = None
    transaction_ids: Sequence[str] | None = None
    transaction_types: Sequence[TransactionType] | None = None
    transaction_date_from: date | None = None
    transaction_date_to: date | None = None
    currencies: Sequence[str] | None = None
    debit_account_names: Sequence[str] | None = None
    credit_account_names: Sequence[str] | None = None
    account_names: Sequence[str] | None = None
    gl_account_numbers: Sequence[str] | None = None
    organization_labels: Sequence[str] | None = None
    segments: Sequence[SegmentFilter] | None = None
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    home_amount_from: Decimal | None = None
    home_amount_to: Decimal | None = None
    account_numbers: Sequence[str] | None = None
    document_numbers: Sequence[str] | None = None
    journal_entry_numbers: Sequence[str] | None = None
    journal_run_numbers: Sequence[str] | None = None
    text: str | None = None
    all_of: "Sequence[TransactionFilter] | None" = None
    any_of: "Sequence[TransactionFilter] | None" = None
    none_of: "TransactionFilter | None" = None

    def conditions(self) -> list[Condition]:
        """Those that are given. What buckets have is asked of buckets, so that no transaction is read for it."""
        return [
            *self._journaled(),
            *between("posting_date", self.transaction_date_from, self.transaction_date_to),
            *self._of_key(),
            *of_numbered("journal_entry_id", JournalEntry, self.journal_entry_numbers),
            *of_numbered("journal_run_id", JournalRun, self.journal_run_numbers),
            *given("transaction_id", Comparison.IN, self.transaction_ids),
            *amount_between("amount", "currency", self.amount_from, self.amount_to),
            *amount_between("home_amount", "home_currency", self.home_amount_from, self.home_amount_to),
            *given("account_number", Comparison.IN, self.account_numbers),
            *given("document_number", Comparison.IN, self.document_numbers),
            *containing(self.text, ["transaction_id", "account_number", "document_number"]),
            *combined(
                None if self.all_of is None else [one.conditions() for one in self.all_of],
                None if self.any_of is None else [one.conditions() for one in self.any_of],
                None if self.none_of is None else self.none_of.conditions(),
            ),
        ]

    def _journaled(self) -> list[Condition]:
        found: list[Condition] = []
        if self.is_journaled is not None:
            found.append(Comparing("journal_entry_id", _SET if self.is_journaled else Comparison.IS_NOT_SET))
        if self.not_journaled_reasons is not None:
            found.append(Comparing("journal_entry_id", Comparison.IS_NOT_SET))
            found.append(Comparing("reason", Comparison.IN, [reason.name for reason in self.not_journaled_reasons]))
        return found

    def _of_key(self) -> list[Condition]:
        """What posting keys have is asked of them, which are fewer than buckets."""
        found = [
            *given("transaction_type", Comparison.IN, self.transaction_types),
            *given("currency", Comparison.IN, self.currencies),
            *given("organization", Comparison.IN, self.organization_labels),
            *having_segments(self.segments),
            *_of_code(["debit_code_id"], "name", self.debit_account_names),
            *_of_code(["credit_code_id"], "name", self.credit_account_names),
            *_of_code(["debit_code_id", "credit_code_id"], "name", self.account_names),
            *_of_code(["debit_code_id", "credit_code_id"], "gl_account_number", self.gl_account_numbers),
        ]
        return [Referring("posting_key_id", PostingKey, "id", found)] if found else []


_SET = Comparison.IS_SET


def _of_code(columns: Sequence[str], attribute: str, values: Sequence[str] | None) -> list[Condition]:
    return [] if values is None else [AnyOf([with_code(column, attribute, values) for column in columns])]


_JOINED = {"b": "posting_bucket", "k": "posting_key", "l": "bucket_transaction"}
"""The tables of a transaction, by the suffixes that its shape gives them."""

_SCALE = scale_of(digits_of("posting_key.currency"))

TRANSACTION_KEYS: Mapping[str, Sequence[Key[PostedTransaction]]] = {
    "recorded": [
        Key("posting_bucket_id", col(PostingBucket.id), int, lambda posted: posted.bucket.id),
        Key("transaction_row_id", col(BucketTransaction.transaction_row_id), int, lambda posted: posted.id),
    ],
    "date": [Key("posting_date", col(PostingBucket.posting_date), date, lambda posted: posted.bucket.posting_date)],
    "amount": [
        Key(
            "amount_whole",
            literal_column(whole_units("billing_transaction.amount", _SCALE), BigInteger),
            Signed,
            lambda posted: to_units(posted.transaction.amount_minor, posted.key.currency_row)[0],
        ),
        Key(
            "amount_rest",
            literal_column(rest("billing_transaction.amount", _SCALE), BigInteger),
            Signed,
            lambda posted: to_units(posted.transaction.amount_minor, posted.key.currency_row)[1],
        ),
    ],
}
"""The sort keys of transactions by name. In the order of recording they are by bucket, and in the order of its list."""


def transaction_order(keys: Sequence[tuple[str, bool]]) -> Order[PostedTransaction]:
    """The order by these keys, each with whether it is descending."""
    return ordered("transactions", TRANSACTION_KEYS, keys, "recorded")


TRANSACTIONS = transaction_order([])
"""Transactions in the order of recording, so that any page takes a few index probes."""

_RECORDED = [(key.name, key.descending) for key in TRANSACTIONS.keys]


def transactions(
    session: Session, filter: TransactionFilter, order: Order[PostedTransaction], window: Window
) -> Page[PostedTransaction]:
    """One page of transactions."""
    conditions = written(session, PostedTransaction, filter.conditions(), _JOINED)
    is_recorded = [(key.name, key.descending) for key in order.keys] == _RECORDED
    if is_recorded and not _name_rows(conditions):
        return _transactions(session, conditions, window)
    statement = _rows(conditions).where(*order.between(window)).order_by(*order.clauses(window)).limit(window.size + 1)
    return order.page([PostedTransaction(*row) for row in session.execute(statement)], window)


def count_transactions(session: Session, filter: TransactionFilter) -> int:
    """The number of transactions in the whole list: from their buckets, unless transactions have to be read."""
    conditions = written(session, PostedTransaction, filter.conditions(), _JOINED)
    counted: Select[Any] = select(func.sum(PostingBucket.transaction_count)).where(*conditions)
    if _name_rows(conditions):
        counted = _rows(conditions).with_only_columns(func.count(), maintain_column_froms=True)
    return int(session.execute(counted).scalar_one() or 0)


def _name_rows(conditions: Sequence[TextClause]) -> bool:
    """Whether a condition is on transactions themselves, and not on their buckets."""
    return any("billing_transaction." in str(condition) for condition in conditions)


def _rows(conditions: Sequence[TextClause]) -> Select[Transaction, PostingBucket, PostingKey]:
    """The transactions that meet the conditions."""
    return (
        select(Transaction, PostingBucket, PostingKey)
        .select_from(Transaction)
        .join(PostingBucket, col(PostingBucket.id) == col(Transaction.posting_bucket_id))
        .join(PostingKey, col(PostingKey.id) == col(PostingBucket.posting_key_id))
        .join(
            BucketTransaction,
            and_(
                col(BucketTransaction.posting_bucket_id) == col(Transaction.posting_bucket_id),
                col(BucketTransaction.transaction_row_id) == col(Transaction.id),
            ),
        )
        .where(*conditions)
    )


def transactions_of_entry(session: Session, entry_id: int, window: Window) -> Page[PostedTransaction]:
    """One page of the transactions in an entry; none after it has been cancelled."""
    return _transactions(session, [col(PostingBucket.journal_entry_id) == entry_id], window)


def count_transactions_of_entries(session: Session, entry_ids: Iterable[int]) -> dict[int, int]:
    """The number of transactions now in each entry, from its buckets, in one statement."""
    return _counts(session, col(PostingBucket.journal_entry_id), entry_ids)


def count_transactions_of_runs(session: Session, run_ids: Iterable[int]) -> dict[int, int]:
    """The number of transactions that each run holds now, from its buckets, in one statement."""
    return _counts(session, col(PostingBucket.journal_run_id), run_ids)


def net_zero_transactions_of_run(session: Session, run_id: int, window: Window) -> Page[PostedTransaction]:
    """One page of a run's transactions that net to zero; none after it has been cancelled."""
    return _transactions(session, _net_zero([run_id]), window)


def net_zero_keys_of_runs(session: Session, run_ids: Iterable[int]) -> dict[int, list[tuple[PostingKey, int]]]:
    """The posting keys that net to zero in each run, with their transaction counts, in one statement."""
    counts = (
        select(
            col(PostingBucket.journal_run_id).label("run_id"),
            col(PostingBucket.posting_key_id).label("key_id"),
            func.sum(PostingBucket.transaction_count).label("transaction_count"),
        )
        .where(*_net_zero(run_ids))
        .group_by(col(PostingBucket.journal_run_id), col(PostingBucket.posting_key_id))
        .subquery()
    )
    rows = session.execute(
        select(PostingKey, counts.c.run_id, counts.c.transaction_count).join(
            counts, col(PostingKey.id) == counts.c.key_id
        )
    )
    found: dict[int, list[tuple[PostingKey, int]]] = {}
    for key, run_id, count in rows:
        found.setdefault(run_id, []).append((key, int(count)))
    return found


def _net_zero(run_ids: Iterable[int]) -> list[ColumnElement[bool]]:
    """Buckets that these runs have taken but not assigned to an entry, because they net to zero."""
    return [col(PostingBucket.journal_run_id).in_(set(run_ids)), col(PostingBucket.journal_entry_id).is_(None)]


def _transactions(
    session: Session, conditions: Sequence[ColumnElement[bool] | TextClause], window: Window
) -> Page[PostedTransaction]:
    bucket_id, bounds = col(PostingBucket.id), TRANSACTIONS.bounds(window)
    listed, is_listed = (_listed_on_sqlite if is_sqlite(session) else _listed_on_postgresql)(bounds, window)
    row_id = listed.c.transaction_row_id
    beyond = (bucket_id >= bound.key[0] if bound.after else bucket_id <= bound.key[0] for bound in bounds)
    statement = (
        select(Transaction, PostingBucket, PostingKey)
        .select_from(PostingBucket)
        .join(listed, is_listed)
        .join(Transaction, col(Transaction.id) == row_id)
        .join(PostingKey, col(PostingKey.id) == col(PostingBucket.posting_key_id))
        .where(*conditions, *beyond)
        .order_by(*_in_direction(window, bucket_id, row_id))
        .limit(window.size + 1)
    )
    return TRANSACTIONS.page([PostedTransaction(*row) for row in session.execute(statement)], window)


def _listed_on_sqlite(bounds: Sequence[Bound], window: Window) -> tuple[FromClause, ColumnElement[bool]]:
    """The lists of buckets, and the condition by which they are joined to their buckets."""
    lists = BucketTransaction.__table__  # type: ignore[attr-defined]
    row_id = lists.c.transaction_row_id
    beyond = (row_id > _row_of(bound) if bound.after else row_id < _row_of(bound) for bound in bounds)
    # The plus keeps SQLite from reading the lists before the buckets.
    bucket_id: ColumnElement[int] = UnaryExpression(col(PostingBucket.id), operator=custom_op("+"))  # type: ignore[arg-type]
    return lists, and_(lists.c.posting_bucket_id == bucket_id, *beyond)


def _listed_on_postgresql(bounds: Sequence[Bound], window: Window) -> tuple[FromClause, ColumnElement[bool]]:
    """The first of each list; without a limit of its own, PostgreSQL would read and sort a whole list."""
    lists = BucketTransaction.__table__  # type: ignore[attr-defined]
    of_bucket, row_id, bucket_id = lists.c.posting_bucket_id, lists.c.transaction_row_id, col(PostingBucket.id)
    place = tuple_(of_bucket, row_id)
    statement = select(lists).where(of_bucket >= bucket_id, of_bucket <= bucket_id)
    for bound in bounds:
        position = tuple_(bucket_id, _row_of(bound))
        statement = statement.where(place > position if bound.after else place < position)
    ordered = statement.order_by(*_in_direction(window, of_bucket, row_id)).limit(window.size + 1)
    return ordered.lateral("listed"), true()


def _row_of(bound: Bound) -> ColumnElement[int]:
    """The row id that rows of a bucket are beyond."""
    of_bucket, row_id = bound.key
    return case((col(PostingBucket.id) == of_bucket, row_id), else_=ID_MIN if bound.after else ID_MAX)


def _in_direction(window: Window, *columns: SQLColumnExpression[int]) -> list[ColumnElement[Any]]:
    return [column.desc() if window.from_end else column.asc() for column in columns]


def _counts(session: Session, holder: SQLColumnExpression[Any], ids: Iterable[int]) -> dict[int, int]:
    rows = session.execute(
        select(holder, func.sum(PostingBucket.transaction_count)).where(holder.in_(set(ids))).group_by(holder)
    )
    return {row[0]: int(row[1]) for row in rows}
