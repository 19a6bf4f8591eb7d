"""Posting: adds each transaction once, and sums it into a bucket, in the caller's database transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Column, delete, select, text, update
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Field, Session, SQLModel, col

from storage.bucket_transactions import move_in_lists
from storage.columns import Identifier, UtcDateTime, now
from storage.database import is_sqlite
from storage.money import AMOUNT_MINOR_MAX, MoneyError
from storage.posting_buckets import PostingBucket
from storage.posting_keys import PostingKeyFields, stored_keys
from storage.transaction_rows import SUM_TOO_LARGE, Place, Sums, add_to_buckets, insert_transactions
from storage.transactions import (
    Content,
    NewTransaction,
    PostedTransaction,
    Transaction,
    content_of,
    contents,
    recorded_ids,
    recorded_transactions,
)

SOURCE_LENGTH_MAX = 1_024
"""The characters of a file's name that its posting keeps: the last ones."""


class Posting(SQLModel, table=True):
    """One posting: a feed file, or one call that recorded transactions."""

    __tablename__ = "posting"

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    source: str = Field(max_length=SOURCE_LENGTH_MAX)
    posted_by: str = Field(max_length=255)
    posted_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


POSTING_KEYS_CACHED_MAX = 100_000
"""Posting keys that one posting caches, so that memory does not grow with the file."""


_FILE_IMPORT_LOCK = 0x4A47_0001


class RecordedMeanwhile(Exception):
    """Another posting recorded the same transactions concurrently; nothing of this one was recorded."""


@dataclass(slots=True)
class Posted:
    """The result of a batch: positions of new transactions and conflicts, and the number of duplicates."""

    fresh: list[int] = field(default_factory=list)
    duplicates: int = 0
    conflicts: list[int] = field(default_factory=list)


