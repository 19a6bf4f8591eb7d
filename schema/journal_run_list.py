"""The filter and the order of a list of journal runs."""

from datetime import date, datetime
from enum import Enum
from typing import Annotated

import strawberry
from strawberry import UNSET

from schema.arguments import OrderDirection
from schema.filters import AND, NOT, OR, ORDERS, RANGES, TEXT, THEN_BY, order_keys
from storage import journal_run_lists
from storage.journal_run_lists import RunFilter
from storage.journal_runs import JournalRun
from storage.pages import Order
from storage.words import JournalRunStatus, TransactionType


@strawberry.input(description=f"Conditions that runs must meet; omitted fields are not checked. {RANGES}")
class JournalRunFilter:
    stored = RunFilter
    statuses: list[JournalRunStatus] | None = strawberry.field(
        default=UNSET, description="Status is one of these; an empty list matches no run."
    )
    accounting_period_name: str | None = strawberry.field(default=UNSET, description="Name of the accounting period.")
    target_date_from: date | None = strawberry.field(
        default=UNSET, description="The range includes this day or later days."
    )
    target_date_to: date | None = strawberry.field(
        default=UNSET, description="The range includes this day or earlier days."
    )
    numbers: list[str] | None = strawberry.field(
        default=UNSET, description="Number is one of these; an empty list matches no run."
    )
    transaction_types: list[TransactionType] | None = strawberry.field(
        default=UNSET, description="It collects at least one of these types; an empty list matches no run."
    )
    organization_labels: list[str] | None = strawberry.field(
        default=UNSET,
        description="It collects at least one of these organisations, as a run over all of them does; an empty list"
        " matches no run.",
    )
    journal_entry_date_from: date | None = strawberry.field(
        default=UNSET, description="Journal entry date is this day or later."
    )
    journal_entry_date_to: date | None = strawberry.field(
        default=UNSET, description="Journal entry date is this day or earlier."
    )
    created_at_from: datetime | None = strawberry.field(default=UNSET, description="Created at this moment or later.")
    created_at_to: datetime | None = strawberry.field(default=UNSET, description="Created at this moment or earlier.")
    executed_at_from: datetime | None = strawberry.field(
        default=UNSET, description="Processing started at this moment or later."
    )
    executed_at_to: datetime | None = strawberry.field(
        default=UNSET, description="Processing started at this moment or earlier."
    )
    aggregate_currency: bool | None = strawberry.field(
        default=UNSET, description="Whether its entries are kept in the home currency."
    )
    text: str | None = strawberry.field(
        default=UNSET,
        description=f"The number, the error message or the name of the segmentation rule contains this. {TEXT}",
    )
    all_of: list["JournalRunFilter"] | None = strawberry.field(default=UNSET, name="and", description=AND)
    any_of: list["JournalRunFilter"] | None = strawberry.field(default=UNSET, name="or", description=OR)
    none_of: "JournalRunFilter | None" = strawberry.field(default=UNSET, name="not", description=NOT)


@strawberry.enum(description="A sort key of a list of runs.")
class JournalRunOrderField(Enum):
    NUMBER = strawberry.enum_value("number", description="By number: the order of creation.")
    TARGET_START_DATE = strawberry.enum_value("start", description="By the first day of the range that they collect.")
    JOURNAL_ENTRY_DATE = strawberry.enum_value("entry date", description="By journal entry date.")
    STATUS = strawberry.enum_value("status", description="By status, in alphabetical order.")
    CREATED_AT = strawberry.enum_value("created", description="By the moment of creation.")


@strawberry.input(description=f"The sort order of a list of runs. {ORDERS}")
class JournalRunOrder:
    field: JournalRunOrderField = strawberry.field(description="Sort key.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Sort direction.")
    then_by: "JournalRunOrder | None" = strawberry.field(default=UNSET, description=THEN_BY)


RunFilterArgument = Annotated[
    JournalRunFilter | None, strawberry.argument(description="Conditions that runs must meet.")
]
RunOrderArgument = Annotated[
    JournalRunOrder | None, strawberry.argument(description="Sort order; newest run first by default.")
]


def run_order(order: JournalRunOrder | None) -> Order[JournalRun]:
    """The order for storage; by number, the newest first, if none is given. Raises as `order_keys`."""
    return journal_run_lists.run_order(order_keys(order) or [("number", True)])
