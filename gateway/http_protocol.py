"""HTTP/1.1 on a connection, as the parser of uvicorn reads it, with what that parser leaves out."""

import asyncio
import logging
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from gateway.configuration import Configuration
from gateway.connection_limits import Unsent

LARGEST_HEAD = 64 * 1024
"""Bytes of a request line and headers that may arrive before the last of them."""

IDLE_SECONDS_BEFORE_CLOSING = 1.0
"""How long a connection has waited for a request before it makes room for a new one."""

REFUSED_AT_ONCE = 50
"""Connections beyond the limit that are kept a moment, as a client that still sends might lose the refusal."""

_REFUSAL_SECONDS = 1.0
_INVALID = "Invalid HTTP request received."
_TOO_LARGE = "The request line and headers are too large."

_HEAD = (
    b"%bcontent-type: text/plain; charset=utf-8\r\nx-content-type-options: nosniff\r\ncontent-length: %d\r\n"
    b"%bconnection: close\r\n\r\n"
)

logger = logging.getLogger(__name__)


class HttpProtocol(HttpToolsProtocol):
    """Limits connections, heads of requests and the time that clients take, and refuses what HTTP/1.1 forbids.

    uvicorn counts only requests, and waits for a head, a body or a reader without end. httptools has no limit for
    headers, accepts a request without Host, and drops the body of a request that offers an upgrade which this server
    does not have: Java's HttpClient offers HTTP/2 with its requests. Such offers are ignored.
    """

    config: Configuration
    _in_head = False
    _began = False
    _head_bytes = 0
    _in_body = False
    _body_bytes = 0
    _refused = False

    def __init__(
        self,
        config: Configuration,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = config.limits
        self._idle = config.idle
        self._since = self.loop.time()
        """The beginning of the head or body that is awaited."""
        self._unsent = Unsent(self._since)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, in the place of the one that has been idle for longest if there is no other."""
        super().connection_made(transport)
        excess = len(self.connections) - self._limits.connections
        if excess <= 0 or self._make_room():
            self._idle[self] = self._since
            return
        self._refused = True
        most = f"{self._limits.connections:,}"
        logger.warning("there are %s connections, the most there may be: more are refused", most)
        self._answer_alone(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"The gateway has {most} connections, the most there may be; try again later.",
            b"retry-after: 5\r\n",
        )
        if excess > REFUSED_AT_ONCE:
            self.transport.close()
        elif self.transport.can_write_eof():
            self.transport.write_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._idle.pop(self, None)
        super().connection_lost(exc)

    def check(self, now: float) -> None:
        """Close the connection if its client takes too long."""
        if self._unsent.seconds(self.transport.get_write_buffer_size(), now) > self._limits.unread_seconds:
            self.transport.abort()
        elif self.transport.is_closing():
            return
        elif self._refused:
            if now - self._since > _REFUSAL_SECONDS:
                self.transport.close()
        elif self._in_body:
            self._check_body(now)
        elif self._in_head or self.cycle is None:
            self._check_head(now)
        elif now - self._idle.get(self, now) > self._limits.idle_seconds:
            # uvicorn's own timer for this ends with whatever arrives, such as an empty line.
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """Read what has arrived."""
        if self._refused:
            return
        self._unset_keepalive_if_required()
        self._began = False
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
            else:
                self._read_without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(_INVALID)
        else:
            # Where in the data the head began is not known, so that it counts from the next data on.
            if self._in_head and not self._began:
                self._head_bytes += len(data)
                if self._head_bytes > LARGEST_HEAD:
                    self._refuse(_TOO_LARGE)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        super().on_message_begin()
        if self.cycle is not None:
            self._since = self.loop.time()
        self._in_head, self._began, self._head_bytes = True, True, 0

    def on_headers_complete(self) -> None:
        """The end of a head. Raises ValueError, which refuses the request."""
        self._in_head = False
        named = [value for name, value in self.headers if name == b"host"]
        codings = [value for name, value in self.headers if name == b"transfer-encoding"]
        version = self.parser.get_http_version()
        if (
            version not in ("1.0", "1.1")
            or len(named) > 1
            or (version == "1.1" and not named)
            or any(value.lower() != b"chunked" for value in codings)
            or self.parser.get_method() == b"CONNECT"
        ):
            raise ValueError
        self._idle.pop(self, None)
        self._in_body, self._body_bytes, self._since = True, 0, self.loop.time()
        if not self._ignores_upgrade():
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of a body."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The end of a request."""
        self._in_body = False
        if not self._ignores_upgrade():
            super().on_message_complete()
            if self.cycle is not None and self.cycle.response_complete:
                self._idle[self] = self.loop.time()

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to the protocol of WebSockets."""
        self._idle.pop(self, None)
        super().handle_websocket_upgrade()

    def on_response_complete(self) -> None:
        """The end of a response."""
        idle = not self.pipeline and not self._in_head and not self._in_body
        super().on_response_complete()
        if idle and not self.transport.is_closing():
            self._idle[self] = self.loop.time()

    def resume_writing(self) -> None:
        """The client has taken what was waiting for it."""
        self._unsent.progressed(self.loop.time())
        super().resume_writing()

    def _make_room(self) -> bool:
        """Close the connection that has been idle for longest, if it is not new itself."""
        for other, since in self._idle.items():
            if self._since - since < IDLE_SECONDS_BEFORE_CLOSING:
                return False
            if other.transport.get_write_buffer_size() == 0:
                del self._idle[other]
                other.transport.abort()
                return True
        return False

    def _check_head(self, now: float) -> None:
        seconds = self._limits.head_seconds
        if now - self._since <= seconds or not (self.cycle is None or self.cycle.response_complete):
            return
        if self._in_head:
            told = f"The request line and headers did not arrive within {seconds:g} seconds."
            self._answer_alone(HTTPStatus.REQUEST_TIMEOUT, told)
        self.transport.close()

    def _check_body(self, now: float) -> None:
        if self.flow.read_paused:
            self._since, self._body_bytes = now, 0  # it is not the client that is awaited
            return
        limits = self._limits
        if now - self._since <= limits.body_seconds + self._body_bytes / limits.body_bytes_per_second:
            return
        if self.cycle is not None and not self.cycle.response_started:
            told = (
                f"The body did not arrive within {limits.body_seconds:g} seconds, and one more for each"
                f" {limits.body_bytes_per_second:,} bytes."
            )
            self._answer_alone(HTTPStatus.REQUEST_TIMEOUT, told)
        self.transport.close()

    def _ignores_upgrade(self) -> bool:
        return self.parser.should_upgrade() and not self._should_upgrade()

    def _read_without_upgrade(self, rest: bytes) -> None:
        """Read the request again as if it had offered no upgrade."""
        line = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        headers = b"".join(b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade")
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self.data_received(b"%b%b\r\n%b" % (line, headers, rest))

    def _refuse(self, told: str) -> None:
        self.logger.warning(told)
        self._answer_alone(HTTPStatus.BAD_REQUEST, told)
        self.transport.close()

    def _answer_alone(self, status: HTTPStatus, told: str, headers: bytes = b"") -> None:
        """Write a response that no application writes, and which is the last."""
        content = told.encode()
        head = _HEAD % (STATUS_LINE[status], len(content), headers)
        self.transport.write(head + content)
