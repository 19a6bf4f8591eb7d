"""The server's own faults: an answer in every shape, with nothing of the fault in it, and a traceback in the log."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

import httpx
import pytest

from resolvers import journal_runs
from runs.shared import Batch
from schema.planning import Planning
from schema.schema import SCHEMA
from tests.support.client import Client
from tests.support.http import JSON, ledger_served
from tests.support.subscriber import TRANSPORTS

INNER = "postgresql://user:password@host"
FAULT = {
    "message": "The server failed to resolve this field; the error has been logged.",
    "extensions": {"code": "INTERNAL_SERVER_ERROR"},
}
FOLLOW = "subscription($run: String!) { journalRunUpdates(number: $run) { number } }"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of one gateway for all faults."""
    with ledger_served(tmp_path_factory.mktemp("ledger")) as connected:
        yield connected


def fail(*_: Any, **__: Any) -> Any:
    """Fail as a resolver with a fault does."""
    raise RuntimeError(INNER)


async def fail_after_one(*_: Any, **__: Any) -> AsyncIterator[Any]:
    """Fail after one update."""
    yield Batch.of(None)
    raise RuntimeError(INNER)


def too_many(*_: Any, **__: Any) -> int:
    """A count that GraphQL's Int cannot hold."""
    return 1 << 31


@pytest.fixture(autouse=True)
def _as_for_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a plan cannot answer goes the stock way."""
    monkeypatch.setattr(SCHEMA, "planning", Planning.ON)


def assert_hidden(errors: list[dict[str, Any]]) -> None:
    """That the only error says nothing of the fault."""
    (error,) = errors
    assert {name: error[name] for name in FAULT} == FAULT


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
def test_a_fault_of_a_query_is_hidden_and_logged(
    gateway: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, accept: str
) -> None:
    monkeypatch.setattr(journal_runs, "journal_run", fail)
    body = {"query": '{ journalRun(number: "x") { number } __typename }'}
    answer = httpx.post(f"{gateway.url}/graphql", json=body, headers={**JSON, "Accept": accept})
    assert answer.status_code == 200
    assert answer.json()["data"] == {"journalRun": None, "__typename": "Query"}
    assert_hidden(answer.json()["errors"])
    assert INNER not in answer.text
    assert INNER in caplog.text


def test_a_value_that_the_contract_cannot_hold_is_a_fault(
    gateway: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(SCHEMA, "planning", Planning.OFF)
    monkeypatch.setattr(journal_runs, "count_journal_runs", too_many)
    assert_hidden(gateway.send("{ journalRuns { totalCount } }")["errors"])
    assert "Int cannot represent" in caplog.text


@pytest.mark.parametrize("broken", ["journal_run", "journal_run_updates"])
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_fault_of_a_subscription_is_hidden_and_logged(
    gateway: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, transport: str, broken: str
) -> None:
    monkeypatch.setattr(journal_runs, broken, fail if broken == "journal_run" else fail_after_one)

    async def go() -> list[dict[str, Any]]:
        async with asyncio.timeout(20), aclosing(TRANSPORTS[transport](gateway.url, FOLLOW, {"run": "x"})) as payloads:
            return [payload async for payload in payloads]

    if transport == "websocket" and broken == "journal_run":
        with pytest.raises(Exception, match="logged"):
            asyncio.run(go())
    else:
        assert_hidden(asyncio.run(go())[-1]["errors"])
    assert INNER in caplog.text
