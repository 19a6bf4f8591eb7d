"""Whatever comes in: entries balance, nothing is lost or doubled, and every sum is the transactions' own."""

import json
from collections import Counter
from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from runs.create import RunRequest, begin, insert_run, make_entries
from runs.summarise import summarise, total
from storage.accounting_periods import period_named
from storage.claiming import KeySum
from storage.database import Database
from storage.segments import active_rule
from storage.transactions import PostingKey
from storage.words import ItemType, TransactionType
from tests.ledger import line, post

TYPES = [TransactionType.INVOICE_ITEM, TransactionType.TAXATION_ITEM]

key_sums = st.lists(
    st.builds(
        lambda number, kind, debit, credit, currency, country, amount, home: KeySum(
            PostingKey(
                id=number,
                digest=b"",
                transaction_type=kind,
                debit_code_id=debit,
                credit_code_id=credit,
                currency=currency,
                home_currency="GBP",
                segments={} if country is None else {"country": country},
            ),
            1,
            amount,
            home,
            date(2024, 12, 1),
            date(2024, 12, 2),
        ),
        st.integers(1, 10**6),
        st.sampled_from(TYPES),
        st.integers(1, 2),
        st.integers(3, 5),
        st.sampled_from(["GBP", "JPY"]),
        st.sampled_from([None, "FR", "DE"]),
        st.integers(-(10**12), 10**12),
        st.integers(-(10**12), 10**12),
    ),
    max_size=20,
)


@given(key_sums, st.sampled_from([{}, {None: ["country"]}, {TYPES[0]: ["country"]}]), st.sampled_from([None, "GBP"]))
def test_entries_balance_in_both_currencies_and_lose_nothing(
    sums: list[KeySum], rule: dict[TransactionType | None, list[str]], aggregate_into: str | None
) -> None:
    summaries = summarise(sums, rule, aggregate_into)
    assert sum(summary.transaction_count for summary in summaries) == len(sums)
    assert len({summary.group for summary in summaries}) == len(summaries)
    for summary in summaries:
        items = summary.items()
        assert total(items, ItemType.DEBIT) == total(items, ItemType.CREDIT)
        home = {side: sum(item.home_amount or 0 for item in items if item.type is side) for side in ItemType}
        assert home[ItemType.DEBIT] == home[ItemType.CREDIT]
        assert all(item.amount >= 0 and (item.home_amount or 0) >= 0 for item in items)
        assert all(item.amount or item.home_amount for item in items)
    for code in range(3, 6):
        booked = sum(
            item.amount if item.type is ItemType.CREDIT else -item.amount
            for summary in summaries
            for item in summary.items()
            if item.accounting_code_id == code
        )
        own = [one for one in sums if one.key.credit_code_id == code]
        assert booked == sum((one.home_amount or 0) if aggregate_into else one.amount for one in own)


transactions = st.lists(
    st.tuples(
        st.integers(1, 31),
        st.sampled_from(["Invoice Item", "Taxation Item", "Electronic Payment"]),
        st.decimals("-1000", "1000", places=2),
        st.sampled_from(["Sales", "Services"]),
        st.sampled_from(["FR", "DE", ""]),
    ),
    max_size=30,
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(transactions, min_size=1, max_size=3))
def test_on_a_database_every_transaction_is_in_at_most_one_entry_and_every_sum_is_its_own(
    database: Database, batches: list[list[tuple[int, str, Decimal, str, str]]]
) -> None:
    for batch in batches:
        _post_and_run(database, batch)


DEBIT_ITEMS = """
    SELECT entry.transaction_type, entry.segment_values, CASE item.type WHEN 'Debit' THEN 1 ELSE -1 END * item.amount
    FROM journal_entry entry
    JOIN journal_entry_item item ON item.journal_entry_id = entry.id
    JOIN accounting_code code ON code.id = item.accounting_code_id
    WHERE entry.journal_run_id = :run AND code.name = 'Accounts Receivable'
"""
"""What a run has booked on the debit code, with its sign, by entry."""

SUMS_THAT_DIFFER = """
    SELECT bucket.id FROM posting_bucket bucket
    LEFT JOIN billing_transaction t ON t.posting_bucket_id = bucket.id
    GROUP BY bucket.id, bucket.transaction_count, bucket.amount
    HAVING bucket.transaction_count <> count(t.id) OR bucket.amount <> sum(t.amount)
"""
"""Buckets that do not carry exactly their transactions."""


def _post_and_run(database: Database, batch: list[tuple[int, str, Decimal, str, str]]) -> None:
    with database.read() as session:
        known = session.execute(text("SELECT count(*) FROM billing_transaction")).scalar_one()
    lines = [
        line(
            f"t{known + number}",
            transaction_date=f"2024-12-{day:02}",
            transaction_type=kind,
            amount=f"{amount:f}",
            credit_account=credit,
            segment_country=country,
        )
        for number, (day, kind, amount, credit, country) in enumerate(batch)
    ]
    assert post(database, lines).recorded == len(lines)
    expected: Counter[tuple[str, str]] = Counter()
    for _, kind, amount, _, country in batch:
        if kind != "Electronic Payment":
            expected[kind, country] += int(amount * 100)
    with database.write() as session:
        period = period_named(session, "Dec 2024")
        assert period is not None
        end = date(2024, 12, 31)
        request = RunRequest(
            period, period.start_date, end, end, TYPES, [], active_rule(session), None, aggregate_currency=False
        )
        run = insert_run(session, request, "test")
        assert run.id is not None
        assert begin(session, run.id)
        make_entries(session, run.id)
        assert run.transaction_count == sum(kind != "Electronic Payment" for _, kind, _, _, _ in batch)
        debit_items = session.execute(text(DEBIT_ITEMS), {"run": run.id}).all()
        doubled = session.execute(text(SUMS_THAT_DIFFER)).all()
    booked = {
        (kind, (json.loads(segments) if isinstance(segments, str) else segments)[0]["value"] or ""): amount
        for kind, segments, amount in debit_items
    }
    assert booked == {group: amount for group, amount in expected.items() if amount}
    assert doubled == []
