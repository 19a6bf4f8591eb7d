"""The gateway as a process: started, queried, stopped, killed and restarted."""

import asyncio
import signal
import socket
import sys
import time
from contextlib import aclosing
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from gateway.application import Application
from gateway.health import REASON
from resolvers.context import Gateway
from schema.schema import SDL_PATH
from storage.database import Database
from storage.migration import newest_version
from tests.support.client import Client
from tests.support.command import run, run_here
from tests.support.costs import without_cost
from tests.support.ledger import line, post
from tests.support.postgresql import PostgreSQL
from tests.support.processes import Process, running, serving
from tests.support.served import served
from tests.support.subscriber import TRANSPORTS, Disconnected, follow, websocket
from tests.support.subscriptions import PROGRESS, UPDATES

STOP_SECONDS = 12
SIZE = 5_000


def stop(process: Process, how: signal.Signals = signal.SIGTERM) -> str:
    """Stop the process, in time and with exit code 0; returns its standard error."""
    process.send_signal(how)
    _, complaints = process.communicate(timeout=STOP_SECONDS)
    assert process.returncode == 0, complaints
    return complaints


def test_it_serves_browsers_and_health_checks_and_stops_silently(database: Database, tmp_path: Path) -> None:
    with serving(tmp_path, database) as (process, url), httpx.Client(base_url=url) as http:
        assert (http.get("/healthz").status_code, http.get("/readyz").status_code) == (200, 200)
        redirect = http.get("/")
        assert redirect.is_redirect
        assert redirect.headers["location"] == "/graphql"
        page = http.get("/graphql", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert '<div id="graphiql">' in page.text
        assert without_cost(http.post("/graphql", json={"query": "{ __typename }"}).json()) == {
            "data": {"__typename": "Query"}
        }
        assert http.get("/elsewhere").status_code == 404
        with database.write() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        ready = http.get("/readyz")
        assert ready.status_code == 503
        assert ready.json() == {"status": "unavailable", "reason": REASON}
        assert http.get("/readyz").status_code == 503
        assert http.get("/healthz").status_code == 200
        (complaint,) = stop(process).splitlines()
        assert complaint.startswith("Not ready: ")
        assert "9999, which is newer" in complaint


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_small_requests_on_one_connection_are_not_held_up(client: Client) -> None:
    """Nagle's algorithm would delay the body of each response until its head is acknowledged, for 40 ms."""
    took = []
    for _ in range(20):
        began = time.perf_counter()
        client.query("{ __typename }")
        took.append(time.perf_counter() - began)
    assert min(took) < 0.03


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.skipif(sys.platform == "win32", reason="uvloop does not exist for Windows")
@pytest.mark.parametrize("installed", [True, False], ids=["with uvloop", "without"])
def test_the_server_runs_with_and_without_uvloop(
    database: Database, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    if not installed:
        monkeypatch.setitem(sys.modules, "uvloop", None)
    loops: list[str] = []

    async def look(_gateway: Gateway) -> None:
        loops.append(type(asyncio.get_running_loop()).__module__)

    with served(Application(database, on_start=look), database) as client:
        assert client.query("{ __typename }") == {"__typename": "Query"}
    assert [name.startswith("uvloop") for name in loops] == [installed]


def test_it_is_not_ready_without_its_database_and_still_stops(postgresql: PostgreSQL, tmp_path: Path) -> None:
    url = postgresql.create_database()
    with running(tmp_path, "serve", "--database", url) as (process, address):
        with httpx.Client(base_url=address) as http:
            assert http.get("/readyz").status_code == 200
            postgresql.drop_database(url)
            ready = http.get("/readyz")
            assert ready.status_code == 503
            assert ready.json() == {"status": "unavailable", "reason": REASON}
            assert http.get("/healthz").status_code == 200
            told = http.post("/graphql", json={"query": "{ journalRuns { totalCount } }"}).json()["errors"][0]
            assert told["extensions"] == {"code": "SERVICE_UNAVAILABLE"}
            asked = http.get("/v1/journal-runs/JR-00000001")
            assert asked.status_code == 503
            (reason,) = asked.json()["reasons"]
            assert reason["message"] == told["message"] == "The ledger's database is unavailable; try again later."
            refused = http.put("/v1/journal-runs/JR-00000001/cancel")
            assert (refused.status_code, refused.json()["reasons"][0]["code"]) == (503, 50000061)
            held = http.post("/graphql", json={"query": "{ __typename }"}, headers={"Authorization": "Bearer any"})
            assert (held.status_code, held.json()["errors"][0]["extensions"]) == (503, {"code": "SERVICE_UNAVAILABLE"})
            assert held.headers["retry-after"] == "5"
        time.sleep(3)
        complaints = stop(process)
        assert "Not ready: " in complaints
        assert "does not exist" in complaints
    # Each kind of trouble once, though all of it goes on every second.
    assert "could not check for unfinished work, trying again: " in complaints
    assert "Traceback" not in complaints
    assert "SQL" not in complaints
    assert len(complaints.splitlines()) < 20, complaints


def test_a_port_in_use_is_reported_in_one_line_before_anything_is_created(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(tmp_path, "serve", "--port", str(port))
    assert (done.returncode, done.stdout) == (1, "")
    (complaint,) = done.stderr.splitlines()
    assert complaint.startswith(f"error: cannot listen on 127.0.0.1:{port} (Address already in use)")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("database_url", "how"), [("sqlite", signal.SIGINT), ("postgresql", signal.SIGTERM)], indirect=["database_url"]
)
def test_a_stop_asks_every_subscriber_to_reconnect(database: Database, tmp_path: Path, how: signal.Signals) -> None:
    async def follow_and_stop(process: Process, url: str, number: str) -> list[list[Any] | Disconnected]:
        subscribed = asyncio.Semaphore(0)

        async def last_words(name: str) -> list[Any] | Disconnected:
            """Everything after the first response, or how the connection ended."""
            async with aclosing(TRANSPORTS[name](url, UPDATES, {"run": number})) as payloads:
                assert (await anext(payloads))["data"]["journalRunUpdates"]["number"] == number
                subscribed.release()
                try:
                    return [payload async for payload in payloads]
                except Disconnected as disconnected:
                    return disconnected

        tasks = [asyncio.create_task(last_words(name)) for name in TRANSPORTS]
        for _ in tasks:
            await subscribed.acquire()
        assert await asyncio.to_thread(stop, process, how) == ""
        return await asyncio.gather(*tasks)

    with serving(tmp_path, database) as (process, url), Client(url, database) as client:
        number = client.completed()["number"]
        by_websocket, *streamed = asyncio.run(follow_and_stop(process, url, number))
    # graphql-ws and its like reconnect after these codes, and would not after a `complete`.
    assert isinstance(by_websocket, Disconnected)
    assert by_websocket.code in (1001, 1012)
    for words in streamed:
        assert isinstance(words, list)
        (last,) = words
        assert last["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
        assert "Reconnect" in last["errors"][0]["message"]


async def outcomes(url: str, number: str, found: list[dict[str, Any]], wanted: int) -> None:
    """Follow the run's cancellation from where `found` ends until there are `wanted` outcomes, or it completes."""
    after = found[-1]["cursor"] if found else None
    async with aclosing(follow(websocket, url, PROGRESS, run=number, after=after)) as followed:
        async for outcome in followed:
            found.append(outcome)
            if len(found) == wanted:
                return


@pytest.mark.parametrize(
    ("database_url", "how"),
    [("sqlite", signal.SIGTERM), ("sqlite", signal.SIGKILL), ("postgresql", signal.SIGKILL)],
    indirect=["database_url"],
)
def test_a_cancellation_continues_after_a_restart_with_each_outcome_once(
    database: Database, tmp_path: Path, how: signal.Signals
) -> None:
    post(database, [line(str(n), segment_country=f"{n:04}") for n in range(SIZE)])
    found: list[dict[str, Any]] = []
    with serving(tmp_path, database) as (process, url), Client(url, database) as client:
        number = client.completed()["number"]
        assert client.cancel(number)["errors"] == []
        asyncio.run(outcomes(url, number, found, 1))
        # Paused, so that it is certain to be halfway when the signal arrives.
        process.send_signal(signal.SIGSTOP)
        with database.read() as session:
            cancelled = session.execute(text("SELECT canceled_count FROM cancellation")).scalar_one()
        assert 0 < cancelled < SIZE
        process.send_signal(how)
        process.send_signal(signal.SIGCONT)
        _, complaints = process.communicate(timeout=STOP_SECONDS)
        assert complaints == ""
        assert process.returncode == (0 if how is signal.SIGTERM else -signal.SIGKILL)
    with serving(tmp_path, database) as (process, url), Client(url, database) as client:
        asyncio.run(outcomes(url, number, found, SIZE + 1))
        assert client.wait(number, "CANCELLED")["cancellation"]["cancelledCount"] == SIZE
        assert stop(process) == ""
    assert [outcome["sequence"] for outcome in found] == list(range(1, SIZE + 1))
    assert [outcome["cancelledCount"] for outcome in found] == list(range(1, SIZE + 1))
    with database.read() as session:
        tried = "SELECT count(DISTINCT journal_entry_id) FROM entry_cancel_outcome"
        assert session.execute(text(tried)).scalar_one() == SIZE


def test_the_demo_shows_its_ledger_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with running(tmp_path, "demo") as (process, url):
        assert list(tmp_path.iterdir()) != []
        answer = httpx.post(
            f"{url}/graphql",
            json={"query": '{ journalRun(number: "JR-00000001") { status totalJournalEntryCount } }'},
        )
        assert answer.json()["data"]["journalRun"] == {"status": "COMPLETED", "totalJournalEntryCount": 10}
        assert stop(process, signal.SIGINT) == ""
    assert list(tmp_path.iterdir()) == []


def test_schema_prints_the_contract(tmp_path: Path) -> None:
    assert run(tmp_path, "schema").stdout == SDL_PATH.read_text()


def test_migrate_brings_a_new_database_up_leaves_a_current_one_and_refuses_a_newer(
    database_url: str, tmp_path: Path
) -> None:
    newest = newest_version()
    for told in (f": version none -> {newest}\n", f": version {newest}\n"):
        done = run_here(tmp_path, "migrate", "--database", database_url)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.endswith(told)
    database = Database(database_url)
    with database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    refused = [
        run_here(tmp_path, "migrate", "--database", database_url),
        run(tmp_path, "serve", "--port", "0", "--database", database_url),
    ]
    for done in refused:
        assert (done.returncode, done.stdout) == (1, "")
        (complaint,) = done.stderr.splitlines()
        assert "9999, which is newer than this release" in complaint
