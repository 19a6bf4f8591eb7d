"""Records from Parquet."""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from pyarrow import types

from gateway.feed.columns import Columns
from gateway.feed.errors import FeedError
from gateway.feed.records import Malformed, Record, checked_record
from gateway.feed.source import Source

_BATCH_ROWS = 4096
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
        for batch in self._batches():
            for cells in zip(*batch, strict=True):
                row += 1
                record = checked_record(row, zip(self.columns, cells, strict=True), [cell or "" for cell in cells])
                if record is not None:
                    yield record

    def _batches(self) -> Iterator[list[list[str | None]]]:
        try:
            for batch in self._file.iter_batches(batch_size=_BATCH_ROWS):
                yield [_texts(column) for column in batch.columns]
        except UnicodeDecodeError as error:
            raise FeedError(self._name, None, "a column of text is not UTF-8") from error
        except (pa.ArrowException, OSError) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> FeedError:
        reason = str(error).partition("\n")[0]
        return FeedError(self._name, None, f"not a Parquet file, or a damaged one: {reason}")


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
    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if types.is_decimal(column.type):
        # Arrow writes a small decimal in scientific notation: 0E-10.
        return [None if value is None else f"{value:f}" for value in column.to_pylist()]
    texts: list[str | None] = column.cast(pa.large_string()).to_pylist()
    return texts
