"""Summary journal entries and their items."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import UNSET

from resolvers.journal_entries import entry_transactions
from schema.accounting import AccountingCode, AccountingPeriod, Segment
from schema.arguments import After, First, given, page
from schema.connection import Connection, CountedPage
from schema.info import Info
from schema.node import Node, to_id
from schema.transaction import Transaction
from storage import accounting_codes, accounting_periods, journal_entries, journal_runs
from storage.lists import EntryFilter
from storage.transactions import PostedTransaction
from storage.words import ItemType, JournalEntryStatus, TransactionType, TransferStatus

if TYPE_CHECKING:
    from schema.journal_run import JournalRun

EntryRow = strawberry.Parent[journal_entries.JournalEntry]
ItemRow = strawberry.Parent[journal_entries.JournalEntryItem]
LazyRun = Annotated["JournalRun", strawberry.lazy("schema.journal_run")]


@strawberry.type(description="One debit or credit line of an entry. Its amounts are never negative.")
class JournalEntryItem:
    type: ItemType = strawberry.field(description="Its side.")
    currency: str = strawberry.field(description="The currency of `amount`, an ISO 4217 code.")
    amount: Decimal = strawberry.field(description="The amount, in the entry's currency.")
    home_currency: str | None = strawberry.field(description="The currency of `homeCurrencyAmount`.")
    home_currency_amount: Decimal | None = strawberry.field(description="The amount in the home currency.")

    @strawberry.field(graphql_type=AccountingCode, description="The accounting code it is booked to.")
    async def accounting_code(root: ItemRow, info: Info) -> accounting_codes.AccountingCode | None:
        return await info.context.loaders.accounting_code.load(root.accounting_code_id)


@strawberry.type(description="One balanced entry for the general ledger: total debits = total credits.")
class JournalEntry(Node):
    number: str = strawberry.field(description="Its number, such as JE-00000001.")
    status: JournalEntryStatus = strawberry.field(description="Whether it is live.")
    journal_entry_date: date = strawberry.field(description="The day it is booked on.")
    transaction_type: TransactionType | None = strawberry.field(description="The kind of transactions in it.")
    currency: str = strawberry.field(description="Its currency, an ISO 4217 code.")
    home_currency: str | None = strawberry.field(description="The ledger's home currency, where one is set.")
    aggregate_currency: bool = strawberry.field(description="Whether it is kept in the home currency.")
    organization_label: str | None = strawberry.field(description="The organisation it belongs to.")
    total_debit: Decimal = strawberry.field(description="The sum of its debit items.")
    total_credit: Decimal = strawberry.field(description="The sum of its credit items.")
    transaction_count: int = strawberry.field(
        description="How many transactions it summarised when it was made; kept when it is cancelled."
    )
    transferred_to_accounting: TransferStatus = strawberry.field(
        description="Where it stands on its way into the general ledger."
    )
    transfer_date_time: datetime | None = strawberry.field(description="When it was transferred.")
    transferred_by: str | None = strawberry.field(description="Who transferred it.")
    notes: str | None = strawberry.field(description="Notes, at most 2,000 characters.")
    time_period_start: date = strawberry.field(description="The first day that its run collected.")
    time_period_end: date = strawberry.field(description="The last day that its run collected.")

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        """Rows go up as they are: this is the row of this type."""
        return isinstance(value, journal_entries.JournalEntry)

    @strawberry.field(description="Identifies the entry among all objects of the gateway.")
    def id(root: EntryRow) -> strawberry.ID:
        return to_id("JournalEntry", root.number)

    @strawberry.field(graphql_type=LazyRun | None, description="The run that made it; null for one made by hand.")
    async def journal_run(root: EntryRow, info: Info) -> journal_runs.JournalRun | None:
        return None if root.journal_run_id is None else await info.context.loaders.journal_run.load(root.journal_run_id)

    @strawberry.field(graphql_type=AccountingPeriod, description="The accounting period of its transactions.")
    async def accounting_period(root: EntryRow, info: Info) -> accounting_periods.AccountingPeriod | None:
        return await info.context.loaders.accounting_period.load(root.accounting_period_id)

    @strawberry.field(description="The values of the segmentation rule's segments, in the rule's order.")
    def segments(root: EntryRow) -> list[Segment]:
        return [Segment(**segment) for segment in root.segment_values]

    @strawberry.field(
        graphql_type=list[JournalEntryItem],
        description="Its debits, then its credits; on each side in the order in which the codes were first imported.",
    )
    async def items(root: EntryRow, info: Info) -> list[journal_entries.JournalEntryItem]:
        return await info.context.loaders.items.load(root.id or 0) or []

    @strawberry.field(
        graphql_type=Connection[Transaction],
        description="The transactions it summarises. A cancelled entry has released them, so it has none.",
    )
    async def transactions(
        root: EntryRow, info: Info, first: First = UNSET, after: After = UNSET
    ) -> CountedPage[PostedTransaction]:
        entry_id = root.id or 0
        rows = await entry_transactions(info.context, entry_id, page(first, after))
        return CountedPage(rows, lambda: info.context.loaders.held_transaction_count.load(entry_id))


@strawberry.input(description="Which entries are wanted. What is left out does not matter.")
class JournalEntryFilter:
    statuses: list[JournalEntryStatus] | None = strawberry.field(default=UNSET, description="In any of these.")
    transferred_to_accounting: list[TransferStatus] | None = strawberry.field(
        default=UNSET, description="With any of these transfer statuses."
    )
    transaction_types: list[TransactionType] | None = strawberry.field(default=UNSET, description="Of any of these.")
    currencies: list[str] | None = strawberry.field(default=UNSET, description="In any of these currencies.")
    accounting_period_name: str | None = strawberry.field(default=UNSET, description="In this accounting period.")
    journal_entry_date_from: date | None = strawberry.field(default=UNSET, description="Booked on this day or later.")
    journal_entry_date_to: date | None = strawberry.field(default=UNSET, description="Booked on this day or earlier.")


EntryFilterArgument = Annotated[JournalEntryFilter | None, strawberry.argument(description="Which entries are wanted.")]


def entry_filter(asked: JournalEntryFilter | None) -> EntryFilter:
    """What the filter asks for."""
    return EntryFilter(**given(asked)) if asked else EntryFilter()
