"""Feed files: every format gives the same records, every fault is reported with its line, and memory stays flat."""

import csv
import gzip
import io
import json
import os
import re
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from decimal import Decimal
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.feed import FeedError, Format, Malformed, Record, open_feed

REQUIRED = ("id", "amount")
OPTIONAL = ("currency", "note")
ALLOWED = "id, amount, currency, note, segment.NAME"
EXAMPLE = Path(__file__).parents[2] / "examples" / "online_retail.py"


def read(path: str | Path, format: Format | None = None) -> list[Record | Malformed]:
    with open_feed(path, required=REQUIRED, optional=OPTIONAL, prefixes=("segment.",), format=format) as feed:
        return list(feed)


def fault(path: str | Path, format: Format | None = None) -> FeedError:
    with pytest.raises(FeedError) as caught:
        read(path, format)
    return caught.value


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, bytes | str], Path]:
    def write(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


Put = Callable[[str, bytes | str], Path]


# One content in every format


COLUMNS = ("id", "amount", "currency", "note", "segment.country")
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
tables = st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, texts)), min_size=1, max_size=8)


def write_csv(path: Path, rows: list[dict[str, str]], line_end: str = "\r\n") -> None:
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator=line_end, quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)


def write_ndjson(path: Path, rows: list[dict[str, str]], ascii_only: bool = False) -> None:
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8", newline="") as file:
        file.writelines(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in rows)


def write_parquet(path: Path, rows: list[dict[str, str]], text: Any = None) -> None:
    schema = pa.schema([(column, text or pa.string()) for column in COLUMNS])
    pq.write_table(pa.Table.from_pylist(rows, schema), path, row_group_size=4096)


