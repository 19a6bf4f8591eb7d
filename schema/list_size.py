"""What the contract says of the cost of its fields, as the cost directives of the IBM specification for GraphQL."""

import strawberry
from strawberry import UNSET
from strawberry.schema_directive import Location


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description="How many objects a list is reckoned to have: as many as its slicing argument says, or has if it is a"
    " list; otherwise the assumed size. The sizes are those of the sized fields, if there are any.",
)
class ListSize:
    assumed_size: int | None = UNSET
    slicing_arguments: list[str] | None = UNSET
    sized_fields: list[str] | None = UNSET


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="cost",
    description="What a field costs, where it costs more than the objects that it returns.",
)
class Cost:
    weight: str


SEGMENTS = 3
"""The segments that an entry or a transaction is assumed to have: most ledgers split by one to three dimensions."""

ITEMS = 5
"""The items that an entry is assumed to have: a debit, and a credit for each credited code, which are few."""

VIOLATIONS = 10
"""The violations that an input is assumed to have."""


def assumed(size: int) -> list[object]:
    """The directives of a list that is not read in pages."""
    return [ListSize(assumed_size=size)]


LONG_TEXT = [Cost(weight="4")]
"""The directives of a text that may be as long as what other fields of several objects have."""

AGGREGATED = [Cost(weight="10")]
"""The directives of a count over rows that are not returned."""

TOTALS = [ListSize(assumed_size=100), Cost(weight="1000")]
"""The directives of totals over all entries: a report has some dozens of rows, and what they are summed up from counts
as ten pages of entries do."""