class OpenPosting:
    """One posting, inside one database transaction: all its transactions become visible together, or none."""

    def __init__(self, session: Session, source: str, actor: str) -> None:
        self._session = session
        self._keys: dict[PostingKeyFields, int] = {}
        posting = Posting(source=source[-SOURCE_LENGTH_MAX:], posted_by=actor, posted_at=now())
        session.add(posting)
        session.flush()
        self.id = posting.id
        """The id of the posting."""

    def use(self, session: Session) -> None:
        """Go on in this database transaction."""
        self._session = session

    def post(self, batch: Sequence[NewTransaction]) -> Posted:
        """Post a batch of transactions.

        One that was recorded before with the same content is a duplicate; with other content it is a conflict and
        is not posted. Raises MoneyError if a bucket's sum exceeds 64 bits, and RecordedMeanwhile if another posting
        was faster; the database transaction is then unusable.
        """
        key_ids = self._ids_of_objects(batch)
        ids = [transaction.transaction_id for transaction in batch]
        found = recorded_ids(self._session, ids)
        if found or len(set(ids)) < len(ids):
            result = self._compared(batch, key_ids, contents(self._session, found) if found else {})
        else:
            result = Posted(list(range(len(batch))))
        if result.fresh:
            try:
                self._insert([batch[position] for position in result.fresh], key_ids)
            except IntegrityError as error:
                raise RecordedMeanwhile from error
        return result

    def recorded(self, ids: Sequence[str]) -> dict[str, PostedTransaction]:
        """The recorded transactions with these transaction ids, of whatever organisation; those of this posting too."""
        return recorded_transactions(self._session, ids)

    def add_rates(self, rated: Sequence[tuple[NewTransaction, PostedTransaction]]) -> None:
        """Add rate and home amount to recorded transactions that have none and are not taken.

        Each moves from its bucket to one of this posting, whose key has the home currency. Raises MoneyError if a
        bucket's sum exceeds 64 bits, and RecordedMeanwhile if a run or another posting was faster; the database
        transaction is then unusable.
        """
        transactions = [transaction for transaction, _ in rated]
        self._lock_buckets({before.transaction.posting_bucket_id for _, before in rated})
        key_ids = self._ids_of_objects(transactions)
        buckets = self._bucket_ids(transactions, key_ids)
        left: dict[int, list[int]] = {}
        for _, before in rated:
            count_and_amount = left.setdefault(before.transaction.posting_bucket_id, [0, 0])
            count_and_amount[0] += 1
            count_and_amount[1] += before.transaction.amount_minor
        for bucket_id, (count, amount) in sorted(left.items()):
            self._take_out(bucket_id, count, amount)
        moves = []
        for transaction, before in sorted(rated, key=lambda pair: pair[0].transaction_id):
            bucket_id = buckets[transaction.transaction_date, key_ids[id(transaction.key)]]
            moves.append((before.id, before.transaction.posting_bucket_id, bucket_id))
            moved = self._session.execute(
                update(Transaction)
                .where(
                    col(Transaction.id) == before.transaction.id,
                    col(Transaction.posting_bucket_id) == before.transaction.posting_bucket_id,
                )
                .values(
                    posting_bucket_id=bucket_id,
                    exchange_rate=transaction.exchange_rate,
                    home_amount_minor=transaction.home_amount_minor,
                )
                .returning(col(Transaction.id))
                .execution_options(synchronize_session=False)
            )
            if moved.one_or_none() is None:
                raise RecordedMeanwhile
        move_in_lists(self._session, moves)
        self._session.execute(
            delete(PostingBucket)
            .where(col(PostingBucket.id).in_(list(left)), col(PostingBucket.transaction_count) == 0)
            .execution_options(synchronize_session=False)
        )

    def key_ids(self, keys: set[PostingKeyFields]) -> Mapping[PostingKeyFields, int]:
        """The ids of these posting keys, among others; new keys are stored."""
        if len(self._keys) + len(keys) > POSTING_KEYS_CACHED_MAX:
            self._keys.clear()
        # To hash a key takes long; sets and dictionaries know the hashes of theirs.
        missing = {key.digest(): key for key in keys.difference(self._keys)}
        if missing:
            self._keys.update(stored_keys(self._session, missing))
        return self._keys

    @staticmethod
    def _compared(batch: Sequence[NewTransaction], key_ids: Mapping[int, int], known: dict[str, Content]) -> Posted:
        """Compare the batch with what is recorded, and of one transaction id the later with the first."""
        result = Posted()
        for position, transaction in enumerate(batch):
            content = content_of(transaction, key_ids[id(transaction.key)])
            seen = known.setdefault(transaction.transaction_id, content)
            if seen is content:
                result.fresh.append(position)
            elif seen == content:
                result.duplicates += 1
            else:
                result.conflicts.append(position)
        return result

    def _lock_buckets(self, ids: Collection[int]) -> None:
        """Lock these buckets, in the order in which runs do."""
        bucket_id = col(PostingBucket.id)
        self._session.execute(select(bucket_id).where(bucket_id.in_(ids)).order_by(bucket_id).with_for_update())

    def _take_out(self, bucket_id: int, count: int, amount: int) -> None:
        statement = (
            update(PostingBucket)
            .where(col(PostingBucket.id) == bucket_id, col(PostingBucket.journal_run_id).is_(None))
            .values(
                transaction_count=col(PostingBucket.transaction_count) - count,
                amount_minor=col(PostingBucket.amount_minor) - amount,
            )
            .returning(col(PostingBucket.amount_minor))
            .execution_options(synchronize_session=False)
        )
        try:
            rest = self._session.execute(statement).scalar_one_or_none()
        except DataError as error:
            raise MoneyError(SUM_TOO_LARGE) from error
        if rest is None:
            # A run has claimed the bucket.
            raise RecordedMeanwhile
        if not isinstance(rest, int) or abs(rest) > AMOUNT_MINOR_MAX:
            raise MoneyError(SUM_TOO_LARGE)

    def _ids_of_objects(self, batch: Sequence[NewTransaction]) -> dict[int, int]:
        """The ids of the transactions' posting keys, by the identity of the key, as hashing one is slow."""
        keys = {id(transaction.key): transaction.key for transaction in batch}
        key_ids = self.key_ids(set(keys.values()))
        return {identity: key_ids[key] for identity, key in keys.items()}

    def _insert(self, fresh: Sequence[NewTransaction], key_ids: dict[int, int]) -> None:
        buckets = self._bucket_ids(fresh, key_ids)
        rows = [
            (
                transaction.transaction_id,
                buckets[transaction.transaction_date, key_ids[id(transaction.key)]],
                transaction.amount_minor,
                transaction.exchange_rate,
                transaction.home_amount_minor,
                transaction.account_number,
                transaction.document_number,
            )
            for transaction in fresh
        ]
        insert_transactions(self._session, rows)

    def _bucket_ids(self, fresh: Sequence[NewTransaction], key_ids: dict[int, int]) -> dict[Place, int]:
        sums: dict[Place, Sums] = {}
        for transaction in fresh:
            place = (transaction.transaction_date, key_ids[id(transaction.key)])
            count, amount, home = sums.get(place, (0, 0, None))
            added = transaction.home_amount_minor
            if added is not None:
                home = added if home is None else home + added
            sums[place] = (count + 1, amount + transaction.amount_minor, home)
        return add_to_buckets(self._session, self.id, sums)


def lock_file_imports(session: Session) -> None:
    """Allow one file import at a time, because two could deadlock."""
    if not is_sqlite(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _FILE_IMPORT_LOCK})
        # Standard input may pause for longer than the usual timeout of idle transactions.
        session.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
