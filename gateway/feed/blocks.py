"""Blocks: many rows of a feed at once, in columns of text."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Protocol

from gateway.feed.records import Malformed, Record

RECORDS_IN_BLOCK = 5_000
"""Records that make a block, where a feed is read record by record."""


class Block(Protocol):
    """Many rows of a feed, in columns. A row's record is what reading the feed record by record would give."""

    @property
    def columns(self) -> Mapping[str, Any]:
        """Arrow arrays of text, by name of column: without the white space around it, null where nothing is left."""

    @property
    def rows(self) -> int:
        """The number of rows in the columns."""

    @property
    def doubtful(self) -> Any | None:
        """An Arrow array that is true for rows of which only `records` tells whether they are records; None: no row."""

    @property
    def malformed(self) -> Sequence[Malformed]:
        """What stands between the rows and can be no row, in the order of lines."""

    def records(self, places: Sequence[int]) -> list[Record | Malformed | None]:
        """The records of these rows, in ascending order; None where a row is none, like a repeated header.

        Raises FeedError where iterating over the feed would.
        """


class RecordBlock:
    """A block of records that were read one by one."""

    doubtful = None

    def __init__(self, records: Sequence[Record | Malformed]) -> None:
        self.malformed = [record for record in records if isinstance(record, Malformed)]
        self._records = [record for record in records if isinstance(record, Record)]
        self.rows = len(self._records)

    @property
    def columns(self) -> Mapping[str, Any]:
        """The columns of all names that the records have."""
        import pyarrow as pa  # type: ignore[import-untyped]

        names = dict.fromkeys(name for record in self._records for name in record.values)
        return {name: pa.array([record.values.get(name) for record in self._records], pa.string()) for name in names}

    def records(self, places: Sequence[int]) -> list[Record | Malformed | None]:
        """The records in these places."""
        return [self._records[place] for place in places]


def blocks_of(records: Iterator[Record | Malformed]) -> Iterator[RecordBlock]:
    """Blocks of the records, each read when it is asked for."""
    while batch := list(islice(records, RECORDS_IN_BLOCK)):
        yield RecordBlock(batch)
