"""Posting, running, transferring and cancelling in any order loses, doubles and unbalances nothing."""

from collections import Counter
from contextlib import suppress
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select

from runs.cancel_entry import cancel_single_entry
from runs.held import HELD
from runs.states import NotAllowed
from runs.violations import Invalid
from storage.database import Database
from storage.journal_entries import JournalEntry, lock_entries_numbered
from storage.journal_entry_items import JournalEntryItem
from storage.journal_runs import JournalRun, lock_run_of_entry
from storage.posting_buckets import PostingBucket
from storage.transactions import Transaction
from storage.words import ItemType, JournalEntryStatus, TransferStatus
from tests.support.buckets import buckets_that_differ
from tests.support.direct_runs import cancel_now, run_now
from tests.support.ledger import line, post

NUMBERS = count()

lines = st.lists(
    st.tuples(st.integers(-500, 500), st.sampled_from(["FR", "DE"]), st.sampled_from(["Sales", "Services"])),
    min_size=1,
    max_size=6,
)
which = st.integers(0, 10**6)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("post"), lines),
        st.tuples(st.just("run"), st.none()),
        st.tuples(st.just("cancel run"), which),
        st.tuples(st.just("cancel entry"), which),
        st.tuples(st.just("transfer"), st.tuples(which, st.sampled_from(TransferStatus))),
    ),
    min_size=3,
    max_size=14,
)


@settings(max_examples=15)
@given(steps=steps)
def test_every_transaction_is_free_or_in_one_live_entry_that_balances(
    database: Database, steps: list[tuple[str, Any]]
) -> None:
    for name, argument in [("post", [(100, "FR", "Sales"), (-30, "DE", "Sales")]), ("run", None), *steps]:
        if name == "post":
            post(
                database,
                [
                    line(f"t{next(NUMBERS)}", amount=f"{minor / 100:.2f}", segment_country=country, credit_account=code)
                    for minor, country, code in argument
                ],
            )
        elif name == "run":
            run_now(database)
        elif name == "cancel run":
            cancel_a_run(database, argument)
        elif name == "cancel entry":
            cancel_an_entry(database, argument)
        else:
            transfer_an_entry(database, *argument)
        with database.read() as session:
            assert_sound(session)


def cancel_a_run(database: Database, position: int) -> None:
    """Cancel one of the runs, if its status permits."""
    with database.read() as session:
        numbers = session.exec(select(JournalRun.number).order_by(col(JournalRun.id))).all()
    with suppress(NotAllowed):
        cancel_now(database, numbers[position % len(numbers)], batch=2)


def cancel_an_entry(database: Database, position: int) -> None:
    """Cancel one of the entries by hand, unless it is cancelled or its transfer status forbids it."""
    number = an_entry(database, position)
    with database.write() as session:
        run = lock_run_of_entry(session, number)
        entry = lock_entries_numbered(session, [number])[number]
        refused = entry.status is JournalEntryStatus.CANCELLED or entry.transferred_to_accounting in HELD
        if refused:
            with pytest.raises(Invalid):
                cancel_single_entry(session, run, entry, "test")
        else:
            cancel_single_entry(session, run, entry, "test")
            assert entry.status is JournalEntryStatus.CANCELLED


def transfer_an_entry(database: Database, position: int, status: TransferStatus) -> None:
    """Set the transfer status of one of the entries, unless it is cancelled."""
    number = an_entry(database, position)
    with database.write() as session:
        entry = lock_entries_numbered(session, [number])[number]
        if entry.status is JournalEntryStatus.CREATED:
            entry.transferred_to_accounting = status
            session.add(entry)


def an_entry(database: Database, position: int) -> str:
    """The number of one of the entries."""
    with database.read() as session:
        numbers = session.exec(select(JournalEntry.number).order_by(col(JournalEntry.id))).all()
    return numbers[position % len(numbers)]


def assert_sound(session: Session) -> None:
    """Every bucket matches its transactions, and every live entry the sums and counts of exactly its buckets."""
    assert buckets_that_differ(session) == []
    amounts: Counter[int] = Counter()
    counts: Counter[int] = Counter()
    for bucket in session.exec(select(PostingBucket)):
        if bucket.journal_entry_id is not None:
            assert bucket.journal_run_id is not None
            amounts[bucket.journal_entry_id] += bucket.amount_minor
            counts[bucket.journal_entry_id] += bucket.transaction_count
    entries = {entry.id: entry for entry in session.exec(select(JournalEntry))}
    booked: Counter[int] = Counter()
    balance: Counter[int] = Counter()
    for item in session.exec(select(JournalEntryItem)):
        signed = item.amount_minor if item.type is ItemType.DEBIT else -item.amount_minor
        balance[item.journal_entry_id] += signed
        # The only debit code of these transactions is the first accounting code.
        booked[item.journal_entry_id] += signed if item.accounting_code_id == 1 else 0
    for entry_id, entry in entries.items():
        assert entry_id is not None
        assert balance[entry_id] == 0
        assert entry.total_debit_minor == entry.total_credit_minor
        if entry.status is JournalEntryStatus.CREATED:
            assert (counts[entry_id], amounts[entry_id]) == (entry.transaction_count, booked[entry_id])
        else:
            assert (counts[entry_id], amounts[entry_id]) == (0, 0)
    posted = sum(session.exec(select(Transaction.amount_minor)).all())
    assert posted == sum(bucket.amount_minor for bucket in session.exec(select(PostingBucket)))
