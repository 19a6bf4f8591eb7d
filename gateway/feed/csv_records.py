"""Records from CSV and TSV."""

import csv
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from gateway.feed.blocks import Block, blocks_of
from gateway.feed.columns import Columns
from gateway.feed.errors import FeedError
from gateway.feed.records import REJECTED, Malformed, Record
from gateway.feed.text_lines import MAX_LINE, TextLines

if TYPE_CHECKING:
    from gateway.feed.csv_blocks import CsvRows

BLOCK_BYTES = 1 << 22
"""The bytes of a file that are read as one block, where the text is beyond doubt."""

PIPED_BYTES = 1 << 20
"""The same where a program sends them, which may take its time."""

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SEP_LINE = re.compile(r'"?sep=(.)"?[\s,;]*', re.IGNORECASE | re.DOTALL)
"""A first line that states the separator, as spreadsheets write it."""

_JSON = ("{", "[")
_JSON_HINT = "this looks like JSON; give --format ndjson if each line is a JSON object"


class CsvRecords:
    """The records of a CSV text by RFC 4180, or of one with tabs. `columns` are the names in its header.

    Rows of empty cells are skipped like blank lines, and so is a repeated header, as in concatenated files. The first
    two columns of a list of rejects are ignored. The header is read at once; reading it and iterating raise FeedError
    where the text is not such CSV.
    """

    columns: tuple[str, ...]

    def __init__(self, lines: TextLines, columns: Columns, separator: str = ",") -> None:
        # The csv module's limit is global and lower than ours. It is raised and never lowered again, because another
        # feed may be open; TextLines and _record_lines enforce ours.
        csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE))
        self._lines = lines
        self._allowed = columns
        self._separator = separator
        self._held: list[str] = []
        self._rows = self._read_rows()
        self._in_header = True
        line, header = next(self._rows, (0, []))
        self._in_header = False
        if not header:
            allowed = columns.allowed()
            raise FeedError(lines.name, None, f"it is empty; the first line must name the columns: {allowed}")
        names = tuple(name.strip() for name in header)
        self._left_out = len(REJECTED) if names[: len(REJECTED)] == REJECTED else 0
        self.columns = names[self._left_out :]
        self._unnamed = [place for place, name in enumerate(self.columns) if not name]
        if fault := columns.fault(self.columns):
            hint = self._header_hint(header)
            raise lines.error(f"{hint}{fault}; the columns are {columns.allowed()}", line)

    def __iter__(self) -> Iterator[Record | Malformed]:
        for line, row in self._rows:
            record = self._record(line, row)
            if record is not None:
                yield record

    def has_more_than(self, size: int) -> bool:
        """Whether more than that many bytes of text are still to be read."""
        return self._lines.has_more_than(size)

    def blocks(self) -> Iterator[Block]:
        """The rest of the rows in blocks: from columns where the text is beyond doubt, from records where it is not."""
        # Arrow takes a moment to load, which small files need not wait for.
        from gateway.feed.csv_blocks import CsvBlock, rows_of

        lines, width = self._lines, self._left_out + len(self.columns)
        wanted = range(self._left_out, width)
        size = PIPED_BYTES if lines.are_piped else BLOCK_BYTES
        while data := lines.read(size):
            # The last line of a file may lack its end.
            text = data if len(data) == size or data.endswith(b"\n") else data + b"\n"
            rows = rows_of(text, width, wanted, self._separator)
            if rows is None:
                lines.give_back(data)
                yield from blocks_of(self._until(lines.position + len(data)))
            else:
                lines.give_back(data[rows.size :])
                yield CsvBlock(rows, self.columns, partial(self._read, rows, lines.number + 1))
                lines.skip_lines(rows.lines)

    def _until(self, position: int) -> Iterator[Record | Malformed]:
        """The records that begin before that position in the text."""
        while self._lines.position < position and (found := next(self._rows, None)) is not None:
            record = self._record(*found)
            if record is not None:
                yield record

    def _read(self, rows: "CsvRows", first_line: int, places: Sequence[int]) -> list[Record | Malformed | None]:
        """What these rows of a text that begins on that line are; None for one that is no record."""
        found = rows.read(places, self._separator)
        return [self._record(first_line + line, row) if _has_text(row) else None for line, row in found]

    def _record(self, line: int, row: list[str]) -> Record | Malformed | None:
        """The record that a row is; None if it repeats the header."""
        if self._allowed.begin(row) and self._repeats_header(line, row):
            return None
        columns, left_out = self.columns, self._left_out
        cells = row[left_out:] if left_out else row
        if len(cells) != len(columns):
            return Malformed(line, self._width_fault(len(row), len(columns) + left_out), cells)
        if (
            self._unnamed
            and (place := next((place for place in self._unnamed if cells[place].strip()), None)) is not None
        ):
            return self._without_name(line, place, cells)
        pairs = zip(columns, cells, strict=True)
        return Record(line, {name: text for name, cell in pairs if (text := cell.strip())}, cells)

    def _repeats_header(self, line: int, row: Sequence[str]) -> bool:
        """Whether the row repeats the header. Raises FeedError when it is a header with other columns.

        Values under another header would be read by the first: a debit account as a credit account.
        """
        names = tuple(cell.strip() for cell in row)
        if len(names) < 2:
            # In a file of one column, a value can equal the column's name.
            return False
        if names[self._left_out :] == self.columns:
            return True
        raise self._lines.error(
            "this header has other columns than the first, as in concatenated files; import the files one by one", line
        )

    def _without_name(self, line: int, place: int, cells: Sequence[str]) -> Malformed:
        held = f"column {place + 1} has no name in the header, but holds {cells[place].strip()[:60]!r}"
        if place == 0:
            raise self._lines.error(
                f"{held}; if it is an index written by pandas, write the file with index=False; or clear the column",
                line,
            )
        return Malformed(line, f"{held}; clear the cell, or name the column", cells)

    def _read_rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row that is not blank, with its first line number."""
        held = self._held
        try:
            for cells in reader_of(self._record_lines(), self._separator):
                line = self._lines.number - len(held) + 1
                held.clear()
                if _has_text(cells):
                    yield line, cells
        except csv.Error as error:
            raise self._quoting_error(error) from error

    def _record_lines(self) -> Iterator[str]:
        """The lines. Those of the current record are kept for its error message."""
        held = self._held
        size = 0
        for line in self._lines:
            if self._in_header and (stated := _SEP_LINE.fullmatch(line)):
                line = self._without_separator_line(stated[1])
            size = size + len(line) if held else len(line)
            held.append(line)
            if size > MAX_LINE:
                message = "the quote opened on this line is not closed within 1 MiB"
                raise self._lines.error(message, self._opened())
            yield line

    def _without_separator_line(self, separator: str) -> str:
        """A blank line, so that lines keep their numbers. Raises FeedError when the separator differs from ours."""
        if separator != self._separator:
            raise self._lines.error(self._separator_hint(separator))
        return "\n"

    def _quoting_error(self, error: csv.Error) -> FeedError:
        reason = str(error)
        latest = self._lines.number
        opened = self._opened()
        if "unexpected end" in reason:
            return self._lines.error("the quote opened on this line is never closed", opened)
        if "expected after" in reason:
            if self._in_header and self._held[0].startswith(_JSON):
                return self._lines.error(_JSON_HINT)
            other = re.search(r'"([;\t|,])', self._held[0]) if self._in_header else None
            if other and other[1] != self._separator:
                return self._lines.error(self._separator_hint(other[1]))
            where = "" if opened == latest else f" on line {latest}"
            return self._lines.error(
                f"the quote opened on this line is closed{where} with text after it;"
                f" close it before the {self._separator_name()},"
                ' and write a quote within quotes twice, as ""',
                opened,
            )
        if "new-line character" in reason:
            return self._lines.error("a carriage return without a line feed; line ends must be LF or CRLF")
        return self._lines.error(f"broken CSV: {reason}")

    def _opened(self) -> int:
        """The number of the line with the latest opening quote of the current record."""
        first = self._lines.number - len(self._held) + 1
        return first + _latest_opening_quote(self._held, self._separator)

    def _header_hint(self, header: Sequence[str]) -> str:
        if len(header) > 1:
            return ""
        if header[0].startswith(_JSON):
            return f"{_JSON_HINT}; "
        for separator in _SEPARATORS:
            if separator in header[0]:
                return f"{self._separator_hint(separator)}; "
        return ""

    def _separator_hint(self, separator: str) -> str:
        found = f"the columns are separated by {_SEPARATORS.get(separator, repr(separator))}"
        match separator:
            case "\t":
                return f"{found}; give --format tsv"
            case ",":
                return f"{found}; give --format csv"
            case ";":
                return f"{found}, which must be commas; save it as CSV with commas, and with points in its amounts"
            case _:
                return f"{found}, which must be {_SEPARATORS[self._separator]}"

    def _separator_name(self) -> str:
        return "tab" if self._separator == "\t" else "comma"

    def _width_fault(self, found: int, width: int) -> str:
        hint = ""
        if found > width:
            hint = f"; a value with a {self._separator_name()} in it must be quoted"
        return f"{found} cell{'s' if found != 1 else ''} where the header has {width}{hint}"


def reader_of(lines: Iterator[str], separator: str) -> Iterator[list[str]]:
    """The rows of these lines by RFC 4180, which may have spaces before a cell."""
    return csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=True)


def _has_text(row: Sequence[str]) -> bool:
    return any(cell and not cell.isspace() for cell in row)


def _latest_opening_quote(lines: Sequence[str], separator: str) -> int:
    opened = 0
    place = "start"
    for index, line in enumerate(lines):
        for char in line:
            if place == "quoted":
                if char == '"':
                    place = "closed"
            elif char == '"' and place == "start":
                place, opened = "quoted", index
            elif char == '"' and place == "closed":
                place = "quoted"
            elif char == separator:
                place = "start"
            elif place == "closed":
                return opened
            elif char != " ":
                place = "unquoted"
    return opened
