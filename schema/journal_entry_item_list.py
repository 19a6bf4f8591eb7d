"""The filter and the order of a list of the items of entries."""

from decimal import Decimal
from enum import Enum
from typing import Annotated

import strawberry
from strawberry import UNSET

from schema.arguments import OrderDirection
from schema.filters import AND, NOT, OR, ORDERS, RANGES, THEN_BY, order_keys
from schema.journal_entry_list import JournalEntryFilter
from storage import journal_entry_item_lists
from storage.journal_entry_item_lists import ItemFilter
from storage.journal_entry_items import JournalEntryItem
from storage.pages import Order
from storage.words import ItemType


@strawberry.input(description=f"Conditions that items must meet; omitted fields are not checked. {RANGES}")
class JournalEntryItemFilter:
    stored = ItemFilter
    types: list[ItemType] | None = strawberry.field(
        default=UNSET, description="Debit or credit; an empty list matches no item."
    )
    accounting_code_names: list[str] | None = strawberry.field(
        default=UNSET,
        description="Posted to an accounting code with one of these names; an empty list matches no item.",
    )
    gl_account_numbers: list[str] | None = strawberry.field(
        default=UNSET,
        description="Posted to one of these accounts of the general ledger; an empty list matches no item.",
    )
    currencies: list[str] | None = strawberry.field(
        default=UNSET, description="Currency of the amount is one of these; an empty list matches no item."
    )
    amount_from: Decimal | None = strawberry.field(default=UNSET, description="Amount is this much or more.")
    amount_to: Decimal | None = strawberry.field(default=UNSET, description="Amount is this much or less.")
    home_amount_from: Decimal | None = strawberry.field(
        default=UNSET, description="Amount in the home currency is this much or more."
    )
    home_amount_to: Decimal | None = strawberry.field(
        default=UNSET, description="Amount in the home currency is this much or less."
    )
    journal_entry: JournalEntryFilter | None = strawberry.field(
        default=UNSET, description="Conditions that the entry of the item must meet."
    )
    all_of: list["JournalEntryItemFilter"] | None = strawberry.field(default=UNSET, name="and", description=AND)
    any_of: list["JournalEntryItemFilter"] | None = strawberry.field(default=UNSET, name="or", description=OR)
    none_of: "JournalEntryItemFilter | None" = strawberry.field(default=UNSET, name="not", description=NOT)


@strawberry.enum(description="A sort key of a list of items.")
class JournalEntryItemOrderField(Enum):
    JOURNAL_ENTRY = strawberry.enum_value("entry", description="By entry, in the order of creation, and position.")
    JOURNAL_ENTRY_DATE = strawberry.enum_value("date", description="By the journal entry date of the entry.")
    ACCOUNTING_CODE = strawberry.enum_value(
        "code", description="By the name of the accounting code, in the order of code points."
    )
    AMOUNT = strawberry.enum_value("amount", description="By amount, as a number, whatever the currency.")


@strawberry.input(description=f"The sort order of a list of items. {ORDERS}")
class JournalEntryItemOrder:
    field: JournalEntryItemOrderField = strawberry.field(description="Sort key.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Sort direction.")
    then_by: "JournalEntryItemOrder | None" = strawberry.field(default=UNSET, description=THEN_BY)


ItemFilterArgument = Annotated[
    JournalEntryItemFilter | None, strawberry.argument(description="Conditions that items must meet.")
]
ItemOrderArgument = Annotated[
    JournalEntryItemOrder | None, strawberry.argument(description="Sort order; by entry and position by default.")
]


def item_order(order: JournalEntryItemOrder | None) -> Order[JournalEntryItem]:
    """The order for storage; by entry and position if none is given. Raises as `order_keys`."""
    return journal_entry_item_lists.item_order(order_keys(order))
