"""Journal runs."""

from datetime import date, datetime

import strawberry
from strawberry import UNSET

from resolvers.journal_entries import net_zero_transactions
from resolvers.reading import Listing
from runs.net_zero import notice
from schema.accounting import AccountingPeriod
from schema.cancellation import Cancellation
from schema.filters import filter_for
from schema.info import Info
from schema.journal_entry import JournalEntry
from schema.journal_entry_list import EntryFilterArgument, EntryOrderArgument, entry_order
from schema.list_size import AGGREGATED
from schema.node import Node
from schema.paging import connection
from schema.permissions import stated
from schema.transaction import Transaction
from storage import accounting_periods, cancellations, journal_entries, journal_runs
from storage.journal_entry_lists import EntryFilter
from storage.transaction_lists import TRANSACTIONS
from storage.transactions import PostedTransaction
from storage.words import JournalEntryStatus, JournalRunStatus, Permission, TransactionType

RunRow = strawberry.Parent[journal_runs.JournalRun]


@strawberry.type(
    description="Collects the transactions of a period that are not taken, and summarises them into journal entries.",
    directives=[stated(Permission.VIEW_JOURNAL_RUNS)],
)
class JournalRun(Node):
    row = journal_runs.JournalRun
    number: str = strawberry.field(description="Run number, such as JR-00000001.")
    status: JournalRunStatus = strawberry.field(description="Status.")
    transaction_types: list[TransactionType] = strawberry.field(description="Types of the transactions to collect.")
    target_start_date: date = strawberry.field(description="First day of the range to collect.")
    target_end_date: date = strawberry.field(description="Last day of the range to collect.")
    journal_entry_date: date = strawberry.field(description="The date of its entries in the books.")
    organization_labels: list[str] = strawberry.field(description="Organisations to collect; empty means all.")
    segmentation_rule_name: str | None = strawberry.field(
        description="Name of the segmentation rule that splits its entries."
    )
    aggregate_currency: bool = strawberry.field(description="Whether its entries are kept in the home currency.")
    created_at: datetime = strawberry.field(description="When the run was created.")
    created_by: str = strawberry.field(description="Who created the run.")
    executed_at: datetime | None = strawberry.field(description="When processing started.")
    total_journal_entry_count: int = strawberry.field(
        description="Number of entries created; cancelling does not change it. They are created all at once."
    )
    transaction_count: int = strawberry.field(
        description="Number of transactions collected; cancelling does not change it."
    )
    error_message: str | None = strawberry.field(description="Why the run failed, if its status is ERROR.")

    @strawberry.field(description="Global id.")
    def id(root: RunRow) -> strawberry.ID:
        return strawberry.ID(root.number)

    @strawberry.field(graphql_type=AccountingPeriod | None, description="The accounting period of the range.")
    async def accounting_period(root: RunRow, info: Info) -> accounting_periods.AccountingPeriod | None:
        return await info.context.loaders.accounting_period.load(root.accounting_period_id)

    @connection(JournalEntry, description="The entries created by the run, oldest first by default.")
    def journal_entries(
        root: RunRow, info: Info, filter: EntryFilterArgument = UNSET, order_by: EntryOrderArgument = UNSET
    ) -> Listing[journal_entries.JournalEntry]:
        conditions, order = filter_for(EntryFilter, filter), entry_order(order_by)
        loaders = info.context.loaders
        return Listing(
            order,
            conditions.conditions(),
            lambda window: loaders.entries(conditions, order, window).load(root.id),
            lambda: loaders.entry_count(conditions).load(root.id),
        )

    @strawberry.field(description="Number of its entries that are live now.", directives=AGGREGATED)
    async def live_journal_entry_count(root: RunRow, info: Info) -> int:
        return await _entry_count(root, info, JournalEntryStatus.CREATED)

    @strawberry.field(
        description="Number of its entries that are cancelled now. While the run is deleted, it goes down to 0.",
        directives=AGGREGATED,
    )
    async def cancelled_journal_entry_count(root: RunRow, info: Info) -> int:
        return await _entry_count(root, info, JournalEntryStatus.CANCELLED)

    @strawberry.field(
        description="Number of transactions taken now: those in its live entries, and those that net to zero.",
        directives=AGGREGATED,
    )
    async def taken_transaction_count(root: RunRow, info: Info) -> int:
        return await info.context.loaders.taken_transaction_count.load(root.id) or 0

    @strawberry.field(
        description="Number of its transactions that net to zero within their group. They are taken until the run is"
        " cancelled, but are in no entry.",
        directives=AGGREGATED,
    )
    async def net_zero_transaction_count(root: RunRow, info: Info) -> int:
        found = await info.context.loaders.net_zero.load(root.id)
        return found.transaction_count if found else 0

    @strawberry.field(
        description="Number of groups that net to zero. A group is the transactions with the same type, currency,"
        " debit code, organisation and segments.",
        directives=AGGREGATED,
    )
    async def net_zero_group_count(root: RunRow, info: Info) -> int:
        found = await info.context.loaders.net_zero.load(root.id)
        return found.group_count if found else 0

    @connection(Transaction, description="The transactions that net to zero within their group.")
    def net_zero_transactions(root: RunRow, info: Info) -> Listing[PostedTransaction]:
        async def count() -> int:
            found = await info.context.loaders.net_zero.load(root.id)
            return found.transaction_count if found else 0

        return Listing(TRANSACTIONS, [], lambda window: net_zero_transactions(info.context, root.id, window), count)

    @strawberry.field(description="Why the run is COMPLETED without an entry, if it is.")
    def notice(root: RunRow) -> str | None:
        return notice(root)

    @strawberry.field(graphql_type=Cancellation | None, description="The latest cancellation of the run.")
    async def cancellation(root: RunRow, info: Info) -> cancellations.Cancellation | None:
        return await info.context.loaders.cancellation.load(root.id)


async def _entry_count(run: journal_runs.JournalRun, info: Info, status: JournalEntryStatus) -> int:
    counts = await info.context.loaders.entry_counts.load(run.id) or {}
    return counts.get(status, 0)
