"""Serving the application: the port, the start and the stop."""

import logging
import socket
from types import FrameType

import uvicorn
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

from gateway.application import Application

GRACE_SECONDS = 10
"""How long requests may take to end when the server is told to stop."""


_BACKLOG = 2048


class CannotListen(Exception):
    """The address cannot be listened on. Its text says why and what to do."""


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """WebSockets, with a handshake that may be refused with a body, and no traceback for a client's mistake.

    uvicorn 0.54 takes such a refusal for no answer at all, and logs an error for each. A text that is not UTF-8 closes
    the connection, as it should, but with a traceback in the log.
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

    async def send(self, message: ASGISendEvent) -> None:
        """Send what the application says."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True


class Server(uvicorn.Server):
    """Ends the subscriptions first when it is told to stop, so that nothing keeps it waiting."""

    def __init__(self, application: Application) -> None:
        super().__init__(
            uvicorn.Config(
                application.asgi,
                log_level=logging.WARNING,
                timeout_graceful_shutdown=GRACE_SECONDS,
                ws=WebSocketProtocol,
            )
        )
        self._application = application

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop as told. uvicorn would raise the signal again afterwards, and nothing could be cleaned up then."""
        super().handle_exit(sig, frame)
        self._captured_signals.clear()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop taking connections, end those there are, then stop the application."""
        self._application.stop_following()
        await super().shutdown(sockets)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on the address. Raises CannotListen, before anything else has been begun."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns off Nagle's algorithm for a socket that names TCP, and for no other: else each answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # From here on the port is taken, and who connects early waits until the gateway has started.
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
