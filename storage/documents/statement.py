"""One statement while it is written: aliases, parameters, and selects with just the columns that are needed."""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from functools import partial
from itertools import count

from storage.documents.json_sql import GroupsSql, JsonSql
from storage.documents.shape import Column, Columns, Groups, Shape, Shared
from storage.documents.sorting import Sorting
from storage.pages import ID_MAX, ID_MIN, Bound


class RowColumns:
    """The columns of the rows of one FROM, each read because an expression names it, and what is joined to them."""

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.needed: dict[str, None] = {}
        self.shared: SharedColumns | None = None
        self._joined: dict[str, None] = {}

    def __call__(self, name: str) -> str:
        """The column, as SQL."""
        self.needed[name] = None
        return f"{self.alias}.{name}"

    def join(self, sql: str) -> None:
        """Join another table to the rows, once."""
        self._joined[sql] = None

    @property
    def joined(self) -> str:
        """The joins, in the order in which they were asked for."""
        return "".join(f" {sql}" for sql in self._joined)


class SharedColumns(RowColumns):
    """The columns of the row that rows have in common, and the values that are written once for all of these."""

    def __init__(self, alias: str, of: Shared, rows: str) -> None:
        """`rows` is the alias of the rows that have it in common."""
        super().__init__(alias)
        self.of = of
        self.values: list[str] = []
        self._rows = rows

    def once(self, value: str) -> str:
        """The value, as a column of the rows that have it in common."""
        self.values.append(value)
        return f"{self._rows}.shared{len(self.values)}"

    def has(self, shape: Shape, name: str) -> bool:
        """Whether a column of the rows is a column of the row that they have in common."""
        return name in shape.columns and shape.columns[name][0] == self.of.join

    def select(self, columns: Sequence[str]) -> str:
        """SELECT the values and these columns of all such rows, the id by the name of the column that refers to it."""
        selected = [f"{self.alias}.id AS {self.of.column}", *(f"{self.alias}.{name}" for name in columns)]
        selected += [f"{value} AS shared{number}" for number, value in enumerate(self.values, start=1)]
        return f"SELECT {', '.join(selected)} FROM {self.of.table} AS {self.alias}{self.joined}"


class JoinedColumns:
    """The columns of a row that is joined to another."""

    def __init__(self, alias: str, shape: Shape, to: Columns) -> None:
        self._alias = alias
        self._shape = shape
        self._to = to

    def __call__(self, name: str) -> str:
        """The column, as SQL."""
        column = column_of(self._shape, self._alias, name)
        for join in _needed(self._shape, self._alias, column):
            self.join(self._shape.joins[join].sql.format(row=self._alias))
        return column

    def join(self, sql: str) -> None:
        """Join another table to the rows, once."""
        self._to.join(sql)


