"""Keyset pagination: without OFFSET, a deep page costs the same as the first."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false
from sqlalchemy.orm import aliased
from sqlalchemy.sql.expression import SQLColumnExpression
from sqlmodel import Session, func, or_, select

from storage.days import parse_day

Row = TypeVar("Row")

_SHOWN_MAX = 100
"""The characters of a wrong cursor that are told."""

_DIGITS_MAX = 18
"""Every number with so many digits fits into the 64 bits of an id."""

ID_MIN, ID_MAX = 0, 2**63 - 1
"""Ids are between these."""


class BadCursor(ValueError):
    """The cursor does not belong to this list. `argument` is the one that has it: after, or before."""

    def __init__(self, cursor: str, argument: str) -> None:
        shown = cursor if len(cursor) <= _SHOWN_MAX else cursor[:_SHOWN_MAX] + "..."
        super().__init__(f"{shown!r} is not a cursor of this list; use one that it returned.")
        self.argument = argument


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a list: up to `size` rows between the cursors, counted from one end.

    `skip` is for callers with page numbers instead of cursors; its cost grows with the rows skipped.
    """

    size: int
    after: str | None = None
    before: str | None = None
    from_end: bool = False
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Bound:
    """A position that rows are beyond: those that are sorted later in ascending order, or earlier."""

    key: Sequence[Any]
    later: bool


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list, in the list's order, with each row's cursor."""

    rows: list[Row]
    cursors: list[str]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True)
class Order(Generic[Row]):
    """The sort order of a list: its name, its columns (the last is unique), and the key of a row."""

    name: str
    columns: Sequence[SQLColumnExpression[Any]]
    types: Sequence[type]
    key: Callable[[Row], tuple[int | str | date, ...]]
    descending: bool = False

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [column.key for column in self.columns]  # type: ignore[attr-defined]

    def clauses(self, window: Window) -> list[ColumnElement[Any]]:
        """The ORDER BY of a window, reversed if it is counted from the end."""
        backwards = self.descending != window.from_end
        return [column.desc() if backwards else column.asc() for column in self.columns]

    def bounds(self, window: Window) -> list[Bound]:
        """The positions of the window's cursors. Raises BadCursor."""
        bounds = []
        if window.after is not None:
            bounds.append(Bound(self.position(window.after), not self.descending))
        if window.before is not None:
            bounds.append(Bound(self.position(window.before, "before"), self.descending))
        return bounds

    def between(self, window: Window) -> list[ColumnElement[bool]]:
        """The conditions for rows between the window's cursors. Raises BadCursor."""
        return [self._beyond(bound.key, later=bound.later) for bound in self.bounds(window)]

    def page(self, fetched: Sequence[Row], window: Window) -> Page[Row]:
        """The page, from up to `size` + 1 rows in the order of the ORDER BY."""
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
        """The position of the row in this order: its name and the row's key, such as `entries by date:2024-12-31:7`."""
        return ":".join([self.name, *map(str, self.key(row))])

    def position(self, cursor: str, argument: str = "after") -> list[Any]:
        """The values in a cursor. Raises BadCursor."""
        name, _, key = cursor.partition(":")
        # Only the first value can be a text, which may have colons in it.
        values = key.rsplit(":", len(self.types) - 1)
        try:
            if name != self.name:
                raise ValueError
            return [_READERS[expected](value) for expected, value in zip(self.types, values, strict=True)]
        except ValueError as error:
            raise BadCursor(cursor, argument) from error

    def _beyond(self, values: Sequence[Any], *, later: bool) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = false()
        for column, value in reversed(list(zip(self.columns, values, strict=True))):
            beyond = column > value if later else column < value
            condition = or_(beyond, and_(column == value, condition))
        return condition


def parse_id(text: str) -> int:
    """The id of a row in a text. Raises ValueError for any other text than digits, and for too many of them."""
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
        raise ValueError(f"{text!r} is not the id of a row")
    return int(text)


_READERS: dict[type, Callable[[str], Any]] = {int: parse_id, date: parse_day, str: str}


def page_of(session: Session, statement: Select[Any], order: Order[Row], window: Window) -> Page[Row]:
    """One page of the statement's rows. Raises BadCursor."""
    limited = statement.where(*order.between(window)).order_by(*order.clauses(window)).limit(window.size + 1)
    if window.skip:
        limited = limited.offset(window.skip)
    return order.page(list(session.execute(limited).scalars()), window)


def pages_by_parent(
    session: Session,
    model: type[Row],
    parent: SQLColumnExpression[Any],
    parents: Iterable[int],
    conditions: Sequence[ColumnElement[bool]],
    order: Order[Row],
    window: Window,
) -> dict[int, Page[Row]]:
    """One page of the rows of each parent, in one statement. Raises BadCursor."""
    clauses = order.clauses(window)
    ranked = (
        select(
            model, parent.label("parent"), func.row_number().over(partition_by=parent, order_by=clauses).label("rank")
        )
        .where(parent.in_(set(parents)), *conditions, *order.between(window))
        .subquery()
    )
    rows = session.execute(
        select(aliased(model, ranked), ranked.c.parent)
        .where(ranked.c.rank <= window.size + 1)
        .order_by(ranked.c.parent, ranked.c.rank)
    )
    fetched: dict[int, list[Row]] = {parent_id: [] for parent_id in parents}
    for row, parent_id in rows:
        fetched[parent_id].append(row)
    return {parent_id: order.page(found, window) for parent_id, found in fetched.items()}


def counts_by_parent(
    session: Session,
    parent: SQLColumnExpression[Any],
    parents: Iterable[int],
    conditions: Sequence[ColumnElement[bool]],
) -> dict[int, int]:
    """The number of rows of each parent that has any, in one statement."""
    rows = session.execute(select(parent, func.count()).where(parent.in_(set(parents)), *conditions).group_by(parent))
    return {row[0]: row[1] for row in rows}
