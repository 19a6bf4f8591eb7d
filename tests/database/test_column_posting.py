"""Posting by columns records what posting row by row does, and refuses the same."""

import time
import tracemalloc
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select, text

from storage import column_posting, column_writes, driver_rows, open_buckets, open_lists
from storage.bucket_transactions import BucketTransaction
from storage.column_posting import ColumnPosting
from storage.conservation import broken_rules
from storage.database import Database, DatabaseError, UnfitText
from storage.migration import migrate
from storage.money import AMOUNT_MINOR_MAX, MoneyError
from storage.posting_buckets import PostingBucket
from storage.posting_keys import PostingKey, PostingKeyFields
from storage.postings import OpenPosting, Posted, Posting
from storage.transaction_columns import TransactionColumns
from storage.transactions import NewTransaction, Transaction, recorded_transactions
from storage.words import TransactionType
from tests.conftest import Templates
from tests.support.postgresql import PostgreSQL

KEY = PostingKeyFields(TransactionType.INVOICE_ITEM, 1, 2, "GBP", None, None, ())
HOME = replace(KEY, home_currency="EUR")
KEYS = [KEY, replace(KEY, organization="North"), HOME, replace(KEY, segments=(("country", "UK"),))]
UNUSED = replace(KEY, currency="JPY")
DAYS = [date(2024, 12, 1), date(2024, 12, 2), date(1969, 12, 31), date(1, 1, 1), date(9999, 12, 31)]
HALF = AMOUNT_MINOR_MAX // 2 + 1


def new(transaction_id: str, **values: Any) -> NewTransaction:
    """A transaction of 10.00 GBP on 2024-12-01."""
    usual: dict[str, Any] = {"transaction_date": DAYS[0], "key": KEY, "amount_minor": 1000}
    return NewTransaction(transaction_id, **usual | values)


def in_columns(transactions: Sequence[NewTransaction]) -> TransactionColumns:
    """These transactions in columns, with a key that none of them has."""
    keys = [*dict.fromkeys(transaction.key for transaction in transactions), UNUSED]
    return TransactionColumns(
        transaction_id=pa.array([one.transaction_id for one in transactions], pa.string()),
        transaction_date=pa.array([one.transaction_date for one in transactions], pa.date32()),
        key=pa.array([keys.index(one.key) for one in transactions], pa.int32()),
        keys=keys,
        amount_minor=pa.array([one.amount_minor for one in transactions], pa.int64()),
        exchange_rate=pa.array([one.exchange_rate for one in transactions], pa.string()),
        home_amount_minor=pa.array([one.home_amount_minor for one in transactions], pa.int64()),
        account_number=pa.array([one.account_number for one in transactions], pa.string()),
        document_number=pa.array([one.document_number for one in transactions], pa.string()),
    )


def post(posting: ColumnPosting, transactions: Sequence[NewTransaction]) -> Posted:
    """Post these transactions as one block; the result is in the words of `OpenPosting`."""
    posted = posting.post(in_columns(transactions))
    assert len(posted.fresh) == len(transactions)
    fresh = [position for position, is_fresh in enumerate(posted.fresh.to_pylist()) if is_fresh]
    return Posted(fresh, posted.duplicates, posted.conflicts)


def post_all(database: Database, *blocks: Sequence[NewTransaction]) -> list[Posted]:
    """Post these blocks in one posting."""
    with database.write() as session:
        posting = ColumnPosting(session, "test", "test")
        posted = [post(posting, block) for block in blocks]
        posting.close()
    return posted


# The same as row by row


@dataclass(frozen=True)
class Case:
    """What is recorded before, and then blocks and ids of recorded transactions that get their rate, in turn."""

    before: list[NewTransaction]
    steps: list[list[NewTransaction] | set[str]]


