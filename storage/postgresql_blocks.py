"""Blocks of transactions on PostgreSQL: copied, in the hope that none of them is recorded."""

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from storage.column_writes import as_array, copy_columns
from storage.posting_blocks import SENT, Compared
from storage.postings import RecordedMeanwhile
from storage.sequences import next_ids
from storage.transaction_rows import CONTENT, TRANSACTION


class PostgresqlBlocks:
    """`PostingBlocks` on PostgreSQL, where others may record transactions meanwhile."""

    def __init__(self, session: Session) -> None:
        self._connection = session.connection()
        self._connection.exec_driver_sql(_SENT)
        # The server has no statistics of the rows that this transaction adds; an index finds each.
        self._connection.exec_driver_sql("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")
        self._connection.exec_driver_sql("SET LOCAL jit = off")

    def any_recorded(self, transaction_ids: list[str]) -> bool:
        """Whether one of these transactions is recorded."""
        statement = text("SELECT 1 FROM billing_transaction WHERE transaction_id = ANY(:ids) LIMIT 1")
        return self._connection.execute(statement, {"ids": transaction_ids}).first() is not None

    def compared(self, block: "pa.Table") -> Compared:
        """The transactions that differ from what is recorded."""
        self._connection.exec_driver_sql("TRUNCATE sent_transaction")
        copy_columns(self._connection, "sent_transaction", block.select(SENT))
        found = Compared()
        for position, is_recorded in self._connection.exec_driver_sql(_DIFFERING):
            (found.conflicts if is_recorded else found.unknown).append(position)
        return found

    def insert(self, block: "pa.Table") -> "pa.Int64Array":
        """Insert, of each transaction id that is not recorded, the first row. Returns row ids, null for the others.

        Raises RecordedMeanwhile if another posting was faster.
        """
        try:
            with self._connection.begin_nested():
                return self._copied(block)
        except IntegrityError:
            pass
        is_first = _is_first(block, self.compared(block).unknown)
        try:
            row_ids = self._copied(block.filter(is_first))
        except IntegrityError as error:
            raise RecordedMeanwhile from error
        return pc.replace_with_mask(pa.nulls(len(block), pa.int64()), is_first, row_ids)

    def _copied(self, block: "pa.Table") -> "pa.Int64Array":
        row_ids = as_array(next_ids(self._connection, "billing_transaction", len(block)))
        copy_columns(self._connection, "billing_transaction", block.select(TRANSACTION).append_column("id", row_ids))
        return row_ids


def _is_first(block: "pa.Table", positions: list[int]) -> "pa.BooleanArray":
    """Whether the row is, of those at these positions, the first with its transaction id."""
    unknown = block.filter(pc.is_in(block["position"], value_set=pa.array(positions, pa.int64())))
    firsts = unknown.group_by("transaction_id").aggregate([("position", "min")])
    return pc.is_in(block["position"].combine_chunks(), value_set=firsts["position_min"].combine_chunks())


_SENT = """
CREATE TEMPORARY TABLE IF NOT EXISTS sent_transaction (
    position bigint NOT NULL,
    transaction_id text NOT NULL,
    posting_date date NOT NULL,
    posting_key_id bigint NOT NULL,
    posting_bucket_id bigint,
    amount bigint NOT NULL,
    exchange_rate text,
    home_amount bigint,
    account_number text,
    document_number text
) ON COMMIT DROP
"""

_DIFFERING = f"""
SELECT sent.position, recorded.id IS NOT NULL
FROM sent_transaction AS sent
    LEFT JOIN billing_transaction AS recorded ON recorded.transaction_id = sent.transaction_id
    LEFT JOIN posting_bucket AS bucket ON bucket.id = recorded.posting_bucket_id
WHERE recorded.id IS NULL
    OR ({", ".join(f"recorded.{name}" for name in CONTENT)}) IS DISTINCT FROM
        ({", ".join(f"sent.{name}" for name in CONTENT)})
    OR recorded.posting_bucket_id IS DISTINCT FROM sent.posting_bucket_id
        AND (bucket.posting_date, bucket.posting_key_id) IS DISTINCT FROM (sent.posting_date, sent.posting_key_id)
"""  # noqa: S608