@settings(max_examples=60)
@given(rows=tables)
def test_every_format_gives_the_same_records(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    write_csv(tmp_path / "crlf.csv", rows)
    write_csv(tmp_path / "lf.csv.gz", rows, "\n")
    write_ndjson(tmp_path / "plain.ndjson", rows)
    write_ndjson(tmp_path / "escaped.jsonl.gz", rows, ascii_only=True)
    write_parquet(tmp_path / "text.parquet", rows)
    write_parquet(tmp_path / "dictionary.parquet", rows, pa.dictionary(pa.int32(), pa.string()))

    texts = [{name: text.strip() for name, text in row.items() if text.strip()} for row in rows]
    lines = [line for line, values in enumerate(texts, start=1) if values]
    expected = [values for values in texts if values]
    for path in sorted(tmp_path.iterdir()):
        records = read(path)
        assert [record.values for record in records if isinstance(record, Record)] == expected, path.name
        if "csv" not in path.name:
            assert [record.line for record in records] == lines


@settings(max_examples=60)
@given(rows=tables, blank_lines=st.integers(0, 2))
def test_a_csv_record_is_found_on_its_line(tmp_path: Path, rows: list[dict[str, str]], blank_lines: int) -> None:
    """Truncating the file before a record's line leaves exactly the records before it."""
    path = tmp_path / "feed.csv"
    write_csv(path, rows, "\r\n" + "\n" * blank_lines)
    lines = path.read_bytes().split(b"\n")
    for count, record in enumerate(read(path)):
        path.write_bytes(b"\n".join(lines[: record.line - 1]))
        assert len(read(path)) == count


def test_line_numbers_are_physical(put: Put) -> None:
    path = put("feed.csv", '\n id ,"amount"\r\n1,"2\n3"\n\n  \n4, "5"\n6\n,\n')

    assert read(path) == [
        Record(3, {"id": "1", "amount": "2\n3"}),
        Record(7, {"id": "4", "amount": "5"}),
        Malformed(8, "1 cell where the header has 2"),
    ]


def test_a_csv_row_of_another_width_is_malformed_and_the_others_are_read(put: Put) -> None:
    assert read(put("feed.csv", "id,amount\n1,1,000.00\n2,5.00")) == [
        Malformed(2, "3 cells where the header has 2; a value with a comma in it must be quoted"),
        Record(3, {"id": "2", "amount": "5.00"}),
    ]


def test_a_byte_order_mark_is_not_part_of_the_first_column(put: Put) -> None:
    assert read(put("feed.csv", b"\xef\xbb\xbfid,amount\n1,2\n")) == [Record(2, {"id": "1", "amount": "2"})]
    assert read(put("feed.ndjson", b'\xef\xbb\xbf{"id":1,"amount":2}')) == [Record(1, {"id": "1", "amount": "2"})]


def test_a_header_alone_is_a_feed_without_records(put: Put) -> None:
    assert read(put("feed.csv", "id,amount")) == []


def test_rows_of_nothing_are_blank_lines_however_many_cells_they_have(put: Put) -> None:
    rows = 'id,amount\n,\n1,2\n,,,,,,\n  , \t,\xa0\n"",""\n""\n"  ", \n   \n3,4\n,,\n'
    assert read(put("feed.csv", rows)) == [
        Record(3, {"id": "1", "amount": "2"}),
        Record(10, {"id": "3", "amount": "4"}),
    ]
    with open_feed(put("feed.csv", 'id\n""\n\n  \n7\n'), required=("id",), optional=()) as feed:
        assert list(feed) == [Record(5, {"id": "7"})]
    nothing = '{"id":"","amount":null}\n{"id":1,"amount":2}\n{"id":" ","amount":"\\t"}\n'
    assert read(put("feed.ndjson", nothing)) == [Record(2, {"id": "1", "amount": "2"})]


def test_gzip_is_recognised_by_content(put: Put) -> None:
    content = "id,amount\n1,2\n"
    expected = [Record(2, {"id": "1", "amount": "2"})]
    assert read(put("packed.csv", gzip.compress(content.encode()))) == expected
    assert read(put("plain.csv.gz", content)) == expected
    halves = gzip.compress(content[:5].encode()) + gzip.compress(content[5:].encode())
    assert read(put("members.CSV.GZ", halves)) == expected


# Files as spreadsheets, cat and pandas leave them

MARK = b"\xef\xbb\xbf"
TWO = [Record(2, {"id": "1", "amount": "2"}), Record(4, {"id": "3", "amount": "4"})]


def test_files_joined_to_one_keep_neither_their_marks_nor_their_headers(put: Put) -> None:
    first, second = MARK + b"id,amount\n1,2\n", MARK + b'"id", amount\r\n"3",4\r\n'
    assert read(put("feed.csv", first + second)) == TWO
    assert read(put("feed.csv.gz", gzip.compress(first) + gzip.compress(second))) == TWO
    assert read(put("headless.csv", first + MARK + MARK + b'"3",4\n')) == [
        TWO[0],
        Record(3, {"id": "3", "amount": "4"}),
    ]
    lines = MARK + b'{"id":1,"amount":2}\n' + MARK + b'{"id":3,"amount":4}\n'
    assert [record.values for record in read(put("feed.ndjson", lines)) if isinstance(record, Record)] == [
        record.values for record in TWO
    ]


@pytest.mark.parametrize("other", ["amount,id", "id,amount,note", "note,amount,id", "id,amount,no such"])
def test_another_header_in_the_middle_of_a_file_is_refused(put: Put, other: str) -> None:
    """Its lines would be read by the first header: a debit account as a credit account."""
    with open_feed(
        put("feed.csv", f"id,amount,currency\n1,2,GBP\n{other}\n3,4,5\n"),
        required=("id", "amount", "currency") if "no such" in other else REQUIRED,
        optional=OPTIONAL,
    ) as feed:
        records = iter(feed)
        assert next(records) == Record(2, {"id": "1", "amount": "2", "currency": "GBP"})
        if "no such" in other:
            # It lacks a required column, so it is an ordinary line, whose values are invalid.
            assert len(list(records)) == 2
            return
        with pytest.raises(FeedError, match=r"line 3: this header has other columns than the first"):
            next(records)


FOUR = "id,debit,credit,amount"


@pytest.mark.parametrize(
    "joined",
    [
        "{first}\n{line}\nid ,credit , debit,amount\t\n",
        "{first}\n{line}\nID,Credit,Debit,Amount\n",
        "{first}\n{line}\nid,credit,debit,ammount\n",
        "{first}\n{line}\nid,credit,debit,amount,note\n",
        # The file before did not end with its line.
        "{first}\n{line}id,credit,debit,amount\n",
        "{first}\n{line}\ufeffid,credit,debit,amount\n",
        "{first}\n{line}" + FOUR + "\n",
    ],
)
def test_a_header_inside_a_file_is_recognised_in_any_spelling(put: Put, joined: str) -> None:
    """Read as a line, it would be rejected alone, and the lines after it would be read under the wrong names."""
    content = joined.format(first=FOUR, line="1,Cash,Sales,2") + "3,Cash,Sales,4\n"
    with open_feed(put("feed.csv", content), required=FOUR.split(","), optional=OPTIONAL) as feed:
        with pytest.raises(FeedError, match=r"this header has other columns than the first") as caught:
            list(feed)
        assert caught.value.line == (2 if joined.count("\n") == 2 else 3)


def test_the_same_header_in_another_spelling_is_skipped(put: Put) -> None:
    path = put("feed.csv", f"{FOUR}\n1,Cash,Sales,2\n id ,debit, credit\u00a0,amount\n3,Cash,Sales,4\n")
    with open_feed(path, required=FOUR.split(","), optional=OPTIONAL) as feed:
        assert [record.line for record in feed if isinstance(record, Record)] == [2, 4]


def test_a_value_may_equal_its_columns_name(put: Put) -> None:
    path = put("feed.csv", "segment,rule\nsegment,By it\n")
    with open_feed(path, required=("segment",), optional=("rule",)) as feed:
        assert list(feed) == [Record(2, {"segment": "segment", "rule": "By it"})]
    with open_feed(put("one.csv", "segment\nsegment\n"), required=("segment",), optional=("rule",)) as feed:
        assert list(feed) == [Record(2, {"segment": "segment"})]


def test_a_line_that_names_the_separator_is_skipped(put: Put) -> None:
    expected = [Record(3, {"id": "1", "amount": "2"})]
    for first in ("sep=,", '"sep=,"', "SEP=,", "\ufeffsep=,"):
        assert read(put("feed.csv", f"{first}\r\nid,amount\r\n1,2\r\n")) == expected, first
    assert read(put("feed.tsv", "sep=\t\nid\tamount\n1\t2\n")) == expected
    assert read(put("later.csv", "id,amount\nsep=,\n")) == [Record(2, {"id": "sep="})]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "feed.csv",
            "sep=;\nid;amount\n",
            "the columns are separated by semicolons, which must be commas; save it as CSV",
        ),
        (
            "feed.csv",
            '"id";"amount"\n"1";"2,50"\n',
            "the columns are separated by semicolons, which must be commas; save",
        ),
        ("feed.csv", "id\tamount\n1\t2\n", "the columns are separated by tabs; give --format tsv"),
        ("feed.csv", '"id"\t"amount"\n', "the columns are separated by tabs; give --format tsv"),
        ("feed.csv", "id|amount\n", "the columns are separated by bars, which must be commas"),
        ("feed.tsv", "id,amount\n1,2\n", "the columns are separated by commas; give --format csv"),
        ("feed.csv", '{"id":1,"amount":2}\n', "this looks like JSON; give --format ndjson"),
        ("feed.csv", "PAR1\x15", "this looks like Parquet; give --format parquet"),
        ("feed.csv", "PK\x03\x04\0", "this is a workbook or a zip archive; save the sheet as CSV"),
    ],
)
def test_a_file_of_another_format_is_named_in_the_error(put: Put, name: str, content: str, message: str) -> None:
    assert str(fault(put(name, content))).partition(", line 1: ")[2].startswith(message)


