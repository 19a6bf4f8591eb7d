"""Conditions in a session's statements, written as `storage.documents` writes them."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import ColumnElement, TextClause, text
from sqlmodel import Session

from storage.conditions import AllOf, Condition
from storage.database import is_sqlite
from storage.documents.conditions import condition_sql
from storage.documents.json_sql import JsonSql, PostgresqlJson, SqliteJson
from storage.documents.shapes import SHAPES
from storage.documents.statement import Statement
from storage.organizations import limit_of


class _PostgresqlText(PostgresqlJson):
    """With the parameters of SQLAlchemy's texts, which are SQLite's own."""

    def bind(self, name: str) -> str:
        return f":{name}"


_SQLITE, _POSTGRESQL = SqliteJson(), _PostgresqlText()
_ALIAS = "z"
"""What the row's table is called while conditions are written; nothing else is called so."""


def written(
    session: Session, of: type, conditions: Sequence[Condition], joined: Mapping[str, str] = MappingProxyType({})
) -> list[TextClause]:
    """The conditions on rows of that type, whose tables have their own names in the session's statement; as one text.

    `joined` are the names of the tables that the row's shape joins, by their suffixes. A statement can have one such
    text, because its parameters have names.
    """
    if not conditions:
        return []
    json: JsonSql = _SQLITE if is_sqlite(session) else _POSTGRESQL
    statement, shape = Statement(json, limit_of(session)), SHAPES[of]
    tables = {"": shape.table, **joined}
    sql = condition_sql(statement, shape, _ALIAS, AllOf(conditions))
    named = re.sub(rf"\b{_ALIAS}(\w*)\.", lambda found: f"{tables[found[1]]}.", sql)
    return [text(named).bindparams(**statement.parameters)]


def expressions(session: Session, of: type, conditions: Sequence[Condition]) -> list[ColumnElement[bool]]:
    """The same for rows of one table."""
    return [*written(session, of, conditions)]  # type: ignore[list-item]  # a text is a condition
