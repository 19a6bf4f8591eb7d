"""A cancellation has the same outcomes in batches of any size, whatever happens between them."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import Session, col, select

from runs.cancel import cancel_batch, start_cancellation
from runs.cancel_entry import cancel_single_entry
from runs.held import HELD
from storage.cancellations import Cancellation, EntryCancelOutcome, latest_cancellation
from storage.conservation import broken_rules
from storage.database import Database
from storage.journal_entries import JournalEntry, lock_entries_numbered
from storage.journal_runs import JournalRun, lock_run
from storage.posting_buckets import PostingBucket
from storage.words import CancelOutcome, JournalEntryStatus, JournalRunStatus, TransferStatus
from tests.support.direct_runs import entries_of, run_now
from tests.support.ledger import line, post

ENTRIES = 5

EARLIER = datetime(2025, 1, 1, tzinfo=UTC)

SIZES = [(1, 1), (2, 2), (1, 4), (100, 5_000)]
"""The first and the largest batch."""


class _UndoneError(Exception):
    """Rolls a cancellation back, so that the same run can be cancelled in another way."""


@pytest.fixture
def run(database: Database) -> JournalRun:
    """A run with some entries, and with transactions that net to zero."""
    lines = [line(f"t{n}", segment_country=f"C{n // 2}") for n in range(2 * ENTRIES)]
    post(database, [*lines, line("up", segment_country="Z"), line("down", segment_country="Z", amount="-10.00")])
    return run_now(database)


@settings(max_examples=6)
@given(states=st.lists(st.sampled_from([*TransferStatus, None]), min_size=ENTRIES, max_size=ENTRIES))
def test_on_a_database_batches_of_any_size_give_the_same_outcomes(
    database: Database, run: JournalRun, states: list[TransferStatus | None]
) -> None:
    numbers = [entry.number for entry in entries_of(database, run)]
    results = []
    for first, largest in SIZES:
        with suppress(_UndoneError), database.write() as session:
            before = prepare(session, numbers, states)
            cancel(session, run, first, largest)
            results.append(result(session, run))
            assert_follows_from(session, run, states, before)
            raise _UndoneError
    assert len(results) == len(SIZES)
    assert all(one == results[0] for one in results)


def test_batches_grow_with_what_has_been_tried(database: Database, run: JournalRun) -> None:
    with database.write() as session:
        start(session, run)
    tried = []
    left = True
    while left:
        with database.write() as session:
            left = cancel_batch(session, run.id, 1, 3)
            tried.append(len(outcomes(session, run)))

    assert tried == [1, 2, 4, 5]


def test_an_entry_that_changes_between_batches_counts_as_it_is_when_its_turn_comes(
    database: Database, run: JournalRun
) -> None:
    _, transferred, gone, *_ = (entry.number for entry in entries_of(database, run))
    with database.write() as session:
        start(session, run)
    with database.write() as session:
        assert cancel_batch(session, run.id, 1, 1)
    with database.write() as session:
        changed = lock_entries_numbered(session, [transferred, gone])
        changed[transferred].transferred_to_accounting = TransferStatus.YES
        session.add(changed[transferred])
        # Callers are refused this while the run is being cancelled.
        cancel_single_entry(session, None, changed[gone], "test")
    left = True
    while left:
        with database.write() as session:
            left = cancel_batch(session, run.id, 2, 2)

    with database.read() as session:
        told = outcomes(session, run)
        cancellation = latest_cancellation(session, run.id)
    assert [outcome.outcome for outcome in told] == [
        CancelOutcome.CANCELLED, CancelOutcome.FAILED, *[CancelOutcome.CANCELLED] * (ENTRIES - 3),
    ]  # fmt: skip
    assert told[1].message == f"Journal entry {transferred} cannot be cancelled: its transfer status is Yes."
    # The one that had gone was expected, and never tried.
    assert cancellation is not None
    counts = (cancellation.cancelled_count, cancellation.failed_count, cancellation.remaining_count)
    assert counts == (ENTRIES - 2, 1, 1)


def prepare(session: Session, numbers: Sequence[str], states: Sequence[TransferStatus | None]) -> dict[int, datetime]:
    """Give the entries these transfer statuses, or cancel those without one. Returns when each was updated."""
    entries = lock_entries_numbered(session, numbers)
    for number, state in zip(numbers, states, strict=True):
        entry = entries[number]
        if state is None:
            cancel_single_entry(session, None, entry, "test")
        else:
            entry.transferred_to_accounting = state
            session.add(entry)
    session.flush()
    # All of a test is one transaction, which has one moment.
    session.execute(update(JournalEntry).values(updated_at=EARLIER).execution_options(synchronize_session=False))
    session.expire_all()
    return {entry.id: entry.updated_at for entry in entries.values()}


def start(session: Session, run: JournalRun) -> None:
    """Start the cancellation of the run."""
    locked = lock_run(session, run.id)
    assert locked is not None
    start_cancellation(session, locked, "test")


def cancel(session: Session, run: JournalRun, first: int, largest: int) -> None:
    """Cancel the run, with batches of these sizes."""
    start(session, run)
    session.flush()
    while cancel_batch(session, run.id, first, largest):
        pass
    session.flush()
    session.expire_all()


def result(session: Session, run: JournalRun) -> list[object]:
    """All that a cancellation leaves behind, but for ids and moments."""
    cancellation = latest_cancellation(session, run.id)
    assert cancellation is not None
    buckets = session.exec(select(PostingBucket).order_by(col(PostingBucket.id)))
    locked = lock_run(session, run.id)
    assert locked is not None
    return [
        locked.status,
        cancellation.model_dump(exclude={"id", "started_at", "finished_at"}),
        [outcome.model_dump(exclude={"id", "cancellation_id", "recorded_at"}) for outcome in outcomes(session, run)],
        [(bucket.id, bucket.journal_run_id, bucket.journal_entry_id) for bucket in buckets],
    ]


def assert_follows_from(
    session: Session, run: JournalRun, states: Sequence[TransferStatus | None], before: dict[int, datetime]
) -> None:
    """The live entries have one outcome each, and exactly the cancelled ones are updated; nothing is lost."""
    told = {outcome.journal_entry_id: outcome for outcome in outcomes(session, run)}
    held = 0
    entries = session.exec(select(JournalEntry).where(JournalEntry.journal_run_id == run.id))
    for entry, state in zip(sorted(entries, key=lambda entry: entry.id), states, strict=True):
        if state is None:
            assert entry.id not in told
            continue
        failed = state in HELD
        held += failed
        outcome = told[entry.id]
        assert outcome.outcome is (CancelOutcome.FAILED if failed else CancelOutcome.CANCELLED)
        assert entry.status is (JournalEntryStatus.CREATED if failed else JournalEntryStatus.CANCELLED)
        assert (outcome.message is None) == (outcome.code is None) == (not failed)
        assert failed == (entry.updated_at == before[entry.id])
        assert outcome.sequence + outcome.remaining_count == len(told)
    locked = lock_run(session, run.id)
    assert locked is not None
    assert locked.status is (JournalRunStatus.COMPLETED if held else JournalRunStatus.CANCELLED)
    assert broken_rules(session) == []


def outcomes(session: Session, run: JournalRun) -> list[EntryCancelOutcome]:
    """The outcomes of the run's cancellations, in order."""
    return list(
        session.exec(
            select(EntryCancelOutcome)
            .join(Cancellation, col(Cancellation.id) == col(EntryCancelOutcome.cancellation_id))
            .where(Cancellation.journal_run_id == run.id)
            .order_by(col(EntryCancelOutcome.sequence))
        )
    )