def test_cells_may_be_separated_by_tabs(put: Put) -> None:
    content = 'id\tamount\tnote\n1\t2\ta, b\n"3"\t4\t"tab\there"\n5\n'
    expected = [
        Record(2, {"id": "1", "amount": "2", "note": "a, b"}),
        Record(3, {"id": "3", "amount": "4", "note": "tab\there"}),
        Malformed(4, "1 cell where the header has 3"),
    ]
    assert read(put("feed.tsv", content)) == expected
    assert read(put("feed.TSV.gz", gzip.compress(content.encode()))) == expected
    assert read(put("feed.txt", content), "tsv") == expected


def test_columns_without_a_name_may_be_empty(put: Put) -> None:
    rows = [Record(2, {"id": "1", "amount": "2"}), Malformed(3, "5 cells where the header has 4; a value with a comma")]
    found = read(put("feed.csv", "id,amount,,\n1,2,, \n1,2,,,\n"))
    assert found[0] == rows[0]
    assert isinstance(found[1], Malformed)
    assert read(put("first.csv", ",id,amount\n,1,2\n")) == [rows[0]]
    assert read(put("stray.csv", "id,amount,\n1,2,by Bob\n1,2,\n")) == [
        Malformed(2, "column 3 has no name in the header, but holds 'by Bob'; clear the cell, or name the column"),
        Record(3, {"id": "1", "amount": "2"}),
    ]


