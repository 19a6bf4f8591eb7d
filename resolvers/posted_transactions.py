"""Recorded transactions: look-up, list, and why one is not journaled.

Each raises Forbidden for a caller who lacks its permission.
"""

from functools import partial

from resolvers.context import Context
from resolvers.filters import filtered, require_for_runs
from resolvers.reading import Listing, LookUp
from storage import transaction_lists
from storage.accounting_periods import AccountingPeriod
from storage.conditions import Comparing, Comparison
from storage.pages import Order
from storage.posting_buckets import PostingBucket
from storage.transaction_lists import TransactionFilter
from storage.transactions import PostedTransaction, recorded_transaction
from storage.words import NotJournaledReason, Permission


def transaction(context: Context, transaction_id: str) -> LookUp[PostedTransaction]:
    """The transaction with that id of its source system."""
    context.require(Permission.VIEW_JOURNAL_ENTRIES)
    condition = Comparing("transaction_id", Comparison.EQUALS, transaction_id)
    return LookUp(PostedTransaction, condition, partial(context.gateway.read, recorded_transaction, transaction_id))


def transactions(
    context: Context, filter: TransactionFilter, order: Order[PostedTransaction]
) -> Listing[PostedTransaction]:
    """The transactions that meet the filter, in that order."""
    context.require(Permission.VIEW_JOURNAL_ENTRIES)
    require_for_runs(context, filter)
    lists = transaction_lists
    return filtered(context, filter, order, lists.transactions, lists.count_transactions)


def not_journaled_reason(bucket: PostingBucket, period: AccountingPeriod | None) -> NotJournaledReason | None:
    """Why the transactions of a bucket are not journaled, given the period of their date; None if they are."""
    if bucket.journal_entry_id is not None:
        return None
    if bucket.journal_run_id is not None:
        return NotJournaledReason.NETS_TO_ZERO
    if period is None:
        return NotJournaledReason.NO_ACCOUNTING_PERIOD
    return NotJournaledReason.OPEN_ENDED_PERIOD if period.end_date is None else NotJournaledReason.AWAITING_RUN
