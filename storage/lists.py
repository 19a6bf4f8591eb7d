"""The lists of the product, filtered, ordered and paged."""

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
    """Which runs are wanted; what is None does not matter."""

    statuses: Sequence[JournalRunStatus] | None = None
    accounting_period_name: str | None = None
    target_date_from: date | None = None
    target_date_to: date | None = None


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries are wanted; what is None does not matter."""

    statuses: Sequence[JournalEntryStatus] | None = None
    transferred_to_accounting: Sequence[TransferStatus] | None = None
    transaction_types: Sequence[TransactionType] | None = None
    currencies: Sequence[str] | None = None
    accounting_period_name: str | None = None
    journal_entry_date_from: date | None = None
    journal_entry_date_to: date | None = None


def runs_by_number(descending: bool) -> Order[JournalRun]:
    """Runs in the order in which they were created."""
    return Order("runs", [col(JournalRun.id)], [int], lambda run: (_id(run.id),), descending)


def runs_by_start(descending: bool) -> Order[JournalRun]:
    """Runs in the order of the days that they collect."""
    return Order(
        "runs by start",
        [col(JournalRun.target_start_date), col(JournalRun.id)],
        [date, int],
        lambda run: (run.target_start_date, _id(run.id)),
        descending,
    )


def entries_by_number(descending: bool) -> Order[JournalEntry]:
    """Entries in the order in which they were made."""
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
"""Outcomes in the order in which they happened. Their cursors are those of the subscription."""

TRANSACTIONS: Order[PostedTransaction] = Order(
    "transactions",
    [col(Transaction.posting_bucket_id), col(Transaction.id)],
    [int, int],
    lambda posted: (_id(posted.bucket.id), posted.id),
)
"""Transactions bucket by bucket, as the index has them, so that any page is a few index probes."""


PERIODS: Order[AccountingPeriod] = Order(
    "periods",
    [col(AccountingPeriod.start_date), col(AccountingPeriod.id)],
    [date, int],
    lambda period: (period.start_date, _id(period.id)),
)
"""Accounting periods in the order of their days."""

CODES: Order[AccountingCode] = Order(
    "codes", [col(AccountingCode.name), col(AccountingCode.id)], [str, int], lambda code: (code.name, _id(code.id))
)
"""Accounting codes by name."""


def accounting_periods(session: Session, window: Window) -> Page[AccountingPeriod]:
    """One page of accounting periods."""
    return _page(session, select(AccountingPeriod), PERIODS, window)


def count_accounting_periods(session: Session) -> int:
    """How many accounting periods there are."""
    return session.exec(select(func.count()).select_from(AccountingPeriod)).one()


def accounting_codes(session: Session, window: Window) -> Page[AccountingCode]:
    """One page of accounting codes."""
    return _page(session, select(AccountingCode), CODES, window)


def count_accounting_codes(session: Session) -> int:
    """How many accounting codes there are."""
    return session.exec(select(func.count()).select_from(AccountingCode)).one()


def journal_runs(session: Session, wanted: RunFilter, order: Order[JournalRun], window: Window) -> Page[JournalRun]:
    """One page of runs."""
    return _page(session, select(JournalRun).where(*_run_conditions(wanted)), order, window)


def count_journal_runs(session: Session, wanted: RunFilter) -> int:
    """How many runs there are in the whole list."""
    return session.exec(select(func.count()).select_from(JournalRun).where(*_run_conditions(wanted))).one()


def journal_entries(
    session: Session, wanted: EntryFilter, order: Order[JournalEntry], window: Window
) -> Page[JournalEntry]:
    """One page of entries."""
    return _page(session, select(JournalEntry).where(*_entry_conditions(wanted)), order, window)


def count_journal_entries(session: Session, wanted: EntryFilter) -> int:
    """How many entries there are in the whole list."""
    return session.exec(select(func.count()).select_from(JournalEntry).where(*_entry_conditions(wanted))).one()


def entries_of_run(session: Session, run_id: int, window: Window) -> Page[JournalEntry]:
    """One page of the run's entries, by number."""
    statement = select(JournalEntry).where(JournalEntry.journal_run_id == run_id)
    return _page(session, statement, entries_by_number(False), window)


