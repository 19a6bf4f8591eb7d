"""Filtered, ordered and paged lists."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import aliased
from sqlalchemy.sql.expression import SQLColumnExpression
from sqlmodel import Session, SQLModel, col, func, select

from storage.accounting_codes import AccountingCode
from storage.accounting_periods import AccountingPeriod
from storage.cancellations import EntryCancelOutcome
from storage.journal_entries import JournalEntry
from storage.journal_runs import JournalRun
from storage.pages import Order, Page, Window
from storage.transactions import PostedTransaction, PostingBucket, PostingKey, Transaction
from storage.words import JournalEntryStatus, JournalRunStatus, TransactionType, TransferStatus

Row = TypeVar("Row", bound=SQLModel)


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Conditions on runs; None means any."""

    statuses: Sequence[JournalRunStatus] | None = None
    accounting_period_name: str | None = None
    target_date_from: date | None = None
    target_date_to: date | None = None


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


@dataclass(frozen=True, slots=True)
class TransactionFilter:
    """Conditions on transactions; None means any."""

    is_journaled: bool | None = None


def runs_by_number(descending: bool) -> Order[JournalRun]:
    """Runs in the order in which they were created."""
    return Order("runs", [col(JournalRun.id)], [int], lambda run: (_id(run.id),), descending)


def runs_by_start(descending: bool) -> Order[JournalRun]:
    """Runs by target start date."""
    return Order(
        "runs by start",
        [col(JournalRun.target_start_date), col(JournalRun.id)],
        [date, int],
        lambda run: (run.target_start_date, _id(run.id)),
        descending,
    )


def entries_by_number(descending: bool) -> Order[JournalEntry]:
    """Entries in the order in which they were created."""
    return Order("entries", [col(JournalEntry.id)], [int], lambda entry: (_id(entry.id),), descending)


def entries_by_date(descending: bool) -> Order[JournalEntry]:
    """Entries by their journal entry date."""
    return Order(
        "entries by date",
        [col(JournalEntry.journal_entry_date), col(JournalEntry.id)],
        [date, int],
        lambda entry: (entry.journal_entry_date, _id(entry.id)),
        descending,
    )


OUTCOMES: Order[EntryCancelOutcome] = Order(
    "outcomes",
    [col(EntryCancelOutcome.cancellation_id), col(EntryCancelOutcome.sequence)],
    [int, int],
    lambda outcome: (outcome.cancellation_id, outcome.sequence),
)
"""Outcomes in order of sequence. The subscription uses the same cursors."""

TRANSACTIONS: Order[PostedTransaction] = Order(
    "transactions",
    [col(Transaction.posting_bucket_id), col(Transaction.id)],
    [int, int],
    lambda posted: (_id(posted.bucket.id), posted.id),
)
"""Transactions by bucket, in index order, so that any page takes a few index probes."""


PERIODS: Order[AccountingPeriod] = Order(
    "periods",
    [col(AccountingPeriod.start_date), col(AccountingPeriod.id)],
    [date, int],
    lambda period: (period.start_date, _id(period.id)),
)
"""Accounting periods by start date."""

CODES: Order[AccountingCode] = Order(
    "codes", [col(AccountingCode.name), col(AccountingCode.id)], [str, int], lambda code: (code.name, _id(code.id))
)
"""Accounting codes by name."""


def accounting_periods(session: Session, window: Window) -> Page[AccountingPeriod]:
    """One page of accounting periods."""
    return _page(session, select(AccountingPeriod), PERIODS, window)


def count_accounting_periods(session: Session) -> int:
    """The number of accounting periods."""
    return session.exec(select(func.count()).select_from(AccountingPeriod)).one()


def accounting_codes(session: Session, window: Window) -> Page[AccountingCode]:
    """One page of accounting codes."""
    return _page(session, select(AccountingCode), CODES, window)


def count_accounting_codes(session: Session) -> int:
    """The number of accounting codes."""
    return session.exec(select(func.count()).select_from(AccountingCode)).one()


def journal_runs(session: Session, filter: RunFilter, order: Order[JournalRun], window: Window) -> Page[JournalRun]:
    """One page of runs."""
    return _page(session, select(JournalRun).where(*_run_conditions(filter)), order, window)


def count_journal_runs(session: Session, filter: RunFilter) -> int:
    """The number of runs in the whole list."""
    return session.exec(select(func.count()).select_from(JournalRun).where(*_run_conditions(filter))).one()


def journal_entries(
    session: Session, filter: EntryFilter, order: Order[JournalEntry], window: Window
) -> Page[JournalEntry]:
    """One page of entries."""
    return _page(session, select(JournalEntry).where(*_entry_conditions(filter)), order, window)


def count_journal_entries(session: Session, filter: EntryFilter) -> int:
    """The number of entries in the whole list."""
    return session.exec(select(func.count()).select_from(JournalEntry).where(*_entry_conditions(filter))).one()


def entries_of_run(session: Session, run_id: int, window: Window) -> Page[JournalEntry]:
    """One page of the run's entries, by number."""
    statement = select(JournalEntry).where(JournalEntry.journal_run_id == run_id)
    return _page(session, statement, entries_by_number(False), window)


def entries_of_runs(
    session: Session, run_ids: Iterable[int], filter: EntryFilter, window: Window
) -> dict[int, Page[JournalEntry]]:
    """One page of each run's entries, in one statement."""
    parent = col(JournalEntry.journal_run_id)
    return _page_by_parent(
        session, JournalEntry, parent, run_ids, _entry_conditions(filter), entries_by_number(False), window
    )


