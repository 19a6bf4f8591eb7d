"""The page at /graphql in a real browser: GraphiQL, and the form where GraphiQL is not built."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway import graphiql
from gateway.application import Application
from resolvers.access import STANDARD, create_api_key, revoke_api_key
from storage.database import Database
from tests.clients import programs
from tests.clients.programs import NPM, Line, require, started
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.served import served

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LEDGER = """{
  journalRuns { nodes { number status transactionCount cancellation { cancelledCount } } }
  journalEntries { nodes { number status transferredToAccounting transferredAt notes } }
}"""

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Generous timeouts: a browser is slow on a busy machine."""
    monkeypatch.setattr(programs, "PATIENCE_SECONDS", 180)


@pytest.fixture
def browser() -> str:
    """The installed browser; without one the test is skipped, but never in CI."""
    programs.node()
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    require(None if found else "there is no browser; install chromium")
    return str(found)


@pytest.fixture
def built() -> None:
    """GraphiQL is built; otherwise the test is skipped, but never in CI."""
    require(None if graphiql.is_built() else f"GraphiQL is not built; {graphiql.HOW_TO_BUILD}")


@pytest.fixture
def unbuilt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """GraphiQL is not built."""
    monkeypatch.setattr(graphiql, "ASSETS", tmp_path / "none")


@pytest.fixture
def guarded(database: Database) -> Iterator[Client]:
    """A client without a token, of a gateway that requires one."""
    with served(Application(database, require_api_key=True), database) as connected:
        yield connected


def look(program: str, browser: str, client: Client, **given: Any) -> dict[str, Any]:
    """What the program reports about the page, by kind: no errors, and no requests to other hosts."""
    with started(NPM / program, url=client.url, browser=browser, **pictured(program), **given) as lines:
        return collected(lines)


def pictured(program: str) -> dict[str, str]:
    """Where a screenshot of the page is saved, if requested."""
    folder = os.environ.get("PICTURES")
    return {"picture": f"{folder}/{program}.png"} if folder else {}


def collected(lines: Iterator[Line]) -> dict[str, Any]:
    """The values of the lines by their kind."""
    told: dict[str, Any] = dict(lines)
    assert "fault" not in told, told
    assert "elsewhere" not in told, told
    return told


@pytest.mark.usefixtures("built")
def test_the_page_signs_in_once_for_each_token(browser: str, guarded: Client) -> None:
    key, secret = create_api_key(guarded.database, "Month end", STANDARD, actor="test")
    given = {"clientId": key.client_id, "clientSecret": secret, "browser": browser, "url": guarded.url}
    told: list[Line] = []
    with started(NPM / "page-token.mjs", **pictured("page-token.mjs"), **given) as lines:
        for one in lines:
            told.append(one)
            if one.kind == "stored":
                revoke_api_key(guarded.database, key.client_id, actor="test")
    found = collected(iter(told))
    refusal = found["refused over WebSocket"]
    assert '"code": "UNAUTHENTICATED"' in refusal
    assert "Send the header Authorization: Bearer TOKEN" in refusal
    assert '"data"' not in refusal
    assert '"totalCount": 0' in found["first tab"]
    assert "There is no journal run" in found["second tab"]
    assert '"totalCount": 0' in found["after a reload"]
    local, session = json.loads(found["stored"])
    assert secret not in found["stored"]
    assert "journal-gateway:access-token" in session
    assert not any("token" in value for value in local.values())
    assert found["asked again"] == "The access token has expired or was revoked. Sign in again."
    assert "refused in the form" in found


@pytest.mark.usefixtures("built")
def test_no_tab_of_the_page_changes_the_ledger_when_it_is_run_unchanged(browser: str, client: Client) -> None:
    post(client.database, [line("a")])
    client.completed()
    post(client.database, [line("b")])
    before = client.query(LEDGER)
    told = look("page-tabs.mjs", browser, client)
    assert list(told) == [
        "JournalRuns",
        "RunEntries",
        "Totals",
        "FollowCancellation",
        "CreateRun",
        "CancelRun",
        "SetTransferred",
    ]
    # For a moment after a tab is chosen, GraphiQL still has the name of the operation in the tab before it.
    assert not [answer for answer in told.values() if "has no operation" in answer]
    assert client.query(LEDGER) == before


@pytest.mark.usefixtures("unbuilt")
def test_without_graphiql_the_page_says_so_and_offers_a_form(browser: str, database: Database) -> None:
    key, secret = create_api_key(database, "Month end", STANDARD, actor="test")
    with served(Application(database), database) as anyone:
        post(database, [line("a")])
        number = anyone.completed()["number"]
        anyone.cancel(number)
        anyone.wait(number, "CANCELLED")
    with served(Application(database, require_api_key=True), database) as client:
        told = look("page-form.mjs", browser, client, clientId=key.client_id, clientSecret=secret, run=number)
    assert "GraphiQL is not built on this server. To build it, install Node.js with npm" in told["notice"]
    assert told["links"] == ["/graphiql/schema.graphql", "/openapi.json"]
    assert told["query"]["data"]["journalRuns"]["totalCount"] == 1
    assert "JSON" in told["bad variables"]
    assert json.loads(told["subscription"])["data"]["entryCancelOutcomes"]["outcome"] == "CANCELLED"
