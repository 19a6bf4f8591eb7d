"""Arguments shared by several fields."""

from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

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
