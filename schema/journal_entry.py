"""Summary journal entries and their items."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import UNSET

from resolvers.journal_entries import entry_transactions
from resolvers.names import name_to_find
from schema.accounting import AccountingCode, AccountingPeriod, Segment
from schema.arguments import After, First, given, page
from schema.connection import Connection, CountedPage
from schema.info import Info
from schema.node import Node, to_id
from schema.transaction import Transaction
from storage import accounting_codes, accounting_periods, journal_entries, journal_entry_items, journal_runs
from storage.journal_entry_lists import EntryFilter
from storage.transactions import PostedTransaction
from storage.words import ItemType, JournalEntryStatus, TransactionType, TransferStatus

if TYPE_CHECKING:
    from schema.journal_run import JournalRun

EntryRow = strawberry.Parent[journal_entries.JournalEntry]
ItemRow = strawberry.Parent[journal_entry_items.JournalEntryItem]
LazyRun = Annotated["JournalRun", strawberry.lazy("schema.journal_run")]


@strawberry.type(description="A debit or credit line of an entry. Its amounts are never negative.")
class JournalEntryItem:
    type: ItemType = strawberry.field(description="Debit or credit.")
    currency: str = strawberry.field(description="Currency of `amount`, an ISO 4217 code.")
    amount: Decimal = strawberry.field(description="Amount in the entry's currency.")
    home_currency: str | None = strawberry.field(description="Currency of `homeCurrencyAmount`.")
    home_currency_amount: Decimal | None = strawberry.field(description="Amount in the home currency.")

    @strawberry.field(graphql_type=AccountingCode, description="The accounting code that the item is posted to.")
    async def accounting_code(root: ItemRow, info: Info) -> accounting_codes.AccountingCode | None:
        return await info.context.loaders.accounting_code.load(root.accounting_code_id)


@strawberry.type(
    description="A balanced summary of transactions for the general ledger: total debits equal total credits."
)
class JournalEntry(Node):
    number: str = strawberry.field(description="Entry number, such as JE-00000001.")
    status: JournalEntryStatus = strawberry.field(description="Whether the entry is live.")
    journal_entry_date: date = strawberry.field(description="The date of the entry in the books.")
    transaction_type: TransactionType | None = strawberry.field(description="Type of the transactions in the entry.")
    currency: str = strawberry.field(description="Currency, an ISO 4217 code.")
    home_currency: str | None = strawberry.field(description="Home currency of the ledger, if one is set.")
    aggregate_currency: bool = strawberry.field(description="Whether the entry is kept in the home currency.")
    organization_label: str | None = strawberry.field(description="Organisation of the transactions.")
    total_debit: Decimal = strawberry.field(description="Sum of the debit items.")
    total_credit: Decimal = strawberry.field(description="Sum of the credit items.")
    transaction_count: int = strawberry.field(
        description="Number of transactions summarised when the entry was created; cancelling does not change it."
    )
    transferred_to_accounting: TransferStatus = strawberry.field(description="Transfer status to the general ledger.")
    transfer_date_time: datetime | None = strawberry.field(description="When the entry was transferred.")
    transferred_by: str | None = strawberry.field(description="Who transferred the entry.")
    notes: str | None = strawberry.field(description="Notes, 2,000 characters at most.")
    time_period_start: date = strawberry.field(description="First day of the range that the run collected.")
    time_period_end: date = strawberry.field(description="Last day of the range that the run collected.")

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        """Whether the value is the database row behind this type."""
        return isinstance(value, journal_entries.JournalEntry)

    @strawberry.field(description="Global id.")
    def id(root: EntryRow) -> strawberry.ID:
        return to_id("JournalEntry", root.number)

    @strawberry.field(
        graphql_type=LazyRun | None, description="The run that created the entry; null for a manual entry."
    )
    async def journal_run(root: EntryRow, info: Info) -> journal_runs.JournalRun | None:
        return None if root.journal_run_id is None else await info.context.loaders.journal_run.load(root.journal_run_id)

    @strawberry.field(graphql_type=AccountingPeriod, description="Accounting period of the transactions.")
    async def accounting_period(root: EntryRow, info: Info) -> accounting_periods.AccountingPeriod | None:
        return await info.context.loaders.accounting_period.load(root.accounting_period_id)

    @strawberry.field(
        description="The segment values by which the entry was split, in the order of the segmentation rule."
    )
    def segments(root: EntryRow) -> list[Segment]:
        return [Segment(**segment) for segment in root.segment_values]

    @strawberry.field(
        graphql_type=list[JournalEntryItem],
        description="Debits first, then credits; each in the order in which the accounting codes were first imported.",
    )
    async def items(root: EntryRow, info: Info) -> list[journal_entry_items.JournalEntryItem]:
        return await info.context.loaders.items.load(root.id) or []

    @strawberry.field(
        graphql_type=Connection[Transaction],
        description="The transactions in the entry; none if it is cancelled, because they are free for another run.",
    )
    async def transactions(
        root: EntryRow, info: Info, first: First = UNSET, after: After = UNSET
    ) -> CountedPage[PostedTransaction]:
        entry_id = root.id
        rows = await entry_transactions(info.context, entry_id, page(first, after))
        return CountedPage(rows, lambda: info.context.loaders.held_transaction_count.load(entry_id))


@strawberry.input(description="Conditions that entries must meet; omitted fields are not checked.")
class JournalEntryFilter:
    statuses: list[JournalEntryStatus] | None = strawberry.field(default=UNSET, description="Status is one of these.")
    transferred_to_accounting: list[TransferStatus] | None = strawberry.field(
        default=UNSET, description="Transfer status is one of these."
    )
    transaction_types: list[TransactionType] | None = strawberry.field(
        default=UNSET, description="Transaction type is one of these."
    )
    currencies: list[str] | None = strawberry.field(default=UNSET, description="Currency is one of these.")
    accounting_period_name: str | None = strawberry.field(default=UNSET, description="Name of the accounting period.")
    journal_entry_date_from: date | None = strawberry.field(
        default=UNSET, description="Journal entry date is this day or later."
    )
    journal_entry_date_to: date | None = strawberry.field(
        default=UNSET, description="Journal entry date is this day or earlier."
    )


EntryFilterArgument = Annotated[
    JournalEntryFilter | None, strawberry.argument(description="Conditions that entries must meet.")
]


def entry_filter(filter: JournalEntryFilter | None) -> EntryFilter:
    """The filter for storage. Raises RequestError for a name that no period can have."""
    conditions = EntryFilter(**given(filter)) if filter else EntryFilter()
    name = conditions.accounting_period_name
    return (
        conditions
        if name is None
        else replace(conditions, accounting_period_name=name_to_find(name, "accountingPeriodName"))
    )
