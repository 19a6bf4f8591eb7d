"""One page of a list, as SQL: rows in the order of the list, cursors, the position of the page, and the count."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from typing import Any

from storage.conditions import Comparing, Comparison, Referring
from storage.documents.conditions import condition_sql
from storage.documents.shape import Column, Columns, Listed
from storage.documents.shapes import SHAPES
from storage.documents.sorting import Sorting
from storage.documents.statement import RowColumns, Statement, column_of, joins, where_all
from storage.documents.words import Paged
from storage.pages import Key


class PageSql:
    """The page that a window selects, of the list of one row."""

    def __init__(self, statement: Statement, listed: Listed, parent: Columns, page: Paged) -> None:
        self.shape = SHAPES[listed.of]
        self._statement = statement
        self._json = statement.json
        self._listed = listed
        self._parent = parent
        self._order, self._window, self._bounds, self._filter = page.order, page.window, page.bounds, page.conditions
        keys = page.order.keys
        self._forwards, self._counted = Sorting(self._json, keys), Sorting(self._json, keys, page.window.from_end)

    def array(self, element: Callable[[RowColumns], str]) -> str:
        """The array of an element of each row of the page."""
        row = self._statement.sharing_rows(self.shape)
        written, forwards = element(row), self._forwards.clause(row)
        rows = self._rows(row, self._window.size)
        if self._window.from_end and not self._json.sorts_arrays:
            rows = f"(SELECT * FROM {rows} ORDER BY {forwards}) AS {row.alias}"
        return self._json.array(written, rows + row.joined, forwards)

    def cursor(self, row: Column) -> str:
        """The cursor of a row."""
        parts = [f"'{self._order.name}'", *(self._key_text(key, row(key.name)) for key in self._order.keys)]
        text = " || ':' || ".join(parts)
        return self._json.text(text) if any(key.of is str for key in self._order.keys) else self._json.name(text)

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
        if self._listed.counted is not None and not any(f"{alias}." in one for one in conditions):
            total, table = (text.format(row=alias) for text in self._listed.counted)
        elif (groups := self.shape.groups) is not None:
            table = self._statement.all_in_groups(self.shape, groups, alias, conditions, **self._indexes)
        else:
            table += joins(self.shape, alias, " ".join(conditions))
        counted = f"(SELECT coalesce({total}, 0) AS number FROM {table}{where_all(conditions)}) AS counted"
        return f"(SELECT {self._json.count('number')} FROM {counted})"

    def _end(self, *, counted_from: bool) -> str:
        """The cursor at that end of the page from which its rows are counted, or at the other."""
        row = self._statement.rows()
        cursor = self.cursor(row)
        if counted_from:
            return self._json.optional(cursor, self._rows(row, min(1, self._window.size)))
        other = Sorting(self._json, self._order.keys, not self._window.from_end).clause(row)
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
            return self._statement.select_in_groups(
                self.shape, groups, row, self._belonging, self._counted, self._bounds, size, **self._indexes
            )
        return self._statement.select(self.shape, row, self._conditions, self._counted.clause, size)

    @property
    def _indexes(self) -> dict[str, bool]:
        """Whether no condition or order selects groups by an index, and whether one selects rows by theirs.

        Groups have one by what the list belongs to, which may be nothing, and by the first of several sort keys.
        """
        known = [
            one.column
            for one in self._filter
            if isinstance(one, Referring) or (isinstance(one, Comparing) and one.comparison is not Comparison.IS_SET)
        ]
        by_group = self._listed.where is not None or "journal_entry_id" in known or len(self._order.keys) > 2
        return {"all_groups": not by_group, "row_known": "transaction_id" in known}

    def _belonging(self, alias: str) -> list[str]:
        """The conditions of the whole list."""
        where = [] if self._listed.where is None else [self._listed.where(alias, self._parent)]
        return where + [condition_sql(self._statement, self.shape, alias, one) for one in self._filter]

    def _conditions(self, alias: str) -> list[str]:
        column = partial(column_of, self.shape, alias)
        return self._belonging(alias) + [
            self._counted.beyond(bound, column, self._statement.bind) for bound in self._bounds
        ]

    def _key_text(self, key: Key[Any], column: str) -> str:
        """The value of a sort key as a cursor has it, as `storage.pages` writes it."""
        if key.of is date:
            text = self._json.day_text(column)
        elif key.of is datetime:
            text = self._json.moment_text(column)
        elif key.of is str:
            text = f"replace(replace({column}, '~', '~0'), ':', '~1')"
        else:
            text = f"CAST({column} AS TEXT)"
        return f"coalesce({text}, '~')" if key.nullable else text
