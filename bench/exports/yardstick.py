"""DuckDB writing the items, each time in a process of its own.

`python -m bench.exports.yardstick own FILE TARGET`: from a table in DuckDB's own file.
`python -m bench.exports.yardstick driver URL TARGET`: from the database's view, by the driver of the database.
"""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa  # type: ignore[import-untyped]
from psycopg.types.string import TextLoader

VIEW = "bi_journal_entry_items"
ROWS_AT_A_TIME = 16_384

_OPTIONS = {".csv": "FORMAT csv, HEADER", ".parquet": "FORMAT parquet, COMPRESSION snappy"}

Rows = list[tuple[Any, ...]]


def load(source: Path, file: Path) -> None:
    """Make DuckDB's own file, with the rows of a Parquet file."""
    with duckdb.connect(file) as connection:
        connection.execute(f"CREATE TABLE items AS SELECT * FROM '{source}'")  # noqa: S608


def own(file: str, target: Path) -> None:
    """Write the table of that file."""
    with duckdb.connect(file, read_only=True) as connection:
        connection.execute(f"COPY items TO '{target}' ({_OPTIONS[target.suffix]})")


def by_driver(url: str, target: Path) -> None:
    """Write what the driver reads of the view."""
    select = f"SELECT * FROM {VIEW}"  # noqa: S608
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), check_same_thread=False)) as connection:
            cursor = connection.execute(select)
            _write([name for name, *_ in cursor.description], _fetched(cursor), target)
        return
    with psycopg.connect(url.replace("+psycopg", "")) as server:
        # JSON stays a text, as it is in the other files.
        server.adapters.register_loader("json", TextLoader)
        with server.cursor("items") as named:
            named.execute(select.encode())
            found = _fetched(named)
            first = next(found)
            _write([column.name for column in named.description or ()], chain([first], found), target)


def _fetched(cursor: Any) -> Iterator[Rows]:
    while rows := cursor.fetchmany(ROWS_AT_A_TIME):
        yield rows


def _write(names: list[str], batches: Iterator[Rows], target: Path) -> None:
    found = (pa.record_batch([pa.array(column) for column in zip(*rows, strict=True)], names) for rows in batches)
    first = next(found)
    # A column that is null in the first rows is a text here.
    schema = pa.schema([pa.field(field.name, _kind(field.type)) for field in first.schema])
    items = pa.RecordBatchReader.from_batches(schema, (batch.cast(schema) for batch in chain([first], found)))
    duckdb.register("items", items)
    duckdb.execute(f"COPY items TO '{target}' ({_OPTIONS[target.suffix]})")


def _kind(kind: "pa.DataType") -> "pa.DataType":
    if pa.types.is_null(kind):
        return pa.string()
    return pa.decimal128(23, 4) if pa.types.is_decimal(kind) else kind


if __name__ == "__main__":
    {"own": own, "driver": by_driver}[sys.argv[1]](sys.argv[2], Path(sys.argv[3]))
