"""The server: listening, starting and stopping."""

import logging
import socket
from types import FrameType

import uvicorn

from gateway.application import Application
from gateway.http_protocol import HttpProtocol
from gateway.websocket_protocol import WebSocketProtocol
from storage.errors import OperatorError

GRACE_SECONDS = 10
"""How long running requests may take once the server is stopping."""


_BACKLOG = 2048


class CannotListen(OperatorError):
    """The gateway cannot listen on the address. The text says why and what to do."""


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
                ws_max_size=application.max_body_bytes,
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
