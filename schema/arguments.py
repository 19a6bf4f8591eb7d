"""Arguments shared by several fields."""

from enum import Enum
from typing import Annotated, Any, TypeVar

import strawberry
from strawberry import UNSET

from resolvers.names import name_to_find

Conditions = TypeVar("Conditions")

RunNumber = Annotated[str, strawberry.argument(description="Run number, such as JR-00000001.")]
EntryNumber = Annotated[str, strawberry.argument(description="Entry number, such as JE-00000001.")]
Input = strawberry.argument(description="Input.")


@strawberry.enum(description="Sort direction.")
class OrderDirection(Enum):
    ASC = strawberry.enum_value("asc", description="Ascending.")
    DESC = strawberry.enum_value("desc", description="Descending.")


def given(values: object) -> dict[str, Any]:
    """The fields that the client set in an input."""
    return {name: value for name, value in vars(values).items() if value is not UNSET}


def filter_for(of: type[Conditions], filter: object) -> Conditions:
    """The filter for storage, of that type; if it was left out, it has no conditions.

    Raises RequestError for a name that no accounting period can have.
    """
    values = given(filter) if filter else {}
    name = values.get("accounting_period_name")
    if name is not None:
        values["accounting_period_name"] = name_to_find(name, "filter", "accounting_period_name")
    return of(**values)
