"""What callers read, before it is read: an object looked up, a list, and rows that are computed.

The first two say in storage's words which rows they are, so that one statement can answer a whole query
(`storage.documents`), and how to read them by themselves. To ask for any is to be permitted: Forbidden is raised at
once.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from storage.conditions import Condition
from storage.pages import Order, Page, Window

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class LookUp(Generic[Row]):
    """An object: the one that meets the condition. `row` reads it; None if there is none."""

    of: type[Row]
    condition: Condition
    row: Callable[[], Awaitable[Row | None]]


@dataclass(frozen=True, slots=True)
class Listing(Generic[Row]):
    """A list: its order, and the conditions of its rows. `page` reads one page, `count` the number of rows."""

    order: Order[Row]
    conditions: Sequence[Condition]
    page: Callable[[Window], Awaitable[Page[Row]]]
    count: Callable[[], Awaitable[int | None]]


@dataclass(frozen=True, slots=True)
class Computed(Generic[Row]):
    """Rows that no table has, such as totals: all of them. `rows` reads them."""

    rows: Callable[[], Awaitable[Sequence[Row]]]
