"""Recorded transactions: look-up, list, and why one is not journaled.

Each raises Forbidden for a caller who lacks its permission.
"""

from resolvers.context import Context
from storage import transaction_lists
from storage.accounting_periods import AccountingPeriod
from storage.pages import Page, Window
from storage.posting_buckets import PostingBucket
from storage.transaction_lists import TransactionFilter
from storage.transactions import PostedTransaction, recorded_transaction
from storage.words import NotJournaledReason, Permission


async def transaction(context: Context, transaction_id: str) -> PostedTransaction | None:
    """The transaction with that id of its source system."""
    context.require(Permission.VIEW_JOURNAL_ENTRIES)
    return await context.gateway.read(recorded_transaction, transaction_id)


async def transactions(context: Context, filter: TransactionFilter, window: Window) -> Page[PostedTransaction]:
    """One page of transactions. Raises RequestError for a cursor of another list."""
    context.require(Permission.VIEW_JOURNAL_ENTRIES)
    return await context.gateway.read(transaction_lists.transactions, filter, window)


async def transaction_count(context: Context, filter: TransactionFilter) -> int:
    """The number of transactions in the whole list."""
    context.require(Permission.VIEW_JOURNAL_ENTRIES)
    return await context.gateway.read(transaction_lists.count_transactions, filter)


def not_journaled_reason(bucket: PostingBucket, period: AccountingPeriod | None) -> NotJournaledReason | None:
    """Why the transactions of a bucket are not journaled, given the period of their date; None if they are."""
    if bucket.journal_entry_id is not None:
        return None
    if bucket.journal_run_id is not None:
        return NotJournaledReason.NETS_TO_ZERO
    if period is None:
        return NotJournaledReason.NO_ACCOUNTING_PERIOD
    return NotJournaledReason.OPEN_ENDED_PERIOD if period.end_date is None else NotJournaledReason.AWAITING_RUN
