"""What a kind of row has: values, related rows and lists, each by the name that the row's class gives it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum as PythonEnum
from typing import Any, Protocol

import sqlalchemy
from sqlalchemy import JSON, BigInteger, Boolean, Date, Enum, Integer, inspect
from sqlmodel import SQLModel

from storage.columns import UtcDateTime, WordList
from storage.documents.json_sql import JsonSql
from storage.documents.limits import Within

Column = Callable[[str], str]
"""The column with that name, as SQL."""


class Columns(Protocol):
    """The columns of the row at hand, as SQL. To name a column is to have it read."""

    def __call__(self, name: str) -> str: ...

    def join(self, sql: str) -> None:
        """Join another table to the row, once."""


@dataclass(frozen=True, slots=True)
class Expression:
    """How a value is written as JSON."""

    write: Callable[[JsonSql, Columns], str]
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    """A table that has columns of the row too: its JOIN, in which {row} stands for the row's own table.

    `after` is the join that it follows.
    """

    sql: str
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Groups:
    """The table of the groups that the rows stand in, and the table with the list of each group's rows.

    In the second, `group` and `row` are the ids. The alias of each is that of the row with its suffix after it, as with
    a Join.
    """

    table: str
    suffix: str
    lists: str
    list_suffix: str
    group: str
    row: str


@dataclass(frozen=True, slots=True)
class Relation:
    """The row of another kind that a row refers to. `where` is its condition, with the alias of its table."""

    of: type
    where: Callable[[str, Columns], str]
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Belongings:
    """The rows of another kind that belong to a row, all of them. `order` is their ORDER BY."""

    of: type
    where: Callable[[str, Columns], str]
    order: Callable[[Column], str]


@dataclass(frozen=True, slots=True)
class Parts:
    """Rows that a JSON column of the row has in it, with name and value, in the order of position."""

    rows: Callable[[JsonSql, Column, str], str]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of rows, read in pages. `where` is the condition of belonging to the row, if not all do.

    `counted` is how the whole list is counted if not by its rows: a sum, and the table that it is of, in which {row}
    stands for the alias that `where` and conditions expect.
    """

    of: type
    where: Callable[[str, Columns], str] | None = None
    counted: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Shared:
    """A row that many rows have in common: its table, the column that refers to it, and the join to it.

    `related` follow from it alone, and are worth to be written once. Its columns have the names that rows know them by.
    """

    table: str
    column: str
    join: str
    related: Sequence[str]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kind of row has. `columns` are those of joined tables: the join, and the name there. `computed` are
    columns that conditions and orders have, from others.

    Pages of rows that stand in `groups` are in the order of groups, then of rows, both by id. `within` is the condition
    that a row belongs to some organisations, if rows do.
    """

    table: str
    values: Mapping[str, Expression]
    related: Mapping[str, Relation | Belongings | Parts] = field(default_factory=dict)
    lists: Mapping[str, Listed] = field(default_factory=dict)
    joins: Mapping[str, Join] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    computed: Mapping[str, Callable[[Column], str]] = field(default_factory=dict)
    groups: Groups | None = None
    shared: Shared | None = None
    within: Within | None = None


def values_of(row: type[SQLModel], names: Sequence[str] = ()) -> dict[str, Expression]:
    """An expression for each column of the table, by the type of the column. `names` are texts without escapes."""
    return {
        attribute.key: _expression(attribute.columns[0], attribute.key in names)
        for attribute in inspect(row).column_attrs
        if not isinstance(attribute.columns[0].type, JSON) or attribute.key == "organization_labels"
    }


def amount(column: str, currency: str, digits: str, *, nullable: bool = False) -> Expression:
    """An amount in minor units, with the decimals of its currency; `digits` is a column of a joined table."""

    def write(json: JsonSql, row: Columns) -> str:
        return json.amount(row(column), json.digits(row(currency), lambda: row(digits)), nullable)

    return Expression(write, nullable)


def words_of(vocabulary: type[PythonEnum]) -> dict[str, str]:
    """The names of the words that the database stores."""
    return {word.value: word.name for word in vocabulary}


def _expression(column: sqlalchemy.Column[Any], is_name: bool) -> Expression:
    name, kind = column.name, column.type
    writers: list[tuple[type, Callable[[JsonSql, str], str]]] = [
        (Enum, lambda json, sql: json.word(sql, words_of(kind.enum_class))),  # type: ignore[attr-defined]
        (WordList, lambda json, sql: json.words(sql, words_of(kind.words))),  # type: ignore[attr-defined]
        (JSON, lambda json, sql: json.texts(sql)),
        (UtcDateTime, lambda json, sql: json.moment(sql)),
        (Date, lambda json, sql: json.day(sql)),
        (Boolean, lambda json, sql: json.truth(sql)),
        (BigInteger, lambda json, sql: json.count(sql)),
        (Integer, lambda json, sql: json.number(sql)),
    ]
    text: Callable[[JsonSql, str], str] = (
        (lambda json, sql: json.name(sql)) if is_name else lambda json, sql: json.text(sql)
    )
    write = next((writer for of, writer in writers if isinstance(kind, of)), text)
    return Expression(lambda json, row: write(json, row(name)), bool(column.nullable))
