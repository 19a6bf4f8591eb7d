"""Messages over a WebSocket, one by one."""

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.support.client import Client
from tests.support.costs import without_cost


def talk(gateway: Client, *messages: object, initialised: bool = True) -> tuple[list[Any], int | None, str | None]:
    """Send messages; returns the replies until all operations or the connection end, and how it was closed."""
    operations = {
        message["id"]
        for message in messages
        if isinstance(message, dict) and message.get("type") == "subscribe" and "id" in message
    }

    async def go() -> tuple[list[Any], int | None, str | None]:
        url = gateway.url.replace("http", "ws", 1) + "/graphql"
        answers: list[Any] = []
        async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as connection:
            try:
                if initialised:
                    await send(connection, {"type": "connection_init"})
                    assert json.loads(await connection.recv()) == {"type": "connection_ack"}
                for message in messages:
                    await send(connection, message)
                # Answered last, so that everything before has arrived.
                await send(connection, {"type": "ping"})
                while (answer := _message(await connection.recv())) != {"type": "pong"}:
                    answers.append(answer)
                while operations - {answer["id"] for answer in answers if answer["type"] in ("complete", "error")}:
                    answers.append(_message(await connection.recv()))
            except ConnectionClosed:
                return answers, connection.close_code, connection.close_reason
            return answers, None, None

    return asyncio.run(go())


async def send(connection: ClientConnection, message: object) -> None:
    """Send a message: bytes and strings unchanged, anything else as JSON."""
    await connection.send(message if isinstance(message, bytes | str) else json.dumps(message))


def _message(text: str | bytes) -> dict[str, Any]:
    """The message, without what its operation cost."""
    message: dict[str, Any] = json.loads(text)
    return message | {"payload": without_cost(message["payload"])} if "payload" in message else message


def subscribe(**payload: Any) -> dict[str, Any]:
    """A subscribe message with this payload."""
    return {"id": "1", "type": "subscribe", "payload": payload}
