"""Answering questions about views: rows, and their number."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from storage.bi.catalogue import Kind, View, catalogue
from storage.bi.dialects import POSTGRESQL, SQLITE
from storage.bi.questions import Condition, Question, Value
from storage.bi.scope import EVERYTHING, Scope
from storage.bi.statements import Statements
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Row:
    """The values of a row, in the order of the question's columns, and its position in the question's order.

    The values are those of their kinds: str, int, Decimal with its currency's digits, date, datetime in UTC, bool, a
    dict or a list for JSON, and None.
    """

    values: tuple[Any, ...]
    position: Sequence[Value]


def views_of(database: Database) -> Mapping[str, View]:
    """The views by name, with a column for each segment of the ledger. Raises what `Database.ask` raises."""
    return catalogue([name for (name,) in database.ask("SELECT name FROM segment ORDER BY id", {})])


def rows(database: Database, view: View, question: Question, scope: Scope = EVERYTHING) -> list[Row]:
    """The rows that answer the question, at one moment. Raises UnfitPosition, and what `Database.ask` raises."""
    statement = statements_of(database).select(view, question, scope)
    read = _READERS_OF_SQLITE if database.is_sqlite else _READERS_OF_POSTGRESQL
    kinds = [view.column(name).kind for name in question.columns] + list(statement.order_kinds)
    width, readers = len(question.columns), [read.get(kind) for kind in kinds]
    found = []
    for row in database.ask(statement.text, statement.parameters):
        values = tuple(
            value if value is None or reader is None else reader(value)
            for value, reader in zip(row, readers, strict=True)
        )
        found.append(Row(values[:width], values[width:]))
    return found


def count(database: Database, view: View, where: Condition, scope: Scope = EVERYTHING) -> int:
    """The number of rows that meet the condition. Raises what `Database.ask` raises."""
    statement = statements_of(database).count(view, where, scope)
    ((number,),) = database.ask(statement.text, statement.parameters)
    return int(number)


def as_of(database: Database) -> datetime:
    """The moment of the ledger's last change: whatever is read from now on has it, and all before.

    Raises what `Database.ask` raises.
    """
    ((moment,),) = database.ask("SELECT moment FROM ledger_clock", {})
    return _moment(moment) if database.is_sqlite else _in_utc(moment)


def statements_of(database: Database) -> Statements:
    """Statements for this database."""
    return Statements(SQLITE if database.is_sqlite else POSTGRESQL)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


_READERS_OF_SQLITE: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.AMOUNT: Decimal,
    Kind.DATE: date.fromisoformat,
    Kind.MOMENT: _moment,
    Kind.BOOLEAN: bool,
    Kind.JSON: json.loads,
}
"""How values are read that the driver gives otherwise."""

_READERS_OF_POSTGRESQL: Mapping[Kind, Callable[[Any], Any]] = {Kind.MOMENT: _in_utc}
