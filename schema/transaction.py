"""Transactions, and the journal entry of each."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from resolvers import posted_transactions
from schema.accounting import AccountingCode, Segment
from schema.info import Info
from schema.list_size import SEGMENTS, assumed
from schema.node import Node, to_id
from schema.permissions import stated
from storage import accounting_codes, journal_entries
from storage.transactions import PostedTransaction
from storage.words import NotJournaledReason, Permission, TransactionType

if TYPE_CHECKING:
    from schema.journal_entry import JournalEntry

LazyEntry = Annotated["JournalEntry", strawberry.lazy("schema.journal_entry")]
Posted = strawberry.Parent[PostedTransaction]


@strawberry.type(description="A posted line of billing activity.", directives=[stated(Permission.VIEW_JOURNAL_ENTRIES)])
class Transaction(Node):
    row = PostedTransaction
    amount: Decimal = strawberry.field(description="Signed amount, in the transaction's currency.")
    home_amount: Decimal | None = strawberry.field(description="Signed amount in the home currency.")
    exchange_rate: Decimal | None = strawberry.field(description="Units of the home currency per unit of `currency`.")

    @strawberry.field(description="Global id.")
    def id(root: Posted) -> strawberry.ID:
        return to_id("Transaction", root.transaction.transaction_id)

    @strawberry.field(description="Unique id of the transaction in its source system.")
    def transaction_id(root: Posted) -> str:
        return root.transaction.transaction_id

    @strawberry.field(description="Type.")
    def transaction_type(root: Posted) -> TransactionType:
        return root.key.transaction_type

    @strawberry.field(description="The day on which it was posted.")
    def transaction_date(root: Posted) -> date:
        return root.bucket.posting_date

    @strawberry.field(description="Currency, an ISO 4217 code.")
    def currency(root: Posted) -> str:
        return root.key.currency

    @strawberry.field(description="Organisation.")
    def organization_label(root: Posted) -> str | None:
        return root.key.organization

    @strawberry.field(description="Customer account number in the source system.")
    def account_number(root: Posted) -> str | None:
        return root.transaction.account_number

    @strawberry.field(description="Number of the invoice, payment or other document.")
    def document_number(root: Posted) -> str | None:
        return root.transaction.document_number

    @strawberry.field(description="Values in business dimensions.", directives=assumed(SEGMENTS))
    def segments(root: Posted) -> list[Segment]:
        return [Segment(name=name, value=value) for name, value in root.key.segments.items()]

    @strawberry.field(graphql_type=AccountingCode, description="The debited accounting code.")
    async def debit_account(root: Posted, info: Info) -> accounting_codes.AccountingCode | None:
        return await info.context.loaders.accounting_code.load(root.key.debit_code_id)

    @strawberry.field(graphql_type=AccountingCode, description="The credited accounting code.")
    async def credit_account(root: Posted, info: Info) -> accounting_codes.AccountingCode | None:
        return await info.context.loaders.accounting_code.load(root.key.credit_code_id)

    @strawberry.field(
        graphql_type=LazyEntry | None,
        description="The live journal entry that includes it; null if there is none: see `notJournaledReason`.",
    )
    async def journal_entry(root: Posted, info: Info) -> journal_entries.JournalEntry | None:
        entry_id = root.bucket.journal_entry_id
        return None if entry_id is None else await info.context.loaders.journal_entry.load(entry_id)

    @strawberry.field(description="Why it is not journaled; null if it is.")
    async def not_journaled_reason(root: Posted, info: Info) -> NotJournaledReason | None:
        period = await info.context.loaders.period_of_day.load(root.bucket.posting_date)
        return posted_transactions.not_journaled_reason(root.bucket, period)
