"""Claiming: a run takes the open buckets in its range; cancelling an entry releases its buckets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col

from storage.bucket_transactions import BucketTransaction
from storage.journal_runs import JournalRun
from storage.money import Amounts, Minor, MoneyError
from storage.posting_buckets import PostingBucket
from storage.posting_keys import PostingKey, PostingKeyFields, key_of, stored_keys
from storage.transactions import Transaction

SPLIT_THE_RUN = (
    "to close the period, create several runs, each for some of its days, transaction types or organisations;"
    " correct a wrong amount with a transaction of the opposite sign"
)


@dataclass(frozen=True, slots=True)
class KeySum:
    """The claimed transactions of one posting key: their number and their exact sums."""

    key: PostingKey
    transaction_count: int
    amounts: Amounts


def claim_buckets(session: Session, run: JournalRun) -> None:
    """Claim every open bucket in the range of the run, with its types and organisations.

    A concurrent import is not waited for: its buckets are not visible yet and stay open for the next run.
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
    """Set the home amount of claimed transactions that are in the home currency but were recorded before it was set.

    It equals the amount, so such transactions need not be sent again. No one else writes to claimed buckets.
    """
    claimed = (col(PostingBucket.journal_run_id) == run.id, col(PostingBucket.posting_key_id))
    bare = session.execute(
        select(PostingKey).where(
            col(PostingKey.currency) == run.home_currency,
            col(PostingKey.home_currency).is_(None),
            col(PostingKey.id).in_(select(claimed[1]).where(claimed[0])),
        )
    ).scalars()
    for bare_id, key_id in _home_keys(session, list(bare), run.home_currency or "").items():
        buckets = select(col(PostingBucket.id)).where(claimed[0], claimed[1] == bare_id)
        rows = select(col(BucketTransaction.transaction_row_id)).where(
            col(BucketTransaction.posting_bucket_id).in_(buckets)
        )
        for statement in (
            update(Transaction)
            .where(col(Transaction.id).in_(rows))
            .values(home_amount_minor=col(Transaction.amount_minor)),
            update(PostingBucket)
            .where(claimed[0], claimed[1] == bare_id)
            .values(posting_key_id=key_id, home_amount_minor=col(PostingBucket.amount_minor)),
        ):
            session.execute(statement.execution_options(synchronize_session=False))


def _home_keys(session: Session, bare: Sequence[PostingKey], home_currency: str) -> dict[int, int]:
    """For each of these keys, the id of the same with the home currency: each has one of its own.

    A posting has one bucket for a date and a key, so keys that migration 0004 made equal must not become one.
    """
    found: dict[int, int] = {}
    usual: dict[bytes, PostingKeyFields] = {}
    usual_of: dict[int, PostingKeyFields] = {}
    for row in bare:
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
    """The sums of the claimed transactions, by posting key. Raises MoneyError if one exceeds 64 bits."""
    sums = (
        select(
            col(PostingBucket.posting_key_id).label("key_id"),
            func.sum(PostingBucket.transaction_count).label("transaction_count"),
            func.sum(PostingBucket.amount_minor).label("amount"),
            func.sum(PostingBucket.home_amount_minor).label("home_amount"),
        )
        .where(col(PostingBucket.journal_run_id) == run_id)
        .group_by(col(PostingBucket.posting_key_id))
        .subquery()
    )
    try:
        rows = session.execute(
            select(PostingKey, sums.c.transaction_count, sums.c.amount, sums.c.home_amount).join(
                sums, col(PostingKey.id) == sums.c.key_id
            )
        )
        for key, count, amount, home in rows:
            # PostgreSQL's sum of integers is an exact numeric.
            yield KeySum(key, int(count), Amounts(Minor(int(amount)), None if home is None else Minor(int(home))))
    except OperationalError as error:
        # SQLite only; it reports an overflow with its general error code, so only the text identifies it.
        if "integer overflow" not in str(error.orig):
            raise
        raise MoneyError(
            f"the sum of the run's transactions with one posting key is beyond 64 bits; {SPLIT_THE_RUN}"
        ) from error


def assign_buckets(session: Session, run_id: int, entry_of_key: Sequence[tuple[int, int]]) -> None:
    """Set the entry of the run's buckets: pairs of posting key id and entry id."""
    if entry_of_key:
        session.connection().execute(
            update(PostingBucket)
            .where(
                col(PostingBucket.journal_run_id) == run_id, col(PostingBucket.posting_key_id) == bindparam("key_id")
            )
            .values(journal_entry_id=bindparam("entry_id")),
            [{"key_id": key_id, "entry_id": entry_id} for key_id, entry_id in entry_of_key],
        )


def release_entries(session: Session, entry_ids: Sequence[int]) -> None:
    """Release the buckets of these entries: their transactions become free for the next run."""
    session.execute(
        update(PostingBucket)
        .where(col(PostingBucket.journal_entry_id).in_(entry_ids))
        .values(journal_run_id=None, journal_entry_id=None)
        .execution_options(synchronize_session=False)
    )


def release_run(session: Session, run_id: int) -> None:
    """Release the remaining buckets of the run, which net to zero and are in no entry."""
    session.execute(
        update(PostingBucket)
        .where(col(PostingBucket.journal_run_id) == run_id)
        .values(journal_run_id=None, journal_entry_id=None)
        .execution_options(synchronize_session=False)
    )
