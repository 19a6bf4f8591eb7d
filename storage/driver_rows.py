"""Writing many rows by the driver itself: SQLAlchemy takes longer for a row than the database does."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain, islice
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

ROWS_PER_STATEMENT = 500
"""Rows of one statement on SQLite; of 12 columns they need 6,000 of the 32,766 parameters that it allows by default."""


def insert_values(
    connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]], then: str = ""
) -> list[Any]:
    """Insert rows into a table of SQLite. `then` is what follows the values; returns what that returns."""
    into = f"INSERT INTO {table} ({', '.join(columns)}) VALUES"
    remaining = iter(rows)
    returned: list[Any] = []
    while part := list(islice(remaining, ROWS_PER_STATEMENT)):
        values = tuple(chain.from_iterable(part))
        inserted = connection.exec_driver_sql(f"{into} {marks(len(columns), len(part))} {then}", values)
        if inserted.returns_rows:
            returned += inserted
    return returned


def copy_in(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Copy rows into a table of PostgreSQL. Raises what SQLAlchemy raises for an INSERT."""
    with copying(connection, f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


@contextmanager
def copying(connection: Connection, statement: str) -> Iterator[psycopg.Copy]:
    """A COPY on PostgreSQL. Raises what SQLAlchemy raises for an INSERT."""
    driver: psycopg.Connection[object] = connection.connection.driver_connection  # type: ignore[assignment]
    try:
        with driver.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            yield copy
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error, dialect=connection.dialect) from error


@cache
def marks(width: int, count: int) -> str:
    """The parameters of so many rows on SQLite, as they stand after VALUES."""
    return ", ".join([f"({', '.join('?' * width)})"] * count)
