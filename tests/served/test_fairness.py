"""While changes wait for another writer, nothing else does, and there is a bound to how many wait."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from gateway.application import Application
from resolvers.access import STANDARD, create_api_key
from runs.statements import CHANGES_MAX
from storage.database import Database
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.served import served
from tests.support.tokens import new_token

WAITING = 45
"""Changes that are sent while another writer holds the ledger."""

ENTRY = "JE-00000001"


@contextmanager
def held(database: Database) -> Iterator[None]:
    """Inside, another client of the database holds what every change of an entry needs."""
    other = Database(database.url.render_as_string(hide_password=False))
    with other.write() as session:
        session.execute(text("SELECT 1" if other.is_sqlite else "LOCK TABLE journal_entry IN EXCLUSIVE MODE"))
        yield
    other.close()


def change(client: Client, notes: int | str) -> dict[str, Any]:
    """The answer to a change of the entry's notes; each is sent on a connection of its own."""
    document = "mutation($input: UpdateJournalEntryInput!) { updateJournalEntry(input: $input) { errors { message } } }"
    answer: dict[str, Any] = httpx.post(
        f"{client.url}/graphql",
        json={"query": document, "variables": {"input": {"number": ENTRY, "notes": str(notes)}}},
    ).json()
    return answer


def is_busy(answer: dict[str, Any]) -> bool:
    """Whether the change was refused as busy."""
    return [error["extensions"]["code"] for error in answer.get("errors", [])] == ["SERVICE_UNAVAILABLE"]


def test_changes_that_wait_hold_up_nothing_else_and_one_too_many_is_refused_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What waits for a change would wait longer than a request may.
    monkeypatch.setattr("runs.statements.CHANGE_WAIT_SECONDS", 600)
    post(database, [line("a")])
    key, secret = create_api_key(database, "Late", STANDARD, actor="test")
    _, token = new_token(database)
    bearer = {"Authorization": f"Bearer {token}"}
    with (
        served(Application(database), database) as client,
        ThreadPoolExecutor(WAITING) as threads,
        httpx.Client(base_url=client.url) as http,
    ):
        client.completed()
        with held(database):
            sent = [threads.submit(change, client, number) for number in range(WAITING)]
            while len(refused := [one for one in sent if one.done()]) < WAITING - CHANGES_MAX:
                time.sleep(0.02)
            assert all(is_busy(one.result()) for one in refused)

            late = change(client, "late")
            assert late["errors"][0]["message"] == (
                "The ledger is busy, for example importing a file. Nothing was changed; try again later."
            )
            by_rest = http.put(f"/v1/journal-entries/{ENTRY}/basic-information", json={"notes": "late"})
            assert (by_rest.status_code, by_rest.headers["retry-after"]) == (503, "5")

            for query in (
                "{ journalRuns { totalCount } }",
                "{ journalRuns { totalCount } __schema { queryType { name } } }",
            ):
                answered = http.post("/graphql", json={"query": query}, headers=bearer)
                assert answered.json()["data"]["journalRuns"] == {"totalCount": 1}
            assert http.get("/v1/journal-runs/JR-00000001", headers=bearer).json()["success"]
            assert http.get("/readyz").status_code == 200
            form = {"grant_type": "client_credentials", "client_id": key.client_id, "client_secret": secret}
            # On SQLite a token cannot be recorded meanwhile either, but its caller soon knows.
            expected = 503 if database.is_sqlite else 200
            assert http.post("/oauth/token", data=form).status_code == expected
            assert http.post("/oauth/token", data={**form, "client_secret": "x"}).status_code == 401
            assert sum(one.done() for one in sent) == WAITING - CHANGES_MAX
        answers = [one.result() for one in sent]
        assert sum(not is_busy(answer) for answer in answers) == CHANGES_MAX
        assert not is_busy(change(client, "now"))


def test_a_change_that_has_waited_too_long_is_refused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runs.statements.CHANGE_WAIT_SECONDS", 0.2)
    post(database, [line("a")])
    with served(Application(database), database) as client:
        client.completed()
        with held(database):
            assert is_busy(change(client, "too long"))
        assert not is_busy(change(client, "at once"))
