"""The cost of a run whose transactions were recorded in one file, or in many small calls (decision 0002)."""

import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from statistics import median

from bench.results import keep
from runs.create import begin, insert_run, make_entries
from runs.create_rules import ValidRun
from storage.accounting_codes import AccountingCode, code_named, save_codes
from storage.accounting_periods import AccountingPeriod, save_period
from storage.database import Database
from storage.migration import migrate
from storage.money import Minor
from storage.posting_keys import PostingKeyFields
from storage.postings import OpenPosting
from storage.transactions import NewTransaction
from storage.words import TransactionType
from tests.support.postgresql import PostgreSQL

TRANSACTIONS = 50_000
KEYS = 200
DAYS = 28
CALLS = (TRANSACTIONS, 1_000, 10)
"""Transactions per posting: a file, a full call, a small call."""

REPEATS = 3

_HEADING = f"Postings: a run over {TRANSACTIONS:,} transactions of {KEYS} keys, by how they were recorded"


def benchmark() -> None:
    """Print and keep ratios instead of times: machines are shared and noisy."""
    lines = [
        "Written by `python -m bench postings`. Every number is a ratio to the first row of its database, measured in"
        " the same run.",
        "",
        "| database | posted as | time to post | time to create the run |",
        "|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder, PostgreSQL() as server:
        for name, urls in (("SQLite", _files(Path(folder))), ("PostgreSQL", _databases(server))):
            results = measure(urls)
            _, posting, creating = results[0]
            lines += [
                f"| {name} | {how} | {post / posting:.2f} | {create / creating:.2f} |" for how, post, create in results
            ]
    keep(_HEADING, lines)
    print("\n".join(lines))


def measure(new_url: Iterator[str]) -> list[tuple[str, float, float]]:
    """For each posting size: its name, and the seconds to post everything and to create the run."""
    results = []
    for size in CALLS:
        times = [_once(Database(next(new_url)), size) for _ in range(REPEATS)]
        name = "one file" if size == TRANSACTIONS else f"calls of {size:,}"
        results.append((name, median(posting for posting, _ in times), median(run for _, run in times)))
    return results


def _files(folder: Path) -> Iterator[str]:
    for number in range(1_000):
        yield f"sqlite:///{folder}/{number}.db"


def _databases(server: PostgreSQL) -> Iterator[str]:
    while True:
        yield server.create_database()


def _once(database: Database, size: int) -> tuple[float, float]:
    migrate(database)
    with database.write() as session:
        codes = [("Receivable", "AccountsReceivable"), ("Sales", "SalesRevenue")]
        save_codes(session, [AccountingCode(name=name, type=kind) for name, kind in codes])
        debit, credit = (code.id for name, _ in codes if (code := code_named(session, name)) is not None)
        period = AccountingPeriod(name="Feb", start_date=date(2025, 2, 1), end_date=date(2025, 2, 28))
        save_period(session, period)
    started = time.perf_counter()
    transactions = _transactions(debit, credit)
    for _ in range(TRANSACTIONS // size):
        with database.write() as session:
            posting = OpenPosting(session, "bench", "bench")
            for batch in iter(lambda: list(islice(transactions, min(size, 5_000))), []):
                posting.post(batch)
                if size <= 5_000:
                    break
    posted = time.perf_counter()
    with database.write() as session:
        valid = ValidRun(
            period, date(2025, 2, 1), date(2025, 2, 28), date(2025, 2, 28), [TransactionType.INVOICE_ITEM], [],
            None, None, False,
        )  # fmt: skip
        run = insert_run(session, valid, "bench")
        begin(session, run.id)
        make_entries(session, run.id)
        assert run.transaction_count == TRANSACTIONS
    finished = time.perf_counter()
    database.close()
    return posted - started, finished - posted


def _transactions(debit: int, credit: int) -> Iterator[NewTransaction]:
    keys = [
        PostingKeyFields(TransactionType.INVOICE_ITEM, debit, credit, "GBP", None, None, (("product", str(number)),))
        for number in range(KEYS)
    ]
    for number in range(TRANSACTIONS):
        day = date(2025, 2, 1) + timedelta(days=number * DAYS // TRANSACTIONS)
        yield NewTransaction(f"t{number}", day, keys[number * 7919 % KEYS], Minor(number % 10_000))
