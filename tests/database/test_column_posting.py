"""Posting by columns records what posting row by row does, and refuses the same."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from storage import bulk_rows, column_posting, open_buckets, open_lists
from storage.bucket_transactions import BucketTransaction
from storage.column_posting import ColumnPosting
from storage.conservation import broken_rules
from storage.database import Database
from storage.money import AMOUNT_MINOR_MAX, MoneyError
from storage.posting_buckets import PostingBucket
from storage.posting_keys import PostingKey, PostingKeyFields
from storage.postings import OpenPosting, Posted, Posting
from storage.transaction_columns import TransactionColumns
from storage.transactions import NewTransaction, Transaction, recorded_transactions
from storage.words import TransactionType

KEY = PostingKeyFields(TransactionType.INVOICE_ITEM, 1, 2, "GBP", None, None, ())
HOME = replace(KEY, home_currency="EUR")
KEYS = [KEY, replace(KEY, organization="North"), HOME, replace(KEY, segments=(("country", "UK"),))]
UNUSED = replace(KEY, currency="JPY")
DAYS = [date(2024, 12, 1), date(2024, 12, 2), date(1969, 12, 31)]
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


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases(), is_small=st.booleans())
def test_columns_are_posted_as_rows_are(database: Database, case: Case, is_small: bool) -> None:
    expected = outcome(database, case, by_columns=False)
    with small() if is_small else pytest.MonkeyPatch.context():
        assert outcome(database, case, by_columns=True) == expected


@contextmanager
def small() -> Iterator[None]:
    """Inside, statements are so short, and so little is held in memory, that a few transactions are many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk_rows, "ROWS_PER_STATEMENT", 2)
        patch.setattr(bulk_rows, "ROWS_PER_WRITE", 3)
        patch.setattr(column_posting, "SAMPLED", 1)
        patch.setattr(open_buckets, "ADDENDS_HELD_MAX", 2)
        patch.setattr(open_buckets, "BUCKETS_HELD_MAX", 2)
        patch.setattr(open_lists, "TRANSACTIONS_HELD_MAX", 3)
        yield
