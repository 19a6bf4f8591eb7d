"""Blocks of transactions on SQLite: some hundred rows a statement."""

from collections.abc import Iterator

import pyarrow as pa  # type: ignore[import-untyped]
from sqlmodel import Session

from storage.bucket_transactions import last_row_id
from storage.column_writes import filled, insert_columns, parameters
from storage.driver_rows import marks
from storage.posting_blocks import SENT, Compared
from storage.transaction_rows import CONTENT, TRANSACTION


class SqliteBlocks:
    """`PostingBlocks` on SQLite. Nobody else writes meanwhile, so row ids follow each other without gaps."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._connection = session.connection()
        self.first_id = self.last_id = last_row_id(session)
        """The last row ids before and after what was inserted here."""

    def any_recorded(self, transaction_ids: list[str]) -> bool:
        """Whether one of these transactions is recorded."""
        wanted = ", ".join("?" * len(transaction_ids))
        statement = f"SELECT 1 FROM billing_transaction WHERE transaction_id IN ({wanted}) LIMIT 1"  # noqa: S608
        return self._connection.exec_driver_sql(statement, tuple(transaction_ids)).first() is not None

    def compared(self, block: "pa.Table") -> Compared:
        """The transactions that differ from what is recorded."""
        found = Compared()
        rows = filled(block.select(SENT))
        names = ", ".join(rows.column_names)
        differing = _DIFFERING.format_map(
            {name: f"sent.{name}" if name in rows.column_names else "NULL" for name in SENT}
        )
        for values, count in parameters(rows):
            sent = f"sent ({names}) AS (VALUES {marks(rows.num_columns, count)})"
            for position, is_recorded in self._connection.exec_driver_sql(f"WITH {sent} {differing}", values):
                (found.conflicts if is_recorded else found.unknown).append(position)
        return found

    def insert(self, block: "pa.Table") -> "pa.Int64Array":
        """Insert, of each transaction id that is not recorded, the first row. Returns row ids, null for the others."""
        before, rows = self.last_id, block.select(TRANSACTION)
        count = insert_columns(self._connection, "billing_transaction", rows, "ON CONFLICT (transaction_id) DO NOTHING")
        self.last_id = last_row_id(self._session)
        assert self.last_id == before + count
        if count == len(rows):
            return pa.arange(before + 1, self.last_id + 1)
        return pa.array(self._row_ids(before, rows["transaction_id"].to_pylist()), pa.int64())

    def _row_ids(self, before: int, transaction_ids: list[str]) -> Iterator[int | None]:
        """The row ids of those rows that were inserted after row `before`, in their order."""
        inserted = self._connection.exec_driver_sql(
            "SELECT id, transaction_id FROM billing_transaction WHERE id > ? ORDER BY id", (before,)
        )
        row = inserted.fetchone()
        for transaction_id in transaction_ids:
            if row is not None and row[1] == transaction_id:
                yield row[0]
                row = inserted.fetchone()
            else:
                yield None
        assert row is None


_IS_SAME = " AND ".join(f"recorded.{name} IS {{{name}}}" for name in CONTENT)
# A column that is null in all rows is not sent: each value of a row takes its time.
_DIFFERING = f"""
SELECT {{position}}, recorded.id IS NOT NULL
FROM sent
    LEFT JOIN billing_transaction AS recorded ON recorded.transaction_id = {{transaction_id}}
    LEFT JOIN posting_bucket AS bucket ON bucket.id = recorded.posting_bucket_id
WHERE recorded.id IS NULL OR NOT ({_IS_SAME} AND (
    recorded.posting_bucket_id IS {{posting_bucket_id}}
    OR bucket.posting_date IS {{posting_date}} AND bucket.posting_key_id IS {{posting_key_id}}
))
"""  # noqa: S608