def test_an_index_column_is_recognised(put: Put, tmp_path: Path) -> None:
    hint = "if it is an index written by pandas, write the file with index=False"
    assert hint in str(fault(put("feed.csv", ",id,amount\n0,1,2\n")))
    for name in ("Unnamed: 0", "index", "level_0"):
        message = str(fault(put("feed.csv", f"{name},id,amount\n0,1,2\n")))
        assert f"{name} (an index written by pandas? write the file with index=False)" in message
    pq.write_table(pa.table({"id": ["1"], "amount": ["2"], "__index_level_0__": [0]}), tmp_path / "feed.parquet")
    assert "__index_level_0__ (an index written by pandas?" in str(fault(tmp_path / "feed.parquet"))


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("country", "segment.country"),
        ("Country", "segment.Country"),
        ("Segment.country", "segment.country"),
        ("Currency", "currency"),
        ("CURRENCY", "currency"),
        ("curren\u200bcy", "currency"),
        ("no\xa0te", "note"),
    ],
)
def test_a_column_that_is_not_known_is_answered_with_the_one_that_is_meant(
    put: Put, name: str, suggestion: str
) -> None:
    assert f"unknown column {name} (did you mean {suggestion}?)" in str(fault(put("feed.csv", f"id,amount,{name}\n")))
    (malformed,) = read(put("feed.ndjson", json.dumps({"id": 1, "amount": 2, name: 3})))
    assert isinstance(malformed, Malformed)
    assert malformed.message == f"unknown column {name} (did you mean {suggestion}?)"


def test_a_part_of_a_name_is_answered_with_the_names_that_have_it(put: Put) -> None:
    with (
        pytest.raises(
            FeedError, match=r"date \(did you mean transaction_date\?\), account \(did you mean debit_account or c"
        ),
        open_feed(
            put("feed.csv", "id,date,account\n"),
            required=("id",),
            optional=("transaction_date", "debit_account", "credit_account"),
            prefixes=("segment.",),
        ),
    ):
        pass


def test_names_lose_the_white_space_around_them(put: Put) -> None:
    expected = {"id": "1", "amount": "2"}
    assert read(put("feed.csv", "\xa0id , amount\t\n1,2\n")) == [Record(2, expected)]
    assert read(put("feed.ndjson", '{"\xa0id ": 1, " amount": 2, "": null}\n')) == [Record(1, expected)]


def test_a_thousand_unknown_columns_make_a_short_message(put: Put) -> None:
    header = ",".join(["id", "amount", *(f"column{number}" * 100 for number in range(1000))])
    assert " and 990 more; the columns are" in str(fault(put("feed.csv", header + "\n")))
    assert len(str(fault(put("feed.csv", header + "\n")))) < 4_000


# NDJSON


def test_ndjson_numbers_keep_their_digits(put: Put) -> None:
    lines = '{"id": 12345678901234567890, "amount": 12.10}\n\n{"amount": -0.0, "id": "a", "note": null}\n'
    assert read(put("feed.ndjson", lines)) == [
        Record(1, {"id": "12345678901234567890", "amount": "12.10"}),
        Record(3, {"id": "a", "amount": "-0.0"}),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id":1,"amount":{"value":2}}', "'amount' is an object; it must be text, a number or null"),
        ('{"id":1,"amount":[2]}', "'amount' is an array; it must be text, a number or null"),
        ('{"id":1,"amount":true}', "'amount' is true; it must be text, a number or null"),
        ('{"id":1,"amount":NaN}', "'amount' is NaN or infinite; it must be text, a number or null"),
        ('{"id":1,"amout":2}', "missing column amount; unknown column amout (did you mean amount?)"),
        ('{"id":1,"amount":2,"amount":3}', "repeated column amount"),
        ("{}", "missing columns id, amount"),
        (r'{"id":1,"amount":"\ud800"}', "'amount' holds a NUL or half a surrogate pair, which is not text"),
        (r'{"id":"\u0000","amount":2}', "'id' holds a NUL or half a surrogate pair, which is not text"),
        ('{"id":1,"amount":' + "[" * 500_000, "nested too deeply; values must be text or numbers"),
    ],
    ids=lambda text: text[:30],
)
def test_a_faulty_ndjson_record_is_malformed_and_the_others_are_read(put: Put, line: str, message: str) -> None:
    assert read(put("feed.ndjson", f'{line}\n{{"id":1,"amount":2}}\n')) == [
        Malformed(1, message),
        Record(2, {"id": "1", "amount": "2"}),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            '{"id":1,"amount":2}\n{"id":1,\n"amount":2}',
            "line 2: not JSON at column 9 (REASON); each line must be one whole JSON object",
        ),
        ("id,amount\n", "line 1: not JSON at column 1 (REASON); each line must be one whole JSON object"),
        (
            '[{"id":1,"amount":2}]',
            "line 1: this is JSON, but not an object; each line must be one JSON object",
        ),
        ("", ": it is empty; each line must be one JSON object"),
        ("\n \n", ": it is empty; each line must be one JSON object"),
    ],
)
def test_a_broken_ndjson_file_is_refused(put: Put, content: str, message: str) -> None:
    # The reason depends on the Python version.
    assert re.sub(r"\(.*\)", "(REASON)", str(fault(put("feed.jsonl", content)))).endswith(message)


