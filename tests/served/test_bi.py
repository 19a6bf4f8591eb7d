"""The views over HTTP: pages, lines, changes, and what is refused."""

import csv
import io
import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from gateway.application import Application
from gateway.bi import pages
from storage.bi import reading
from storage.database import Database, DatabaseError
from storage.deadline import DeadlineExceeded
from storage.settings import Ledger
from storage.words import Permission
from tests.support.bi import Item, Reader, latest
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.raw import connected
from tests.support.served import served
from tests.support.tokens import new_token

COUNTRIES = ["UK", "France", "Germany"]
FIRST = "JE-00000001"
VIEWS = [
    "journal_runs", "journal_entries", "journal_entry_items", "transactions", "accounting_codes", "accounting_periods",
]  # fmt: skip


RECORDED = {
    "transactionType": "INVOICE_ITEM", "amount": "1", "currency": "GBP", "debitAccount": "Accounts Receivable",
    "creditAccount": "Sales",
}  # fmt: skip


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


@pytest.fixture
def ledger() -> Ledger:
    """With a home currency."""
    return Ledger(home_currency="GBP")


@pytest.fixture
def lines() -> list[dict[str, str]]:
    """Transactions of two months and three countries, in currencies with 2, 0 and 3 decimals."""
    currencies = [("GBP", "10.05", ""), ("JPY", "1200", "0.0053"), ("KWD", "7.125", "2.55")]
    return [
        line(
            f"T{number}",
            amount=currencies[number % 3][1],
            currency=currencies[number % 3][0],
            exchange_rate=currencies[number % 3][2],
            segment_country=COUNTRIES[number % 3],
            transaction_date="2024-12-05" if number % 2 else "2025-01-05",
            document_number=["=1+1", "-75.63", 'a, "b" c', ""][number % 4],
        )
        for number in range(24)
    ]


@pytest.fixture
def reader(client: Client, lines: list[dict[str, str]]) -> Iterator[Reader]:
    """Of a ledger with a run of December."""
    post(client.database, lines)
    client.completed()
    found = Reader(client.url)
    yield found
    found.http.close()


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


def test_totals_equal_those_of_the_input(reader: Reader, lines: list[dict[str, str]]) -> None:
    for currency in ("GBP", "JPY", "KWD"):
        expected = sum(Decimal(each["amount"]) for each in lines if each["currency"] == currency)
        assert sum(Decimal(item["amount"]) for item in reader.items("transactions", currency=currency)) == expected
        december = [each for each in lines if each["currency"] == currency and each["transaction_date"] < "2025"]
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


def test_what_changes_comes_again_and_nothing_is_missed(client: Client, reader: Reader, quiet: None) -> None:
    entries = [item["number"] for item in reader.items("journal_entries")]
    seen: list[Item] = []
    changes = iter(
        [
            lambda: client.transfer(entries[:1], "YES"),
            lambda: client.cancel_entry(entries[1]),
            lambda: client.transfer(entries[2:3], "ERROR"),
            lambda: client.completed(accountingPeriodName="Jan 2025", journalEntryDate="2025-01-31"),
            lambda: client.transfer(entries[:1], "NO"),
        ]
    )
    for page in reader.pages("journal_entries", limit=1):
        seen += page
        next(changes, lambda: None)()
    assert next(changes, None) is None
    moments = [item["updated_at"] for item in seen]
    assert moments == sorted(moments)
    current = reader.items("journal_entries")
    assert latest(seen) == latest(current)
    assert latest(current)[entries[1]]["status"] == "Cancelled"
    # Only what has changed since, that moment included.
    since = sorted(item["updated_at"] for item in current)[-2]
    changed = reader.items("journal_entries", updated_since=since)
    assert changed == [item for item in current if item["updated_at"] >= since]
    as_of = reader.get("journal_entries")["as_of"]
    assert as_of >= moments[-1]
    client.transfer(entries[:1], "YES")
    assert [item["number"] for item in reader.items("journal_entries", updated_since=as_of)][-1] == entries[0]


def test_a_reader_beside_many_writers_has_the_latest_of_each_row(client: Client, reader: Reader, quiet: None) -> None:
    entries = [item["number"] for item in reader.items("journal_entries")]

    def change(number: int) -> None:
        with Client(client.url, client.database) as writer:
            for turn in range(12):
                writer.transfer([entries[(number + turn) % len(entries)]], ["YES", "NO", "ERROR"][turn % 3])
            writer.record([{**RECORDED, "transactionId": f"recorded {number}", "transactionDate": "2025-01-05"}])

    seen: dict[str, list[Item]] = {"journal_entries": [], "journal_entry_items": [], "transactions": []}

    def refresh() -> None:
        for view, items in seen.items():
            since = {"updated_since": items[-1]["updated_at"]} if items else {}
            items += reader.items(view, limit=3, **since)

    with ThreadPoolExecutor(3) as writers:
        changing = [writers.submit(change, number) for number in range(3)]
        while not all(each.done() for each in changing):
            refresh()
    for each in changing:
        each.result()
    refresh()
    for view, items in seen.items():
        assert latest(items) == latest(reader.items(view)), view
        moments = [item["updated_at"] for item in items]
        assert moments == sorted(moments)


