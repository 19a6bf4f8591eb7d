"""A page of transactions costs what its own rows cost, wherever it is in its list and however long the list is."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

import orjson
import psycopg
import pytest
from sqlalchemy import event, text
from sqlmodel import Session

from storage.conditions import numbered
from storage.database import Database
from storage.documents.json_sql import PostgresqlJson, SqliteJson
from storage.documents.words import Nodes, One, Paged, PageInfo, Root, Value
from storage.documents.writer import write
from storage.journal_entries import JournalEntry
from storage.journal_runs import JournalRun
from storage.pages import Page, Window
from storage.transaction_lists import (
    TRANSACTIONS,
    TransactionFilter,
    net_zero_transactions_of_run,
    transactions,
    transactions_of_entry,
)
from storage.transactions import PostedTransaction
from tests.support.direct_runs import run_now
from tests.support.ledger import line, post

DAYS = ("2024-12-01", "2024-12-02", "2024-12-03")
OF_A_DAY = 600
SIZE = 10

WINDOWS: dict[str, Callable[[list[str]], Window]] = {
    "first": lambda places: Window(SIZE),
    "middle": lambda places: Window(SIZE, after=places[len(places) // 2]),
    "across days": lambda places: Window(SIZE, after=places[OF_A_DAY - 5]),
    "deep": lambda places: Window(SIZE, after=places[-OF_A_DAY // 2]),
    "last": lambda places: Window(SIZE, from_end=True),
    "deep from the end": lambda places: Window(SIZE, before=places[OF_A_DAY - 10], from_end=True),
    "across days from the end": lambda places: Window(SIZE, before=places[-OF_A_DAY + 5], from_end=True),
}
"""Windows of a list, by the cursors of all its rows."""

LISTS: dict[str, tuple[str, Callable[[Paged], Root], Callable[[Session, Window], Page[PostedTransaction]]]] = {
    "of an entry": (
        "transactions",
        lambda page: One("of", JournalEntry, numbered("JE-00000001"), [page]),
        lambda session, window: transactions_of_entry(session, 1, window),
    ),
    "that net to zero": (
        "net_zero_transactions",
        lambda page: One("of", JournalRun, numbered("JR-00000001"), [page]),
        lambda session, window: net_zero_transactions_of_run(session, 1, window),
    ),
    "of the ledger": (
        "transactions",
        lambda page: page,
        lambda session, window: transactions(session, TransactionFilter(), window),
    ),
}
"""Lists of transactions: the name, how its page is asked for by a plan, and the page as the stock way reads it."""


@pytest.fixture
def ledger_with_entry(database: Database) -> Database:
    """One entry with the transactions of three days, which are three buckets, and as many that net to zero."""
    amounts = {"UK": ("10.00", "20.00"), "FR": ("10.00", "-10.00")}
    lines = [
        line(f"{country} {day} {n}", transaction_date=day, segment_country=country, amount=amounts[country][n % 2])
        for country in amounts
        for day in DAYS
        for n in range(OF_A_DAY)
    ]
    post(database, lines)
    run_now(database)
    with database.write() as session:
        session.execute(text("ANALYZE"))
    return database


def test_every_page_reads_the_rows_that_it_returns(ledger_with_entry: Database) -> None:
    for name, (field, root, stock) in LISTS.items():
        with ledger_with_entry.read() as session:
            places = stock(session, Window(7 * OF_A_DAY)).cursors
        assert len(places) == (6 if name == "of the ledger" else 3) * OF_A_DAY
        windows = {where: window(places) for where, window in WINDOWS.items()}
        planned = {where: _planned(ledger_with_entry, field, root, window) for where, window in windows.items()}
        # Were a list read past the page, it would be hundreds of times.
        assert max(planned.values()) < 5 * min(planned.values()), (name, planned)
        if name == "of the ledger" and ledger_with_entry.is_sqlite:
            continue  # of so few buckets, SQLite would read all by an index, which SQLAlchemy cannot forbid
        read = {where: _stock(ledger_with_entry, stock, window) for where, window in windows.items()}
        assert max(read.values()) < 5 * min(read.values()), (name, read)


def _planned(database: Database, field: str, root: Callable[[Paged], Root], window: Window) -> int:
    """How much the database does for the page, in its own units."""
    page = Paged(
        "page", field, TRANSACTIONS, [], window, TRANSACTIONS.bounds(window),
        [Nodes("nodes", [Value("id", "id")]), PageInfo("pageInfo", [Value("hasNextPage", "has_next_page")])],
    )  # fmt: skip
    json = SqliteJson() if database.is_sqlite else PostgresqlJson()
    statement, parameters = write(json, [root(page)])
    with database.reader.connect() as connection:
        driver: Any = connection.connection.driver_connection
        answer = orjson.loads(driver.execute(statement, parameters).fetchone()[0])
        assert len(answer.get("page", answer)["nodes"]) == SIZE
        return (_steps if database.is_sqlite else _rows)(driver, statement, parameters)


def _stock(database: Database, page: Callable[[Session, Window], Page[PostedTransaction]], window: Window) -> int:
    """The same for the statement of the stock way."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(database.reader, "before_cursor_execute", note)
    with database.read() as session:
        assert len(page(session, window).rows) == SIZE
    event.remove(database.reader, "before_cursor_execute", note)
    ((statement, parameters),) = asked
    with database.reader.connect() as connection:
        driver: Any = connection.connection.driver_connection
        return (_steps if database.is_sqlite else _rows)(driver, statement, parameters)


def _steps(connection: sqlite3.Connection, statement: str, parameters: Mapping[str, object]) -> int:
    """Steps of SQLite's virtual machine."""
    steps = count()
    connection.set_progress_handler(lambda: next(steps) < 0, 1)
    connection.execute(statement, parameters).fetchall()
    connection.set_progress_handler(None, 0)
    return next(steps)


def _rows(connection: psycopg.Connection[Any], statement: str, parameters: Mapping[str, object]) -> int:
    """Rows of transactions, and of their lists, that PostgreSQL reads."""
    explained = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}".encode(), parameters).fetchone()
    assert explained is not None
    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in _nodes(explained[0][0]["Plan"])
        if node.get("Relation Name") in ("billing_transaction", "bucket_transaction")
    )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)
