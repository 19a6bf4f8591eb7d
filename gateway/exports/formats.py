"""The formats of exports: their names, what they are called in HTTP, and their writers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import RawIOBase
from typing import TYPE_CHECKING, Protocol

from storage.bi.catalogue import Column

if TYPE_CHECKING:  # it takes a moment to load
    import pyarrow as pa  # type: ignore[import-untyped]


class Writer(Protocol):
    """Writes batches, as `storage.bi.reading.batches` has them, to a binary file."""

    def write(self, batch: "pa.RecordBatch") -> None:
        """Write a batch."""

    def close(self) -> None:
        """Write what comes last. The file stays open."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format. `is_text` says that it is worth compressing on its way."""

    name: str
    media_type: str
    writer: Callable[[RawIOBase, Sequence[Column]], Writer]
    is_text: bool = False


def _csv(file: RawIOBase, columns: Sequence[Column]) -> Writer:
    from gateway.exports.csv_writer import CsvWriter

    return CsvWriter(file, columns)


def _ndjson(file: RawIOBase, columns: Sequence[Column]) -> Writer:
    from gateway.exports.ndjson_writer import NdjsonWriter

    return NdjsonWriter(file, columns)


def _parquet(file: RawIOBase, columns: Sequence[Column]) -> Writer:
    from gateway.exports.parquet_writer import ParquetWriter

    return ParquetWriter(file, columns)


def _arrow(file: RawIOBase, columns: Sequence[Column]) -> Writer:
    from gateway.exports.arrow_writer import ArrowWriter

    return ArrowWriter(file, columns)


FORMATS: Mapping[str, Format] = {
    format.name: format
    for format in (
        Format("csv", "text/csv; charset=utf-8", _csv, is_text=True),
        Format("ndjson", "application/x-ndjson", _ndjson, is_text=True),
        Format("parquet", "application/vnd.apache.parquet", _parquet),
        Format("arrow", "application/vnd.apache.arrow.stream", _arrow),
    )
}
"""The formats by name, which is also the ending of a file's name."""
