"""Files imported in columns: the same ledger, rejects, refusals and counts as line by line."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from rich.console import Console
from sqlalchemy import func, select
from sqlmodel import Session, col

import gateway.feed.blocks
import gateway.feed.csv_records
import gateway.feed.feed
import gateway.feed.parquet_records
import resolvers.import_blocks
import resolvers.import_transactions
import resolvers.screen
from gateway.import_files import import_file
from gateway.importing import FILES as KINDS
from gateway.importing import Kind, importer
from resolvers.import_lines import Imported
from storage.audit import AuditEvent
from storage.conservation import broken_rules
from storage.database import Database
from storage.errors import OperatorError
from storage.migration import migrate
from storage.posting_buckets import PostingBucket
from storage.posting_keys import PostingKey
from storage.postings import Posting
from storage.settings import Ledger
from storage.transactions import Transaction
from tests.conftest import Templates
from tests.support.ledger import fill, keep
from tests.support.postgresql import PostgreSQL
from tests.support.random_files import FILES, HOME, File, Row, random_file, random_rows, sent_again

NEVER, ALWAYS = 1 << 24, -1


@dataclass(frozen=True, slots=True)
class Way:
    """A ledger, and how files are imported into it: those with more bytes of text than `large` in columns."""

    database: Database
    large: int


@pytest.fixture
def ways(
    database: Database, tmp_path: Path, templates: Templates, request: pytest.FixtureRequest
) -> Iterator[list[Way]]:
    """Two equal ledgers: one takes files line by line, the other in columns."""
    server: PostgreSQL | None = None if database.is_sqlite else request.getfixturevalue("postgresql")
    url = f"sqlite:///{tmp_path}/other.db" if server is None else server.create_database()
    other = Database(url)
    migrate(other)
    fill(other)
    yield [Way(database, NEVER), Way(other, ALWAYS)]
    with other.read() as session:
        assert broken_rules(session) == []
    other.close()
    if server is not None:
        server.drop_database(url)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts so small that a small file has several of each."""
    monkeypatch.setattr(gateway.feed.csv_records, "BLOCK_BYTES", 4_000)
    monkeypatch.setattr(gateway.feed.parquet_records, "BLOCK_ROWS", 30)
    monkeypatch.setattr(gateway.feed.blocks, "RECORDS_IN_BLOCK", 13)
    monkeypatch.setattr(resolvers.import_transactions, "TRANSACTIONS_PER_BATCH", 11)
    monkeypatch.setattr(resolvers.import_blocks, "TRANSACTIONS_PER_BATCH", 5)
    monkeypatch.setattr(resolvers.screen, "KEPT_MAX", 25)


Outcome = tuple[Imported | None, str | None, bytes | None]


def take(way: Way, file: File, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """Import the file: what was imported or why it was refused, and the list of rejects."""
    path, rejects = folder / file.name, folder / "rejects.csv"
    path.write_bytes(file.content)
    rejects.unlink(missing_ok=True)
    monkeypatch.setattr(gateway.feed.feed, "LARGE_BYTES", way.large)
    kind, console = KINDS[Kind.TRANSACTIONS], Console(file=io.StringIO())
    ways = importer(Kind.TRANSACTIONS, way.database)
    try:
        done = import_file(str(path), kind, ways, console, rejects, format=None, check=False)
    except OperatorError as error:
        return None, str(error), None
    return done, None, rejects.read_bytes() if rejects.exists() else None


def posted(way: Way, *, after: int) -> dict[str, list[Any]]:
    """Everything that postings after the one with that id wrote, without ids."""
    with way.database.read() as session:
        return {
            "postings": _found(
                session, select(col(Posting.source), col(Posting.posted_by)).where(col(Posting.id) > after)
            ),
            "buckets": _found(
                session,
                select(
                    col(PostingBucket.posting_date),
                    col(PostingKey.digest),
                    col(PostingBucket.transaction_count),
                    col(PostingBucket.amount_minor),
                    col(PostingBucket.home_amount_minor),
                )
                .join(PostingKey, col(PostingKey.id) == col(PostingBucket.posting_key_id))
                .where(col(PostingBucket.posting_id) > after),
            ),
            "transactions": _found(
                session,
                select(
                    col(Transaction.transaction_id),
                    col(PostingBucket.posting_date),
                    col(PostingKey.digest),
                    col(Transaction.amount_minor),
                    col(Transaction.exchange_rate),
                    col(Transaction.home_amount_minor),
                    col(Transaction.account_number),
                    col(Transaction.document_number),
                )
                .join(PostingBucket, col(PostingBucket.id) == col(Transaction.posting_bucket_id))
                .join(PostingKey, col(PostingKey.id) == col(PostingBucket.posting_key_id))
                .where(col(PostingBucket.posting_id) > after),
            ),
        }


def ledger(way: Way) -> dict[str, list[Any]]:
    """Everything in the ledger that imports write, without ids and moments."""
    with way.database.read() as session:
        return {
            **posted(way, after=0),
            "keys": _found(session, select(col(PostingKey.digest))),
            "audit": [
                (event.actor, event.action, event.subject, event.after)
                for event in session.scalars(select(AuditEvent).order_by(col(AuditEvent.id)))
            ],
        }


def _found(session: Session, statement: Any) -> list[Any]:
    return sorted(map(tuple, session.execute(statement)), key=repr)


def last_posting(way: Way) -> int:
    with way.database.read() as session:
        return session.scalar(select(func.max(Posting.id))) or 0


def compare(ways: list[Way], seed: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Import some files with that seed in both ways; the ledgers must be equal after each."""
    random = Random(seed)  # noqa: S311
    home = random.random() < 0.4
    rows: list[Row] = random_rows(random, random.randint(1, 80), home=home, prefix=f"{seed}-")
    while True:
        file = random_file(random, rows, home=home)
        for way in ways:
            keep(way.database, Ledger(home_currency=HOME if home else None))
        before = [last_posting(way) for way in ways]
        done = [take(way, file, folder, monkeypatch) for way in ways]
        wrote = [posted(way, after=last) for way, last in zip(ways, before, strict=True)]
        assert done[0] == done[1], (seed, file)
        assert wrote[0] == wrote[1], (seed, file)
        if random.random() < 0.4:
            return
        home = home or random.random() < 0.5
        rows = sent_again(random, rows, home=home)


def test_files_in_columns_leave_the_ledger_that_lines_leave(
    ways: list[Way], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @settings(max_examples=FILES // 3, phases=[Phase.generate])
    @given(seed=st.integers(0, 2**32))
    def all_files(seed: int) -> None:
        compare(ways, seed, tmp_path, monkeypatch)

    all_files()
    assert ledger(ways[0]) == ledger(ways[1])
