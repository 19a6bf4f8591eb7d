"""The views over HTTP beside changes, by whom they are read, and what fails."""

import logging
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
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
from tests.support.bi import LINES, VIEWS, Item, Reader, latest, reader_of_lines
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.raw import connected
from tests.support.served import served
from tests.support.tokens import new_token

RECORDED = {
    "transactionType": "INVOICE_ITEM", "amount": "1", "currency": "GBP", "debitAccount": "Accounts Receivable",
    "creditAccount": "Sales",
}  # fmt: skip


@pytest.fixture
def ledger() -> Ledger:
    """With a home currency."""
    return Ledger(home_currency="GBP")


@pytest.fixture
def reader(client: Client) -> Iterator[Reader]:
    """Of a ledger with a run of December."""
    with reader_of_lines(client) as found:
        yield found


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


def test_a_reader_that_hangs_up_ends_the_reading(client: Client, monkeypatch: pytest.MonkeyPatch, quiet: None) -> None:
    many = [{**LINES[0], "transaction_id": f"T{number}", "document_number": "x" * 200} for number in range(6_000)]
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