class Statement:
    """What the parts of one statement share."""

    def __init__(self, json: JsonSql, organizations: frozenset[str] | None = None) -> None:
        """`organizations` are those to which the rows must belong; by default, all rows are there."""
        self.json = json
        self._organizations = organizations
        self._own: str | None = None
        self.parameters: dict[str, object] = {}
        self._numbers = count(1)

    def alias(self) -> str:
        """An alias that nothing else in the statement has."""
        return f"t{next(self._numbers)}"

    def rows(self) -> RowColumns:
        """The columns of a new FROM."""
        return RowColumns(self.alias())

    def sharing_rows(self, shape: Shape) -> RowColumns:
        """The columns of a new FROM of that shape, whose rows may have a row in common."""
        row = self.rows()
        if shape.shared is not None and self.json.shares_rows:
            row.shared = SharedColumns(self.alias(), shape.shared, row.alias)
        return row

    def bind(self, value: object) -> str:
        """The parameter for the value."""
        return self._bound(self.json.parameter(value.value if isinstance(value, Enum) else value))

    def _bound(self, parameter: object) -> str:
        name = f"p{len(self.parameters) + 1}"
        self.parameters[name] = parameter
        return self.json.bind(name)

    def bind_list(self, values: Sequence[object]) -> str:
        """The parameter for all of the texts or numbers."""
        return self._bound(self.json.list_parameter(values))

    def limits(self, shape: Shape, alias: str) -> list[str]:
        """The condition that the row of the table with that alias belongs to the organisations."""
        if self._organizations is None or shape.within is None:
            return []
        return [shape.within(self.json, alias, self._is_own)]

    def _is_own(self, column: str) -> str:
        if self._own is None:
            self._own = self.bind_list(sorted(self._organizations or ()))
        return self.json.is_one_of(column, self._own)

    def select(
        self,
        shape: Shape,
        row: RowColumns,
        where: Callable[[str], Sequence[str]],
        order: Callable[[Column], str] | None = None,
        limit: int | None = None,
    ) -> str:
        """FROM the rows of the table that meet the conditions, with the columns that `row` needs."""
        alias = self.alias()
        conditions = [*where(alias), *self.limits(shape, alias)]
        ordered = "" if order is None else f" ORDER BY {order(partial(column_of, shape, alias))}"
        if limit is not None:
            ordered += f" LIMIT {int(limit)}"
        columns = _columns(shape, alias, row)
        tables = f"{shape.table} AS {alias}{joins(shape, alias, ' '.join([columns, *conditions, ordered]))}"
        return self._from(shape, row, f"SELECT {columns} FROM {tables}{where_all(conditions)}{ordered}")

    def select_in_groups(
        self,
        shape: Shape,
        groups: Groups,
        row: RowColumns,
        where: Callable[[str], Sequence[str]],
        order: Sorting,
        bounds: Sequence[Bound],
        limit: int,
        *,
        all_groups: bool,
        row_known: bool,
    ) -> str:
        """FROM up to so many rows. Unless rows themselves are compared, as few groups and rows are read as that needs.

        `all_groups` is whether no condition selects groups by an index, and `row_known` whether one selects rows so.
        """
        alias = self.alias()
        column = partial(column_of, shape, alias)
        conditions, ordered = [*where(alias), *self.limits(shape, alias)], order.clause(column)
        # Some rows of a group may meet what is asked of rows, so no group's list may be cut before.
        by_row = any(f"{alias}." in text for text in (ordered, *conditions))
        within = []
        for bound in bounds:
            conditions.append(order.beyond(bound, column, self.bind, groups=not by_row))
            if not by_row:
                more, most = (">", ID_MIN) if order.is_rising(bound) else ("<", ID_MAX)
                of_group, of_row = map(self.bind, bound.key[-2:])
                within.append((more, f"CASE {alias}{groups.suffix}.id WHEN {of_group} THEN {of_row} ELSE {most} END"))
        columns = _columns(shape, alias, row)
        joined = joins(shape, alias, " ".join([columns, ordered, *conditions]), (groups.suffix, groups.list_suffix))
        named = any(f"{alias}." in text for text in (columns, joined, ordered, *conditions))
        tables = _groups_sql(shape, groups, alias, named, all_groups, row_known)
        rows = (
            self.json.in_all_groups(tables)
            if by_row
            else self.json.in_groups(tables, within, order.last_direction, int(limit))
        )
        ordered = f" ORDER BY {ordered} LIMIT {int(limit)}"
        return self._from(shape, row, f"SELECT {columns} FROM {rows}{joined}{where_all(conditions)}{ordered}")

    def all_in_groups(
        self,
        shape: Shape,
        groups: Groups,
        alias: str,
        conditions: Sequence[str],
        *,
        all_groups: bool,
        row_known: bool,
    ) -> str:
        """FROM the groups and all their rows, with what the conditions name."""
        tables = _groups_sql(shape, groups, alias, True, all_groups, row_known)
        joined = joins(shape, alias, " ".join(conditions), (groups.suffix, groups.list_suffix))
        return self.json.in_all_groups(tables) + joined

    def _from(self, shape: Shape, row: RowColumns, select: str) -> str:
        """FROM the rows of the select, with what they share."""
        if (shared := _shared(row)) is not None:
            common = shared.select([name for name in row.needed if shared.has(shape, name)])
            select = self.json.sharing(select, common, f"{shared.alias}.id", shared.of.column)
        return f"({select}) AS {row.alias}"


def _groups_sql(shape: Shape, groups: Groups, alias: str, named: bool, all_groups: bool, row_known: bool) -> GroupsSql:
    group, listed = f"{alias}{groups.suffix}", f"{alias}{groups.list_suffix}"
    return GroupsSql(
        f"{groups.table} AS {group}", f"{groups.lists} AS {listed}", listed,
        f"{group}.id", f"{listed}.{groups.group}", f"{listed}.{groups.row}", groups.group,
        (shape.table, alias) if named else None, all_groups, row_known,
    )  # fmt: skip


def _shared(row: RowColumns) -> SharedColumns | None:
    return row.shared if row.shared is not None and row.shared.values else None


def _columns(shape: Shape, alias: str, row: RowColumns) -> str:
    names: list[str] = list(row.needed)
    if (shared := _shared(row)) is not None:
        names = [shared.of.column, *(name for name in names if not shared.has(shape, name))]
    return ", ".join(f"{column_of(shape, alias, name)} AS {name}" for name in names) or "1 AS one"


def column_of(shape: Shape, alias: str, name: str) -> str:
    """The column of the table with that alias, or of a table joined to it."""
    if (compute := shape.computed.get(name)) is not None:
        return compute(partial(column_of, shape, alias))
    join, column = shape.columns.get(name, ("", name))
    return f"{alias}{join}.{column}"


def joins(shape: Shape, alias: str, text: str, given: Sequence[str] = ()) -> str:
    """The joins of the tables that the text names, without those that are given."""
    needed = (join for join in _needed(shape, alias, text) if join not in given)
    return "".join(f" {shape.joins[join].sql.format(row=alias)}" for join in needed)


def where_all(conditions: Sequence[str]) -> str:
    """The WHERE of these conditions, if there are any."""
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


def _needed(shape: Shape, alias: str, text: str) -> Iterator[str]:
    named = {join for join in shape.joins if f"{alias}{join}." in text}
    for join in list(named):
        while (after := shape.joins[join].after) is not None:
            named.add(after)
            join = after
    return (join for join in shape.joins if join in named)
