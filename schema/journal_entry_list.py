"""The filter and the order of a list of journal entries."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated

import strawberry
from strawberry import UNSET

from schema.arguments import OrderDirection
from schema.filters import AND, NOT, OR, ORDERS, RANGES, TEXT, THEN_BY, order_keys
from storage import journal_entry_lists
from storage.journal_entries import JournalEntry
from storage.journal_entry_lists import EntryFilter
from storage.pages import Order
from storage.words import JournalEntryStatus, TransactionType, TransferStatus


@strawberry.input(description="A segment that must be there.")
class SegmentFilter:
    stored = journal_entry_lists.SegmentFilter
    name: str = strawberry.field(description="Name of the segment, such as country.")
    values: list[str] | None = strawberry.field(
        default=UNSET,
        description="Its value is one of these. If omitted, any value will do; an empty list matches none.",
    )


@strawberry.input(description=f"Conditions that entries must meet; omitted fields are not checked. {RANGES}")
class JournalEntryFilter:
    stored = EntryFilter
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
    numbers: list[str] | None = strawberry.field(
        default=UNSET, description="Number is one of these; an empty list matches no entry."
    )
    journal_run_numbers: list[str] | None = strawberry.field(
        default=UNSET,
        description="Created by a run with one of these numbers, which needs the permission to view runs; an empty"
        " list matches no entry.",
    )
    organization_labels: list[str] | None = strawberry.field(
        default=UNSET, description="Organisation is one of these; an empty list matches no entry."
    )
    segments: list[SegmentFilter] | None = strawberry.field(
        default=UNSET, description="It has every one of these segments."
    )
    accounting_code_names: list[str] | None = strawberry.field(
        default=UNSET,
        description="An item is posted to an accounting code with one of these names; an empty list matches no entry.",
    )
    gl_account_numbers: list[str] | None = strawberry.field(
        default=UNSET,
        description="An item is posted to one of these accounts of the general ledger; an empty list matches no entry.",
    )
    total_from: Decimal | None = strawberry.field(
        default=UNSET, description="Total debit is this much or more, in its own currency."
    )
    total_to: Decimal | None = strawberry.field(
        default=UNSET, description="Total debit is this much or less, in its own currency."
    )
    time_period_start_from: date | None = strawberry.field(
        default=UNSET, description="First day of the range that the run collected is this day or later."
    )
    time_period_start_to: date | None = strawberry.field(
        default=UNSET, description="First day of the range that the run collected is this day or earlier."
    )
    time_period_end_from: date | None = strawberry.field(
        default=UNSET, description="Last day of the range that the run collected is this day or later."
    )
    time_period_end_to: date | None = strawberry.field(
        default=UNSET, description="Last day of the range that the run collected is this day or earlier."
    )
    created_at_from: datetime | None = strawberry.field(default=UNSET, description="Created at this moment or later.")
    created_at_to: datetime | None = strawberry.field(default=UNSET, description="Created at this moment or earlier.")
    updated_at_from: datetime | None = strawberry.field(
        default=UNSET, description="Last changed at this moment or later."
    )
    updated_at_to: datetime | None = strawberry.field(
        default=UNSET, description="Last changed at this moment or earlier."
    )
    transferred_at_from: datetime | None = strawberry.field(
        default=UNSET, description="Transferred at this moment or later."
    )
    transferred_at_to: datetime | None = strawberry.field(
        default=UNSET, description="Transferred at this moment or earlier."
    )
    aggregate_currency: bool | None = strawberry.field(
        default=UNSET, description="Whether the entry is kept in the home currency."
    )
    text: str | None = strawberry.field(
        default=UNSET, description=f"The number, the notes or the organisation contains this. {TEXT}"
    )
    all_of: list["JournalEntryFilter"] | None = strawberry.field(default=UNSET, name="and", description=AND)
    any_of: list["JournalEntryFilter"] | None = strawberry.field(default=UNSET, name="or", description=OR)
    none_of: "JournalEntryFilter | None" = strawberry.field(default=UNSET, name="not", description=NOT)


@strawberry.enum(description="A sort key of a list of entries.")
class JournalEntryOrderField(Enum):
    NUMBER = strawberry.enum_value("number", description="By number: the order of creation.")
    JOURNAL_ENTRY_DATE = strawberry.enum_value("date", description="By journal entry date.")
    TOTAL = strawberry.enum_value("total", description="By total debit, as a number, whatever the currency.")
    STATUS = strawberry.enum_value("status", description="By status, in alphabetical order.")
    TRANSFERRED_TO_ACCOUNTING = strawberry.enum_value(
        "transfer status", description="By transfer status, in alphabetical order."
    )
    CURRENCY = strawberry.enum_value("currency", description="By currency.")
    ORGANIZATION_LABEL = strawberry.enum_value(
        "organization", description="By organisation, in the order of code points; entries without one last."
    )
    TRANSACTION_TYPE = strawberry.enum_value(
        "type", description="By transaction type, in alphabetical order; entries without one last."
    )
    CREATED_AT = strawberry.enum_value("created", description="By the moment of creation.")
    UPDATED_AT = strawberry.enum_value("updated", description="By the moment of the last change.")


@strawberry.input(description=f"The sort order of a list of entries. {ORDERS}")
class JournalEntryOrder:
    field: JournalEntryOrderField = strawberry.field(description="Sort key.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Sort direction.")
    then_by: "JournalEntryOrder | None" = strawberry.field(default=UNSET, description=THEN_BY)


EntryFilterArgument = Annotated[
    JournalEntryFilter | None, strawberry.argument(description="Conditions that entries must meet.")
]
EntryOrderArgument = Annotated[
    JournalEntryOrder | None, strawberry.argument(description="Sort order; oldest entry first by default.")
]


def entry_order(order: JournalEntryOrder | None) -> Order[JournalEntry]:
    """The order for storage; by number if none is given. Raises as `order_keys`."""
    return journal_entry_lists.entry_order(order_keys(order))
