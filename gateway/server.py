"""The server: listening, starting and stopping."""

import asyncio
import socket
from types import FrameType

import uvicorn

from gateway.application import Application
from gateway.configuration import Configuration
from gateway.http_protocol import HttpProtocol
from gateway.log import said_seldom
from gateway.websocket_protocol import WebSocketProtocol
from storage.errors import OperatorError

_BACKLOG = 2048
_TICKS_BETWEEN_CHECKS = 5


class CannotListen(OperatorError):
    """The gateway cannot listen on the address. The text says why and what to do."""


class Server(uvicorn.Server):
    """Closes connections whose clients take too long, and ends all subscriptions before it shuts down.

    Otherwise they would delay it.
    """

    def __init__(self, application: Application) -> None:
        super().__init__(
            Configuration(
                application.asgi,
                application.limits,
                http=HttpProtocol,
                websocket=WebSocketProtocol,
                message_bytes_max=application.max_body_bytes,
            )
        )
        self._application = application

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until the server stops."""
        with said_seldom():
            await super().serve(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Called every tenth of a second; returns whether the server stops."""
        if counter % _TICKS_BETWEEN_CHECKS == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                assert isinstance(connection, HttpProtocol | WebSocketProtocol)
                connection.check(now)
        return await super().on_tick(counter)

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
