"""Recording transactions."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, cast

import strawberry
from strawberry import UNSET

from resolvers.record_transactions import Recorded
from resolvers.record_transactions import record_transactions as record
from resolvers.transactions import TransactionFields
from schema.arguments import Input
from schema.info import Info
from schema.list_size import VIOLATIONS, assumed
from schema.permissions import ANYONE, stated
from schema.violations import ERRORS, Payload, UserError, payload
from storage.words import Permission, TransactionType

RecordedPayload = Payload[Recorded]


@strawberry.input(description="The value of a transaction in one business dimension.")
class SegmentInput:
    name: str = strawberry.field(description="The dimension, such as country.")
    value: str = strawberry.field(description="The value, such as France.")


@strawberry.input(description="A posted line of billing activity.")
class TransactionInput:
    transaction_id: str = strawberry.field(description="Unique id of the transaction in its source system.")
    transaction_type: TransactionType = strawberry.field(description="Type.")
    transaction_date: date = strawberry.field(description="The day on which it was posted.")
    amount: Decimal = strawberry.field(description='Signed amount, as a string: "-12.50".')
    currency: str = strawberry.field(description="Currency, an ISO 4217 code such as GBP.")
    debit_account: str = strawberry.field(description="Name of the accounting code to debit.")
    credit_account: str = strawberry.field(description="Name of the accounting code to credit.")
    organization_label: str | None = strawberry.field(default=UNSET, description="Organisation.")
    exchange_rate: Decimal | None = strawberry.field(
        default=UNSET,
        description="Units of the home currency per unit of `currency`; only if the ledger has a home currency.",
    )
    home_amount: Decimal | None = strawberry.field(
        default=UNSET, description="Amount in the home currency; computed from the exchange rate if omitted."
    )
    account_number: str | None = strawberry.field(default=UNSET, description="Customer account number.")
    document_number: str | None = strawberry.field(
        default=UNSET, description="Number of the invoice, payment or other document."
    )
    segments: list[SegmentInput] | None = strawberry.field(
        default=UNSET, description="Values in business dimensions, without duplicate names."
    )


@strawberry.input(description="Transactions to record.")
class RecordTransactionsInput:
    transactions: list[TransactionInput] = strawberry.field(
        description="1 to 1,000 transactions. Either all are recorded, or none."
    )


def _received(_of: object, value: Mapping[str, Any], _context: object) -> list[TransactionFields]:
    """The transactions of an input. Strawberry would look at each field's type again, and make an object of each."""
    return list(map(_fields, value["transactions"]))


def _fields(values: Mapping[str, Any]) -> TransactionFields:
    segments = values.get("segments") or ()
    return TransactionFields(
        values["transactionId"],
        values["transactionType"],
        values["transactionDate"],
        values["amount"],
        values["currency"],
        values["debitAccount"],
        values["creditAccount"],
        values.get("organizationLabel"),
        values.get("exchangeRate"),
        values.get("homeAmount"),
        values.get("accountNumber"),
        values.get("documentNumber"),
        [(segment["name"], segment["value"]) for segment in segments],
    )


RecordTransactionsInput.__strawberry_definition__.from_input = _received  # type: ignore[attr-defined]


@strawberry.type(description="The result of recording the transactions.", directives=[ANYONE])
class RecordTransactionsPayload:
    @strawberry.field(description="Number of transactions recorded by this call.")
    def recorded(root: strawberry.Parent[RecordedPayload]) -> int:
        return 0 if root.value is None else root.value.recorded

    @strawberry.field(description="Number of transactions that had already been recorded with the same content.")
    def duplicates(root: strawberry.Parent[RecordedPayload]) -> int:
        return 0 if root.value is None else root.value.duplicates

    @strawberry.field(
        description="Number of transactions that had been recorded before the ledger had a home currency, and"
        " received their exchange rate by this call."
    )
    def rates_added(root: strawberry.Parent[RecordedPayload]) -> int:
        return 0 if root.value is None else root.value.rates_added

    errors: list[UserError] = strawberry.field(description=ERRORS, directives=assumed(VIOLATIONS))


@strawberry.type
class TransactionMutations:
    @strawberry.mutation(
        graphql_type=RecordTransactionsPayload,
        directives=[stated(Permission.IMPORT_TRANSACTIONS)],
        description="Record up to 1,000 transactions. Repeating a call is safe: a transaction that was recorded before"
        " with the same content counts as a duplicate.",
    )
    async def record_transactions(
        self, info: Info, input: Annotated[RecordTransactionsInput, Input]
    ) -> RecordedPayload:
        return await payload(record(info.context, cast("list[TransactionFields]", input)))