# Parquet


def test_parquet_values_become_their_exact_text(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": pa.array([2**64 - 1, 2], pa.uint64()),
            "amount": pa.array([Decimal("12.10"), Decimal("-0.0000000001")], pa.decimal128(20, 10)),
            "currency": pa.array([" GBP ", ""]).dictionary_encode(),
            "note": pa.array([date(2010, 12, 31), None], pa.date32()),
            "segment.nothing": pa.nulls(2),
        }
    )
    pq.write_table(table, tmp_path / "feed.parquet")

    assert read(tmp_path / "feed.parquet") == [
        Record(1, {"id": str(2**64 - 1), "amount": "12.1000000000", "currency": "GBP", "note": "2010-12-31"}),
        Record(2, {"id": "2", "amount": "-0.0000000001"}),
    ]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (
            pa.array([0.1]),
            "column 'amount' is a float, which is not exact; write it as string or decimal",
        ),
        (
            pa.array([0.1]).dictionary_encode(),
            "column 'amount' is a float, which is not exact; write it as string or decimal",
        ),
        (
            pa.array([[1]]),
            "column 'amount' is of type list<element: int64>; write it as string, integer, decimal or date",
        ),
        (
            pa.array([True]),
            "column 'amount' is of type bool; write it as string, integer, decimal or date",
        ),
    ],
    ids=["float", "dictionary of floats", "list", "bool"],
)
def test_a_parquet_column_without_exact_text_is_refused(tmp_path: Path, array: Any, message: str) -> None:
    path = tmp_path / "feed.parquet"
    pq.write_table(pa.table({"id": ["1"], "amount": array}), path)
    assert str(fault(path)) == f"{path}: {message}"


def test_a_parquet_text_with_nul_is_malformed(tmp_path: Path) -> None:
    path = tmp_path / "feed.parquet"
    pq.write_table(pa.table({"id": ["1", "2"], "amount": ["3\0", "4"]}), path)
    assert read(path) == [
        Malformed(1, "'amount' holds a NUL or half a surrogate pair, which is not text"),
        Record(2, {"id": "2", "amount": "4"}),
    ]


def test_wrong_parquet_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "feed.parquet"
    pq.write_table(pa.table({"id": ["1"], "amout": ["2"]}), path)
    assert str(fault(path)) == (
        f"{path}: missing column amount; unknown column amout (did you mean amount?); the columns are {ALLOWED}"
    )


