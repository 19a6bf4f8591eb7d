"""Subscription clients for each transport of the gateway."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

PATIENCE_SECONDS = 60

Payloads = AsyncGenerator[dict[str, Any], None]
"""The answers of one subscription; it ends when the server has said that it is complete."""

Transport = Callable[[str, str, dict[str, Any]], Payloads]
"""Subscribes at a gateway's URL to a document with variables. To close it drops the connection, as a network does."""


class Disconnected(Exception):
    """The connection ended before the server said that the subscription was complete."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(code)
        self.code = code


class Refused(Exception):
    """The response has top-level errors."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors)
        self.code = errors[0]["extensions"]["code"]
        self.message: str = errors[0]["message"]


async def websocket(
    url: str, document: str, variables: dict[str, Any], token: str | None = None, init: dict[str, Any] | None = None
) -> Payloads:
    """graphql-transport-ws; `init` is the payload of connection_init."""
    address = url.replace("http", "ws", 1) + "/graphql"
    protocol = Subprotocol("graphql-transport-ws")
    async with connect(
        address, subprotocols=[protocol], additional_headers=_bearer(token), open_timeout=PATIENCE_SECONDS
    ) as connection:
        assert connection.subprotocol == protocol
        try:
            initialise = {"type": "connection_init"} | ({} if init is None else {"payload": init})
            await connection.send(json.dumps(initialise))
            assert json.loads(await connection.recv())["type"] == "connection_ack"
            payload = {"query": document, "variables": variables}
            await connection.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            async for text in connection:
                message = json.loads(text)
                assert message["id"] == "1", message
                if message["type"] == "complete":
                    return
                if message["type"] == "error":
                    raise Refused(message["payload"])
                assert message["type"] == "next", message
                yield message["payload"]
        except ConnectionClosed:
            pass
        except GeneratorExit:
            connection.transport.abort()
            raise
        raise Disconnected(connection.close_code)


async def server_sent_events(url: str, document: str, variables: dict[str, Any], token: str | None = None) -> Payloads:
    """Server-sent events, in the distinct connections mode of graphql-sse."""
    kind = ""
    async with aclosing(_lines(url, document, variables, "text/event-stream", token)) as lines:
        async for line in lines:
            if line.startswith("event: "):
                kind = line.removeprefix("event: ")
            elif line.startswith("data:") and kind == "complete":
                return
            elif line.startswith("data: "):
                assert kind == "next", kind
                yield json.loads(line.removeprefix("data: "))
            else:
                assert line == "" or line.startswith(":"), line
    raise Disconnected


async def multipart(url: str, document: str, variables: dict[str, Any], token: str | None = None) -> Payloads:
    """The multipart protocol for subscriptions, with the header that Apollo Client sends."""
    accept = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json'
    async with aclosing(_lines(url, document, variables, accept, token)) as lines:
        async for line in lines:
            if line == "--graphql--":
                return
            if line.startswith("{"):
                part = json.loads(line)
                if part:  # an empty one keeps the connection alive
                    yield part["payload"]
            else:
                assert line in ("", "--graphql") or line.startswith("Content-"), line
    raise Disconnected


TRANSPORTS: dict[str, Transport] = {
    "websocket": websocket,
    "server-sent events": server_sent_events,
    "multipart": multipart,
}


async def follow(transport: Transport, url: str, document: str, **variables: Any) -> AsyncGenerator[Any, None]:
    """The values of a subscription's only field. Raises Refused and Disconnected."""
    async with aclosing(transport(url, document, variables)) as payloads:
        async for payload in payloads:
            if "errors" in payload:
                raise Refused(payload["errors"])
            (value,) = payload["data"].values()
            yield value


def _bearer(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


async def _lines(
    url: str, document: str, variables: dict[str, Any], accept: str, token: str | None
) -> AsyncGenerator[str, None]:
    body = {"query": document, "variables": variables}
    headers = {"Accept": accept, **_bearer(token)}
    async with (
        # Loading the certificates for TLS would take longer than everything else.
        httpx.AsyncClient(timeout=PATIENCE_SECONDS, verify=False) as client,  # noqa: S501
        client.stream("POST", url + "/graphql", json=body, headers=headers) as response,
    ):
        response.raise_for_status()
        assert response.headers["content-type"].startswith(accept.partition(";")[0])
        try:
            async for line in response.aiter_lines():
                yield line
        except httpx.TransportError as error:
            raise Disconnected from error
