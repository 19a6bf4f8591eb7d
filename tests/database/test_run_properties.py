"""For any postings, a run takes each of its buckets once, and its sums are those of the transactions."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, func, select

from storage.accounting_codes import AccountingCode
from storage.database import Database
from storage.journal_entries import JournalEntry
from storage.journal_entry_items import JournalEntryItem
from storage.journal_runs import JournalRun
from storage.posting_buckets import PostingBucket
from storage.posting_keys import PostingKey
from storage.settings import Ledger
from storage.transactions import Transaction
from storage.words import ItemType, TransactionType
from tests.support.buckets import buckets_that_differ
from tests.support.direct_runs import run_now
from tests.support.ledger import line, post

DIGITS = {"GBP": 2, "EUR": 2, "JPY": 0, "KWD": 3}


@dataclass(frozen=True)
class Line:
    """A transaction as plain numbers; `amount` counts minor units."""

    day: int
    kind: str
    currency: str
    amount: int
    rate: str
    credit: str
    country: str

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.amount).scaleb(-DIGITS[self.currency])

    def home(self, currency: str) -> int:
        """The home amount in minor units, rounded half-even."""
        rate = Decimal(1 if self.currency == currency else self.rate)
        return int((self.decimal * rate).scaleb(DIGITS[currency]).quantize(Decimal(1), ROUND_HALF_EVEN))


lines = st.lists(
    st.builds(
        Line,
        st.integers(1, 31),
        st.sampled_from(["Invoice Item", "Taxation Item", "Electronic Payment"]),
        st.sampled_from(list(DIGITS)),
        st.integers(-300, 300),
        st.sampled_from(["0.5", "0.25", "1.2345", "0.0052"]),
        st.sampled_from(["Sales", "Services"]),
        st.sampled_from(["FR", "DE", ""]),
    ),
    max_size=30,
)

Side = tuple[str, str, str, str]
"""Transaction type, currency, country and accounting code."""
Sums = dict[Side, tuple[int, int]]


@pytest.mark.parametrize("ledger", [Ledger(), Ledger("GBP"), Ledger("GBP", True)], ids=["plain", "home", "aggregated"])
@settings(max_examples=12)
@given(batches=st.lists(lines, min_size=1, max_size=3))
def test_on_a_database_every_bucket_is_claimed_once_and_entries_are_the_sums_of_their_buckets(
    database: Database, ledger: Ledger, batches: list[list[Line]]
) -> None:
    # The period fills up over the batches and examples; each run collects what was recorded since the previous one.
    for batch in batches:
        with database.read() as session:
            claimed = claims(session)
            known = session.exec(select(func.count()).select_from(Transaction)).one()
        post(database, feed(batch, known, ledger), ledger)
        run = run_now(database, ledger)
        wanted = [one for one in batch if one.kind != "Electronic Payment"]
        with database.read() as session:
            assert run.transaction_count == len(wanted)
            assert booked_by(session, run) == sums_of(wanted, ledger)
            now_claimed = claims(session)
            assert {bucket: now_claimed[bucket] for bucket in claimed} == claimed
            assert {now_claimed[bucket][0] for bucket in now_claimed.keys() - claimed.keys()} <= {run.id}
            assert unclaimed_types(session) <= {TransactionType.ELECTRONIC_PAYMENT}
            assert buckets_that_differ(session) == entries_that_differ(session, run) == []


def feed(batch: Sequence[Line], known: int, ledger: Ledger) -> Iterable[dict[str, str]]:
    """The batch as lines of a feed file, with new ids."""
    for number, one in enumerate(batch, start=known):
        priced = ledger.home_currency is not None and one.currency != ledger.home_currency
        yield line(
            f"t{number}",
            transaction_date=f"2024-12-{one.day:02}",
            transaction_type=one.kind,
            currency=one.currency,
            amount=f"{one.decimal:f}",
            exchange_rate=one.rate if priced else "",
            credit_account=one.credit,
            segment_country=one.country,
        )


def sums_of(batch: Iterable[Line], ledger: Ledger) -> Sums:
    """By plain arithmetic: amount and home amount by entry and accounting code, debits positive, zeros left out."""
    amounts: Counter[Side] = Counter()
    homes: Counter[Side] = Counter()
    for one in batch:
        home = 0 if ledger.home_currency is None else one.home(ledger.home_currency)
        currency, amount = ("GBP", home) if ledger.aggregate_currency else (one.currency, one.amount)
        for code, sign in (("Accounts Receivable", 1), (one.credit, -1)):
            amounts[one.kind, currency, one.country, code] += sign * amount
            homes[one.kind, currency, one.country, code] += sign * home
    return {side: (amounts[side], homes[side]) for side in amounts if amounts[side] or homes[side]}


def booked_by(session: Session, run: JournalRun) -> Sums:
    """The same, from the items of the run's entries."""
    booked: Sums = {}
    for entry, item, code in session.exec(
        select(JournalEntry, JournalEntryItem, AccountingCode)
        .where(JournalEntry.journal_run_id == run.id)
        .where(JournalEntryItem.journal_entry_id == JournalEntry.id)
        .where(AccountingCode.id == JournalEntryItem.accounting_code_id)
    ):
        assert entry.transaction_type is not None
        country = entry.segment_values[0]["value"] or ""
        side = (entry.transaction_type.value, entry.currency, country, code.name)
        sign = 1 if item.type is ItemType.DEBIT else -1
        amount, home = booked.get(side, (0, 0))
        booked[side] = amount + sign * item.amount_minor, home + sign * (item.home_amount_minor or 0)
    return booked


def claims(session: Session) -> dict[int | None, tuple[int | None, int | None]]:
    """The run and the entry of each bucket that is claimed."""
    rows = session.exec(select(PostingBucket).where(col(PostingBucket.journal_run_id).is_not(None)))
    return {row.id: (row.journal_run_id, row.journal_entry_id) for row in rows}


def unclaimed_types(session: Session) -> set[TransactionType]:
    """The types of the transactions that no run has taken."""
    keys = session.exec(
        select(PostingKey)
        .join(PostingBucket, col(PostingBucket.posting_key_id) == PostingKey.id)
        .where(col(PostingBucket.journal_run_id).is_(None))
    )
    return {key.transaction_type for key in keys}


def entries_that_differ(session: Session, run: JournalRun) -> list[int]:
    """The run's entries whose count differs from that of their buckets."""
    return list(
        session.exec(
            select(JournalEntry.id)
            .join(PostingBucket, col(PostingBucket.journal_entry_id) == JournalEntry.id, isouter=True)
            .where(JournalEntry.journal_run_id == run.id)
            .group_by(col(JournalEntry.id))
            .having(
                func.max(JournalEntry.transaction_count) != func.coalesce(func.sum(PostingBucket.transaction_count), 0)
            )
        )
    )
