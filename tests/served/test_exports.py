"""Views as files by address, on both databases."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from http import HTTPStatus

import httpx
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from pyarrow import parquet

from gateway.exports.formats import FORMATS
from storage.bi.catalogue import Kind
from storage.bi.questions import Question
from storage.bi.reading import rows, views_of
from tests.support.client import Client
from tests.support.exported import http_of_a_run


@pytest.fixture(scope="module")
def http(shared_client: Client) -> Iterator[httpx.Client]:
    """Of a gateway whose ledger has a run; tests only read."""
    with http_of_a_run(shared_client) as made:
        yield made


def test_every_view_in_every_format_has_its_rows(http: httpx.Client, shared_client: Client) -> None:
    for view in views_of(shared_client.database).values():
        wanted = rows(shared_client.database, view, Question(["id"]))
        lines = http.get(f"/exports/{view.short_name}.ndjson").text.splitlines()
        assert [list(json.loads(line)) for line in lines] == [view.names] * len(wanted)
        table = http.get(f"/exports/{view.name}.csv").text.split("\r\n")
        assert (table[0], len(table)) == (",".join(view.names), len(wanted) + 2)
        for format in ("parquet", "arrow"):
            data = http.get(f"/exports/{view.short_name}.{format}").content
            read = parquet.read_table(io.BytesIO(data)) if format == "parquet" else pa.ipc.open_stream(data).read_all()
            assert (read.num_rows, read.column_names) == (len(wanted), view.names)


def test_headers(http: httpx.Client) -> None:
    for name, format in FORMATS.items():
        response = http.get(f"/exports/bi_transactions.{name}")
        headers = response.headers
        assert headers["content-type"] == format.media_type
        assert headers["content-length"] == str(len(response.content))
        assert headers["accept-ranges"] == "bytes"
        assert headers["content-disposition"] == f'attachment; filename="transactions.{name}"'
        assert headers["cache-control"] == "private, no-cache"
        assert {"Authorization", "Accept-Encoding"} <= {part.strip() for part in headers["vary"].split(",")}
        assert headers["x-content-type-options"] == "nosniff"
        head = http.head(f"/exports/bi_transactions.{name}")
        assert (head.status_code, head.content) == (HTTPStatus.OK, b"")
        assert {**head.headers, "date": ""} == {**headers, "date": ""}


def test_columns_and_filters(http: httpx.Client) -> None:
    response = http.get("/exports/transactions.csv", params={"columns": "id,amount", "amount.from": "0"})
    header, *found, end = response.text.split("\r\n")
    assert (header, sorted(found), end) == ("id,amount", ["t1,10.50", "t3,700"], "")
    assert http.get("/exports/transactions.csv?columns=currency&id=none").text == "currency\r\n"
    assert http.get("/exports/transactions.ndjson?id=none").content == b""


def test_ranges(http: httpx.Client) -> None:
    whole = http.get("/exports/transactions.csv")
    length, tag = len(whole.content), whole.headers["etag"]
    for asked, got in (("0-9", slice(0, 10)), ("10-", slice(10, None)), ("-7", slice(-7, None))):
        part = http.get("/exports/transactions.csv", headers={"Range": f"bytes={asked}"})
        assert part.status_code == HTTPStatus.PARTIAL_CONTENT
        assert part.content == whole.content[got]
        assert part.headers["etag"] == tag
        assert part.headers["content-range"].endswith(f"/{length}")
    after = http.get("/exports/transactions.csv", headers={"Range": f"bytes={length}-"})
    assert after.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
    assert after.headers["content-range"] == f"bytes */{length}"
    assert "begins after the end" in after.json()["message"]
    for malformed in ("bytes=x", "lines=0-1", "bytes", "bytes=5-2"):
        refused = http.get("/exports/transactions.csv", headers={"Range": malformed})
        assert refused.status_code == HTTPStatus.BAD_REQUEST, malformed
        assert "Range is malformed" in refused.json()["message"]
    first = {"Range": "bytes=0-9"}
    assert http.get("/exports/transactions.csv", headers={**first, "If-Range": tag}).content == whole.content[:10]
    assert http.get("/exports/transactions.csv", headers={**first, "If-Range": '"x"'}).content == whole.content


def test_gzip(http: httpx.Client) -> None:
    plain = http.get("/exports/transactions.csv")
    with http.stream("GET", "/exports/transactions.csv", headers={"Accept-Encoding": "br, gzip;q=0.5"}) as packed:
        data = b"".join(packed.iter_raw())
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-length"] == str(len(data))
    assert packed.headers["etag"] != plain.headers["etag"]
    assert gzip.decompress(data) == plain.content
    for headers in ({"Accept-Encoding": "gzip;q=0"}, {"Accept-Encoding": "gzip", "Range": "bytes=0-9"}):
        assert "content-encoding" not in http.get("/exports/transactions.csv", headers=headers).headers
    # Parquet is compressed already.
    assert (
        "content-encoding" not in http.get("/exports/transactions.parquet", headers={"Accept-Encoding": "gzip"}).headers
    )
    same = http.get(
        "/exports/transactions.csv", headers={"If-None-Match": packed.headers["etag"], "Accept-Encoding": "gzip"}
    )
    assert same.status_code == HTTPStatus.NOT_MODIFIED


def test_streams(http: httpx.Client) -> None:
    for format in FORMATS:
        kept = http.get(f"/exports/transactions.{format}")
        streamed = http.get(f"/exports/transactions.{format}?stream=1")
        assert streamed.content == kept.content
        assert "content-length" not in streamed.headers
        assert "etag" not in streamed.headers
        assert streamed.headers["content-disposition"] == kept.headers["content-disposition"]
        head = http.head(f"/exports/transactions.{format}?stream=1")
        assert (head.status_code, head.content) == (HTTPStatus.OK, b"")


def test_csv_has_no_formulas_and_others_have_texts_as_they_are(http: httpx.Client) -> None:
    table = http.get("/exports/transactions.csv?columns=amount,document_number,segment_country").text
    assert sorted(table.split("\r\n")[1:-1]) == ["-3.25,,'=UK", "10.50,,UK", """700,"'@SUM(""A1"")",UK"""]
    found = [json.loads(text) for text in http.get("/exports/transactions.ndjson").text.splitlines()]
    assert {row["segment_country"] for row in found} == {"UK", "=UK"}
    assert sorted((row["amount"], row["document_number"]) for row in found) == [
        ("-3.25", None), ("10.50", None), ("700", '@SUM("A1")'),
    ]  # fmt: skip


REFUSED = [
    ("nothing.csv", 404, "There is no view 'nothing'; the views are journal_runs, "),
    ("journal_runs.xlsx", 404, "The formats are .csv, .ndjson, .parquet, .arrow."),
    ("journal_runs", 404, "ask for a view and a format, such as journal_entry_items.csv"),
    ("a/b.csv", 404, "There is no view 'a/b'"),
    ("journal_runs.csv?columns=x", 400, "columns: there is no column 'x'"),
    ("journal_runs.csv?columns=id,id", 400, "columns: 'id' is given more than once"),
    ("journal_runs.csv?number.like=x", 400, "number.like"),
    ("journal_runs.csv?created_at.from=x", 400, "created_at.from: 'x' is not a moment"),
    ("journal_runs.csv?stream=yes", 400, "stream: 'yes' is neither 0 nor 1"),
    ("journal_runs.csv?limit=1", 400, "There is no parameter 'limit'"),
]


def test_files_have_what_pages_have(http: httpx.Client, shared_client: Client) -> None:
    for view in views_of(shared_client.database).values():
        tables, objects = [], []
        for root in ("bi", "exports"):
            text = http.get(f"/{root}/{view.short_name}.csv").text
            tables.append(sorted(csv.reader(io.StringIO(text, newline=""))))
            lines = http.get(f"/{root}/{view.short_name}.ndjson").text.splitlines()
            objects.append(sorted((json.loads(line) for line in lines), key=lambda row: str(row["id"])))
        assert objects[0] == objects[1] != []
        json_columns = [column.name for column in view.columns if column.kind is Kind.JSON]
        assert len(tables[0]) == len(tables[1])
        for mine, other in zip(*tables, strict=True):
            for name, one, two in zip(view.names, mine, other, strict=True):
                assert one == two or (name in json_columns and json.loads(one) == json.loads(two))


@pytest.mark.usefixtures("quiet")
def test_refusals(http: httpx.Client) -> None:
    for path, status, told in REFUSED:
        response = http.get(f"/exports/{path}")
        assert (response.status_code, response.headers["content-type"]) == (status, "application/json"), path
        assert told in response.json()["message"]


def test_other_methods_are_not_allowed(http: httpx.Client) -> None:
    response = http.post("/exports/journal_runs.csv")
    assert (response.status_code, response.headers["allow"]) == (HTTPStatus.METHOD_NOT_ALLOWED, "GET, HEAD")
    assert response.json() == {"message": "POST is not allowed for /exports/journal_runs.csv; use GET or HEAD."}
