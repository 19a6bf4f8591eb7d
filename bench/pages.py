"""Pages and counts of long lists: what they cost however long a list is, and by which plan of the database."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import text

from bench.results import keep
from bench.run_ledger import Size, fill_by_sql
from gateway.application import Application
from resolvers.context import Gateway
from schema.planning import Planning
from schema.schema import SCHEMA
from storage.database import Database
from tests.support.asking import context_of
from tests.support.direct_runs import DECEMBER, run_now
from tests.support.postgresql import PostgreSQL

SIZES = [Size(transactions, countries=1_600, codes=1, days=28) for transactions in (1_000_000, 10_000_000)]
QUICK_SIZES = [Size(20_000, 16, 1, 28)]
ROUNDS, QUICK_ROUNDS = 51, 3

HEADING = "Pages and counts of long lists"

_ROW = "nodes { transactionId transactionDate amount currency } pageInfo { hasNextPage endCursor }"


@dataclass(frozen=True, slots=True)
class Pages:
    """A list: the document of its page with these arguments, and the cursor of a bucket and a transaction."""

    name: str
    document: str
    cursor: str
    is_of_entry: bool = False


PAGES = [
    Pages(
        "transactions of an entry",
        '{ journalEntry(number: "JE-00000001") { transactions(%s) { ' + _ROW + " } } }",
        "transactions:{bucket}:{row}",
        is_of_entry=True,
    ),
    Pages("transactions of the ledger", "{ transactions(%s) { " + _ROW + " } }", "transactions:{bucket}:{row}"),
    Pages(
        "transactions of the ledger by date",
        "{ transactions(orderBy: { field: TRANSACTION_DATE }, %s) { " + _ROW + " } }",
        "transactions by date:{day}:{bucket}:{row}",
    ),
]
COUNTS = {
    "of an entry": '{ journalEntry(number: "JE-00000001") { transactions(first: 1) { totalCount } } }',
    "of the ledger": "{ transactions(first: 1) { totalCount } }",
    "in an entry": "{ transactions(first: 1, filter: { isJournaled: true }) { totalCount } }",
    "of a week": '{ transactions(first: 1, filter: { transactionDateFrom: "2024-12-08", transactionDateTo:'
    ' "2024-12-14" }) { totalCount } }',
    "of an account": '{ transactions(first: 1, filter: { accountNames: ["Sales"] }) { totalCount } }',
    "entries of a run": '{ journalRun(number: "JR-00000001") { journalEntries(first: 1) { totalCount } } }',
}
PLANNED_COUNTS = ("of an entry", "of the ledger")
"""The counts whose plans are shown."""


def benchmark(*, quick: bool) -> None:
    """Print the tables and the plans, and keep them unless it was a quick run."""
    sizes, rounds = (QUICK_SIZES, QUICK_ROUNDS) if quick else (SIZES, ROUNDS)
    lines = _introduction(rounds)
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        server = opened.enter_context(PostgreSQL())
        asking = {
            f"{name}, {size.transactions:,}": opened.enter_context(_asking(url, size))
            for size in sizes
            for name, url in (
                ("SQLite", f"sqlite:///{folder}/{size.transactions}.db"),
                ("PostgreSQL", server.create_database()),
            )
        }
        lines += [*_pages(asking, rounds), "", *_counts(asking, rounds), "", *_plans(list(asking.values())[-2:])]
    print("\n".join(lines), flush=True)
    if not quick:
        keep(HEADING, lines)


class _Noting(Database):
    """A database that notes the statements that it is asked."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.asked: list[tuple[str, Mapping[str, object]]] = []

    def ask(self, text: str, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Note the statement, and ask it."""
        self.asked.append((text, parameters))
        return super().ask(text, parameters)


class _Asking:
    """Asks the gateway of a ledger in this process."""

    def __init__(self, database: "_Noting") -> None:
        self.database = database
        self._gateway: Gateway = Application(database).gateway
        self._runner = asyncio.Runner()

    def close(self) -> None:
        """Close the database."""
        self._runner.close()
        self.database.close()

    def answer(self, document: str) -> None:
        """Ask the document, which must have an answer."""
        result = self._runner.run(SCHEMA.execute(document, context_value=context_of(self._gateway)))
        if result.errors:
            raise RuntimeError(f"{document}: {result.errors}")

    def milliseconds(self, document: str, rounds: int) -> float:
        """The median time of an answer."""
        took = []
        for _ in range(rounds):
            before = time.perf_counter()
            self.answer(document)
            took.append(time.perf_counter() - before)
        return median(took) * 1000

    def place(self, pages: Pages, part: float) -> str:
        """The cursor of the first transaction of the bucket at that part of the list, from 0 to 1."""
        buckets = "SELECT id, posting_date AS day FROM posting_bucket"
        if pages.is_of_entry:
            buckets += " WHERE journal_entry_id = 1"
        with self.database.read() as session:
            found = session.execute(text(f"{buckets} ORDER BY id")).all()
            bucket, day = found[int(part * (len(found) - 1))]
            first = text("SELECT min(transaction_row_id) FROM bucket_transaction WHERE posting_bucket_id = :bucket")
            row = session.execute(first, {"bucket": bucket}).scalar_one()
        return pages.cursor.format(bucket=bucket, row=row, day=day)


def _asking(url: str, size: Size) -> closing[_Asking]:
    database = _Noting(url)
    fill_by_sql(database, size)
    run_now(database, draft=DECEMBER)
    if not database.is_sqlite:
        with database.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    SCHEMA.planning = Planning.STRICT
    return closing(_Asking(database))


WINDOWS: dict[str, Callable[[_Asking, Pages], str]] = {
    "first": lambda asking, pages: "first: 100",
    "in the middle": lambda asking, pages: f'first: 100, after: "{asking.place(pages, 0.5)}"',
    "deep": lambda asking, pages: f'first: 100, after: "{asking.place(pages, 0.99)}"',
    "last": lambda asking, pages: "last: 100",
}
"""The arguments of a page."""


def _pages(asking: Mapping[str, _Asking], rounds: int) -> Iterator[str]:
    yield "A page of 100, in milliseconds:"
    yield ""
    yield "| database, transactions | list | " + " | ".join(WINDOWS) + " |"
    yield "|---|---|" + "---|" * len(WINDOWS)
    for name, one in asking.items():
        for pages in PAGES:
            took = [one.milliseconds(pages.document % window(one, pages), rounds) for window in WINDOWS.values()]
            yield f"| {name} | {pages.name} | " + " | ".join(f"{each:.2f}" for each in took) + " |"


def _counts(asking: Mapping[str, _Asking], rounds: int) -> Iterator[str]:
    yield "`totalCount` of transactions (the last: of entries), in milliseconds:"
    yield ""
    yield "| database, transactions | " + " | ".join(COUNTS) + " |"
    yield "|---|" + "---|" * len(COUNTS)
    for name, one in asking.items():
        took = [one.milliseconds(document, rounds) for document in COUNTS.values()]
        yield f"| {name} | " + " | ".join(f"{each:.2f}" for each in took) + " |"


def _plans(largest: list[_Asking]) -> Iterator[str]:
    yield "The databases' plans for these, in the largest ledger:"
    for one in largest:
        asked = {f"deep page, {pages.name}": pages.document % WINDOWS["deep"](one, pages) for pages in PAGES}
        asked |= {f"`totalCount`, transactions {name}": COUNTS[name] for name in PLANNED_COUNTS}
        for name, document in asked.items():
            one.database.asked.clear()
            one.answer(document)
            yield ""
            yield f"{'SQLite' if one.database.is_sqlite else 'PostgreSQL'}, {name}:"
            yield ""
            yield "```"
            for statement, parameters in one.database.asked:
                yield from _plan(one.database, statement, parameters)
            yield "```"


def _plan(database: Database, statement: str, parameters: Mapping[str, object]) -> list[str]:
    with database.reader.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if database.is_sqlite:
            return [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        rows = driver.execute(f"EXPLAIN (COSTS OFF) {statement}".encode(), parameters).fetchall()
        return [row[0] for row in rows]


def _introduction(rounds: int) -> list[str]:
    return [
        "Written by `python -m bench pages`. `python -m bench pages --quick` shows that everything runs.",
        "",
        "Ledgers of 1,600 posting keys on 28 days, whose transactions are all in the entries of one run; at ten"
        " million an entry has 6,250. GraphQL in this process, without HTTP, one request at a time; the median of"
        f" {rounds} requests.",
        "",
    ]
