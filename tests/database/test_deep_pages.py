"""A page of transactions costs what its own rows cost, wherever it is in its list and however long the list is."""

from collections.abc import Callable

import orjson
import pytest
from sqlalchemy import text
from sqlmodel import Session

from storage.conditions import numbered
from storage.database import Database
from storage.documents.json_sql import PostgresqlJson, SqliteJson
from storage.documents.words import Nodes, One, Paged, PageInfo, Root, Value
from storage.documents.writer import write
from storage.journal_entries import JournalEntry
from storage.journal_runs import JournalRun
from storage.pages import Order, Page, Window
from storage.transaction_lists import (
    TRANSACTIONS,
    TransactionFilter,
    net_zero_transactions_of_run,
    transaction_order,
    transactions,
    transactions_of_entry,
)
from storage.transactions import PostedTransaction
from tests.support.direct_runs import run_now
from tests.support.ledger import line, post
from tests.support.work import statements_of, work_for

DAYS = ("2024-12-01", "2024-12-02", "2024-12-03")
OF_A_DAY = 600
TABLES = ("billing_transaction", "bucket_transaction")
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
        lambda session, window: transactions(session, TransactionFilter(), TRANSACTIONS, window),
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


def test_every_page_by_date_reads_the_rows_that_it_returns(ledger_with_entry: Database) -> None:
    for descending in (False, True):
        order = transaction_order([("date", descending)])
        with ledger_with_entry.read() as session:
            places = transactions(session, TransactionFilter(), order, Window(7 * OF_A_DAY)).cursors
        assert len(places) == 6 * OF_A_DAY
        read = {
            where: _planned(ledger_with_entry, "transactions", lambda page: page, window(places), order)
            for where, window in WINDOWS.items()
        }
        # Of six buckets, PostgreSQL looks into each; they are not read.
        assert max(read.values()) < 7 * min(read.values()), read


def _planned(
    database: Database,
    field: str,
    root: Callable[[Paged], Root],
    window: Window,
    order: Order[PostedTransaction] = TRANSACTIONS,
) -> int:
    """How much the database does for the page."""
    page = Paged(
        "page", field, order, [], window, order.bounds(window),
        [Nodes("nodes", [Value("id", "id")]), PageInfo("pageInfo", [Value("hasNextPage", "has_next_page")])],
    )  # fmt: skip
    json = SqliteJson() if database.is_sqlite else PostgresqlJson()
    statement, parameters = write(json, [root(page)])
    ((text, *_),) = database.ask(statement, parameters)
    answer = orjson.loads(text)
    assert len(answer.get("page", answer)["nodes"]) == SIZE
    return work_for(database, statement, parameters, TABLES)


def _stock(database: Database, page: Callable[[Session, Window], Page[PostedTransaction]], window: Window) -> int:
    """The same for the statement of the stock way."""

    def read() -> None:
        with database.read() as session:
            assert len(page(session, window).rows) == SIZE

    ((statement, parameters),) = statements_of(database, read)
    return work_for(database, statement, parameters, TABLES)
