"""Claiming: a run takes the open buckets in its range; cancelling an entry releases its buckets."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Text, Update, and_, any_, cast, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col
from sqlmodel.sql.expression import SelectOfScalar

from storage.bucket_transactions import BucketTransaction
from storage.database import is_sqlite
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

    key_id: int
    key: PostingKeyFields
    transaction_count: int
    amounts: Amounts


def claim_buckets(session: Session, run: JournalRun) -> ColumnElement[bool]:
    """Claim every open bucket in the range of the run, with its types and organisations. Returns which these are.

    A concurrent import is not waited for: its buckets are not visible yet and stay open for the next run. The buckets
    are the run's when `assign_buckets` has been called.
    """
    keys = select(col(PostingKey.id)).where(col(PostingKey.transaction_type).in_(run.transaction_types))
    if run.organization_labels:
        keys = keys.where(col(PostingKey.organization).in_(run.organization_labels))
    are_free = (
        col(PostingBucket.journal_run_id).is_(None),
        col(PostingBucket.posting_date).between(run.target_start_date, run.target_end_date),
        col(PostingBucket.posting_key_id).in_(keys),
    )
    if is_sqlite(session):
        # The transaction has the write lock, so these stay the same until it updates them.
        return and_(*are_free)
    # Locked now and updated once: for a row that it updates twice, PostgreSQL checks every foreign key again.
    locked = select(col(PostingBucket.id)).where(*are_free).order_by(col(PostingBucket.id)).with_for_update().subquery()
    ids = session.execute(select(func.array_agg(locked.c.id))).scalar_one()
    return _these(literal(ids or [], ARRAY(BigInteger)))


def carry_home_currency(session: Session, run: JournalRun, claimed: ColumnElement[bool]) -> None:
    """Set the home amount of claimed transactions that are in the home currency but were recorded before it was set.

    It equals the amount, so such transactions need not be sent again. No one else writes to claimed buckets.
    """
    key = col(PostingBucket.posting_key_id)
    bare = session.execute(
        select(PostingKey).where(
            col(PostingKey.currency) == run.home_currency,
            col(PostingKey.home_currency).is_(None),
            col(PostingKey.id).in_(select(key).where(claimed)),
        )
    ).scalars()
    for bare_id, key_id in _home_keys(session, list(bare), run.home_currency or "").items():
        buckets = select(col(PostingBucket.id)).where(claimed, key == bare_id)
        rows = select(col(BucketTransaction.transaction_row_id)).where(
            col(BucketTransaction.posting_bucket_id).in_(buckets)
        )
        for statement in (
            update(Transaction)
            .where(col(Transaction.id).in_(rows))
            .values(home_amount_minor=col(Transaction.amount_minor)),
            update(PostingBucket)
            .where(claimed, key == bare_id)
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


def claimed_sums(session: Session, claimed: ColumnElement[bool]) -> Iterator[KeySum]:
    """The sums of the claimed transactions, by posting key. Raises MoneyError if one exceeds 64 bits."""
    sums = (
        select(
            col(PostingBucket.posting_key_id).label("key_id"),
            func.sum(PostingBucket.transaction_count).label("transaction_count"),
            func.sum(PostingBucket.amount_minor).label("amount"),
            func.sum(PostingBucket.home_amount_minor).label("home_amount"),
        )
        .where(claimed)
        .group_by(col(PostingBucket.posting_key_id))
        .subquery()
    )
    try:
        rows = session.execute(
            select(
                sums.c.key_id,
                sums.c.transaction_count,
                sums.c.amount,
                sums.c.home_amount,
                col(PostingKey.transaction_type),
                col(PostingKey.debit_code_id),
                col(PostingKey.credit_code_id),
                col(PostingKey.currency),
                col(PostingKey.home_currency),
                col(PostingKey.organization),
                col(PostingKey.segments),
            ).join(PostingKey, col(PostingKey.id) == sums.c.key_id)
        )
        # Columns instead of rows of the ORM, each of which would cost as much as its entry.
        for key_id, count, amount, home, kind, debit, credit, currency, home_currency, organization, segments in rows:
            named = tuple(sorted(segments.items()))
            key = PostingKeyFields(kind, debit, credit, currency, home_currency, organization, named)
            # PostgreSQL's sum of integers is an exact numeric.
            amounts = Amounts(Minor(int(amount)), None if home is None else Minor(int(home)))
            yield KeySum(key_id, key, int(count), amounts)
    except OperationalError as error:
        # SQLite only; it reports an overflow with its general error code, so only the text identifies it.
        if "integer overflow" not in str(error.orig):
            raise
        raise MoneyError(
            f"the sum of the run's transactions with one posting key is beyond 64 bits; {SPLIT_THE_RUN}"
        ) from error


def assign_buckets(session: Session, run_id: int, claimed: ColumnElement[bool], entry_of_key: Mapping[int, int]) -> int:
    """Give the claimed buckets to the run and, by their posting key, to its entries; those of other keys net to zero.

    Returns the number of transactions that are now in entries.
    """
    assignment = _assignment_on_sqlite if is_sqlite(session) else _assignment_on_postgresql
    assign = assignment(claimed, entry_of_key).values(journal_run_id=run_id)
    session.execute(assign.execution_options(synchronize_session=False))
    assigned = select(func.sum(PostingBucket.transaction_count)).where(
        col(PostingBucket.journal_run_id) == run_id, col(PostingBucket.journal_entry_id).is_not(None)
    )
    return int(session.execute(assigned).scalar_one() or 0)


def _assignment_on_sqlite(claimed: ColumnElement[bool], entry_of_key: Mapping[int, int]) -> Update:
    # A join, for which SQLite makes an index once: a look-up in JSON reads all of it.
    pair = func.json_each(json.dumps(entry_of_key)).table_valued("key", "value")
    entries = (
        select(cast(pair.c.key, BigInteger).label("key_id"), pair.c.value.label("entry_id"))
        .cte("entry_of_key")
        .prefix_with("MATERIALIZED")
    )
    assigned = (
        select(col(PostingBucket.id), entries.c.entry_id)
        .outerjoin(entries, entries.c.key_id == col(PostingBucket.posting_key_id))
        .where(claimed)
        .subquery("assigned")
    )
    return (
        update(PostingBucket).where(col(PostingBucket.id) == assigned.c.id).values(journal_entry_id=assigned.c.entry_id)
    )


def _assignment_on_postgresql(claimed: ColumnElement[bool], entry_of_key: Mapping[int, int]) -> Update:
    # One look-up for each bucket, not a join: statistics do not tell how many buckets have one of the keys.
    entries = select(literal(entry_of_key, JSONB)).scalar_subquery()
    entry_id = cast(entries.op("->>")(cast(col(PostingBucket.posting_key_id), Text)), BigInteger)
    return update(PostingBucket).where(claimed).values(journal_entry_id=entry_id)


def release_entries(session: Session, entry_ids: Sequence[int] | SelectOfScalar[int]) -> None:
    """Release the buckets of the entries with these ids, or with those that are selected; a run can take them again."""
    _release(session, col(PostingBucket.journal_entry_id).in_(entry_ids))


def release_run(session: Session, run_id: int) -> None:
    """Release the remaining buckets of the run, which net to zero and are in no entry."""
    _release(session, col(PostingBucket.journal_run_id) == run_id)


def _release(session: Session, claimed: ColumnElement[bool]) -> None:
    if not is_sqlite(session):
        ids = select(col(PostingBucket.id)).where(claimed).order_by(col(PostingBucket.id))
        claimed = _these(func.array(ids.scalar_subquery()))
    release = update(PostingBucket).where(claimed).values(journal_run_id=None, journal_entry_id=None)
    session.execute(release.execution_options(synchronize_session=False))


def _these(ids: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the bucket is one of an array on PostgreSQL, which then takes them in order: a fifth less work."""
    return col(PostingBucket.id) == any_(ids)
