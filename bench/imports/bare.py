"""Bare inserts of a file's rows, each in a process of its own: prints the processor time without reading the file.

`python -m bench.imports.bare sqlite|copy|duckdb FILE DATABASE`. DuckDB reads the file itself, so its time has that too.
"""

import csv
import sqlite3
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from bench.imports.files import AMOUNT, COLUMNS

_ROWS_AT_A_TIME = 100_000
_NAMES = [name.replace(".", "_") for name in COLUMNS]
_TABLE = f"CREATE TABLE bare ({', '.join(f'{name} text' for name in _NAMES)}, UNIQUE (transaction_id))".replace(
    "amount text", "amount bigint"
)


def sqlite(file: Path, database: str) -> float:
    """`executemany` into one table with a unique text id, synced as the gateway does."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(_TABLE)
    insert = f"INSERT INTO bare VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
    used = 0.0
    connection.execute("BEGIN")
    for rows in _batches(file):
        started = time.process_time()
        connection.executemany(insert, rows)
        used += time.process_time() - started
    started = time.process_time()
    connection.execute("COMMIT")
    return used + time.process_time() - started


def copy(file: Path, database: str) -> float:
    """COPY into one table with a unique text id; the server's time is not in it."""
    used = 0.0
    with psycopg.connect(database.replace("+psycopg", "")) as connection, connection.cursor() as cursor:
        cursor.execute(_TABLE.encode())
        with cursor.copy(b"COPY bare FROM STDIN") as copied:
            for rows in _batches(file):
                started = time.process_time()
                for row in rows:
                    copied.write_row(row)
                used += time.process_time() - started
    return used


def by_duckdb(file: Path, database: str) -> float:
    """DuckDB's read of the file and insert into one table with a unique text id, by all its threads."""
    with duckdb.connect(database) as connection:
        connection.execute(_TABLE.replace("bigint", "decimal(18, 2)"))
        started = time.process_time()
        connection.execute("INSERT INTO bare SELECT * FROM read_csv(?, all_varchar = true)", [str(file)])
        connection.execute("CHECKPOINT")
        return time.process_time() - started


def _batches(file: Path) -> Iterator[list[list[Any]]]:
    with file.open(newline="") as text:
        lines = csv.reader(text)
        next(lines)
        while rows := list(islice(lines, _ROWS_AT_A_TIME)):
            yield [[*row[:AMOUNT], int(row[AMOUNT].replace(".", "")), *row[AMOUNT + 1 :]] for row in rows]


if __name__ == "__main__":
    way = {"sqlite": sqlite, "copy": copy, "duckdb": by_duckdb}[sys.argv[1]]
    print(way(Path(sys.argv[2]), sys.argv[3]))
