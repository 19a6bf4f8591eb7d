"""Answers that are so large that they are written while others are answered: the same on every transport."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from gateway.graphql.payload import SHORT_BYTES
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.websocket import send, subscribe

SELECTION = "nodes { id transactionId transactionType currency amount accountNumber segments { name value } }"
DOCUMENT = f"{{ {' '.join(f'a{n}: transactions(first: 1000) {{ {SELECTION} }}' for n in range(7))} }}"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_large_answer_is_the_same_on_every_transport(client: Client) -> None:
    post(client.database, [line(str(n), account_number="Zürich 東京") for n in range(1_000)])
    url = f"{client.url}/graphql"
    plain = httpx.post(url, json={"query": DOCUMENT})
    assert len(plain.content) > SHORT_BYTES
    answer = plain.json()
    assert len(answer["data"]["a6"]["nodes"]) == 1_000

    streamed = httpx.post(url, json={"query": DOCUMENT}, headers={"Accept": "text/event-stream"})
    event, data, *_ = streamed.text.split("\n")
    assert event == "event: next"
    assert json.loads(data.removeprefix("data: "))["data"] == answer["data"]

    async def by_websocket(compression: str | None) -> Any:
        address = url.replace("http", "ws", 1)
        async with connect(
            address, subprotocols=[Subprotocol("graphql-transport-ws")], compression=compression, max_size=None
        ) as connection:
            await send(connection, {"type": "connection_init"})
            await connection.recv()
            answers = []
            for document in (DOCUMENT, "{ __typename }", DOCUMENT):
                await send(connection, subscribe(query=document))
                answers.append(json.loads(await connection.recv())["payload"]["data"])
                assert json.loads(await connection.recv())["type"] == "complete"
            return answers

    for compression in ("deflate", None):
        assert asyncio.run(by_websocket(compression)) == [answer["data"], {"__typename": "Query"}, answer["data"]]
