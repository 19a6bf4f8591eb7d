"""Transactions, as one finds them under the entry that summarises them."""

from datetime import date
from decimal import Decimal

import strawberry

from schema.accounting import AccountingCode, Segment
from schema.info import Info
from storage import accounting_codes
from storage.transactions import PostedTransaction
from storage.words import TransactionType

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
