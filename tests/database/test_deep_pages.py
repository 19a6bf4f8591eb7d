"""A page of transactions costs what its own rows cost, wherever it is in its list and however long the list is."""

import sqlite3
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import orjson
import psycopg
import pytest
from sqlalchemy import text

from storage.conditions import numbered
from storage.database import Database
from storage.documents.json_sql import PostgresqlJson, SqliteJson
from storage.documents.words import Nodes, One, Paged, PageInfo, Value
from storage.documents.writer import write
from storage.journal_entries import JournalEntry
from storage.pages import Window
from storage.transaction_lists import TRANSACTIONS
from tests.support.direct_runs import run_now
from tests.support.ledger import line, post

DAYS = ("2024-12-01", "2024-12-02", "2024-12-03")
OF_A_DAY = 1_500
SIZE = 10

WINDOWS = {
    "first": Window(SIZE),
    "middle": Window(SIZE, after="transactions:2:2250"),
    "across days": Window(SIZE, after="transactions:2:2995"),
    "deep": Window(SIZE, after="transactions:3:4480"),
    "last": Window(SIZE, from_end=True),
    "last of the first day": Window(SIZE, before="transactions:1:1490", from_end=True),
}


@pytest.fixture
def ledger_with_entry(database: Database) -> Database:
    """One entry with the transactions of three days, which are three buckets."""
    post(database, [line(f"{day} {n}", transaction_date=day) for day in DAYS for n in range(OF_A_DAY)])
    run_now(database)
    with database.write() as session:
        session.execute(text("ANALYZE"))
    return database


def test_every_page_reads_the_rows_that_it_returns(ledger_with_entry: Database) -> None:
    read = {name: _read(ledger_with_entry, window) for name, window in WINDOWS.items()}

    assert max(read.values()) < 5 * min(read.values()), read  # without bounds in the index, hundreds of times


def _read(database: Database, window: Window) -> int:
    """How much the database does for the page, in its own units."""
    page = Paged(
        "page", "transactions", TRANSACTIONS, [], window, TRANSACTIONS.bounds(window),
        [Nodes("nodes", [Value("id", "id")]), PageInfo("pageInfo", [Value("hasNextPage", "has_next_page")])],
    )  # fmt: skip
    root = One("entry", JournalEntry, numbered("JE-00000001"), [page])
    json = SqliteJson() if database.is_sqlite else PostgresqlJson()
    statement, parameters = write(json, [root])
    with database.reader.connect() as connection:
        driver: Any = connection.connection.driver_connection
        (answer,) = driver.execute(statement, parameters).fetchone()
        nodes = orjson.loads(answer)["page"]["nodes"]
        assert len(nodes) == SIZE
        return (_steps if database.is_sqlite else _rows)(driver, statement, parameters)


def _steps(connection: sqlite3.Connection, statement: str, parameters: Mapping[str, object]) -> int:
    """Steps of SQLite's virtual machine."""
    steps = count()
    connection.set_progress_handler(lambda: next(steps) < 0, 1)
    connection.execute(statement, parameters).fetchall()
    connection.set_progress_handler(None, 0)
    return next(steps)


def _rows(connection: psycopg.Connection[Any], statement: str, parameters: Mapping[str, object]) -> int:
    """Rows of transactions that PostgreSQL reads."""
    explained = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}".encode(), parameters).fetchone()
    assert explained is not None
    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in _nodes(explained[0][0]["Plan"])
        if node.get("Relation Name") == "billing_transaction"
    )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)