def entries_of_runs(
    session: Session, run_ids: Iterable[int], wanted: EntryFilter, window: Window
) -> dict[int, Page[JournalEntry]]:
    """One page of each run's entries, in one statement."""
    parent = col(JournalEntry.journal_run_id)
    return _page_by_parent(
        session, JournalEntry, parent, run_ids, _entry_conditions(wanted), entries_by_number(False), window
    )


def count_entries_of_runs(session: Session, run_ids: Iterable[int], wanted: EntryFilter) -> dict[int, int]:
    """How many entries each run has, in one statement."""
    parent = col(JournalEntry.journal_run_id)
    return _count_by_parent(session, parent, run_ids, _entry_conditions(wanted))


def outcomes_of_cancellations(
    session: Session, cancellation_ids: Iterable[int], window: Window
) -> dict[int, Page[EntryCancelOutcome]]:
    """One page of each cancellation's outcomes, in one statement."""
    parent = col(EntryCancelOutcome.cancellation_id)
    return _page_by_parent(session, EntryCancelOutcome, parent, cancellation_ids, [], OUTCOMES, window)


def count_outcomes_of_cancellations(session: Session, cancellation_ids: Iterable[int]) -> dict[int, int]:
    """How many outcomes each cancellation has so far, in one statement."""
    return _count_by_parent(session, col(EntryCancelOutcome.cancellation_id), cancellation_ids, [])


def transactions_of_entry(session: Session, entry_id: int, window: Window) -> Page[PostedTransaction]:
    """One page of the transactions that an entry summarises; none once it is cancelled and has released them."""
    return _transactions(session, [col(PostingBucket.journal_entry_id) == entry_id], window)


def net_zero_transactions_of_run(session: Session, run_id: int, window: Window) -> Page[PostedTransaction]:
    """One page of what a run took and made no entry of, because it nets to zero; none once it is cancelled."""
    return _transactions(session, _net_zero([run_id]), window)


def net_zero_keys_of_runs(session: Session, run_ids: Iterable[int]) -> dict[int, list[tuple[PostingKey, int]]]:
    """The posting keys of what nets to zero in each run, with their counts of transactions, in one statement."""
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
    """Buckets that these runs hold in no entry: sums of zero are all that they leave out."""
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
    """How many transactions each entry holds now, from its buckets, in one statement."""
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


def _run_conditions(wanted: RunFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.statuses is not None:
        conditions.append(col(JournalRun.status).in_(wanted.statuses))
    if wanted.accounting_period_name is not None:
        conditions.append(_in_period(col(JournalRun.accounting_period_id), wanted.accounting_period_name))
    if wanted.target_date_from is not None:
        conditions.append(col(JournalRun.target_end_date) >= wanted.target_date_from)
    if wanted.target_date_to is not None:
        conditions.append(col(JournalRun.target_start_date) <= wanted.target_date_to)
    return conditions


def _entry_conditions(wanted: EntryFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, values in (
        (col(JournalEntry.status), wanted.statuses),
        (col(JournalEntry.transferred_to_accounting), wanted.transferred_to_accounting),
        (col(JournalEntry.transaction_type), wanted.transaction_types),
        (col(JournalEntry.currency), wanted.currencies),
    ):
        if values is not None:
            conditions.append(column.in_(values))
    if wanted.accounting_period_name is not None:
        conditions.append(_in_period(col(JournalEntry.accounting_period_id), wanted.accounting_period_name))
    if wanted.journal_entry_date_from is not None:
        conditions.append(col(JournalEntry.journal_entry_date) >= wanted.journal_entry_date_from)
    if wanted.journal_entry_date_to is not None:
        conditions.append(col(JournalEntry.journal_entry_date) <= wanted.journal_entry_date_to)
    return conditions


def _in_period(column: SQLColumnExpression[Any], name: str) -> ColumnElement[bool]:
    return column.in_(select(AccountingPeriod.id).where(AccountingPeriod.name == name))


def _id(row_id: int | None) -> int:
    assert row_id is not None
    return row_id