def test_a_damaged_parquet_file_is_refused(put: Put, tmp_path: Path) -> None:
    assert "not a Parquet file, or a damaged one: " in str(fault(put("feed.parquet", "id,amount\n1,2\n")))
    assert str(fault(put("empty.parquet", ""))).endswith("empty.parquet: it is empty")

    path = tmp_path / "good.parquet"
    ids = pa.array([str(number) for number in range(10_000)])
    pq.write_table(pa.table({"id": ids, "amount": ids}), path)
    content = bytearray(path.read_bytes())
    content[200 : len(content) // 2] = bytes(len(content) // 2 - 200)
    assert "not a Parquet file, or a damaged one: " in str(fault(put("holed.parquet", bytes(content))))
    assert "not a Parquet file, or a damaged one: " in str(fault(put("cut.parquet", bytes(content[:-9]))))

    latin = pa.StringArray.from_buffers(1, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xe9"))
    pq.write_table(pa.table({"id": latin, "amount": ["1"]}), path)
    assert str(fault(path)) == f"{path}: a column of text is not UTF-8"


# What refuses a CSV file


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("id", "missing column amount"),
        ("note,currency", "missing columns id, amount"),
        ("id,Amount", "missing column amount; unknown column Amount (did you mean amount?)"),
        ("id,amount,segment.,colour", "unknown columns segment., colour (did you mean segment.colour?)"),
        ("id,amount,note,note,id", "repeated columns id, note"),
        ("id;amount", "the columns are separated by semicolons, which must be commas; save it as CSV with commas, and"),
    ],
)
def test_wrong_csv_columns_are_refused(put: Put, header: str, message: str) -> None:
    path = put("feed.csv", f"\n{header}\n1,2\n")
    assert str(fault(path)).startswith(f"{path}, line 2: {message}")
    assert str(fault(path)).endswith(f"; the columns are {ALLOWED}")


UTF16_HELP = "this looks like UTF-16; convert it with: iconv -f UTF-16 -t UTF-8"


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", None, f"it is empty; the first line must name the columns: {ALLOWED}"),
        (b"\n\r\n", None, f"it is empty; the first line must name the columns: {ALLOWED}"),
        (b'id,amount\n1,2\n3,"4\n5,6\n', 3, "the quote opened on this line is never closed"),
        (b'id,amount\n"1\n2","4\n5,6\n', 3, "the quote opened on this line is never closed"),
        (
            b'id,amount\n1,"2\n3,"4"\n',
            2,
            "the quote opened on this line is closed on line 3 with text after it;"
            ' close it before the comma, and write a quote within quotes twice, as ""',
        ),
        (
            b'id,amount\n"a ""b"" "c,2\n',
            2,
            "the quote opened on this line is closed with text after it;"
            ' close it before the comma, and write a quote within quotes twice, as ""',
        ),
        (
            b'id,amount\n1,"2\n' + b"3,4\n" * 300_000,
            2,
            "the quote opened on this line is not closed within 1 MiB",
        ),
        (b"id,amount\n1," + b"2" * (1 << 20), 2, "the line is longer than 1 MiB"),
        (
            b"id,amount\r" + b"1,2\r" * 300_000,
            1,
            "the line is longer than 1 MiB; line ends must be LF or CRLF, not CR alone",
        ),
        (b"id,amount\r1,2\r", 1, "a carriage return without a line feed; line ends must be LF or CRLF"),
        (
            "id,amount\n1,2\né,2\n".encode("latin-1"),
            3,
            "byte 1 of the line (0xE9) is not UTF-8; if this is Latin-1 or Windows-1252,"
            " convert it with: iconv -f WINDOWS-1252 -t UTF-8",
        ),
        ("id,amount\n1,2\n".encode("utf-16"), 1, UTF16_HELP),
        ("id,amount\n1,2\n".encode("utf-16-be"), 1, UTF16_HELP),
        (b"id,amount\n1,2\0\n", 2, "byte 4 of the line is NUL: this is not a text file"),
    ],
    ids=[
        "empty", "blank", "unclosed", "unclosed in a long record", "closed late", "text after quote",
        "quote without end", "long line", "long Mac file", "Mac file", "Latin-1", "UTF-16", "UTF-16 unmarked",
        "NUL",
    ],
)  # fmt: skip
def test_a_broken_csv_file_is_refused(put: Put, content: bytes, line: int | None, message: str) -> None:
    path = put("feed.csv", content)
    error = fault(path)
    assert (error.name, error.line, error.message) == (str(path), line, message)
    assert str(error) == (f"{path}: {message}" if line is None else f"{path}, line {line}: {message}")


def test_records_before_the_fault_are_still_handed_out(put: Put) -> None:
    with open_feed(put("feed.csv", 'id,amount\n1,2\n"'), required=REQUIRED, optional=()) as feed:
        records = iter(feed)
        assert next(records) == Record(2, {"id": "1", "amount": "2"})
        with pytest.raises(FeedError, match="line 3: the quote opened on this line is never closed"):
            next(records)


