"""Posting by columns: what `OpenPosting` does row by row, for large files."""

from collections.abc import Sequence

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from sqlmodel import Session

from storage.database import is_sqlite
from storage.open_buckets import OpenBuckets
from storage.open_lists import OpenLists
from storage.postgresql_blocks import PostgresqlBlocks
from storage.posting_blocks import Compared, PostingBlocks
from storage.posting_keys import PostingKeyFields, keys_with_ids, last_key_id
from storage.posting_parts import PostingPart, forget_parts
from storage.postings import OpenPosting
from storage.sqlite_blocks import SqliteBlocks
from storage.sqlite_cache import enlarge_cache
from storage.transaction_columns import PostedColumns, TransactionColumns
from storage.transactions import (
    NewTransaction,
    PostedTransaction,
    Transaction,
    recorded_ids,
    recorded_transactions,
    transactions_without_bucket,
)

SAMPLED = 16
"""Transactions of a block that are looked up; if none of them is recorded, probably none of the block is."""

IDS_PER_STATEMENT = 5_000
"""Transactions that one statement looks up; SQLite allows 32,766 parameters by default."""


class ColumnPosting:
    """One posting of blocks of columns. Nobody sees any of it before `close`, which writes its buckets.

    It is made in one database transaction, or on SQLite in several: each but the last ends with `pause`, and each but
    the first begins with `use`.
    """

    def __init__(self, session: Session, source: str, actor: str) -> None:
        self._rows = OpenPosting(session, source, actor)
        self._known_keys: Sequence[PostingKeyFields] = []
        self._key_ids: list[int | None] = []
        self._buckets = OpenBuckets(session, self._rows.id, others_are_written=False)
        self._lists = OpenLists(session)
        self.may_pause = is_sqlite(session)
        """Whether the present database transaction need not be the last: nothing that it wrote can be seen."""
        self._begin(session)

    def use(self, session: Session) -> None:
        """Go on in this database transaction."""
        self._rows.use(session)
        self._buckets.use(session)
        self._lists.use(session)
        self._begin(session)

    def pause(self) -> None:
        """Write down what the present database transaction has written, before it ends."""
        assert self.may_pause
        assert isinstance(self._blocks, SqliteBlocks)
        self._session.add(
            PostingPart(
                posting_id=self._rows.id,
                first_row_id=self._blocks.first_id + 1,
                last_row_id=self._blocks.last_id,
                first_key_id=self._first_key_id + 1,
                last_key_id=last_key_id(self._session),
                last_bucket_id=self._buckets.last_id,
            )
        )

    def post(self, block: TransactionColumns) -> PostedColumns:
        """Post a block of transactions; of rows with one transaction id, the first counts as sent first.

        One that was recorded before with the same content is a duplicate; with other content it is a conflict and
        is not posted. Raises MoneyError if a bucket's sum exceeds 64 bits, and RecordedMeanwhile if another posting
        was faster; the database transaction is then unusable.
        """
        if not len(block):
            return PostedColumns(pa.array([], pa.bool_()))
        unknown = rows = self._rows_of(block)
        conflicts: list[int] = []
        if self._blocks.any_recorded(rows["transaction_id"][:: len(rows) // SAMPLED + 1].to_pylist()):
            found = self._compared(rows)
            unknown, conflicts = rows.take(pa.array(found.unknown, pa.int64())), found.conflicts
        fresh = self._inserted(unknown)
        if len(fresh) < len(unknown):
            found = self._compared(unknown.filter(pc.invert(_are_among(unknown, fresh))))
            assert not found.unknown
            conflicts += found.conflicts
        self._buckets.add(fresh["place"], fresh["amount"], fresh["home_amount"])
        if self._buckets.are_many:
            self._write_buckets()
        return PostedColumns(
            fresh=_are_among(rows, fresh),
            duplicates=len(rows) - len(fresh) - len(conflicts),
            conflicts=sorted(conflicts),
        )

    def recorded(self, ids: Sequence[str]) -> dict[str, PostedTransaction]:
        """The recorded transactions with these transaction ids, of which some may be of this posting.

        `recorded_transactions` does not find those of this posting before `close`.
        """
        found: dict[str, PostedTransaction] = {}
        for start in range(0, len(ids), IDS_PER_STATEMENT):
            some = recorded_ids(self._session, ids[start : start + IDS_PER_STATEMENT])
            if not some:
                continue
            found |= recorded_transactions(self._session, some)
            found |= self._own(transactions_without_bucket(self._session, some))
        return found

    def add_rates(self, rated: Sequence[tuple[NewTransaction, PostedTransaction]]) -> None:
        """Add rate and home amount to recorded transactions, as `OpenPosting.add_rates` does."""
        self._lists.write()
        self._write_buckets()
        self._rows.add_rates(rated)
        self._buckets = self._more_buckets()

    def close(self) -> None:
        """Write the posting's buckets, with their sums, and the lists of their transactions."""
        self._buckets.write()
        self._lists.write()
        forget_parts(self._session, self._rows.id)

    def _begin(self, session: Session) -> None:
        self._session = session
        if is_sqlite(session):
            enlarge_cache(session)
            self._first_key_id = last_key_id(session)
            self._blocks: PostingBlocks = SqliteBlocks(session)
        else:
            self._blocks = PostgresqlBlocks(session)

    def _own(self, transactions: Sequence[Transaction]) -> dict[str, PostedTransaction]:
        """Transactions of this posting, whose buckets have no rows yet."""
        buckets = self._buckets.rows_with([transaction.posting_bucket_id for transaction in transactions])
        keys = keys_with_ids(self._session, {bucket.posting_key_id for bucket in buckets.values()})
        return {
            transaction.transaction_id: PostedTransaction(transaction, bucket, keys[bucket.posting_key_id])
            for transaction in transactions
            for bucket in (buckets[transaction.posting_bucket_id],)
        }

    def _rows_of(self, block: TransactionColumns) -> "pa.Table":
        keys = self._key_ids_of(block)
        return pa.table(
            {
                "position": pa.arange(0, len(block)),
                "transaction_id": block.transaction_id,
                "posting_date": block.transaction_date,
                "posting_key_id": keys,
                "place": self._buckets.places(block.transaction_date, keys),
                "amount": block.amount_minor,
                "exchange_rate": block.exchange_rate,
                "home_amount": block.home_amount_minor,
                "account_number": block.account_number,
                "document_number": block.document_number,
            }
        )

    def _key_ids_of(self, block: TransactionColumns) -> "pa.Int64Array":
        """The id of each row's posting key; keys that rows have are stored."""
        if block.keys is not self._known_keys:
            self._known_keys, self._key_ids = block.keys, []
        self._key_ids += [None] * (len(block.keys) - len(self._key_ids))
        new = [number for number in pc.unique(block.key).to_pylist() if self._key_ids[number] is None]
        ids = self._rows.key_ids({block.keys[number] for number in new})
        for number in new:
            self._key_ids[number] = ids[block.keys[number]]
        return pa.array(self._key_ids, pa.int64()).take(block.key)

    def _compared(self, rows: "pa.Table") -> Compared:
        bucket_ids = self._buckets.known_ids(rows["place"].combine_chunks())
        return self._blocks.compared(rows.append_column("posting_bucket_id", bucket_ids))

    def _inserted(self, rows: "pa.Table") -> "pa.Table":
        """Insert the rows that are not recorded, and return them."""
        if not len(rows):
            return rows
        bucket_ids = self._buckets.ids(rows["place"].combine_chunks())
        row_ids = self._blocks.insert(rows.append_column("posting_bucket_id", bucket_ids))
        if row_ids.null_count:
            inserted = row_ids.is_valid()
            rows, bucket_ids, row_ids = rows.filter(inserted), bucket_ids.filter(inserted), row_ids.filter(inserted)
        self._lists.add(bucket_ids, row_ids)
        return rows

    def _write_buckets(self) -> None:
        self.may_pause = False
        self._buckets.write()
        self._buckets = self._more_buckets()

    def _more_buckets(self) -> OpenBuckets:
        return OpenBuckets(self._session, self._rows.id, others_are_written=True)


def _are_among(rows: "pa.Table", some: "pa.Table") -> "pa.BooleanArray":
    """Which of the rows are among these, of which there are no others."""
    if len(some) == len(rows):
        return pa.repeat(pa.scalar(True), len(rows))
    return pc.is_in(rows["position"].combine_chunks(), value_set=some["position"].combine_chunks())
