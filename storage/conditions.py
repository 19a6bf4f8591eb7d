"""Conditions on the rows of a list, once for SQLAlchemy's statements and for `storage.documents`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, select, table
from sqlalchemy import column as column_named
from sqlalchemy.sql.expression import SQLColumnExpression


class Comparison(Enum):
    """What a condition asks of a column. IN_PERIOD compares the period's id with a name."""

    EQUALS = "="
    AT_LEAST = ">="
    AT_MOST = "<="
    IN = "in"
    IN_PERIOD = "in period"
    IS_SET = "is set"
    IS_NOT_SET = "is not set"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on one column of a row."""

    column: str
    comparison: Comparison
    value: Any = None

    def on(self, column: SQLColumnExpression[Any]) -> ColumnElement[bool]:
        """The condition on that column, as SQLAlchemy writes it."""
        return _EXPRESSIONS[self.comparison](column, self.value)


def numbered(number: str) -> Condition:
    """The condition that a run or an entry has that number."""
    return Condition("number", Comparison.EQUALS, number)


def named(name: str) -> Condition:
    """The condition that an accounting code or period has that name."""
    return Condition("name", Comparison.EQUALS, name)


def given(column: str, comparison: Comparison, value: Any) -> list[Condition]:
    """The condition, unless its value is None, which means any."""
    return [] if value is None else [Condition(column, comparison, value)]


def expressions(model: type, conditions: Iterable[Condition]) -> list[ColumnElement[bool]]:
    """The conditions on the columns of a table, as SQLAlchemy writes them."""
    return [condition.on(getattr(model, condition.column)) for condition in conditions]


def _in_period(column: SQLColumnExpression[Any], name: str) -> ColumnElement[bool]:
    periods = table("accounting_period", column_named("id"), column_named("name"))
    return column.in_(select(periods.c.id).where(periods.c.name == name))


_EXPRESSIONS: dict[Comparison, Callable[[SQLColumnExpression[Any], Any], ColumnElement[bool]]] = {
    Comparison.EQUALS: lambda column, value: column == value,
    Comparison.AT_LEAST: lambda column, value: column >= value,
    Comparison.AT_MOST: lambda column, value: column <= value,
    Comparison.IN: lambda column, values: column.in_(values),
    Comparison.IN_PERIOD: _in_period,
    Comparison.IS_SET: lambda column, _: column.is_not(None),
    Comparison.IS_NOT_SET: lambda column, _: column.is_(None),
}
