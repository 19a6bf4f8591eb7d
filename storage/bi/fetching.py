"""Rows of the drivers in columns.

On PostgreSQL they are copied as CSV, which Arrow reads. On SQLite, where the driver makes an object of each value, each
row is one text, of cells between separators that no name in the ledger has.
"""

import json
import sqlite3
from collections.abc import Callable, Generator, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from io import BytesIO
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import csv
from sqlalchemy.exc import DBAPIError

from storage.bi.catalogue import Kind
from storage.bi.statements import AllRows
from storage.database import Database, DatabaseError
from storage.deadline import stopped_at_deadline
from storage.driver_rows import copying

if TYPE_CHECKING:
    import psycopg

Item = TypeVar("Item")

ROWS_PER_BATCH = 16_384

FREE_TEXTS = frozenset({"notes", "error_message"})
"""The columns with texts that may have control characters; in all others they are refused (`storage.texts`)."""

_BLOCK_BYTES = 4 << 20
"""What is read of a COPY before it is parsed."""

_SEPARATOR, _NULL = "\x1f", "\x1e"

_ARGUMENTS_MAX = 100
"""SQLite allows 127 arguments of a function."""


class UnfitName(DatabaseError):
    """A name in the ledger has the control character U+001F, which this release refuses; change it."""


TYPES = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.DATE: pa.date32(),
    Kind.MOMENT: pa.timestamp("us", "UTC"),
    Kind.BOOLEAN: pa.bool_(),
    Kind.JSON: pa.string(),
}
"""What columns are fetched as; amounts come as minor units and digits."""


def fetched(database: Database, rows: AllRows) -> Generator["pa.RecordBatch"]:
    """The rows, at one moment. Raises what `Database.read` raises."""
    if database.is_sqlite:
        for lines in _ahead(_lines(database, rows)):
            yield _parsed(lines, rows.columns)
    else:
        read = _reader_of_csv(rows.columns)
        for block in _ahead(_copied(database, rows)):
            yield from read(block).to_batches(ROWS_PER_BATCH)


def _ahead(items: Generator[Item]) -> Generator[Item]:
    """The same items, each read in a thread while the one before is at work."""

    def following() -> Item | None:
        return next(items, None)

    with closing(items), ThreadPoolExecutor(1, "read-ahead") as thread:
        # The deadline is in the context.
        coming = thread.submit(copy_context().run, following)
        while (item := coming.result()) is not None:
            coming = thread.submit(copy_context().run, following)
            yield item


def _copied(database: Database, rows: AllRows) -> Generator[memoryview]:
    """Some megabytes of CSV at a time, which end with a row.

    The transaction ends with the last row: the server would end it if it were idle while a client reads slowly.
    """
    text = f"COPY ({' UNION ALL '.join(rows.texts)}) TO STDOUT (FORMAT csv)"
    with database.read() as session:
        connection = session.connection()
        driver: psycopg.Connection[object] = connection.connection.driver_connection  # type: ignore[assignment]
        with stopped_at_deadline(driver.cancel_safe), copying(connection, text, rows.parameters) as copy:
            yield from _blocks(copy)


def _blocks(rows: Iterable[bytes | bytearray | memoryview]) -> Generator[memoryview]:
    block = BytesIO()
    for row in rows:
        if block.write(row) and block.tell() >= _BLOCK_BYTES:
            yield block.getbuffer()
            block = BytesIO()
    if block.tell():
        yield block.getbuffer()


def _reader_of_csv(columns: Mapping[str, Kind]) -> Callable[[memoryview], "pa.Table"]:
    read = csv.ReadOptions(column_names=list(columns), block_size=2 * _BLOCK_BYTES)
    # COPY quotes an empty text, and a null is nothing at all.
    convert = csv.ConvertOptions(
        column_types={name: TYPES[kind] for name, kind in columns.items()},
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        true_values=["t"],
        false_values=["f"],
    )
    # A row of one null is an empty line.
    parse = csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
    return lambda block: csv.read_csv(pa.py_buffer(block), read, parse, convert).combine_chunks()


def _lines(database: Database, rows: AllRows) -> Generator[list[str]]:
    line = _line(rows.columns)
    text = " UNION ALL ".join(f"SELECT {line} FROM ({part})" for part in rows.texts)
    with database.read() as session:
        connection = session.connection()
        driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        try:
            with closing(driver.execute(text, rows.parameters)) as cursor:
                while found := cursor.fetchmany(ROWS_PER_BATCH):
                    yield [line for (line,) in found]
        except sqlite3.Error as error:
            raise DBAPIError.instance(text, None, error, sqlite3.Error, dialect=connection.dialect) from error


def _line(columns: Mapping[str, Kind]) -> str:
    """All cells of a row as one text."""
    cells = [f"json_quote({name})" if name in FREE_TEXTS else f"ifnull({name}, char({ord(_NULL)}))" for name in columns]
    parts = [cells[at : at + _ARGUMENTS_MAX] for at in range(0, len(cells), _ARGUMENTS_MAX)]
    return f" || char({ord(_SEPARATOR)}) || ".join(
        f"printf('{_SEPARATOR.join(['%s'] * len(part))}', {', '.join(part)})" for part in parts
    )


def _parsed(lines: list[str], columns: Mapping[str, Kind]) -> "pa.RecordBatch":
    data = "\n".join(lines).encode()
    if data.count(_SEPARATOR.encode()) != len(lines) * (len(columns) - 1):
        raise UnfitName(UnfitName.__doc__)
    if data.count(b"\n") == len(lines) - 1 and b"\r" not in data:
        cells = _read_lines(data, columns)
    else:
        # A name that an earlier release has taken, with an end of line in it.
        cells = _split(lines, columns)
    return pa.record_batch([_value(cells[name], name, kind) for name, kind in columns.items()], list(columns))


def _read_lines(data: bytes, columns: Mapping[str, Kind]) -> "pa.Table":
    read = csv.ReadOptions(column_names=list(columns), block_size=max(_BLOCK_BYTES, len(data) + 1))
    parse = csv.ParseOptions(delimiter=_SEPARATOR, quote_char=False, ignore_empty_lines=False)
    convert = csv.ConvertOptions(
        column_types={
            name: pa.timestamp("us") if kind is Kind.MOMENT else TYPES[kind] for name, kind in columns.items()
        },
        null_values=[_NULL],
        strings_can_be_null=True,
        true_values=["1"],
        false_values=["0"],
    )
    return csv.read_csv(pa.py_buffer(data), read, parse, convert).combine_chunks()


def _split(lines: list[str], columns: Mapping[str, Kind]) -> "pa.Table":
    cells = zip(*(line.split(_SEPARATOR) for line in lines), strict=True)
    arrays = [pa.array([None if cell == _NULL else cell for cell in column], pa.string()) for column in cells]
    return pa.table(arrays, list(columns))


def _value(cells: "pa.ChunkedArray", name: str, kind: Kind) -> "pa.Array":
    """The cells of a column as its values."""
    cell = cells.chunk(0)
    if name in FREE_TEXTS:
        distinct = cell.dictionary_encode()
        texts = pa.array([json.loads(text) for text in distinct.dictionary.to_pylist()], pa.string())
        return texts.take(distinct.indices)
    if kind is Kind.MOMENT:
        return cell.cast(pa.timestamp("us")).cast(TYPES[kind])
    if kind is Kind.BOOLEAN and pa.types.is_string(cell.type):
        return cell.cast(pa.int8()).cast(pa.bool_())
    return cell.cast(TYPES[kind])
