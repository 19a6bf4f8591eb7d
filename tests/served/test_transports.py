"""What every transport has in common: documents are prepared once, and answers are encoded by one encoder."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from typing import Any

import httpx
import orjson
import pytest
from graphql import GraphQLError
from strawberry.types import ExecutionResult

from gateway.graphql import http, websocket
from schema import preparation
from schema.schema import SCHEMA
from tests.support.client import Client
from tests.support.http import JSON, ledger_served
from tests.support.subscriber import TRANSPORTS
from tests.support.websocket import subscribe, talk

TEXTS = ["Zürich 東京 🧾", "\u2028 \u2029 \x85 \x0b", "half \ud800 a pair", "\x00"]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of one gateway for all transports."""
    with ledger_served(tmp_path_factory.mktemp("ledger")) as connected:
        yield connected


async def first(transport: str, gateway: Client, document: str, **variables: Any) -> dict[str, Any]:
    """The first payload."""
    async with aclosing(TRANSPORTS[transport](gateway.url, document, variables)) as payloads:
        return await anext(payloads)


@pytest.mark.parametrize("transport", ["http", *TRANSPORTS])
def test_a_document_is_parsed_and_validated_once(
    gateway: Client, monkeypatch: pytest.MonkeyPatch, transport: str
) -> None:
    run = gateway.completed()["number"]
    # A document of its own for each transport.
    document = f"subscription {transport.replace(' ', '_').replace('-', '_')}($run: String!)"
    document += " { journalRunUpdates(number: $run) { number } }"
    if transport == "http":
        document = document.replace("subscription", "query").replace("journalRunUpdates", "journalRun")
    calls: list[str] = []

    def counted(name: str) -> Any:
        original = getattr(preparation, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            calls.append(name)
            return original(*args, **kwargs)

        return call

    for name in ("parse", "validation_errors"):
        monkeypatch.setattr(preparation, name, counted(name))
    for elsewhere in ("parse", "validate"):
        monkeypatch.setattr(f"strawberry.schema.schema.{elsewhere}", None)
    for _ in range(3):
        if transport == "http":
            assert gateway.query(document, {"run": run})["journalRun"] == {"number": run}
        else:
            payload = asyncio.run(first(transport, gateway, document, run=run))
            assert payload["data"]["journalRunUpdates"] == {"number": run}
    assert calls == ["parse", "validation_errors"]


@pytest.mark.parametrize("transport", ["http", *TRANSPORTS])
@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_json_that_is_ready_is_sent_as_it_stands(
    gateway: Client, monkeypatch: pytest.MonkeyPatch, transport: str, text: str
) -> None:
    ready = {"number": "Zürich \u2028 🧾", "amount": "1.10"}
    result = ExecutionResult(
        data={"journalRun": orjson.Fragment(orjson.dumps(ready))}, errors=[GraphQLError(text, path=["a"])]
    )

    async def execute(*_: Any, **__: Any) -> ExecutionResult:
        return result

    async def results(*_: Any, **__: Any) -> AsyncGenerator[ExecutionResult, None]:
        yield result

    monkeypatch.setattr(SCHEMA, "execute", execute)
    for module in (http, websocket):
        monkeypatch.setattr(module, "results", results)
    if transport == "http":
        answer = gateway.send("{ __typename }")
    else:
        document = "subscription { journalRunUpdates { number } }"
        answer = asyncio.run(first(transport, gateway, document))
    assert answer == {"data": {"journalRun": ready}, "errors": [{"message": text, "path": ["a"]}]}


def test_an_answer_is_utf_8(gateway: Client) -> None:
    content = json.dumps({"query": '{ journalRun(number: "Zürich") { number } }', "operationName": "東京"})
    answer = httpx.post(f"{gateway.url}/graphql", content=content, headers=JSON)
    assert "東京".encode() in answer.content


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
@pytest.mark.usefixtures("quiet")
def test_a_text_that_an_error_repeats_comes_back_as_it_was_sent(gateway: Client, text: str) -> None:
    body = {"query": "{ __typename }", "operationName": text}
    message = f"The document has no operation {text!r}"
    assert gateway.send("{ __typename }", {"a": text}) == {"data": {"__typename": "Query"}}
    answer = httpx.post(f"{gateway.url}/graphql", content=json.dumps(body), headers=JSON)
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["message"].startswith(message)
    (refused,), closed, _ = talk(gateway, {**subscribe(**body), "id": text})
    assert (refused["id"], refused["type"], closed) == (text, "error", None)
    assert refused["payload"][0]["message"].startswith(message)
