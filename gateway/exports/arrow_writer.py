"""Arrow's stream format, with amounts as decimals."""

from collections.abc import Sequence
from io import RawIOBase

import pyarrow as pa  # type: ignore[import-untyped]

from gateway.exports.typed import typed, typed_schema
from storage.bi.catalogue import Column


class ArrowWriter:
    """Writes record batches."""

    def __init__(self, file: RawIOBase, columns: Sequence[Column]) -> None:
        self._schema = typed_schema(columns)
        self._writer = pa.ipc.new_stream(file, self._schema)

    def write(self, batch: "pa.RecordBatch") -> None:
        """Write the rows."""
        self._writer.write_batch(typed(batch, self._schema))

    def close(self) -> None:
        """Write the end of the stream."""
        self._writer.close()