def count_entries_of_runs(session: Session, run_ids: Iterable[int], filter: EntryFilter) -> dict[int, int]:
    """The number of entries of each run, in one statement."""
    parent = col(JournalEntry.journal_run_id)
    return _count_by_parent(session, parent, run_ids, _entry_conditions(filter))


def outcomes_of_cancellations(
    session: Session, cancellation_ids: Iterable[int], window: Window
) -> dict[int, Page[EntryCancelOutcome]]:
    """One page of each cancellation's outcomes, in one statement."""
    parent = col(EntryCancelOutcome.cancellation_id)
    return _page_by_parent(session, EntryCancelOutcome, parent, cancellation_ids, [], OUTCOMES, window)


def count_outcomes_of_cancellations(session: Session, cancellation_ids: Iterable[int]) -> dict[int, int]:
    """The number of outcomes of each cancellation so far, in one statement."""
    return _count_by_parent(session, col(EntryCancelOutcome.cancellation_id), cancellation_ids, [])


def transactions(session: Session, filter: TransactionFilter, window: Window) -> Page[PostedTransaction]:
    """One page of transactions, in the order of recording."""
    return _transactions(session, _transaction_conditions(filter), window)


def count_transactions(session: Session, filter: TransactionFilter) -> int:
    """The number of transactions in the whole list, from their buckets."""
    counted = select(func.sum(PostingBucket.transaction_count)).where(*_transaction_conditions(filter))
    return int(session.exec(counted).one() or 0)


def transactions_of_entry(session: Session, entry_id: int, window: Window) -> Page[PostedTransaction]:
    """One page of the transactions in an entry; none after it has been cancelled."""
    return _transactions(session, [col(PostingBucket.journal_entry_id) == entry_id], window)


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


def count_transactions_of_entries(session: Session, entry_ids: Iterable[int]) -> dict[int, int]:
    """The number of transactions now in each entry, from its buckets, in one statement."""
    rows = session.exec(
        select(PostingBucket.journal_entry_id, func.sum(PostingBucket.transaction_count))
        .where(col(PostingBucket.journal_entry_id).in_(set(entry_ids)))
        .group_by(col(PostingBucket.journal_entry_id))
    )
    return {entry_id: int(count) for entry_id, count in rows if entry_id is not None}


def _page(session: Session, statement: Select[Any], order: Order[Row], window: Window) -> Page[Row]:
    limited = statement.where(*order.between(window)).order_by(*order.clauses(window)).limit(window.size + 1)
    if window.skip:
        limited = limited.offset(window.skip)
    return order.page(list(session.execute(limited).scalars()), window)


def _page_by_parent(
    session: Session,
    model: type[Row],
    parent: SQLColumnExpression[Any],
    parents: Iterable[int],
    conditions: Sequence[ColumnElement[bool]],
    order: Order[Row],
    window: Window,
) -> dict[int, Page[Row]]:
    clauses = order.clauses(window)
    ranked = (
        select(
            model,
            parent.label("parent"),
            func.row_number().over(partition_by=parent, order_by=clauses).label("rank"),
        )
        .where(parent.in_(set(parents)), *conditions, *order.between(window))
        .subquery()
    )
    rows = session.execute(
        select(aliased(model, ranked), ranked.c.parent)
        .where(ranked.c.rank <= window.size + 1)
        .order_by(ranked.c.parent, ranked.c.rank)
    )
    fetched: dict[int, list[Row]] = {parent_id: [] for parent_id in parents}
    for row, parent_id in rows:
        fetched[parent_id].append(row)
    return {parent_id: order.page(found, window) for parent_id, found in fetched.items()}


def _count_by_parent(
    session: Session,
    parent: SQLColumnExpression[Any],
    parents: Iterable[int],
    conditions: Sequence[ColumnElement[bool]],
) -> dict[int, int]:
    rows = session.execute(select(parent, func.count()).where(parent.in_(set(parents)), *conditions).group_by(parent))
    return {row[0]: row[1] for row in rows}


def _run_conditions(filter: RunFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filter.statuses is not None:
        conditions.append(col(JournalRun.status).in_(filter.statuses))
    if filter.accounting_period_name is not None:
        conditions.append(_in_period(col(JournalRun.accounting_period_id), filter.accounting_period_name))
    if filter.target_date_from is not None:
        conditions.append(col(JournalRun.target_end_date) >= filter.target_date_from)
    if filter.target_date_to is not None:
        conditions.append(col(JournalRun.target_start_date) <= filter.target_date_to)
    return conditions


def _entry_conditions(filter: EntryFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, values in (
        (col(JournalEntry.status), filter.statuses),
        (col(JournalEntry.transferred_to_accounting), filter.transferred_to_accounting),
        (col(JournalEntry.transaction_type), filter.transaction_types),
        (col(JournalEntry.currency), filter.currencies),
    ):
        if values is not None:
            conditions.append(column.in_(values))
    if filter.accounting_period_name is not None:
        conditions.append(_in_period(col(JournalEntry.accounting_period_id), filter.accounting_period_name))
    if filter.journal_entry_date_from is not None:
        conditions.append(col(JournalEntry.journal_entry_date) >= filter.journal_entry_date_from)
    if filter.journal_entry_date_to is not None:
        conditions.append(col(JournalEntry.journal_entry_date) <= filter.journal_entry_date_to)
    return conditions


def _transaction_conditions(filter: TransactionFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filter.is_journaled is not None:
        entry = col(PostingBucket.journal_entry_id)
        conditions.append(entry.is_not(None) if filter.is_journaled else entry.is_(None))
    return conditions


def _in_period(column: SQLColumnExpression[Any], name: str) -> ColumnElement[bool]:
    return column.in_(select(AccountingPeriod.id).where(AccountingPeriod.name == name))


def _id(row_id: int | None) -> int:
    assert row_id is not None
    return row_id
