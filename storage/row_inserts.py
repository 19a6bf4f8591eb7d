"""Inserting many rows at once, when SQLAlchemy's own way would cost more for each row than the database does."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import JSON, Column, Dialect, Table
from sqlmodel import Session

from storage.database import is_sqlite
from storage.driver_rows import copy_in, insert_values


def insert_rows(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, values by the names of columns; all rows have the columns of the first. Flush the session before."""
    if not rows:
        return
    connection = session.connection()
    encoders = {name: _encoder(table.c[name], connection.dialect) for name in rows[0]}
    values = [[row[name] if encode is None else encode(row[name]) for name, encode in encoders.items()] for row in rows]
    write = insert_values if is_sqlite(session) else copy_in
    write(connection, table.name, list(encoders), values)


def _encoder(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """What makes the driver's value of a value of the column; None if it is that already."""
    if isinstance(column.type, JSON):
        return json.dumps
    encode = column.type.dialect_impl(dialect).bind_processor(dialect)
    # Words and dates are few and repeat themselves.
    return None if encode is None else cache(encode)
