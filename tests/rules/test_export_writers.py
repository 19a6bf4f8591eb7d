"""What exports write: every value comes back, and a spreadsheet runs none of the texts of CSV."""

import csv
import io
import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Context, Decimal
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from gateway.exports.formats import FORMATS
from gateway.exports.pieces import pieces
from gateway.formulas import STARTS
from storage.bi.catalogue import Column, Kind
from storage.bi.columns import schema_of

COLUMNS = [
    Column("text", Kind.TEXT, "A text."),
    Column("number", Kind.INTEGER, "A number."),
    Column("amount", Kind.AMOUNT, "An amount."),
    Column("day", Kind.DATE, "A day."),
    Column("moment", Kind.MOMENT, "A moment."),
    Column("flag", Kind.BOOLEAN, "Whether."),
    Column("json", Kind.JSON, "Texts by name."),
    Column("last", Kind.TEXT, "Another text."),
]
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20) | st.text(
    STARTS + "\",;'a1 é.\\\x01\u2028", max_size=6
)
amounts = st.builds(
    lambda minor, digits: format(Decimal(minor).scaleb(-digits, Context(prec=40)), "f"),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.sampled_from([0, 2, 3, 4]),
)
rows = st.tuples(
    texts | st.integers().map(str) | amounts | st.none(),
    st.integers(-(2**63), 2**63 - 1) | st.none(),
    amounts | st.none(),
    st.dates() | st.none(),
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)) | st.none(),  # noqa: DTZ001
    st.booleans() | st.none(),
    st.dictionaries(texts, texts, max_size=2).map(json.dumps) | st.none(),
    texts | st.none(),
)


def amount_of(text: str | None) -> dict[str, int | None]:
    """An amount as batches have it."""
    if text is None:
        return {"minor": None, "digits": None}
    number = Decimal(text)
    digits = -int(number.as_tuple().exponent)
    return {"minor": int(number.scaleb(digits, Context(prec=40))), "digits": digits}


def written(name: str, values: Sequence[Sequence[Any]], columns: Sequence[Column] = COLUMNS, batches: int = 2) -> bytes:
    """The file of that format with these rows, from so many batches."""
    schema = schema_of(columns)
    is_amount = [column.kind is Kind.AMOUNT for column in columns]
    values = [
        [amount_of(value) if special else value for value, special in zip(row, is_amount, strict=True)]
        for row in values
    ]
    size = max(1, -(-len(values) // batches))
    found = (
        pa.record_batch(
            [pa.array(one, kind) for one, kind in zip(zip(*part, strict=True), schema.types, strict=True)], schema
        )
        for part in (values[at : at + size] for at in range(0, len(values), size))
    )
    return b"".join(piece for batch in pieces(FORMATS[name], columns, found) for piece in batch)


@given(st.lists(rows, max_size=6))
def test_every_value_is_in_csv_and_no_text_is_a_formula(values: list[tuple[Any, ...]]) -> None:
    data = written("csv", values).decode()
    header, *found = csv.reader(io.StringIO(data, newline=""))
    assert header == [column.name for column in COLUMNS]
    assert len(found) == len(values)
    for cells, row in zip(found, values, strict=True):
        for cell, value in ((cells[0], row[0]), (cells[7], row[7])):
            assert NUMBER.fullmatch(cell) or not cell.startswith(tuple(STARTS))
            assert (value or "") in (cell, cell.removeprefix("'"))
            if value and (value[0] not in STARTS or NUMBER.fullmatch(value)):
                assert cell == value
        assert cells[1] == ("" if row[1] is None else str(row[1]))
        assert cells[2] == (row[2] or "")
        assert cells[3] == ("" if row[3] is None else row[3].isoformat())
        assert cells[4] == ("" if row[4] is None else f"{row[4]:%Y-%m-%dT%H:%M:%S.%f}Z")
        assert cells[5] == ("" if row[5] is None else str(row[5]).lower())
        assert cells[6] == (row[6] or "")


@given(st.lists(rows, max_size=6))
def test_every_value_is_in_ndjson(values: list[tuple[Any, ...]]) -> None:
    # Only a line feed ends a line.
    lines = written("ndjson", values).decode().split("\n")
    assert lines.pop() == ""
    found = [json.loads(line) for line in lines]
    assert len(found) == len(values)
    for line, row in zip(found, values, strict=True):
        text, number, amount, day, moment, flag, object, last = row
        assert line == {
            "text": text,
            "number": number,
            "amount": amount,
            "day": None if day is None else day.isoformat(),
            "moment": None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z",
            "flag": flag,
            "json": None if object is None else json.loads(object),
            "last": last,
        }


@given(st.lists(rows, max_size=6))
def test_every_value_is_in_the_formats_with_types(values: list[tuple[Any, ...]]) -> None:
    expected = [(*row[:2], None if row[2] is None else Decimal(row[2]), *row[3:]) for row in values]
    for table in (
        parquet.read_table(io.BytesIO(written("parquet", values))),
        pa.ipc.open_stream(written("arrow", values)).read_all(),
    ):
        assert [tuple(row.values()) for row in table.to_pylist()] == expected
        assert table.schema.field("amount").type == pa.decimal128(23, 4)
        assert table.schema.field("day").metadata[b"description"] == b"A day."


def test_null_and_empty_text_differ_in_csv() -> None:
    values = [("", 1, *[None] * 6), (None, 2, *[None] * 5, "")]
    assert written("csv", values).decode().split("\r\n")[1:] == ['"",1,,,,,,', ',2,,,,,,""', ""]


def test_a_null_alone_in_its_row_is_not_lost() -> None:
    column = [Column("text", Kind.TEXT, "A text.")]
    data = written("csv", [("a",), (None,), ("b",)], column)
    assert data == b'text\r\na\r\n""\r\nb\r\n'


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_nothing_is_valid(name: str) -> None:
    data = written(name, [])
    if name == "csv":
        assert data == b"text,number,amount,day,moment,flag,json,last\r\n"
    elif name == "ndjson":
        assert data == b""
    else:
        table = parquet.read_table(io.BytesIO(data)) if name == "parquet" else pa.ipc.open_stream(data).read_all()
        assert (table.num_rows, table.column_names) == (0, [column.name for column in COLUMNS])


def test_days_of_long_ago_are_written_as_they_are() -> None:
    values = [(None, None, None, date(1, 1, 1), None, None, None, None)]
    assert b"0001-01-01" in written("csv", values)
