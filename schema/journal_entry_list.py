"""The filter and the order of a list of journal entries."""

from datetime import date
from enum import Enum
from typing import Annotated

import strawberry
from strawberry import UNSET

from schema.arguments import OrderDirection
from storage.journal_entries import JournalEntry
from storage.journal_entry_lists import entries_by_date, entries_by_number
from storage.pages import Order
from storage.words import JournalEntryStatus, TransactionType, TransferStatus


@strawberry.input(description="Conditions that entries must meet; omitted fields are not checked.")
class JournalEntryFilter:
    statuses: list[JournalEntryStatus] | None = strawberry.field(
        default=UNSET, description="Status is one of these; an empty list matches no entry."
    )
    transferred_to_accounting: list[TransferStatus] | None = strawberry.field(
        default=UNSET, description="Transfer status is one of these; an empty list matches no entry."
    )
    transaction_types: list[TransactionType] | None = strawberry.field(
        default=UNSET, description="Transaction type is one of these; an empty list matches no entry."
    )
    currencies: list[str] | None = strawberry.field(
        default=UNSET, description="Currency is one of these; an empty list matches no entry."
    )
    accounting_period_name: str | None = strawberry.field(default=UNSET, description="Name of the accounting period.")
    journal_entry_date_from: date | None = strawberry.field(
        default=UNSET, description="Journal entry date is this day or later."
    )
    journal_entry_date_to: date | None = strawberry.field(
        default=UNSET, description="Journal entry date is this day or earlier."
    )


@strawberry.enum(description="The sort key of a list of entries.")
class JournalEntryOrderField(Enum):
    NUMBER = strawberry.enum_value("number", description="By number: the order of creation.")
    JOURNAL_ENTRY_DATE = strawberry.enum_value("date", description="By journal entry date.")


@strawberry.input(description="The sort order of a list of entries.")
class JournalEntryOrder:
    field: JournalEntryOrderField = strawberry.field(description="Sort key.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Sort direction.")


EntryFilterArgument = Annotated[
    JournalEntryFilter | None, strawberry.argument(description="Conditions that entries must meet.")
]
EntryOrderArgument = Annotated[
    JournalEntryOrder | None, strawberry.argument(description="Sort order; oldest entry first by default.")
]


def entry_order(order: JournalEntryOrder | None) -> Order[JournalEntry]:
    """The order for storage; by number if none is given."""
    by = order or JournalEntryOrder(field=JournalEntryOrderField.NUMBER)
    make_order = entries_by_number if by.field is JournalEntryOrderField.NUMBER else entries_by_date
    return make_order(by.direction is OrderDirection.DESC)
