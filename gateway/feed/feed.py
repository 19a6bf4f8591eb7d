"""Opening a feed file of any format."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from gateway.feed.blocks import Block
from gateway.feed.columns import Columns
from gateway.feed.csv_records import CsvRecords
from gateway.feed.formats import Format, format_of
from gateway.feed.ndjson_records import NdjsonRecords
from gateway.feed.records import Malformed, Record
from gateway.feed.source import Source, open_source
from gateway.feed.text_lines import TextLines

LARGE_BYTES = 1 << 18
"""A text with more bytes than this is large: worth the moment that Arrow takes to load."""


class Progress(NamedTuple):
    """How much of a feed has been read, in stored bytes (compressed ones, in a .gz file)."""

    bytes_read: int
    bytes_total: int | None


class _Records(Protocol):
    @property
    def columns(self) -> tuple[str, ...] | None: ...

    def __iter__(self) -> Iterator[Record | Malformed]: ...

    def has_more_than(self, size: int) -> bool: ...

    def blocks(self) -> Iterator[Block]: ...


class Feed:
    """An open feed: a stream of its records, or of blocks of them, that can be iterated once.

    Iterating raises FeedError where the feed is broken as a whole, after it has yielded the records before the
    fault: a caller that needs all or nothing rolls them back.
    """

    def __init__(self, source: Source, records: _Records) -> None:
        self._source = source
        self._records = records

    def __iter__(self) -> Iterator[Record | Malformed]:
        return iter(self._records)

    def is_large(self) -> bool:
        """Whether the feed is worth reading in blocks. Asked before it is iterated; raises FeedError like that."""
        return self._records.has_more_than(LARGE_BYTES)

    def blocks(self) -> Iterator[Block]:
        """The same records in blocks, which are faster to read: see `Block`. Raises FeedError like iterating.

        All of a block is read before anything of it is handed out.
        """
        return self._records.blocks()

    @property
    def name(self) -> str:
        """The feed's name in messages: its path as given, or "standard input"."""
        return self._source.name

    @property
    def columns(self) -> tuple[str, ...] | None:
        """The columns of the file, in its order. None for NDJSON, where each record has its own."""
        return self._records.columns

    @property
    def progress(self) -> Progress:
        """How much has been read. The total is None where it is unknown, as for standard input."""
        read, total = self._source.bytes_read, self._source.size
        # Parquet's footer is read twice.
        return Progress(read if total is None else min(read, total), total)


@contextmanager
def open_feed(
    source: str | Path,
    *,
    required: Collection[str],
    optional: Collection[str],
    prefixes: Collection[str] = (),
    format: Format | None = None,
) -> Iterator[Feed]:
    """Open a feed file, or standard input for "-", as a stream of records.

    Allowed columns are the required and optional ones, and any whose name begins with one of the prefixes.
    Without a format, the file's name decides, and standard input is CSV. Gzip is recognised by its content.

    Raises FeedError where the file cannot be opened, or its columns are wrong.
    """
    with open_source(source) as opened:
        if format is None:
            format = "csv" if str(source) == "-" else format_of(opened.name)
        yield Feed(opened, _records(opened, format, Columns(required, optional, prefixes)))


def _records(source: Source, format: Format, columns: Columns) -> _Records:
    match format:
        case "csv":
            return CsvRecords(TextLines(source), columns)
        case "tsv":
            return CsvRecords(TextLines(source), columns, "\t")
        case "ndjson":
            return NdjsonRecords(TextLines(source), columns)
        case "parquet":
            # Arrow takes a moment to load, which the other formats need not wait for.
            from gateway.feed.parquet_records import ParquetRecords

            return ParquetRecords(source, columns)
