"""uvicorn's configuration, with what our protocols share beside it."""

import asyncio
import logging
from typing import TYPE_CHECKING

import uvicorn
from starlette.types import ASGIApp

from gateway.connection_limits import ConnectionLimits

if TYPE_CHECKING:
    from gateway.http_protocol import HttpProtocol

GRACE_SECONDS = 10
"""How long running requests may take once the server is stopping."""


class Configuration(uvicorn.Config):
    """The configuration of one server, its limits, and its idle connections."""

    def __init__(
        self,
        application: ASGIApp,
        limits: ConnectionLimits,
        *,
        http: type[asyncio.Protocol],
        websocket: type[asyncio.Protocol],
        message_bytes_max: int,
    ) -> None:
        """`message_bytes_max` bounds a message of a WebSocket."""
        super().__init__(
            application,
            log_level=logging.WARNING,
            timeout_graceful_shutdown=GRACE_SECONDS,
            timeout_keep_alive=limits.idle_seconds,  # type: ignore[arg-type]  # it is added to the loop's time
            server_header=False,
            http=http,
            ws=websocket,
            ws_max_size=message_bytes_max,
        )
        self.limits = limits
        self.idle: dict[HttpProtocol, float] = {}
        """Connections that wait for a request, and since when; the longest first."""
