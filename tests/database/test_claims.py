"""A run takes the transactions that were free when it looked, and no others."""

import pytest
from sqlmodel import Session, col, select

from runs import create
from storage.claims import claim_buckets
from storage.database import Database
from storage.journal_runs import JournalRun, running_run
from storage.posting_buckets import PostingBucket
from tests.support.direct_runs import cancel_now, entries_of, run_now
from tests.support.ledger import line, post


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_becomes_free_while_a_run_is_created_is_left_for_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(database, [line("earlier")])
    earlier = run_now(database)
    post(database, [line("first"), line("second", segment_country="FR")])

    def claim_then_others(session: Session, run: JournalRun) -> object:
        claimed = claim_buckets(session, run)
        # On SQLite they would wait for the run.
        post(database, [line("meanwhile"), line("other", segment_country="DE")])
        cancel_now(database, earlier.number)
        return claimed

    with monkeypatch.context() as patch:
        patch.setattr(create, "claim_buckets", claim_then_others)
        run = run_now(database)

    assert (run.transaction_count, [entry.transaction_count for entry in entries_of(database, run)]) == (2, [1, 1])
    with database.read() as session:
        free = session.exec(select(PostingBucket).where(col(PostingBucket.journal_run_id).is_(None))).all()
    assert sum(bucket.transaction_count for bucket in free) == 3
    assert run_now(database).transaction_count == 3


def test_a_run_whose_transactions_all_net_to_zero_takes_them(database: Database) -> None:
    post(database, [line("up"), line("down", amount="-10.00")])

    run = run_now(database)

    assert (run.total_journal_entry_count, run.transaction_count) == (0, 2)
    with database.read() as session:
        (bucket,) = session.exec(select(PostingBucket))
    assert (bucket.journal_run_id, bucket.journal_entry_id) == (run.id, None)


def test_a_run_whose_buckets_and_entries_would_differ_is_undone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(database, [line("one"), line("two", segment_country="FR")])

    with monkeypatch.context() as patch:
        patch.setattr(create, "assign_buckets", lambda *_: 1)
        with pytest.raises(AssertionError, match="would have 2 transactions, but their buckets have 1"):
            run_now(database)

    with database.write() as session:
        run = running_run(session)
        assert run is not None
        assert (entries_of(database, run), run.transaction_count) == ([], 0)
        create.make_entries(session, run.id)
    assert [entry.transaction_count for entry in entries_of(database, run)] == [1, 1]
