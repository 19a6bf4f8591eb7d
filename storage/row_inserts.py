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
    """Insert rows, values by column; all rows have the columns of the first. Flush the session before."""
    if not rows:
        return
    connection = session.connection()
    columns = [table.c[name] for name in rows[0]]
    encoders = [_encoder(column, connection.dialect) for column in columns]
    values = [
        [row[column.name] if encode is None else encode(row[column.name]) for row in rows]
        for column, encode in zip(columns, encoders, strict=True)
    ]
    write = insert_values if is_sqlite(session) else copy_in
    write(connection, table.name, [column.name for column in columns], list(zip(*values, strict=True)))


def _encoder(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """What makes the driver's value of a value of the column; None if it is that already."""
    if isinstance(column.type, JSON):
        return json.dumps
    encode = column.type.dialect_impl(dialect).bind_processor(dialect)
    # Words and dates are few and repeat themselves.
    return None if encode is None else cache(encode)
