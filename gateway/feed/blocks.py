"""Blocks: many rows of a feed at once, in columns of text."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, Protocol

from gateway.feed.records import Malformed, Record

RECORDS_IN_BLOCK = 5_000
"""Records that make a block, where a feed is read record by record."""


class Block(Protocol):
    """Many rows of a feed, in columns. A row's record is what reading the feed record by record would give."""

    @property
    def columns(self) -> Mapping[str, Any]:
        """Arrow arrays of text, by name of column: without the white space around it, null where nothing is left.

        A row without any text may be malformed, or no record.
        """

    @property
    def rows(self) -> int:
        """The number of rows."""

    @property
    def doubtful(self) -> Any | None:
        """An Arrow array that is true for rows that may be malformed although they have text; None: no row."""

    def records(self, places: Sequence[int]) -> list[Record | Malformed | None]:
        """The records of these rows, in ascending order; None where a row is none, like a repeated header.

        Raises FeedError where iterating over the feed would.
        """


class RecordBlock:
    """A block of records that were read one by one."""

    doubtful = None

    def __init__(self, records: Sequence[Record | Malformed]) -> None:
        self.rows = len(records)
        self._records = records

    @cached_property
    def columns(self) -> Mapping[str, Any]:
        """The columns of all names that the records have."""
        import pyarrow as pa  # type: ignore[import-untyped]

        values = [record.values if isinstance(record, Record) else {} for record in self._records]
        names = dict.fromkeys(name for one in values for name in one)
        return {name: pa.array([one.get(name) for one in values], pa.string()) for name in names}

    def records(self, places: Sequence[int]) -> list[Record | Malformed | None]:
        """The records in these places."""
        return [self._records[place] for place in places]


def blocks_of(records: Iterator[Record | Malformed]) -> Iterator[RecordBlock]:
    """Blocks of the records, each read when it is asked for."""
    while batch := list(islice(records, RECORDS_IN_BLOCK)):
        yield RecordBlock(batch)
