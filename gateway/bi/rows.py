"""Rows in JSON, NDJSON and CSV. Amounts are exact decimals in texts, moments are in UTC with microseconds."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from gateway.bi.values import moment_text
from gateway.formulas import harmless
from storage.bi.catalogue import Column, Kind
from storage.bi.reading import Row

_JSON: dict[Kind, Callable[[Any], object]] = {
    Kind.AMOUNT: lambda amount: format(amount, "f"),
    Kind.DATE: date.isoformat,
    Kind.MOMENT: moment_text,
}
"""How values are written in JSON that are no value of JSON."""


def items(rows: Iterable[Row], columns: Sequence[Column]) -> Iterator[dict[str, object]]:
    """The rows as objects with the names of the columns."""
    names = [column.name for column in columns]
    written = [(place, write) for place, column in enumerate(columns) if (write := _JSON.get(column.kind)) is not None]
    for row in rows:
        values = list(row.values)
        for place, write in written:
            if values[place] is not None:
                values[place] = write(values[place])
        yield dict(zip(names, values, strict=True))


_CELLS: dict[Kind, Callable[[Any], object]] = {
    **_JSON,
    Kind.TEXT: harmless,
    Kind.BOOLEAN: lambda value: "true" if value else "false",
    Kind.JSON: lambda value: orjson.dumps(value).decode(),
}
"""How values are written in CSV (RFC 4180, UTF-8)."""


def _ndjson(rows: Iterable[Row], columns: Sequence[Column]) -> bytes:
    return b"".join(orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE) for item in items(rows, columns))


def _csv_head(columns: Sequence[Column]) -> bytes:
    return _csv([[column.name for column in columns]])


def _csv_lines(rows: Iterable[Row], columns: Sequence[Column]) -> bytes:
    written = [_CELLS.get(column.kind, str) for column in columns]
    return _csv(
        ["" if value is None else write(value) for value, write in zip(row.values, written, strict=True)]
        for row in rows
    )


def _csv(rows: Iterable[Iterable[object]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue().encode()


@dataclass(frozen=True, slots=True)
class Format:
    """A format of lines: its media type, what begins it, and what writes a line for each row."""

    media_type: str
    head: Callable[[Sequence[Column]], bytes]
    lines: Callable[[Sequence[Row], Sequence[Column]], bytes]


FORMATS = {
    "csv": Format("text/csv; charset=utf-8", _csv_head, _csv_lines),
    "ndjson": Format("application/x-ndjson", lambda _: b"", _ndjson),
}
"""The formats by suffix of an address. Null is an empty cell of CSV."""
