"""Keyset pagination: without OFFSET, a deep page costs the same as the first."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, String, and_, false
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.expression import SQLColumnExpression
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session, func, or_, select

from storage.days import parse_day

Row = TypeVar("Row")

_SHOWN_MAX = 100
"""The characters of a wrong cursor that are told."""

_DIGITS_MAX = 18
"""Every number with so many digits fits into the 64 bits of an id."""

ID_MIN, ID_MAX = 0, 2**63 - 1
"""Ids are between these."""


class Signed(int):
    """The type of the values of a sort key that are whole numbers, and may be negative."""


class _ByCodePoints(FunctionElement[str]):
    """A text as it is sorted: PostgreSQL would sort it by the rules of a language."""

    inherit_cache = True
    type = String()


@compiles(_ByCodePoints)
def _plainly(element: _ByCodePoints, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(_ByCodePoints, "postgresql")
def _in_c(element: _ByCodePoints, compiler: Any, **options: Any) -> str:
    return f'{_plainly(element, compiler, **options)} COLLATE "C"'


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
    """A position in the order of a list: the values of the sort keys there. Rows are after it, or before it."""

    key: Sequence[Any]
    after: bool


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list, in the list's order, with each row's cursor."""

    rows: list[Row]
    cursors: list[str]
    has_next: bool
    has_previous: bool


@dataclass(frozen=True, slots=True)
class Key(Generic[Row]):
    """A sort key: its name in `storage.documents`, its expression, the type of its values, and the value of a row.

    Texts are sorted by their code points on every database. Rows without a value are last in either direction.
    """

    name: str
    expression: SQLColumnExpression[Any]
    of: type
    value: Callable[[Row], Any]
    nullable: bool = False
    descending: bool = False

    def is_descending(self, *, backwards: bool) -> bool:
        """The direction in the list, or in the list backwards."""
        return self.descending != backwards

    def clause(self, *, backwards: bool) -> ColumnElement[Any]:
        """The part of an ORDER BY."""
        sorted_ = self._column.desc() if self.is_descending(backwards=backwards) else self._column.asc()
        if not self.nullable:
            return sorted_
        return sorted_.nulls_first() if backwards else sorted_.nulls_last()

    def beyond(self, value: Any, *, after: bool) -> ColumnElement[bool]:
        """The condition that a row is after one with that value, or before it."""
        column = self._column
        if value is None:
            return false() if after else column.is_not(None)
        beyond = column < value if self.is_descending(backwards=not after) else column > value
        return or_(beyond, column.is_(None)) if self.nullable and after else beyond

    def same(self, value: Any) -> ColumnElement[bool]:
        """The condition that a row has that value."""
        return self._column.is_(None) if value is None else self._column == value

    @property
    def _column(self) -> SQLColumnExpression[Any]:
        return _ByCodePoints(self.expression) if self.of is str else self.expression


@dataclass(frozen=True, slots=True)
class Order(Generic[Row]):
    """The sort order of a list: its name, and its sort keys, which are unique together."""

    name: str
    keys: Sequence[Key[Row]]

    def clauses(self, window: Window) -> list[ColumnElement[Any]]:
        """The ORDER BY of a window, reversed if it is counted from the end."""
        return [key.clause(backwards=window.from_end) for key in self.keys]

    def bounds(self, window: Window) -> list[Bound]:
        """The positions of the window's cursors. Raises BadCursor."""
        bounds = []
        if window.after is not None:
            bounds.append(Bound(self.position(window.after), after=True))
        if window.before is not None:
            bounds.append(Bound(self.position(window.before, "before"), after=False))
        return bounds

    def between(self, window: Window) -> list[ColumnElement[bool]]:
        """The conditions for rows between the window's cursors. Raises BadCursor."""
        return [self._beyond(bound) for bound in self.bounds(window)]

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
        """The position of the row in this order: its name and the row's keys, such as `entries by date:2024-12-31:7`.

        In texts, `~0` stands for `~` and `~1` for `:`; a key without a value is `~`.
        """
        return ":".join([self.name, *(_written(key.value(row)) for key in self.keys)])

    def position(self, cursor: str, argument: str = "after") -> list[Any]:
        """The values in a cursor. Raises BadCursor."""
        name, *values = cursor.split(":")
        try:
            if name != self.name:
                raise ValueError
            return [_read(key, value) for key, value in zip(self.keys, values, strict=True)]
        except ValueError as error:
            raise BadCursor(cursor, argument) from error

    def _beyond(self, bound: Bound) -> ColumnElement[bool]:
        condition: ColumnElement[bool] = false()
        for key, value in reversed(list(zip(self.keys, bound.key, strict=True))):
            condition = or_(key.beyond(value, after=bound.after), and_(key.same(value), condition))
        return condition


def ordered(
    name: str, known: Mapping[str, Sequence[Key[Row]]], keys: Sequence[tuple[str, bool]], unique: str
) -> Order[Row]:
    """The order by the keys of these names, each with whether it is descending. The one named `unique` is the last.

    It follows the direction of the key before, if it is not given; keys after it would change nothing. Cursors have
    the order's name, whatever the directions.
    """
    names = [key for key, _ in keys]
    last = (unique, bool(keys) and keys[-1][1])
    keys = keys[: names.index(unique) + 1] if unique in names else [*keys, last]
    by = ", ".join(key for key, _ in keys[:-1])
    return Order(
        f"{name} by {by}" if by else name,
        [replace(key, descending=descending) for one, descending in keys for key in known[one]],
    )


def parse_id(text: str) -> int:
    """The id of a row in a text. Raises ValueError for any other text than digits, and for too many of them."""
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
        raise ValueError(f"{text!r} is not the id of a row")
    return int(text)


def _parse_number(text: str) -> int:
    """A whole number of 64 bits. Raises ValueError."""
    if not _NUMBER.fullmatch(text) or abs(number := int(text)) > ID_MAX:
        raise ValueError(f"{text!r} is not a number of 64 bits")
    return number


def _parse_text(text: str) -> str:
    found = text.replace("~1", ":").replace("~0", "~")
    if _written(found) != text:
        raise ValueError(f"{text!r} is not a text in a cursor")
    return found


def _parse_moment(text: str) -> datetime:
    if not _MOMENT.fullmatch(text):
        raise ValueError(f"{text!r} is not a moment in a cursor")
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


_NUMBER = re.compile(r"-?[0-9]{1,19}")
_MOMENT = re.compile(r"[0-9]{8}T[0-9]{6}\.[0-9]{6}")
_NO_VALUE = "~"

_READERS: dict[type, Callable[[str], Any]] = {
    int: parse_id,
    Signed: _parse_number,
    date: parse_day,
    datetime: _parse_moment,
    str: _parse_text,
}


def _read(key: Key[Any], text: str) -> Any:
    if text == _NO_VALUE and key.nullable:
        return None
    return _READERS[key.of](text)


def _written(value: Any) -> str:
    match value:
        case None:
            return _NO_VALUE
        case str():
            return value.replace("~", "~0").replace(":", "~1")
        case datetime():
            return re.sub("[-:]", "", value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds"))
        case _:
            return str(value)


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
