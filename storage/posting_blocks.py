"""Blocks of transactions in columns, compared with the recorded ones and inserted."""

from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa  # type: ignore[import-untyped]

from storage.transaction_rows import TRANSACTION

SENT = ("position", "posting_date", "posting_key_id", *TRANSACTION)
"""The columns of a block. Where it is only compared, it has such buckets as the posting has already, else nulls."""


@dataclass(slots=True)
class Compared:
    """Positions of transactions that are not recorded, and of those that are, but with other content."""

    unknown: list[int] = field(default_factory=list)
    conflicts: list[int] = field(default_factory=list)


class PostingBlocks(Protocol):
    """Compares and inserts the transactions of one posting, in blocks with the columns SENT."""

    def any_recorded(self, transaction_ids: list[str]) -> bool:
        """Whether one of these transactions is recorded."""

    def compared(self, block: "pa.Table") -> Compared:
        """The transactions that differ from what is recorded."""

    def insert(self, block: "pa.Table") -> "pa.Int64Array":
        """Insert, of each transaction id that is not recorded, the first row. Returns row ids, null for the others.

        Raises RecordedMeanwhile if another posting was faster.
        """
