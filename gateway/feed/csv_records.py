"""Records from CSV."""

import csv
from collections.abc import Iterator, Sequence

from gateway.feed.columns import Columns
from gateway.feed.errors import FeedError
from gateway.feed.records import Malformed, Record
from gateway.feed.text_lines import MAX_LINE, TextLines


class CsvRecords:
    """The records of a CSV text after RFC 4180. `columns` are its header's names.

    The header is read at once; it, and iterating, raise FeedError where the text is not such CSV.
    """

    columns: tuple[str, ...]

    def __init__(self, lines: TextLines, columns: Columns) -> None:
        # The module's limit is global and below ours. It is raised once and never lowered again, as another
        # feed may be open; ours is held by TextLines and _record_lines.
        csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE))
        self._lines = lines
        self._held: list[str] = []
        self._rows = self._read_rows()
        line, header = next(self._rows, (0, []))
        if not header:
            allowed = columns.allowed()
            raise FeedError(lines.name, None, f"it is empty; the first line must name the columns: {allowed}")
        self.columns = tuple(name.strip() for name in header)
        if fault := columns.fault(self.columns):
            hint = _separator_hint(header)
            raise lines.error(f"{hint}{fault}; columns can be {columns.allowed()}", line)

    def __iter__(self) -> Iterator[Record | Malformed]:
        columns = self.columns
        width = len(columns)
        for line, cells in self._rows:
            if len(cells) == width:
                pairs = zip(columns, cells, strict=True)
                yield Record(line, {name: text for name, cell in pairs if (text := cell.strip())})
            else:
                yield Malformed(line, _width_fault(len(cells), width))

    def _read_rows(self) -> Iterator[tuple[int, list[str]]]:
        """Each row that is not blank, with the number of the line it starts on."""
        held = self._held
        reader = csv.reader(self._record_lines(), strict=True, skipinitialspace=True)
        end = 0
        try:
            for cells in reader:
                line, end = end + 1, reader.line_num
                blank = len(cells) < 2 and held[0].isspace()
                held.clear()
                if not blank:
                    yield line, cells
        except csv.Error as error:
            raise self._quoting_error(error) from error

    def _record_lines(self) -> Iterator[str]:
        """The lines, those of the record being read being held for its error message."""
        held = self._held
        size = 0
        for line in self._lines:
            size = size + len(line) if held else len(line)
            held.append(line)
            if size > MAX_LINE:
                message = "the quote opened on this line is not closed within 1 MiB"
                raise self._lines.error(message, self._opened())
            yield line

    def _quoting_error(self, error: csv.Error) -> FeedError:
        reason = str(error)
        latest = self._lines.number
        opened = self._opened()
        if "unexpected end" in reason:
            return self._lines.error("the quote opened on this line is never closed", opened)
        if "expected after" in reason:
            where = "" if opened == latest else f" on line {latest}"
            return self._lines.error(
                f"the quote opened on this line is closed{where} with text after it;"
                ' close it before the comma, and write a quote within quotes twice, as ""',
                opened,
            )
        if "new-line character" in reason:
            return self._lines.error("a carriage return stands alone; line ends must be LF or CRLF")
        return self._lines.error(f"broken CSV: {reason}")

    def _opened(self) -> int:
        """The number of the line with the latest opening quote of the record being read."""
        first = self._lines.number - len(self._held) + 1
        return first + _latest_opening_quote(self._held)


def _latest_opening_quote(lines: Sequence[str]) -> int:
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
            elif char == ",":
                place = "start"
            elif place == "closed":
                return opened
            elif char != " ":
                place = "unquoted"
    return opened


def _separator_hint(header: Sequence[str]) -> str:
    if len(header) > 1:
        return ""
    for separator, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if separator in header[0]:
            return f"the columns are separated by {word}, which must be commas; "
    return ""


def _width_fault(found: int, width: int) -> str:
    hint = "; a value with a comma in it must be quoted" if found > width else ""
    return f"{found} cell{'s' if found != 1 else ''} where the header has {width}{hint}"
