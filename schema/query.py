"""What can be asked for."""

from enum import Enum
from typing import Annotated

import strawberry
from strawberry import UNSET

from resolvers import accounting, posted_transactions
from resolvers import journal_entries as entries
from resolvers import journal_runs as runs
from schema.accounting import AccountingCode, AccountingPeriod
from schema.arguments import After, Before, EntryNumber, First, Last, RunNumber, page
from schema.connection import Connection, CountedPage
from schema.info import Info
from schema.journal_entry import EntryFilterArgument, JournalEntry, entry_filter
from schema.journal_run import JournalRun, JournalRunFilter, run_filter
from schema.node import Node, from_id
from schema.transaction import Transaction, TransactionFilterArgument, transaction_filter
from storage import accounting_codes, accounting_periods, journal_entries, journal_runs
from storage.lists import entries_by_date, entries_by_number, runs_by_number, runs_by_start
from storage.transactions import PostedTransaction


@strawberry.enum(description="By what a list of runs is ordered.")
class JournalRunOrderField(Enum):
    NUMBER = strawberry.enum_value("number", description="In the order in which they were created.")
    TARGET_START_DATE = strawberry.enum_value("start", description="By the first day they collect.")


@strawberry.enum(description="By what a list of entries is ordered.")
class JournalEntryOrderField(Enum):
    NUMBER = strawberry.enum_value("number", description="In the order in which they were made.")
    JOURNAL_ENTRY_DATE = strawberry.enum_value("date", description="By the day they are booked on.")


@strawberry.enum(description="Which end of a list comes first.")
class OrderDirection(Enum):
    ASC = strawberry.enum_value("asc", description="The least first.")
    DESC = strawberry.enum_value("desc", description="The greatest first.")


@strawberry.input(description="The order of a list of runs.")
class JournalRunOrder:
    field: JournalRunOrderField = strawberry.field(description="What it is ordered by.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Which end comes first.")


@strawberry.input(description="The order of a list of entries.")
class JournalEntryOrder:
    field: JournalEntryOrderField = strawberry.field(description="What it is ordered by.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Which end comes first.")


RunFilterArgument = Annotated[JournalRunFilter | None, strawberry.argument(description="Which runs are wanted.")]
RunOrderArgument = Annotated[
    JournalRunOrder | None, strawberry.argument(description="The order; without it the newest run comes first.")
]
EntryOrderArgument = Annotated[
    JournalEntryOrder | None, strawberry.argument(description="The order; without it the oldest entry comes first.")
]


@strawberry.type(description="What can be asked for.")
class Query:
    @strawberry.field(graphql_type=Node | None, description="The object of that id.")
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="The object's id.")]
    ) -> journal_runs.JournalRun | journal_entries.JournalEntry | None:
        type_name, number = from_id(id)
        if type_name == "JournalRun":
            return await runs.journal_run(info.context, number)
        if type_name == "JournalEntry":
            return await entries.journal_entry(info.context, number)
        return None

    @strawberry.field(graphql_type=JournalRun | None, description="The journal run of that number.")
    async def journal_run(self, info: Info, number: RunNumber) -> journal_runs.JournalRun | None:
        return await runs.journal_run(info.context, number)

    @strawberry.field(graphql_type=Connection[JournalRun], description="Journal runs, the newest first.")
    async def journal_runs(
        self,
        info: Info,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: RunFilterArgument = UNSET,
        order_by: RunOrderArgument = UNSET,
    ) -> CountedPage[journal_runs.JournalRun]:
        wanted = run_filter(filter)
        by = order_by or JournalRunOrder(field=JournalRunOrderField.NUMBER, direction=OrderDirection.DESC)
        make_order = runs_by_number if by.field is JournalRunOrderField.NUMBER else runs_by_start
        order = make_order(by.direction is OrderDirection.DESC)
        rows = await runs.journal_runs(info.context, wanted, order, page(first, after, last, before))
        return CountedPage(rows, lambda: runs.journal_run_count(info.context, wanted))

    @strawberry.field(graphql_type=JournalEntry | None, description="The journal entry of that number.")
    async def journal_entry(self, info: Info, number: EntryNumber) -> journal_entries.JournalEntry | None:
        return await entries.journal_entry(info.context, number)

    @strawberry.field(graphql_type=Connection[JournalEntry], description="Journal entries, the oldest first.")
    async def journal_entries(
        self,
        info: Info,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: EntryFilterArgument = UNSET,
        order_by: EntryOrderArgument = UNSET,
    ) -> CountedPage[journal_entries.JournalEntry]:
        wanted = entry_filter(filter)
        by = order_by or JournalEntryOrder(field=JournalEntryOrderField.NUMBER)
        make_order = entries_by_number if by.field is JournalEntryOrderField.NUMBER else entries_by_date
        order = make_order(by.direction is OrderDirection.DESC)
        rows = await entries.journal_entries(info.context, wanted, order, page(first, after, last, before))
        return CountedPage(rows, lambda: entries.journal_entry_count(info.context, wanted))

    @strawberry.field(
        graphql_type=Connection[Transaction],
        description="Recorded transactions, in the order of their postings; with a filter, those that are not journaled"
        " yet.",
    )
    async def transactions(
        self,
        info: Info,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
        filter: TransactionFilterArgument = UNSET,
    ) -> CountedPage[PostedTransaction]:
        wanted = transaction_filter(filter)
        rows = await posted_transactions.transactions(info.context, wanted, page(first, after, last, before))
        return CountedPage(rows, lambda: posted_transactions.transaction_count(info.context, wanted))

    @strawberry.field(graphql_type=Connection[AccountingPeriod], description="Accounting periods, by their days.")
    async def accounting_periods(
        self, info: Info, first: First = UNSET, after: After = UNSET, last: Last = UNSET, before: Before = UNSET
    ) -> CountedPage[accounting_periods.AccountingPeriod]:
        rows = await accounting.accounting_periods(info.context, page(first, after, last, before))
        return CountedPage(rows, lambda: accounting.accounting_period_count(info.context))

    @strawberry.field(graphql_type=Connection[AccountingCode], description="Accounting codes, by name.")
    async def accounting_codes(
        self, info: Info, first: First = UNSET, after: After = UNSET, last: Last = UNSET, before: Before = UNSET
    ) -> CountedPage[accounting_codes.AccountingCode]:
        rows = await accounting.accounting_codes(info.context, page(first, after, last, before))
        return CountedPage(rows, lambda: accounting.accounting_code_count(info.context))
