"""A file in pieces: rows are read and written a batch at a time, so that memory stays flat."""

import io
from collections.abc import Generator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from gateway.exports.formats import Format
from storage.bi.catalogue import Column

if TYPE_CHECKING:  # it takes a moment to load
    import pyarrow as pa  # type: ignore[import-untyped]

Piece = bytes | memoryview

Pieces = Generator[list[Piece]]
"""A file: what has been written of it after each batch of rows, and at last."""


class _Sink(io.RawIOBase):
    """A file that is written only; what has been written is taken away piece by piece."""

    def __init__(self) -> None:
        self._pieces: list[Piece] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(piece)
        self._size += len(piece)
        return len(piece)

    def tell(self) -> int:
        return self._size

    def taken(self) -> list[Piece]:
        pieces, self._pieces = self._pieces, []
        return pieces


def pieces(format: Format, columns: Sequence[Column], batches: "Generator[pa.RecordBatch]") -> Pieces:
    """The file with these rows. Raises what `batches` raises, which are closed at the end."""
    with closing(batches):
        sink = _Sink()
        writer = format.writer(sink, columns)
        for batch in batches:
            writer.write(batch)
            yield sink.taken()
        writer.close()
        yield sink.taken()
