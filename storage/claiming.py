"""Claiming: a run takes the open buckets of its range, and a cancelled entry gives its buckets back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, func

from storage.journal_runs import JournalRun
from storage.money import MoneyError
from storage.posting import Key, key_of, stored_keys
from storage.transactions import PostingBucket, PostingKey, Transaction

SPLIT_THE_RUN = (
    "to close the period, collect them in several runs, each for some of its days, transaction types or organisations;"
    " correct a wrong amount by a transaction of the opposite sign"
)


@dataclass(frozen=True, slots=True)
class KeySum:
    """What a run found under one posting key: exact sums in minor units."""

    key: PostingKey
    transaction_count: int
    amount: int
    home_amount: int | None


def claim_buckets(session: Session, run: JournalRun) -> None:
    """Give the run every open bucket in its range, of its types and organisations.

    An import going on at the same time is not waited for: its buckets are not visible yet, stay open, and
    belong to the next run.
    """
    keys = select(col(PostingKey.id)).where(col(PostingKey.transaction_type).in_(run.transaction_types))
    if run.organization_labels:
        keys = keys.where(col(PostingKey.organization).in_(run.organization_labels))
    session.execute(
        update(PostingBucket)
        .where(
            col(PostingBucket.journal_run_id).is_(None),
            col(PostingBucket.posting_date).between(run.target_start_date, run.target_end_date),
            col(PostingBucket.posting_key_id).in_(keys),
        )
        .values(journal_run_id=run.id)
        .execution_options(synchronize_session=False)
    )


def carry_home_currency(session: Session, run: JournalRun) -> None:
    """Give what the run has claimed, in the home currency itself and recorded before that was set, its home amount.

    It is the amount, so nobody has to send such transactions again. Nobody else writes these buckets, since the run
    holds them.
    """
    assert run.id is not None
    held = (col(PostingBucket.journal_run_id) == run.id, col(PostingBucket.posting_key_id))
    bare = session.execute(
        select(PostingKey).where(
            col(PostingKey.currency) == run.home_currency,
            col(PostingKey.home_currency).is_(None),
            col(PostingKey.id).in_(select(held[1]).where(held[0])),
        )
    ).scalars()
    for bare_id, key_id in _home_keys(session, list(bare), run.home_currency or "").items():
        buckets = select(col(PostingBucket.id)).where(held[0], held[1] == bare_id)
        for statement in (
            update(Transaction)
            .where(col(Transaction.posting_bucket_id).in_(buckets))
            .values(home_amount_minor=col(Transaction.amount_minor)),
            update(PostingBucket)
            .where(held[0], held[1] == bare_id)
            .values(posting_key_id=key_id, home_amount=col(PostingBucket.amount)),
        ):
            session.execute(statement.execution_options(synchronize_session=False))


def _home_keys(session: Session, bare: Sequence[PostingKey], home_currency: str) -> dict[int, int]:
    """For each of these keys, the id of the same with the home currency: each has one of its own.

    A posting has one bucket for a date and a key, so keys that migration 0004 made equal must not become one.
    """
    found: dict[int, int] = {}
    usual: dict[bytes, Key] = {}
    usual_of: dict[int, Key] = {}
    for row in bare:
        assert row.id is not None
        key = replace(key_of(row), home_currency=home_currency)
        if key_of(row).digest() == row.digest:
            usual[key.digest()] = usual_of[row.id] = key
        else:
            # It was stored before its texts were normalised, and its digest is of what they were.
            digest = blake2b(row.digest + home_currency.encode(), digest_size=16).digest()
            found[row.id] = stored_keys(session, {digest: key})[key]
    if usual:
        ids = stored_keys(session, usual)
        found |= {bare_id: ids[key] for bare_id, key in usual_of.items()}
    return found


def claimed_sums(session: Session, run_id: int) -> Iterator[KeySum]:
    """The sums of what the run has claimed, by posting key. Raises MoneyError when one leaves 64 bits."""
    sums = (
        select(
            col(PostingBucket.posting_key_id).label("key_id"),
            func.sum(PostingBucket.transaction_count).label("transaction_count"),
            func.sum(PostingBucket.amount).label("amount"),
            func.sum(PostingBucket.home_amount).label("home_amount"),
        )
        .where(col(PostingBucket.journal_run_id) == run_id)
        .group_by(col(PostingBucket.posting_key_id))
        .subquery()
    )
    try:
        rows = session.execute(
            select(
                PostingKey,
                sums.c.transaction_count,
                sums.c.amount,
                sums.c.home_amount,
            ).join(sums, col(PostingKey.id) == sums.c.key_id)
        )
        for key, count, amount, home in rows:
            # PostgreSQL's sum of integers is an exact numeric.
            yield KeySum(key, int(count), int(amount), None if home is None else int(home))
    except OperationalError as error:
        if "integer overflow" not in str(error.orig):
            raise
        raise MoneyError(f"the sum of the run's transactions of one kind is beyond 64 bits; {SPLIT_THE_RUN}") from error


def assign_buckets(session: Session, run_id: int, entry_of_key: Sequence[tuple[int, int]]) -> None:
    """Write into the run's buckets which entry they went into: pairs of posting key and entry."""
    if entry_of_key:
        session.connection().execute(
            update(PostingBucket)
            .where(
                col(PostingBucket.journal_run_id) == run_id,
                col(PostingBucket.posting_key_id) == bindparam("key_id"),
            )
            .values(journal_entry_id=bindparam("entry_id")),
            [{"key_id": key_id, "entry_id": entry_id} for key_id, entry_id in entry_of_key],
        )


def release_entries(session: Session, entry_ids: Sequence[int]) -> None:
    """Open the buckets of these entries again: their transactions are free for the next run."""
    session.execute(
        update(PostingBucket)
        .where(col(PostingBucket.journal_entry_id).in_(entry_ids))
        .values(journal_run_id=None, journal_entry_id=None)
        .execution_options(synchronize_session=False)
    )


def release_run(session: Session, run_id: int) -> None:
    """Open whatever the run still holds: sums of zero, that count as taken but went into no entry."""
    session.execute(
        update(PostingBucket)
        .where(col(PostingBucket.journal_run_id) == run_id)
        .values(journal_run_id=None, journal_entry_id=None)
        .execution_options(synchronize_session=False)
    )
