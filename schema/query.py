"""Queries, by noun."""

import strawberry

from schema.accounting_queries import AccountingQueries
from schema.journal_entry_queries import JournalEntryQueries
from schema.journal_run_queries import JournalRunQueries
from schema.node_queries import NodeQueries
from schema.transaction_queries import TransactionQueries
from schema.viewer import ViewerQueries


@strawberry.type(description="Queries.")
class Query(NodeQueries, JournalRunQueries, JournalEntryQueries, TransactionQueries, AccountingQueries, ViewerQueries):
    """The queries of every noun."""
