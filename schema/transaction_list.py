"""The filter and the order of a list of transactions."""

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated

import strawberry
from strawberry import UNSET

from schema.arguments import OrderDirection
from schema.filters import AND, NOT, OR, ORDERS, RANGES, TEXT, THEN_BY, order_keys
from schema.journal_entry_list import SegmentFilter
from storage import transaction_lists
from storage.pages import Order
from storage.transactions import PostedTransaction
from storage.words import NotJournaledReason, TransactionType


@strawberry.input(description=f"Conditions that transactions must meet; omitted fields are not checked. {RANGES}")
class TransactionFilter:
    stored = transaction_lists.TransactionFilter
    is_journaled: bool | None = strawberry.field(
        default=UNSET, description="Whether they are in a live journal entry; transactions that net to zero are not."
    )
    not_journaled_reasons: list[NotJournaledReason] | None = strawberry.field(
        default=UNSET, description="Not journaled, for one of these reasons; an empty list matches no transaction."
    )
    transaction_ids: list[str] | None = strawberry.field(
        default=UNSET, description="Id in the source system is one of these; an empty list matches no transaction."
    )
    transaction_types: list[TransactionType] | None = strawberry.field(
        default=UNSET, description="Type is one of these; an empty list matches no transaction."
    )
    transaction_date_from: date | None = strawberry.field(default=UNSET, description="Date is this day or later.")
    transaction_date_to: date | None = strawberry.field(default=UNSET, description="Date is this day or earlier.")
    currencies: list[str] | None = strawberry.field(
        default=UNSET, description="Currency is one of these; an empty list matches no transaction."
    )
    debit_account_names: list[str] | None = strawberry.field(
        default=UNSET,
        description="The debited accounting code has one of these names; an empty list matches no transaction.",
    )
    credit_account_names: list[str] | None = strawberry.field(
        default=UNSET,
        description="The credited accounting code has one of these names; an empty list matches no transaction.",
    )
    account_names: list[str] | None = strawberry.field(
        default=UNSET,
        description="The debited or the credited accounting code has one of these names; an empty list matches no"
        " transaction.",
    )
    gl_account_numbers: list[str] | None = strawberry.field(
        default=UNSET,
        description="The debited or the credited accounting code has one of these accounts of the general ledger;"
        " an empty list matches no transaction.",
    )
    organization_labels: list[str] | None = strawberry.field(
        default=UNSET, description="Organisation is one of these; an empty list matches no transaction."
    )
    segments: list[SegmentFilter] | None = strawberry.field(
        default=UNSET, description="It has every one of these segments."
    )
    amount_from: Decimal | None = strawberry.field(
        default=UNSET, description="Signed amount is this much or more, in its own currency."
    )
    amount_to: Decimal | None = strawberry.field(
        default=UNSET, description="Signed amount is this much or less, in its own currency."
    )
    home_amount_from: Decimal | None = strawberry.field(
        default=UNSET, description="Signed amount in the home currency is this much or more."
    )
    home_amount_to: Decimal | None = strawberry.field(
        default=UNSET, description="Signed amount in the home currency is this much or less."
    )
    account_numbers: list[str] | None = strawberry.field(
        default=UNSET, description="Customer account number is one of these; an empty list matches no transaction."
    )
    document_numbers: list[str] | None = strawberry.field(
        default=UNSET, description="Document number is one of these; an empty list matches no transaction."
    )
    journal_entry_numbers: list[str] | None = strawberry.field(
        default=UNSET, description="In a live entry with one of these numbers; an empty list matches no transaction."
    )
    journal_run_numbers: list[str] | None = strawberry.field(
        default=UNSET,
        description="Taken by a run with one of these numbers, which needs the permission to view runs; an empty"
        " list matches no transaction.",
    )
    text: str | None = strawberry.field(
        default=UNSET, description=f"The id, the customer account number or the document number contains this. {TEXT}"
    )
    all_of: list["TransactionFilter"] | None = strawberry.field(default=UNSET, name="and", description=AND)
    any_of: list["TransactionFilter"] | None = strawberry.field(default=UNSET, name="or", description=OR)
    none_of: "TransactionFilter | None" = strawberry.field(default=UNSET, name="not", description=NOT)


@strawberry.enum(description="A sort key of a list of transactions.")
class TransactionOrderField(Enum):
    RECORDED = strawberry.enum_value("recorded", description="In the order of recording.")
    TRANSACTION_DATE = strawberry.enum_value("date", description="By date.")
    AMOUNT = strawberry.enum_value(
        "amount",
        description="By signed amount, as a number, whatever the currency. All transactions that meet the filter are"
        " sorted for each page, which takes long for millions.",
    )


@strawberry.input(description=f"The sort order of a list of transactions. {ORDERS}")
class TransactionOrder:
    field: TransactionOrderField = strawberry.field(description="Sort key.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Sort direction.")
    then_by: "TransactionOrder | None" = strawberry.field(default=UNSET, description=THEN_BY)


TransactionFilterArgument = Annotated[
    TransactionFilter | None, strawberry.argument(description="Conditions that transactions must meet.")
]
TransactionOrderArgument = Annotated[
    TransactionOrder | None, strawberry.argument(description="Sort order; the order of recording by default.")
]


def transaction_order(order: TransactionOrder | None) -> Order[PostedTransaction]:
    """The order for storage; that of recording if none is given. Raises as `order_keys`."""
    return transaction_lists.transaction_order(order_keys(order))
