"""What can be asked of a view: conditions on its columns, an order, and a position in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

Value = str | int | Decimal | date | datetime | bool | None
"""A value of a column: an int for INTEGER, an exact Decimal for AMOUNT, and so on. JSON columns are not compared."""


class Comparison(Enum):
    """What a condition asks of a value. With null, EQUAL and NOT_EQUAL ask whether there is a value."""

    EQUAL = "="
    NOT_EQUAL = "<>"
    GREATER = ">"
    AT_LEAST = ">="
    LESS = "<"
    AT_MOST = "<="
    CONTAINS = "contains"
    STARTS_WITH = "starts with"
    ENDS_WITH = "ends with"


@dataclass(frozen=True, slots=True)
class Compare:
    """A column compared with a value. A null meets NOT_EQUAL with a value, and no other comparison with one."""

    column: str
    comparison: Comparison
    value: Value


@dataclass(frozen=True, slots=True)
class And:
    """All of these; of none, every row."""

    conditions: Sequence["Condition"]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of these; of none, no row."""

    conditions: Sequence["Condition"]


@dataclass(frozen=True, slots=True)
class Not:
    """The rows that do not meet the condition: every row meets either it or its negation."""

    condition: "Condition"


Condition = Compare | And | Or | Not


@dataclass(frozen=True, slots=True)
class Sort:
    """A column to order by. Nulls come before all values in ascending order, and after them in descending order."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Which columns of which rows of a view, in which order.

    Rows come by `order`, then by `updated_at` and place in the ledger; with `by_change` false by place alone, so that
    a change moves no row while all pages are read. `after` is the position of the row that they follow, as
    `reading.Row.position` has it, under the same order. `skip` leaves out so many rows at the beginning.
    """

    columns: Sequence[str]
    where: Condition = And(())
    order: Sequence[Sort] = ()
    by_change: bool = True
    after: Sequence[Value] | None = None
    skip: int = 0
    limit: int | None = None
