"""The server: listening, starting and stopping."""

import logging
import socket
from collections.abc import Coroutine
from types import FrameType
from typing import Any

import uvicorn
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

from gateway.application import Application
from gateway.http_protocol import HttpProtocol
from storage.errors import OperatorError

GRACE_SECONDS = 10
"""How long running requests may take once the server is stopping."""


_BACKLOG = 2048


class CannotListen(OperatorError):
    """The gateway cannot listen on the address. The text says why and what to do."""


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """WebSockets whose handshake can be refused with a body, and no traceback for a client's mistake.

    uvicorn 0.54 treats such a refusal as a missing response, and logs an error for each. A text that is not UTF-8
    closes the connection, as it should, but with a traceback in the log.
    """

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

    def send(self, message: ASGISendEvent) -> Coroutine[Any, Any, None]:
        """Send the application's message."""
        # Not a coroutine of its own: every event of a subscription passes here.
        sent = super().send(message)
        return self._refused(sent) if message["type"] == "websocket.http.response.body" else sent

    async def _refused(self, sent: Coroutine[Any, Any, None]) -> None:
        await sent
        self.handshake_complete = True


class Server(uvicorn.Server):
    """Ends all subscriptions before it shuts down, so that none of them delays it."""

    def __init__(self, application: Application) -> None:
        super().__init__(
            uvicorn.Config(
                application.asgi,
                log_level=logging.WARNING,
                timeout_graceful_shutdown=GRACE_SECONDS,
                http=HttpProtocol,
                ws=WebSocketProtocol,
            )
        )
        self._application = application

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop. uvicorn would raise the signal again afterwards, which would prevent any cleanup."""
        super().handle_exit(sig, frame)
        self._captured_signals.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting connections, close the open ones, then stop the application."""
        self._application.stop_following()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on the address. Raises CannotListen, before anything else has started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio disables Nagle's algorithm only for sockets that name TCP; with it, each response takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # From here on the port is bound; early clients wait until the gateway has started.
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise CannotListen(
            f"cannot listen on {host}:{port} ({getattr(error, 'strerror', None) or error});"
            " choose another address with --host and --port"
        ) from error
    return listener


def serve(application: Application, listener: socket.socket) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    Server(application).run(sockets=[listener])
