"""One page of a list, as SQL: rows in the order of the list, cursors, the position of the page, and the count."""

from collections.abc import Callable
from datetime import date

from storage.conditions import Comparison
from storage.documents.shape import Column, Columns, Listed
from storage.documents.shapes import SHAPES
from storage.documents.statement import RowColumns, Statement, column_of, joins, where_all
from storage.documents.words import Paged
from storage.pages import Bound


class PageSql:
    """The page that a window selects, of the list of one row."""

    def __init__(self, statement: Statement, listed: Listed, parent: Columns, page: Paged) -> None:
        self.shape = SHAPES[listed.of]
        self._statement = statement
        self._json = statement.json
        self._listed = listed
        self._parent = parent
        self._order, self._window, self._bounds, self._filter = page.order, page.window, page.bounds, page.conditions
        self._keys = page.order.names
        self._backwards = page.order.descending != page.window.from_end

    def array(self, element: Callable[[RowColumns], str]) -> str:
        """The array of an element of each row of the page."""
        row = self._statement.sharing_rows(self.shape)
        written, forwards = element(row), self._by_keys(row, backwards=self._order.descending)
        rows = self._rows(row, self._window.size)
        if self._window.from_end and not self._json.sorts_arrays:
            rows = f"(SELECT * FROM {rows} ORDER BY {forwards}) AS {row.alias}"
        return self._json.array(written, rows + row.joined, forwards)

    def cursor(self, row: Column) -> str:
        """The cursor of a row."""
        keys = zip(self._keys, self._order.types, strict=True)
        parts = [self._json.day_text(row(key)) if of is date else row(key) for key, of in keys]
        text = " || ':' || ".join([f"'{self._order.name}'", *parts])
        return self._json.text(text) if str in self._order.types else self._json.name(text)

    def start_cursor(self) -> str:
        """The cursor of the first row of the page; NULL if it is empty."""
        return self._end(counted_from=not self._window.from_end)

    def end_cursor(self) -> str:
        """The cursor of the last row of the page; NULL if it is empty."""
        return self._end(counted_from=self._window.from_end)

    def has_next(self) -> str:
        """Whether rows follow the page."""
        return self._literal(self._window.before is not None) if self._window.from_end else self._more()

    def has_previous(self) -> str:
        """Whether rows precede the page."""
        return self._more() if self._window.from_end else self._literal(self._window.after is not None)

    def count(self) -> str:
        """The number of rows in the whole list."""
        alias = self._statement.alias()
        conditions = [*self._belonging(alias), *self._statement.limits(self.shape, alias)]
        total, table = "count(*)", f"{self.shape.table} AS {alias}"
        if self._listed.counted is None:
            table += joins(self.shape, alias, " ".join(conditions))
        else:
            total, table = (text.format(row=alias) for text in self._listed.counted)
        counted = f"(SELECT coalesce({total}, 0) AS number FROM {table}{where_all(conditions)}) AS counted"
        return f"(SELECT {self._json.count('number')} FROM {counted})"

    def _end(self, *, counted_from: bool) -> str:
        """The cursor at that end of the page from which its rows are counted, or at the other."""
        row = self._statement.rows()
        cursor = self.cursor(row)
        if counted_from:
            return self._json.optional(cursor, self._rows(row, min(1, self._window.size)))
        other = self._by_keys(row, backwards=not self._backwards)
        return self._json.optional(cursor, f"{self._rows(row, self._window.size)} ORDER BY {other} LIMIT 1")

    def _more(self) -> str:
        size = self._window.size
        rows = self._rows(self._statement.rows(), size + 1)
        return self._json.truth(f"((SELECT count(*) FROM {rows}) > {size})")

    def _literal(self, value: bool) -> str:
        return self._json.literal("true" if value else "false")

    def _rows(self, row: RowColumns, size: int) -> str:
        """FROM up to so many rows of the list between the window's cursors."""
        if (groups := self.shape.groups) is not None:
            direction = _direction(self._backwards)
            return self._statement.select_in_groups(
                self.shape, groups, row, self._belonging, self._bounds, direction, size, all_groups=self._all_groups
            )
        return self._statement.select(
            self.shape, row, self._conditions, lambda table: self._by_keys(table, backwards=self._backwards), size
        )

    @property
    def _all_groups(self) -> bool:
        """Whether no condition selects groups by an index, which they have by what the list belongs to, and by NULL."""
        return self._listed.where is None and all(one.comparison is not Comparison.IS_NOT_SET for one in self._filter)

    def _belonging(self, alias: str) -> list[str]:
        """The conditions of the whole list."""
        where = [] if self._listed.where is None else [self._listed.where(alias, self._parent)]
        return where + [self._statement.condition(self.shape, alias, one) for one in self._filter]

    def _conditions(self, alias: str) -> list[str]:
        return self._belonging(alias) + [self._beyond(alias, bound) for bound in self._bounds]

    def _beyond(self, alias: str, bound: Bound) -> str:
        columns = ", ".join(column_of(self.shape, alias, key) for key in self._keys)
        return f"({columns}) {'>' if bound.later else '<'} ({', '.join(map(self._statement.bind, bound.key))})"

    def _by_keys(self, column: Column, *, backwards: bool) -> str:
        return ", ".join(column(key) + _direction(backwards) for key in self._keys)


def _direction(backwards: bool) -> str:
    return " DESC" if backwards else ""
