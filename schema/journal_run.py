"""Journal runs."""

from dataclasses import replace
from datetime import date, datetime

import strawberry
from strawberry import UNSET

from resolvers.journal_entries import net_zero_transactions
from resolvers.names import name_to_find
from runs.net_zero import notice
from schema.accounting import AccountingPeriod
from schema.arguments import After, Before, First, Last, given, page
from schema.cancellation import Cancellation
from schema.connection import Connection, CountedPage
from schema.info import Info
from schema.journal_entry import EntryFilterArgument, JournalEntry, entry_filter
from schema.node import Node, to_id
from schema.transaction import Transaction
from storage import accounting_periods, cancellations, journal_entries, journal_runs
from storage.journal_run_lists import RunFilter
from storage.transactions import PostedTransaction
from storage.words import JournalRunStatus, Permission, TransactionType

RunRow = strawberry.Parent[journal_runs.JournalRun]


@strawberry.type(
    description="Collects the transactions of a period that are not taken, and summarises them into journal entries."
)
class JournalRun(Node):
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
    executed_on: datetime | None = strawberry.field(description="When processing started.")
    total_journal_entry_count: int = strawberry.field(description="Number of entries created.")
    transaction_count: int = strawberry.field(description="Number of transactions collected.")
    error_message: str | None = strawberry.field(description="Why the run failed, if its status is ERROR.")

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        """Whether the value is the database row behind this type."""
        return isinstance(value, journal_runs.JournalRun)

    @strawberry.field(description="Global id.")
    def id(root: RunRow) -> strawberry.ID:
        return to_id("JournalRun", root.number)

    @strawberry.field(graphql_type=AccountingPeriod | None, description="The accounting period of the range.")
    async def accounting_period(root: RunRow, info: Info) -> accounting_periods.AccountingPeriod | None:
        return await info.context.loaders.accounting_period.load(root.accounting_period_id)

    @strawberry.field(graphql_type=Connection[JournalEntry], description="The entries created by the run.")
    async def journal_entries(
        root: RunRow,
        info: Info,
        first: First = UNSET,
        after: After = UNSET,
        filter: EntryFilterArgument = UNSET,
    ) -> CountedPage[journal_entries.JournalEntry]:
        info.context.require(Permission.VIEW_JOURNAL_ENTRIES)
        run_id = root.id
        wanted, loaders = entry_filter(filter), info.context.loaders
        rows = await loaders.entries(wanted, page(first, after)).load(run_id)
        return CountedPage(rows, lambda: loaders.entry_count(wanted).load(run_id))

    @strawberry.field(
        description="Number of its transactions that net to zero within their group. They are taken until the run is"
        " cancelled, but are in no entry."
    )
    async def net_zero_transaction_count(root: RunRow, info: Info) -> int:
        found = await info.context.loaders.net_zero.load(root.id)
        return found.transaction_count if found else 0

    @strawberry.field(
        description="Number of groups that net to zero: transactions with the same type, currency, debit code,"
        " organisation and segments."
    )
    async def net_zero_key_count(root: RunRow, info: Info) -> int:
        found = await info.context.loaders.net_zero.load(root.id)
        return found.key_count if found else 0

    @strawberry.field(
        graphql_type=Connection[Transaction], description="The transactions that net to zero within their group."
    )
    async def net_zero_transactions(
        root: RunRow,
        info: Info,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> CountedPage[PostedTransaction]:
        run_id, loaders = root.id, info.context.loaders
        rows = await net_zero_transactions(info.context, run_id, page(first, after, last, before))

        async def count() -> int:
            found = await loaders.net_zero.load(run_id)
            return found.transaction_count if found else 0

        return CountedPage(rows, count)

    @strawberry.field(description="Why the run is COMPLETED without an entry, if it is.")
    def notice(root: RunRow) -> str | None:
        return notice(root)

    @strawberry.field(graphql_type=Cancellation | None, description="The latest cancellation of the run.")
    async def cancellation(root: RunRow, info: Info) -> cancellations.Cancellation | None:
        return await info.context.loaders.cancellation.load(root.id)


@strawberry.input(description="Conditions that runs must meet; omitted fields are not checked.")
class JournalRunFilter:
    statuses: list[JournalRunStatus] | None = strawberry.field(default=UNSET, description="Status is one of these.")
    accounting_period_name: str | None = strawberry.field(default=UNSET, description="Name of the accounting period.")
    target_date_from: date | None = strawberry.field(
        default=UNSET, description="The range includes this day or later days."
    )
    target_date_to: date | None = strawberry.field(
        default=UNSET, description="The range includes this day or earlier days."
    )


def run_filter(filter: JournalRunFilter | None) -> RunFilter:
    """The filter for storage. Raises RequestError for a name that no period can have."""
    conditions = RunFilter(**given(filter)) if filter else RunFilter()
    name = conditions.accounting_period_name
    return (
        conditions
        if name is None
        else replace(conditions, accounting_period_name=name_to_find(name, "accountingPeriodName"))
    )
