"""The views over HTTP: pages, lines, changes, and what is refused."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from gateway.bi import pages
from storage.settings import Ledger
from tests.support.bi import LINES, VIEWS, Item, Reader, reader_of_lines
from tests.support.client import Client

FIRST = "JE-00000001"


def is_amount(value: Any) -> bool:
    """Whether it is an exact decimal in a text."""
    return isinstance(value, str) and format(Decimal(value), "f") == value


def is_moment(value: Any) -> bool:
    """Whether it is a moment in UTC with microseconds."""
    return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC) is not None and len(value) == 27


KINDS: dict[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "integer": lambda value: type(value) is int,
    "amount": is_amount,
    "date": lambda value: date.fromisoformat(value) is not None and len(value) == 10,
    "moment": is_moment,
    "boolean": lambda value: isinstance(value, bool),
    "json": lambda value: isinstance(value, dict | list),
}


@pytest.fixture(scope="module")
def shared_ledger() -> Ledger:
    """With a home currency."""
    return Ledger(home_currency="GBP")


@pytest.fixture(scope="module")
def reader(shared_client: Client) -> Iterator[Reader]:
    """Of a ledger with a run of December."""
    with reader_of_lines(shared_client) as found:
        yield found


def test_the_list_of_views_describes_what_they_answer(reader: Reader, quiet: None) -> None:
    for path in ("", "/"):
        found = reader.get(path)
        assert [view["json"] for view in found["views"]] == [f"/bi/{name}" for name in VIEWS]
    for view in found["views"]:
        described = {column["name"]: column for column in view["columns"]}
        items = reader.items(view["name"])
        assert items
        for item in items:
            assert list(item) == list(described)
            for name, value in item.items():
                column = described[name]
                assert column["nullable"] if value is None else KINDS[column["kind"]](value), (name, value)
        assert view["description"].endswith(".")
        assert all(column["description"].endswith(".") for column in view["columns"])
        assert reader.items(view["json"].removeprefix("/bi/")) == items
        assert reader.items(view["json"].removeprefix("/bi/") + ".json") == items
    assert {item["amount"] for item in reader.items("transactions", currency="KWD")} == {"7.125"}
    assert {item["amount"] for item in reader.items("transactions", currency="JPY")} == {"1200"}
    assert [each["form"] for each in found["filters"]][:2] == ["column=value", "column.not=value"]


def test_lines_have_the_same_rows(reader: Reader, monkeypatch: pytest.MonkeyPatch, quiet: None) -> None:
    items = reader.items("transactions")
    numbers = {item["id"]: item["document_number"] for item in items}
    for size, streams in ((pages.STREAMED_ROWS, False), (5, True)):
        monkeypatch.setattr(pages, "STREAMED_ROWS", size)
        ndjson = reader.http.get("transactions.ndjson")
        assert ndjson.headers["Content-Type"] == "application/x-ndjson"
        assert [json.loads(text) for text in ndjson.text.splitlines()] == items
        as_csv = reader.http.get("transactions.csv")
        assert as_csv.headers["Content-Type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(as_csv.text, newline="")))
        assert [row["id"] for row in rows] == [item["id"] for item in items]
        harmless = {"=1+1": "'=1+1", None: ""}
        for row in rows:
            assert row["document_number"] == harmless.get(numbers[row["id"]], numbers[row["id"]])
        assert [(row["amount"], row["deleted"]) for row in rows] == [(item["amount"], "false") for item in items]
        assert [json.loads(row["segments"]) for row in rows] == [item["segments"] for item in items]
        for response in (ndjson, as_csv):
            assert ("X-Next-Cursor" in response.headers, "Content-Length" in response.headers) == (False, not streams)
            assert response.headers["Content-Encoding"] == "gzip"
            assert is_moment(response.headers["X-As-Of"])
        head = reader.http.head("transactions.csv")
        assert (head.status_code, head.text, head.headers["Content-Type"]) == (200, "", "text/csv; charset=utf-8")


def test_lines_with_a_limit_are_pages(reader: Reader, quiet: None) -> None:
    found: list[Item] = []
    address: httpx.URL | None = reader.http.base_url.join("transactions.ndjson?limit=10&columns=id")
    while address is not None:
        response = reader.http.get(address)
        found += [json.loads(text) for text in response.text.splitlines()]
        assert len(found) % 10 == 0 or "next" not in response.links
        follows = response.links.get("next")
        address = None if follows is None else response.url.join(follows["url"])
    assert found == reader.items("transactions", columns="id")


def test_totals_equal_those_of_the_input(reader: Reader) -> None:
    for currency in ("GBP", "JPY", "KWD"):
        expected = sum(Decimal(each["amount"]) for each in LINES if each["currency"] == currency)
        assert sum(Decimal(item["amount"]) for item in reader.items("transactions", currency=currency)) == expected
        december = [each for each in LINES if each["currency"] == currency and each["transaction_date"] < "2025"]
        items = reader.items("journal_entry_items", currency=currency)
        assert sum(Decimal(item["debit"]) for item in items) == sum(Decimal(each["amount"]) for each in december)
        assert sum(Decimal(item["debit"]) - Decimal(item["credit"]) for item in items) == 0


FILTERS: list[tuple[str, list[tuple[str, str]], Callable[[Item], bool]]] = [
    ("transactions", [("currency", "GBP")], lambda item: item["currency"] == "GBP"),
    ("transactions", [("currency", "GBP"), ("currency", "KWD")], lambda item: item["currency"] != "JPY"),
    ("transactions", [("currency.not", "GBP"), ("currency.not", "KWD")], lambda item: item["currency"] == "JPY"),
    ("transactions", [("currency", "gbp")], lambda item: False),
    ("transactions", [("amount", "10.05")], lambda item: Decimal(item["amount"]) == Decimal("10.05")),
    ("transactions", [("amount.from", "10.0500")], lambda item: Decimal(item["amount"]) >= Decimal("10.05")),
    ("transactions", [("amount.to", "7.125")], lambda item: Decimal(item["amount"]) <= Decimal("7.125")),
    ("transactions", [("amount.from", "7.1251"), ("amount.to", "1199.9999")], lambda item: item["currency"] == "GBP"),
    ("transactions", [("transaction_date.from", "2025-01-05")], lambda item: item["transaction_date"] > "2025"),
    ("transactions", [("transaction_date.to", "2025-01-04")], lambda item: item["transaction_date"] < "2025"),
    ("transactions", [("document_number.contains", "1+")], lambda item: "1+" in (item["document_number"] or "")),
    ("transactions", [("document_number.contains", "B")], lambda item: False),
    ("transactions", [("document_number.starts_with", "-7")], lambda item: item["document_number"] == "-75.63"),
    ("transactions", [("amount.after", "7.125"), ("amount.before", "1200")], lambda item: item["currency"] == "GBP"),
    ("transactions", [("document_number.ends_with", '" c')], lambda item: "b" in (item["document_number"] or "")),
    ("transactions", [("document_number.null", "true")], lambda item: item["document_number"] is None),
    ("transactions", [("document_number.null", "False")], lambda item: item["document_number"] is not None),
    ("transactions", [("document_number.not", "=1+1")], lambda item: item["document_number"] != "=1+1"),
    ("transactions", [("segment_country", "France")], lambda item: item["segments"] == {"country": "France"}),
    ("transactions", [("segments.null", "true")], lambda item: False),
    ("transactions", [("journaled", "Journaled")], lambda item: item["journal_entry_number"] is not None),
    ("transactions", [("journal_entry_number.to", FIRST)], lambda item: item["journal_entry_number"] == FIRST),
    ("transactions", [("deleted", "false"), ("updated_since", "2000-01-01")], lambda item: True),
    ("transactions", [("id", f"T{number}") for number in range(97)], lambda item: True),
    ("transactions", [("id.not", f"T{number}") for number in range(97)], lambda item: False),
    ("transactions", [("updated_since", "0001-01-01T00:00:00Z")], lambda item: True),
    ("transactions", [("deleted", "true")], lambda item: False),
    ("transactions", [("updated_since", "9999-12-31T23:59:59.9999990Z")], lambda item: False),
    ("journal_entries", [("transaction_count", "4")], lambda item: item["transaction_count"] == 4),
    ("journal_entries", [("transaction_count.from", "-999999999999999999")], lambda item: True),
    ("journal_entries", [("aggregate_currency", "TRUE")], lambda item: item["aggregate_currency"]),
    ("journal_entries", [("created_at.from", "2000-01-01T00:00:00 00:00")], lambda item: True),
]  # fmt: skip


def test_filters_give_the_rows_that_meet_them(reader: Reader, quiet: None) -> None:
    for view, parameters, meets in FILTERS:
        expected = [item for item in reader.items(view) if meets(item)]
        assert reader.items(view, *parameters) == expected, parameters
        assert reader.items(view, *reversed(parameters), limit=2) == expected, parameters
    chosen = reader.items("transactions", columns="amount, id", currency="JPY")
    assert [list(item) for item in chosen] == [["amount", "id"]] * 8
    assert reader.items("transactions", ("columns", "amount"), ("columns", "id"), currency="JPY") == chosen


SINGLE = "it is given 2 times; give it once."
REFUSED: dict[str, tuple[int, str]] = {
    "transactions?limit=0": (400, "limit: '0' is not a number of rows; use 1 to 10,000."),
    "transactions?limit=10001": (400, "limit: '10001' is not a number of rows; use 1 to 10,000."),
    "transactions?limit=": (400, "limit: '' is not a number of rows; use 1 to 10,000."),
    "transactions?limit=٣": (400, "limit: '٣' is not a number of rows; use 1 to 10,000."),
    "transactions?limit=1&limit=2": (400, f"limit: {SINGLE}"),
    "transactions?amuont=1": (400, "There is no parameter 'amuont'; did you mean 'amount'? The parameters are"),
    "transactions?Amount=1": (400, "There is no parameter 'Amount'; did you mean 'amount'? The parameters are"),
    "transactions?=1": (400, "There is no parameter ''. The parameters are columns, updated_since, limit, cursor,"),
    "transactions?columns=id,amuont": (400, "columns: there is no column 'amuont'; did you mean 'amount'? The columns"),
    "transactions?columns=": (400, "columns: there is no column ''. The columns of bi_transactions are id, "),
    "transactions?columns=id,id": (400, "columns: 'id' is given more than once; name each column once."),
    "transactions?amount=12,50": (400, "amount: '12,50' is not an amount; use a decimal number with at most 4"),
    "transactions?amount=1.00001": (400, "amount: '1.00001' is not an amount; use a decimal number with at most 4"),
    "transactions?amount=NaN": (400, "amount: 'NaN' is not an amount;"),
    "transactions?amount=1e5": (400, "amount: '1e5' is not an amount;"),
    f"transactions?amount={'9' * 20}": (400, f"amount: '{'9' * 20}' is not an amount;"),
    "transactions?amount.form=1": (400, "amount.form: a column of kind amount has no filter 'form'; did you"),
    "transactions?amount.=1": (400, "amount.: a column of kind amount has no filter ''. Use amount, amount.not, "),
    "transactions?amount.contains=1": (400, "amount.contains: a column of kind amount has no filter"),
    "transactions?amount.from=1&amount.from=2": (400, f"amount.from: {SINGLE}"),
    "transactions?amount.null=yes": (400, "amount.null: 'yes' is neither true nor false."),
    "transactions?transaction_date=2024-12": (400, "transaction_date: '2024-12' is not a date; use the"),
    "transactions?transaction_date=2024-02-30": (400, "transaction_date: '2024-02-30' is not a date;"),
    "transactions?deleted=1": (400, "deleted: '1' is neither true nor false."),
    "transactions?segments=x": (400, "segments: a column of kind json cannot be compared with a value. Use segments"),
    "journal_entries?status=CREATED": (400, "status: there is no value 'CREATED'; did you mean 'Created'? The "),
    "transactions?journaled.not=No": (400, "journaled.not: there is no value 'No'. The values are Journaled, "),
    "transactions?currency=%00": (400, "currency: '\\x00' has a NUL character, which no value has."),
    "transactions?updated_since=": (400, "updated_since: '' is not a moment; use the format 2024-12-31T"),
    "transactions?updated_since=yesterday": (400, "updated_since: 'yesterday' is not a moment;"),
    "transactions?updated_since=2024-13-01": (400, "updated_since: '2024-13-01' is not a moment;"),
    "transactions?updated_since=0001-01-01T00:00%2B14:00": (400, "updated_since: '0001-01-01T00:00+14:00' is not"),
    "transactions?updated_since=2024-01-01&updated_since=2024-01-02": (400, f"updated_since: {SINGLE}"),
    "transactions?cursor=x": (400, "cursor: 'x' is not a cursor of bi_transactions with these columns and filters;"),
    "transactions?cursor=transactions~0~n": (400, "cursor: 'transactions~0~n' is not a cursor"),
    "transactions?cursor=a&cursor=b": (400, f"cursor: {SINGLE}"),
    f"transactions?{'&'.join(f'id={number}' for number in range(101))}": (400, "There are more than 100 parameters"),
    "journal_entries?transaction_count=1.0": (400, "transaction_count: '1.0' is not an integer of at most 18 digits;"),
    f"journal_entries?transaction_count={'9' * 19}": (400, "transaction_count: '9999999999999999999' is not"),
    "transaction": (404, "There is no view 'transaction'; the views are journal_runs, journal_entries, "),
    "transactions.xlsx": (404, "There is no view 'transactions.xlsx'; the views are"),
    "transactions/1": (404, "There is no path /bi/transactions/1; GET /bi lists the views."),
}  # fmt: skip


def test_what_is_wrong_is_named(reader: Reader, quiet: None) -> None:
    for path, (status, message) in REFUSED.items():
        found = reader.refused(path)
        assert (found[0], found[1][: len(message)]) == (status, message)
    for path in ("transactions.csv", "transactions.ndjson"):
        assert reader.refused(path, limit="x")[0] == 400
    refused = reader.http.post("transactions", json={})
    assert (refused.status_code, sorted(refused.headers["Allow"].split(", "))) == (405, ["GET", "HEAD"])
    assert refused.json() == {"message": "POST is not allowed for /bi/transactions; use GET."}


def test_a_cursor_belongs_to_its_view_columns_and_filters(reader: Reader) -> None:
    cursor = reader.get("transactions", limit=5)["next_cursor"]
    assert len(reader.get("transactions", cursor=cursor)["items"]) == 24 - 5
    assert len(reader.get("transactions", cursor="")["items"]) == 24
    assert len(reader.http.get("transactions.ndjson", params={"cursor": cursor}).text.splitlines()) == 24 - 5
    for view, parameters in [
        ("journal_entries", {}),
        ("transactions", {"columns": "id"}),
        ("transactions", {"currency": "GBP"}),
        ("transactions", {"updated_since": "2024-01-01"}),
    ]:
        status, message = reader.refused(view, cursor=cursor, **parameters)
        assert (status, f"is not a cursor of bi_{view} with these columns and filters" in message) == (400, True)
    for broken in (cursor[:-1], cursor + "1", cursor.replace("~i", "~t"), cursor.replace("Z~", "~"), cursor[:20]):
        assert reader.refused("transactions", cursor=broken)[0] == 400
