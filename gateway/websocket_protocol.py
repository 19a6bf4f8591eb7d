"""WebSockets on a connection, as uvicorn speaks them, with what it leaves out."""

from asyncio.transports import BaseTransport
from collections.abc import Coroutine, Sequence
from typing import Any, Literal, TypedDict, cast

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode
from websockets.protocol import State

from gateway.configuration import Configuration
from gateway.connection_limits import Unsent

COMPRESSED_BYTES_MAX = 1 << 18
"""A longer message is not compressed, even if the client would take it so: nobody else is answered meanwhile."""


class SendTexts(TypedDict):
    """An event of our own, beside those of ASGI: texts in UTF-8, each of which is a message."""

    type: Literal["websocket.send"]
    texts: Sequence[bytes]


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Sends several messages at once, lets a handshake be refused with a body, and logs no client's mistake.

    uvicorn 0.54 treats such a refusal as a missing response, and logs an error for each. A text that is not UTF-8
    closes the connection, as it should, but with a traceback in the log.
    """

    config: Configuration

    def connection_made(self, transport: BaseTransport) -> None:
        """Take the connection from HTTP."""
        super().connection_made(transport)
        self._unsent = Unsent(self.loop.time())
        self.close_timeout = self.config.limits.idle_seconds

    def check(self, now: float) -> None:
        """Close the connection if its client takes nothing of what it is sent, also of the end of the connection."""
        if self._unsent.seconds(self.transport.get_write_buffer_size(), now) > self.config.limits.unread_seconds:
            self.transport.abort()

    def resume_writing(self) -> None:
        """The client has taken what was waiting for it."""
        self._unsent.progressed(self.loop.time())
        super().resume_writing()

    def send_receive_event_to_app(self) -> None:
        """Hand on the message that is complete."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self.conn.send_close(CloseCode.INVALID_DATA)
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def keepalive_timeout(self) -> None:
        """Close a connection whose client no longer answers."""
        super().keepalive_timeout()
        # What the application sends from now on is lost, which is no fault: uvicorn 0.54 raises RuntimeError.
        self.disconnected = True

    def send(self, message: ASGISendEvent | SendTexts) -> Coroutine[Any, Any, None]:
        """Send the application's message, or its messages."""
        if "texts" in message:
            return self._send_texts(cast("SendTexts", message)["texts"])
        text = message.get("text")
        if isinstance(text, str) and len(text) > COMPRESSED_BYTES_MAX:
            return self._send_texts([text.encode()])
        sent = super().send(message)
        return self._refused(sent) if message["type"] == "websocket.http.response.body" else sent

    async def _send_texts(self, texts: Sequence[bytes]) -> None:
        await self.writable.wait()
        if self.disconnected or self.conn.state is not State.OPEN:
            raise ClientDisconnected
        sent: list[bytes] = []
        for text in texts:
            if self.conn.extensions and len(text) <= COMPRESSED_BYTES_MAX:
                self.conn.send_text(text)
                sent += self.conn.data_to_send()
            else:
                sent.append(frame(text))
        self.transport.write(b"".join(sent))

    async def _refused(self, sent: Coroutine[Any, Any, None]) -> None:
        await sent
        self.handshake_complete = True


def frame(text: bytes) -> bytes:
    """The frame of a message that no extension changes (RFC 6455, 5.2), in a fifth of the time of websockets 17."""
    size = len(text)
    if size < 126:
        return b"\x81%c%b" % (size, text)
    if size < 1 << 16:
        return b"\x81\x7e%b%b" % (size.to_bytes(2, "big"), text)
    return b"\x81\x7f%b%b" % (size.to_bytes(8, "big"), text)
