"""The lists of a posting's buckets, in memory until there are so many transactions that they are written sorted."""

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from sqlmodel import Session

from storage.column_writes import write_columns

TRANSACTIONS_HELD_MAX = 200_000
"""Transactions of which the place in a list is held in memory, 16 bytes each."""

_PLACES = pa.schema([("posting_bucket_id", pa.int64()), ("transaction_row_id", pa.int64())])


class OpenLists:
    """The transactions that a posting has added to its buckets, and that their lists do not have yet."""

    def __init__(self, session: Session) -> None:
        self._places = _PLACES.empty_table()
        self.use(session)

    def use(self, session: Session) -> None:
        """Go on in this database transaction."""
        self._session = session

    def add(self, bucket_ids: "pa.Int64Array", row_ids: "pa.Int64Array") -> None:
        """Add these transactions to the lists of these buckets."""
        self._places = pa.concat_tables([self._places, pa.table([bucket_ids, row_ids], schema=_PLACES)])
        if len(self._places) > TRANSACTIONS_HELD_MAX:
            self.write()

    def write(self) -> None:
        """Write what is not written yet."""
        places = self._places.combine_chunks()
        self._places = _PLACES.empty_table()
        # In the order of the table, which is less than half of the work of any other order. Sorting is stable.
        places = places.take(pc.array_sort_indices(places["posting_bucket_id"].combine_chunks()))
        write_columns(self._session, "bucket_transaction", places)
