"""Journal runs."""

from datetime import date, datetime

import strawberry
from strawberry import UNSET

from resolvers.journal_entries import net_zero_transactions
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
from storage.lists import RunFilter
from storage.transactions import PostedTransaction
from storage.words import JournalRunStatus, Permission, TransactionType

RunRow = strawberry.Parent[journal_runs.JournalRun]


@strawberry.type(description="A process that summarises the transactions of a period that stand in no entry yet.")
class JournalRun(Node):
    number: str = strawberry.field(description="Its number, such as JR-00000001.")
    status: JournalRunStatus = strawberry.field(description="Where it stands.")
    transaction_types: list[TransactionType] = strawberry.field(description="The kinds of transactions it collects.")
    target_start_date: date = strawberry.field(description="The first day it collects.")
    target_end_date: date = strawberry.field(description="The last day it collects.")
    journal_entry_date: date = strawberry.field(description="The day its entries are booked on.")
    organization_labels: list[str] = strawberry.field(description="The organisations it collects; empty means all.")
    segmentation_rule_name: str | None = strawberry.field(description="The rule by which it splits entries.")
    aggregate_currency: bool = strawberry.field(description="Whether its entries are kept in the home currency.")
    created_at: datetime = strawberry.field(description="When it was accepted.")
    created_by: str = strawberry.field(description="Who asked for it.")
    executed_on: datetime | None = strawberry.field(description="When it began to process.")
    total_journal_entry_count: int = strawberry.field(description="How many entries it made.")
    transaction_count: int = strawberry.field(description="How many transactions it collected.")
    error_message: str | None = strawberry.field(description="Why it ended as ERROR.")

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        """Rows go up as they are: this is the row of this type."""
        return isinstance(value, journal_runs.JournalRun)

    @strawberry.field(description="Identifies the run among all objects of the gateway.")
    def id(root: RunRow) -> strawberry.ID:
        return to_id("JournalRun", root.number)

    @strawberry.field(graphql_type=AccountingPeriod | None, description="The accounting period that its days lie in.")
    async def accounting_period(root: RunRow, info: Info) -> accounting_periods.AccountingPeriod | None:
        return await info.context.loaders.accounting_period.load(root.accounting_period_id)

    @strawberry.field(graphql_type=Connection[JournalEntry], description="The entries it made.")
    async def journal_entries(
        root: RunRow,
        info: Info,
        first: First = UNSET,
        after: After = UNSET,
        filter: EntryFilterArgument = UNSET,
    ) -> CountedPage[journal_entries.JournalEntry]:
        info.context.require(Permission.VIEW_JOURNAL_ENTRIES)
        run_id = root.id or 0
        wanted, loaders = entry_filter(filter), info.context.loaders
        rows = await loaders.entries(wanted, page(first, after)).load(run_id)
        return CountedPage(rows, lambda: loaders.entry_count(wanted).load(run_id))

    @strawberry.field(
        description="How many of its transactions net to zero under their key. They stand in no entry and count as"
        " taken, until the run is cancelled."
    )
    async def net_zero_transaction_count(root: RunRow, info: Info) -> int:
        found = await info.context.loaders.net_zero.load(root.id or 0)
        return found.transaction_count if found else 0

    @strawberry.field(
        description="Under how many keys: each has what an entry has in common, as type, currency and segments."
    )
    async def net_zero_key_count(root: RunRow, info: Info) -> int:
        found = await info.context.loaders.net_zero.load(root.id or 0)
        return found.key_count if found else 0

    @strawberry.field(
        graphql_type=Connection[Transaction], description="The transactions that net to zero under their key."
    )
    async def net_zero_transactions(
        root: RunRow,
        info: Info,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> CountedPage[PostedTransaction]:
        run_id, loaders = root.id or 0, info.context.loaders
        rows = await net_zero_transactions(info.context, run_id, page(first, after, last, before))

        async def count() -> int:
            found = await loaders.net_zero.load(run_id)
            return found.transaction_count if found else 0

        return CountedPage(rows, count)

    @strawberry.field(description="Why it is COMPLETED without an entry, if it is.")
    def notice(root: RunRow) -> str | None:
        return notice(root)

    @strawberry.field(graphql_type=Cancellation | None, description="Its latest cancellation.")
    async def cancellation(root: RunRow, info: Info) -> cancellations.Cancellation | None:
        return await info.context.loaders.cancellation.load(root.id or 0)


@strawberry.input(description="Which runs are wanted. What is left out does not matter.")
class JournalRunFilter:
    statuses: list[JournalRunStatus] | None = strawberry.field(default=UNSET, description="In any of these.")
    accounting_period_name: str | None = strawberry.field(default=UNSET, description="In this accounting period.")
    target_date_from: date | None = strawberry.field(default=UNSET, description="Collecting this day or later ones.")
    target_date_to: date | None = strawberry.field(default=UNSET, description="Collecting this day or earlier ones.")


def run_filter(asked: JournalRunFilter | None) -> RunFilter:
    """What the filter asks for."""
    return RunFilter(**given(asked)) if asked else RunFilter()
