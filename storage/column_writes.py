"""Writing columns into a table, in the way that is fastest on each database."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import islice

import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import csv, types
from sqlalchemy import Connection
from sqlmodel import Session

from storage.database import is_sqlite
from storage.driver_rows import copying, marks, statements_of

ROWS_PER_WRITE = 50_000
"""Rows that are turned into the values or the text of statements at a time."""


def write_columns(session: Session, table: str, rows: "pa.Table") -> None:
    """Insert rows; the columns have the names of the table's."""
    connection = session.connection()
    if is_sqlite(session):
        insert_columns(connection, table, rows)
    else:
        copy_columns(connection, table, rows)


def insert_columns(connection: Connection, table: str, rows: "pa.Table", otherwise: str = "") -> int:
    """Insert rows into a table of SQLite. `otherwise` is an ON CONFLICT. Returns how many rows went in."""
    rows = filled(rows)
    # The whole posting is undone if a statement fails, so SQLite need not prepare to undo the one statement.
    into = f"INSERT OR FAIL INTO {table} ({', '.join(rows.column_names)}) VALUES"
    return sum(
        connection.exec_driver_sql(f"{into} {marks(rows.num_columns, count)} {otherwise}", values).rowcount
        for values, count in parameters(rows)
    )


def parameters(rows: "pa.Table") -> Iterator[tuple[tuple[object, ...], int]]:
    """The values row by row, for the rows of one statement of SQLite at a time, and the number of these rows."""
    width = rows.num_columns
    for start in range(0, len(rows), ROWS_PER_WRITE):
        part = rows.slice(start, ROWS_PER_WRITE)
        values: list[object] = [None] * (width * len(part))
        for place, column in enumerate(part.columns):
            # The driver has no dates.
            values[place::width] = (column.cast(pa.string()) if types.is_date(column.type) else column).to_pylist()
        remaining = iter(values)
        for count in statements_of(len(part)):
            yield tuple(islice(remaining, width * count)), count


def copy_columns(connection: Connection, table: str, rows: "pa.Table") -> None:
    """Copy rows into a table of PostgreSQL. Raises what SQLAlchemy raises for an INSERT."""
    if not len(rows):
        return
    rows = filled(rows)
    statement = f"COPY {table} ({', '.join(rows.column_names)}) FROM STDIN (FORMAT csv)"
    with copying(connection, statement) as copy:
        for start in range(0, len(rows), ROWS_PER_WRITE):
            copy.write(_as_csv(rows.slice(start, ROWS_PER_WRITE)))


def _as_csv(rows: "pa.Table") -> memoryview:
    """The rows as COPY expects them: a null is nothing, and no text is empty."""
    try:
        # Without quotes the server takes a sixth less time for an import.
        return _written(rows, "none")
    except pa.ArrowInvalid:
        return _written(rows, "needed")  # a text has a quote, a comma or the end of a line


def _written(rows: "pa.Table", quoting: str) -> memoryview:
    text = BytesIO()
    csv.write_csv(rows, text, csv.WriteOptions(include_header=False, quoting_style=quoting))
    return text.getbuffer()


def as_array(row_ids: Sequence[int]) -> "pa.Int64Array":
    """Row ids as a column."""
    return pa.arange(row_ids.start, row_ids.stop) if isinstance(row_ids, range) else pa.array(row_ids, pa.int64())


def filled(rows: "pa.Table") -> "pa.Table":
    """Without the columns that have no value at all."""
    return rows.select([name for name in rows.column_names if rows[name].null_count < len(rows)])
