"""Subscribers that cost little: they read what arrives on their connections, and look only for its end."""

import asyncio
import json
import os
import struct
from collections.abc import Awaitable, Callable

_COMPLETE = b'"type":"complete"}'


class Subscriber:
    """One WebSocket connection by graphql-transport-ws, without compression."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connected(cls, port: int) -> "Subscriber":
        """A connection that is initialised."""
        self = cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 20))
        lines = [
            "GET /graphql HTTP/1.1",
            "Host: 127.0.0.1",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Protocol: graphql-transport-ws",
        ]
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        await self._reader.readuntil(b"\r\n\r\n")
        self._send({"type": "connection_init"})
        assert b"connection_ack" in await self._reader.read(1_000)
        return self

    def subscribe(self, document: str, number: str) -> None:
        """Subscribe to the outcomes of this run's cancellation."""
        payload = {"query": document, "variables": {"run": number}}
        self._send({"id": "1", "type": "subscribe", "payload": payload})

    async def to_the_end(self) -> bytes:
        """Everything that arrives, up to the message that says that the subscription is complete."""
        parts = []
        tail = b""
        while not tail.endswith(_COMPLETE):
            part = await self._reader.read(1 << 20)
            assert part, "the server closed the connection"
            parts.append(part)
            tail = (tail + part)[-len(_COMPLETE) :]
        self._writer.close()
        return b"".join(parts)

    def _send(self, message: object) -> None:
        body = json.dumps(message).encode()
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(body))
        length = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + struct.pack("!H", len(body))
        self._writer.write(b"\x81" + length + mask + masked)


def messages(received: bytes) -> list[str]:
    """The messages in the frames of a server."""
    found = []
    while received:
        text, size, start = received[0] == 0x81, received[1], 2
        if size == 126:
            size, start = struct.unpack("!H", received[2:4])[0], 4
        if text:  # otherwise it is a ping
            found.append(received[start : start + size].decode())
        received = received[start + size :]
    return found


async def follow(
    port: int, document: str, number: str, subscribers: int, begin: Callable[[], Awaitable[object]] | None = None
) -> list[bytes]:
    """What each of so many subscribers receives; `begin` is awaited once all have subscribed."""
    connected = [await Subscriber.connected(port) for _ in range(subscribers)]
    for subscriber in connected:
        subscriber.subscribe(document, number)
    following = [asyncio.create_task(subscriber.to_the_end()) for subscriber in connected]
    if begin is not None:
        await begin()
    return await asyncio.gather(*following)
