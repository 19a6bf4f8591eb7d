"""Exports beside changes: what is kept, who gets it, and how the work on one ends."""

import json
import socket
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from gateway.application import Application
from gateway.exports import endpoint
from resolvers.bi import Reports
from storage.bi.columns import schema_of
from storage.database import Database
from storage.words import Permission
from tests.support.client import Client
from tests.support.direct_runs import run_now
from tests.support.exported import IDENTITY, LINES, PATIENCE_SECONDS, http_of_a_run
from tests.support.ledger import line, post
from tests.support.raw import connected, last_words
from tests.support.served import served
from tests.support.tokens import new_token


@pytest.fixture
def http(client: Client) -> Iterator[httpx.Client]:
    """Of a gateway whose ledger has a run."""
    with http_of_a_run(client) as made:
        yield made


def ids(response: httpx.Response) -> list[str]:
    """The ids in an NDJSON file."""
    assert response.status_code == HTTPStatus.OK, response.text
    return sorted(json.loads(line)["id"] for line in response.text.splitlines())


def until(holds: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < ends, what
        time.sleep(0.02)


def test_what_has_not_changed_is_not_sent_again(http: httpx.Client, client: Client) -> None:
    first = http.get("/exports/journal_entries.csv")
    tag = first.headers["etag"]
    assert http.get("/exports/journal_entries.csv").headers["etag"] == tag
    for wanted in (tag, f"W/{tag}", f'"other", {tag}'):
        same = http.get("/exports/journal_entries.csv", headers={"If-None-Match": wanted})
        assert (same.status_code, same.content, same.headers["etag"]) == (HTTPStatus.NOT_MODIFIED, b"", tag)
        assert same.headers["cache-control"] == "private, no-cache"
    for other in ("journal_entries.parquet", "journal_entries.csv?columns=id", "journal_runs.csv"):
        assert http.get(f"/exports/{other}", headers={"If-None-Match": tag}).status_code == HTTPStatus.OK
    number = first.text.split("\r\n")[1].partition(",")[0]
    assert client.transfer([number])["errors"] == []
    changed = http.get("/exports/journal_entries.csv", headers={"If-None-Match": tag})
    assert changed.status_code == HTTPStatus.OK
    assert changed.headers["etag"] != tag
    assert changed.text != first.text


def test_parts_are_of_one_file_while_the_ledger_changes(http: httpx.Client, client: Client) -> None:
    before = http.get("/exports/transactions.csv")
    post(client.database, [line("t4"), line("t5")])
    size = len(before.content) // 2
    parts = [
        http.get("/exports/transactions.csv", headers={"Range": asked})
        for asked in (f"bytes=0-{size - 1}", f"bytes={size}-")
    ]
    assert b"".join(part.content for part in parts) == before.content
    assert {part.headers["etag"] for part in parts} == {before.headers["etag"]}
    after = http.get("/exports/transactions.csv")
    assert len(after.text.splitlines()) == len(before.text.splitlines()) + 2
    part = http.get("/exports/transactions.csv", headers={"Range": "bytes=0-9"})
    assert part.headers["etag"] == after.headers["etag"]


def test_callers_get_what_they_may_see_and_no_file_of_others(database: Database) -> None:
    post(database, LINES)
    run_now(database)
    entries, runs = Permission.VIEW_JOURNAL_ENTRIES, Permission.VIEW_JOURNAL_RUNS
    tokens = {
        "all": new_token(database, entries, runs, name="all")[1],
        "north": new_token(database, entries, runs, name="north", organizations=["North"])[1],
        "entries": new_token(database, entries, name="entries")[1],
        "none": new_token(database, Permission.CREATE_JOURNAL_RUN, name="none")[1],
    }
    with served(Application(database, require_api_key=True), database) as strict:

        def get(caller: str, path: str, **headers: str) -> httpx.Response:
            headers["Authorization"] = f"Bearer {tokens[caller]}"
            return httpx.get(f"{strict.url}/exports/{path}", headers=headers)

        assert ids(get("all", "transactions.ndjson")) == ["t1", "t2", "t3"]
        tag = get("all", "transactions.ndjson").headers["etag"]
        mine = get("north", "transactions.ndjson", **{"If-None-Match": tag})
        assert ids(mine) == ["t1"]
        part = get("north", "transactions.ndjson", Range="bytes=0-100000")
        assert (part.status_code, part.content) == (HTTPStatus.PARTIAL_CONTENT, mine.content)
        seen = [json.loads(text) for text in get("entries", "transactions.ndjson").text.splitlines()]
        assert {row["journal_run_number"] for row in seen} == {None}
        assert ids(get("north", "transactions.ndjson?stream=1")) == ["t1"]
        for caller, view in (("entries", "journal_runs"), ("none", "transactions")):
            refused = get(caller, f"{view}.csv")
            assert refused.status_code == HTTPStatus.FORBIDDEN
            assert "lacks the permission" in refused.json()["message"]
        assert get("none", "accounting_codes.csv").status_code == HTTPStatus.OK
        unknown = httpx.get(f"{strict.url}/exports/transactions.csv")
        assert unknown.status_code == HTTPStatus.UNAUTHORIZED
        assert "www-authenticate" in unknown.headers
        # Reporting tools send the token as a password.
        basic = httpx.get(f"{strict.url}/exports/transactions.ndjson", auth=("any", tokens["north"]))
        assert ids(basic) == ["t1"]


class Endless:
    """Rows without end, and whether somebody reads them."""

    def __init__(self) -> None:
        self.begun = 0
        self.taken = 0
        self.closed = 0

    def batches(self, reports: Reports, view: Any, columns: Any, where: Any) -> Generator[Any]:
        self.begun += 1
        schema = schema_of([view.column(name) for name in columns])
        try:
            while True:
                time.sleep(0.01)
                yield pa.record_batch([pa.array(["x" * 100] * 1000)], schema)
                self.taken += 1
        finally:
            self.closed += 1


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Endless:
    """Every export has rows without end."""
    found = Endless()
    monkeypatch.setattr(Reports, "batches", lambda *asked: found.batches(*asked))
    return found


def asking(client: Client, path: str) -> socket.socket:
    """A connection on which the file has been asked for."""
    connection = connected(client, receives=4_096)
    connection.sendall(f"GET /exports/{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return connection


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("stream", ["", "&stream=1"])
def test_the_work_stops_when_the_client_hangs_up(
    http: httpx.Client,
    client: Client,
    endless: Endless,
    stream: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with asking(client, f"transactions.csv?columns=id{stream}") as connection:
        if stream:
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
        until(lambda: endless.begun == 1, "it did not begin")
        # Others do not wait for it.
        assert http.get("/readyz").status_code == HTTPStatus.OK
    until(lambda: endless.closed == 1, "it did not end")
    until(lambda: not files(tmp_path), "a file is left")


@pytest.mark.usefixtures("quiet")
def test_streams_are_few(http: httpx.Client, client: Client, endless: Endless) -> None:
    open_ones = [asking(client, "transactions.csv?columns=id&stream=1") for _ in range(endpoint.STREAMS_MAX)]
    until(lambda: endless.begun == endpoint.STREAMS_MAX, "they did not begin")
    refused = http.get("/exports/transactions.csv?columns=id&stream=1")
    assert refused.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert refused.headers["retry-after"] == "5"
    assert "Other exports are being made" in refused.json()["message"]
    for connection in open_ones:
        connection.close()
    until(lambda: endless.closed == endpoint.STREAMS_MAX, "they did not end")


@pytest.mark.usefixtures("quiet")
def test_a_client_that_takes_nothing_of_a_stream_is_left_in_time(
    client: Client, endless: Endless, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "EXPORT_SECONDS", 0.5)
    silent = [asking(client, "transactions.csv?columns=id&stream=1") for _ in range(endpoint.STREAMS_MAX)]
    until(lambda: endless.closed == endpoint.STREAMS_MAX, "they did not end")
    for connection in silent:
        connection.close()


def test_a_gateway_that_stops_leaves_no_files(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(Application(database), database) as client:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        assert httpx.get(f"{client.url}/exports/transactions.csv", headers=IDENTITY).status_code == HTTPStatus.OK
        assert len(files(tmp_path)) == 1
    assert not list(tmp_path.glob("journal-gateway-exports-*"))


@pytest.mark.parametrize("stream", ["", "&stream=1"])
def test_a_gateway_that_stops_ends_exports(
    database: Database, endless: Endless, stream: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ThreadPoolExecutor(1) as thread:
        with served(Application(database), database) as client:
            monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
            connection = asking(client, f"transactions.csv?columns=id{stream}")
            received = thread.submit(last_words, connection)
            until(lambda: endless.taken > 1, "it did not begin")
        answer = received.result()
    connection.close()
    if stream:
        assert answer.startswith(b"HTTP/1.1 200")
        assert not answer.endswith(b"0\r\n\r\n")
    else:
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"The gateway is stopping" in answer
    assert endless.closed == 1
    assert not list(tmp_path.glob("journal-gateway-exports-*"))


def files(folder: Path) -> list[Path]:
    """The files that exports keep in the folder."""
    return list(folder.glob("journal-gateway-exports-*/*"))
