"""The filter and the order of a list of journal runs."""

from datetime import date
from enum import Enum
from typing import Annotated

import strawberry
from strawberry import UNSET

from schema.arguments import OrderDirection
from storage.journal_run_lists import runs_by_number, runs_by_start
from storage.journal_runs import JournalRun
from storage.pages import Order
from storage.words import JournalRunStatus


@strawberry.input(description="Conditions that runs must meet; omitted fields are not checked.")
class JournalRunFilter:
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


@strawberry.enum(description="The sort key of a list of runs.")
class JournalRunOrderField(Enum):
    NUMBER = strawberry.enum_value("number", description="By number: the order of creation.")
    TARGET_START_DATE = strawberry.enum_value("start", description="By the first day of the range that they collect.")


@strawberry.input(description="The sort order of a list of runs.")
class JournalRunOrder:
    field: JournalRunOrderField = strawberry.field(description="Sort key.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Sort direction.")


RunFilterArgument = Annotated[
    JournalRunFilter | None, strawberry.argument(description="Conditions that runs must meet.")
]
RunOrderArgument = Annotated[
    JournalRunOrder | None, strawberry.argument(description="Sort order; newest run first by default.")
]


def run_order(order: JournalRunOrder | None) -> Order[JournalRun]:
    """The order for storage; by number, the newest first, if none is given."""
    by = order or JournalRunOrder(field=JournalRunOrderField.NUMBER, direction=OrderDirection.DESC)
    make_order = runs_by_number if by.field is JournalRunOrderField.NUMBER else runs_by_start
    return make_order(by.direction is OrderDirection.DESC)
