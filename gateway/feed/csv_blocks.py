"""Rows of CSV, many at once, where the text is beyond doubt.

A text is beyond doubt if Arrow and the reader of single records must find the same rows and cells in it. Every other
text is left to that reader, which alone says what is wrong with one.
"""

import codecs
import io
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import chain
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyarrow import csv as arrow_csv

from gateway.feed.csv_records import reader_of
from gateway.feed.records import Malformed, Record
from gateway.feed.text_columns import stripped
from gateway.feed.text_lines import MAX_LINE

_NEWLINE, _RETURN, _QUOTE = b'\n\r"'

_BYTES_A_QUOTE = 128
"""Where quotes are this far from each other, on average, they are found one by one."""


class Records:
    """The records of a text, blank ones included. Their places are found when they are asked for."""

    def __init__(self, text: bytes, newlines: Any | None = None, ends: Any | None = None) -> None:
        self.text = text
        self.lines = text.count(b"\n")
        self.count = self.lines if ends is None else len(ends)
        self._newlines = newlines
        self._ends = ends

    def found(self, places: Sequence[int]) -> Iterator[tuple[str, int]]:
        """The text of each of these records, and the line it begins on, from 0."""
        if self._ends is None:
            if places:
                lines = self.text.split(b"\n")
                yield from ((f"{lines[place].decode()}\n", place) for place in places)
            return
        chosen = pa.array(places, pa.int64())
        after = self._ends.take(chosen)
        starts = pc.if_else(
            pc.equal(chosen, 0), 0, pc.add(self._ends.take(pc.max_element_wise(pc.subtract(chosen, 1), 0)), 1)
        )
        lines = pc.search_sorted(self._newlines, starts)
        for start, end, line in zip(starts.to_pylist(), after.to_pylist(), lines.to_pylist(), strict=True):
            yield self.text[start : end + 1].decode(), line


class CsvRows:
    """The rows of a text, blank records included.

    `columns` are the wanted columns of cells, without white space around them, null where nothing is left, and where
    a record has another number of cells.
    """

    def __init__(self, records: Records, columns: Sequence[Any]) -> None:
        self.columns = columns
        self.count = records.count
        self.size = len(records.text)
        self.lines = records.lines
        self._records = records

    def read(self, places: Sequence[int], separator: str) -> Iterator[tuple[int, list[str]]]:
        """The line, from 0, and the unaltered cells of each of these rows, as the reader of records finds them."""
        found = list(self._records.found(places))
        # A record has the lines that end in a newline, and no other line ends.
        physical = chain.from_iterable(io.StringIO(text, newline="\n") for text, _ in found)
        yield from zip((line for _, line in found), reader_of(physical, separator), strict=True)


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
    quotes = data.count(b'"')
    if quotes * _BYTES_A_QUOTE > len(data):
        records = _with_many_quotes(data, separator)
    else:
        records = _with_few_quotes(data, quotes, separator) or _with_many_quotes(data, separator)
    if records is None or not _is_plain(records.text):
        return None
    return _parsed(records, width, wanted, separator, quoted=quotes > 0)


def _with_few_quotes(data: bytes, count: int, separator: str) -> Records | None:
    """The records where every newline ends one; None if that is not beyond doubt."""
    quotes: list[int] = []
    for _ in range(count):
        quotes.append(data.find(b'"', quotes[-1] + 1 if quotes else 0))
    pairs = zip(quotes[::2], quotes[1::2], strict=False)
    if any(data.find(b"\n", opening, closing) >= 0 for opening, closing in pairs):
        return None
    # The last record may not be whole: its quote is not closed.
    text = data[: data.rfind(b"\n", 0, quotes[-1] if count % 2 else len(data)) + 1]
    part = MAX_LINE // 2
    # A line that is too long covers one of these parts.
    if not text or any(text.find(b"\n", start, start + part) < 0 for start in range(0, len(text) - part, part)):
        return None
    within = pa.array([place for place in quotes if place < len(text)], pa.int64())
    return Records(text) if _are_of_whole_cells(_octets(data), within, separator) else None


def _with_many_quotes(data: bytes, separator: str) -> Records | None:
    """The records where a newline may be within quotes; None if that is not beyond doubt."""
    octets = _octets(data)
    newlines, quotes = _places(octets, _NEWLINE), _places(octets, _QUOTE)
    outside = pc.equal(pc.bit_wise_and(pc.search_sorted(quotes, newlines).cast(pa.int64()), 1), 0)
    ends = newlines.filter(outside)
    if len(ends) == 0:
        return None
    text = data[: ends[-1].as_py() + 1]
    within = quotes.slice(0, pc.search_sorted(quotes, len(text)).as_py())
    lengths = pc.subtract(ends, pa.concat_arrays([pa.array([-1], pa.int64()), ends[:-1]]))
    if pc.max(lengths).as_py() > MAX_LINE or not _are_of_whole_cells(octets, within, separator):
        return None
    return Records(text, newlines, ends)


def _is_plain(text: bytes) -> bool:
    """Whether the text is UTF-8 with no NUL, no byte-order mark, and no carriage return but those of CRLF."""
    if b"\0" in text or (b"\r" in text and text.count(b"\r") != text.count(b"\r\n")):
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
    if len(quotes) == 0:
        return True
    opening, closing = quotes.take(pa.arange(0, len(quotes), 2)), quotes.take(pa.arange(1, len(quotes), 2))
    if len(opening) > 0 and opening[0].as_py() == 0:
        opening = opening[1:]
    around = [ord(separator), _NEWLINE, _QUOTE]
    before = pa.array(around, pa.uint8())
    after = pa.array([*around, _RETURN], pa.uint8())
    begin = pc.all(pc.is_in(octets.take(pc.subtract(opening, 1)), before), min_count=0)
    end = pc.all(pc.is_in(octets.take(pc.add(closing, 1)), after), min_count=0)
    return bool(begin.as_py() and end.as_py())


def _parsed(records: Records, width: int, wanted: Sequence[int], separator: str, *, quoted: bool) -> CsvRows | None:
    others: list[int] = []

    def note(row: Any) -> str:
        others.append(row.number - 1)
        return "skip"

    names = [str(place) for place in range(width)]
    kept = [names[place] for place in wanted]
    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(records.text),
            # Only without threads are rows numbered.
            arrow_csv.ReadOptions(column_names=names, block_size=len(records.text) + 1, use_threads=False),
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
    if table.num_rows + len(others) != records.count:
        return None
    columns = [stripped(column.combine_chunks()) for column in table.columns]
    if others:
        # A place for each record, null for those that are no rows of the table.
        is_row = pc.invert(pc.is_in(pa.arange(0, records.count), pa.array(others, pa.int64())))
        places = pc.if_else(is_row, pc.subtract(pc.cumulative_sum(is_row.cast(pa.int64())), 1), None)
        columns = [column.take(places) for column in columns]
    return CsvRows(records, columns)


def _octets(data: bytes) -> Any:
    return pa.Array.from_buffers(pa.uint8(), len(data), [None, pa.py_buffer(data)])


def _places(octets: Any, octet: int) -> Any:
    return pc.indices_nonzero(pc.equal(octets, octet)).cast(pa.int64())
