"""Records from Parquet."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from pyarrow import types

from gateway.feed.columns import Columns
from gateway.feed.errors import FeedError
from gateway.feed.records import Malformed, Record, checked_record
from gateway.feed.source import Source
from gateway.feed.text_columns import stripped

BLOCK_ROWS = 100_000
"""The rows that are read as one block."""

_BATCH_ROWS = 4096
_ROW_BYTES = 100
_READ_BYTES = 1 << 18


class ParquetRecords:
    """The records of a Parquet file; a record's line is its row. `columns` are the file's columns.

    Opening raises FeedError on wrong columns and on columns whose values have no exact text form; opening and
    iterating both raise it on a damaged file.
    """

    columns: tuple[str, ...]

    def __init__(self, source: Source, columns: Columns) -> None:
        if not source.seekable():
            raise FeedError(source.name, None, "Parquet is read from its end, which a pipe does not allow")
        if source.size == 0:
            raise FeedError(source.name, None, "it is empty")
        self._name = source.name
        try:
            # With a buffer, Arrow reads a column chunk page by page instead of loading all of it.
            self._file = pq.ParquetFile(source, buffer_size=_READ_BYTES, pre_buffer=False)
            schema = self._file.schema_arrow
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error
        self.columns = tuple(schema.names)
        if "" in self.columns:
            raise FeedError(self._name, None, f"column {self.columns.index('') + 1} has no name")
        if fault := columns.fault(self.columns):
            raise FeedError(self._name, None, f"{fault}; the columns are {columns.allowed()}")
        if faults := [fault for field in schema if (fault := _type_fault(field))]:
            raise FeedError(self._name, None, "; ".join(faults))

    def __iter__(self) -> Iterator[Record | Malformed]:
        row = 0
        with self._reading():
            for batch in self._file.iter_batches(batch_size=_BATCH_ROWS):
                for cells in zip(*map(_texts, batch.columns), strict=True):
                    row += 1
                    record = self._record(row, cells)
                    if record is not None:
                        yield record

    def has_more_than(self, size: int) -> bool:
        """Whether the rows, as CSV, would have more than about that many bytes."""
        return bool(self._file.metadata.num_rows * _ROW_BYTES > size)

    def blocks(self) -> Iterator["ParquetBlock"]:
        """The rows in blocks."""
        row = 0
        with self._reading():
            for batch in self._file.iter_batches(batch_size=BLOCK_ROWS):
                yield ParquetBlock(self, batch, row + 1)
                row += batch.num_rows

    def read(self, batch: Any, first_row: int, places: Sequence[int]) -> list[Record | Malformed | None]:
        """What these rows of a batch that begins with that row are; None for one of empty cells."""
        chosen = batch.take(pa.array(places, pa.int64()))
        cells = zip(*map(_texts, chosen.columns), strict=True)
        return [self._record(first_row + place, row) for place, row in zip(places, cells, strict=True)]

    def _record(self, row: int, cells: Sequence[str | None]) -> Record | Malformed | None:
        return checked_record(row, zip(self.columns, cells, strict=True), [cell or "" for cell in cells])

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except UnicodeError as error:
            raise FeedError(self._name, None, "a column of text is not UTF-8") from error
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> FeedError:
        reason = str(error).partition("\n")[0]
        return FeedError(self._name, None, f"not a Parquet file, or a damaged one: {reason}")


class ParquetBlock:
    """A block of rows of a Parquet file."""

    doubtful = None

    def __init__(self, records: ParquetRecords, batch: Any, first_row: int) -> None:
        self._records = records
        self._batch = batch
        self._first_row = first_row
        self.rows: int = batch.num_rows
        self.columns = {
            name: stripped(_as_text(column)) for name, column in zip(records.columns, batch.columns, strict=True)
        }

    def records(self, places: Sequence[int]) -> list[Record | Malformed | None]:
        """The records of these rows."""
        return self._records.read(self._batch, self._first_row, places)


def _type_fault(field: Any) -> str | None:
    kind = field.type.value_type if types.is_dictionary(field.type) else field.type
    if types.is_floating(kind):
        return f"column {field.name!r} is a float, which is not exact; write it as string or decimal"
    if types.is_decimal(kind) or types.is_integer(kind) or types.is_date(kind) or types.is_null(kind):
        return None
    if types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        return None
    return f"column {field.name!r} is of type {kind}; write it as string, integer, decimal or date"


def _texts(column: Any) -> list[str | None]:
    texts: list[str | None] = _as_text(column).to_pylist()
    return texts


def _as_text(column: Any) -> Any:
    """The exact text of each value, null of null."""
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    texts = column.cast(pa.string())
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid as error:
        raise UnicodeError from error
    if types.is_decimal(column.type) and pc.any(pc.match_substring(texts, "E")).as_py():
        # Arrow writes a small decimal in scientific notation: 0E-10.
        return pa.array([None if value is None else f"{value:f}" for value in column.to_pylist()], pa.string())
    return texts
