"""Pages: lists are read by key, never by OFFSET, so that a deep page costs what the first costs."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, false, or_
from sqlalchemy.sql.expression import SQLColumnExpression

Row = TypeVar("Row")


class BadCursor(ValueError):
    """The cursor was not made by this list."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list is wanted: `size` rows after and before the cursors, counted from one end.

    `skip` is for callers who number pages and have no cursor: it costs what it passes over.
    """

    size: int
    after: str | None = None
    before: str | None = None
    from_end: bool = False
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list, in the list's order, with each row's cursor."""

    rows: list[Row]
    cursors: list[str]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True)
class Order(Generic[Row]):
    """The order of a list: its name, its columns (the last is unique), and how a row is read in them."""

    name: str
    columns: Sequence[SQLColumnExpression[Any]]
    types: Sequence[type]
    key: Callable[[Row], tuple[int | str | date, ...]]
    descending: bool = False

    def clauses(self, window: Window) -> list[ColumnElement[Any]]:
        """The ORDER BY of a window; one that is counted from the end is read backwards."""
        backwards = self.descending != window.from_end
        return [column.desc() if backwards else column.asc() for column in self.columns]

    def between(self, window: Window) -> list[ColumnElement[bool]]:
        """The conditions that leave only rows between the window's cursors. Raises BadCursor."""
        conditions = []
        if window.after is not None:
            conditions.append(self._beyond(self.position(window.after), later=not self.descending))
        if window.before is not None:
            conditions.append(self._beyond(self.position(window.before), later=self.descending))
        return conditions

    def page(self, fetched: Sequence[Row], window: Window) -> Page[Row]:
        """The page, from up to one row more than its size, as the ORDER BY gave them."""
        more = len(fetched) > window.size
        rows = list(fetched[: window.size])
        if window.from_end:
            rows.reverse()
        return Page(
            rows=rows,
            cursors=[self.cursor(row) for row in rows],
            has_next=window.before is not None if window.from_end else more,
            has_previous=more if window.from_end else window.after is not None,
        )

    def cursor(self, row: Row) -> str:
        """Where the row stands in this order, as an opaque text."""
        values = [value.isoformat() if isinstance(value, date) else value for value in self.key(row)]
        return base64.urlsafe_b64encode(json.dumps([self.name, *values], separators=(",", ":")).encode()).decode()

    def position(self, cursor: str) -> list[Any]:
        """The values that a cursor stands for. Raises BadCursor."""
        try:
            name, *values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
            if name != self.name:
                raise ValueError
            return [_typed(wanted, value) for wanted, value in zip(self.types, values, strict=True)]
        except (ValueError, TypeError, binascii.Error, UnicodeError, RecursionError) as error:
            raise BadCursor(f"{cursor!r} is no cursor of this list; pass one that it gave you.") from error

    def _beyond(self, values: Sequence[Any], *, later: bool) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = false()
        for column, value in reversed(list(zip(self.columns, values, strict=True))):
            beyond = column > value if later else column < value
            condition = or_(beyond, and_(column == value, condition))
        return condition


def _typed(wanted: type, value: object) -> Any:
    if wanted is date and isinstance(value, str):
        return date.fromisoformat(value)
    if type(value) is not wanted or (isinstance(value, int) and abs(value) >= 2**63):
        raise ValueError
    return value
