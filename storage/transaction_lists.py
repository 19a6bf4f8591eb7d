"""Lists of transactions, and those that net to zero."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, UnaryExpression, and_, case, select, true, tuple_
from sqlalchemy.sql.expression import SQLColumnExpression
from sqlalchemy.sql.operators import custom_op
from sqlmodel import Session, col, func

from storage.bucket_transactions import BucketTransaction
from storage.conditions import Comparison, Condition, expressions
from storage.database import is_sqlite
from storage.pages import ID_MAX, ID_MIN, Bound, Order, Page, Window
from storage.posting_buckets import PostingBucket
from storage.posting_keys import PostingKey
from storage.transactions import PostedTransaction, Transaction


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """Conditions on transactions; None means any."""

    is_journaled: bool | None = None

    def conditions(self) -> list[Condition]:
        """Those that are given."""
        if self.is_journaled is None:
            return []
        return [Condition("journal_entry_id", Comparison.IS_SET if self.is_journaled else Comparison.IS_NOT_SET)]


TRANSACTIONS: Order[PostedTransaction] = Order(
    "transactions",
    [col(BucketTransaction.posting_bucket_id), col(BucketTransaction.transaction_row_id)],
    [int, int],
    lambda posted: (posted.bucket.id, posted.id),
)
"""Transactions by bucket, in the order of its list, so that any page takes a few index probes."""


def transactions(session: Session, filter: TransactionFilter, window: Window) -> Page[PostedTransaction]:
    """One page of transactions, in the order of recording."""
    return _transactions(session, expressions(PostingBucket, filter.conditions()), window)


def count_transactions(session: Session, filter: TransactionFilter) -> int:
    """The number of transactions in the whole list, from their buckets."""
    counted = select(func.sum(PostingBucket.transaction_count)).where(*expressions(PostingBucket, filter.conditions()))
    return int(session.execute(counted).scalar_one() or 0)


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
    session: Session, conditions: Sequence[ColumnElement[bool]], window: Window
) -> Page[PostedTransaction]:
    bucket_id, bounds = col(PostingBucket.id), TRANSACTIONS.bounds(window)
    listed, is_listed = (_listed_on_sqlite if is_sqlite(session) else _listed_on_postgresql)(bounds, window)
    row_id = listed.c.transaction_row_id
    beyond = (bucket_id >= bound.key[0] if bound.later else bucket_id <= bound.key[0] for bound in bounds)
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
    beyond = (row_id > _row_of(bound) if bound.later else row_id < _row_of(bound) for bound in bounds)
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
        statement = statement.where(place > position if bound.later else place < position)
    ordered = statement.order_by(*_in_direction(window, of_bucket, row_id)).limit(window.size + 1)
    return ordered.lateral("listed"), true()


def _row_of(bound: Bound) -> ColumnElement[int]:
    """The row id that rows of a bucket are beyond."""
    of_bucket, row_id = bound.key
    return case((col(PostingBucket.id) == of_bucket, row_id), else_=ID_MIN if bound.later else ID_MAX)


def _in_direction(window: Window, *columns: SQLColumnExpression[int]) -> list[ColumnElement[Any]]:
    return [column.desc() if window.from_end else column.asc() for column in columns]


def _counts(session: Session, holder: SQLColumnExpression[Any], ids: Iterable[int]) -> dict[int, int]:
    rows = session.execute(
        select(holder, func.sum(PostingBucket.transaction_count)).where(holder.in_(set(ids))).group_by(holder)
    )
    return {row[0]: int(row[1]) for row in rows}
