"""Writing many rows by the driver itself: SQLAlchemy takes longer for a row than the database does."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    import psycopg

ROWS_PER_STATEMENT = (500, 50, 1)
"""Rows of the statements on SQLite: few sizes, because the driver keeps each statement that it has prepared.

500 rows of 12 columns need 6,000 of the 32,766 parameters that SQLite allows by default.
"""


def insert_values(
    connection: Connection, table: str, columns: Sequence[str], rows: Sequence[Sequence[object]], then: str = ""
) -> list[Any]:
    """Insert rows into a table of SQLite. `then` is what follows the values; returns what that returns."""
    into = f"INSERT INTO {table} ({', '.join(columns)}) VALUES"
    remaining = iter(rows)
    returned: list[Any] = []
    for count in statements_of(len(rows)):
        values = tuple(chain.from_iterable(islice(remaining, count)))
        inserted = connection.exec_driver_sql(f"{into} {marks(len(columns), count)} {then}", values)
        if inserted.returns_rows:
            returned += inserted.all()
    return returned


def statements_of(rows: int) -> Iterator[int]:
    """The rows of each statement that together write so many rows on SQLite."""
    for count in ROWS_PER_STATEMENT:
        yield from repeat(count, rows // count)
        rows %= count


def copy_in(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Copy rows into a table of PostgreSQL. Raises what SQLAlchemy raises for an INSERT."""
    with copying(connection, f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


@contextmanager
def copying(
    connection: Connection, statement: str, parameters: Mapping[str, object] | None = None
) -> Iterator["psycopg.Copy"]:
    """A COPY on PostgreSQL. Raises what SQLAlchemy raises for an INSERT."""
    import psycopg  # only here: it takes 10 MB, and imports into SQLite do without

    driver: psycopg.Connection[object] = connection.connection.driver_connection  # type: ignore[assignment]
    try:
        with driver.cursor() as cursor, cursor.copy(statement.encode(), parameters) as copy:
            yield copy
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error, dialect=connection.dialect) from error


@cache
def marks(width: int, count: int) -> str:
    """The parameters of so many rows on SQLite, as they stand after VALUES."""
    return ", ".join([f"({', '.join('?' * width)})"] * count)
