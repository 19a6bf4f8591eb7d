"""Lists of transactions, and those that net to zero."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.sql.expression import SQLColumnExpression
from sqlmodel import Session, col, func, select

from storage.conditions import Comparison, Condition, expressions
from storage.pages import Order, Page, Window
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
    [col(Transaction.posting_bucket_id), col(Transaction.id)],
    [int, int],
    lambda posted: (posted.bucket.id, posted.id),
)
"""Transactions by bucket, in index order, so that any page takes a few index probes."""


def transactions(session: Session, filter: TransactionFilter, window: Window) -> Page[PostedTransaction]:
    """One page of transactions, in the order of recording."""
    return _transactions(session, expressions(PostingBucket, filter.conditions()), window)


def count_transactions(session: Session, filter: TransactionFilter) -> int:
    """The number of transactions in the whole list, from their buckets."""
    counted = select(func.sum(PostingBucket.transaction_count)).where(*expressions(PostingBucket, filter.conditions()))
    return int(session.exec(counted).one() or 0)


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
    statement = (
        select(Transaction, PostingBucket, PostingKey)
        .join(PostingBucket, col(PostingBucket.id) == col(Transaction.posting_bucket_id))
        .join(PostingKey, col(PostingKey.id) == col(PostingBucket.posting_key_id))
        .where(*conditions, *TRANSACTIONS.between(window))
        .order_by(*TRANSACTIONS.clauses(window))
        .limit(window.size + 1)
    )
    return TRANSACTIONS.page([PostedTransaction(*row) for row in session.exec(statement)], window)


def _counts(session: Session, holder: SQLColumnExpression[Any], ids: Iterable[int]) -> dict[int, int]:
    rows = session.execute(
        select(holder, func.sum(PostingBucket.transaction_count)).where(holder.in_(set(ids))).group_by(holder)
    )
    return {row[0]: int(row[1]) for row in rows}
