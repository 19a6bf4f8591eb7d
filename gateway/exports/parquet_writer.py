"""Parquet, with amounts as decimals."""

from collections.abc import Sequence
from io import RawIOBase

import pyarrow as pa  # type: ignore[import-untyped]
from pyarrow import parquet

from gateway.exports.typed import typed, typed_schema
from storage.bi.catalogue import Column

ROWS_PER_GROUP = 131_072
"""A reader with a filter skips groups, and fetches what it wants of the others."""


class ParquetWriter:
    """Writes groups of rows."""

    def __init__(self, file: RawIOBase, columns: Sequence[Column]) -> None:
        self._schema = typed_schema(columns)
        self._writer = parquet.ParquetWriter(file, self._schema, compression="snappy")
        self._batches: list[pa.RecordBatch] = []
        self._rows = 0

    def write(self, batch: "pa.RecordBatch") -> None:
        """Write the rows, once there are enough for a group."""
        self._batches.append(typed(batch, self._schema))
        self._rows += len(batch)
        if self._rows >= ROWS_PER_GROUP:
            self._write_group()

    def close(self) -> None:
        """Write the last rows and the footer."""
        if self._rows:
            self._write_group()
        self._writer.close()

    def _write_group(self) -> None:
        self._writer.write_table(pa.Table.from_batches(self._batches, self._schema), row_group_size=self._rows)
        self._batches, self._rows = [], 0
