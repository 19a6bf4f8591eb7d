"""Every way to an answer gives the same bytes: by plans and by the executor, on SQLite and PostgreSQL."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.database import Database
from tests.conftest import Templates
from tests.support.compare import first_seed
from tests.support.comparing import PLANNED, comparing
from tests.support.postgresql import PostgreSQL
from tests.support.random_documents import Asked

DOCUMENTS = int(os.environ.get("DOCUMENTS") or 200)

COUNTS = [
    "{ transactions { totalCount } }",
    "{ transactions(filter: { isJournaled: true }) { totalCount } }",
    "{ transactions(filter: { isJournaled: false }) { totalCount nodes { id } } }",
    "{ journalEntries(first: 1) { nodes { transactions { totalCount } } } viewer { name } }",
    "{ journalEntries(last: 1) { nodes { transactions { totalCount } } } }",
    "{ journalRuns(last: 1) { nodes { takenTransactionCount } } }",
    "{ journalRuns(first: 1) { nodes { takenTransactionCount } } }",
    "{ journalRuns(last: 9, first: null) { nodes { netZeroTransactionCount } } }",
    "{ journalRuns { nodes { netZeroTransactions(first: 1) { totalCount nodes { id } } } } }",
    "{ journalEntryTotals(groupBy: { by: STATUS }) { status transactionCount } }",
]
"""Counts of transactions, which are sums of what buckets and entries have."""

AMOUNTS = [
    "{ journalEntries(first: 100) { nodes { totalDebit } } }",
    "{ journalEntries(first: 100) { nodes { number items { amount } } } }",
    "{ transactions(first: 100) { nodes { amount segments { name } debitAccount { name } } } }",
    "{ transactions(first: 100) { edges { cursor node { journalEntry { totalCredit } } } } }",
    "{ journalEntryTotals(groupBy: []) { debit } journalRuns { totalCount } }",
]


@pytest.fixture
def databases(tmp_path: Path, templates: Templates, postgresql: PostgreSQL) -> Iterator[dict[str, Database]]:
    """A migrated, empty database of each kind."""
    path = tmp_path / "ledger.db"
    shutil.copyfile(templates.url(None, filled=False).removeprefix("sqlite:///"), path)
    url = postgresql.create_database(templates.url(postgresql, filled=False))
    opened = {"SQLite": Database(f"sqlite:///{path}"), "PostgreSQL": Database(url)}
    yield opened
    for database in opened.values():
        database.close()
    postgresql.drop_database(url)


def test_random_documents_have_the_same_answer_by_every_way(databases: dict[str, Database]) -> None:
    seed = first_seed()
    print(f"SEED={seed} DOCUMENTS={DOCUMENTS}")  # noqa: T201  (shown if the test fails)
    with comparing(databases) as comparison:
        for number in range(DOCUMENTS):
            comparison.compare_random(seed + number)

    counts = comparison.counts
    assert counts["documents"] == DOCUMENTS
    if DOCUMENTS > 100:  # otherwise chance has too large a part
        assert counts["answers without errors"] > DOCUMENTS
        assert counts[PLANNED] > DOCUMENTS
        # SQLite's parser takes no statement whose lists are nested very deeply.
        assert len(comparison.failed) <= DOCUMENTS / 100, comparison.failed


def test_counts_beyond_an_int_are_errors_by_every_way(databases: dict[str, Database]) -> None:
    with comparing(databases) as comparison:
        for database in databases.values():
            with database.write() as session:
                for table in ("posting_bucket", "journal_entry"):
                    session.execute(text(f"UPDATE {table} SET transaction_count = 4294967296"))  # noqa: S608
        for number, document in enumerate(COUNTS):
            comparison.compare(Asked(number, document, {}, None))

    assert comparison.counts["answers with errors"] > comparison.counts["answers without errors"]


def test_amounts_without_digits_are_errors_by_every_way(databases: dict[str, Database]) -> None:
    with comparing(databases) as comparison:
        for database in databases.values():
            with database.write() as session:
                session.execute(text("DELETE FROM currency"))
        for number, document in enumerate(AMOUNTS):
            comparison.compare(Asked(number, document, {}, None))

    assert PLANNED not in comparison.counts
    assert comparison.counts["by the executor: Unanswerable (with errors)"] >= len(AMOUNTS) * len(databases)