def test_what_is_deleted_stays_as_a_tombstone(client: Client, reader: Reader) -> None:
    (run,) = [item["number"] for item in reader.items("journal_runs")]
    before = {view: reader.items(view) for view in VIEWS[:3]}
    as_of = reader.get("journal_runs")["as_of"]
    client.cancel(run)
    client.wait(run, "CANCELLED")
    client.delete(run)
    client.wait_until_gone(run)
    for view, items in before.items():
        assert latest(reader.items(view)) == {}
        assert reader.items(view, deleted="false") == []
        gone = reader.items(view, deleted="true", updated_since=as_of)
        assert sorted(item["id"] for item in gone) == sorted(item["id"] for item in items)
        assert all(item["updated_at"] > as_of for item in gone)
    assert {item["journaled"] for item in reader.items("transactions", updated_since=as_of)} == {"Not journaled"}


def test_permissions_and_organisations_hold(database: Database) -> None:
    post(database, [line("N", organization="North"), line("S", organization="South"), line("nobody's")])
    with served(Application(database, require_api_key=True), database) as anyone:
        with Client(anyone.url, database, new_token(database, *Permission, name="All")[1]) as client:
            north_run = client.completed(organizationLabels=["North"])["number"]
            client.completed()
        no_header = httpx.get(f"{anyone.url}/bi/transactions")
        assert no_header.status_code == 401
        assert no_header.headers.get_list("WWW-Authenticate") == [
            'Basic realm="Journal Gateway", charset="UTF-8"',
            "Bearer",
        ]
        assert no_header.json()["message"].endswith("as user name and password (Basic).")
        wrong = httpx.get(f"{anyone.url}/bi", auth=("x", "y"))
        assert (wrong.status_code, wrong.json()["message"][:30]) == (401, "The user name and password are")

        def reader(*permissions: Permission, organizations: list[str] | None = None) -> Reader:
            name = f"{permissions} {organizations}"[-100:]
            return Reader(
                anyone.url, ("", new_token(database, *permissions, name=name, organizations=organizations)[1])
            )

        north = reader(*Permission, organizations=["North"])
        assert [item["id"] for item in north.items("transactions")] == ["N"]
        assert [item["number"] for item in north.items("journal_runs")] == [north_run]
        assert {item["organization_label"] for item in north.items("journal_entry_items")} == {"North"}
        assert north.http.get("transactions.csv").text.count("\r\n") == 2
        entries = reader(Permission.VIEW_JOURNAL_ENTRIES)
        assert [view["json"][4:] for view in entries.get("")["views"]] == VIEWS[1:]
        assert {item["journal_run_number"] for item in entries.items("journal_entries")} == {None}
        assert entries.items("journal_entries", ("journal_run_number.null", "false")) == []
        runs = reader(Permission.VIEW_JOURNAL_RUNS)
        assert [view["json"][4:] for view in runs.get("")["views"]] == [VIEWS[0], *VIEWS[4:]]
        for found, view, permission in [
            (entries, "journal_runs", "View journal runs"),
            (runs, "journal_entry_items.csv", "View journal entries"),
            (runs, "transactions", "View journal entries"),
        ]:
            status, message = found.refused(view)
            assert (status, f"lacks the permission '{permission}'" in message) == (403, True)
        for found in (north, entries, runs):
            found.http.close()


def test_an_answer_of_nothing_is_empty(client: Client) -> None:
    reader = Reader(client.url)
    page = reader.get("transactions")
    assert (page["items"], page["next_cursor"]) == ([], None)
    assert reader.http.get("transactions.ndjson").text == ""
    assert reader.http.get("transactions.csv", params={"columns": "id,amount"}).text == "id,amount\r\n"
    reader.http.close()


def test_a_reader_that_hangs_up_ends_the_reading(
    client: Client, lines: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, quiet: None
) -> None:
    many = [{**lines[0], "transaction_id": f"T{number}", "document_number": "x" * 200} for number in range(6_000)]
    post(client.database, many)
    read: list[float] = []
    original = reading.rows

    def counted(*given: Any) -> Any:
        read.append(time.monotonic())
        return original(*given)

    monkeypatch.setattr(reading, "rows", counted)
    monkeypatch.setattr(pages, "STREAMED_ROWS", 100)
    with connected(client, receives=4_096) as connection:
        connection.sendall(b"GET /bi/transactions.ndjson HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(1_000).startswith(b"HTTP/1.1 200 OK")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    time.sleep(0.5)
    count = len(read)
    assert count < 60
    time.sleep(0.5)
    assert len(read) == count
    assert client.query("{ __typename }") == {"__typename": "Query"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_failures_of_the_database_are_temporary(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(error: Exception) -> Callable[..., Any]:
        def fail(*_: Any) -> Any:
            raise error

        return fail

    original = reading.rows
    for error, message, retry_after in [
        (DatabaseError("gone"), "The ledger's database is unavailable; try again later.", "5"),
        (DeadlineExceeded(), "The query took too long, and the database has cancelled it.", None),
    ]:
        monkeypatch.setattr(reading, "rows", failing(error))
        for path in ("transactions", "transactions.csv", "transactions.ndjson"):
            response = reader.http.get(path)
            assert (response.status_code, response.json()["message"][: len(message)]) == (503, message)
            assert response.headers.get("Retry-After") == retry_after
    # An answer that has begun is cut off: nobody takes it for the whole.
    monkeypatch.setattr(pages, "STREAMED_ROWS", 5)
    for path in ("transactions.csv", "transactions.ndjson"):
        calls = iter([original])
        monkeypatch.setattr(reading, "rows", lambda *given: next(calls, failing(DatabaseError("gone")))(*given))  # noqa: B023
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            reader.http.get(path)
    monkeypatch.setattr(reading, "rows", failing(RuntimeError("secret")))
    with caplog.at_level(logging.ERROR):
        assert reader.refused("transactions") == (500, "Internal error; see the gateway's log.")
