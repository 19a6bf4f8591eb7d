"""What an operation costs is checked before it runs, and told; what only Python can answer may cost less."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import text

from gateway.application import Application
from gateway.rest import application
from resolvers.access import STANDARD, create_api_key
from resolvers.budgets import CostLimits
from resolvers.context import Gateway
from schema.planning import Planning
from schema.schema import SCHEMA
from storage.database import Database
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.probing import unnoticed
from tests.support.processes import running, serving
from tests.support.served import served
from tests.support.subscriber import TRANSPORTS

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ENTRIES = 40
ATTEMPTS = 3
FULL = (
    "number status totalDebit notes currency createdAt updatedAt segments { name value }"
    " items { amount currency accountingCode { name } }"
)
DRILLED = "number items { amount accountingCode { name } } transactions(first: 50) { nodes { transactionId amount } }"
RUN = '{ journalRun(number: "JR-1") { number } }'


def nested(first: int, depth: int, innermost: str) -> str:
    """Entries of the run of entries of the run of entries, so often."""
    for _ in range(depth):
        innermost = f"journalRun {{ journalEntries(first: {first}) {{ nodes {{ {innermost} }} }} }}"
    return f"{{ journalEntries(first: {first}) {{ nodes {{ {innermost} }} }} }}"


def aliased(number: int, first: int, selection: str) -> str:
    """The same list so often."""
    fields = (f"a{n}: journalEntries(first: {first}) {{ nodes {{ {selection} }} }}" for n in range(number))
    return f"{{ {' '.join(fields)} }}"


ATTACKS = {
    "30 x 30 x 30 with items": (nested(30, 2, FULL), "QUERY_TOO_LARGE"),
    "18 to the fourth": (nested(18, 3, FULL), "QUERY_TOO_LARGE"),
    "20 to the fourth": (nested(20, 3, "number"), "QUERY_TOO_LARGE"),
    "90 lists with items and transactions": (aliased(90, 40, DRILLED), "QUERY_TOO_LARGE"),
    "99 lists with items": (aliased(99, 1000, "items { amount }"), "QUERY_TOO_LARGE"),
    "20 lists with items and transactions": (aliased(20, 40, DRILLED), None),
    "17 x 17 x 17": (nested(17, 2, "number"), None),
    "4 x 4 x 4 with items": (nested(4, 2, FULL), None),
    "an argument that is refused": (
        aliased(15, 1000, "number items { amount }")[:-1] + "bad: journalRuns(first: -1) { totalCount } }",
        "BAD_USER_INPUT",
    ),
    "counts": (
        "{ journalRuns(first: 1000) { nodes { "
        + " ".join(f"c{n}: takenTransactionCount d{n}: netZeroGroupCount" for n in range(49))
        + " } } }",
        "QUERY_TOO_LARGE",
    ),
}


@pytest.fixture
def attacked(database: Database, tmp_path: Path) -> Iterator[str]:
    """The URL of a gateway in a process of its own, with a run of 40 entries."""
    lines = (line(str(n), segment_country=f"{n % ENTRIES:04}") for n in range(ENTRIES * 50))
    post(database, lines)
    with serving(tmp_path, database) as (_, url):
        with Client(url, database) as client:
            client.completed()
        yield url


def test_no_operation_delays_others(attacked: str) -> None:
    for name, (document, code) in ATTACKS.items():
        send = partial(httpx.post, f"{attacked}/graphql", json={"query": document})
        answer = unnoticed(attacked, send).json()
        assert [error["extensions"]["code"] for error in answer.get("errors", [])] == [code] * (code is not None), name


@sqlite
def test_the_cost_is_told_with_each_response(client: Client) -> None:
    answer = httpx.post(f"{client.url}/graphql", json={"query": RUN}).json()
    assert answer["data"] == {"journalRun": None}
    told = answer["extensions"]["cost"]
    assert told.pop("budgetLeft") in range(9_990_000, 10_000_000)
    assert told.pop("budgetFullInSeconds") <= 1
    assert told == {"operation": 1, "operationLimit": 100_000, "budgetPerMinute": 10_000_000}

    refused = httpx.post(f"{client.url}/graphql", json={"query": ATTACKS["20 to the fourth"][0]}).json()
    assert "data" not in refused
    assert refused["extensions"]["cost"]["operation"] == refused["errors"][0]["extensions"]["cost"]


@sqlite
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_subscription_tells_once_what_each_event_costs(client: Client, transport: str) -> None:
    post(client.database, [line("1", segment_country="A"), line("2", segment_country="B")])
    number = client.completed()["number"]
    client.cancel(number)
    document = "subscription($run: String!) { entryCancelOutcomes(number: $run) { journalEntry { number } } }"

    async def payloads() -> list[Any]:
        async with aclosing(TRANSPORTS[transport](client.url, document, {"run": number})) as found:
            return [payload async for payload in found]

    first, second = asyncio.run(payloads())
    cost = first["extensions"]["cost"]
    assert (cost["operation"], cost["operationLimit"], "extensions" in second) == (2, 1_500, False)


@contextmanager
def limited(database: Database, **limits: int) -> Iterator[Client]:
    """A client of a gateway with these limits."""
    with served(Application(database, costs=CostLimits(**limits)), database) as client:
        yield client


@sqlite
def test_a_budget_that_is_used_up_says_when_to_come_back(database: Database) -> None:
    document = "{ journalRuns(first: 99) { nodes { number } } }"
    with limited(database, per_minute=150) as client:
        tokens = [token_of(client, name) for name in ("Ada", "Bob")]

        def send(token: str | None, accept: str) -> httpx.Response:
            headers = {"Accept": accept} | ({} if token is None else {"Authorization": f"Bearer {token}"})
            return httpx.post(f"{client.url}/graphql", json={"query": document}, headers=headers)

        for caller in (None, *tokens):  # one does not use up the budget of another
            assert "errors" not in send(caller, "application/json").json()
            by_json = send(caller, "application/json")
            by_graphql = send(caller, "application/graphql-response+json")
            assert [by_json.status_code, by_graphql.status_code] == [200, 429]
            (error,) = by_json.json()["errors"]
            seconds = error["extensions"]["retryAfterSeconds"]
            assert error["extensions"]["code"] == "BUDGET_EXCEEDED"
            assert by_json.headers["Retry-After"] == str(seconds)
            assert 10 <= seconds <= 20
            assert f"your budget of 150 a minute {error['extensions']['left']} are left" in error["message"]
            assert "The largest part is `journalRuns` with 100: journalRuns 99." in error["message"]
        (too_large,) = client.send("{ journalRuns(first: 200) { nodes { number } } }")["errors"]
        assert too_large["extensions"] == {"code": "QUERY_TOO_LARGE", "cost": 201, "maximum": 150}


def token_of(client: Client, name: str) -> str:
    """A token for a new API key of that name."""
    key, secret = create_api_key(client.database, name, STANDARD, actor="test")
    form = {"client_id": key.client_id, "client_secret": secret, "grant_type": "client_credentials"}
    token: str = httpx.post(f"{client.url}/oauth/token", data=form).json()["access_token"]
    return token


@pytest.fixture
def unplanned() -> Iterator[None]:
    """Everything goes by the executor."""
    SCHEMA.planning = Planning.OFF
    yield
    SCHEMA.planning = Planning.STRICT


@sqlite
def test_what_only_the_executor_can_answer_may_cost_less(database: Database, unplanned: None) -> None:
    with limited(database, executor=25) as client:
        assert client.query("{ journalRuns(first: 24) { nodes { id } } }") == {"journalRuns": {"nodes": []}}
        (error,) = client.send("{ journalRuns(first: 25) { nodes { id } } }")["errors"]
        assert error["extensions"] == {"code": "QUERY_TOO_LARGE", "cost": 26, "maximum": 25}
        assert error["message"].startswith("The operation would cost 26. No single statement of the database can")
        written = 'mutation { cancelJournalRun(input: { number: "JR-1" }) { journalRun { journalEntries { %s } } } }'
        (large,) = client.send(written % "nodes { id }")["errors"]
        assert large["extensions"] == {"code": "QUERY_TOO_LARGE", "cost": 113, "maximum": 25}
        client.query(written % "totalCount")


def test_a_client_that_leaves_ends_what_the_executor_does(
    database: Database, unplanned: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = Event(), Event()

    async def read(*_: Any) -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    with limited(database) as client:
        monkeypatch.setattr(Gateway, "read", read)
        address = urlsplit(client.url)
        body = json.dumps({"query": "{ journalRuns { nodes { number } } }"}).encode()
        head = f"POST /graphql HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Type: application/json\r\n"
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            assert begun.wait(10)
            assert not ended.is_set()
        assert ended.wait(5)


@sqlite
def test_the_limits_are_options_of_the_command(database: Database, tmp_path: Path) -> None:
    url = database.url.render_as_string(hide_password=False)
    options = ("--max-cost", "50", "--cost-per-minute", "60")
    with running(tmp_path, "serve", "--database", url, *options) as (_, address):
        answer = httpx.post(f"{address}/graphql", json={"query": "{ journalRuns { nodes { id } } }"}).json()
    assert answer["errors"][0]["extensions"] == {"code": "QUERY_TOO_LARGE", "cost": 101, "maximum": 50}
    told = answer["extensions"]["cost"]
    assert (told["operationLimit"], told["budgetPerMinute"]) == (50, 60)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_statement_of_the_rest_interface_has_a_deadline(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "REQUEST_SECONDS", 0.5)
    with client.database.writer.begin() as locking:
        locking.execute(text("LOCK TABLE journal_run IN ACCESS EXCLUSIVE MODE"))
        answer = httpx.get(f"{client.url}/v1/journal-runs/JR-00000001")
    assert (answer.status_code, answer.json()["success"]) == (503, False)
    assert "took too long" in answer.json()["reasons"][0]["message"]
