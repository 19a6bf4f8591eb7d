"""Transactions, and the entry that each stands in."""

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry import UNSET

from resolvers import posted_transactions
from schema.accounting import AccountingCode, Segment
from schema.arguments import given
from schema.info import Info
from storage import accounting_codes, journal_entries, lists
from storage.transactions import PostedTransaction
from storage.words import NotJournaledReason, TransactionType

if TYPE_CHECKING:
    from schema.journal_entry import JournalEntry

LazyEntry = Annotated["JournalEntry", strawberry.lazy("schema.journal_entry")]
Posted = strawberry.Parent[PostedTransaction]


@strawberry.type(description="One posted line of billing activity.")
class Transaction:
    amount: Decimal = strawberry.field(description="The signed amount, in the transaction's currency.")
    home_amount: Decimal | None = strawberry.field(description="The signed amount in the home currency.")
    exchange_rate: Decimal | None = strawberry.field(description="Home currency per unit of the currency.")

    @strawberry.field(description="Its id in the system that it comes from.")
    def transaction_id(root: Posted) -> str:
        return root.transaction.transaction_id

    @strawberry.field(description="Its kind.")
    def transaction_type(root: Posted) -> TransactionType:
        return root.key.transaction_type

    @strawberry.field(description="The day it was posted on.")
    def transaction_date(root: Posted) -> date:
        return root.bucket.posting_date

    @strawberry.field(description="Its currency, an ISO 4217 code.")
    def currency(root: Posted) -> str:
        return root.key.currency

    @strawberry.field(description="The organisation it belongs to.")
    def organization(root: Posted) -> str | None:
        return root.key.organization

    @strawberry.field(description="The customer account in the system that it comes from.")
    def account_number(root: Posted) -> str | None:
        return root.transaction.account_number

    @strawberry.field(description="The invoice, payment or other document that it is a line of.")
    def document_number(root: Posted) -> str | None:
        return root.transaction.document_number

    @strawberry.field(description="Its value in each business dimension that it names.")
    def segments(root: Posted) -> list[Segment]:
        return [Segment(name=name, value=value) for name, value in root.key.segments.items()]

    @strawberry.field(graphql_type=AccountingCode, description="The accounting code that it debits.")
    async def debit_account(root: Posted, info: Info) -> accounting_codes.AccountingCode | None:
        return await info.context.loaders.accounting_code.load(root.key.debit_code_id)

    @strawberry.field(graphql_type=AccountingCode, description="The accounting code that it credits.")
    async def credit_account(root: Posted, info: Info) -> accounting_codes.AccountingCode | None:
        return await info.context.loaders.accounting_code.load(root.key.credit_code_id)

    @strawberry.field(
        graphql_type=LazyEntry | None,
        description="The journal entry it stands in now; null where there is none, and `notJournaledReason` says why.",
    )
    async def journal_entry(root: Posted, info: Info) -> journal_entries.JournalEntry | None:
        entry_id = root.bucket.journal_entry_id
        return None if entry_id is None else await info.context.loaders.journal_entry.load(entry_id)

    @strawberry.field(description="Why it stands in no journal entry now; null where it stands in one.")
    async def not_journaled_reason(root: Posted, info: Info) -> NotJournaledReason | None:
        period = await info.context.loaders.period_of_day.load(root.bucket.posting_date)
        return posted_transactions.not_journaled_reason(root.bucket, period)


@strawberry.input(description="Which transactions are wanted. What is left out does not matter.")
class TransactionFilter:
    is_journaled: bool | None = strawberry.field(
        default=UNSET, description="Whether they stand in a journal entry now; what nets to zero stands in none."
    )


TransactionFilterArgument = Annotated[
    TransactionFilter | None, strawberry.argument(description="Which transactions are wanted.")
]


def transaction_filter(asked: TransactionFilter | None) -> lists.TransactionFilter:
    """What the filter asks for."""
    return lists.TransactionFilter(**given(asked)) if asked else lists.TransactionFilter()
