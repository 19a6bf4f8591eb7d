"""Summary journal entries and their items."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers.journal_entries import entry_transactions
from resolvers.reading import Listing
from schema.accounting import AccountingCode, AccountingPeriod, Segment
from schema.info import Info
from schema.list_size import ITEMS, LONG_TEXT, SEGMENTS, assumed
from schema.node import Node
from schema.paging import connection
from schema.permissions import stated
from schema.transaction import Transaction
from storage import accounting_codes, accounting_periods, journal_entries, journal_entry_items, journal_runs
from storage.transaction_lists import TRANSACTIONS
from storage.transactions import PostedTransaction
from storage.words import ItemType, JournalEntryStatus, Permission, TransactionType, TransferStatus

if TYPE_CHECKING:
    from schema.journal_run import JournalRun

EntryRow = strawberry.Parent[journal_entries.JournalEntry]
ItemRow = strawberry.Parent[journal_entry_items.JournalEntryItem]
LazyEntry = Annotated["JournalEntry", strawberry.lazy("schema.journal_entry")]
LazyRun = Annotated["JournalRun", strawberry.lazy("schema.journal_run")]


@strawberry.type(
    description="A debit or credit line of an entry. Its amounts are never negative.",
    directives=[stated(Permission.VIEW_JOURNAL_ENTRIES)],
)
class JournalEntryItem:
    row = journal_entry_items.JournalEntryItem
    position: int = strawberry.field(
        description="Number of the item in its entry, from 0; together with the entry, it identifies the item."
    )
    type: ItemType = strawberry.field(description="Debit or credit.")
    currency: str = strawberry.field(description="Currency of `amount`, an ISO 4217 code.")
    amount: Decimal = strawberry.field(description="Amount in the entry's currency.")
    home_currency: str | None = strawberry.field(description="Currency of `homeAmount`.")
    home_amount: Decimal | None = strawberry.field(description="Amount in the home currency.")

    @strawberry.field(graphql_type=AccountingCode, description="The accounting code that the item is posted to.")
    async def accounting_code(root: ItemRow, info: Info) -> accounting_codes.AccountingCode | None:
        return await info.context.loaders.accounting_code.load(root.accounting_code_id)

    @strawberry.field(graphql_type=LazyEntry, description="The entry that the item is in.")
    async def journal_entry(root: ItemRow, info: Info) -> journal_entries.JournalEntry | None:
        return await info.context.loaders.journal_entry.load(root.journal_entry_id)


@strawberry.type(
    description="A balanced summary of transactions for the general ledger: total debits equal total credits.",
    directives=[stated(Permission.VIEW_JOURNAL_ENTRIES)],
)
class JournalEntry(Node):
    row = journal_entries.JournalEntry
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
    transferred_at: datetime | None = strawberry.field(description="When the entry was transferred.")
    transferred_by: str | None = strawberry.field(description="Who transferred the entry.")
    notes: str | None = strawberry.field(description="Notes, 2,000 characters at most.", directives=LONG_TEXT)
    created_at: datetime = strawberry.field(description="When the entry was created.")
    updated_at: datetime = strawberry.field(
        description="When the entry was last changed: its transfer status, its notes, or its cancellation. For an entry"
        " created before this field existed, the latest moment that is known."
    )
    time_period_start: date = strawberry.field(description="First day of the range that the run collected.")
    time_period_end: date = strawberry.field(description="Last day of the range that the run collected.")

    @strawberry.field(description="Global id.")
    def id(root: EntryRow) -> strawberry.ID:
        return strawberry.ID(root.number)

    @strawberry.field(
        graphql_type=LazyRun | None, description="The run that created the entry; null for a manual entry."
    )
    async def journal_run(root: EntryRow, info: Info) -> journal_runs.JournalRun | None:
        return None if root.journal_run_id is None else await info.context.loaders.journal_run.load(root.journal_run_id)

    @strawberry.field(graphql_type=AccountingPeriod, description="Accounting period of the transactions.")
    async def accounting_period(root: EntryRow, info: Info) -> accounting_periods.AccountingPeriod | None:
        return await info.context.loaders.accounting_period.load(root.accounting_period_id)

    @strawberry.field(
        description="The segment values by which the entry was split, in the order of the segmentation rule.",
        directives=assumed(SEGMENTS),
    )
    def segments(root: EntryRow) -> list[Segment]:
        return [Segment(**segment) for segment in root.segment_values]

    @strawberry.field(
        graphql_type=list[JournalEntryItem],
        description="Debits first, then credits; each in the order in which the accounting codes were first imported.",
        directives=assumed(ITEMS),
    )
    async def items(root: EntryRow, info: Info) -> list[journal_entry_items.JournalEntryItem]:
        return await info.context.loaders.items.load(root.id) or []

    @connection(
        Transaction,
        description="The transactions in the entry; none if it is cancelled, because they are free for another run.",
    )
    def transactions(root: EntryRow, info: Info) -> Listing[PostedTransaction]:
        return Listing(
            TRANSACTIONS,
            [],
            lambda window: entry_transactions(info.context, root.id, window),
            lambda: info.context.loaders.held_transaction_count.load(root.id),
        )