def test_a_value_near_the_limit_is_read(put: Put) -> None:
    long = "x" * ((1 << 20) - 5)
    assert read(put("feed.csv", f'id,amount\n1,"{long[:-1]}\n"')) == [Record(2, {"id": "1", "amount": long[:-1]})]


def test_damaged_gzip_is_refused(put: Put) -> None:
    content = b"id,amount\n" + b"".join(b"%d,%d\n" % (n, n * n * 7919) for n in range(20_000))
    packed = gzip.compress(content)
    for length in (4, len(packed) // 2, len(packed) - 1):
        path = put("cut.csv.gz", packed[:length])
        assert str(fault(path)) == f"{path}: the gzip data ends too early: the file is truncated"
    holed = bytearray(packed)
    holed[len(packed) // 2] ^= 255
    assert "the gzip data is damaged: " in str(fault(put("holed.csv.gz", bytes(holed))))


# Where feeds come from


def test_a_file_that_cannot_be_opened_is_refused(put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone.csv"
    assert str(fault(gone)) == f"{gone}: there is no such file"
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    assert str(fault(folder)) == f"{folder}: this is a directory, not a file"
    unknown = put("feed.xlsx", "")
    assert str(fault(unknown)) == (
        f"{unknown}: the format is not clear from the name; give --format csv, tsv, ndjson or parquet,"
        " or use a name that ends in .csv, .csv.gz, .tsv, .tsv.gz, .ndjson, .ndjson.gz, .jsonl, .jsonl.gz, .parquet"
    )

    def deny(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    secret = put("secret.csv", "id,amount\n")
    # The tests may run as root, which ignores file modes.
    monkeypatch.setattr("gateway.feed.source.io.FileIO", deny)
    assert str(fault(secret)) == f"{secret}: no permission to read this file"


def test_a_given_format_is_stronger_than_the_name(put: Put) -> None:
    assert read(put("feed.txt", "id,amount\n1,2\n"), "csv") == [Record(2, {"id": "1", "amount": "2"})]


@contextmanager
def piped_in(chunks: Iterator[bytes]) -> Iterator[None]:
    """Standard input, with another thread writing the chunks to it."""
    reader, writer = os.pipe()

    def write() -> None:
        # A feed that is refused is not read to its end.
        with suppress(BrokenPipeError), open(writer, "wb") as pipe:
            pipe.writelines(chunks)

    thread = threading.Thread(target=write)
    thread.start()
    with open(reader, encoding="latin-1") as stdin, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", stdin)
        yield
    thread.join()


def test_standard_input(put: Put) -> None:
    with (
        piped_in(iter([b"id,amount\n", b"1,2\n"])),
        open_feed("-", required=REQUIRED, optional=OPTIONAL) as feed,
    ):
        assert (feed.name, feed.columns) == ("standard input", ("id", "amount"))
        assert list(feed) == [Record(2, {"id": "1", "amount": "2"})]
        assert feed.progress == (14, None)
    with piped_in(iter([gzip.compress(b'{"id":1,"amount":2}\n')])):
        assert read("-", "ndjson") == [Record(1, {"id": "1", "amount": "2"})]
    with piped_in(iter([b"\xff"])):
        assert str(fault("-")).startswith("standard input, line 1: byte 1 of the line (0xFF) is not UTF-8")
    with piped_in(iter([b"PAR1"])):
        assert str(fault("-", "parquet")) == (
            "standard input: Parquet is read from its end, which a pipe does not allow"
        )


def test_standard_input_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b"id,amount\n1,2\n"))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert len(read("-")) == 1
    assert not stdin.buffer.closed


@pytest.mark.parametrize("name", ["feed.csv", "feed.csv.gz", "feed.ndjson", "feed.parquet"])
def test_progress_is_in_bytes_as_stored(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    rows = [{column: os.urandom(8).hex() for column in COLUMNS} for _ in range(20_000)]
    write: Any = write_csv if "csv" in name else write_ndjson if "ndjson" in name else write_parquet
    write(path, rows)
    size = path.stat().st_size
    with open_feed(path, required=REQUIRED, optional=OPTIONAL, prefixes=("segment.",)) as feed:
        assert feed.columns == (None if "ndjson" in name else COLUMNS)
        seen = [feed.progress.bytes_read for _ in feed]
        assert feed.progress == (size, size)
    assert seen == sorted(seen)
    assert seen[0] < size


# Memory


@pytest.mark.parametrize(
    ("format", "head", "record"),
    [
        ("csv", b"id,amount,note\n", b'%d,0.25,"a note, of\nsome length"\n'),
        ("ndjson", b"", b'{"id":%d,"amount":0.25,"note":"a note"}\n'),
    ],
)
def test_memory_is_flat_over_a_long_stream(format: Format, head: bytes, record: bytes) -> None:
    thousand = b"".join(record % number for number in range(1000))
    with (
        piped_in(chain([head], repeat(thousand, 200))),
        open_feed("-", required=REQUIRED, optional=OPTIONAL, format=format) as feed,
    ):
        records = iter(feed)
        count = sum(isinstance(record, Record) for record in islice(records, 150_000))
        # A leak shows in any part of the stream, and tracing is slow.
        tracemalloc.start()
        try:
            count += sum(isinstance(record, Record) for record in records)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert count == 200_000
    assert peak < 1 << 20


def test_memory_is_flat_over_one_large_parquet_row_group(tmp_path: Path) -> None:
    path = tmp_path / "feed.parquet"
    ids = pa.array([os.urandom(16).hex() for _ in range(400_000)])
    pq.write_table(pa.table({"id": ids, "amount": ids}), path, row_group_size=len(ids), use_dictionary=False)
    assert path.stat().st_size > 24 << 20
    before = pa.total_allocated_bytes()
    peak = 0
    with open_feed(path, required=REQUIRED, optional=()) as feed:
        for record in feed:
            if record.line % 1000 == 0:
                peak = max(peak, pa.total_allocated_bytes() - before)
    assert record.line == 400_000
    assert peak < 12 << 20


# The example


RETAIL = """\
InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,"LANTERN, WHITE",6,2010-12-31 08:26:00,2.545,17850.0,United Kingdom
C536366,22,GIFT,-1,2011-01-04 10:00:00,0.0,,Unspecified
A536367,B,Adjust bad debt,1,2011-01-05 10:00:00,-11062.06,,United Kingdom
"""
RETAIL_COLUMNS = (
    "transaction_id",
    "transaction_type",
    "transaction_date",
    "amount",
    "currency",
    "debit_account",
    "credit_account",
    "document_number",
    "account_number",
)


def convert(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, EXAMPLE, *arguments], capture_output=True, text=True, check=False)


def test_the_online_retail_example_writes_a_feed(put: Put, tmp_path: Path) -> None:
    source = put("retail.csv.gz", gzip.compress(RETAIL.encode()))
    done = convert(source, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "transactions.csv: 3 lines, -11,046.79 GBP" in done.stdout

    path = tmp_path / "out" / "transactions.csv"
    with open_feed(path, required=RETAIL_COLUMNS, optional=(), prefixes=("segment.",)) as feed:
        records = [record.values for record in feed if isinstance(record, Record)]
    assert records[0] == {
        "transaction_id": "line-0000001",
        "transaction_type": "Invoice Item",
        "transaction_date": "2010-12-31",
        "amount": "15.27",
        "currency": "GBP",
        "debit_account": "Accounts Receivable",
        "credit_account": "Sales Revenue",
        "document_number": "536365",
        "account_number": "17850",
        "segment.country": "United Kingdom",
    }
    assert [(record["transaction_type"], record["amount"]) for record in records[1:]] == [
        ("Credit Memo Item (Charge)", "0.00"),
        ("Invoice Item Adjustment (Invoice)", "-11062.06"),
    ]
    periods = (tmp_path / "out" / "accounting-periods.csv").read_text().splitlines()
    assert periods[1:] == [
        "Dec 2010,2010-12-01,2010-12-31,2010,4,Open",
        "Jan 2011,2011-01-01,2011-01-31,2011,1,Open",
    ]


def test_the_online_retail_example_refuses_what_it_cannot_read(put: Put, tmp_path: Path) -> None:
    broken = convert(put("broken.csv", RETAIL.replace("2.545", "cheap")), tmp_path / "out")
    assert broken.returncode == 1
    assert broken.stderr == f"online_retail: {tmp_path}/broken.csv, line 2: '6' x 'cheap' is not an amount\n"
    other = convert(put("retail.csv", RETAIL), tmp_path / "out", "--month", "2012-02")
    assert other.returncode == 1
    assert "no invoice line to write; its months: 2010-12, 2011-01" in other.stderr
    assert list((tmp_path / "out").iterdir()) == []