def transactions(ids: Sequence[str], amounts: st.SearchStrategy[int]) -> st.SearchStrategy[NewTransaction]:
    """Transactions with these ids, of which many are equal."""
    bare = st.builds(
        new,
        st.sampled_from(ids),
        transaction_date=st.sampled_from(DAYS),
        key=st.sampled_from([key for key in KEYS if key is not HOME]),
        amount_minor=amounts,
        account_number=st.sampled_from([None, None, 'Ä, "1"', "\\."]),
        document_number=st.sampled_from([None, None, "D-1"]),
    )
    home = st.builds(
        lambda one, rate, amount: replace(one, key=HOME, exchange_rate=rate, home_amount_minor=amount),
        bare,
        st.sampled_from([None, "1.5", "2"]),
        amounts,
    )
    return st.one_of(bare, bare, home)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Few ids, so that they come again; amounts of which few or many sums are beyond 64 bits."""
    amounts = draw(
        st.sampled_from(
            [
                st.sampled_from([1, 2]),
                st.integers(-(10**15), 10**15),
                st.sampled_from([1, -1, HALF, -HALF, AMOUNT_MINOR_MAX, -AMOUNT_MINOR_MAX]),
            ]
        )
    )
    ids = [f"t-{number}" for number in range(draw(st.sampled_from([3, 30])))]
    block = st.lists(transactions(ids, amounts), max_size=12)
    before = draw(st.lists(transactions(ids, st.sampled_from([1, 2])), max_size=4))
    steps = draw(st.lists(st.one_of(block, block, block, st.sets(st.sampled_from(ids), max_size=3)), max_size=5))
    return Case(before, steps)


class Undone(Exception):
    """Ends a transaction without changing the ledger."""


def ledger(session: Session) -> dict[str, list[Any]]:
    """Everything that postings write, without row ids."""
    key = {row.id: bytes(row.digest) for row in session.exec(select(PostingKey))}
    source = {row.id: row.source for row in session.exec(select(Posting))}
    bucket = {
        row.id: (
            source[row.posting_id],
            row.posting_date,
            key[row.posting_key_id],
            row.transaction_count,
            row.amount_minor,
            row.home_amount_minor,
        )
        for row in session.exec(select(PostingBucket))
    }
    transaction = {
        row.id: (
            row.transaction_id,
            bucket[row.posting_bucket_id],
            row.amount_minor,
            row.exchange_rate,
            row.home_amount_minor,
            row.account_number,
            row.document_number,
        )
        for row in session.exec(select(Transaction))
    }
    places = session.exec(select(BucketTransaction))
    lists = [(bucket[place.posting_bucket_id], transaction[place.transaction_row_id]) for place in places]
    tables: dict[str, dict[int, Any]] = {"key": key, "posting": source, "bucket": bucket, "transaction": transaction}
    return {name: sorted(rows.values(), key=repr) for name, rows in tables.items()} | {"list": sorted(lists, key=repr)}


def outcome(database: Database, case: Case, *, by_columns: bool) -> list[Any]:
    """The results of each step and the ledger after them, or the refusal; the ledger is then as before."""
    found: list[Any] = []
    try:
        with database.write() as session:
            OpenPosting(session, "before", "test").post(case.before)
            posting = ColumnPosting(session, "file", "test") if by_columns else OpenPosting(session, "file", "test")
            for step in case.steps:
                if isinstance(step, set):
                    rate(session, posting, step)
                else:
                    found.append(post(posting, step) if isinstance(posting, ColumnPosting) else posting.post(step))
            if isinstance(posting, ColumnPosting):
                posting.close()
            session.expire_all()
            assert broken_rules(session) == []
            found.append(ledger(session))
            raise Undone
    except Undone:
        pass
    except MoneyError as error:
        found.append(str(error))
    return found


def rate(session: Session, posting: ColumnPosting | OpenPosting, ids: set[str]) -> None:
    """Give a rate to those of these transactions that were recorded without one."""
    if isinstance(posting, ColumnPosting):
        recorded = posting.recorded(sorted(ids))
    else:
        recorded = recorded_transactions(session, ids)
    rated = [
        (
            new(
                one,
                transaction_date=before.bucket.posting_date,
                key=HOME,
                amount_minor=before.transaction.amount_minor,
                exchange_rate="3",
                home_amount_minor=7,
            ),
            before,
        )
        for one, before in sorted(recorded.items())
        if before.key.home_currency is None
    ]
    if rated:
        posting.add_rates(rated)


@settings(max_examples=25)
@given(case=cases(), is_small=st.booleans())
def test_columns_are_posted_as_rows_are(database: Database, case: Case, is_small: bool) -> None:
    expected = outcome(database, case, by_columns=False)
    with small() if is_small else pytest.MonkeyPatch.context():
        assert outcome(database, case, by_columns=True) == expected


@contextmanager
def small() -> Iterator[None]:
    """Inside, statements are so short, and so little is held in memory, that a few transactions are many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(driver_rows, "ROWS_PER_STATEMENT", (2, 1))
        patch.setattr(column_writes, "ROWS_PER_WRITE", 3)
        patch.setattr(column_posting, "IDS_PER_STATEMENT", 2)
        patch.setattr(column_posting, "SAMPLED", 1)
        patch.setattr(open_buckets, "ADDENDS_HELD_MAX", 2)
        patch.setattr(open_buckets, "BUCKETS_HELD_MAX", 2)
        patch.setattr(open_lists, "TRANSACTIONS_HELD_MAX", 3)
        yield


def test_a_key_that_no_row_has_is_not_stored(database: Database) -> None:
    post_all(database, [new("a")])

    with database.read() as session:
        assert [key.currency for key in session.exec(select(PostingKey))] == ["GBP"]


def test_keys_may_grow_from_block_to_block(database: Database) -> None:
    keys = [KEY]
    with database.write() as session:
        posting = ColumnPosting(session, "test", "test")
        for name in ("North", "South"):
            block = in_columns([new(name)])
            keys.append(replace(KEY, organization=name))
            posting.post(replace(block, key=pa.array([len(keys) - 1], pa.int32()), keys=keys))
        posting.close()

    with database.read() as session:
        recorded = recorded_transactions(session, ["North", "South"])
    assert {name: one.key.organization for name, one in recorded.items()} == {"North": "North", "South": "South"}


def test_an_empty_block_and_an_empty_posting_are_possible(database: Database) -> None:
    assert post_all(database, []) == [Posted()]
    assert post_all(database) == []


