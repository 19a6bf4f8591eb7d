"""Long answers in columns: one statement, read at one moment, in batches of some thousand rows.

For a million rows, an object in Python for each value takes longer than the database does.
"""

import sqlite3
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from io import BytesIO
from typing import Any

import psycopg
import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import csv
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from storage.bi.catalogue import Column, Kind, View
from storage.bi.questions import Condition
from storage.bi.reading import statements_of
from storage.bi.scope import EVERYTHING, Scope
from storage.bi.statements import ALL, Statement
from storage.database import Database, is_sqlite
from storage.deadline import stopped_at_deadline
from storage.driver_rows import copying

ROWS_PER_BATCH = 16_384

_BLOCK_BYTES = 4 << 20
"""What is read of a COPY before it is parsed."""

_TYPES = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.AMOUNT: pa.string(),
    Kind.DATE: pa.date32(),
    Kind.MOMENT: pa.timestamp("us", "UTC"),
    Kind.BOOLEAN: pa.bool_(),
    Kind.JSON: pa.string(),
}


def schema_of(columns: Sequence[Column]) -> "pa.Schema":
    """The schema of batches with these columns. An amount is a text, with the digits of its currency."""
    return pa.schema([pa.field(column.name, _TYPES[column.kind]) for column in columns])


def batches(
    database: Database, view: View, columns: Sequence[str], where: Condition = ALL, scope: Scope = EVERYTHING
) -> Generator["pa.RecordBatch"]:
    """The rows of the view that meet the condition, at one moment and in no stated order; memory stays flat.

    Who stops before the end closes the iterator, which stops the statement. Raises what `Database.read` raises.
    """
    statement = statements_of(database).all_rows(view, columns, where, scope)
    return read_batches(database, statement, [view.column(name) for name in columns])


def read_batches(database: Database, statement: Statement, columns: Sequence[Column]) -> Generator["pa.RecordBatch"]:
    """The rows that the statement returns; they have these columns. As `batches`."""
    with database.read() as session:
        way = _stepped if is_sqlite(session) else _copied
        yield from way(session.connection(), statement, schema_of(columns))


def _stepped(connection: Connection, statement: Statement, schema: "pa.Schema") -> Generator["pa.RecordBatch"]:
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    text, parameters = statement.text, statement.parameters
    converters = [_CONVERTED.get(field.type, pa.array) for field in schema]
    try:
        with closing(driver.execute(text, parameters)) as cursor:
            while rows := cursor.fetchmany(ROWS_PER_BATCH):
                values = zip(converters, zip(*rows, strict=True), schema.types, strict=True)
                yield pa.record_batch([convert(column, kind) for convert, column, kind in values], schema)
    except sqlite3.Error as error:
        raise DBAPIError.instance(text, None, error, sqlite3.Error, dialect=connection.dialect) from error


def _dates(values: Sequence[Any], kind: "pa.DataType") -> "pa.Array":
    return pa.array(values, pa.string()).cast(kind)


def _moments(values: Sequence[Any], kind: "pa.DataType") -> "pa.Array":
    return pa.array(values, pa.string()).cast(pa.timestamp("us")).cast(kind)


def _booleans(values: Sequence[Any], kind: "pa.DataType") -> "pa.Array":
    return pa.array(values, pa.int8()).cast(kind)


_CONVERTED: Mapping["pa.DataType", Callable[[Sequence[Any], "pa.DataType"], "pa.Array"]] = {
    _TYPES[Kind.DATE]: _dates,
    _TYPES[Kind.MOMENT]: _moments,
    _TYPES[Kind.BOOLEAN]: _booleans,
}
"""How what SQLite has as text or number becomes a value."""


def _copied(connection: Connection, statement: Statement, schema: "pa.Schema") -> Generator["pa.RecordBatch"]:
    text, parameters = statement.text, statement.parameters
    read = csv.ReadOptions(column_names=schema.names, block_size=2 * _BLOCK_BYTES)
    # COPY quotes an empty text, and a null is nothing at all.
    convert = csv.ConvertOptions(
        column_types=schema,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        true_values=["t"],
        false_values=["f"],
    )
    # A row of one null is an empty line.
    parse = csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)

    def parsed(block: BytesIO) -> Generator["pa.RecordBatch"]:
        table = csv.read_csv(pa.py_buffer(block.getbuffer()), read, parse, convert)
        for batch in table.combine_chunks().to_batches(ROWS_PER_BATCH):
            yield batch.cast(schema)

    driver: psycopg.Connection[object] = connection.connection.driver_connection  # type: ignore[assignment]
    with (
        stopped_at_deadline(driver.cancel_safe),
        copying(connection, f"COPY ({text}) TO STDOUT (FORMAT csv)", parameters) as copy,
    ):
        block = BytesIO()
        for row in copy:
            if block.write(row) and block.tell() >= _BLOCK_BYTES:
                yield from parsed(block)
                block = BytesIO()
        if block.tell():
            yield from parsed(block)
