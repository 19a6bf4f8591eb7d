"""Queries."""

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
from storage.journal_entry_lists import entries_by_date, entries_by_number
from storage.journal_run_lists import runs_by_number, runs_by_start
from storage.transactions import PostedTransaction


@strawberry.enum(description="The sort key of a list of runs.")
class JournalRunOrderField(Enum):
    NUMBER = strawberry.enum_value("number", description="By number: the order of creation.")
    TARGET_START_DATE = strawberry.enum_value("start", description="By the first day of the range that they collect.")


@strawberry.enum(description="The sort key of a list of entries.")
class JournalEntryOrderField(Enum):
    NUMBER = strawberry.enum_value("number", description="By number: the order of creation.")
    JOURNAL_ENTRY_DATE = strawberry.enum_value("date", description="By journal entry date.")


@strawberry.enum(description="Sort direction.")
class OrderDirection(Enum):
    ASC = strawberry.enum_value("asc", description="Ascending.")
    DESC = strawberry.enum_value("desc", description="Descending.")


@strawberry.input(description="The sort order of a list of runs.")
class JournalRunOrder:
    field: JournalRunOrderField = strawberry.field(description="Sort key.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Sort direction.")


@strawberry.input(description="The sort order of a list of entries.")
class JournalEntryOrder:
    field: JournalEntryOrderField = strawberry.field(description="Sort key.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Sort direction.")


RunFilterArgument = Annotated[
    JournalRunFilter | None, strawberry.argument(description="Conditions that runs must meet.")
]
RunOrderArgument = Annotated[
    JournalRunOrder | None, strawberry.argument(description="Sort order; newest run first by default.")
]
EntryOrderArgument = Annotated[
    JournalEntryOrder | None, strawberry.argument(description="Sort order; oldest entry first by default.")
]


@strawberry.type(description="Queries.")
class Query:
    @strawberry.field(graphql_type=Node | None, description="The object with this global id.")
    async def node(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Global id.")]
    ) -> journal_runs.JournalRun | journal_entries.JournalEntry | None:
        type_name, number = from_id(id)
        if type_name == "JournalRun":
            return await runs.journal_run(info.context, number)
        if type_name == "JournalEntry":
            return await entries.journal_entry(info.context, number)
        return None

    @strawberry.field(graphql_type=JournalRun | None, description="The journal run with this number.")
    async def journal_run(self, info: Info, number: RunNumber) -> journal_runs.JournalRun | None:
        return await runs.journal_run(info.context, number)

    @strawberry.field(graphql_type=Connection[JournalRun], description="Journal runs, newest first by default.")
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
        conditions = run_filter(filter)
        by = order_by or JournalRunOrder(field=JournalRunOrderField.NUMBER, direction=OrderDirection.DESC)
        make_order = runs_by_number if by.field is JournalRunOrderField.NUMBER else runs_by_start
        order = make_order(by.direction is OrderDirection.DESC)
        rows = await runs.journal_runs(info.context, conditions, order, page(first, after, last, before))
        return CountedPage(rows, lambda: runs.journal_run_count(info.context, conditions))

    @strawberry.field(graphql_type=JournalEntry | None, description="The journal entry with this number.")
    async def journal_entry(self, info: Info, number: EntryNumber) -> journal_entries.JournalEntry | None:
        return await entries.journal_entry(info.context, number)

    @strawberry.field(graphql_type=Connection[JournalEntry], description="Journal entries, oldest first by default.")
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
        conditions = entry_filter(filter)
        by = order_by or JournalEntryOrder(field=JournalEntryOrderField.NUMBER)
        make_order = entries_by_number if by.field is JournalEntryOrderField.NUMBER else entries_by_date
        order = make_order(by.direction is OrderDirection.DESC)
        rows = await entries.journal_entries(info.context, conditions, order, page(first, after, last, before))
        return CountedPage(rows, lambda: entries.journal_entry_count(info.context, conditions))

    @strawberry.field(
        graphql_type=Connection[Transaction],
        description="Recorded transactions, in the order of recording.",
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
        conditions = transaction_filter(filter)
        rows = await posted_transactions.transactions(info.context, conditions, page(first, after, last, before))
        return CountedPage(rows, lambda: posted_transactions.transaction_count(info.context, conditions))

    @strawberry.field(graphql_type=Connection[AccountingPeriod], description="Accounting periods, by start date.")
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