# Memory


def test_memory_does_not_grow_with_the_number_of_buckets(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_buckets, "BUCKETS_HELD_MAX", 100)
    monkeypatch.setattr(open_buckets, "ADDENDS_HELD_MAX", 100)
    monkeypatch.setattr(open_lists, "TRANSACTIONS_HELD_MAX", 100)
    held = []
    with database.write() as session:
        posting = ColumnPosting(session, "test", "test")
        tracemalloc.start()
        for number in range(30):
            block = [
                new(f"{number}-{place}", transaction_date=DAYS[0] + timedelta(days=place + 100 * (number % 20)))
                for place in range(100)
            ]
            post(posting, block)
            held.append(tracemalloc.get_traced_memory()[0] + pa.total_allocated_bytes())
        tracemalloc.stop()
        posting.close()

    # The first blocks fill caches of statements.
    assert max(held[10:]) < held[9] + 60_000
    with database.read() as session:
        counts = session.exec(select(PostingBucket.transaction_count)).all()
    assert sorted(counts) == [1] * 1000 + [2] * 1000


@pytest.mark.parametrize("fails", [False, True])
def test_the_cache_of_sqlite_is_large_only_while_a_file_is_posted(tmp_path: Path, fails: bool) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    migrate(database)

    def size(session: Session) -> int:
        return int(session.execute(text("PRAGMA cache_size")).scalar_one())

    with database.write() as session:
        usual = size(session)
    try:
        with database.write() as session:
            ColumnPosting(session, "test", "test").close()
            assert size(session) != usual
            if fails:
                raise Undone
    except Undone:
        pass
    with closing(database), database.write() as session:
        assert size(session) == usual


# Others meanwhile, on PostgreSQL


@pytest.fixture
def server(postgresql: PostgreSQL, templates: Templates) -> Iterator[Database]:
    """A filled ledger on PostgreSQL."""
    database = Database(postgresql.create_database(templates.url(postgresql, filled=True)))
    yield database
    with database.read() as session:
        assert broken_rules(session) == []
    database.close()


def wait_until_one_waits(database: Database) -> None:
    """Wait until a statement waits for another one."""
    for _ in range(600):
        with database.read() as session:
            waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            if session.execute(text(waiting)).first():
                return
        time.sleep(0.05)
    pytest.fail("no statement waits")


def test_what_another_posting_records_meanwhile_is_a_duplicate(server: Database) -> None:
    with ThreadPoolExecutor(1) as pool:
        with server.write() as session:
            OpenPosting(session, "other", "test").post([new("b"), new("c", amount_minor=1)])
            later = pool.submit(post_all, server, [new("a"), new("b"), new("c")])
            wait_until_one_waits(server)
        (posted,) = later.result(30)

    assert posted == Posted(fresh=[0], duplicates=1, conflicts=[2])


def test_row_ids_that_others_take_meanwhile_are_left_to_them(server: Database) -> None:
    with server.write() as session:
        posting = ColumnPosting(session, "test", "test")
        post(posting, [new("a")])
        with server.write() as other:
            OpenPosting(other, "other", "test").post([new("b", key=KEYS[1])])
        post(posting, [new("c"), new("d", transaction_date=DAYS[1])])
        posting.close()


def test_row_ids_need_not_follow_each_other(server: Database) -> None:
    with server.write() as session:
        session.execute(text("ALTER SEQUENCE billing_transaction_id_seq INCREMENT BY 3"))
        session.execute(text("ALTER SEQUENCE posting_bucket_id_seq INCREMENT BY 3"))
    post_all(server, [new("a"), new("b"), new("c", transaction_date=DAYS[1])], [new("d")])

    with server.read() as session:
        ids = session.exec(select(Transaction.id).order_by(col(Transaction.transaction_id))).all()
    assert [later - ids[0] for later in ids] == [0, 3, 6, 9]


@pytest.mark.parametrize("mark", ["\\.", "\\", "\\N", '"', ",", "'", "NULL", "é\u2028", "a\tb", "a\nb", "\r"])
def test_texts_are_recorded_as_they_are(database: Database, mark: str) -> None:
    texts = [mark, f"{mark}1", f"1{mark}", f"{mark}{mark}"]
    post_all(database, [new(text, account_number=text, document_number=text) for text in texts])

    with database.read() as session:
        found = session.exec(select(Transaction).order_by(col(Transaction.id))).all()
    assert [one.transaction_id for one in found] == texts
    assert all(one.account_number == one.document_number == one.transaction_id for one in found)


def test_a_text_that_the_server_refuses_is_unfit(server: Database) -> None:
    with pytest.raises(UnfitText):
        post_all(server, [new("a", account_number="\0")])


def test_a_server_that_goes_away_is_told(server: Database, postgresql: PostgreSQL) -> None:
    url = server.url.render_as_string(hide_password=False)

    def lose_it() -> None:
        with server.write() as session:
            posting = ColumnPosting(session, "test", "test")
            with postgresql.unreachable(url):
                post(posting, [new("a")])

    with pytest.raises(DatabaseError, match="failed during a transaction"):
        lose_it()
