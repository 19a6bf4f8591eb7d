"""Posting: each transaction once, in a bucket with exactly the count and sums of its transactions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date
from itertools import count
from threading import Barrier
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, func, select

from resolvers.import_lines import ImportRefused
from resolvers.import_transactions import TRANSACTIONS_PER_BATCH, import_transactions
from storage.accounting_codes import all_codes
from storage.audit import AuditEvent
from storage.bucket_transactions import BucketTransaction
from storage.database import Database
from storage.money import AMOUNT_MINOR_MAX, Minor, MoneyError
from storage.posting_buckets import PostingBucket
from storage.posting_keys import PostingKey, PostingKeyFields
from storage.postings import OpenPosting, Posted, Posting, RecordedMeanwhile, lock_file_imports
from storage.transactions import NewTransaction, Transaction, recorded_transactions
from storage.words import TransactionType
from tests.support.ledger import line, post, refuse
from tests.support.postgresql import PostgreSQL

HALF = AMOUNT_MINOR_MAX // 2 + 1

Bucket = tuple[date, int, int, int, int | None]


def new(transaction_id: str, amount: int = 1000, **values: Any) -> NewTransaction:
    """A transaction of 2024-12-05 between codes 1 and 2; values of the key can be given by their names."""
    key = PostingKeyFields(TransactionType.INVOICE_ITEM, 1, 2, "GBP", None, None, (("country", "UK"),))
    of_key = {name: values.pop(name) for name in list(values) if hasattr(key, name)}
    return NewTransaction(transaction_id, date(2024, 12, 5), replace(key, **of_key), Minor(amount), **values)


def in_home_currency(amount: int | None) -> dict[str, Any]:
    """The fields of a transaction where there is a home currency, or where there is none."""
    return {} if amount is None else {"home_currency": "EUR", "exchange_rate": "1.5", "home_amount_minor": amount}


def post_batches(database: Database, *batches: Sequence[NewTransaction]) -> list[Posted]:
    """Post the batches in one posting."""
    with database.write() as session:
        posting = OpenPosting(session, "test", "test")
        return [posting.post(batch) for batch in batches]


def buckets(database: Database) -> dict[int, Bucket]:
    """Every bucket, by its id."""
    with database.read() as session:
        return {
            bucket.id: (
                bucket.posting_date,
                bucket.posting_key_id,
                bucket.transaction_count,
                bucket.amount_minor,
                bucket.home_amount_minor,
            )
            for bucket in session.exec(select(PostingBucket))
        }


def assert_buckets_tie_out(session: Session) -> None:
    """Each bucket has the count and sums of its transactions, and its list has them, all computed in Python.

    No bucket is empty.
    """
    counts: Counter[int] = Counter()
    amounts: Counter[int] = Counter()
    homes: Counter[int] = Counter()
    lists = set()
    for row in session.exec(select(Transaction)):
        lists.add((row.posting_bucket_id, row.id))
        counts[row.posting_bucket_id] += 1
        amounts[row.posting_bucket_id] += row.amount_minor
        homes[row.posting_bucket_id] += row.home_amount_minor or 0
    found = {bucket.id: bucket for bucket in session.exec(select(PostingBucket))}
    assert {number: bucket.transaction_count for number, bucket in found.items()} == dict(counts)
    assert {number: bucket.amount_minor for number, bucket in found.items()} == {
        n: amounts[n] for n in found if n is not None
    }
    listed = session.exec(select(BucketTransaction)).all()
    assert len(listed) == len(lists)
    assert {(one.posting_bucket_id, one.transaction_row_id) for one in listed} == lists
    assert {number: bucket.home_amount_minor or 0 for number, bucket in found.items()} == {n: homes[n] for n in counts}


def assert_nothing_posted(database: Database) -> None:
    with database.read() as session:
        for table in (Transaction, BucketTransaction, PostingBucket, PostingKey, Posting):
            assert session.exec(select(func.count()).select_from(table)).one() == 0, table.__tablename__


# Each once


def test_the_same_transaction_again_is_a_duplicate(database: Database) -> None:
    first, again = post_batches(database, [new("a"), new("b"), new("a")], [new("b"), new("c")])
    (later,) = post_batches(database, [new("c"), new("a"), new("d")])

    assert (first.fresh, first.duplicates, first.conflicts) == ([0, 1], 1, [])
    assert (again.fresh, again.duplicates, again.conflicts) == ([1], 1, [])
    assert (later.fresh, later.duplicates, later.conflicts) == ([2], 2, [])
    assert [bucket[2:4] for bucket in buckets(database).values()] == [(3, 3000), (1, 1000)]


OTHER_CONTENT: dict[str, dict[str, Any]] = {
    "amount": {"amount": 1001},
    "type": {"transaction_type": TransactionType.TAXATION_ITEM},
    "debit": {"debit_code_id": 3},
    "credit": {"credit_code_id": 3},
    "currency": {"currency": "EUR"},
    "organization": {"organization": "North"},
    "segment": {"segments": (("country", "FR"),)},
    "no segment": {"segments": ()},
    "rate": {"exchange_rate": "1.5"},
    "home amount": {"home_amount_minor": 1000},
    "account": {"account_number": "A-1"},
    "document": {"document_number": "D-1"},
}


@pytest.mark.parametrize("where", ["batch", "posting", "later posting"])
def test_the_same_id_with_other_content_is_a_conflict(database: Database, where: str) -> None:
    others = [new("a", **{"amount": 1000} | values) for values in OTHER_CONTENT.values()]
    others.append(replace(new("a"), transaction_date=date(2024, 12, 6)))
    if where == "batch":
        (posted,) = post_batches(database, [new("a"), *others])
        assert posted.fresh == [0]
        posted.conflicts = [place - 1 for place in posted.conflicts]
    elif where == "posting":
        _, posted = post_batches(database, [new("a")], others)
    else:
        post_batches(database, [new("a")])
        (posted,) = post_batches(database, others)

    assert posted.duplicates == 0
    assert posted.conflicts == list(range(len(others)))
    assert [bucket[2:4] for bucket in buckets(database).values()] == [(1, 1000)]


def test_organisation_and_segment_are_never_confused_whatever_their_values(database: Database) -> None:
    keys: list[dict[str, Any]] = [
        {"organization": None},
        {"organization": "None"},
        {"organization": "null"},
        {"segments": (("country", 'UK", "organization'),)},
        {"segments": (("country", "UK"), ("product", "x"))},
        {"segments": (("country", "UKproduct"),)},
        {"segments": (("product", "UK"),)},
    ]
    post_batches(database, [new(str(number), **key) for number, key in enumerate(keys)])

    assert [bucket[2] for bucket in buckets(database).values()] == [1] * len(keys)


# Buckets


transactions = st.lists(
    st.tuples(
        st.sampled_from([date(2024, 12, 1), date(2024, 12, 31), date(2025, 1, 1)]),
        st.sampled_from(["GBP", "JPY"]),
        st.sampled_from([None, "North"]),
        st.integers(-(10**15), 10**15),
        st.one_of(st.none(), st.integers(-(10**15), 10**15)),
    ),
    max_size=30,
)
_serial = count()


@settings(max_examples=15)
@given(batches=st.lists(transactions, min_size=1, max_size=4))
def test_buckets_are_the_sums_of_their_transactions(
    database: Database, batches: list[list[tuple[date, str, str | None, int, int | None]]]
) -> None:
    before = buckets(database)
    made = [
        [
            replace(
                new(str(next(_serial)), amount, currency=currency, organization=organization, **in_home_currency(home)),
                transaction_date=day,
            )
            for day, currency, organization, amount, home in batch
        ]
        for batch in batches
    ]

    post_batches(database, *made)

    after = buckets(database)
    assert before.items() <= after.items(), "a bucket was changed by a later posting"
    places = {(new.transaction_date, new.key) for batch in made for new in batch}
    assert len(after) == len(before) + len(places)
    with database.read() as session:
        assert_buckets_tie_out(session)


@settings(max_examples=10)
@given(batches=st.lists(st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=10), min_size=1, max_size=3))
def test_a_rate_moves_its_transaction_to_another_bucket_and_list(
    database: Database, batches: list[list[tuple[int, bool]]]
) -> None:
    made = [
        [(replace(new(str(next(_serial))), transaction_date=date(2024, 12, day)), is_rated) for day, is_rated in batch]
        for batch in batches
    ]
    post_batches(database, *([transaction for transaction, _ in batch] for batch in made))
    sent = {
        bare.transaction_id: replace(
            bare, key=replace(bare.key, home_currency="EUR"), exchange_rate="1.5", home_amount_minor=Minor(1500)
        )
        for batch in made
        for bare, is_rated in batch
        if is_rated
    }

    assume(sent)
    with database.write() as session:
        before = recorded_transactions(session, sent)
        OpenPosting(session, "test", "test").add_rates([(sent[name], before[name]) for name in sent])

    with database.read() as session:
        assert_buckets_tie_out(session)
        after = recorded_transactions(session, sent)
        assert {(after[name].key.home_currency, after[name].bucket.posting_date) for name in sent} == {
            ("EUR", transaction.transaction_date) for transaction in sent.values()
        }


def test_a_late_transaction_gets_its_own_bucket(database: Database) -> None:
    post(database, [line("a"), line("b", amount="-3.00")])
    before = buckets(database)

    post(database, [line("a"), line("late")])

    late = {number: bucket for number, bucket in buckets(database).items() if number not in before}
    assert before.items() <= buckets(database).items()
    assert [bucket[2:4] for bucket in before.values()] == [(2, 700)]
    assert [bucket[2:4] for bucket in late.values()] == [(1, 1000)]


def test_a_file_of_several_batches_has_one_bucket_a_key(database: Database) -> None:
    posted = post(database, (line(str(number), amount="0.01") for number in range(TRANSACTIONS_PER_BATCH + 2)))

    assert posted.recorded == TRANSACTIONS_PER_BATCH + 2
    assert [bucket[2:4] for bucket in buckets(database).values()] == [
        (TRANSACTIONS_PER_BATCH + 2, TRANSACTIONS_PER_BATCH + 2)
    ]


# Sums beyond 64 bits


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("batched", ["one batch", "several batches"])
@pytest.mark.parametrize("which", ["amount", "home_amount_minor"])
def test_a_sum_that_leaves_64_bits_is_refused(database: Database, sign: int, batched: str, which: str) -> None:
    values = [{"amount": 1, which: sign * HALF}, {"amount": 1, which: sign * HALF}]
    too_much = [new(f"half-{number}", **value) for number, value in enumerate(values)]
    batches = [too_much] if batched == "one batch" else [[one] for one in too_much]

    with pytest.raises(MoneyError, match="beyond 64 bits; check the amounts"):
        post_batches(database, [new("before", currency="EUR", home_amount_minor=1)], *batches)

    assert_nothing_posted(database)


def test_a_sum_of_exactly_the_largest_amount_is_kept_exactly(database: Database) -> None:
    post_batches(database, [new("a", HALF)], [new("b", AMOUNT_MINOR_MAX - HALF)])
    post_batches(database, [new("c", -HALF), new("d", HALF - AMOUNT_MINOR_MAX)])

    assert [bucket[3] for bucket in buckets(database).values()] == [AMOUNT_MINOR_MAX, -AMOUNT_MINOR_MAX]


def test_an_intermediate_sum_within_a_batch_may_exceed_64_bits(database: Database) -> None:
    post_batches(database, [new("a", AMOUNT_MINOR_MAX), new("b", AMOUNT_MINOR_MAX), new("c", -AMOUNT_MINOR_MAX)])

    assert [bucket[2:4] for bucket in buckets(database).values()] == [(3, AMOUNT_MINOR_MAX)]


# Several at once


def test_the_same_transactions_in_other_orders_never_deadlock(database: Database) -> None:
    post_batches(database, [new("the key is known")])
    start = Barrier(2)

    def attempt(batch: list[NewTransaction]) -> int:
        start.wait(30)
        try:
            # DatabaseBusy, which a deadlock would raise, is not expected.
            return sum(len(posted.fresh) for posted in post_batches(database, batch))
        except RecordedMeanwhile:
            return 0

    for attempts in range(10):
        batch = [new(f"{attempts}-{number}") for number in range(2_000)]
        with ThreadPoolExecutor(2) as pool:
            fresh = list(pool.map(attempt, [batch, batch[::-1]]))
        assert sorted(fresh) == [0, 2_000]


# A file is posted whole, or not at all


def test_a_file_whose_sum_leaves_64_bits_is_refused_whole(database: Database) -> None:
    half = "46116860184273879.04"
    lines = [
        line("first", amount=half),
        *(line(str(number), amount="1.00", segment_country="FR") for number in range(TRANSACTIONS_PER_BATCH)),
        line("last", amount=half),
    ]

    with pytest.raises(ImportRefused, match="beyond 64 bits; check the amounts; nothing of file"):
        import_lines(database, lines)

    assert_nothing_posted(database)
    assert import_lines(database, lines[:-1]) == (TRANSACTIONS_PER_BATCH + 1, 0)


def test_a_file_that_breaks_off_is_undone_whole(database: Database) -> None:
    def broken() -> Iterable[dict[str, str]]:
        yield from (line(str(number)) for number in range(TRANSACTIONS_PER_BATCH + 1))
        raise OSError("the file is cut off")

    with pytest.raises(OSError, match="the file is cut off"):
        import_lines(database, broken())

    assert_nothing_posted(database)
    with database.read() as session:
        imports = select(AuditEvent).where(col(AuditEvent.subject_type) == "Transactions")
        assert session.exec(imports).all() == []


def test_a_file_may_pause_for_longer_than_other_transactions(postgresql: PostgreSQL) -> None:
    url = postgresql.create_database()
    with closing(Database(url)) as database:
        for lock, timeout in ((True, "0"), (False, "15s")):
            with database.write() as session:
                if lock:
                    lock_file_imports(session)
                shown = session.connection().exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar()
            assert shown == timeout
    postgresql.drop_database(url)


def import_lines(database: Database, lines: Iterable[dict[str, str]]) -> tuple[int, int]:
    numbered = enumerate(lines, start=2)
    done = import_transactions(database, numbered, refuse, source="file.csv", actor="test")
    return done.recorded, done.duplicates


def test_the_codes_of_the_key_are_those_that_the_line_names(database: Database) -> None:
    post(database, [line("a", debit_account="Cash", credit_account="Tax Payable")])

    with database.read() as session:
        codes = {code.id: name for name, code in all_codes(session).items()}
        key = session.exec(select(PostingKey)).one()
    assert (codes[key.debit_code_id], codes[key.credit_code_id]) == ("Cash", "Tax Payable")
