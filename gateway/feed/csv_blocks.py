"""Rows of CSV, many at once, where the text is beyond doubt.

A text is beyond doubt if Arrow and the reader of single records must find the same rows and cells in it. Every other
text is left to that reader, which alone says what is wrong with one.
"""

import codecs
import io
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import chain
from typing import Any, NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyarrow import csv as arrow_csv

from gateway.feed.csv_records import reader_of
from gateway.feed.records import Malformed, Record
from gateway.feed.text_columns import stripped
from gateway.feed.text_lines import MAX_LINE

_NEWLINE, _RETURN, _QUOTE = b'\n\r"'


class Records(NamedTuple):
    """The records of a text, blank ones included: where each starts, where its newline is, and its line, from 0."""

    starts: Any
    ends: Any
    lines: Any


class CsvRows:
    """The rows of a text of whole records, blank ones included.

    `columns` are the wanted columns of cells, without white space around them, null where nothing is left, and where
    a record has another number of cells.
    """

    def __init__(self, text: bytes, records: Records, columns: Sequence[Any]) -> None:
        self.columns = columns
        self.count = len(records.starts)
        self.size = len(text)
        self.lines = text.count(b"\n")
        self._text = text
        self._records = records

    def read(self, places: Sequence[int], separator: str) -> Iterator[tuple[int, list[str]]]:
        """The line, from 0, and the unaltered cells of each of these rows, as the reader of records finds them."""
        chosen = pa.array(places, pa.int64())
        starts, ends, lines = (column.take(chosen).to_pylist() for column in self._records)
        texts = (self._text[start : end + 1].decode() for start, end in zip(starts, ends, strict=True))
        # A record has the lines that end in a newline, and no other line ends.
        physical = chain.from_iterable(io.StringIO(text, newline="\n") for text in texts)
        yield from zip(lines, reader_of(physical, separator), strict=True)


class CsvBlock:
    """A block of rows of CSV. `names` are those of the wanted columns; `records` reads rows by their places."""

    def __init__(
        self,
        rows: CsvRows,
        names: Sequence[str],
        records: Callable[[Sequence[int]], list[Record | Malformed | None]],
    ) -> None:
        self.columns = {name: cells for name, cells in zip(names, rows.columns, strict=True) if name}
        self.rows = rows.count
        self.records = records
        unnamed = [pc.is_valid(cells) for name, cells in zip(names, rows.columns, strict=True) if not name]
        self.doubtful = reduce(pc.or_, unnamed) if unnamed else None


def rows_of(data: bytes, width: int, wanted: Sequence[int], separator: str) -> CsvRows | None:
    """The rows of the whole records that this text of whole lines begins with; None if that is not beyond doubt."""
    octets = _octets(data)
    newlines = _places(octets, _NEWLINE)
    if b'"' in data:
        quotes = _places(octets, _QUOTE)
        outside = pc.equal(pc.bit_wise_and(pc.search_sorted(quotes, newlines).cast(pa.int64()), 1), 0)
        ends = newlines.filter(outside)
    else:
        quotes, ends = None, newlines
    if len(ends) == 0:
        return None
    text = data[: ends[-1].as_py() + 1]
    starts = pa.concat_arrays([pa.array([0], pa.int64()), pc.add(ends[:-1], 1)])
    if not _is_plain(text) or pc.max(pc.subtract(ends, starts)).as_py() >= MAX_LINE:
        return None
    if quotes is None:
        lines = pa.arange(0, len(starts))
    else:
        if not _are_of_whole_cells(octets, quotes.slice(0, pc.search_sorted(quotes, len(text)).as_py()), separator):
            return None
        lines = pc.search_sorted(newlines, starts).cast(pa.int64())
    return _parsed(text, Records(starts, ends, lines), width, wanted, separator, quoted=quotes is not None)


def _is_plain(text: bytes) -> bool:
    """Whether the text is UTF-8 with no NUL, no byte-order mark, and no carriage return but those of CRLF."""
    if b"\0" in text or text.count(b"\r") != text.count(b"\r\n"):
        return False
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return codecs.BOM_UTF8 not in text


def _are_of_whole_cells(octets: Any, quotes: Any, separator: str) -> bool:
    """Whether each opening quote begins a cell and each closing one ends it, or both are a quote within a cell."""
    opening, closing = quotes.take(pa.arange(0, len(quotes), 2)), quotes.take(pa.arange(1, len(quotes), 2))
    if len(opening) > 0 and opening[0].as_py() == 0:
        opening = opening[1:]
    around = [ord(separator), _NEWLINE, _QUOTE]
    before = pa.array(around, pa.uint8())
    after = pa.array([*around, _RETURN], pa.uint8())
    return bool(
        pc.all(pc.is_in(octets.take(pc.subtract(opening, 1)), before)).as_py()
        and pc.all(pc.is_in(octets.take(pc.add(closing, 1)), after)).as_py()
    )


def _parsed(
    text: bytes, records: Records, width: int, wanted: Sequence[int], separator: str, *, quoted: bool
) -> CsvRows | None:
    others: list[int] = []

    def note(row: Any) -> str:
        others.append(row.number - 1)
        return "skip"

    names = [str(place) for place in range(width)]
    kept = [names[place] for place in wanted]
    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(text),
            # Only without threads are rows numbered.
            arrow_csv.ReadOptions(column_names=names, block_size=len(text) + 1, use_threads=False),
            arrow_csv.ParseOptions(
                delimiter=separator,
                quote_char='"' if quoted else False,
                newlines_in_values=quoted,
                ignore_empty_lines=False,
                invalid_row_handler=note,
            ),
            arrow_csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=kept,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows + len(others) != len(records.starts):
        return None
    columns = [stripped(column.combine_chunks()) for column in table.columns]
    if others:
        # A place for each record, null for those that are no rows of the table.
        is_row = pc.invert(pc.is_in(pa.arange(0, len(records.starts)), pa.array(others, pa.int64())))
        places = pc.if_else(is_row, pc.subtract(pc.cumulative_sum(is_row.cast(pa.int64())), 1), None)
        columns = [column.take(places) for column in columns]
    return CsvRows(text, records, columns)


def _octets(data: bytes) -> Any:
    return pa.Array.from_buffers(pa.uint8(), len(data), [None, pa.py_buffer(data)])


def _places(octets: Any, octet: int) -> Any:
    return pc.indices_nonzero(pc.equal(octets, octet)).cast(pa.int64())
